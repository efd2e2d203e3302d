/*
  `completion`: prints the script with which a shell completes the program's command lines.
*/
import { UsageError } from '../../errors.js'
import { shells } from '../completion/completion-request.js'
import { scripts } from '../completion/scripts.js'
import { clean } from '../output/terminal-text.js'
import type { Call } from './command.js'

/** @returns the exit code @throws {UsageError} DDB_USAGE for a shell without a script */
export async function run(_settings: unknown, { args, output }: Call): Promise<number> {
  const shell = shells.find(each => each === args[0])
  if (shell === undefined) {
    throw new UsageError('DDB_USAGE', `no completion for "${clean(args[0]!)}": bash, zsh or fish`)
  }
  await output.write(scripts[shell])
  return 0
}
