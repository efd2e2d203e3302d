/*
  `load`: settings become LoadOptions, the library does the work, and its result becomes a sentence or one JSON
  object, notes and an exit code.
*/
import { randomBytes } from 'node:crypto'
import { open, stat, type FileHandle } from 'node:fs/promises'
import { DdbError, UsageError } from '../../errors.js'
import type { LoadOptions, LoadResult } from '../../load/options.js'
import { parseTarget, type Target } from '../../load/target.js'
import { version } from '../../version.js'
import type { Call } from '../command.js'
import { failureOf, hintsFor } from '../exit.js'
import { catchSignals } from '../interruption.js'
import { loadOptionsOf, targetOptionsOf } from '../load-request.js'
import type { LoadSettings } from '../load-settings.js'
import { passwordSource, readCredentials } from '../password.js'
import { startProgress } from '../progress.js'
import { detailLines, summaryText } from '../summary.js'
import { clean } from '../text.js'

export async function run(settings: LoadSettings, call: Call): Promise<number> {
  const inputs = inputsOf(call)
  if (inputs === undefined) {
    call.showHelp()
    throw new UsageError(
      'DDB_USAGE',
      'no input: name files to load, or pipe data into standard input',
    )
  }
  const startedAt = new Date()
  try {
    return await runLoad(settings, call, inputs)
  } catch (error) {
    // With --json there is an object on every exit, also where the run could not even be asked for.
    if (settings.json) await printJson(call, emptyResult(settings, startedAt, error))
    throw error
  }
}

/** Without a source the data comes from standard input, unless a person sits there. */
function inputsOf({ args, surroundings }: Call): readonly string[] | undefined {
  if (args.length > 0) return args
  return surroundings.stdin.isTTY ? undefined : ['-']
}

async function runLoad(
  settings: LoadSettings,
  call: Call,
  inputs: readonly string[],
): Promise<number> {
  const { surroundings, output, sources } = call
  parseTarget(targetOptionsOf(settings))
  const credentials = await readCredentials(
    settings,
    passwordSource(sources),
    surroundings,
    inputs.includes('-'),
    output.note,
  )
  const summary = await openSummary(settings.summary, inputs)
  const progress = await startProgress(
    settings.progress,
    settings.quiet ?? false,
    output,
    surroundings,
  )
  const kept: string[] = []
  const interruption = catchSignals(surroundings, name =>
    progress.note(`${name}: ending the run in order; once more to leave at once`, 'yellow'),
  )
  try {
    const { load } = await import('../../load/load.js')
    const options: LoadOptions = {
      ...loadOptionsOf(settings, inputs, credentials, surroundings.stdin),
      onReport: report => progress.report(report),
      onNotice: notice => (settings.quiet ? keep(kept, notice) : progress.note(notice)),
      signal: interruption.signal,
    }
    const result = completed(await load(options), interruption.exitCode)
    progress.stop()
    const exitCode = await writeSummary(summary, settings.summary, result, call)
    return await printResult(settings, call, { ...result, exitCode }, kept)
  } finally {
    progress.stop()
    interruption.release()
    await summary?.close()
  }
}

/** Adds what the process knows: which signal interrupted the run, and how much memory it took. */
function completed(result: LoadResult, signalExitCode: number | undefined): LoadResult {
  const exitCode = result.status === 'interrupted' ? signalExitCode : undefined
  return { ...result, exitCode: exitCode ?? result.exitCode, memory: peakMemory() }
}

function peakMemory(): LoadResult['memory'] {
  // Node gives kilobytes.
  return { peakRssBytes: process.resourceUsage().maxRSS * 1024 }
}

/** With -q notices are held back, and told only when the run fails. */
const keptNotices = 20

function keep(kept: string[], notice: string): void {
  if (kept.length < keptNotices) kept.push(notice)
}

async function printResult(
  settings: LoadSettings,
  call: Call,
  result: LoadResult,
  kept: readonly string[],
): Promise<number> {
  const { output } = call
  const isSilent = settings.quiet === true && result.exitCode === 0
  if (!isSilent) {
    for (const notice of kept) output.note(notice)
    if (result.error !== null) {
      output.problem(`${result.error.message} [${result.error.code}]`)
      for (const hint of hintsFor(result.error)) output.note(hint)
    }
    for (const line of detailLines(result, settings.verbose ?? false)) output.note(line)
  }
  if (settings.json) await printJson(call, result)
  else if (!isSilent) await output.write(`${clean(summaryText(result))}\n`)
  return result.exitCode
}

async function printJson({ output }: Call, result: LoadResult): Promise<void> {
  await output.write(`${JSON.stringify(result)}\n`)
}

/**
 * Opened before the run, so that a path that cannot be written stops it while nothing has been sent; emptied only
 * when there is something to put in.
 */
async function openSummary(
  path: string | undefined,
  inputs: readonly string[],
): Promise<FileHandle | undefined> {
  if (path === undefined) return undefined
  let file: FileHandle
  try {
    file = await open(path, 'a')
  } catch (error) {
    throw new UsageError(
      'DDB_OUTPUT_CREATE',
      `cannot create the summary ${clean(path)} (${(error as NodeJS.ErrnoException).code})`,
      { cause: error },
    )
  }
  const summary = await file.stat()
  for (const input of inputs) {
    const found = await stat(input).catch(() => undefined)
    if (found?.dev === summary.dev && found.ino === summary.ino) {
      await file.close()
      throw new UsageError('DDB_USAGE', `--summary ${clean(path)} is an input of this run`)
    }
  }
  return file
}

/** @returns the exit code: 74 when all went well until the summary could not be written */
async function writeSummary(
  file: FileHandle | undefined,
  path: string | undefined,
  result: LoadResult,
  { output }: Call,
): Promise<number> {
  if (file === undefined) return result.exitCode
  try {
    if ((await file.stat()).isFile()) await file.truncate()
    await file.writeFile(`${JSON.stringify(result)}\n`)
    return result.exitCode
  } catch (error) {
    const failure = new DdbError(
      'DDB_OUTPUT_WRITE',
      `cannot write the summary ${path} (${(error as NodeJS.ErrnoException).code})`,
      { cause: error },
    )
    output.problem(`${failure.message} [${failure.code}]`)
    return result.exitCode === 0 ? failure.exitCode : result.exitCode
  }
}

/** Result of a run that ended before it began. */
function emptyResult(settings: LoadSettings, startedAt: Date, error: unknown): LoadResult {
  const { code, message, exitCode } = failureOf(error)
  const target = targetOf(settings)
  return {
    schema: 'ddb-ingest/load/1',
    version,
    runId: settings.runId ?? randomBytes(8).toString('hex'),
    status: 'failed',
    exitCode,
    startedAt: startedAt.toISOString(),
    endedAt: new Date().toISOString(),
    target: {
      host: `${settings.host[0]!.host}:${settings.host[0]!.port ?? settings.port}`,
      table: settings.table ?? null,
      function: settings.function ?? null,
      method: target?.kind === 'table' ? target.method : null,
    },
    inputs: [],
    rows: { read: 0, confirmed: 0, unconfirmed: 0, rejected: 0, skipped: 0, unsent: 0 },
    confirm: { asked: settings.confirm, used: 'none', note: null },
    rejects: {
      file: settings.rejects ?? null,
      byClass: { parse: 0, type: 0, server: 0 },
      byCode: {},
    },
    columns: [],
    batches: { sent: 0, retried: 0, failed: 0 },
    latencyMs: { p50: null, p95: null, p99: null },
    rate: { rowsPerSec: 0, bytesPerSec: 0 },
    memory: peakMemory(),
    resume: { possible: false, command: null },
    error: { code, message },
  }
}

function targetOf(settings: LoadSettings): Target | undefined {
  try {
    return parseTarget(targetOptionsOf(settings))
  } catch {
    return undefined
  }
}
