/*
  --summary and --metrics-file: what is replaced, what is written to, and what is left alone.
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
} from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import t from 'tap'
import { main } from '../../../src/cli/main.js'
import { startServer } from '../../../src/server/index.js'
import { fakeProcess, runMain, type Outcome } from '../run-cli.js'

const server = await startServer({
  port: 0,
  initScript: 'share streamTable(100:0, `id`price, [INT, DOUBLE]) as prices',
})
t.teardown(() => server.close())
const base = ['load', '--port', String(server.port), '-t', 'prices']
const rows = 'id,price\n1,1\n'

const load = (...argv: string[]): Promise<Outcome> => runMain([...base, ...argv], { stdin: rows })

const options = ['--summary', '--metrics-file'] as const

/** What each of them begins with. */
const starts = { '--summary': '{"schema":', '--metrics-file': '# HELP ' }

t.test('a file is replaced in one step: who has it open goes on reading the old one', async t => {
  for (const option of options) {
    const dir = t.testdir({ f: 'old and longer than what comes\n'.repeat(1000) })
    const path = join(dir, 'f')
    linkSync(path, join(dir, 'other-name'))
    const descriptor = openSync(path, 'r')
    t.equal((await load(option, path)).code, 0)
    t.ok(readFileSync(path, 'utf8').startsWith(starts[option]))
    t.match(readFileSync(descriptor, 'utf8'), /^old/)
    t.match(
      readFileSync(join(dir, 'other-name'), 'utf8'),
      /^old/,
      'another name keeps the old file',
    )
    t.strictSame(readdirSync(dir).sort(), ['f', 'other-name'])
  }
})

t.test('a new file can be read by others, and written by its owner alone', async t => {
  const before = process.umask(0)
  t.teardown(() => process.umask(before))
  for (const option of options) {
    const path = join(t.testdir({}), 'f')
    await load(option, path)
    t.equal(statSync(path).mode & 0o777, 0o644)
  }
})

t.test('a file keeps its permissions', async t => {
  for (const option of options) {
    const path = join(t.testdir({ f: '' }), 'f')
    chmodSync(path, 0o640)
    await load(option, path)
    t.equal(statSync(path).mode & 0o777, 0o640)
  }
})

t.test('a link is replaced, not followed', async t => {
  for (const option of options) {
    const dir = t.testdir({ precious: 'mine\n' })
    for (const target of ['precious', 'nowhere']) {
      const link = join(dir, `to-${target}`)
      symlinkSync(target, link)
      t.equal((await load(option, link)).code, 0)
      t.ok(lstatSync(link).isFile())
      t.ok(readFileSync(link, 'utf8').startsWith(starts[option]))
    }
    t.equal(readFileSync(join(dir, 'precious'), 'utf8'), 'mine\n')
    t.strictSame(readdirSync(dir).sort(), ['precious', 'to-nowhere', 'to-precious'])
  }
})

t.test('devices and pipes are written to, also through a link', async t => {
  for (const option of options) {
    const dir = t.testdir()
    symlinkSync('/dev/null', join(dir, 'link'))
    for (const path of ['/dev/null', join(dir, 'link')]) {
      t.equal((await load(option, path)).code, 0)
      t.ok(statSync(path).isCharacterDevice())
    }
    t.match(await load(option, '/dev/full'), {
      code: 74,
      stdout: /^Loaded 1 row/,
      stderr: /ENOSPC/,
    })
    t.ok(lstatSync('/dev/full').isCharacterDevice())
    const fifo = join(dir, 'fifo')
    execFileSync('mkfifo', [fifo])
    const [text, { code }] = await Promise.all([readFile(fifo, 'utf8'), load(option, fifo)])
    t.equal(code, 0)
    t.ok(text.startsWith(starts[option]))
    t.ok(lstatSync(fifo).isFIFO())
    const { stdout } = await load(option, '/dev/stdout')
    t.ok(stdout.startsWith(starts[option]))
    t.match(stdout, /^Loaded 1 row/m)
  }
  t.ok(lstatSync('/dev/stdout').isSymbolicLink())
})

t.test('paths that cannot be written stop the run before it begins', async t => {
  const dir = t.testdir({ f: '', folder: {} })
  const before = server.counters.requests
  for (const option of options) {
    for (const path of [
      '/no/such/f',
      join(dir, 'folder'),
      join(dir, 'f/g'),
      join(dir, 'new/'),
      '/proc/f',
    ]) {
      const outcome = await load(option, path)
      t.match(
        outcome,
        { code: 73, stdout: '', stderr: /cannot create the .*\[DDB_OUTPUT_CREATE\]/ },
        path,
      )
    }
  }
  t.equal(server.counters.requests, before)
  t.strictSame(readdirSync(dir).sort(), ['f', 'folder'])
})

t.test(
  'a file that cannot be replaced in the end is 74, and nothing is left beside it',
  async t => {
    for (const option of options) {
      const dir = t.testdir({ f: 'old\n' })
      const path = join(dir, 'f')
      server.node.beforeWrite = () => {
        unlinkSync(path)
        mkdirSync(join(path, 'in-the-way'), { recursive: true })
        server.node.beforeWrite = undefined
        return undefined
      }
      t.match(await load(option, path), {
        code: 74,
        stdout: /^Loaded 1 row/,
        stderr: /cannot write the/,
      })
      t.strictSame(readdirSync(dir), ['f'])
    }
  },
)

t.test('standard output that cannot be written is 74, and the files say so', async t => {
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
  const summary = join(dir, 's.json')
  for (const json of [[], ['--json']]) {
    const { code, stderr } = await run('--summary', summary, ...json)
    t.equal(code, 74)
    t.match(stderr, /cannot write standard output \(ENOSPC\) \[DDB_OUTPUT_WRITE\]/)
    t.match(JSON.parse(readFileSync(summary, 'utf8')), { exitCode: 74, rows: { confirmed: 1 } })
  }
  t.equal((await run('-q')).code, 0, 'nothing was to be written')
  t.equal((await run(join(dir, 'bad.csv'), '--on-error', 'skip')).code, 3, 'a graver code stays')
  const usage = await run('--json', '--function', 'f', '--types', 'a:INT', '--summary', summary)
  t.match(usage, { code: 64, stderr: /\[DDB_USAGE\]/ })
})
