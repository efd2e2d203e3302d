/* Plays a round: a named run whose loader, server or both are killed again and again. At the end the run may finish. */
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectTyped as connect } from '../../src/client/open-session.js'
import type { LoadResult } from '../../src/load/options.js'
import { checkRound, type Rejects } from './check.js'
import {
  endsWithin,
  grown,
  quietPort,
  startLoaderProcess,
  startServerProcess,
  type LoaderEnd,
  type LoaderProcess,
  type ServerProcess,
} from './machines.js'
import { firstForeignId, type Kill, type Scene } from './scene.js'
import { noKills } from './tally.js'

export interface Round {
  readonly scene: Scene
  /** Number of kills by victim; counts only processes that were still alive. */
  readonly kills: Record<Kill['victim'], number>
  /** The output of the processes of the run, without killed ones. */
  readonly ends: readonly string[]
  readonly complaints: readonly string[]
}

/** A run that has not finished after this many processes is stuck. */
const mostProcesses = 12

/** @param folder  used only by this round */
export async function playRound(scene: Scene, folder: string): Promise<Round> {
  await mkdir(folder, { recursive: true })
  const script = join(folder, 'init.dos')
  await writeFile(script, scene.target.script)
  for (const { name, rows } of scene.inputs) {
    await writeFile(join(folder, name), scene.header + rows.map(({ line }) => `${line}\n`).join(''))
  }
  const stage: Stage = {
    scene,
    folder,
    script,
    journal: join(folder, 'state', 'runs', `run-${scene.seed}.journal`),
    server: await startServerProcess(script, await quietPort()),
    isOver: false,
  }
  const writing = scene.writer === undefined ? undefined : writeMeanwhile(stage)
  try {
    return await play(stage)
  } finally {
    stage.isOver = true
    await writing
    await stage.server.kill()
  }
}

interface Stage {
  readonly scene: Scene
  readonly folder: string
  readonly script: string
  readonly journal: string
  server: ServerProcess
  isOver: boolean
}

async function play(stage: Stage): Promise<Round> {
  const { scene, folder } = stage
  const kills: Round['kills'] = noKills()
  const ends: string[] = []
  const complaints: string[] = []
  let last: LoadResult | undefined
  let isAnew = false
  let hasLostRows = false
  /** Whether the journal was restored from an earlier time. */
  let isEarlier = false
  let wasEarlier = false
  for (let i = 0; i < mostProcesses; i++) {
    const loader = startLoaderProcess(loadArgv(stage, isAnew, i % 2 === 0), folder)
    isAnew = false
    const kill = scene.kills[i]
    const seen = kill === undefined ? undefined : await strike(stage, kill, loader)
    if (seen !== undefined) kills[seen]++
    if (seen === 'server' || seen === 'both' || seen === 'target') hasLostRows = true
    const { result, stderr } = await withoutHanging(loader, scene)
    ends.push(endText(result))
    // A journal from an earlier time lacks the end of its run or later batches. The server knows them and refuses the
    // run, so the user restores the latest journal.
    if (isEarlier && /^DDB_(RUN_DAMAGED|UNPROVEN|UNCONFIRMED)$/.test(result?.error?.code ?? '')) {
      await copyFile(`${stage.journal}.latest`, stage.journal)
      isEarlier = false
      continue
    }
    if (seen === 'journal') isEarlier = await bringBack(stage)
    else if (result !== undefined) isEarlier = false
    wasEarlier ||= isEarlier
    if (result === undefined) continue
    last = result
    // A run that starts over with such a journal does not know the rejects of its last start, which the user may be repairing.
    if (wasEarlier && result.error?.message.includes('load or move it first') === true) {
      for (const name of ['bad.out', 'bad.out.reasons.ndjson']) await rm(join(folder, name))
      isAnew = true
      continue
    }
    if (result.error?.code === 'DDB_INTERNAL') complaints.push(`a bug: ${result.error.message}`)
    if (/^DDB_(TARGET_CHANGED|UNPROVEN)$/.test(result.error?.code ?? '')) {
      if (!hasLostRows) complaints.push(`the target is there: ${stderr}`)
      // A living loader may have stored more rows after the loss, so the test replaces the table by an empty one.
      await restart(stage)
      isAnew = true
      continue
    }
    if (/^DDB_RUN_(CHANGED|DAMAGED)$/.test(result.error?.code ?? '')) {
      complaints.push(`nothing has changed: ${stderr}`)
    }
    if (result.error === null && i >= scene.kills.length) break
  }
  complaints.push(...(await verdict(stage, last)))
  return { scene, kills, ends, complaints }
}

/** Kills the victim. Returns undefined if the loader finished earlier. */
async function strike(
  stage: Stage,
  { victim, journalBytes, laterMs }: Kill,
  loader: LoaderProcess,
): Promise<Kill['victim'] | undefined> {
  await grown(stage.journal, journalBytes, loader)
  if (laterMs > 0) await sleep(laterMs)
  if (!loader.isAlive()) return undefined
  switch (victim) {
    case 'target':
      await other(stage, stage.scene.target.remake!)
      return victim
    case 'journal':
      return copyFile(stage.journal, `${stage.journal}.kept`).then(
        () => victim,
        () => undefined,
      )
    default:
      if (victim !== 'server') loader.kill()
      if (victim !== 'loader') await restart(stage)
      return victim
  }
}

/** @returns whether the journal has changed */
async function bringBack({ journal }: Stage): Promise<boolean> {
  const [kept, latest] = await Promise.all([readFile(`${journal}.kept`), readFile(journal)])
  if (kept.equals(latest)) return false
  await writeFile(`${journal}.latest`, latest)
  await writeFile(journal, kept)
  return true
}

/** Writes rows of a different client into the target while a server is up. */
async function writeMeanwhile(stage: Stage): Promise<void> {
  const { rows, everyMs } = stage.scene.writer!
  for (let first = firstForeignId; !stage.isOver; first += rows) {
    const columns = `${first}..${first + rows - 1} as id, take(\`A\`B\`C, ${rows}) as sym`
    const data = `table(${columns}, take(0.5, ${rows}) as price)`
    const script = `tableInsert(${tableOf(stage.scene)}, ${data})`
    await other(stage, script).catch(() => undefined)
    await sleep(everyMs)
  }
}

const tableOf = ({ target: { from } }: Scene): string =>
  from === 'target' ? 'objByName("target")' : from

/** Runs a script of a different user. */
async function other({ server }: Stage, script: string): Promise<void> {
  const address = { host: '127.0.0.1', port: server.port }
  const session = await connect({ ...address, user: 'admin', password: '123456' })
  try {
    await session.run(script)
  } finally {
    await session.close()
  }
}

/** Kills the server and starts a new one with an empty target. */
async function restart(stage: Stage): Promise<void> {
  await stage.server.kill()
  await sleep(stage.scene.downMs)
  stage.server = await startServerProcess(stage.script, stage.server.port)
}

/** @param hasSeveral  use the several connections of the scene, if it has them */
function loadArgv({ scene, server }: Stage, isAnew: boolean, hasSeveral: boolean): string[] {
  const { inputs, target, seed, mode, onDoubt, batchRows, maxInFlight } = scene
  const connections = hasSeveral ? scene.connections : 1
  return [
    ...['load', ...inputs.map(({ name }) => name), ...target.argv, '--json', '-q'],
    ...['--host', `127.0.0.1:${server.port}`, '--user', 'admin'],
    ...['--run-id', `run-${seed}`, '--state-dir', 'state', ...(isAnew ? ['--restart'] : [])],
    ...['-b', String(batchRows), '--max-in-flight', maxInFlight, '--on-doubt', onDoubt],
    ...['--mode', mode],
    ...['--rejects', 'bad.out', '--max-errors', '100%', '--retry-timeout', '20s'],
    ...['--confirm-timeout', '20s', '--ignore-extra'],
    ...(connections === 1 ? [] : ['--connections', String(connections), '--unordered']),
  ]
}

/** Longer than all timeouts of the command together. */
const longestMs = 180_000

async function withoutHanging(loader: LoaderProcess, { seed }: Scene): Promise<LoaderEnd> {
  if (!(await endsWithin(loader, longestMs))) {
    loader.kill()
    throw new Error(`round ${seed}: a loader does not end`)
  }
  return loader.end
}

function endText(result: LoadResult | undefined): string {
  if (result === undefined) return 'killed'
  return `${result.exitCode} ${result.error?.code ?? result.status}`
}

async function verdict(stage: Stage, last: LoadResult | undefined): Promise<string[]> {
  const { scene, server } = stage
  if (last === undefined) return ['no process came to an end']
  const session = await connect({
    host: '127.0.0.1',
    port: server.port,
    user: 'admin',
    password: '123456',
  })
  const answer = await session.run(`exec id from ${scene.target.from}`)
  await session.close()
  const ids = answer?.form === 'vector' && answer.type === 'INT' ? [...answer.data] : []
  return checkRound(scene, last, { ids, rejects: await rejectsOf(stage, last) })
}

async function rejectsOf({ folder, scene }: Stage, last: LoadResult): Promise<Rejects> {
  const lines: string[] = []
  const reasons: string[] = []
  for (const { path } of last.rejects.files) {
    const text = await readFile(join(folder, path), 'utf8').catch(() => '')
    lines.push(...text.slice(scene.header.length).split('\n').slice(0, -1))
    const more = await readFile(join(folder, `${path}.reasons.ndjson`), 'utf8').catch(() => '')
    reasons.push(...more.split('\n').slice(0, -1))
  }
  return { lines, reasons }
}
