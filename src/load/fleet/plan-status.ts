/*
  Reports the progress of all shards of a plan. Asks only the server, so no process that loads the plan has to be alive.
*/
import { DdbError } from '../../errors.js'
import { askNoJobs } from '../connection/server-queries.js'
import { unitLedgerName } from '../marker/run-tables.js'
import { jobsQuery } from '../transport/receipts/script.js'
import { checksum, type Manifest, type PlannedUnit } from './manifest.js'
import { filteredOf, readPlanState, readUnitLedger, type PlanAsking } from './plan-table.js'
import { unitBytes } from './shards.js'

/**
 * `done`: the outcome of all rows is known. `begun`: a process has begun the unit, and any process can resume it. `uncertain`: the
 * outcome of some rows is unknown. `missing`: no process has begun the unit.
 */
export type UnitState = 'done' | 'begun' | 'uncertain' | 'missing'

export interface UnitStatus {
  readonly unit: PlannedUnit
  readonly state: UnitState
  /** Counts of all rows if the unit is done; otherwise, `confirmed` counts the rows taken so far. */
  readonly rows: { readonly read: number; readonly confirmed: number; readonly rejected: number }
  /** When the unit was done, by the server's clock, ms since 1970. */
  readonly atMs: number | undefined
}

export interface DoneSums {
  readonly read: number
  readonly confirmed: number
  readonly filtered: number
  readonly rejected: number
}

export interface PlanStatus {
  /** In the order of the plan. */
  readonly units: readonly UnitStatus[]
  readonly count: Readonly<Record<UnitState, number>>
  /** Sums of the units that are done: read = confirmed + filtered + rejected. */
  readonly rows: DoneSums
  /** Rows that the target has taken so far from units that are not done. */
  readonly rowsSoFar: number
  readonly bytes: { readonly done: number; readonly total: number }
  /** When the first shard began, and when the last unit was done, by the server's clock, ms since 1970. */
  readonly begunMs: number | undefined
  readonly lastMs: number | undefined
  /** 0 if everything is loaded, 3 with rejects, 4 with uncertain units, 75 while something remains to be done. */
  readonly exitCode: number
}

/**
 * @throws {DdbError} DDB_RUN_CHANGED if the run began with another plan
 * @throws {ServerError} @throws {ConnectionError} @throws {TimeoutError}
 */
export async function planStatus(asking: PlanAsking, manifest: Manifest): Promise<PlanStatus> {
  const state = await readPlanState(asking)
  const begunWith = state?.plan?.split(' ')[0]
  if (begunWith !== undefined && begunWith !== checksum(manifest)) {
    throw new DdbError(
      'DDB_RUN_CHANGED',
      `run "${asking.runId}" began with another plan: name the file that its shards used`,
    )
  }
  const units: UnitStatus[] = []
  for (const unit of manifest.units) {
    const done = state?.done.get(unit.unit)
    const token = state?.ledgers.get(unit.unit)
    if (done !== undefined) units.push({ unit, state: 'done', rows: done, atMs: done.atMs })
    else if (token === undefined) {
      units.push({ unit, state: 'missing', rows: noRows, atMs: undefined })
    } else units.push(await begunUnit(asking, unit, token))
  }
  return { ...sumsOf(units), begunMs: state?.begunMs }
}

const noRows = { read: 0, confirmed: 0, rejected: 0 }

async function begunUnit(
  asking: PlanAsking,
  unit: PlannedUnit,
  token: bigint,
): Promise<UnitStatus> {
  const { session, timeoutMs } = asking
  const status = (state: UnitState, confirmed = 0): UnitStatus => {
    return { unit, state, rows: { ...noRows, confirmed }, atMs: undefined }
  }
  const ledger = await readUnitLedger(session, token, timeoutMs)
  if (ledger === undefined) {
    // The unit may have ended since the table was read.
    const done = (await readPlanState(asking))?.done.get(unit.unit)
    if (done === undefined) return status('uncertain')
    return { unit, state: 'done', rows: done, atMs: done.atMs }
  }
  if (ledger.open === 0) return status('begun', ledger.rows)
  const written = { name: unitLedgerName(token), version: 2, countsDuplicates: false } as const
  const isIdle = await askNoJobs({ session, timeoutMs }, jobsQuery(written))
  const later = await readUnitLedger(session, token, timeoutMs)
  const isStuck = isIdle === true && later?.begun === ledger.begun && later.open > 0
  return status(isStuck ? 'uncertain' : 'begun', later?.rows ?? ledger.rows)
}

function sumsOf(units: readonly UnitStatus[]): Omit<PlanStatus, 'begunMs'> {
  const count = { done: 0, begun: 0, uncertain: 0, missing: 0 }
  const rows = { ...noRows, filtered: 0 }
  const bytes = { done: 0, total: 0 }
  let rowsSoFar = 0
  let lastMs: number | undefined
  for (const { unit, state, rows: own, atMs } of units) {
    count[state]++
    bytes.total += unitBytes(unit)
    if (state !== 'done') {
      rowsSoFar += own.confirmed
      continue
    }
    bytes.done += unitBytes(unit)
    rows.read += own.read
    rows.confirmed += own.confirmed
    rows.filtered += filteredOf(own)
    rows.rejected += own.rejected
    lastMs = Math.max(lastMs ?? 0, atMs ?? 0)
  }
  const isOpen = count.begun + count.missing > 0
  const exitCode = count.uncertain > 0 ? 4 : isOpen ? 75 : rows.rejected > 0 ? 3 : 0
  return { units, count, rows, rowsSoFar, bytes, lastMs, exitCode }
}
