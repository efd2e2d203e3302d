/*
  `load`: settings become LoadOptions, the library does the work, and its result becomes a sentence or one JSON
  object, notes and an exit code.
*/
import { UsageError } from '../../errors.js'
import { load } from '../../load/load.js'
import type { LoadOptions, LoadResult } from '../../load/options.js'
import { parseTarget } from '../../load/target.js'
import type { Call } from './command.js'
import { hintsFor, printFailure } from '../output/print-failure.js'
import { emptyResult, peakMemory } from '../output/empty-result.js'
import { catchSignals } from '../interruption.js'
import { withFlags } from '../options/field-flags.js'
import { loadOptionsOf, targetOptionsOf, type LoadSettings } from '../options/load-options.js'
import { readFilesFrom } from '../files/files-from.js'
import { readKnownServer } from '../files/known-servers.js'
import { takeLock, type Lock } from '../files/lock.js'
import { refuseSharedFiles } from '../files/one-file.js'
import type { ProgressStyle } from '../options/output-options.js'
import { passwordSource, readCredentials } from '../options/password.js'
import { metricsContent } from '../output/metrics.js'
import { startProgress } from '../output/progress.js'
import { openResultFile, type ResultFile } from '../files/result-file.js'
import { openTrace, type TraceFile } from '../files/trace-file.js'
import { detailLines, summaryText } from '../output/summary.js'
import { clean, jsonLine } from '../output/terminal-text.js'

/** @returns the exit code of the run; failures of the run itself are in its result, not thrown */
export async function run(settings: LoadSettings, call: Call): Promise<number> {
  const isList = settings.filesFrom !== undefined
  if (!isList && call.args.length === 0 && call.processEnvironment.stdin.isTTY) {
    call.showHelp()
    throw new UsageError(
      'DDB_USAGE',
      'no input: name files to load, or pipe data into standard input',
    )
  }
  const startedAt = new Date()
  call.output.logAs(settings.logFormat)
  const held: Held = { files: [] }
  try {
    const inputs = await inputsOf(settings, call)
    await refuseSharedFiles(settings, inputs, call)
    // Files belong to the run that has the lock: one that is locked out must not touch them.
    const { environment } = call.processEnvironment
    if (settings.lock !== undefined) held.lock = takeLock(settings.lock, environment)
    await openFiles(settings, held.files)
    held.trace = openTrace(settings)
    parseTarget(targetOptionsOf(settings))
    return await runLoad(settings, call, inputs, held)
  } catch (error) {
    // There is an object on every exit, also where the run could not even be asked for.
    const result = emptyResult(settings, startedAt, error)
    await writeFiles(held.files, result, call)
    // Where it cannot be written, the failure itself still has its code.
    if (settings.json) await printJson(call, result).catch(() => undefined)
    throw error
  } finally {
    for (const file of held.files) await file.close()
    const missing = held.trace?.close()
    if (missing !== undefined) call.output.note(missing)
    held.lock?.release()
  }
}

/** What a run holds of its machine until it has ended. */
interface Held {
  lock?: Lock
  readonly files: ResultFile<LoadResult>[]
  trace?: TraceFile | undefined
}

async function openFiles(
  { summary, metricsFile }: LoadSettings,
  files: ResultFile<LoadResult>[],
): Promise<void> {
  if (summary !== undefined) {
    files.push(await openResultFile(summary, { name: 'summary', textOf: jsonLine }))
  }
  if (metricsFile === undefined) return
  files.push(await openResultFile(metricsFile, metricsContent(metricsFile)))
}

/** @returns the exit code: 74 when the run went well and a file could not be written */
async function writeFiles(
  files: readonly ResultFile<LoadResult>[],
  result: LoadResult,
  { output }: Call,
): Promise<number> {
  let { exitCode } = result
  for (const file of files) exitCode = await file.write({ ...result, exitCode }, output)
  return exitCode
}

/**
 * Without a source the data comes from standard input.
 * @throws {InputError} @throws {UsageError} as `readFilesFrom`, and when standard input would be read twice
 */
async function inputsOf(
  { filesFrom, passwordStdin }: LoadSettings,
  { args, processEnvironment }: Call,
): Promise<readonly string[]> {
  if (filesFrom === undefined) return args.length > 0 ? args : ['-']
  if (filesFrom === '-' && (args.includes('-') || passwordStdin)) {
    throw new UsageError(
      'DDB_USAGE',
      '--files-from - takes the names of sources from standard input: nothing else can come from there',
    )
  }
  return [...args, ...(await readFilesFrom(filesFrom, processEnvironment.stdin))]
}

async function runLoad(
  settings: LoadSettings,
  call: Call,
  inputs: readonly string[],
  held: Held,
): Promise<number> {
  const { processEnvironment, output, sources } = call
  const credentials = await readCredentials(
    settings,
    passwordSource(sources),
    processEnvironment,
    inputs.includes('-'),
    output.note,
  )
  const progress = await startProgress(
    settings.logFormat === 'json' ? plainOf(settings.progress) : settings.progress,
    settings.quiet ?? false,
    output,
    processEnvironment,
  )
  const kept: string[] = []
  const leaving = new AbortController()
  const leave = (exitCode: number): void => {
    held.lock?.release()
    processEnvironment.leave(exitCode)
  }
  const interruption = catchSignals(processEnvironment, {
    onFirst: name =>
      progress.note(`${name}: ending the run in order; once more to leave at once`, 'yellow'),
    onLater: exitCode => {
      if (leaving.signal.aborted) leave(exitCode)
      leaving.abort()
      // Whatever cannot be ended: the process goes all the same.
      setTimeout(leave, longestLeaveMs, exitCode)
    },
  })
  try {
    const asked = loadOptionsOf(
      settings,
      inputs,
      credentials,
      processEnvironment.stdin,
      held.trace?.trace,
    )
    const known = readKnownServer(asked.server, processEnvironment.environment)
    const options: LoadOptions = {
      ...asked,
      server: { ...asked.server, ...(known === undefined ? {} : { known }) },
      onReport: report => progress.report(report),
      onNotice(notice) {
        if (settings.quiet) keep(kept, withFlags(notice))
        else progress.note(withFlags(notice))
      },
      signal: interruption.signal,
      leave: leaving.signal,
    }
    const result = completed(await load(options), interruption.exitCode)
    progress.stop()
    const exitCode = await writeFiles(held.files, result, call)
    let endCode = await printResult(settings, call, { ...result, exitCode }, kept)
    // What the files say of the exit code was written before standard output failed.
    if (endCode !== exitCode) {
      endCode = await writeFiles(held.files, { ...result, exitCode: endCode }, call)
    }
    // An input that is still being read must not keep the process.
    if (leaving.signal.aborted) leave(endCode)
    return endCode
  } finally {
    progress.stop()
    interruption.release()
  }
}

/** A run that was told to leave at once has so long to say what became of it, ms. */
const longestLeaveMs = 900

/** A bar between objects would be neither: lines take its place. */
function plainOf(style: ProgressStyle): ProgressStyle {
  return style === 'none' ? 'none' : 'plain'
}

/** Adds what the command line knows: its flags, which signal interrupted the run, how much memory it took. */
function completed(result: LoadResult, signalExitCode: number | undefined): LoadResult {
  const exitCode = result.status === 'interrupted' ? signalExitCode : undefined
  const { error, confirm } = result
  return {
    ...result,
    exitCode: exitCode ?? result.exitCode,
    memory: peakMemory(),
    confirm: {
      ...confirm,
      note: confirm.note === null ? null : withFlags(confirm.note),
      uncertain: confirm.uncertain.map(lines => ({ ...lines, reason: withFlags(lines.reason) })),
    },
    error: error === null ? null : { ...error, message: withFlags(error.message) },
  }
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
      output.problem(result.error.message, result.error.code)
      for (const hint of hintsFor(result.error)) output.note(hint)
    }
    for (const line of detailLines(result, settings.verbose ?? false)) output.note(line)
  }
  try {
    if (settings.json) await printJson(call, result)
    else if (!isSilent) await output.write(`${clean(summaryText(result))}\n`)
    return result.exitCode
  } catch (error) {
    const { exitCode } = printFailure(output, error, { verbose: settings.verbose ?? false })
    return result.exitCode === 0 ? exitCode : result.exitCode
  }
}

async function printJson({ output }: Call, result: LoadResult): Promise<void> {
  await output.writeData(jsonLine(result))
}
