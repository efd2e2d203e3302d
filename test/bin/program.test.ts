/*
  How the program starts: with code that V8 compiled at the build, with code that V8 rejects, and from a package, which
  has no compiled code. Also the message if a file is missing.
*/
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { root } from '../helpers/checkout.js'
import { plainNode } from '../helpers/plain-node.js'
import { deepTest } from '../helpers/runs.js'

/** A copy of the program, so that a test may damage its compiled code. */
function copied(t: Test): { path: string; cache: string } {
  const path = t.testdir({})
  for (const part of ['bin', 'dist']) {
    cpSync(fileURLToPath(new URL(part, root)), join(path, part), { recursive: true })
  }
  return { path, cache: join(path, 'dist', 'script', 'main.cache') }
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
  const { path, cache } = copied(t)
  t.strictSame(start(path, ['--no-opt']), { isRejected: true, status: 64 }, 'another V8')
  truncateSync(cache, 100_000)
  t.strictSame(start(path), { isRejected: true, status: 64 }, 'half')
  writeFileSync(cache, 'no code')
  t.strictSame(start(path), { isRejected: true, status: 64 }, 'no code')
  rmSync(cache)
  t.strictSame(start(path), { isRejected: undefined, status: 64 }, 'none')
})

deepTest(t, 'a package has no compiled code and starts from its modules', async t => {
  const { path } = copied(t)
  rmSync(join(path, 'dist', 'script'), { recursive: true })
  t.strictSame(start(path), { isRejected: undefined, status: 64 })
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
  rmSync(join(path, 'dist', 'script'), { recursive: true })
  rmSync(join(path, 'dist', 'cli', 'dispatch.js'))
  t.match(refusal(), /^ddb-ingest: .*dispatch\.js' is missing: pack it again .*\n$/, 'one file')
  rmSync(join(path, 'dist'), { recursive: true })
  t.match(refusal(), /^ddb-ingest: .*main\.js' is missing: pack it again .*\n$/, 'all files')
  mkdirSync(join(path, 'scripts'))
  writeFileSync(join(path, 'scripts', 'build.js'), '')
  t.match(refusal(), /^ddb-ingest: .* run "npm run build" in .*\n$/, 'in a checkout')
})
