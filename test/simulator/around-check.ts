/*
  What calls of runs have said, held against what the target held at the time. Nothing here asks the program: what is
  known is which rows were in the table whenever somebody changed it, and who did what.
*/
import { inspect } from 'node:util'
import { isForeign, type AroundScenario, type Job } from './around-scenario.js'
import { checkEquation, checkExitCode, type Complain, type Complaint } from './check.js'
import type { SimDisk } from './disk.js'
import { headerOf, type Run } from './loader.js'
import { leftOut } from './transformed.js'

type There = ReadonlyMap<number, number>

/** Something that somebody did, and what the target held right before. */
export interface Change {
  readonly kind: string
  readonly atMs: number
  readonly before: There
  /** Of a journal that was brought back: the time that it is from, and the run. */
  readonly sinceMs?: number
  readonly runId?: string | undefined
  /** That journal tells what the run loads into. */
  readonly knowsTarget?: boolean
}

/** One process. */
export interface CallEnd {
  readonly run: Run
  readonly job: Job
  readonly call: number
  /** Its journal was damaged when it began, and it was not told to begin anew. */
  readonly isDamaged: boolean
  /** Processes that were at the same run when it began. */
  readonly others: number
  /** What the target held when it ended. */
  there: There | undefined
  /** It was about to send rows while another process had its lease. */
  sendsWithoutLease: boolean
}

export interface History {
  readonly changes: Change[]
  readonly ends: CallEnd[]
}

/** Rows that were there are there no more. */
const takesRows = ({ kind }: Change): boolean =>
  kind.startsWith('made again') || ['emptied', 'restarted', 'another server'].includes(kind)
const losesMemory = ({ kind }: Change): boolean => ['restarted', 'another server'].includes(kind)

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

function checkEnd(
  scenario: AroundScenario,
  end: CallEnd,
  history: History,
  complain: Complain,
): void {
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
  const isCounted = job.plan.delivery.confirm === 'count'
  if (code === 'DDB_RUN_DAMAGED' && !isDamaged && !isBroughtBack && !isCounted) {
    complain(`nothing was done to the journal: ${result.error!.message}`)
  }
  const isTold = code === 'DDB_TARGET_CHANGED' || (code === 'DDB_UNPROVEN' && isSeen(scenario, job))
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

/** What a function has made of rows is looked up only once a run has ended well, and what a transform has made of them never. */
const isSeen = ({ kind }: AroundScenario, { plan }: Job): boolean =>
  plan.delivery.confirm !== 'count' && !isChanged(kind)
const isChanged = ({ target }: AroundScenario['kind']): boolean =>
  target.function !== undefined || target.transform !== undefined
const isBlind = ({ target }: AroundScenario['kind']): boolean =>
  (target.function !== undefined && target.confirmTable === undefined) ||
  target.transform !== undefined

/** Rows that count as stored were in the target after this process had last heard of it. */
function checkClaims(
  scenario: AroundScenario,
  end: CallEnd,
  history: History,
  complain: Complain,
): void {
  const { run, job } = end
  const result = run.result!
  if (history.ends.some(each => each.job === job && isOnlyCounted(each))) return
  // What did not come as far as the target says what the journal does, and so does one that another has taken the run from.
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

const isOnlyCounted = ({ run: { result, plan } }: CallEnd): boolean =>
  result?.confirm.used === 'count' || plan.delivery.confirm === 'count'

/**
 * What a process can have known to be in the target: what was there when it ended, and what others have taken away after
 * it had last written there.
 */
function seenBy(
  { kind }: AroundScenario,
  { run, there }: CallEnd,
  { changes }: History,
  ids: readonly number[],
): { there: ReadonlySet<number>; isExcused: boolean } {
  const own = new Set(ids)
  const has = (rows: There): boolean => [...rows.keys()].some(id => own.has(id))
  const inRun = changes
    .filter(change => takesRows(change) && !(kind.onDisk && change.kind === 'restarted'))
    .filter(({ atMs }) => atMs > run.startedMs && atMs <= run.endedMs!)
  const found = new Set(there!.keys())
  // From the last one on, as long as nothing was written behind it.
  let isWritten = has(there!)
  let left = inRun.length
  while (left > 0 && !isWritten) {
    const { before } = inRun[--left]!
    for (const id of before.keys()) found.add(id)
    isWritten = has(before)
  }
  const isEarlier = ({ atMs }: Change): boolean => atMs <= run.endedMs!
  // Nobody looks what a function has made of rows.
  const isExcused = isBlind(kind) && changes.some(change => takesRows(change) && isEarlier(change))
  return { there: found, isExcused }
}

function checkCopies(
  { kind }: AroundScenario,
  own: readonly CallEnd[],
  { changes }: History,
  complain: Complain,
): void {
  if (kind.keyed || own.some(isOnlyCounted)) return
  const { plan } = own[0]!.job
  // With the memory of a server goes what it knew of a run, and such a journal does not know where to look.
  const isBlank = changes.some(
    ({ runId, sinceMs, atMs, knowsTarget }) =>
      runId === plan.runId &&
      knowsTarget === false &&
      changes.some(other => losesMemory(other) && other.atMs > sinceMs! && other.atMs < atMs),
  )
  if (kind.onDisk && isBlank) return
  const ids = plan.inputs.flatMap(({ rows }) => rows.map(({ id }) => id))
  for (const { before } of changes) {
    const twice = ids.find(id => (before.get(id) ?? 0) > 1)
    if (twice === undefined) continue
    complain(`row ${twice} is there ${before.get(twice)} times`)
    return
  }
}

/** A limit may be over before an answer has come through. */
const isSlow = ({ pieceBytes, latencyMs, jitterMs }: AroundScenario['weather']): boolean =>
  pieceBytes < 512 || latencyMs + jitterMs > 50

/** What a process slept is nobody's silence: where it was alone and nothing else was in the way, all that it sent has a receipt. */
function checkSleep(
  { isRough, weather }: AroundScenario,
  own: readonly CallEnd[],
  { changes }: History,
  complain: Complain,
): void {
  const isDone = changes.some(change => takesRows(change) || change.runId !== undefined)
  if (isRough || isSlow(weather) || isDone || own.some(isOnlyCounted)) return
  for (const [index, { run, others, isDamaged }] of own.entries()) {
    const { result, process, endedMs } = run
    // What earlier processes have left in doubt stays there.
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

/** Where nothing was in the way, every call ends well and the later ones have nothing to do. */
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
  if (last === undefined || own.some(isOnlyCounted) || isChanged(scenario.kind)) return
  // A slow network may outlast a limit.
  const mayEnd = [
    'DDB_INTERRUPTED',
    'DDB_TIMEOUT',
    'DDB_CONNECT',
    isSlow(scenario.weather) ? 'DDB_CONNECTION_LOST' : '',
    own.some(({ others }) => others > 0) ? 'DDB_LOCKED' : '',
  ]
  if (last.error !== null && !mayEnd.includes(last.error.code)) {
    complain(`nothing was in the way: ${last.error.message}`)
  }
  if (own.at(-1)!.call === job.calls - 1 && last.error === null && !last.alreadyLoaded) {
    // A slow network may have let none of the processes before come so far, or left rows open.
    const isLoaded = own.slice(0, -1).some(({ run }) => {
      const result = run.result
      return result?.error === null && result.rows.unconfirmed === 0
    })
    if (isLoaded && last.rows.confirmed > 0) complain(`call ${job.calls} loads what is loaded`)
  }
}

/** What the last process says of its rejects is in their files. */
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
