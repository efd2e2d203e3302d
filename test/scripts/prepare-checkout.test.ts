/*
  What runs before `npm start` and `npm test`, on a checkout of two files with a compiler and an npm that write down
  what they were asked for.
*/
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { root } from '../helpers/checkout.js'
import { plainNode } from '../helpers/plain-node.js'

const compiler = `
  const { cpSync, mkdirSync, readdirSync, appendFileSync, readFileSync } = require('node:fs')
  appendFileSync('calls', 'tsc\\n')
  mkdirSync('dist', { recursive: true })
  for (const name of readdirSync('src')) cpSync('src/' + name, 'dist/' + name.replace('.ts', '.js'))
  if (readFileSync('src/a.ts', 'utf8').includes('wrong')) process.exitCode = 2`

const npm = `
  const { appendFileSync, cpSync } = require('node:fs')
  appendFileSync('calls', 'npm ' + process.argv.slice(2).join(' ') + '\\n')
  if (process.env.OFFLINE) process.exitCode = 1
  else cpSync('package-lock.json', 'node_modules/.package-lock.json')`

const lock = (version: string): string =>
  JSON.stringify({
    packages: {
      '': { name: 'x' },
      'node_modules/typescript': { version, integrity: `sha512-${version}` },
      'node_modules/elsewhere': { version: '1.0.0', optional: true },
    },
  })

/** Makes a checkout that lacks nothing but its build. */
function makeCheckout(t: Test): { run: (script: string, env?: object) => Outcome; path: string } {
  const path = t.testdir({
    'package.json': '{ "type": "module" }',
    'package-lock.json': lock('6.0.3'),
    'tsconfig.json': '{}',
    'tsconfig.build.json': '{}',
    src: { 'a.ts': 'export const a = 1', 'b.ts': 'export const b = 2' },
    node_modules: {
      '.package-lock.json': JSON.stringify({
        packages: { 'node_modules/typescript': { version: '6.0.3', integrity: 'sha512-6.0.3' } },
      }),
      typescript: { 'package.json': '{}', bin: { tsc: compiler } },
      npm: { 'package.json': '{}', 'npm-cli.js': npm },
    },
  })
  for (const name of ['prepare-checkout.js', 'build.js']) {
    cpSync(fileURLToPath(new URL(`scripts/${name}`, root)), join(path, 'scripts', name))
  }
  const run = (script: string, env: object = {}): Outcome => {
    rmSync(join(path, 'calls'), { force: true })
    const npmPath = join(path, 'node_modules', 'npm', 'npm-cli.js')
    const { status, stdout, stderr } = spawnSync(...plainNode(script.split(' ')), {
      cwd: path,
      encoding: 'utf8',
      env: { ...process.env, npm_execpath: npmPath, ...env },
    })
    const calls = existsSync(join(path, 'calls')) ? readFileSync(join(path, 'calls'), 'utf8') : ''
    return { status, stdout, stderr, calls: calls.trimEnd().split('\n').filter(Boolean) }
  }
  return { run, path }
}

interface Outcome {
  status: number | null
  stdout: string
  stderr: string
  calls: string[]
}

const prepare = 'scripts/prepare-checkout.js'
const install = 'npm ci --include=dev --ignore-scripts --no-audit --no-fund --loglevel=error'

t.test('a checkout without a build is compiled once, then left alone in silence', async t => {
  const { run } = makeCheckout(t)
  const first = run(prepare)
  t.equal(first.status, 0)
  t.strictSame(first.calls, ['tsc'])
  t.equal(first.stdout, '', 'standard output is left to the program')
  t.strictSame(run(prepare), { status: 0, stdout: '', stderr: '', calls: [] })
})

t.test('a changed, a new, a removed and a lost file are each compiled again', async t => {
  const { run, path } = makeCheckout(t)
  run(prepare)
  const changes: [string, () => void][] = [
    ['changed', () => writeFileSync(join(path, 'src', 'b.ts'), 'export const b = 3')],
    ['new', () => writeFileSync(join(path, 'src', 'c.ts'), 'export const c = 3')],
    ['removed', () => rmSync(join(path, 'src', 'c.ts'))],
    ['lost', () => rmSync(join(path, 'dist', 'a.js'))],
    ['settings', () => writeFileSync(join(path, 'tsconfig.json'), '{ "files": [] }')],
  ]
  for (const [name, change] of changes) {
    change()
    t.strictSame(run(prepare).calls, ['tsc'], name)
    t.strictSame(run(prepare).calls, [], `${name}, and then no more`)
  }
  t.notOk(existsSync(join(path, 'dist', 'c.js')), 'the output of a removed source is gone')
})

t.test('a build with errors ends the command, and the next one tries again', async t => {
  const { run, path } = makeCheckout(t)
  run(prepare)
  writeFileSync(join(path, 'src', 'a.ts'), 'wrong')
  t.equal(run(prepare).status, 2)
  t.equal(run(prepare).status, 2)
  writeFileSync(join(path, 'src', 'a.ts'), 'export const a = 1')
  t.equal(run(prepare).status, 0)
})

t.test('packages are installed when there are none or other versions are locked', async t => {
  const { run, path } = makeCheckout(t)
  run(prepare)
  rmSync(join(path, 'node_modules', '.package-lock.json'))
  t.strictSame(run(prepare).calls, [install], 'none recorded')
  writeFileSync(join(path, 'package-lock.json'), lock('6.0.4'))
  t.strictSame(run(prepare).calls, [install, 'tsc'], 'another compiler, so another build')
  writeFileSync(join(path, 'node_modules', '.package-lock.json'), '{ "packages": {')
  t.strictSame(run(prepare).calls, [install], 'half a record')
  t.strictSame(run(prepare).calls, [], 'builds for other platforms are not missed')
})

t.test('a failed installation ends the command with what to do', async t => {
  const { run, path } = makeCheckout(t)
  rmSync(join(path, 'node_modules', '.package-lock.json'))
  const { status, stderr, calls } = run(prepare, { OFFLINE: '1' })
  t.equal(status, 1)
  t.match(stderr, /run `npm ci`/)
  t.strictSame(calls, [install], 'nothing is compiled')
})

t.test('a folder with packages of its own gets them, in itself', async t => {
  const { run, path } = makeCheckout(t)
  run(prepare)
  mkdirSync(join(path, 'extra', 'node_modules'), { recursive: true })
  writeFileSync(join(path, 'extra', 'package-lock.json'), lock('1.0.0'))
  t.strictSame(run(prepare).calls, [], 'only when it is asked for')
  const first = run(`${prepare} extra`)
  t.equal(first.status, 0)
  t.strictSame(first.calls, [], 'npm did not run in the checkout')
  t.equal(readFileSync(join(path, 'extra', 'calls'), 'utf8').trim(), install)
  t.match(first.stderr, /installing packages of extra/)
  t.strictSame(run(`${prepare} extra`), { status: 0, stdout: '', stderr: '', calls: [] })
})

t.test('packages of a folder that cannot be had do not stop the rest', async t => {
  const { run, path } = makeCheckout(t)
  mkdirSync(join(path, 'extra'))
  writeFileSync(join(path, 'extra', 'package-lock.json'), lock('1.0.0'))
  const { status, stderr, calls } = run(`${prepare} extra`, { OFFLINE: '1' })
  t.equal(status, 0)
  t.match(stderr, /tests of extra will be skipped/)
  t.strictSame(calls, ['tsc'], 'the checkout is compiled')
})

t.test('npm ci without development tools succeeds, and says that nothing was compiled', async t => {
  const { run, path } = makeCheckout(t)
  rmSync(join(path, 'node_modules', 'typescript'), { recursive: true })
  const { status, stderr } = run('scripts/build.js --if-needed')
  t.equal(status, 0)
  t.match(stderr, /not compiled/)
})

t.test('npm run build compiles even when nothing changed', async t => {
  const { run } = makeCheckout(t)
  t.strictSame(run('scripts/build.js').calls, ['tsc'])
  t.strictSame(run('scripts/build.js').calls, ['tsc'])
  t.strictSame(run('scripts/build.js --if-needed').calls, [])
})
