/*
  Runs `load`, `resume` or `retry` on this process: files, progress, signals, result and exit code.
*/
import { resolve } from 'node:path'
import type { Trace } from '../../client/trace.js'
import { loadOn } from '../../load/load.js'
import type { KnownRun } from '../../load/journal/known-runs.js'
import type { LoadOptions, LoadResult, ServerTarget } from '../../load/options.js'
import { systemPlatform } from '../../platform/system.js'
import type { ExpandedSources } from '../../source/expand-sources.js'
import type { Call } from './command.js'
import {
  printFailure,
  writeFailed,
  adviseNeededOptions,
  nextStep,
  tellNextStep,
} from '../output/failures.js'
import { emptyResult, peakMemory, type AskedRun } from '../output/empty-result.js'
import { catchSignals } from '../interruption.js'
import {
  lookCommand,
  optionsPastRejects,
  repeatedWords,
  resumeCommand,
  shellText,
  type ResumedRun,
} from '../options/shell-command.js'
import { journalFolder } from '../options/library-options.js'
import { fixWithFlags, withFlags } from '../options/load-options.js'
import type { RunSettings } from '../options/command-options.js'
import { leftoversToReport, checkedStateFolder } from '../files/state.js'
import { newTimeline, type Timeline } from '../report/timeline.js'
import { metricsContent } from '../output/metrics.js'
import { startProgress } from '../output/progress.js'
import { openResultFile, type ResultFile } from '../files/result-file.js'
import { openTrace, type TraceFile } from '../files/trace-file.js'
import { detailLines, summaryLines } from '../output/summary.js'
import { jsonLine } from '../output/terminal-text.js'

/** The steps that differ between the commands, in the order of the calls. */
export interface RunCommand<Found> {
  readonly settings: RunSettings
  /** Reads the facts of the run, as far as they are readable. */
  find(): Promise<Found>
  /** Facts for the result of a run that fails before it begins. */
  asked(found: Found | undefined): AskedRun
  /** Makes every check that is possible before output files are opened. */
  check(found: Found): Promise<void>
  /** The inputs, if `check` has expanded all of them, so that a million files need not be expanded twice. */
  expandedInputs?(): ExpandedSources | undefined
  /** The options for the library, including the password. */
  options(found: Found, trace: Trace | undefined): Promise<LoadOptions>
  /** Facts for the command that resumes the run; undefined for a run without a journal. */
  resumedRun(found: Found, server: ServerTarget): Promise<ResumedRun | undefined> | ResumedRun
}

export function askedOf(runId?: string, options?: KnownRun['run']['options']): AskedRun {
  const { server, target = {}, delivery } = options ?? {}
  return { runId, server, target, confirm: delivery?.confirm }
}

/** @returns the exit code of the run; failures of the run itself are in its result, not thrown */
export async function runOnProcess<Found>(command: RunCommand<Found>, call: Call): Promise<number> {
  const { settings } = command
  const startedAt = new Date()
  const held: Held = { files: [] }
  // The run may change to another folder, which would change the meaning of relative paths.
  const { flags } = call.sources
  const repeated = repeatedWords(flags)
  let found: Found | undefined
  try {
    checkState(settings, call)
    const run = (found = await command.find())
    await command.check(run)
    await openFiles(settings, held, call)
    held.trace = openTrace(settings, call.output)
    const asked = await command.options(run, held.trace?.trace)
    return await runLoad(settings, asked, call, held, command.expandedInputs?.(), async result => {
      const { resume } = result
      const going = await command.resumedRun(run, asked.server)
      if (going === undefined) return
      const { stateDir } = settings
      const again = resumeCommand({ ...going, stateDir, server: asked.server }, repeated)
      const past = optionsPastRejects(going.runId, asked.rejects, result)
      if (resume.possible) resume.command = [again, ...past].join(' ')
      if (resume.look === null) return
      resume.look = lookCommand(resume.look, asked.server, repeated)
      const { code = '' } = result.error ?? {}
      const isOpen = code === 'DDB_TARGET_CHANGED' || code === 'DDB_UNPROVEN'
      resume.restart = [again, ...(isOpen ? ['--restart'] : past)].join(' ')
    })
  } catch (error) {
    // A JSON object is printed on every exit, even if the run could not begin.
    const result = emptyResult(command.asked(found), startedAt, error)
    await writeFiles(held.files, result, call)
    if (settings.json?.print) await writeFailed(call.output, result)
    throw error
  } finally {
    for (const file of held.files) await file.close()
    held.trace?.close()
  }
}

/** Checks the state folder before anything in it is trusted. @throws {UsageError} DDB_CONFIG */
function checkState({ stateDir, quiet }: RunSettings, { processEnvironment, output }: Call): void {
  const warn = quiet === true ? undefined : output.note
  checkedStateFolder(processEnvironment.environment, warn)
  if (stateDir === undefined) return
  checkedStateFolder(processEnvironment.environment, warn, resolve(stateDir))
}

/** Files that a run keeps open until it has ended. */
interface Held {
  readonly files: ResultFile<LoadResult>[]
  /** Only for a run that writes a report. */
  timeline?: Timeline
  trace?: TraceFile | undefined
}

async function openFiles(
  { json, metricsFile, report }: RunSettings,
  held: Held,
  { asked }: Call,
): Promise<void> {
  const { files } = held
  if (json?.file !== undefined) {
    files.push(await openResultFile(json.file, { name: 'JSON object', textOf: jsonLine }))
  }
  if (metricsFile !== undefined) {
    files.push(await openResultFile(metricsFile, metricsContent(metricsFile)))
  }
  if (report === undefined) return
  const timeline = newTimeline()
  held.timeline = timeline
  const textOf = async (result: LoadResult): Promise<string> => {
    const { reportPage } = await import('../report/page.js')
    const step = nextStep(result, asked)
    const next = step?.label === 'next' ? step.command : undefined
    return reportPage(result, timeline.moments(), next)
  }
  files.push(await openResultFile(report, { name: 'report', textOf }))
}

/** @returns the exit code: 74 if the run went well but a file could not be written */
async function writeFiles(
  files: readonly ResultFile<LoadResult>[],
  result: LoadResult,
  { output }: Call,
): Promise<number> {
  let { exitCode } = result
  // The files belong to the process that has the run.
  if (result.error?.code === 'DDB_LOCKED') return exitCode
  for (const file of files) exitCode = await file.write({ ...result, exitCode }, output)
  return exitCode
}

/** @param goOn  adds to the result the commands that resume the run */
async function runLoad(
  settings: RunSettings,
  asked: LoadOptions,
  call: Call,
  held: Held,
  sources: ExpandedSources | undefined,
  goOn: (result: LoadResult) => Promise<void>,
): Promise<number> {
  const { processEnvironment, output } = call
  const progress = await startProgress(settings.quiet ?? false, output, processEnvironment)
  const kept: string[] = []
  let isLoading = false
  const leaving = new AbortController()
  const interruption = catchSignals(processEnvironment, {
    onFirst: name =>
      progress.note(`${name}: ending the run cleanly; a second signal ends it at once`, 'yellow'),
    onLater: exitCode => {
      if (leaving.signal.aborted) processEnvironment.leave(exitCode)
      leaving.abort()
      // Ends the process even if some of its work never ends.
      setTimeout(() => processEnvironment.leave(exitCode), longestLeaveMs)
    },
  })
  try {
    const options: LoadOptions = {
      ...asked,
      leftovers: leftoversOf(settings, asked, processEnvironment, (runId, tables) =>
        progress.note(leftNote(runId, tables, settings)),
      ),
      onReport(report) {
        if (report.phase === 'loading' && !isLoading) {
          isLoading = true
          processEnvironment.stopHeapGrowth()
        }
        progress.report(report)
        if (report.phase !== 'looking') held.timeline?.add(report)
      },
      onNotice(notice) {
        if (settings.quiet) keep(kept, notice)
        else progress.note(notice)
      },
      onNeeded: needed => adviseNeededOptions(call.asked, needed),
      wording: withFlags,
      signal: interruption.signal,
      leave: leaving.signal,
    }
    const result = completed(
      await loadOn(systemPlatform, options, { sources }),
      interruption.exitCode,
    )
    if (result.resume.possible || result.resume.look !== null) await goOn(result)
    progress.stop()
    const exitCode = await writeFiles(held.files, result, call)
    if (isWithoutName(asked, result)) kept.push(nameHint)
    let endCode = await printResult(settings, call, { ...result, exitCode }, kept)
    // If standard output failed, the exit code in the files is outdated, so they are written again.
    if (endCode !== exitCode) {
      endCode = await writeFiles(held.files, { ...result, exitCode: endCode }, call)
    }
    // An input that is still being read must not keep the process alive.
    if (leaving.signal.aborted) processEnvironment.leave(endCode)
    return endCode
  } finally {
    progress.stop()
    interruption.release()
  }
}

/** A quiet run shows no one-time notices, and leaves them to a later run. */
function leftoversOf(
  settings: RunSettings,
  asked: LoadOptions,
  processEnvironment: Call['processEnvironment'],
  onKnown: Parameters<typeof leftoversToReport>[3],
): NonNullable<LoadOptions['leftovers']> {
  if (settings.quiet) return () => Promise.resolve([])
  const folder = journalFolder(settings, processEnvironment)
  return leftoversToReport(asked, folder, processEnvironment.environment, onKnown)
}

/** How long a run that must leave at once may take to report its outcome, ms. */
const longestLeaveMs = 900

const nameHint =
  'this run has no journal and cannot be resumed: name the next run with --run-id NAME'

/** True if the user could resume this run if it had a name. A run that reads a pipe cannot be resumed. */
function isWithoutName({ runId, inputs }: LoadOptions, { status }: LoadResult): boolean {
  return status === 'interrupted' && runId === undefined && !inputs.includes('-')
}

function leftNote(runId: string, tables: readonly string[], { stateDir }: RunSettings): string {
  const where = stateDir === undefined ? [] : ['--state-dir', resolve(stateDir)]
  const command = shellText(['runs', runId, '--clean', ...where])
  return `the server has tables of run "${runId}": ${tables.join(', ')}. Continue the run, or give it up; the rows that it has stored stay: ${command}`
}

/** Adds facts that the library lacks: the signal that interrupted the run, and the memory that the process used. */
function completed(result: LoadResult, signalExitCode: number | undefined): LoadResult {
  const exitCode = result.status === 'interrupted' ? signalExitCode : undefined
  const { error } = result
  return {
    ...result,
    error: error && { ...error, fix: fixWithFlags(error.fix) },
    resume: { ...result.resume },
    exitCode: exitCode ?? result.exitCode,
    memory: peakMemory(),
  }
}

/** With -q, a run holds back the first notices, at most this many, and shows them only if it fails. */
const keptNotices = 20

function keep(kept: string[], notice: string): void {
  if (kept.length < keptNotices) kept.push(notice)
}

async function printResult(
  settings: RunSettings,
  call: Call,
  result: LoadResult,
  kept: readonly string[],
): Promise<number> {
  const { output, asked } = call
  const isSilent = settings.quiet === true && result.exitCode === 0
  const { confirmed, unconfirmed, skipped } = result.rows
  asked.mayHaveStored = confirmed + unconfirmed + skipped > 0
  const next = nextStep(result, asked)
  if (!isSilent) {
    for (const notice of kept) output.note(notice)
    if (result.error !== null) output.problem(result.error.message, result.error.code)
    // If the summary is on the same screen, the details do not repeat it.
    const isApart = settings.json?.print === true || output.resultColumns === undefined
    for (const line of detailLines(result, isApart)) output.note(line)
    if (isApart) tellNextStep(output, result, next, asked)
  }
  try {
    if (settings.json?.print) await output.writeData(jsonLine(result))
    else if (!isSilent) {
      const lines = summaryLines(result, next?.command, output.resultColumns)
      for (const line of lines) await output.write(`${line}\n`)
    }
    return result.exitCode
  } catch (error) {
    const { exitCode } = printFailure(output, error, asked)
    return result.exitCode === 0 ? exitCode : result.exitCode
  }
}
