/* The files on the page docs/running.md. A parser of the format reads each file, and the commands in the file run here. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { emptyResult, metricsText } from '../../src/cli/output/summary.js'
import { readPage, type Page } from '../helpers/pages.js'
import { makePlace, type Place } from '../helpers/place.js'
import { deepTest } from '../helpers/runs.js'
import { startServerFor } from '../helpers/load-server.js'

const page = await readPage('docs/running.md')

const blocksOf = ({ blocks }: Page, language: string): string[] =>
  blocks.filter(block => block.language === language).map(({ text }) => text)

interface Step {
  run?: string
}

/** A folder with the fixtures, and a separate server. Nothing is installed: `ddb-ingest` is this checkout. */
async function placeWithServer(t: Test): Promise<Place> {
  const server = await startServerFor(t, {
    initScript:
      'share streamTable(1:0, `time`sym`price`id, [TIMESTAMP, SYMBOL, DOUBLE, INT]) as trades',
  })
  const place = await makePlace(t.testdir())
  Object.assign(place.environment, { DDB_HOST: '127.0.0.1', DDB_PORT: String(server.port) })
  return place
}

/** @returns the exit code */
async function runIn({ folder, environment }: Place, words: readonly string[]): Promise<unknown> {
  const [program, ...args] = words
  const child = spawn(program!, args, { cwd: folder, env: environment, stdio: 'ignore' })
  const [exitCode] = (await once(child, 'close')) as [number | null]
  return exitCode
}

const shell = (script: string): string[] => ['sh', '-e', '-c', script]

/** Reads sections and settings like systemd, but does not support lines that continue on the next line. */
function parseUnit(text: string): Map<string, Map<string, string>> {
  const sections = new Map<string, Map<string, string>>()
  let section: Map<string, string> | undefined
  for (const line of text.split('\n').filter(line => line !== '')) {
    const [, name] = /^\[(\w+)\]$/.exec(line) ?? []
    if (name !== undefined) sections.set(name, (section = new Map<string, string>()))
    else {
      const [, key, value] = /^(\w+)=(.+)$/.exec(line)!
      section!.set(key!, value!)
    }
  }
  return sections
}

/** The words that systemd starts: specifiers are replaced, and quotes around a word are removed. */
function execWords(command: string): string[] {
  const words = command.replaceAll('%%', '%').match(/'[^']*'|\S+/g)!
  return words.map(word => word.replaceAll("'", ''))
}

deepTest(t, 'systemd: the service loads the file of the day once, started by a timer', async t => {
  const [service = '', timer = ''] = blocksOf(page, 'ini')
  const units = { service: parseUnit(service), timer: parseUnit(timer) }
  t.equal(units.timer.get('Install')!.get('WantedBy'), 'timers.target')
  const place = await placeWithServer(t)
  const day = (offset: number): string =>
    new Intl.DateTimeFormat('sv-SE').format(Date.now() + offset * 86_400_000)
  // The date may change between this line and the load.
  for (const offset of [0, 1]) {
    writeFileSync(
      join(place.folder, `prices-${day(offset)}.csv`),
      'time,sym,price,id\n2024.01.02T09:30:00.000,A,1.5,1\n',
    )
  }
  const words = execWords(units.service.get('Service')!.get('ExecStart')!)
  t.equal(await runIn(place, words), 0)
  t.equal(await runIn(place, words), 0, 'a second start finds that it is loaded')
  const counted = `test "$(ddb-ingest exec -e 'exec count(*) from trades' --output json)" = 1`
  t.equal(await runIn(place, shell(counted)), 0)

  for (const [name, text] of Object.entries({ service, timer })) {
    writeFileSync(join(place.folder, `prices.${name}`), text)
  }
  const looked = spawnSync('systemd-analyze', ['verify', './prices.timer', './prices.service'], {
    cwd: place.folder,
    encoding: 'utf8',
  })
  if (looked.error !== undefined)
    return t.comment('systemd-analyze is not installed: the units were only parsed')
  t.notMatch(looked.stderr, /prices\.(service|timer):\d+: |Unknown/, looked.stderr)
  const calendar = units.timer.get('Timer')!.get('OnCalendar')!
  t.equal(spawnSync('systemd-analyze', ['calendar', calendar]).status, 0)
})

deepTest(t, 'GitHub Actions and GitLab: every step except the installation runs', async t => {
  const [actions = '', gitlab = ''] = blocksOf(page, 'yaml')
  const { jobs } = parse(actions) as { jobs: Record<string, { steps: Step[] }> }
  const { sample } = parse(gitlab) as { sample: { before_script: string[]; script: string[] } }
  const steps = [
    ...Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? [])),
    ...sample.before_script,
    ...sample.script,
  ]
  const own = steps.filter(step => !step.startsWith('npm install '))
  t.equal(steps.length - own.length, 2)
  t.equal(own.length, 2)
  for (const step of own) {
    const place = await placeWithServer(t)
    copyFileSync(join(place.folder, 'fixtures/csv/trades.csv'), join(place.folder, 'sample.csv'))
    copyFileSync(
      join(place.folder, 'fixtures/scripts/trades.dos'),
      join(place.folder, 'create.dos'),
    )
    t.equal(await runIn(place, shell(step)), 0, step)
  }
})

t.test('Docker: the image has an unprivileged user, no secret, the program as entry', async t => {
  const [text = ''] = blocksOf(page, 'dockerfile')
  const steps = text
    .trim()
    .split('\n')
    .map(line => /^([A-Z]+) (.+)$/.exec(line)!.slice(1, 3) as [string, string])
  const known = ['FROM', 'COPY', 'RUN', 'USER', 'ENV', 'VOLUME', 'WORKDIR', 'ENTRYPOINT', 'CMD']
  const unknown = steps.filter(([name]) => !known.includes(name))
  t.strictSame(unknown, [])
  const last = new Map(steps)
  t.equal(last.get('USER'), 'node')
  t.notMatch(last.get('ENV'), /PASS|TOKEN/i)
  const words = [
    ...(JSON.parse(last.get('ENTRYPOINT')!) as string[]),
    ...(JSON.parse(last.get('CMD')!) as string[]),
  ]
  t.equal(await runIn(await placeWithServer(t), words), 0)
})

interface CronJob {
  kind: string
  spec: {
    jobTemplate: {
      spec: {
        podFailurePolicy: { rules: { onExitCodes: { values: number[] } }[] }
        template: { spec: { containers: { command: string[]; args: string[] }[] } }
      }
    }
  }
}

deepTest(t, 'Kubernetes: the CronJob is one document, and its container loads', async t => {
  const [text = ''] = blocksOf(page, 'yaml').slice(2)
  const { kind, spec } = parse(text) as CronJob
  t.equal(kind, 'CronJob')
  const { podFailurePolicy, template } = spec.jobTemplate.spec
  const final = podFailurePolicy.rules.flatMap(({ onExitCodes }) => onExitCodes.values)
  for (const code of [69, 75, 143]) t.notOk(final.includes(code), `${code} is worth another try`)
  const [container] = template.spec.containers
  const place = await placeWithServer(t)
  mkdirSync(join(place.folder, 'data'))
  writeFileSync(
    join(place.folder, 'data/prices.csv'),
    'time,sym,price,id\n2024.01.02T09:30:00.000,A,1.5,1\n',
  )
  const here = (word: string): string =>
    word.replaceAll('/data/', `${place.folder}/data/`).replace('--table prices', '--table trades')
  t.equal(await runIn(place, [...container!.command, ...container!.args].map(here)), 0)
})

deepTest(t, 'Prometheus and Grafana query metrics that a run writes', async t => {
  const [, , , rules = ''] = blocksOf(page, 'yaml')
  const [dashboard = ''] = blocksOf(page, 'json')
  const { groups } = parse(rules) as { groups: { rules: { alert: string; expr: string }[] }[] }
  const { panels } = JSON.parse(dashboard) as { panels: { targets: { expr: string }[] }[] }
  const asked = [
    ...groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)),
    ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ].flatMap(expr => expr.match(/ddb_ingest_\w+(\{[^}]*\})?/g)!)
  t.ok(asked.length >= 6)
  const written = metricsText(
    emptyResult({ target: { table: 'trades' } }, new Date(), new Error('no')),
    1,
  )
  for (const figure of asked) {
    const [, name, label = ''] = /^(\w+)(?:\{(.*)\})?$/.exec(figure)!
    t.ok(
      written.split('\n').some(line => line.startsWith(`${name}{`) && line.includes(label)),
      figure,
    )
  }
})
