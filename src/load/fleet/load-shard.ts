/*
  Loads one shard of a plan: asks the server which units are done, and loads the others one by one, each as a run of its own whose
  receipts all processes share (docs/decisions/0068).
*/
import { ConnectionError, DdbError, ServerError, UsageError } from '../../errors.js'
import type { Session } from '../../client/open-session.js'
import type { Platform } from '../../platform/platform.js'
import { wait } from '../../platform/wait.js'
import { closeTimeoutMs, connectDeadlineMs, connectServer } from '../connection/connect.js'
import { tryUntil } from '../connection/retry.js'
import { askCount } from '../connection/server-queries.js'
import { watchedTable } from '../journal/target-identity.js'
import { loadOn } from '../load.js'
import { newToken } from '../marker/marker.js'
import type { LoadOptions, LoadReport, LoadResult } from '../options.js'
import { makePlan, type Plan, type UnitOfPlan } from '../plan.js'
import { asDdbError } from '../run-ending.js'
import { checkShard, otherPlan, tableIsGone, type ShardOfPlan } from './check-shard.js'
import { checksum, unitText, type PlannedUnit } from './manifest.js'
import { loadingDigest } from './options-digest.js'
import { checkUnitFiles } from './planned-files.js'
import {
  beginUnit,
  endUnit,
  filteredOf,
  isJoined,
  joinPlan,
  readPlanState,
  type BegunUnit,
  type PlanAsking,
  type PlanState,
} from './plan-table.js'
import { shardResult, type ShardCourse } from './shard-result.js'
import { unitBytes, unitsOfShard } from './shards.js'
import { unitRejects } from './unit-rejects.js'

/** A table that is younger may be replaced by whoever saw none, ms by the server's clock. */
const settledMs = 1_000
/** So often it is joined again. */
const mostJoins = 20
/** Whoever has just begun a unit makes its ledger in the same request: so often it is looked for, and so long after. */
const ledgerLooks = 5
const ledgerLookMs = 200

/**
 * @param options  without inputs
 * @returns the outcome of all units together, failures included; it rejects only for wrong options
 * @throws {UsageError} DDB_USAGE
 */
export async function loadShard(
  platform: Platform,
  options: LoadOptions,
  what: ShardOfPlan,
): Promise<LoadResult> {
  const own = unitsOfShard(what.manifest, what.shard)
  checkShard(options, what)
  const plan = makePlan({ ...options, inputs: ['-'] }, platform.random)
  const startedMs = platform.clock.wallMs()
  const course: ShardCourse = {
    results: [],
    skippedRows: 0,
    skippedRejects: 0,
    skippedFiltered: 0,
    units: own.length,
    doneBefore: 0,
    doneNow: 0,
    failed: [],
    failure: undefined,
  }
  const shard = new LoadingShard(platform, options, plan, what, course)
  try {
    await shard.load(own)
  } catch (error) {
    if (error instanceof UsageError && course.results.length === 0) throw error
    course.failure ??= asDdbError(error)
  } finally {
    await shard.close()
  }
  const endedMs = platform.clock.wallMs()
  return shardResult(options, plan.target, startedMs, endedMs, course)
}

class LoadingShard {
  readonly #platform: Platform
  readonly #options: LoadOptions
  readonly #plan: Plan
  readonly #what: ShardOfPlan
  readonly #course: ShardCourse
  readonly #told = new Set<string>()
  /** Nothing more is begun. */
  readonly #ended: AbortSignal
  #session: Session | undefined
  #rowsBefore: number | null = null
  #doneBytes = 0

  constructor(
    platform: Platform,
    options: LoadOptions,
    plan: Plan,
    what: ShardOfPlan,
    course: ShardCourse,
  ) {
    this.#platform = platform
    // What other nodes have in memory is not what the first one has.
    const server = { ...options.server, otherHosts: [] }
    this.#options = { ...options, server, runId: plan.runId }
    const { signal, leave } = options
    this.#ended = AbortSignal.any([signal, leave].filter(one => one !== undefined))
    this.#plan = plan
    this.#what = what
    this.#course = course
  }

  async load(own: readonly PlannedUnit[]): Promise<void> {
    const state = await this.#join()
    this.#rowsBefore = state.rowsBefore
    const open = own.filter(({ unit }) => !state.done.has(unit))
    for (const unit of own) if (state.done.has(unit.unit)) this.#skip(unit, state)
    await this.#checkAll(open)
    for (const unit of open) {
      if (this.#options.signal?.aborted === true) throw interrupted()
      if (this.#course.failed.some(failed => failed.unit === unit)) continue
      await this.#loadUnit(unit)
      if (this.#course.failure !== undefined) return
    }
  }

  async close(): Promise<void> {
    await this.#session?.close().catch((error: unknown) => {
      if (!(error instanceof DdbError)) throw error
    })
  }

  /** A unit whose file is gone fails alone; one that is another refuses the shard before its first row. */
  async #checkAll(units: readonly PlannedUnit[]): Promise<void> {
    for (const unit of units) await this.#check(unit)
  }

  async #check(unit: PlannedUnit): Promise<boolean> {
    try {
      await checkUnitFiles(unit, this.#what.placeOf, this.#platform.files)
      return true
    } catch (error) {
      const { code, message } = asDdbError(error)
      if (!code.startsWith('DDB_INPUT_')) throw error
      this.#course.failed.push({ unit, code, message })
      return false
    }
  }

  async #loadUnit(unit: PlannedUnit): Promise<void> {
    const begun = await this.#begin(unit)
    if (begun.kind === 'done') return this.#skip(unit, await this.#state())
    if (begun.kind === 'gone') throw tableIsGone(this.#plan.runId)
    if (begun.kind !== 'ledger') {
      const message =
        'it was begun, and the server has lost its receipts: nobody knows which of its rows are there. See what is there, and load the plan again with `delivery.onDoubt` resend'
      this.#course.failed.push({ unit, code: 'DDB_UNCONFIRMED', message: this.#words(message) })
      return
    }
    if (!(await this.#check(unit))) return
    const { token } = begun
    const rejects = await unitRejects(this.#options, unit.unit, this.#platform)
    const result = await this.#run(unit, token, rejects.options)
    result.rejects = rejects.settle(result.rejects)
    const isWhole = result.exitCode === 0 || result.exitCode === 3
    if (isWhole) {
      const ended = await this.#ask(asking => endUnit(asking, unit.unit, token, result.rows))
      if (!ended) throw tableIsGone(this.#plan.runId)
    } else if (!this.#ended.aborted) {
      const state = await this.#state()
      // Another process has come to its end meanwhile, and has taken the receipts with it.
      if (state.done.has(unit.unit)) return this.#skip(unit, state)
    }
    this.#course.results.push(result)
    this.#doneBytes += unitBytes(unit)
    if (isWhole) this.#course.doneNow++
    else this.#note(unit, result)
  }

  #note(unit: PlannedUnit, { error, rows }: LoadResult): void {
    if (error === null) {
      const message = `${rows.unconfirmed} rows of it are unconfirmed`
      this.#course.failed.push({ unit, code: 'DDB_UNCONFIRMED', message })
      return
    }
    const code = error.code as DdbError['code']
    if (isOfUnit(code)) this.#course.failed.push({ unit, code, message: error.message })
    else this.#course.failure = new DdbError(code, `${unitText(unit)}: ${error.message}`)
  }

  #skip({ unit }: PlannedUnit, { done }: PlanState): void {
    const { read = 0, confirmed = 0, rejected = 0 } = done.get(unit) ?? {}
    this.#course.doneBefore++
    this.#course.skippedRows += confirmed
    this.#course.skippedRejects += rejected
    this.#course.skippedFiltered += filteredOf({ read, confirmed, rejected })
  }

  #run(unit: PlannedUnit, token: bigint, rejects: LoadOptions['rejects']): Promise<LoadResult> {
    const { manifest, placeOf } = this.#what
    const { batchRows, batchBytes } = manifest
    const { range } = unit
    const inputs = unit.files.map(({ path }) => placeOf(path))
    const ofPlan: UnitOfPlan = {
      ...{ unit: unit.unit, token, batchRows, batchBytes, looksUp: this.#rowsBefore !== 0 },
      // What comes before the first record is read as it stands.
      ...(range !== undefined &&
        range.startBytes > 0 && {
          from: { offsetBytes: range.startBytes, lineNumber: range.line },
        }),
    }
    const { journal: _, ...options } = this.#options
    const ofUnit: LoadOptions = {
      ...options,
      inputs,
      ...(rejects !== undefined && { rejects }),
      ...(range !== undefined && { input: { ...options.input, limit: range.records } }),
      onReport: report => this.#report(report),
      onNotice: notice => this.#tell(notice, inputs),
    }
    return loadOn(this.#platform, ofUnit, { unit: ofPlan })
  }

  /** @throws {DdbError} 75 when the table keeps being replaced, 64 when it is of another plan */
  async #join(): Promise<PlanState> {
    const { manifest } = this.#what
    const plan = `${checksum(manifest)} ${loadingDigest(this.#options)}`
    const rowsBefore = await this.#countRows()
    for (let joins = 0; joins < mostJoins; joins++) {
      const look = newToken(this.#platform.random)
      const ageMs = await this.#ask(asking => joinPlan(asking, look, plan, rowsBefore))
      if (ageMs < settledMs) await wait(this.#platform.clock, settledMs - ageMs, this.#ended)
      if (!(await this.#ask(asking => isJoined(asking, look)))) continue
      const state = await this.#state()
      if (state.plan === plan) return state
      // Replaced since it was looked at.
      if (state.plan === undefined) continue
      throw otherPlan(this.#plan.runId, state.plan?.split(' ')[0] === checksum(manifest))
    }
    throw tableIsGone(this.#plan.runId)
  }

  async #countRows(): Promise<number | null> {
    const table = watchedTable(this.#plan)
    if (table === undefined) return null
    try {
      return await this.#ask(asking => askCount(asking, table))
    } catch (error) {
      if (error instanceof ServerError) return null
      throw error
    }
  }

  async #begin({ unit }: PlannedUnit): Promise<BegunUnit> {
    const token = newToken(this.#platform.random)
    let begun: BegunUnit = { kind: 'lost' }
    for (let looks = 0; looks < ledgerLooks && begun.kind === 'lost'; looks++) {
      if (looks > 0) await wait(this.#platform.clock, ledgerLookMs, this.#ended)
      begun = await this.#ask(asking => beginUnit(asking, unit, token))
    }
    if (begun.kind !== 'lost' || this.#plan.onDoubt !== 'resend') return begun
    for (let no = 2; begun.kind === 'lost' && no < mostJoins; no++) {
      begun = await this.#ask(asking => beginUnit(asking, unit, token, no))
    }
    return begun
  }

  async #state(): Promise<PlanState> {
    const state = await this.#ask(readPlanState)
    if (state === undefined) throw tableIsGone(this.#plan.runId)
    return state
  }

  /** Asks on a session that is opened again where it was lost: every question may be asked twice. */
  async #ask<T>(question: (asking: PlanAsking) => Promise<T>): Promise<T> {
    const { platform, plan } = { platform: this.#platform, plan: this.#plan }
    const { server } = this.#options
    const { clock, random } = platform
    const ended = this.#ended
    const rules = { retries: plan.retries, reconnectMs: plan.retryTimeoutMs, clock, random, ended }
    const isFirst = this.#session === undefined
    const deadlineMs = isFirst
      ? connectDeadlineMs(platform, server)
      : clock.nowMs() + plan.retryTimeoutMs
    const ask = async (): Promise<T> => {
      if (this.#session?.closed !== false) {
        this.#session = await connectServer(platform, server, {
          deadlineMs: Math.min(deadlineMs, connectDeadlineMs(platform, server)),
          signal: ended,
          closeTimeoutMs: closeTimeoutMs(plan),
        })
      }
      const { runId, confirmTimeoutMs: timeoutMs } = plan
      return question({ session: this.#session, runId, timeoutMs })
    }
    return tryUntil(deadlineMs, rules, ask, error => error instanceof ConnectionError)
  }

  #report(report: LoadReport): void {
    const { onReport } = this.#options
    if (onReport === undefined || report.phase === 'done') return
    const { results } = this.#course
    const rows = { ...report.rows }
    for (const result of results) {
      for (const name of Object.keys(rows) as (keyof typeof rows)[]) rows[name] += result.rows[name]
    }
    rows.skipped += this.#course.skippedRows
    rows.rejected += this.#course.skippedRejects
    rows.filtered += this.#course.skippedFiltered
    const { skippedRows, skippedRejects, skippedFiltered } = this.#course
    rows.read += skippedRows + skippedRejects + skippedFiltered
    const bytesRead = this.#doneBytes + report.bytesRead
    onReport({ ...report, rows, bytesRead, totalBytes: undefined })
  }

  #words(sentence: string): string {
    return this.#options.wording?.(sentence) ?? sentence
  }

  /** What several units have in common stands once. */
  #tell(notice: string, inputs: readonly string[]): void {
    const input = inputs.find(path => notice.startsWith(`${path}: `)) ?? ''
    const what = notice.slice(input.length)
    if (this.#told.has(what) || this.#told.size >= mostTold) return
    this.#told.add(what)
    this.#options.onNotice?.(notice)
  }
}

const mostTold = 1_000

/** Other units may do better: what is wrong is in the files of one, or in what became of its rows. */
function isOfUnit(code: string): boolean {
  const others = ['DDB_STRING_HAS_NUL', 'DDB_SERVER_REFUSED_ROW', 'DDB_UNPROVEN', 'DDB_RUN_CHANGED']
  return code.startsWith('DDB_INPUT_') || others.includes(code)
}

function interrupted(): DdbError {
  return new DdbError('DDB_INTERRUPTED', 'the run was interrupted')
}
