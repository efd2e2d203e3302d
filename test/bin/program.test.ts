/* How the program starts: with code that V8 compiled at the build, with code that V8 rejects, and without, as from a new package. Also the
   message if a file is missing. */
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { root } from '../helpers/checkout.js'
import { plainNode } from '../helpers/plain-node.js'
import { deepTest } from '../helpers/runs.js'

/** A copy of the program, so that a test may damage its compiled code. */
function copied(t: Test): { path: string; caches: () => string[] } {
  const path = t.testdir({})
  for (const part of ['bin', 'dist']) {
    cpSync(fileURLToPath(new URL(part, root)), join(path, part), { recursive: true })
  }
  const folder = join(path, 'dist', 'script')
  const isCache = (name: string): boolean => name.endsWith('.cache')
  const caches = (): string[] =>
    readdirSync(folder)
      .filter(isCache)
      .map(name => join(folder, name))
  return { path, caches }
}

/** Takes the compiled code of the build away. */
function emptied(t: Test): ReturnType<typeof copied> {
  const copy = copied(t)
  for (const cache of copy.caches()) rmSync(cache)
  return copy
}

/** Starts the program with an unknown option. Returns whether V8 rejected the compiled code, and the exit status. */
function start(path: string, nodeOptions: string[] = []): { isRejected: unknown; status: unknown } {
  const code = `
    const { script } = await import('./bin/program.js')
    console.log(JSON.stringify({ isRejected: script?.cachedDataRejected }))`
  const looked = spawnSync(...plainNode([...nodeOptions, '--input-type=module', '-e', code]), {
    cwd: path,
    encoding: 'utf8',
  })
  const { isRejected } = JSON.parse(looked.stdout) as { isRejected?: boolean }
  const { status } = spawnSync(
    ...plainNode([...nodeOptions, join('bin', 'ddb-ingest.js'), 'load', '--unknown']),
    { cwd: path, encoding: 'utf8' },
  )
  return { isRejected, status }
}

t.test('the script has only ASCII, because its bytes are taken for characters', async t => {
  const script = readFileSync(new URL('dist/script/main.js', root), 'latin1')
  t.equal(/\P{ASCII}/u.exec(script)?.[0], undefined)
})

t.test('the Node version that built the program uses the compiled code', async t => {
  const { path } = copied(t)
  t.strictSame(start(path), { isRejected: false, status: 64 })
})

deepTest(t, 'the program starts without compiled code, with half of it, under flags', async t => {
  const { path, caches } = copied(t)
  const [cache = ''] = caches()
  t.strictSame(start(path, ['--no-opt']), { isRejected: true, status: 64 }, 'another V8')
  truncateSync(cache, 100_000)
  t.strictSame(start(path), { isRejected: true, status: 64 }, 'half')
  writeFileSync(cache, 'no code')
  t.strictSame(start(path), { isRejected: true, status: 64 }, 'no code')
  rmSync(cache)
  t.strictSame(start(path), { isRejected: undefined, status: 64 }, 'none')
})

t.test('a package keeps the compiled code of its first load, for its owner to change', async t => {
  const { path, caches } = emptied(t)
  for (const name of ['docs', 'package.json', 'fixtures/csv', 'fixtures/scripts']) {
    cpSync(fileURLToPath(new URL(name, root)), join(path, name), { recursive: true })
  }
  const demo = (): unknown =>
    spawnSync(...plainNode([join('bin', 'ddb-ingest.js'), 'demo']), { cwd: path }).status
  t.equal(start(path).status, 64)
  t.strictSame(caches(), [], 'only loads show what is needed')
  const old = process.umask(0)
  t.equal(demo(), 0)
  process.umask(old)
  t.equal(statSync(caches()[0]!).mode & 0o777, 0o644)
  t.strictSame(start(path), { isRejected: false, status: 64 })
  const script = join(path, 'dist', 'script', 'main.js')
  writeFileSync(script, readFileSync(script, 'latin1').replace(/.{8}$/, '01234567'))
  t.strictSame(start(path).isRejected, undefined, 'code of another script is not taken')
})

t.test('a library is what the command line is', async t => {
  const { path } = emptied(t)
  writeFileSync(join(path, 'package.json'), '{ "type": "module" }')
  const code = `
    const [{ UsageError, load }, server] = await Promise.all([import('./dist/index.js'), import('./dist/server/index.js')])
    const failure = await load({ inputs: [] }).catch(error => error)
    console.log(failure instanceof UsageError, typeof server.startServer)`
  const { stdout, stderr } = spawnSync(...plainNode(['--input-type=module', '-e', code]), {
    cwd: path,
    encoding: 'utf8',
  })
  t.strictSame({ stdout, stderr }, { stdout: 'true function\n', stderr: '' })
})

t.test('if a file is missing, the message names the file and the remedy', async t => {
  const { path } = copied(t)
  const refusal = (): string => {
    const command = plainNode([join('bin', 'ddb-ingest.js'), 'load', 'x.csv'])
    const { status, stdout, stderr } = spawnSync(...command, { cwd: path, encoding: 'utf8' })
    t.equal(status, 78)
    t.equal(stdout, '')
    return stderr
  }
  cpSync(fileURLToPath(new URL('package.json', root)), join(path, 'package.json'))
  t.match(refusal(), /^ddb-ingest: .*help\.json' is missing: pack it again .*\n$/, 'one file')
  rmSync(join(path, 'dist'), { recursive: true })
  t.match(refusal(), /^ddb-ingest: .*main\.js' is missing: pack it again .*\n$/, 'all files')
  mkdirSync(join(path, 'scripts'))
  writeFileSync(join(path, 'scripts', 'build.js'), '')
  t.match(refusal(), /^ddb-ingest: .* run "npm run build" in .*\n$/, 'in a checkout')
})

t.test('a command that waits for nothing more, and has not ended, is no success', t => {
  const { path } = copied(t)
  writeFileSync(join(path, 'bin', 'program.js'), 'exports.main = () => new Promise(() => {})\n')
  const { status } = spawnSync(...plainNode([join('bin', 'ddb-ingest.js'), 'load']), { cwd: path })
  t.equal(status, 70)
  t.end()
})
