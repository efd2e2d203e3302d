/*
  `exec`: runs a script on a server and prints its result.
*/
import type { Trace } from '../../client/trace.js'
import { DdbError, ServerError, UsageError } from '../../errors.js'
import { connectDeadlineMs, connectServer } from '../../load/connection/connect.js'
import { systemPlatform } from '../../platform/system.js'
import type { Value } from '../../protocol/value.js'
import type { Call } from './command.js'
import { endFailed } from '../output/failures.js'
import { catchSignals, type Interruption } from '../interruption.js'
import { serverOf } from '../options/library-options.js'
import type { ExecSettings } from '../options/command-options.js'
import { refuseSharedFiles } from '../files/one-file.js'
import { readScriptFile } from '../files/files-from.js'
import { openTrace, type TraceFile } from '../files/output-files.js'
import type { TerminalInput } from '../process-environment.js'
import { csvText } from '../render/cells.js'
import { hideInValue } from '../render/hide-value.js'
import { jsonText } from '../render/json.js'
import { tableText } from '../render/table.js'

type OutputFormat = ExecSettings['output']

/** A note for the user: the output differs from the server's data. */
const struckOut = "the server's answer contains the password: *** replaces it"

/** @returns the exit code @throws {ServerError} DDB_SCRIPT for any error in the script */
export async function run(settings: ExecSettings, call: Call): Promise<number> {
  const format: OutputFormat = settings.json ? 'json' : settings.output
  const source = sourceOf(settings, call)
  if (source === undefined) {
    call.showHelp()
    throw new UsageError(
      'DDB_USAGE',
      'no script: name a file, give the script with -e, or pipe it in',
    )
  }
  const interruption = catchSignals(call.processEnvironment)
  let traceFile: TraceFile | undefined
  try {
    const inputs = 'path' in source ? [source.path] : source.kind === 'stdin' ? ['-'] : []
    await refuseSharedFiles(settings, inputs, call)
    traceFile = openTrace(settings, call.output)
    const answer = await runScript(settings, call, source, interruption, traceFile?.trace)
    const value = answer && hideInValue(answer, call.output.hide)
    // Tables are escaped already, and `writeData` would escape their colours, too.
    const write = format === 'table' ? call.output.write : call.output.writeData
    for (const text of textOf(value, format, maxRowsOf(settings, call), call)) {
      if (!(await write(text))) break
    }
    if (value !== answer) call.output.note(struckOut)
    return 0
  } catch (error) {
    const failure =
      interruption.exitCode === undefined
        ? error
        : new DdbError('DDB_INTERRUPTED', 'interrupted', { cause: error })
    const object = format === 'json' && { schema: 'ddb-ingest/exec/1' }
    return await endFailed(call.output, failure, object, interruption)
  } finally {
    interruption.release()
    traceFile?.close()
  }
}

type Source = { kind: 'text'; text: string } | { kind: 'file'; path: string } | { kind: 'stdin' }

function sourceOf(
  { script }: ExecSettings,
  { args, processEnvironment }: Call,
): Source | undefined {
  const [path] = args
  if (script !== undefined && path !== undefined) {
    throw new UsageError('DDB_USAGE', 'give a file or -e, not both')
  }
  if (script !== undefined) return { kind: 'text', text: script }
  if (path !== undefined && path !== '-') return { kind: 'file', path }
  return path === undefined && processEnvironment.stdin.isTTY ? undefined : { kind: 'stdin' }
}

async function runScript(
  settings: ExecSettings,
  call: Call,
  source: Source,
  { signal }: Interruption,
  trace: Trace | undefined,
): Promise<Value | undefined> {
  const server = await serverOf(settings, call, trace, source.kind === 'stdin')
  const script = await readScript(source, call.processEnvironment.stdin)
  const session = await connectServer(systemPlatform, server, {
    deadlineMs: connectDeadlineMs(systemPlatform, server),
    signal,
  })
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

async function readScript(source: Source, stdin: TerminalInput): Promise<string> {
  switch (source.kind) {
    case 'text':
      return source.text
    case 'file':
      return readScriptFile(source.path)
    case 'stdin': {
      const chunks: Buffer[] = []
      for await (const chunk of stdin) chunks.push(Buffer.from(chunk as Uint8Array))
      return Buffer.concat(chunks).toString('utf8')
    }
  }
}

/** More rows would push earlier output off the screen. */
const terminalRows = 100

function maxRowsOf({ maxRows }: ExecSettings, { output }: Call): number {
  const usual = output.resultColumns === undefined ? 0 : terminalRows
  return (maxRows ?? usual) || Infinity
}

function textOf(
  value: Value | undefined,
  format: OutputFormat,
  maxRows: number,
  { output: { resultColumns, paintResult } }: Call,
): Iterable<string> {
  switch (format) {
    case 'table':
      return tableText(value, resultColumns, paintResult, maxRows)
    case 'csv':
      return csvText(value)
    case 'json':
      return jsonText(value)
  }
}
