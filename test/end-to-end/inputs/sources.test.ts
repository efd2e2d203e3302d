/* The files that sources refer to, from the shell to the table: one file with many names, folders that also contain unrelated files, and
   names that are not UTF-8. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { LoadResult } from '../../../src/load/options.js'
import { startCommands, type Commands } from '../../helpers/commands.js'
import { tradesHeader, tradesScript } from '../../helpers/load-server.js'
import { plainNode } from '../../helpers/plain-node.js'
import { deepTest } from '../../helpers/runs.js'
import { bin, runMain, type Outcome } from '../../cli/run-cli.js'

const line = (id: number): string => `2020.01.02T09:30:00.000,A,1,${id}\n`
const csv = (...ids: number[]): string => `${tradesHeader}${ids.map(line).join('')}`

const place = (t: Test, files: Parameters<Test['testdir']>[0]): Promise<Commands> =>
  startCommands(t, tradesScript, files)

const resultOf = ({ stdout }: Outcome): LoadResult => JSON.parse(stdout) as LoadResult

t.test('a file named five times is loaded once, and a notice says so', async t => {
  const { dir, run, count } = await place(t, { d: { 'a.csv': csv(1, 2, 3) } })
  const folder = join(dir, 'd')
  const [path, soft] = [join(folder, 'a.csv'), join(dir, 'soft.csv')]
  linkSync(path, join(folder, 'hard.csv'))
  symlinkSync(path, soft)
  const inputs = [join(folder, '*.csv'), path, folder, `${dir}/./d/a.csv`, soft]
  const outcome = await run('load', ...inputs, '-t', 'trades', '--json')
  t.match(outcome, { code: 0, stderr: /each file is loaded once/ })
  const result = resultOf(outcome)
  t.match(result, { rows: { read: 3, confirmed: 3 }, inputs: { length: 1 } })
  t.equal(result.sources.sameFiles.count, 6)
  t.equal(await count('trades'), 3)
  const checked = await run('check', ...inputs, '-t', 'trades', '--json')
  t.match(JSON.parse(checked.stdout), { rows: { fit: 3 }, sources: { sameFiles: { count: 6 } } })
})

deepTest(t, 'a resumed run recognizes its inputs under other names', async t => {
  const { dir, run, count } = await place(t, { d: { 'a.csv': csv(1, 2), 'b.csv': csv(3) } })
  const before = process.cwd()
  process.chdir(join(dir, 'd'))
  t.teardown(() => process.chdir(before))
  const common = ['-t', 'trades', '--run-id', 'names', '--json']
  t.match(resultOf(await run('load', 'a.csv', ...common)), { exitCode: 0, rows: { confirmed: 2 } })
  symlinkSync(join(dir, 'd'), join(dir, 'way'))
  for (const name of [join(dir, 'd', 'a.csv'), './a.csv', '../way/a.csv']) {
    const again = await run('load', name, ...common)
    t.match(again, { code: 0, stderr: / is "a.csv" of this run/ }, name)
    t.match(resultOf(again), { rows: { skipped: 2, confirmed: 0 } })
  }
  t.match(await run('resume', 'names'), { code: 0, stdout: /Already loaded/ })
  const more = await run('load', join(dir, 'd'), ...common)
  t.match(resultOf(more), { exitCode: 0, rows: { skipped: 2, confirmed: 1 } })
  t.match(more.stderr, /new since the run began.*b\.csv/)
  t.equal(await count('trades'), 3)
})

deepTest(
  t,
  'files that came later, named in another folder, are resumed and started over, too',
  async t => {
    const { dir, run, count } = await place(t, { d: { 'a.csv': csv(1, 2), 'b.csv': csv(3) } })
    const before = process.cwd()
    t.teardown(() => process.chdir(before))
    const common = ['-t', 'trades', '--run-id', 'later', '--json']
    process.chdir(dir)
    t.match(resultOf(await run('load', 'd/a.csv', ...common)), { rows: { confirmed: 2 } })
    process.chdir('d')
    const more = await run('load', 'a.csv', 'b.csv', ...common, '--limit', '1')
    t.match(more, { code: 64 }, 'not with other options')
    t.match(resultOf(await run('load', 'a.csv', 'b.csv', ...common)), { rows: { confirmed: 1 } })
    process.chdir(dir)
    t.match(await run('load', 'd', ...common), {
      code: 0,
      stderr: /d\/b.csv" is ".*b.csv" of this run/,
    })
    t.match(await run('resume', 'later', '--restart'), { code: 0, stdout: /Loaded 3 rows/ })
    t.equal(await count('trades'), 6)
  },
)

deepTest(t, 'a file of which nothing was read may change, or become empty', async t => {
  const { dir, run, count } = await place(t, { d: { 'a.csv': csv(1, 2) } })
  const load = () => run('load', join(dir, 'd'), '-t', 'trades', '--run-id', 'half')
  t.match(await load(), { code: 0 })
  const path = join(dir, 'd', 'b.csv')
  writeFileSync(path, tradesHeader.slice(0, -2))
  t.match(await load(), { code: 65 })
  rmSync(path)
  t.match(await load(), { code: 64, stderr: /with an empty file in its place the run goes on/ })
  writeFileSync(path, '')
  t.match(await load(), { code: 0, stderr: /b.csv" has changed before anything was read of it/ })
  t.equal(await count('trades'), 2)
  writeFileSync(path, csv(3))
  t.match(await load(), { code: 64, stderr: /b.csv" has changed/ }, 'once it is read')
})

deepTest(t, 'a resumed run opens the files that are named now, from any folder', async t => {
  const { dir, run, count } = await place(t, { d: { 'a.csv': csv(1, 2) }, e: { 'a.csv': csv(7) } })
  const before = process.cwd()
  t.teardown(() => process.chdir(before))
  const common = ['-t', 'trades', '--run-id', 'folders', '--json', '--limit', '1']
  process.chdir(join(dir, 'd'))
  t.match(resultOf(await run('load', 'a.csv', ...common)), { exitCode: 0, rows: { confirmed: 1 } })
  process.chdir(join(dir, 'e'))
  const again = await run('load', join(dir, 'd', 'a.csv'), ...common)
  t.match(resultOf(again), { exitCode: 0, rows: { skipped: 1, confirmed: 0 } })
  const other = await run('load', 'a.csv', ...common)
  t.match(other, { code: 64, stderr: /DDB_RUN_CHANGED/ }, 'another file with the same name')
  t.equal(await count('trades'), 1)
})

t.test('in folders, skipped files are counted, and patterns can take them', async t => {
  const { dir, run, rows } = await place(t, {
    d: {
      'a.csv': csv(1),
      'b.txt': csv(2),
      'c.tab': csv(3).replaceAll(',', '\t'),
      'x.zip': 'PK',
      '.h.csv': csv(9),
    },
  })
  const folder = join(dir, 'd')
  const outcome = await run('load', folder, '-t', 'trades', '--json')
  t.match(outcome, {
    code: 0,
    stderr:
      /passed over 3 files \(.*: --include says which files of a folder or an archive are data/,
  })
  t.match(resultOf(outcome), {
    rows: { confirmed: 2 },
    inputs: [{ path: /a\.csv$/ }, { path: /c\.tab$/, format: 'tsv' }],
    sources: { passedOver: { files: 3, byKind: { '.txt': 1, '.zip': 1, hidden: 1 } } },
  })
  const flags = '-t trades --json --include *.txt --include .h*'.split(' ')
  const sources = { passedOver: { files: 3 } }
  const text = await run('load', folder, ...flags)
  t.match(resultOf(text), { exitCode: 0, rows: { confirmed: 2 }, sources })
  t.strictSame(await rows('select id from trades order by id'), [['1'], ['2'], ['3'], ['9']])
  t.match(await run('load', join(folder, 'a.csv'), '-t', 'trades', '--include', '*'), {
    code: 64,
    stderr: /--include says which files of a folder or an archive are\s+data, and no input is one/,
  })
  const expected = { code: 66, stderr: /holds no file that\s+--include names/ }
  t.match(await run('load', folder, '-t', 'trades', '--include', '*.bin'), expected)
  t.match(await runMain(['schema', folder]), { code: 0, stderr: /passed over 3 files/ })
})

deepTest(t, 'the command printed by check takes the same files of a folder', async t => {
  const { dir, run, rows } = await place(t, {
    d: { 'a.csv': csv(1), 'b.txt': csv(2), 'c.txt': csv(3).replaceAll(',', ';') },
  })
  const folder = join(dir, 'd')
  for (const [include, parts] of [
    ['b.*', 1],
    ['*.txt', 2],
  ] as const) {
    const checked = await run('check', folder, '-t', 'trades', '--include', include, '--json')
    const { commands, frozen } = JSON.parse(checked.stdout) as {
      commands: string[]
      frozen: object[]
    }
    t.equal(commands.length, parts)
    const areWhole = commands.every(command => command.includes('--include') === (parts === 1))
    t.equal(areWhole, true)
    for (const command of commands) {
      const argv = command
        .split(' ')
        .slice(2)
        .map(word => word.replaceAll("'", ''))
      t.match(await run('load', ...argv.slice(0, argv.indexOf('--user'))), { code: 0 }, command)
    }
    for (const one of frozen) t.match(one, { input: { include: undefined } })
  }
  t.strictSame(await rows('select id from trades order by id'), [['2'], ['2'], ['3']])
})

t.test('names that are not UTF-8 load from a folder, a pattern, a list and the shell', async t => {
  const { dir, run, count, server } = await place(t, { d: { 'ok.csv': csv(1) } })
  const bytes = Buffer.from(`${dir}/d/caf\xe9 \xff.csv`, 'latin1')
  writeFileSync(bytes, `${csv(2)}${line(3).replace('1,3', 'x,3')}`)
  const list = join(dir, 'list')
  writeFileSync(list, bytes)
  const name = `${dir}/d/caf\udce9 \udcff.csv`
  const rejects = join(dir, 'r.csv')
  const common = ['-t', 'trades', '--json', '--rejects', rejects]
  const folder = await run('load', join(dir, 'd'), ...common, '--run-id', 'bytes')
  t.equal(folder.code, 3)
  t.match(resultOf(folder), {
    rows: { confirmed: 2, rejected: 1 },
    inputs: [{ path: name, rejected: 1 }, {}],
  })
  t.match(folder.stderr, /rejected: .*caf\\xe9 \\xff\.csv/, 'escaped for people')
  const reasons = readFileSync(`${rejects}.reasons.ndjson`, 'utf8')
  t.equal((JSON.parse(reasons.split('\n')[0]!) as { file: string }).file, name)
  const again = await run('resume', 'bytes', '--json')
  t.match(resultOf(again), { exitCode: 3, rows: { read: 3, skipped: 2, rejected: 1 } })
  for (const inputs of [[join(dir, 'd', 'c*')], ['--files-from', list]]) {
    const outcome = await run('load', ...inputs, '-t', 'trades', '--on-error', 'skip')
    t.match(outcome, { code: 3, stdout: /Loaded 1 row/ })
  }
  t.equal(await count('trades'), 4)
  const argv = ['-t', 'trades', '--on-error', 'skip', '--host', `127.0.0.1:${server.port}`]
  const script = `unset NODE_OPTIONS; exec '${process.execPath}' '${bin}' load '${dir}'/d/* ${argv.join(' ')}`
  const shell = spawn('bash', ['-c', script], {})
  let printed = ''
  shell.stdout.on('data', (chunk: Buffer) => (printed += String(chunk)))
  await once(shell, 'close')
  t.match(printed, /Loaded 2 rows/)
  t.equal(await count('trades'), 6)
  const own = join(dir, 'o\udcff')
  const written = [`--json=${own}.json`, '--metrics-file', `${own}.prom`, '--trace', `${own}.txt`]
  const files = ['--rejects', `${own}.csv`, '--report', `${own}.html`, ...written]
  t.match(await run('load', name, '-t', 'trades', ...files), { code: 3 })
  const made = readdirSync(dir, 'buffer').map(one => one.toString('latin1'))
  t.equal(made.filter(one => one.startsWith('o\xff.')).length, 6)
  t.match(await run('retry', `${own}.csv`), { code: 3, stdout: /^Loaded 0 rows/ })
})

deepTest(t, 'standard input is neither one of the named files nor a folder', async t => {
  const { dir, count, server } = await place(t, { 'a.csv': csv(1) })
  const path = join(dir, 'a.csv')
  const cases = [
    [path, ['-', path], /is on standard input, too, and would be loaded twice/],
    [dir, ['-'], /standard input is a folder/],
  ] as const
  for (const [from, names, message] of cases) {
    const argv = [bin, 'load', ...names, '-t', 'trades', '--host', `127.0.0.1:${server.port}`]
    const stdin = openSync(from, 'r')
    const [node, args] = plainNode(argv)
    const child = spawn(node, args, { stdio: [stdin, 'pipe', 'pipe'] })
    let said = ''
    child.stderr!.on('data', (chunk: Buffer) => (said += String(chunk)))
    const [code] = (await once(child, 'close')) as [number]
    closeSync(stdin)
    t.equal(code, 64)
    t.match(said, message)
  }
  t.equal(await count('trades'), 0)
})
