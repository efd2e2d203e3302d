/* The command `audit` as a user calls it: after a load, after a killed run, with a certificate, and while late requests still wait. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { runMain } from '../../cli/run-cli.js'
import { startCommands } from '../../helpers/commands.js'
import { tradesHeader, tradesScript } from '../../helpers/load-server.js'
import { useTurnClock } from '../../helpers/turn-clock.js'

useTurnClock()

const lineOf = (id: number): string =>
  `2020.01.02T09:30:00.${String(id).padStart(3, '0')},S${id % 5},${id / 4},${id}\n`
const csv = tradesHeader + Array.from({ length: 500 }, (_, id) => lineOf(id)).join('')

async function scene(t: Test, script = tradesScript.replace('streamTable', 'table')) {
  const here = await startCommands(t, script, { 'trades.csv': csv })
  const at = (...names: string[]): string => join(here.dir, ...names)
  return { ...here, at, path: at('trades.csv') }
}

t.test('one bit of one cell is found, named, and made up for', async t => {
  const { run, path, at, session, rows } = await scene(t)
  t.match(await run('load', path, '--table', 'trades'), { code: 0 })
  const expected = { code: 0, stdout: 'complete: 500 rows read, 500 found in trades, 0 missing\n' }
  t.match(await run('audit', path, '--table', 'trades'), expected)
  await session.run('update trades set id = 321 where id = 320')
  const found = await run('audit', path, '--table', 'trades')
  const counts = /^missing: 500 rows read, 499 found in trades, 1 missing, 1 other/
  const differs = `missing: ${path}, line 322; a stored row differs in: id 321\n`
  t.match(found, { code: 4, stdout: counts, stderr: differs })
  t.match(found.stderr, /next: ddb-ingest audit .* --missing missing\.csv\n$/)
  const options = ['--missing', at('rest.csv'), '--state-dir', at('s')]
  const again = await run('audit', path, '--table', 'trades', ...options)
  const retry = `next: ddb-ingest retry ${at('rest.csv')} --state-dir ${at('s')}\n`
  t.match(again, { code: 4, stderr: retry })
  t.equal(await readFile(at('rest.csv'), 'utf8'), tradesHeader + lineOf(320))
  t.match(await run('retry', at('rest.csv')), { code: 0 })
  t.match(await run('audit', path, '--table', 'trades'), { code: 0, stdout: /1 other rows/ })
  t.strictSame(await rows('select count(*) from trades where id = 320'), [['1']])
  t.match(await run('audit', path, '--table', 'trades', '--exact'), { code: 4, stdout: /^differs/ })
  const certificate = ['--certificate', at('cert.json')]
  const none = { code: 4, stdout: /^differs/ }
  t.match(await run('audit', path, '--table', 'trades', ...certificate), none)
})

t.test('a port in the environment names the server of this machine', async t => {
  const { server, run, path, dir } = await scene(t)
  t.match(await run('load', path, '--table', 'trades'), { code: 0 })
  const environment = { DDB_PORT: String(server.port), XDG_STATE_HOME: dir }
  const found = await runMain(['audit', path, '--table', 'trades'], { environment })
  t.match(found, { code: 0, stdout: /500 found/ })
})

t.test('rows that a function changes are not loaded again as missing', async t => {
  const { run, path, at, session } = await scene(t)
  await session.run(
    'def doubled(mutable data) { update data set price = price * 2; tableInsert(trades, data) }\naddFunctionView(doubled)',
  )
  const options = ['--function', 'doubled', '--types', '@trades', '--confirm-table', 'trades']
  const load = ['load', path, ...options, '--run-id', 'doubled']
  t.match(await run(...load), { code: 0 })
  const missing = ['--missing', at('rest.csv')]
  for (const audited of [[path, ...options], ['doubled']]) {
    const found = await run('audit', ...audited)
    t.match(found, { code: 4, stderr: /next: .* --columns COLUMN/ })
    t.match(await run('audit', ...audited, ...missing), { code: 64, stderr: /--columns/ })
    t.match(await run('audit', ...audited, '--columns', 'sym,id', ...missing), { code: 0 })
  }
  await session.run('delete from trades where id < 250')
  t.match(await run(...load), { code: 75, stderr: / audit doubled --columns COLUMN/ })
})

/** A run that a bad row has stopped. */
async function stoppedScene(t: Test) {
  const { run, path, at } = await scene(t)
  await writeFile(path, csv.replace(/,400\n/, ',400,surplus\n'))
  const load = ['load', path, '--table', 'trades', '-b', '100', '--run-id', 'stopped']
  t.match(await run(...load), { code: 65 })
  return { run, at }
}

t.test('what an audit misses is not loaded while its run could send it, too', async t => {
  const { run, at } = await stoppedScene(t)
  const clean = /resume it,? and audit it again, or give it up .*: ddb-ingest runs stopped --clean/
  const audited = await run('audit', 'stopped', '--missing', at('rest.csv'))
  t.match(audited, { code: 4, stderr: clean })
  t.match(audited.stderr, /next: ddb-ingest runs stopped\n$/)
  t.match(await run('retry', at('rest.csv')), { code: 64, stderr: clean })
  t.match(await run('runs', 'stopped', '--clean'), { code: 0 })
  t.match(await run('retry', at('rest.csv')), { code: 0 })
})

t.test('what an audit has missed is not loaded after its run has gone on', async t => {
  const { run, at } = await stoppedScene(t)
  t.match(await run('audit', 'stopped', '--missing', at('rest.csv')), { code: 4 })
  t.match(await run('resume', 'stopped', '--rejects', at('rejects.csv')), { code: 3 })
  const gone = /has gone on since: .* Audit it again: ddb-ingest audit stopped --missing /
  t.match(await run('retry', at('rest.csv')), { code: 64, stderr: gone })
  t.match(await run('audit', 'stopped', '--missing', at('rest-2.csv')), { code: 3 })
})

t.test('a run with a journal does not go on with a pipe', async t => {
  const { run, runWith, path, rows } = await scene(t)
  const options = ['--table', 'trades', '--run-id', 'piped']
  t.match(await run('load', path, ...options), { code: 0 })
  const expected = { code: 64, stderr: /has a journal, with which .* cannot go on/ }
  t.match(await runWith(csv, 'load', '-', ...options), expected)
  t.strictSame(await rows('select count(*) from trades'), [['500']])
})

t.test('a list can name the files', async t => {
  const { run, path, at } = await scene(t)
  await writeFile(at('list'), `${path}\n`)
  t.match(await run('load', '--files-from', at('list'), '--table', 'trades'), { code: 0 })
  t.match(await run('audit', '--files-from', at('list'), '--table', 'trades'), { code: 0 })
})

t.test('of standard input, missing rows are counted; no command needs a file', async t => {
  const { run, runWith, path, at } = await scene(t)
  t.match(await run('load', path, '--table', 'trades'), { code: 0 })
  const stdin = csv + lineOf(500)
  const options = ['audit', '-', '--table', 'trades']
  const found = await runWith(stdin, ...options)
  t.match(found, { code: 4, stdout: / 500 found in trades, 1 missing/ })
  t.match(found.stderr, /pipes cannot be read twice/)
  t.notMatch(found.stderr, 'next:')
  t.match(await runWith(stdin, ...options, '--missing', at('rest.csv')), { code: 64 })
})

t.test('a run is audited by its name, with its options', async t => {
  const { run, path, session } = await scene(t)
  await writeFile(path, csv.replaceAll(',S1,', ',none,'))
  t.match(await run('load', path, '--table', 'trades', '--null', 'none', '--run-id', 'nightly'), {
    code: 0,
  })
  t.match(await run('audit', 'nightly'), { code: 0, stdout: /^complete: .* 500 found/ })
  const audited = await run('audit', path, '--table', 'trades')
  t.match(audited, { code: 4 }, 'without --null other rows are expected')
  await session.run('delete from trades where id < 10')
  t.match(await run('audit', 'nightly', '--json'), { code: 4, stdout: /"missing":10/ })
  t.match(await run('audit', 'nightle'), { code: 66, stderr: /run "nightle".*\n.*ddb-ingest runs/ })
  t.match(await run('audit', 'nightly', '--columns', 'sym,id'), { code: 4 })
})

t.test('a run is audited with its own files and options alone', async t => {
  const { run, path, at, server } = await scene(t)
  const named = ['--table', 'trades', '--include', '*.csv', '--run-id', 'nightly']
  t.match(await run('load', at(), ...named), { code: 0 })
  t.match(await run('audit', 'nightly'), { code: 0, stdout: /^complete: 500 rows/ })
  const environment = {
    ...{ DDB_PORT: String(server.port), XDG_STATE_HOME: at('.state') },
    ...{ DDB_USER: 'admin', DDB_PASSWORD: '123456' },
    ...{ DDB_INGEST_TABLE: 'trades', DDB_INGEST_ON_ERROR: 'skip' },
  }
  const whole = { code: 0, stdout: /^complete: 500 rows/ }
  for (const name of ['nightly', path])
    t.match(await runMain(['audit', name], { environment }), whole, 'variables are for loads, too')
  for (const option of ['--null=5', '--limit=3', '--method=upsert', '--include=*.x']) {
    t.match(await run('audit', 'nightly', option), {
      code: 64,
      stderr: /^ddb-ingest: --\w+ is for/,
    })
  }
  await writeFile(path, tradesHeader + lineOf(1))
  const other = await run('audit', 'nightly')
  t.match(other, { code: 64, stderr: /trades.csv" has changed .*\[DDB_RUN_CHANGED\]/ })
})

t.test('files that came after a run are no part of it', async t => {
  const { run, at } = await scene(t)
  await mkdir(at('d'))
  await writeFile(at('d', 'a.csv'), csv)
  t.match(await run('load', at('d'), '--table', 'trades', '--run-id', 'daily'), { code: 0 })
  await writeFile(at('d', 'b.csv'), tradesHeader + lineOf(500))
  t.match(await run('audit', 'daily'), { code: 0, stdout: /^complete: 500 rows read/ })
})

t.test('a run is audited in the folder where it began, whatever that is called', async t => {
  const { run, at } = await scene(t)
  const here = process.cwd()
  t.teardown(() => process.chdir(here))
  for (const [folder, text] of [
    ['[x]', csv],
    ['x', tradesHeader],
  ] as const) {
    await mkdir(at(folder, 'in'), { recursive: true })
    await writeFile(at(folder, 'in', 'a.csv'), text.replaceAll(/,(sym|S\d),/g, ','))
  }
  process.chdir(at('[x]'))
  const named = ['--set', 'sym={path}', '--run-id', 'named']
  t.match(await run('load', 'in/*.csv', '--table', 'trades', ...named), { code: 0 })
  process.chdir(at('.'))
  const found = await run('audit', 'named', '--exact', '--certificate', 'cert.json')
  t.match(found, { code: 0, stdout: /^complete: 500 rows read, 500 found/ })
  process.chdir(at('.'))
  t.match(await run('audit', 'cert.json'), { code: 0 })
})

t.test('cells that a load stored as nulls are found as nulls', async t => {
  const { run, path } = await scene(t)
  await writeFile(path, `${csv}2020.01.02T09:30:00.500,S1,bad,500\n`)
  t.match(await run('load', path, '--table', 'trades', '--on-error', 'null'), { code: 0 })
  const expected = { code: 0, stdout: /^complete: 501 rows read, 501 found/ }
  t.match(await run('audit', path, '--table', 'trades', '--on-error', 'null'), expected)
  t.match(await run('audit', path, '--table', 'trades'), { code: 3, stdout: /1 rejected/ })
})

t.test('a certificate is checked without the file', async t => {
  const { run, path, at, session } = await scene(t)
  t.match(await run('load', path, '--table', 'trades'), { code: 0 })
  const cert = at('trades\udcff.cert.json')
  t.match(await run('audit', path, '--table', 'trades', '--certificate', cert), { code: 0 })
  await writeFile(path, '')
  t.match(await run('audit', cert), { code: 0, stdout: /^complete: 500 rows/ })
  await session.run('update trades set price = 7.25 where id = 28')
  t.match(await run('audit', cert), { code: 4, stdout: /^differs/ })
  t.match(await run('audit', path), { code: 64, stderr: 'is no certificate' })
  t.match(await run('audit', '-'), { code: 64 })
})

t.test('no file of an audit replaces an input or a certificate', async t => {
  const { run, path, at } = await scene(t)
  const cert = at('trades.cert.json')
  t.match(await run('load', path, '--table', 'trades', '--run-id', 'nightly'), { code: 0 })
  t.match(await run('audit', 'nightly', '--certificate', cert), { code: 0 })
  const contents = () => Promise.all([path, cert].map(name => readFile(name, 'utf8')))
  const before = await contents()
  const ofFile = [path, '--table', 'trades']
  for (const argv of [
    [...ofFile, `--json=${path}`],
    [...ofFile, '--certificate', path],
    ['nightly', `--json=${path}`],
    ['nightly', '--certificate', path],
    ['nightly', '--trace', path],
    [cert, `--json=${cert}`],
  ]) {
    const refused = { code: 64, stderr: 'is an input of this run' }
    t.match(await run('audit', ...argv), refused, argv.join(' '))
    t.strictSame(await contents(), before)
  }
})

t.test('rows of a late request are not called missing', async t => {
  const { run, path, at, session, server, count } = await scene(t)
  await writeFile(at('part.csv'), csv.replace(lineOf(7), ''))
  t.match(await run('load', at('part.csv'), '--table', 'trades'), { code: 0 })
  session.sendScript(
    'sleep(400); insert into trades values(2020.01.02T09:30:00.007, "S2", 1.75, 7)',
  )
  while (server.node.jobs.size === 0) await new Promise(setImmediate)
  const audited = await run('audit', path, '--table', 'trades', '--missing', at('rest.csv'))
  t.match(audited, { code: 0, stdout: / 500 found / }, audited.stderr)
  t.equal(await count('trades'), 500)
})

t.test('who may not read the table learns which right is missing', async t => {
  const { run, path } = await scene(
    t,
    `db = database("dfs://d", VALUE, 1..3)
db.createPartitionedTable(table(1:0, \`id\`v, [INT,INT]), "t", "id")
createUser("writer", "123456")
grant("writer", TABLE_WRITE, "dfs://d/t")`,
  )
  await writeFile(path, 'id,v\n1,1\n')
  const expected = { code: 77, stderr: /DDB_PRIVILEGE/ }
  t.match(await run('audit', path, '--table', 'dfs://d/t', '--user', 'writer'), expected)
})
