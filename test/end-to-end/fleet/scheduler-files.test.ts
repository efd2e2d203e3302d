/*
  The scheduler files in docs/fleet.md. The test parses each file as the scheduler does, and runs its command with the
  variables that the scheduler sets.
*/
import { execFile, execFileSync } from 'node:child_process'
import { chmod, cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { errorCodes } from '../../../src/errors.js'
import { bin } from '../../cli/run-cli.js'
import { blocksOf } from '../../helpers/fleet-page.js'
import { startLoadServer } from '../../helpers/load-server.js'
import { readPage } from '../../helpers/pages.js'

const ticks = 'share streamTable(10000:0,`day`id, [INT,INT]) as ticks'
const days = 10

interface Scene {
  readonly folder: string
  readonly environment: Record<string, string>
  /** @returns the exit code */
  readonly run: (
    command: readonly string[],
    environment?: Readonly<Record<string, string>>,
  ) => Promise<number>
  readonly eachOnce: () => Promise<void>
}

/** Replaces `/data` in the files by a folder of the test. */
async function scene(t: Test): Promise<Scene> {
  const here = await startLoadServer(t, ticks)
  const folder = t.testdir({ bin: { 'ddb-ingest': '' }, data: {} })
  const program = `unset NODE_OPTIONS\nexec ${process.execPath} ${bin} "$@"`
  await writeFile(join(folder, 'bin/ddb-ingest'), `#!/bin/sh\n${program}\n`)
  await chmod(join(folder, 'bin/ddb-ingest'), 0o755)
  for (let day = 0; day < days; day++) {
    const path = join(folder, `data/year/day=2024-01-0${day}`)
    await mkdir(path, { recursive: true })
    await writeFile(join(path, 'a.csv'), `day,id\n${day},${2 * day}\n${day},${2 * day + 1}\n`)
  }
  await cp(join(folder, 'data/year'), join(folder, 'data/today'), { recursive: true })
  const environment = {
    PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
    TMPDIR: folder,
    XDG_CONFIG_HOME: '/dev/null',
    XDG_STATE_HOME: join(folder, 'state'),
    DDB_HOST: here.server.host,
    DDB_PORT: String(here.server.port),
  }
  const placed = (text: string): string =>
    // One replacement for all folders, because the test's own folder may be in /tmp.
    text.replaceAll(/\/(data|tmp)\//g, (_, name) => `${folder}/${name === 'data' ? 'data/' : ''}`)
  const run: Scene['run'] = ([name, ...argv], more = {}) =>
    new Promise(resolve => {
      const options = { cwd: folder, env: { ...environment, ...more } }
      execFile(name!, argv.map(placed), options, error => {
        resolve(error === null ? 0 : Number(error.code))
      })
    })
  await run(['ddb-ingest', 'plan', '/data/year', '-o', '/data/plan.json', '--unit-size', '1'])
  return {
    folder,
    environment,
    run,
    async eachOnce() {
      const ids = await here.rows('select id from ticks order by id')
      t.strictSame(
        ids.map(([id]) => Number(id)),
        Array.from({ length: 2 * days }, (_, id) => id),
      )
    },
  }
}

const indexes = Array.from({ length: 8 }, (_, index) => index)

interface PodSpec {
  readonly containers: readonly { readonly command: string[]; readonly args?: string[] }[]
}

/** The action of Kubernetes for each exit code, from the table on the page. */
async function actionsOf(): Promise<Map<number, string>> {
  const { prose } = await readPage('docs/fleet.md')
  const actions = new Map<number, string>()
  for (const [, codes, action] of prose.matchAll(/^\| ([\d, ]+) \| [^|]+ \| `?(\w+|–)`? \|/gm)) {
    for (const code of codes!.split(',')) actions.set(Number(code), action!)
  }
  return actions
}

t.test('the table has every exit code of a load', async t => {
  const actions = await actionsOf()
  const ofLoad = new Set<number>([0, 3, 143, ...Object.values(errorCodes)])
  // The page never uses --expect-rows.
  ofLoad.delete(5)
  t.strictSame(
    [...actions.keys()].sort((a, b) => a - b),
    [...ofLoad].sort((a, b) => a - b),
  )
})

t.test('Kubernetes: an Indexed Job, and a CronJob', async t => {
  const [job, cron] = (await blocksOf('Kubernetes')).map(text => parse(text) as unknown) as [
    {
      spec: {
        completions: number
        podFailurePolicy: {
          rules: { action: string; onExitCodes: { operator: string; values: number[] } }[]
        }
        template: { spec: PodSpec }
      }
    },
    { spec: { jobTemplate: { spec: { template: { spec: PodSpec } } } } },
  ]
  const { spec } = job
  const actions = await actionsOf()
  const ruled = spec.podFailurePolicy.rules.flatMap(({ action, onExitCodes: { values } }) =>
    values.map(code => [code, action] as const),
  )
  t.strictSame(
    new Map([...ruled].sort(([a], [b]) => a - b)),
    new Map(
      [...actions].filter(([, action]) => action.startsWith('Fail')).sort(([a], [b]) => a - b),
    ),
  )
  const { run, eachOnce } = await scene(t)
  t.equal(spec.completions, indexes.length)
  const { command } = spec.template.spec.containers[0]!
  const codes = indexes.map(index => run(command, { JOB_COMPLETION_INDEX: String(index) }))
  t.strictSame(new Set(await Promise.all(codes)), new Set([0]))
  await eachOnce()
  t.test('the CronJob', async t => {
    const here = await scene(t)
    const [container] = cron.spec.jobTemplate.spec.template.spec.containers
    t.equal(await here.run([...container!.command, ...container!.args!]), 0)
    await here.eachOnce()
  })
})

t.test('AWS Batch: an array job', async t => {
  const [text] = await blocksOf('AWS Batch')
  const job = JSON.parse(text!) as {
    arrayProperties: { size: number }
    containerOverrides: { command: string[] }
    retryStrategy: { evaluateOnExit: { onExitCode: string; action: string }[] }
  }
  const { run, eachOnce } = await scene(t)
  const size = String(job.arrayProperties.size)
  const codes = indexes.map(index =>
    run(job.containerOverrides.command, {
      AWS_BATCH_JOB_ARRAY_INDEX: String(index),
      AWS_BATCH_JOB_ARRAY_SIZE: size,
    }),
  )
  t.strictSame(new Set(await Promise.all(codes)), new Set([0]))
  await eachOnce()
})

t.test('Slurm: the script of an array job', async t => {
  const { folder, run, eachOnce } = await scene(t)
  const [script] = await blocksOf('Slurm')
  await writeFile(join(folder, 'job.sh'), script!.replace('plan.json', 'data/plan.json'))
  const tasks = /--array=(\d+)-(\d+)/.exec(script!)!
  const codes = indexes.map(index =>
    run(['sh', 'job.sh'], {
      SLURM_ARRAY_TASK_ID: String(index),
      SLURM_ARRAY_TASK_MIN: tasks[1]!,
      SLURM_ARRAY_TASK_MAX: tasks[2]!,
      SLURM_ARRAY_TASK_STEP: '1',
      SLURM_ARRAY_TASK_COUNT: '8',
    }),
  )
  t.strictSame(new Set(await Promise.all(codes)), new Set([0]))
  await eachOnce()
})

const python = ((): { skip?: string } => {
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' })
    return {}
  } catch {
    return { skip: 'python3 is not installed' }
  }
})()

t.test('Airflow: mapped tasks', python, async t => {
  const { folder, run, eachOnce } = await scene(t)
  const [text] = await blocksOf('Airflow')
  // A stand-in for Airflow that calls tasks one after another.
  await mkdir(join(folder, 'airflow'))
  await writeFile(join(folder, 'airflow/__init__.py'), '')
  await writeFile(
    join(folder, 'airflow/exceptions.py'),
    'class AirflowFailException(Exception): pass\n',
  )
  await writeFile(
    join(folder, 'airflow/decorators.py'),
    `def dag(**options):
    return lambda define: define

class Mapped:
    def __init__(self, call): self.call = call
    def expand(self, shard): return [self.call(one) for one in shard]

def task(**options):
    return Mapped
`,
  )
  await writeFile(join(folder, 'dag.py'), text!.replaceAll('/data/', `${folder}/data/`))
  t.equal(await run(['python3', 'dag.py']), 0)
  await eachOnce()
})
