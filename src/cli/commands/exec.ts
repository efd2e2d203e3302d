/* `exec`: runs a script on a server and prints its result. */
import { ConnectionError, ServerError, usageError } from '../../errors.js'
import { connectServer } from '../../load/connection/connect.js'
import type { ServerTarget } from '../../load/options.js'
import { systemPlatform } from '../../platform/system-files.js'
import type { Value } from '../../protocol/value.js'
import type { Call } from './command.js'
import { onServer } from '../options/login.js'
import type { Settings } from '../options/options.js'
import { readScriptFile } from '../files/one-file.js'
import type { Output } from '../output/output.js'
import { csvText, hideInValue, inPieces, jsonText, tableText } from '../render/render.js'

/** @returns the exit code @throws {ServerError} DDB_SCRIPT for any error in the script */
export async function run(settings: Settings<'exec'>, call: Call): Promise<number> {
  const format = settings.printJson ? 'json' : settings.resultOutput
  const path = pathOf(settings, call)
  const object = format === 'json' && { schema: 'ddb-ingest/exec/1' }
  const inputs = path === undefined ? [] : [path]
  return onServer(settings, inputs, call, object, async (server, begin) => {
    const script = path === undefined ? settings.script! : await readScriptFile(path, call)
    const interruption = begin()
    const answer = await runScript(script, server, interruption.signal, call.output)
    // While nobody reads the output, a signal ends the process at once.
    interruption[Symbol.dispose]()
    const value = answer && hideInValue(answer, call.output.hide)
    // Tables are escaped already, and `writeData` would escape their colours, too.
    const write = format === 'table' ? call.output.write : call.output.writeData
    for (const text of inPieces(linesOf(value, format, settings, call.output))) {
      if (!(await write(text))) break
    }
    if (value !== answer) {
      call.output.note("the server's answer contains the password: *** replaces it")
    }
    return 0
  })
}

/** @returns the file of the script, or `-`; undefined if -e gives the script @throws {UsageError} if the user would have to type it */
function pathOf({ script }: Settings<'exec'>, call: Call): string | undefined {
  const [path] = call.args
  if (script !== undefined) {
    if (path === undefined) return undefined
    throw usageError('give a file or -e, not both')
  }
  if (path !== undefined || !call.processEnvironment.stdin.isTTY) return path ?? '-'
  call.showHelp()
  throw usageError('no script: name a file, give the script with -e, or pipe it in')
}

async function runScript(
  script: string,
  server: ServerTarget,
  signal: AbortSignal,
  { note }: Output,
): Promise<Value | undefined> {
  const session = await connectServer(systemPlatform, server, { signal })
  try {
    session.onMessage = text => note(text)
    return await session.run(script, { signal })
  } catch (error) {
    // A server closes a session only after its script.
    if (signal.aborted) session.abandon(new ConnectionError('DDB_CONNECTION_LOST', 'interrupted'))
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
