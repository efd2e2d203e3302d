/*
  The inputs of `load` and `check`: the sources on the command line, and the sources in a list.
*/
import { UsageError } from '../../errors.js'
import type { Call } from './command.js'
import { readFilesFrom } from '../files/files-from.js'
import type { LoadSettings } from '../options/load-options.js'

/**
 * Returns the sources that the user names, or standard input if there are none. @throws {InputError}
 * @throws {UsageError} as `readFilesFrom`, and if standard input would be read twice
 */
export async function inputsOf(
  { filesFrom, passwordFile }: Pick<LoadSettings, 'filesFrom' | 'passwordFile'>,
  { args, processEnvironment }: Call,
): Promise<readonly string[]> {
  if (filesFrom === undefined) return args.length > 0 ? args : ['-']
  if (filesFrom === '-' && (args.includes('-') || passwordFile === '-')) {
    throw new UsageError(
      'DDB_USAGE',
      '--files-from - takes the names of sources from standard input: nothing else can come from there',
    )
  }
  return [...args, ...(await readFilesFrom(filesFrom, processEnvironment.stdin))]
}

/** @throws {UsageError} DDB_USAGE, after showing the help, if the user would have to type the data */
export function refuseTerminal({ filesFrom }: Pick<LoadSettings, 'filesFrom'>, call: Call): void {
  if (filesFrom !== undefined || call.args.length > 0) return
  if (!call.processEnvironment.stdin.isTTY) return
  call.showHelp()
  throw new UsageError(
    'DDB_USAGE',
    'no input: name files to load, or pipe data into standard input',
  )
}
