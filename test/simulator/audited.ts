/* After all trouble: audits the input of each loader that ended with 4, 75 or a kill, loads what is missing, and checks that the table then
   holds every row, and each row that was there once still once. */
import { auditOn } from '../../src/load/audit/audit.js'
import type { AuditResult } from '../../src/load/audit/audit-result.js'
import { loadOn } from '../../src/load/load.js'
import type { LoadOptions, LoadResult } from '../../src/load/options.js'
import type { Platform } from '../../src/platform/platform.js'
import { countsOf, type Complaint, type Findings } from './check.js'
import type { Run } from './loader.js'
import { fairWeather } from './network.js'
import { SimProcess, type SimEnvironment } from './process.js'
import { serverAddress } from './server.js'

const longestMs = 3_600_000

export async function auditRuns(findings: Findings, environment: SimEnvironment) {
  const { runs, server, disk, network } = findings
  const complaints: Complaint[] = []
  network.weather = fairWeather
  // An audit that names missing rows waits until the server lists no session of the load.
  network.probe()
  disk.freeBytes = Infinity
  disk.badReadOneIn = Infinity
  server.calm()
  /** Loaders whose missing rows were loaded. */
  let completed = 0
  const last = new Map(runs.map(run => [run.plan, run]))
  for (const run of last.values()) {
    if (!isAudited(run, findings)) continue
    const text = await complete(run, findings, environment)
    if (text === 'completed') completed++
    else if (text !== 'whole') complaints.push({ about: run.plan.name, text })
  }
  return { completed, complaints }
}

function isAudited({ plan, result, thrown }: Run, { scenario, server }: Findings): boolean {
  const isOpen = result === undefined || result.exitCode === 4 || result.exitCode === 75
  const canRead = plan.inputs.every(({ path, cut }) => path !== '-' && cut === undefined)
  const { target } = scenario.kind
  const hasTable = target.table !== undefined || target.confirmTable !== undefined
  const isThere = server.isUp && server.hasTarget()
  return thrown === undefined && isOpen && canRead && hasTable && isThere && !scenario.transform
}

async function complete(
  { plan }: Run,
  { scenario, server }: Findings,
  environment: SimEnvironment,
): Promise<string> {
  const { format, limit } = plan
  const missing = `/${plan.name.replace(' ', '-')}-missing.${format}`
  const options: LoadOptions = {
    inputs: plan.names ?? plan.inputs.map(({ path }) => path),
    // Longer than a server can stand still.
    server: { ...serverAddress, user: 'admin', password: '123456', connectTimeoutMs: 120_000 },
    target: scenario.kind.target,
    input: { format, ...(format === 'csv' ? { header: 'yes' } : {}) },
  }
  const input = { ...options.input, ...(limit === undefined ? {} : { limit }) }
  const columns = options.target.function === undefined ? {} : { columns: ['id', 'sym'] }
  const before = countsOf(server.rows().map(({ id }) => id))
  const audited = await play<AuditResult>(environment, platform =>
    auditOn(platform, { ...options, ...columns, input, missing }),
  )
  if (typeof audited === 'string') return `audit: ${audited}`
  const { exitCode, missingFiles, error } = audited
  if (exitCode !== 0 && exitCode !== 3 && exitCode !== 4) {
    return `the audit ends with ${exitCode}: ${JSON.stringify(error ?? audited.rows)}`
  }
  if (missingFiles.length > 0) {
    const inputs = missingFiles.map(({ path }) => path)
    const loaded = await play<LoadResult>(environment, platform =>
      loadOn(platform, { ...options, inputs }),
    )
    if (typeof loaded === 'string') return `load of what is missing: ${loaded}`
    if (loaded.exitCode !== 0) {
      return `the load of what is missing ends with ${loaded.exitCode}: ${JSON.stringify([loaded.error, loaded.rows, loaded.confirm])}`
    }
  }
  const after = countsOf(server.rows().map(({ id }) => id))
  const rows = plan.inputs.flatMap(each => each.rows).slice(0, limit)
  for (const { id } of rows.filter(({ kind }) => kind === 'good')) {
    const [was, is] = [before.get(id) ?? 0, after.get(id) ?? 0]
    if (is !== Math.max(1, was))
      return `row ${id} was there ${was} times, and ${is} times after the audit`
  }
  return exitCode === 4 ? 'completed' : 'whole'
}

/** Runs something on a machine of its own until it ends. @returns its result, or why it did not end */
export async function play<Result>(
  environment: SimEnvironment,
  action: (platform: Platform) => Promise<Result>,
): Promise<Result | string> {
  const { world } = environment
  const process = new SimProcess('auditor', environment)
  let ended: Result | string | undefined
  action(process.platform).then(
    result => void (ended = result),
    (error: unknown) => void (ended = String(error)),
  )
  const why = await world.run(() => ended !== undefined, world.nowMs + longestMs)
  return ended ?? `it does not end (${why})`
}
