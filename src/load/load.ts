/* One run from options to result: opens the inputs, connects, describes the target, delivers batches, confirms and reports. */
import { DdbError, option, usageError } from '../errors.js'
import type { Files, Platform } from '../platform/platform.js'
import { awakeClock } from '../platform/clocks.js'
import { openDelivery } from './transport/open-delivery.js'
import { openEarly } from './connection/connect.js'
import { endJournal, runPipeline } from './pipeline.js'
import { findTarget } from './target/find-target.js'
import type { LoadOptions, LoadResult } from './options.js'
import { journalPath } from './journal/open-journal.js'
import { checkSoleProcess } from './register/sole-process.js'
import { lookFirst } from './evidence/first-look.js'
import { asTargetChanged } from './journal/changed-run.js'
import { checkName } from './register/register.js'
import { checkedOptions, type CheckedOptions } from './checked-options.js'
import { takeRowsBack } from './outcomes/recorder.js'
import { loadResult } from './result.js'
import { newRun, type Inputs, type Run, type RunParts } from './run.js'

/** As `load`, for inputs or the rows of `parts`. */
export async function loadOn(platform: Platform, options: LoadOptions, parts?: RunParts) {
  const checked = checkedOptions(options, platform.random)
  const clock = awakeClock(platform.clock)
  try {
    const proven = provable(options, checked, platform.files)
    return await loadChecked(newRun(proven, checked, { ...platform, clock }, parts))
  } finally {
    clock.stop()
  }
}

/** Without confirmation, a journal cannot tell which rows arrived. @throws {UsageError} DDB_USAGE if the run began with confirmed rows */
function provable(options: LoadOptions, checked: CheckedOptions, files: Files): LoadOptions {
  const { journal, shard, ...others } = options
  // The server has the record of a run that shards load.
  if (shard !== undefined) return { ...others, shard }
  if (journal === undefined || checked.mode === 'sync' || checked.confirm !== 'none') return options
  const { runId } = checked
  if (files.statusNow(journalPath(journal.folder, runId)) !== undefined) {
    throw usageError(
      `run "${runId}" began with confirmed rows: leave out ${option('delivery.confirm')} none, or choose another ${option('runId')}`,
    )
  }
  options.onNotice?.(
    `with ${option('delivery.confirm')} none the run keeps no journal: if it is repeated, it loads everything again`,
  )
  return others
}

async function loadChecked(run: Run): Promise<LoadResult> {
  const open = async (inputs: Inputs): Promise<boolean> => {
    // For a shard, once it has joined its run.
    const isFinished = (): boolean => inputs.areDone && run.history.found.finished !== undefined
    await findTarget(run, session => {
      if (!isFinished()) openEarly(run, session)
    })
    const control = run.control!
    await inputs.join?.()
    const known = await checkSoleProcess(run)
    const evidence = await lookFirst(run, known, isFinished())
    if (evidence === 'loaded') {
      run.reporter.notice('already loaded')
      return false
    }
    if (known !== undefined) checkName(known, run.history.name, control)
    run.delivery = await openDelivery(run, evidence)
    run.rejects.removeLeft(run.history)
    return true
  }
  const fail = (cause: unknown): void => {
    const error = asTargetChanged(run, cause)
    run.ending.fail(error)
    // Rows of earlier processes that are gone or unproven no longer count as stored.
    const isGone =
      error instanceof DdbError &&
      (error.code === 'DDB_TARGET_CHANGED' || error.code === 'DDB_UNPROVEN')
    if (isGone) takeRowsBack(run, '', false)
  }
  const misuse = await runPipeline(run, open, fail)
  run.ending.fail(misuse)
  const result = loadResult(run)
  const isRecorded = endJournal(run, result)
  if (misuse !== undefined) throw misuse
  return isRecorded ? result : loadResult(run)
}
