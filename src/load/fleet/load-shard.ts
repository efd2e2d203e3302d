/*
  Loads one shard of a plan, which is the share of one process. Asks the server which units (parts of the plan) are done, and loads the
  remaining units one by one. Each unit is a separate run, and all processes share its receipts (docs/decisions/0068).
*/
import { DdbError, UsageError } from '../../errors.js'
import type { Platform } from '../../platform/platform.js'
import { loadOn } from '../load.js'
import type { LoadOptions, LoadReport, LoadResult } from '../options.js'
import { makePlan, type Plan, type UnitOfPlan } from '../plan.js'
import { asDdbError } from '../run-ending.js'
import { withArchives } from '../../source/archive/archives.js'
import { newPassedOver } from '../../source/data-files.js'
import { newPathReader } from '../../source/path/input-texts.js'
import { checkShard, tableIsGone, type ShardOfPlan } from './check-shard.js'
import { checksum, unitText, type PlannedUnit } from './manifest.js'
import { loadingDigest } from './options-digest.js'
import { checkUnitFiles, textsOfPlanned } from './planned-files.js'
import { newPlanServer, type PlanServer } from './plan-server.js'
import { filteredOf, type EndedUnit, type PlanState } from './plan-table.js'
import { shardResult, type ShardCourse } from './shard-result.js'
import { unitBytes, unitsOfShard } from './shards.js'
import { unitRejects } from './unit-rejects.js'

/**
 * @param options  without inputs
 * @returns the outcome of all units together, including failures; the promise rejects only for wrong options
 * @throws {UsageError} DDB_USAGE
 */
export async function loadShard(
  machine: Platform,
  options: LoadOptions,
  what: ShardOfPlan,
): Promise<LoadResult> {
  const platform = { ...machine, files: withArchives(machine.files) }
  const own = unitsOfShard(what.manifest, what.shard)
  checkShard(options, what)
  // `makePlan` requires an input, so 'unit' is a placeholder: each unit has its own inputs.
  const plan = makePlan({ ...options, inputs: ['unit'] }, platform.random)
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

/** A unit that was loaded; the server may not know yet that it is done. */
interface UnitToTell {
  readonly unit: PlannedUnit
  readonly ended: EndedUnit
  readonly result: LoadResult
}

class LoadingShard {
  readonly #platform: Platform
  readonly #options: LoadOptions
  readonly #plan: Plan
  readonly #what: ShardOfPlan
  readonly #course: ShardCourse
  readonly #told = new Set<string>()
  /** Once aborted, no further unit is begun. */
  readonly #ended: AbortSignal
  readonly #server: PlanServer
  /** The last loaded unit. The process reports it to the server as done when the next unit begins or the shard ends. */
  #ending: UnitToTell | undefined
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
    // The shard stays on one node, because only this node has the plan's tables in memory.
    const server = { ...options.server, otherHosts: [] }
    this.#options = { ...options, server, runId: plan.runId }
    const { signal, leave } = options
    this.#ended = AbortSignal.any([signal, leave].filter(one => one !== undefined))
    this.#server = newPlanServer(platform, server, plan, this.#ended)
    this.#plan = plan
    this.#what = what
    this.#course = course
  }

  async load(own: readonly PlannedUnit[]): Promise<void> {
    this.#checkPaths()
    const plan = `${checksum(this.#what.manifest)} ${loadingDigest(this.#options)}`
    const state = await this.#server.join(plan)
    this.#rowsBefore = state.rowsBefore
    const open = own.filter(({ unit }) => !state.done.has(unit))
    for (const unit of own) if (state.done.has(unit.unit)) this.#skip(unit, state)
    await this.#checkAll(open)
    try {
      for (const unit of open) {
        if (this.#options.signal?.aborted === true) throw interrupted()
        if (this.#course.failed.some(failed => failed.unit === unit)) continue
        await this.#loadUnit(unit)
        if (this.#course.failure !== undefined) break
      }
    } catch (error) {
      // Throws the first error, even if `#tellEnded` fails, too. If the unit's end does not reach the server, the next
      // process begins the unit again, and finds that all its rows are confirmed.
      await this.#tellEnded().catch(() => undefined)
      throw error
    }
    await this.#tellEnded()
  }

  close(): Promise<void> {
    return this.#server.close()
  }

  /** Checks the paths of all units, not only those of this shard, so that a wrong path makes all shards fail alike. */
  #checkPaths(): void {
    const { input } = this.#options
    if (input?.path === undefined) return
    const reader = newPathReader(input)
    for (const { files } of this.#what.manifest.units) {
      for (const { path } of files) textsOfPlanned(reader, path)
    }
  }

  /** If a unit's file is missing, only the unit fails. If a file has changed, the shard fails before its first row. */
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
    const begun = await this.#server.begin(unit.unit, this.#ending?.ended)
    if (begun.kind === 'gone') throw tableIsGone(this.#plan.runId)
    this.#hasEnded()
    if (begun.kind === 'done') return this.#skip(unit, await this.#server.state())
    if (begun.kind !== 'ledger') {
      const message =
        'a process began it, but the server has lost its receipts, so it is unknown which of its rows are in the table. Check the table, and load the plan again with `delivery.onDoubt` resend'
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
      this.#ending = { unit, ended: { unit: unit.unit, token, rows: result.rows }, result }
      return
    }
    if (!this.#ended.aborted) {
      const state = await this.#server.state()
      // Another process has finished the unit in the meantime, and removed the unit's receipts.
      if (state.done.has(unit.unit)) return this.#skip(unit, state)
    }
    this.#addResult(unit, result)
    this.#note(unit, result)
  }

  #addResult(unit: PlannedUnit, result: LoadResult): void {
    this.#course.results.push(result)
    this.#doneBytes += unitBytes(unit)
  }

  /** Reports the last loaded unit to the server, unless the request that began the next unit has reported it. */
  async #tellEnded(): Promise<void> {
    const { ended } = this.#ending ?? {}
    if (ended === undefined) return
    await this.#server.end(ended)
    this.#hasEnded()
  }

  #hasEnded(): void {
    if (this.#ending === undefined) return
    const { unit, result } = this.#ending
    this.#course.doneNow++
    this.#addResult(unit, result)
    this.#ending = undefined
  }

  #note(unit: PlannedUnit, { error, rows }: LoadResult): void {
    if (error === null) {
      const message = `${rows.unconfirmed} of its rows are unconfirmed`
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
    const names = unit.files.map(({ path }) => path)
    const inputs = names.map(placeOf)
    const ofPlan: UnitOfPlan = {
      ...{ unit: unit.unit, token, batchRows, batchBytes, looksUp: this.#rowsBefore !== 0 },
      names,
      // The first range is read like a whole file, including everything before its first record.
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
      onNotice: notice => this.#tell(notice, names),
    }
    // Loads a file under each of its names, because this machine may have replaced equal files by hard links.
    const sources = {
      paths: inputs,
      sizes: unit.files.map(({ sizeBytes }) => sizeBytes),
      sameFiles: { count: 0, first: [] },
      passedOver: newPassedOver(),
    }
    return loadOn(this.#platform, ofUnit, { unit: ofPlan, sources })
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

  /** Passes on each notice only once, because several units often have the same notice. */
  #tell(notice: string, names: readonly string[]): void {
    const input = names.find(path => notice.startsWith(`${path}: `)) ?? ''
    const what = notice.slice(input.length)
    if (this.#told.has(what) || this.#told.size >= mostTold) return
    this.#told.add(what)
    this.#options.onNotice?.(notice)
  }
}

const mostTold = 1_000

/** Whether the error concerns only the files or rows of one unit, so that other units may succeed. */
function isOfUnit(code: string): boolean {
  const others = ['DDB_STRING_HAS_NUL', 'DDB_SERVER_REFUSED_ROW', 'DDB_UNPROVEN', 'DDB_RUN_CHANGED']
  return code.startsWith('DDB_INPUT_') || others.includes(code)
}

function interrupted(): DdbError {
  return new DdbError('DDB_INTERRUPTED', 'the run was interrupted')
}
