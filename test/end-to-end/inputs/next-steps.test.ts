/*
  The printed next steps lead on: whoever carries out one after the other arrives at stored rows, with each bad row in a file, or at
  a sentence about something that only a person can decide.
*/
import { cp, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { startServer } from '../../../src/server/index.js'
import { bin, runMainIn, shellWords, spawnCli, type Outcome } from '../../cli/run-cli.js'
import { sampled } from '../../helpers/runs.js'

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../fixtures/${name}`, import.meta.url))

/** Inputs of fixtures/, and the table of fixtures/scripts/ that some of them are for. */
const inputs: readonly (readonly [path: string, script?: string, table?: string])[] = [
  ['csv/airports.csv', 'airports'],
  ['csv/seattle-weather.csv', 'weather'],
  ['csv/seattle-weather-hourly-normals.csv'],
  ['csv/tb1.csv', 'dfs', 'dfs://testDB/tb1'],
  ['csv/trades.csv', 'trades'],
  ['csv/trades-with-bad-rows.csv', 'trades'],
  ['json/earthquakes.ndjson', 'earthquakes'],
  ['json/earthquakes.json', 'earthquakes'],
  ['json/earthquakes-features.json', 'earthquakes'],
  ['json/trades.ndjson', 'trades'],
]

interface Scene {
  readonly folder: string
  readonly run: (command: string) => Promise<Outcome>
}

async function scene(t: Test, initScript = ''): Promise<Scene> {
  const server = await startServer({ port: 0, initScript })
  t.teardown(() => server.close())
  const folder = t.testdir({})
  const environment = {
    DDB_HOST: `127.0.0.1:${server.port}`,
    ...{ DDB_USER: 'admin', DDB_PASSWORD: '123456', XDG_STATE_HOME: join(folder, 'state') },
  }
  return {
    folder,
    async run(command) {
      let outcome: Outcome = { code: 0, stdout: '', stderr: '' }
      for (const part of command.split(' | ')) {
        const [, ...words] = shellWords(part)
        outcome = await runMainIn(folder, words, { environment, stdin: outcome.stdout })
      }
      return outcome
    },
  }
}

/** The command that a user runs next: the `next:` line, else the last line of a check. */
function nextOf(command: string, { stdout, stderr }: Outcome): string | undefined {
  const next = stderr.match(/(?<=^(?:next|to go on): ).*/gm)?.at(-1)
  if (next !== undefined || !command.startsWith('ddb-ingest check ')) return next
  return /^ddb-ingest load .*$/m.exec(stdout)?.[0]
}

/** Carries out the steps. @returns the last outcome; `isStored` if every row is stored or in a file */
async function follow(
  t: Test,
  { run, folder }: Scene,
  first: string,
): Promise<{ isStored: boolean; last: Outcome; trail: readonly string[] }> {
  const trail: string[] = []
  for (let command: string | undefined = first; ;) {
    t.notOk(trail.includes(command), `a circle: ${trail.join('\n')}`)
    trail.push(command)
    const last = await run(command)
    if (command.startsWith('ddb-ingest load ') && (last.code === 0 || last.code === 3)) {
      const [, count] = /^ {2}refused +(\d+) rows?: .*, in rejects\.csv$/m.exec(last.stdout) ?? []
      const reasons = count && (await readFile(join(folder, 'rejects.csv.reasons.ndjson'), 'utf8'))
      const kept = reasons ? reasons.match(/"lineNumber"/g)!.length : 0
      return { isStored: last.code === 0 || kept === Number(count), last, trail }
    }
    const next = nextOf(command, last)
    if (next === undefined || / explain /.test(next) || trail.length > 6) {
      return { isStored: false, last, trail }
    }
    command = next
  }
}

t.test('the next steps of a load and of schema end with stored rows', async t => {
  const ends: boolean[] = []
  for (const [path, script, table = script] of sampled(inputs)) {
    const name = basename(path)
    const calls: [command: string, script?: string][] = [
      [`ddb-ingest load ${name} --table fresh`],
      [`ddb-ingest schema ${name}`],
    ]
    if (script !== undefined) calls.push([`ddb-ingest load ${name} --table ${table}`, script])
    for (const [command, created] of calls) {
      const init = created && (await readFile(fixture(`scripts/${created}.dos`), 'utf8'))
      await t.test(command, async t => {
        const place = await scene(t, init)
        await cp(fixture(path), join(place.folder, name))
        const { isStored, last, trail } = await follow(t, place, command)
        ends.push(isStored)
        if (isStored) return
        const options = /--(?:date-format|map|ignore-extra|set)|expected a string, got \d/
        t.match(last.stderr, options, trail.join('\n'))
      })
    }
  }
  const arrived = ends.filter(Boolean).length
  t.ok(arrived >= 0.9 * ends.length, `${arrived} of ${ends.length} arrive`)
})

const table = 'share streamTable(1:0, `d`v, [DATE, DOUBLE]) as t'

t.test('options and bad rows that a check finds are all in the command that it prints', async t => {
  const rows = '20240101,"1,000.5"\n20240102,x\n20240103,7\n'
  for (const [text, words] of [
    [`d,v\n${rows}`, /--thousands , --rejects rejects\.csv$/],
    [`d,v\n${'x,1\n'.repeat(150)}2024.01.01,2\n`, /--max-errors 150 --rejects rejects\.csv /],
  ] as const) {
    const place = await scene(t, table)
    await writeFile(join(place.folder, 'a.csv'), text)
    const { isStored, trail } = await follow(t, place, 'ddb-ingest load a.csv --table t')
    t.ok(isStored, trail.join('\n'))
    t.match(trail.at(-1), words)
    const again = await place.run('ddb-ingest check a.csv --table t')
    t.match(nextOf('ddb-ingest check ', again), / --rejects rejects-2\.csv/, 'the file is in use')
  }
})

t.test('bad rows that the user leaves out stay out', async t => {
  const place = await scene(t, table)
  await writeFile(join(place.folder, 'a.csv'), 'd,v\n2024.01.01,1\nx,2\n')
  const { stdout } = await place.run('ddb-ingest check a.csv --table t --on-error skip')
  t.match(stdout, /\nddb-ingest load .* --on-error skip /)
  t.notMatch(stdout, '--rejects')
})

t.test('no load is printed that would store nothing', async t => {
  const place = await scene(t, table)
  await writeFile(join(place.folder, 'a.csv'), 'd,v\nx,1\n')
  const { code, stdout, stderr } = await place.run('ddb-ingest check a.csv --table t')
  t.equal(code, 65)
  t.notMatch(stdout, 'ddb-ingest load')
  t.match(stderr, /no row would load; the first one: .*\n.*next: ddb-ingest explain/)
})

t.test('a named run that stored nothing is checked, not resumed', async t => {
  const place = await scene(t, table)
  await writeFile(join(place.folder, 'a.csv'), 'd,v\n31/12/2024,1\n30/12/2024,2\n')
  const load = 'ddb-ingest load a.csv --table t --run-id r'
  const { stderr } = await place.run(load)
  t.match(stderr, /\nnext: ddb-ingest check a\.csv --table t --run-id r\n/)
  t.notMatch((await place.run('ddb-ingest runs r')).stdout, 'ddb-ingest resume')
  const { isStored, trail } = await follow(t, place, load)
  t.ok(isStored, trail.join('\n'))
  t.match(trail.at(-1), /--run-id r --date-format d=dd\/MM\/yyyy$/)
})

t.test('after a load that stored some rows no step loads them again', async t => {
  const place = await scene(t, table)
  await writeFile(join(place.folder, 'a.csv'), `d,v\n${'2024.01.01,1\n'.repeat(50)}x,2\n`)
  const { code, stderr } = await place.run('ddb-ingest load a.csv --table t --batch-rows 1')
  t.equal(code, 65)
  t.match(stderr, /\nnext: ddb-ingest audit a\.csv --table t\n/)
})

t.test('no step is printed that needs a server which has ended', async t => {
  const folder = t.testdir({ 'a.csv': 'd,v\nx,1\n2024.01.01,2\n', 'init.dos': table })
  const serve = ['serve', '--port', '0', '--init', 'init.dos', '--', process.execPath, bin]
  for (const words of ['load', 'load --rejects r.csv', 'load --run-id r', 'check']) {
    const [name = '', ...more] = words.split(' ')
    const call = [...serve, name, 'a.csv', '--table', 't', ...more]
    const options = { cwd: folder, environment: { XDG_STATE_HOME: join(folder, 'state') } }
    const { code, stdout, stderr } = await spawnCli(call, options).outcome
    t.match(code, /^(?:3|65)$/, stderr)
    t.notMatch(stdout + stderr, /ddb-ingest (?:load|check|resume|retry|exec) /, words)
  }
})
