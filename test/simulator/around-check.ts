/* Compares the report of each process with the contents of the target when that process ended. The simulator itself records the rows in the
   table at every change, and who made the change, so the check does not ask the program. */
import { inspect } from 'node:util'
import { isForeign, type AroundScenario, type Job } from './around-scenario.js'
import { checkEquation, checkExitCode, type Complain, type Complaint } from './check.js'
import type { SimDisk } from './disk.js'
import { headerOf, type Run } from './loader.js'
import { leftOut } from './transformed.js'

type There = ReadonlyMap<number, number>

/** An action of another user, and the contents of the target right before the action. */
export interface Change {
  readonly kind: string
  readonly atMs: number
  readonly before: There
  /** Rows with which the other user filled the table that was made again. */
  readonly refilled?: number | undefined
  /** Loaders that knew by then what the target has made of their rows. */
  readonly learned?: ReadonlySet<string>
  /** If a journal was restored from a copy: the time of the copy, and the run. */
  readonly sinceMs?: number
  readonly runId?: string | undefined
}

export interface CallEnd {
  readonly run: Run
  readonly job: Job
  readonly call: number
  /** The journal was damaged when the process began, and the user did not pass --restart. */
  readonly isDamaged: boolean
  /** Number of other processes of the same run when this process began. */
  readonly others: number
  /** The contents of the target when the process ended. */
  there: There | undefined
  /** The process was about to send rows while a different process had the lease. */
  sendsWithoutLease: boolean
}

export interface History {
  readonly changes: Change[]
  readonly ends: CallEnd[]
}

export const takesRows = ({ kind }: Change): boolean =>
  kind.startsWith('made again') || ['emptied', 'restarted', 'another server'].includes(kind)
export const losesMemory = ({ kind }: Change): boolean =>
  ['restarted', 'another server'].includes(kind)

export function checkAround(
  scenario: AroundScenario,
  runs: readonly Run[],
  history: History,
  disk: SimDisk,
): Complaint[] {
  const complaints: Complaint[] = []
  for (const end of history.ends) {
    const { name } = end.run.plan
    const complain = (text: string): void =>
      void complaints.push({ about: `${name}, call ${end.call + 1}`, text })
    checkEnd(scenario, end, history, complain)
  }
  for (const job of scenario.jobs) {
    const complain = (text: string): void => void complaints.push({ about: job.plan.name, text })
    const own = history.ends.filter(end => end.job === job)
    checkCopies(scenario, own, history, complain)
    checkCalm(scenario, own, history, complain)
    checkSleep(scenario, own, history, complain)
    checkRejects(own, disk, complain)
  }
  checkStrangers(scenario, history, text => void complaints.push({ about: 'table', text }))
  for (const { thrown, plan } of runs) {
    if (thrown !== undefined)
      complaints.push({ about: plan.name, text: `threw ${inspect(thrown)}` })
  }
  return complaints
}

function checkEnd(scenario: AroundScenario, end: CallEnd, history: History, complain: Complain) {
  const { run, isDamaged, job, sendsWithoutLease } = end
  const { result } = run
  if (sendsWithoutLease) complain('it sends rows, and another process has its lease')
  if (result === undefined) return
  checkEquation(result, complain)
  checkExitCode(result, complain)
  const { code } = result.error ?? {}
  if (isDamaged && !['DDB_RUN_DAMAGED', 'DDB_LOCKED'].includes(code ?? '')) {
    complain(`a damaged journal was taken: ${code ?? `exit code ${result.exitCode}`}`)
  }
  if (code === 'DDB_LOCKED' && result.error!.message.includes('has lost run')) {
    if (!run.process.hasSlept) complain(`it never slept: ${result.error!.message}`)
  }
  if (code === 'DDB_RUN_CHANGED') complain(`nothing has changed: ${result.error!.message}`)
  const earlier = history.changes.filter(({ atMs }) => atMs <= run.endedMs!)
  const isBroughtBack = earlier.some(({ runId }) => runId === job.plan.runId)
  if (code === 'DDB_RUN_DAMAGED' && !isDamaged && !isBroughtBack) {
    complain(`nothing was done to the journal: ${result.error!.message}`)
  }
  const isTold = code === 'DDB_TARGET_CHANGED' || (code === 'DDB_UNPROVEN' && isSeen(scenario))
  if (isTold && !scenario.isRough && !earlier.some(takesRows) && !isBroughtBack) {
    complain(`nobody has touched the target: ${result.error!.message}`)
  }
  const isRefused = /^DDB_(TARGET_CHANGED|UNPROVEN|RUN_DAMAGED)$/.test(code ?? '')
  const isDone = earlier.some(({ atMs }) => atMs > run.startedMs)
  if (run.plan.isAnew === true && isRefused && !isDone) {
    complain(`it should begin anew: ${result.error!.message}`)
  }
  checkClaims(scenario, end, history, complain)
}

/**
 * The loader looks up rows of a function only after the run has ended well. It never looks up rows that a transform
 * changed.
 */
const isSeen = ({ kind }: AroundScenario): boolean => !isChanged(kind)
const isChanged = ({ target }: AroundScenario['kind']): boolean =>
  target.function !== undefined || target.transform !== undefined
const isBlind = ({ target }: AroundScenario['kind']): boolean =>
  (target.function !== undefined && target.confirmTable === undefined) ||
  target.transform !== undefined

/** Checks that rows counted as stored were in the target after the process last received bytes from the server. */
function checkClaims(scenario: AroundScenario, end: CallEnd, history: History, complain: Complain) {
  const { run, job } = end
  const result = run.result!
  // If a process never reached the target, or a second process took its run over, its result only repeats the journal.
  const isLost = result.error?.code === 'DDB_LOCKED'
  if (isLost || (result.error !== null && result.batches.sent === 0)) return
  const rows = job.plan.inputs.flatMap(input => input.rows)
  const ids = rows.map(({ id }) => id)
  const { there, isExcused } = seenBy(scenario, end, history, ids)
  if (isExcused) return
  const found = ids.filter(id => there.has(id)).length
  const { confirmed, skipped } = result.rows
  if (confirmed + skipped > found) {
    complain(`${JSON.stringify(result.rows)}, and ${found} of ${ids.length} rows are there`)
  }
  if (result.exitCode === 0) {
    const without = new Set(leftOut(scenario, rows))
    const missing = rows.filter(row => !without.has(row) && !there.has(row.id))
    if (missing.length > 0) complain(`0, and row ${missing[0]!.id} is not there`)
  }
}

/** Rows that a process can have seen: rows there when it ended, and rows that others removed after its last write. */
function seenBy(
  { kind, jobs }: AroundScenario,
  { run, job, there }: CallEnd,
  { changes }: History,
  ids: readonly number[],
): { there: ReadonlySet<number>; isExcused: boolean } {
  const own = new Set(ids)
  const has = (rows: There): boolean => [...rows.keys()].some(id => own.has(id))
  const inRun = changes
    .filter(change => takesRows(change) && !(kind.onDisk && change.kind === 'restarted'))
    .filter(({ atMs }) => atMs > run.startedMs && atMs <= run.endedMs!)
  const found = new Set(there!.keys())
  // Goes back from the last change to a change that removed rows of this process.
  let isWritten = has(there!)
  let left = inRun.length
  while (left > 0 && !isWritten) {
    const { before } = inRun[--left]!
    for (const id of before.keys()) found.add(id)
    isWritten = has(before)
  }
  // What a function stores is read once, after the first batch. Until then, rows of others in a new table may hide that the first are gone.
  const isHidden = ({ refilled = 0, learned }: Change): boolean =>
    kind.target.function !== undefined &&
    learned?.has(job.plan.name) === false &&
    (refilled > 0 || jobs.length > 1)
  const isExcused = changes
    .filter(change => change.atMs <= run.endedMs! && takesRows(change))
    .some(change => isBlind(kind) || isHidden(change))
  return { there: found, isExcused }
}

function checkCopies(
  { kind, troubles }: AroundScenario,
  own: readonly CallEnd[],
  { changes }: History,
  complain: Complain,
): void {
  if (kind.keyed) return
  const { plan } = own[0]!.job
  // A server that has lost its memory, or the register, or gives no receipts, does not know the run, which then cannot notice that its
  // journal is old.
  const isBlank =
    troubles.requests.some(one => one.kind === 'register dropped') ||
    own.some(({ run }) => run.notices.some(text => text.startsWith('no receipts on this server')))
  const isUnnoticed = changes.some(
    ({ runId, sinceMs }) =>
      runId === plan.runId &&
      (isBlank ||
        (kind.onDisk && changes.some(other => losesMemory(other) && other.atMs > sinceMs!))),
  )
  if (isUnnoticed) return
  const ids = plan.inputs.flatMap(({ rows }) => rows.map(({ id }) => id))
  for (const { before } of changes) {
    const twice = ids.find(id => (before.get(id) ?? 0) > 1)
    if (twice === undefined) continue
    complain(`row ${twice} is there ${before.get(twice)} times`)
    return
  }
}

/** On such a network, a timeout can end before an answer arrives. */
export const isSlow = ({ pieceBytes, latencyMs, jitterMs }: AroundScenario['weather']): boolean =>
  pieceBytes < 512 || latencyMs + jitterMs > 50

/** A suspended process must not take its sleep for silence of the server and report a missing receipt or answer. */
function checkSleep(
  { isRough, weather }: AroundScenario,
  own: readonly CallEnd[],
  { changes }: History,
  complain: Complain,
): void {
  const isDone = changes.some(change => takesRows(change) || change.runId !== undefined)
  if (isRough || isSlow(weather) || isDone) return
  for (const [index, { run, others, isDamaged }] of own.entries()) {
    const { result, process, endedMs } = run
    // Skips later processes: they report rows that an earlier process left in doubt.
    if (others > 0 || isDamaged || (own[index - 1]?.run.result === undefined && index > 0)) return
    const isAlone = own.every(({ run: { startedMs } }, at) => at <= index || startedMs > endedMs!)
    if (result === undefined || !process.hasSlept || !isAlone) continue
    const silent = result.confirm.uncertain.find(({ reason }) =>
      /no (receipt|answer) came/.test(reason),
    )
    if (silent !== undefined && result.error?.code !== 'DDB_INTERRUPTED') {
      complain(`it slept, and says "${silent.reason}"`)
    }
  }
}

/** If nothing interferes, every call ends well and later calls have nothing to do. */
function checkCalm(
  scenario: AroundScenario,
  own: readonly CallEnd[],
  { changes }: History,
  complain: Complain,
): void {
  const isDone = changes.some(change => takesRows(change) || change.runId !== undefined)
  const last = own.at(-1)?.run.result
  const { job } = own[0]!
  if (scenario.isRough || isDone || own.some(({ isDamaged }) => isDamaged)) return
  if (last === undefined || isChanged(scenario.kind)) return
  // On a slow network a timeout can end before an answer arrives.
  const mayEnd = [
    'DDB_INTERRUPTED',
    'DDB_TIMEOUT',
    'DDB_CONNECT',
    ...(isSlow(scenario.weather) ? ['DDB_CONNECTION_LOST', 'DDB_UNCONFIRMED'] : []),
    own.some(({ others }) => others > 0) ? 'DDB_LOCKED' : '',
  ]
  if (last.error !== null && !mayEnd.includes(last.error.code)) {
    complain(`nothing was in the way: ${last.error.message}`)
  }
  if (own.at(-1)!.call === job.calls - 1 && last.error === null && !last.alreadyLoaded) {
    // On a slow network, all earlier processes may have failed or left rows unconfirmed.
    const isLoaded = own.slice(0, -1).some(({ run }) => {
      const result = run.result
      return result?.error === null && result.rows.unconfirmed === 0
    })
    if (isLoaded && last.rows.confirmed > 0) complain(`call ${job.calls} loads what is loaded`)
  }
}

/** Checks that the rejects reported by the last process are in their files. */
function checkRejects(own: readonly CallEnd[], disk: SimDisk, complain: Complain): void {
  const { result, plan } = own.at(-1)!.run
  if (result === undefined || result.error !== null) return
  for (const { path, rows } of result.rejects.files) {
    const text = (disk.text(path) ?? '').slice(headerOf(plan).length)
    const kept = text.split('\n').slice(0, -1)
    if (kept.length !== rows) complain(`${rows} rejects placed, ${kept.length} in ${path}`)
    if (new Set(kept).size !== kept.length) complain(`a row is in ${path} twice`)
  }
}

function checkStrangers({ jobs }: AroundScenario, { changes }: History, complain: Complain): void {
  const known = new Set(
    jobs.flatMap(({ plan }) => plan.inputs.flatMap(({ rows }) => rows.map(({ id }) => id))),
  )
  for (const { before } of changes) {
    const stranger = [...before.keys()].find(id => !known.has(id) && !isForeign(id))
    if (stranger !== undefined) return complain(`it has a row that nobody sent: ${stranger}`)
  }
}
