/*
  `runs RUN --plan`: shows a plan's progress and its unfinished units. `runs RUN --clean` removes a plan's records.
*/
import { resolve } from 'node:path'
import type { Session } from '../../../client/open-session.js'
import { UsageError } from '../../../errors.js'
import { connectDeadlineMs, connectServer } from '../../../load/connection/connect.js'
import { deliveryDefaults } from '../../../load/defaults.js'
import { unitText } from '../../../load/fleet/manifest.js'
import { placeOf } from '../../../load/fleet/planned-files.js'
import { planStatus, type PlanStatus, type UnitState } from '../../../load/fleet/plan-status.js'
import { dropPlan } from '../../../load/fleet/plan-table.js'
import { systemPlatform } from '../../../platform/system.js'
import { version } from '../../../version.js'
import { readPlanFile } from '../../files/plan-file.js'
import type { RunsSettings } from '../../options/command-options.js'
import { serverSettingsOf } from '../../options/journaled.js'
import { serverTargetOf } from '../../options/load-options.js'
import { readCredentials } from '../../options/password.js'
import { failureOf, writeFailed } from '../../output/print-failure.js'
import { bytesText, clean, counted, grouped, jsonLine } from '../../output/terminal-text.js'
import type { Call } from '../command.js'

/** Printed by `--json`; every field is always present. Times are by the server's clock. */
export interface PlanReport {
  readonly schema: 'ddb-ingest/runs-plan/2'
  readonly version: string
  readonly runId: string
  readonly exitCode: number
  readonly units: Readonly<Record<UnitState | 'total', number>>
  /** Rows of finished units: read = confirmed + filtered + rejected. */
  readonly rows: PlanStatus['rows']
  /** Number of rows that are confirmed in unfinished units. */
  readonly rowsSoFar: number
  readonly bytes: PlanStatus['bytes']
  readonly begunAt: string | null
  readonly lastAt: string | null
  /**
   * Average rate: confirmed rows of finished units, divided by the time from the start of the first shard to the end of
   * the last unit.
   */
  readonly rowsPerSec: number | null
  /** Every unit that is not `done`. */
  readonly open: readonly {
    readonly unit: number
    readonly state: UnitState
    readonly paths: readonly string[]
    readonly range: { readonly startBytes: number; readonly endBytes: number } | null
  }[]
  readonly error: { readonly code: string; readonly message: string } | null
}

/** Limit of the units that text output names; `--json` names all. */
const mostNamed = 50

/** @returns 0 if everything is loaded, 3 with rejects, 4 with uncertain units, 75 while units are unfinished */
export async function printPlanStatus(
  settings: RunsSettings,
  plan: string,
  call: Call,
): Promise<number> {
  const { output, args } = call
  const [runId, other] = args
  if (runId === undefined || other !== undefined) {
    throw new UsageError('DDB_USAGE', '--plan needs the name of one run')
  }
  try {
    const manifest = await readPlanFile(plan)
    const status = await onServer(settings, call, session =>
      planStatus({ session, runId, timeoutMs: deliveryDefaults.confirmTimeoutMs }, manifest),
    )
    const report = reportOf(runId, status, resolve(plan))
    if (settings.json) await output.writeData(jsonLine(report))
    else await output.write(textOf(report, status))
    return status.exitCode
  } catch (error) {
    if (settings.json) {
      const { code, message, exitCode } = failureOf(error)
      const head = { schema: 'ddb-ingest/runs-plan/2', version, runId, exitCode } as const
      await writeFailed(output, { ...head, ...nothing, error: { code, message } })
    }
    throw error
  }
}

const nothing = {
  units: { total: 0, done: 0, begun: 0, uncertain: 0, missing: 0 },
  rows: { read: 0, confirmed: 0, filtered: 0, rejected: 0 },
  rowsSoFar: 0,
  bytes: { done: 0, total: 0 },
  begunAt: null,
  lastAt: null,
  rowsPerSec: null,
  open: [],
}

function reportOf(runId: string, status: PlanStatus, planPath: string): PlanReport {
  const { units, count, rows, rowsSoFar, bytes, begunMs, lastMs, exitCode } = status
  const seconds =
    begunMs === undefined || lastMs === undefined ? 0 : Math.max(lastMs - begunMs, 1) / 1000
  const open = units
    .filter(({ state }) => state !== 'done')
    .map(({ unit: { unit, files, range }, state }) => ({
      unit,
      state,
      paths: files.map(({ path }) => placeOf(path, planPath)),
      range:
        range === undefined ? null : { startBytes: range.startBytes, endBytes: range.endBytes },
    }))
  return {
    schema: 'ddb-ingest/runs-plan/2',
    version,
    runId,
    exitCode,
    units: { total: units.length, ...count },
    rows,
    rowsSoFar,
    bytes,
    begunAt: timeOf(begunMs),
    lastAt: timeOf(lastMs),
    rowsPerSec: seconds === 0 ? null : Math.round(rows.confirmed / seconds),
    open,
    error: null,
  }
}

/** The time without a time zone, because the server does not report its zone. */
function timeOf(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString().replace('Z', '')
}

function textOf(report: PlanReport, { units }: PlanStatus): string {
  const { runId, units: count, rows, rowsSoFar, bytes, rowsPerSec } = report
  const share = bytes.total === 0 ? 100 : (100 * bytes.done) / bytes.total
  const states = (['done', 'begun', 'uncertain', 'missing'] as const)
    .filter(state => state === 'done' || count[state] > 0)
    .map(state => `${grouped(count[state])} ${state}`)
  const lines = [
    `${runId}: ${counted(count.total, 'unit')}: ${states.join(', ')}; ${bytesText(bytes.done)} of ${bytesText(bytes.total)} (${share.toFixed(1)} %)`,
    `read ${grouped(rows.read)} = confirmed ${grouped(rows.confirmed)} + filtered ${grouped(rows.filtered)} + rejected ${grouped(rows.rejected)}` +
      (rowsSoFar > 0 ? `, and ${grouped(rowsSoFar)} of units that are not done` : '') +
      (rowsPerSec === null ? '' : `; ${grouped(rowsPerSec)} rows/s`),
  ]
  const open = units.filter(({ state }) => state !== 'done')
  // Uncertain units come first.
  const named = [...open].sort(
    (a, b) => Number(b.state === 'uncertain') - Number(a.state === 'uncertain'),
  )
  for (const { state, unit } of named.slice(0, mostNamed)) lines.push(`${state}: ${unitText(unit)}`)
  if (named.length > mostNamed) {
    lines.push(`and ${counted(named.length - mostNamed, 'more unit')}: --json lists them`)
  }
  return lines.map(line => `${clean(line)}\n`).join('')
}

/** Removes the records of a plan's run from the server. @returns false if the server has none */
export async function cleanPlan(
  settings: RunsSettings,
  call: Call,
  runId: string,
): Promise<boolean> {
  const dropped = await onServer(settings, call, session =>
    dropPlan({ session, runId, timeoutMs: deliveryDefaults.confirmTimeoutMs }),
  )
  return dropped !== undefined
}

/** Asks the first server that the user names, or the default server: a plan has no journal that could name a server. */
async function onServer<T>(
  settings: RunsSettings,
  call: Call,
  ask: (session: Session) => Promise<T>,
): Promise<T> {
  const usual = { host: '127.0.0.1', port: 8848 }
  const server = serverSettingsOf(settings, usual)
  const target = { ...serverTargetOf(server, await readCredentials(server, call)), otherHosts: [] }
  const session = await connectServer(systemPlatform, target, {
    deadlineMs: connectDeadlineMs(systemPlatform, target),
  })
  try {
    return await ask(session)
  } finally {
    await session.close().catch(() => undefined)
  }
}
