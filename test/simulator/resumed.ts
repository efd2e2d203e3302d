/* Plays one seed of runs with a journal. Their processes are killed, interrupted or lose the server. Later processes resume the runs until
   nothing is left to load or the limit of processes is reached. At the end the simulator compares the table with the inputs. */
import { inspect } from 'node:util'
import type { LoadResult } from '../../src/load/options.js'
import './late-modules.js'
import { checkEquation, checkExitCode, countsOf, isExcused, type Complaint } from './check.js'
import type { SimDisk } from './disk.js'
import { headerOf, putInputs, startRun, type Run } from './loader.js'
import { Chance } from './random.js'
import { drawScenario, type LoaderPlan, type Scenario } from './scenario.js'
import { goingOn } from './several.js'
import { leftOut } from './transformed.js'
import { newMachines, simulationOf, whenKilled, type Simulation } from './simulate.js'

/** Longer than all timeouts of all processes of a run together. */
const longestMs = 20 * 3_600_000

/** The largest number of processes in a run. The last processes are not killed. */
const mostProcesses = 7
const mostKills = 5

/** The scenario of a seed, in which all runs can be resumed. */
function drawResumed(seed: number): Scenario {
  const scenario = drawScenario(seed)
  const loaders = scenario.loaders.map((plan, index): LoaderPlan => {
    const inputs = plan.inputs.map(({ path, rows }, file) => ({
      path: path === '-' ? `/in/${index}-${file}.${plan.format}` : path,
      rows,
      cut: undefined,
    }))
    return { ...plan, inputs, runId: `run-${index}`, killAtCall: undefined, isJournaled: true }
  })
  return { ...scenario, loaders }
}

/** @param traced  records a trace, which takes time */
export async function simulateResumed(seed: number, traced = false): Promise<Simulation> {
  const scenario = drawResumed(seed)
  const chance = new Chance(seed ^ 0x2545f491)
  const machines = newMachines(scenario, chance, traced)
  const { world, network, disk, environment, server } = machines

  const runs: Run[] = []
  const last = new Map<LoaderPlan, Run>()
  let waiting = scenario.loaders.length
  const goOn = (plan: LoaderPlan, processes: number): void => {
    if (processes === mostProcesses) return
    waiting++
    world.schedule(chance.spread(1, 5_000), () => start(plan, processes))
  }
  const start = (plan: LoaderPlan, processes: number): void => {
    waiting--
    const isKilled = processes < mostKills && !chance.oneIn(3)
    const killAtCall = isKilled ? Math.round(chance.spread(5, 3_000)) : undefined
    const first: LoaderPlan =
      processes === 0 ? plan : { ...plan, interruptAtMs: undefined, leaveAtMs: undefined }
    const run = startRun(environment, goingOn(first, processes), scenario.kind, killAtCall)
    runs.push(run)
    last.set(plan, run)
    whenKilled(run, machines, () => goOn(plan, processes + 1))
    run.onEnd = () => {
      if (goesOn(run)) goOn(plan, processes + 1)
    }
  }
  for (const plan of scenario.loaders) {
    putInputs(disk, plan)
    world.schedule(plan.startMs, () => start(plan, 0))
  }
  disk.freeBytes =
    scenario.troubles.freeBytes === Infinity ? Infinity : 20 * scenario.troubles.freeBytes

  const isOver = (): boolean => waiting === 0 && runs.every(run => run.endedMs !== undefined)
  const ended = await world.run(isOver, longestMs)
  const complaints: Complaint[] = []
  await world.run(() => false, world.nowMs + 120_000)
  world.note(() => plansOf(scenario, disk))
  const findings = { scenario, runs, server, disk, network }
  const there = countsOf(server.rows().map(({ id }) => id))
  for (const run of runs) {
    if (run.thrown !== undefined)
      complaints.push({ about: run.plan.name, text: `load threw ${inspect(run.thrown)}` })
    if (run.result?.error?.code === 'DDB_INTERNAL')
      complaints.push({ about: run.plan.name, text: run.result.error.message })
  }
  for (const [plan, run] of last) {
    const processes = runs.filter(({ plan: { runId } }) => runId === plan.runId)
    const complain = (text: string): void => void complaints.push({ about: plan.name, text })
    checkLast(run, processes, there, findings, complain)
  }
  return simulationOf(world, ended, { scenario, runs, complaints })
}

/** A user resumes if possible, else looks for rows and loads everything again, unless the target is in doubt. */
function goesOn({ result }: Run): boolean {
  if (result === undefined) return false
  const { resume, error } = result
  const isTargetInDoubt = error?.code === 'DDB_TARGET_CHANGED' || error?.code === 'DDB_UNPROVEN'
  return resume.possible && !isTargetInDoubt
}

/** The journals as text, to help explain a failure. */
function plansOf({ loaders }: Scenario, disk: SimDisk): string {
  return loaders
    .map(({ runId }) => `${runId}\n${disk.text(`/state/runs/${runId}.journal`)}`)
    .join('\n')
}

function checkLast(
  run: Run,
  processes: readonly Run[],
  there: ReadonlyMap<number, number>,
  findings: Parameters<typeof isExcused>[1],
  complain: (text: string) => void,
): void {
  const { plan, result } = run
  const rows = plan.inputs.flatMap(input => input.rows)
  const { kind, troubles } = findings.scenario
  const isProvable = (one: Run): boolean => {
    const used = one.result?.confirm.used
    const isUnknown = used === undefined || goesOn(one)
    return (
      used === 'receipts' || used === 'answers' || (isUnknown && plan.delivery.confirm !== 'none')
    )
  }
  const isOnce = processes.every(isProvable) && plan.delivery.onDoubt !== 'resend'
  // With keys a second copy is harmless, so the run may send rows again.
  if (isOnce && !kind.keyed) {
    for (const { id } of rows) {
      const copies = there.get(id) ?? 0
      if (copies > 1) complain(`row ${id} is there ${copies} times`)
    }
  }
  if (result === undefined) return
  checkEquation(result, complain)
  checkExitCode(result, complain)
  const { code } = result.error ?? {}
  if (code === 'DDB_RUN_CHANGED' || (code === 'DDB_RUN_DAMAGED' && !isUnreadable(result))) {
    complain(`nothing has changed: ${result.error!.message}`)
  }
  const lostMemory =
    findings.server.lastDeathMs > -Infinity ||
    troubles.requests.some(({ kind }) => kind === 'register dropped')
  if (code === 'DDB_TARGET_CHANGED') {
    if (!lostMemory) complain(`the target is there: ${result.error!.message}`)
    return
  }
  checkRejectsOnce(run, findings, complain)
  if (!isOnce || isExcused(run, findings) || result.confirm.used === 'none') return
  const { read, confirmed, skipped, unconfirmed, unsent } = result.rows
  if (read > rows.length) complain(`read ${read} of ${rows.length} rows`)
  const found = rows.filter(({ id }) => there.has(id)).length
  const without = leftOut(findings.scenario, rows)
  const wrong = without.find(({ id }) => there.has(id))
  if (wrong !== undefined) complain(`row ${wrong.id} is there, and the transform leaves it out`)
  const { filtered } = result.rows
  const expected = without.filter(({ kind }) => kind !== 'bad cell').length
  const isWhole = result.error === null && read === rows.length && unconfirmed + unsent === 0
  if (filtered > expected || (isWhole && filtered < expected)) {
    complain(`${filtered} rows filtered, not ${expected}`)
  }
  if (found < confirmed + skipped || found > confirmed + skipped + unconfirmed) {
    complain(`${found} rows are there, ${JSON.stringify(result.rows)}`)
  }
  const isCalm =
    troubles.crashes.length === 0 &&
    troubles.requests.length === 0 &&
    troubles.freezes.length === 0 &&
    troubles.refusing === undefined &&
    troubles.elections.length === 0
  const { stallOneIn, resetOneIn, vanishOneIn, deafOneIn } = findings.scenario.weather
  const isFair = [stallOneIn, resetOneIn, vanishOneIn, deafOneIn].every(oneIn => oneIn === Infinity)
  const isPatient = (plan.delivery.confirmTimeoutMs ?? 0) >= 5_000
  if (isCalm && isFair && isPatient && result.error === null) {
    // Some answers may have gone to a process that has ended, and part of a refused batch may be stored.
    const isKnown =
      result.confirm.used === 'receipts' && result.confirm.note?.includes('refused:') !== true
    if ((isKnown ? unconfirmed + unsent : unsent) > 0)
      complain(`in calm weather something is left: ${JSON.stringify(result.rows)}`)
    if (read !== Math.min(rows.length, plan.limit ?? Infinity))
      complain(`${read} of ${rows.length} rows were read`)
  }
}

/** Whether the disk failed to read the journal. */
const isUnreadable = ({ error }: LoadResult): boolean =>
  error?.code === 'DDB_RUN_DAMAGED' && /: it cannot be read \(EIO/.test(error.message)

/** Checks that every rejected row is in the files once, and that the last process reports their number. */
function checkRejectsOnce(
  { plan, result }: Run,
  { disk }: Parameters<typeof isExcused>[1],
  complain: (text: string) => void,
): void {
  const { file } = plan.rejects
  const notTaken = ['DDB_OUTPUT_CREATE', 'DDB_OUTPUT_WRITE', 'DDB_LOCKED']
  if (file === undefined || result === undefined || notTaken.includes(result.error?.code ?? ''))
    return
  const placed = result.rejects.files.reduce((sum, each) => sum + each.rows, 0)
  const linesOf = (text: string): string[] => text.split('\n').slice(0, -1)
  const kept = linesOf((disk.text(file) ?? '').slice(headerOf(plan).length))
  const reasons = linesOf(disk.text(`${file}.reasons.ndjson`) ?? '')
  if (new Set(kept).size !== kept.length) complain('a row is in the rejects file twice')
  // A process that cannot begin, or cannot read its journal, leaves rejects that the journal does not count. Those of a file that cannot
  // be read at the end have no place.
  const cannotBegin = [69, 75, 78].includes(result.exitCode) || isUnreadable(result)
  const most = cannotBegin ? Infinity : placed + result.rejects.unplaced
  const isPlaced = ({ length }: string[]): boolean => length >= placed && length <= most
  if (!isPlaced(kept) || !isPlaced(reasons)) {
    complain(`${placed} rejects placed, ${kept.length} in the file, ${reasons.length} reasons`)
  }
  if (placed + result.rejects.unplaced !== result.rows.rejected) {
    complain(`${result.rows.rejected} rejected, ${placed} in files`)
  }
}
