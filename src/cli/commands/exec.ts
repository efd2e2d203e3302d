/*
  `exec`: runs a script on a server and prints its result.
*/
import type { Trace } from '../../client/trace.js'
import { ServerError, usageError } from '../../errors.js'
import { connectServer } from '../../load/connection/connect.js'
import { systemPlatform } from '../../platform/system.js'
import type { Value } from '../../protocol/value.js'
import type { Call } from './command.js'
import { endFailed } from '../output/failures.js'
import { catchSignals, type Interruption } from '../process-environment.js'
import { serverOf } from '../options/login.js'
import type { Settings } from '../options/options.js'
import { refuseSharedFiles } from '../files/one-file.js'
import { readScriptFile } from '../files/files-from.js'
import { openTrace } from '../files/output-files.js'
import type { Output } from '../output/output.js'
import { csvText, hideInValue, inPieces, jsonText, tableText } from '../render/render.js'

/** A note for the user: the output differs from the server's data. */
const struckOut = "the server's answer contains the password: *** replaces it"

/** @returns the exit code @throws {ServerError} DDB_SCRIPT for any error in the script */
export async function run(settings: Settings<'exec'>, call: Call): Promise<number> {
  const format = settings.printJson ? 'json' : settings.resultOutput
  const source = sourceOf(settings, call)
  if (source === undefined) {
    call.showHelp()
    throw usageError('no script: name a file, give the script with -e, or pipe it in')
  }
  using interruption = catchSignals(call.processEnvironment)
  try {
    await refuseSharedFiles(settings, 'path' in source ? [source.path] : [], call)
    using trace = openTrace(settings, call.output)
    const answer = await runScript(settings, call, source, interruption, trace)
    const value = answer && hideInValue(answer, call.output.hide)
    // Tables are escaped already, and `writeData` would escape their colours, too.
    const write = format === 'table' ? call.output.write : call.output.writeData
    for (const text of inPieces(linesOf(value, format, settings, call.output))) {
      if (!(await write(text))) break
    }
    if (value !== answer) call.output.note(struckOut)
    return 0
  } catch (error) {
    const object = format === 'json' && { schema: 'ddb-ingest/exec/1' }
    return await endFailed(call.output, error, object, interruption)
  }
}

/** `text`: the script; `path`: its file, or `-`. undefined if the user would have to type the script. */
type Source = { readonly text: string } | { readonly path: string }

function sourceOf(
  { script }: Settings<'exec'>,
  { args, processEnvironment }: Call,
): Source | undefined {
  const [path] = args
  if (script !== undefined) {
    if (path === undefined) return { text: script }
    throw usageError('give a file or -e, not both')
  }
  return path === undefined && processEnvironment.stdin.isTTY ? undefined : { path: path ?? '-' }
}

async function runScript(
  settings: Settings<'exec'>,
  call: Call,
  source: Source,
  { signal }: Interruption,
  trace: Trace | undefined,
): Promise<Value | undefined> {
  const isTyped = 'path' in source && source.path === '-'
  const server = await serverOf(settings, call, trace, isTyped)
  const script = 'text' in source ? source.text : await readScriptFile(source.path, call)
  const session = await connectServer(systemPlatform, server, { signal })
  try {
    session.onMessage = text => call.output.note(text)
    return await session.run(script, { signal })
  } catch (error) {
    // Every error in a script gets the same code, because the script's author has to fix it.
    if (error instanceof ServerError && error.code === 'DDB_SERVER') {
      throw new ServerError(error.serverMessage, 'DDB_SCRIPT', error.message)
    }
    throw error
  } finally {
    await session.close().catch(() => undefined)
  }
}

/** More rows would push earlier output off the screen. */
const terminalRows = 100

/** @param format  of the output */
function linesOf(
  value: Value | undefined,
  format: Settings<'exec'>['resultOutput'],
  { maxRows }: Settings<'exec'>,
  { resultColumns, paintResult }: Output,
): Iterable<string> {
  if (format === 'csv') return csvText(value)
  if (format === 'json') return jsonText(value)
  const usual = resultColumns === undefined ? 0 : terminalRows
  return tableText(value, resultColumns, paintResult, (maxRows ?? usual) || Infinity)
}
