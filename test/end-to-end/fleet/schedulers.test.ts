/*
  Loads a plan with real schedulers: an array job of Slurm on two nodes of this machine, and GNU parallel. `npm run
  test:schedulers` needs the packages `slurm-wlm`, `munge` and `parallel`; without them the tests are skipped.
*/
import { execFile, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { bin } from '../../cli/run-cli.js'
import { blocksOf } from '../../helpers/fleet-page.js'
import { freePort } from '../../helpers/free-port.js'
import { startLoadServer, type LoadServer } from '../../helpers/load-server.js'

const run = promisify(execFile)
const ticks = 'share streamTable(10000:0,`day`sym`price`id, [INT,SYMBOL,DOUBLE,INT]) as ticks'
const days = 20
const filesOfDay = 10
const rowsOfFile = 50
const rowCount = days * filesOfDay * rowsOfFile

const isAsked = process.env['TEST_SCHEDULERS'] === '1'

/** Test options that skip the test if one of the system programs is missing. */
function needs(...programs: readonly string[]): { skip?: string } {
  if (!isAsked) return { skip: 'npm run test:schedulers runs it' }
  const missing = programs.filter(program => !isInstalled(program))
  return missing.length === 0 ? {} : { skip: `not installed: ${missing.join(', ')}` }
}

function isInstalled(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

interface Scene extends LoadServer {
  readonly folder: string
  readonly environment: NodeJS.ProcessEnv
  /** Called for each batch of rows that arrives. */
  onBatch: (count: number) => void
  readonly eachOnce: () => Promise<void>
}

async function scene(t: Test): Promise<Scene> {
  const folder = t.testdir({ bin: { 'ddb-ingest': '' }, processes: '' })
  const program = `unset NODE_OPTIONS\necho $$ >> ${folder}/processes\nexec ${process.execPath} ${bin} "$@"`
  await writeFile(join(folder, 'bin/ddb-ingest'), `#!/bin/sh\n${program}\n`)
  await chmod(join(folder, 'bin/ddb-ingest'), 0o755)
  let batches = 0
  const here = await startLoadServer(t, ticks, {
    faults: {
      beforeExecute({ rows }) {
        if (rows > 0) found.onBatch(++batches)
        return undefined
      },
    },
  })
  let id = 0
  for (let day = 1; day <= days; day++) {
    const path = join(folder, `year/day=2024-01-${String(day).padStart(2, '0')}`)
    await mkdir(path, { recursive: true })
    for (let file = 0; file < filesOfDay; file++) {
      const rows = Array.from({ length: rowsOfFile }, () => `${day},s${id % 7},${id / 4},${id++}\n`)
      await writeFile(join(path, `${file}.csv`), `day,sym,price,id\n${rows.join('')}`)
    }
  }
  const environment = {
    ...process.env,
    PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
    XDG_CONFIG_HOME: '/dev/null',
    XDG_STATE_HOME: join(folder, 'state'),
    DDB_HOST: here.server.host,
    DDB_PORT: String(here.server.port),
  }
  const found: Scene = {
    ...here,
    folder,
    environment,
    onBatch: () => undefined,
    async eachOnce() {
      const ids = await here.rows('select id from ticks order by id')
      t.strictSame(
        ids.map(([one]) => Number(one)),
        Array.from({ length: rowCount }, (_, i) => i),
      )
      const told = await run('ddb-ingest', ['runs', 'ticks-2020', '--plan', 'plan.json'], {
        cwd: folder,
        env: environment,
      })
      t.match(told.stdout, /20 units: 20 done/)
    },
  }
  const plan = ['plan', 'year', '-o', 'plan.json', '-b', '25', '--unit-size', '64Ki']
  await run('ddb-ingest', plan, { cwd: folder, env: environment })
  return found
}

/** Slows down a command of the guide, to leave time for kills. */
const slow = (script: string): string =>
  script.replaceAll('-t ticks -q', '-t ticks -q --rate-limit 800rows/s --retry-timeout 20s')

t.test('GNU parallel, retrying killed tasks', needs('parallel'), async t => {
  const here = await scene(t)
  const { folder, environment, eachOnce } = here
  const [script] = await blocksOf('GNU parallel')
  let kills = 0
  here.onBatch = count => {
    if (count % 40 !== 0 || ++kills > 3) return
    const processes = readFileSync(join(folder, 'processes'), 'utf8').trim().split('\n')
    try {
      process.kill(Number(processes.at(-1)), 'SIGKILL')
    } catch {
      // The process has already ended.
    }
  }
  await run('sh', ['-c', slow(script!)], { cwd: folder, env: environment })
  t.ok(kills > 0, 'some tasks were killed')
  await eachOnce()
})

interface Cluster {
  readonly environment: NodeJS.ProcessEnv
}

/** Starts a Slurm controller and two nodes with their own key. */
async function startSlurm(t: Test): Promise<Cluster> {
  // Socket paths must be short.
  const folder = await mkdtemp(join(tmpdir(), 'fleet-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const [controller, first, second] = [await freePort(), await freePort(), await freePort()]
  const at = (name: string): string => join(folder, name)
  for (const name of ['state', 'spool', 'munge']) await mkdir(at(name), { recursive: true })
  await chmod(at('munge'), 0o700)
  await writeFile(at('munge/key'), randomBytes(1024), { mode: 0o400 })
  const host = hostname()
  const node = (name: string, port: number): string =>
    `NodeName=${name} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${port} CPUs=4 RealMemory=500`
  const settings = [
    ...['ClusterName=fleet', `SlurmctldHost=${host}(127.0.0.1)`, `SlurmctldPort=${controller}`],
    ...['SlurmUser=root', 'AuthType=auth/munge', `AuthInfo=socket=${at('munge/socket')}`],
    ...[`StateSaveLocation=${at('state')}`, `SlurmdSpoolDir=${at('spool')}/%n`],
    ...[`SlurmctldPidFile=${at('controller.pid')}`, `SlurmdPidFile=${at('%n.pid')}`],
    ...[`SlurmctldLogFile=${at('controller.log')}`, `SlurmdLogFile=${at('%n.log')}`],
    ...['ProctrackType=proctrack/pgid', 'TaskPlugin=task/none', 'MpiDefault=none'],
    ...['SlurmdParameters=config_overrides', 'SelectType=select/cons_tres'],
    ...['SelectTypeParameters=CR_CPU', 'ReturnToService=2', 'JobRequeue=1', 'KillWait=1'],
    ...['JobAcctGatherType=jobacct_gather/none', 'SchedulerParameters=requeue_delay=1'],
    ...[node('n1', first), node('n2', second)],
    'PartitionName=p Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP OverSubscribe=FORCE:8',
  ]
  await writeFile(at('slurm.conf'), `${settings.join('\n')}\n`)
  const environment = { ...process.env, SLURM_CONF: at('slurm.conf') }
  const start = (program: string, ...argv: string[]): void => {
    const child = spawn(program, argv, { env: environment, stdio: 'ignore' })
    t.teardown(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    })
  }
  const munge = (name: string): string => at(`munge/${name}`)
  start(
    'munged',
    ...['--foreground', '--force', `--key-file=${munge('key')}`, `--socket=${munge('socket')}`],
    ...[`--pid-file=${munge('pid')}`, `--seed-file=${munge('seed')}`],
  )
  // Waits for munge, because the daemons end at once without it.
  const behind = `until [ -S ${munge('socket')} ]; do sleep 0.1; done; exec "$0" "$@"`
  start('sh', '-c', behind, 'slurmctld', '-D', '-c')
  for (const name of ['n1', 'n2']) start('sh', '-c', behind, 'slurmd', '-D', '-N', name)
  return { environment }
}

const isRoot = process.getuid?.() === 0
const slurm = needs('slurmctld', 'slurmd', 'sbatch', 'scontrol', 'munged')

t.test(
  'an array job of Slurm whose tasks are killed, requeued and started twice',
  isRoot || slurm.skip !== undefined ? slurm : { skip: 'nodes of Slurm are started by root' },
  async t => {
    const here = await scene(t)
    const { folder, eachOnce } = here
    const cluster = await startSlurm(t)
    const environment = { ...here.environment, SLURM_CONF: cluster.environment['SLURM_CONF'] }
    const [script] = await blocksOf('Slurm')
    await writeFile(join(folder, 'job.sh'), slow(script!), { mode: 0o755 })
    const requeued = new Set<string>()
    let twin: Promise<{ stdout: string }> | undefined
    const requeue = (task: string): void => {
      requeued.add(task)
      // Without this, Slurm waits two minutes before it starts the task again.
      const now = `scontrol requeue 1_${task}; until squeue -h -j 1_${task} -o %r | grep -q BeginTime; do sleep 0.1; done; scontrol update JobId=1_${task} StartTime=now`
      execFile('sh', ['-c', now], { env: environment }, () => undefined)
    }
    here.onBatch = count => {
      if (count === 60) requeue('2')
      if (count === 80) requeue('5')
      if (count !== 40) return
      const variables = {
        SLURM_ARRAY_TASK_ID: '3',
        SLURM_ARRAY_TASK_MIN: '0',
        SLURM_ARRAY_TASK_MAX: '7',
        SLURM_ARRAY_TASK_STEP: '1',
        SLURM_ARRAY_TASK_COUNT: '8',
      }
      const load = 'exec ddb-ingest load --plan plan.json --shard auto --run-id ticks-2020 -t ticks'
      twin = run('sh', ['-c', load], { cwd: folder, env: { ...environment, ...variables } })
    }
    // Repeats the query until the controller and its nodes are up.
    const submit =
      'until sinfo -h -t idle -o %D | grep -qx 2; do sleep 0.1; done; exec sbatch --wait -o task-%a.txt job.sh'
    await run('sh', ['-c', submit], { cwd: folder, env: environment, timeout: 300_000 })
    t.strictSame([...requeued], ['2', '5'])
    t.ok(twin)
    await twin
    await eachOnce()
    t.ok((await readFile(join(folder, 'task-0.txt'), 'utf8')).length < 10_000)
  },
)
