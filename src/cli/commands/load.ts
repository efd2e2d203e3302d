/* `load`, and how `load`, `resume` and `retry` run on this process: files, progress, signals, result and exit code. */
import { resolve } from 'node:path'
import type { Trace } from '../../client/trace.js'
import { usageError } from '../../errors.js'
import { isInDoubt } from '../../load/journal/changed-run.js'
import { readRun, journalPath } from '../../load/journal/journals.js'
import { loadOn } from '../../load/load.js'
import type { LoadOptions, LoadResult } from '../../load/options.js'
import { systemPlatform } from '../../platform/system-files.js'
import { inputsOf, refuseSharedFiles, refuseTerminal } from '../files/one-file.js'
import { withFiles, type OutputFiles } from '../files/output-files.js'
import { checkStateFolder } from '../files/state.js'
import { catchSignals } from '../process-environment.js'
import { defined, type LoadFields } from '../options/definition.js'
import { loadOptionsOf } from '../options/login.js'
import {
  auditCommand,
  journalOf,
  optionsPastRejects,
  otherServerWords,
  repeatedWords,
} from './runs/known-run.js'
import type { RunSettings, Settings } from '../options/options.js'
import { runCommand } from '../options/shell-command.js'
import {
  detailLines,
  emptyResult,
  metricsContent,
  peakMemory,
  summaryLines,
} from '../output/summary.js'
import { adviseNeededOptions, isReadOnce } from '../output/failures.js'
import { nextSteps, printSteps } from '../output/failures.js'
import { newTimeline, startProgress, type Timeline } from '../output/progress.js'
import type { NextStep } from '../output/run-report.js'
import type { Call } from './command.js'

/** @returns the exit code of the run; failures of the run itself are in its result, not thrown */
export async function run(settings: Settings<'load'>, call: Call): Promise<number> {
  refuseTerminal(settings, call)
  if (settings.dryRun && settings.shard !== undefined) {
    throw usageError('--dry-run cannot be used with --shard: it checks all inputs')
  }
  if (settings.dryRun) return (await import('./check.js')).run(settings, call)
  const { runId, options } = settings
  return runOnProcess(settings, call, options, async openFiles => {
    const inputs = await inputsOf(settings, call)
    const journal = journalOf(settings, call.processEnvironment)
    const path = journal && runId && journalPath(journal.folder, runId)
    await refuseSharedFiles({ ...settings, ...defined({ journal: path }) }, inputs, call)
    const asked = await loadOptionsOf(settings, inputs, call, await openFiles())
    return { ...asked, ...defined({ journal }) }
  })
}

/**
 * @param asked  what is known of the options, for the result of a run that does not begin; `prepare` may add to it
 * @param prepare  opens the output files after every check that is possible without them
 * @returns the exit code of the run; failures of the run itself are in its result, not thrown
 */
export function runOnProcess(
  settings: RunSettings,
  call: Call,
  asked: LoadFields,
  prepare: (openFiles: () => Promise<Trace | undefined>) => Promise<LoadOptions>,
): Promise<number> {
  const startedAt = new Date()
  call.asked.stateDir = settings.stateDir
  // The run may change to another folder, which would change the meaning of relative paths.
  const folder = call.processEnvironment.workingFolder()
  const failed = (error: unknown): LoadResult => emptyResult(asked, startedAt, error)
  return withFiles(call, settings, failed, async files => {
    const { stateDir, quiet, metricsFile, report } = settings
    const { environment } = call.processEnvironment
    const warn = quiet === true ? undefined : call.output.note
    // Before anything in the folders is trusted.
    checkStateFolder(environment, warn)
    if (stateDir !== undefined) checkStateFolder(environment, warn, resolve(stateDir))
    const timeline = newTimeline()
    const results = async (): Promise<void> => {
      await files.add(metricsFile, metricsContent(metricsFile ?? ''))
      if (report === undefined) return
      const { reportPage } = await import('../report/page.js')
      const textOf = (result: LoadResult): string =>
        reportPage(result, timeline.moments(), nextSteps(result, call.asked))
      await files.add(report, { name: 'report', textOf })
    }
    const options = await prepare(() => files.open(results))
    return runLoad(settings, call, { options, folder, files, timeline })
  })
}

/** How long a run that must leave at once may take to report its outcome, ms. */
const longestLeaveMs = 900

interface OpenedRun {
  readonly options: LoadOptions
  /** In which the user is. */
  readonly folder: string | undefined
  readonly files: OutputFiles<LoadResult>
  readonly timeline: Timeline
}

async function runLoad(
  settings: RunSettings,
  call: Call,
  { options: asked, folder, files, timeline }: OpenedRun,
): Promise<number> {
  const { processEnvironment, output } = call
  const { quiet = false } = settings
  const progress = await startProgress(quiet, output, processEnvironment)
  let isLoading = false
  using interruption = catchSignals(processEnvironment, {
    leaveMs: longestLeaveMs,
    onFirst: name =>
      progress.note(`${name}: ending the run cleanly; a second signal ends it at once`, 'yellow'),
  })
  try {
    const options: LoadOptions = {
      ...asked,
      onReport(report) {
        if (report.phase === 'loading' && !isLoading) {
          isLoading = true
          processEnvironment.stopHeapGrowth()
        }
        progress.report(report)
        if (report.phase !== 'looking') timeline.add(report)
      },
      onNotice: progress.note,
      onNeeded: needed => adviseNeededOptions(call.asked, needed),
      signal: interruption.signal,
      leave: interruption.leaving,
    }
    const result = await loadOn(systemPlatform, options)
    const isInterrupted = result.status === 'interrupted'
    if (isInterrupted) result.exitCode = interruption.exitCode ?? result.exitCode
    result.memory = peakMemory()
    if (folder !== processEnvironment.workingFolder()) {
      const { rejects } = result
      for (const file of rejects.files) file.path = resolve(file.path)
      rejects.file &&= resolve(rejects.file)
    }
    await addCommands(result, asked, settings, repeatedWords(call.sources.flags, folder))
    const { confirmed, unconfirmed, skipped } = result.rows
    call.asked.mayHaveStored = confirmed + unconfirmed + skipped > 0
    progress.stop()
    // With -q, a run shows its notices only if it fails.
    const notes = quiet ? [...result.notices] : []
    // A run that reads a pipe could not be resumed under a name either.
    if (isInterrupted && asked.runId === undefined && !asked.inputs.some(isReadOnce)) {
      notes.push(
        'this run has no journal and cannot be resumed: name the next run with --run-id NAME',
      )
    }
    // A failure to write its files changes the next steps.
    const steps = (): NextStep[] => nextSteps(result, call.asked)
    const exitCode = await files.publish(
      result,
      () => tellResult(settings, call, result, notes, steps()),
      async () => {
        const lines = summaryLines(result, steps().at(-1)?.command, output.resultColumns)
        for (const line of lines) await output.write(`${line}\n`)
      },
      // The files belong to the process that has the run.
      result.error?.code !== 'DDB_LOCKED',
    )
    // An input that is still being read must not keep the process alive.
    if (interruption.leaving.aborted) processEnvironment.leave(exitCode)
    return exitCode
  } finally {
    progress.stop()
  }
}

/** Adds the commands that resume the run, or find out which of its rows are in the table. */
async function addCommands(
  { runId, resume, error, rows, exitCode }: LoadResult,
  { journal, server, rejects, target, shard, delivery }: LoadOptions,
  { stateDir }: RunSettings,
  repeated: readonly string[],
): Promise<void> {
  const isOpen = (exitCode === 4 || exitCode === 75) && error?.code !== 'DDB_LOCKED'
  const isJournaled = journal !== undefined && delivery?.confirm !== 'none'
  // A shard is repeated, not resumed.
  if (!isJournaled || shard !== undefined || (!resume.possible && !isOpen)) return
  // The journal names the server on which the run began, which may be a different server.
  const known = await readRun(journal.folder, runId, systemPlatform.files).catch(() => undefined)
  const journaled = known?.run.options.server ?? server
  const words = [...otherServerWords(server, journaled), ...repeated]
  const again = runCommand('resume', runId, stateDir, words)
  const past = optionsPastRejects(runId, rejects, { rows, error })
  if (resume.possible) resume.command = [again, ...past].join(' ')
  if (isOpen) resume.audit = auditCommand(runId, stateDir, target, words)
  // Without an error the run has ended, and only rows that are gone keep it from being resumed.
  const isGone = error === null && !resume.possible
  if (isGone || isInDoubt(error)) resume.restart = `${again} --restart`
}

function tellResult(
  { json }: RunSettings,
  { output, asked }: Call,
  result: LoadResult,
  notes: readonly string[],
  steps: readonly NextStep[],
): void {
  for (const note of notes) output.note(note)
  const bad = result.inputs.find(({ firstError }) => firstError !== null)
  const place = bad && { file: bad.path, lineNumber: bad.firstError?.lineNumber }
  if (result.error !== null) output.problem(result.error.message, result.error.code, place)
  // If the summary is on the same screen, the details do not repeat it.
  const isApart = json?.print === true || output.resultColumns === undefined
  for (const line of detailLines(result, isApart)) output.note(line)
  if (isApart) printSteps(output, result.error?.code, steps, asked)
}
