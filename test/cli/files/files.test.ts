/*
  --json=FILE and --metrics-file: which files are replaced, written to, or left alone.
*/
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable, Readable } from 'node:stream'
import t from 'tap'
import { readFilesFrom, readScriptFile } from '../../../src/cli/files/one-file.js'
import { openTrace } from '../../../src/cli/files/output-files.js'
import { main } from '../../../src/cli/main.js'
import { openOutput } from '../../../src/cli/output/output.js'
import { fakeProcess, fileFlag, runMain, type Outcome } from '../run-cli.js'
import { deepTest } from '../../helpers/runs.js'
import { startServerFor } from '../../helpers/load-server.js'

const server = await startServerFor(t, {
  initScript: 'share streamTable(100:0, `id`price, [INT, DOUBLE]) as prices',
})
const base = ['load', '--host', `127.0.0.1:${server.port}`, '-t', 'prices']
const rows = 'id,price\n1,1\n'

const load = (...argv: string[]): Promise<Outcome> => runMain([...base, ...argv], { stdin: rows })

const options = ['--json', '--metrics-file'] as const

const starts = { '--json': '{"schema":', '--metrics-file': '# HELP ' }

t.test('a file is replaced in one step: open readers continue with the old one', async t => {
  for (const option of options) {
    const dir = t.testdir({ f: 'old and longer than what comes\n'.repeat(1000) })
    const path = join(dir, 'f')
    linkSync(path, join(dir, 'other-name'))
    const descriptor = openSync(path, 'r')
    t.equal((await load(...fileFlag(option, path))).code, 0)
    t.ok(readFileSync(path, 'utf8').startsWith(starts[option]))
    t.match(readFileSync(descriptor, 'utf8'), /^old/)
    const other = readFileSync(join(dir, 'other-name'), 'utf8')
    t.match(other, /^old/, 'another name keeps the old file')
    t.strictSame(readdirSync(dir).sort(), ['f', 'other-name'])
  }
})

t.test('all users can read a new file; a replaced one keeps its permissions', async t => {
  const before = process.umask(0)
  t.teardown(() => process.umask(before))
  for (const option of options) {
    const path = join(t.testdir({}), 'f')
    await load(...fileFlag(option, path))
    t.equal(statSync(path).mode & 0o777, 0o644)
    chmodSync(path, 0o640)
    await load(...fileFlag(option, path))
    t.equal(statSync(path).mode & 0o777, 0o640)
  }
})

t.test('a link is replaced by a file, and its target stays', async t => {
  for (const option of options) {
    const dir = t.testdir({ precious: 'mine\n' })
    for (const target of ['precious', 'nowhere']) {
      const link = join(dir, `to-${target}`)
      symlinkSync(target, link)
      t.equal((await load(...fileFlag(option, link))).code, 0)
      t.ok(lstatSync(link).isFile())
      t.ok(readFileSync(link, 'utf8').startsWith(starts[option]))
    }
    t.equal(readFileSync(join(dir, 'precious'), 'utf8'), 'mine\n')
    t.strictSame(readdirSync(dir).sort(), ['precious', 'to-nowhere', 'to-precious'])
  }
})

deepTest(t, 'devices and pipes are written to, also through a link', async t => {
  for (const option of options) {
    const dir = t.testdir()
    symlinkSync('/dev/null', join(dir, 'link'))
    for (const path of ['/dev/null', join(dir, 'link')]) {
      t.equal((await load(...fileFlag(option, path))).code, 0)
      t.ok(statSync(path).isCharacterDevice())
    }
    const expected = { code: 74, stdout: /^Loaded 1 row/, stderr: /ENOSPC/ }
    t.match(await load(...fileFlag(option, '/dev/full')), expected)
    t.ok(lstatSync('/dev/full').isCharacterDevice())
    const fifo = join(dir, 'fifo')
    execFileSync('mkfifo', [fifo])
    const [text, { code }] = await Promise.all([
      readFile(fifo, 'utf8'),
      load(...fileFlag(option, fifo)),
    ])
    t.equal(code, 0)
    t.ok(text.startsWith(starts[option]))
    t.ok(lstatSync(fifo).isFIFO())
    const { stdout } = await load(...fileFlag(option, '/dev/stdout'))
    t.ok(stdout.startsWith(starts[option]))
    t.match(stdout, /^Loaded 1 row/m)
  }
  t.ok(lstatSync('/dev/stdout').isSymbolicLink())
})

t.test('paths that cannot be written stop the run before it begins', async t => {
  const dir = t.testdir({ f: '', folder: {} })
  const before = server.counters.requests
  for (const option of options) {
    const own = ['folder', 'f/g', 'new/', 'x'.repeat(256)].map(name => `${dir}/${name}`)
    for (const path of ['/no/such/f', ...own, '/proc/f']) {
      const refused = { code: 73, stdout: '', stderr: /cannot create the .*\[DDB_OUTPUT_CREATE\]/ }
      t.match(await load(...fileFlag(option, path)), refused, path)
    }
  }
  t.equal(server.counters.requests, before)
  t.strictSame(readdirSync(dir).sort(), ['f', 'folder'])
})

t.test('a file that cannot be replaced gives exit code 74 and no temporary file', async t => {
  for (const option of options) {
    const dir = t.testdir({ f: 'old\n' })
    const path = join(dir, 'f')
    const insert = (): undefined => {
      unlinkSync(path)
      mkdirSync(join(path, 'in-the-way'), { recursive: true })
      delete server.node.faults.before
    }
    server.node.faults.before = () => ({ insert })
    const expected = { code: 74, stdout: /^Loaded 1 row/, stderr: /cannot write the/ }
    t.match(await load(...fileFlag(option, path)), expected)
    t.strictSame(readdirSync(dir), ['f'])
  }
})

t.test('if standard output cannot be written, the exit code is 74, also in the files', async t => {
  const dir = t.testdir({ 'bad.csv': `${rows}x,1\n` })
  const failing = (): Writable =>
    new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error(), { code: 'ENOSPC' })),
    })
  const run = async (...argv: string[]): Promise<{ code: number; stderr: string }> => {
    const fake = fakeProcess({ stdin: rows })
    const code = await main([...base, ...argv], { ...fake.processEnvironment, stdout: failing() })
    return { code, stderr: fake.stderr() }
  }
  const [summary, metrics] = [join(dir, 's.json'), join(dir, 'm.prom')]
  for (const json of [[], ['--json']]) {
    const { code, stderr } = await run(`--json=${summary}`, '--metrics-file', metrics, ...json)
    t.equal(code, 74)
    t.match(stderr, /cannot write standard output \(ENOSPC\) \[DDB_OUTPUT_WRITE\]/)
    t.match(JSON.parse(readFileSync(summary, 'utf8')), { exitCode: 74, rows: { confirmed: 1 } })
    const figures = readFileSync(metrics, 'utf8')
    t.match(figures, /^ddb_ingest_exit_code\{.*\} 74\n[^]*^ddb_ingest_rows\{.*"confirmed"\} 1$/m)
    t.notMatch(figures, 'last_success')
  }
  t.equal((await run('-q')).code, 0, 'nothing to write')
  t.equal(
    (await run(join(dir, 'bad.csv'), '--on-error', 'skip')).code,
    3,
    'a more serious code stays',
  )
  const usage = await run('--json', '--function', 'f', '--types', 'a:INT', `--json=${summary}`)
  t.match(usage, { code: 64, stderr: /\[DDB_USAGE\]/ })
})

/*
  The trace of a run has a line per message and no secrets. A trace that cannot be written does not end the run.
*/

const output = openOutput(fakeProcess().processEnvironment, true)

t.test('a load writes one line per message, and no password', async t => {
  const initScript = 'share streamTable(10:0, `id`name, [INT,STRING]) as target'
  const server = await startServerFor(t, { initScript })
  const dir = t.testdir({ 'in.csv': 'id,name\n1,ann\n2,bob\n', password: '123456\n' })
  chmodSync(join(dir, 'password'), 0o600)
  const trace = join(dir, 'trace')
  const host = `127.0.0.1:${server.port}`
  const args = ['load', join(dir, 'in.csv'), '--table', 'target', '--host', host]
  const login = ['--user', 'admin', '--password-file', join(dir, 'password')]
  const { code } = await runMain([...args, ...login, '-q', '--trace', trace])
  t.equal(code, 0)
  const lines = readFileSync(trace, 'utf8').trimEnd().split('\n')
  const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`
  for (const line of lines) t.match(line, new RegExp(`^${time} #[12] \\d+ [-<>] \\w+`))
  const text = lines.join('\n')
  t.match(text, /#1 0 - opened 127\.0\.0\.1:\d+\n/)
  t.match(
    text,
    /#1 \d+ > function flags=32\(apiClient\) bytes=98 scramClientFirst\(…\) \| STRING \| STRING\n/,
  )
  t.match(
    text,
    /#2 \d+ > function flags=36\(async,apiClient\) bytes=\d+ ddbIngestDeliver .*table of 2 rows: id INT, name STRING\n/,
  )
  t.match(text, /#[12] \d+ - closed$/)
  t.notMatch(text, /123456|ann|bob/)
  t.equal(statSync(trace).mode & 0o777, 0o600)
  const { code: again } = await runMain([...args, '-q', '--trace', trace])
  t.equal(again, 0)
  const both = readFileSync(trace, 'utf8')
  t.ok(both.startsWith(text), 'a trace is appended to')
  t.ok(both.length > text.length)
})

t.test('no link is followed; a trace that cannot be opened gives exit code 73', async t => {
  const dir = t.testdir({ other: 'precious\n' })
  symlinkSync(join(dir, 'other'), join(dir, 'link'))
  for (const path of [join(dir, 'link'), join(dir, 'none', 'trace'), dir]) {
    const error = { code: 'DDB_OUTPUT_CREATE', exitCode: 73 }
    t.throws(() => openTrace({ trace: path }, output), error, path)
  }
  t.equal(readFileSync(join(dir, 'other'), 'utf8'), 'precious\n')
  t.equal(openTrace({}, output), undefined)
})

t.test('a trace that can no longer be written contains a last line about this', async t => {
  const notes: string[] = []
  const noting = { ...output, note: (text: string) => void notes.push(text) }
  const full = openTrace({ trace: '/dev/full' }, noting)!
  full.write('a line')
  full.write('another')
  full[Symbol.dispose]()
  t.match(notes.splice(0), [/^the trace in \/dev\/full ends early \(ENOSPC\)$/])
  const path = join(t.testdir(), 'trace')
  writeFileSync(path, '')
  const whole = openTrace({ trace: path }, noting)!
  whole.write('a line')
  whole[Symbol.dispose]()
  t.strictSame(notes, [])
  t.equal(readFileSync(path, 'utf8'), 'a line\n')
})

const nothing = Readable.from([])

t.test('a list has one name per line, or NULs between names with line ends', async t => {
  const path = join(t.testdir(), 'list')
  const cases: [content: string, names: string[]][] = [
    ['a.csv\nb c.csv\n', ['a.csv', 'b c.csv']],
    ['\na.csv\r\n\r\nb.csv', ['a.csv', 'b.csv']],
    ['a\nb.csv\0c.csv\0', ['a\nb.csv', 'c.csv']],
    ['\ufeffa.csv\r\n\ufeffb.csv\r\n', ['a.csv', '\ufeffb.csv']],
    ['股票.csv\n', ['股票.csv']],
  ]
  for (const [content, names] of cases) {
    writeFileSync(path, content)
    t.strictSame(await readFilesFrom(path, nothing), names)
    const stdin = Readable.from([...content].map(character => Buffer.from(character)))
    t.strictSame(await readFilesFrom('-', stdin), names)
  }
})

deepTest(t, 'a path that is not a list is refused', async t => {
  const path = join(t.testdir(), 'list')
  for (const content of ['', '\n\n', 'a.csv\n-\n']) {
    writeFileSync(path, content)
    await t.rejects(readFilesFrom(path, nothing), { code: 'DDB_USAGE' }, JSON.stringify(content))
  }
  writeFileSync(path, Buffer.from('\ufeffa.csv\n', 'utf16le'))
  await t.rejects(readFilesFrom(path, nothing), { code: 'DDB_USAGE', message: /UTF-8/ })
  await t.rejects(readFilesFrom(join(path, 'no'), nothing), { code: 'DDB_INPUT_MISSING' })
  const endless = function* (): Generator<Buffer> {
    for (;;) yield Buffer.alloc(1024 * 1024, 0x61)
  }
  await t.rejects(readFilesFrom('-', Readable.from(endless())), { code: 'DDB_USAGE' })
})

t.test('names are the bytes in the list, UTF-8 or not', async t => {
  const path = join(t.testdir(), 'list')
  writeFileSync(path, Buffer.from('caf\xe9.csv\n\xb9\xc9\n', 'latin1'))
  t.strictSame(await readFilesFrom(path, nothing), ['caf\udce9.csv', '\udcb9\udcc9'])
})

t.test('a script is the text of its file', async t => {
  const path = join(t.testdir({ 'a.dos': '// 价格\n1+2\n' }), 'a.dos')
  t.equal(await readScriptFile(path, fakeProcess()), '// 价格\n1+2\n')
})

t.test('the error for a missing or unreadable script has its path', async t => {
  const dir = t.testdir()
  const missing = join(dir, 'no\u0007such.dos')
  await t.rejects(readScriptFile(missing, fakeProcess()), {
    name: 'InputError',
    code: 'DDB_INPUT_MISSING',
    message: `there is no file "${missing}"`,
    position: { file: missing },
  })
  await t.rejects(readScriptFile(dir, fakeProcess()), { message: /EISDIR/ })
})
