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

/** Puts a file with the ending given in the place of each of the three entries. */
const compiled = (tool: string, ending: string): string => `
  const { appendFileSync, cpSync, mkdirSync, readFileSync } = require('node:fs')
  appendFileSync('calls', '${tool}\\n')
  for (const entry of ['cli/main', 'index', 'server/index']) {
    mkdirSync('dist/cli', { recursive: true })
    mkdirSync('dist/server', { recursive: true })
    cpSync('src/a.ts', 'dist/' + entry + '${ending}')
  }
  const isWrong = readFileSync('src/a.ts', 'utf8').includes('wrong')`

/** The command line is asked for behind the others, as a file of its own. */
const esbuild = `exports.build = async ({ outfile }) => {
  if (outfile !== undefined) return void require('node:fs').writeFileSync(outfile, '')
  ${compiled('esbuild', '.js')}
  if (isWrong) throw new Error('wrong')
}`

const typescript = `${compiled('tsc', '.d.ts')}
  if (isWrong) process.exitCode = 2`

const npm = `
  const { appendFileSync, cpSync } = require('node:fs')
  appendFileSync('calls', 'npm ' + process.argv.slice(2).join(' ') + '\\n')
  if (process.env.OFFLINE) process.exitCode = 1
  else cpSync('package-lock.json', 'node_modules/.package-lock.json')`

const lock = (version: string): string =>
  JSON.stringify({
    packages: {
      '': { name: 'x' },
      'node_modules/needed': { version, integrity: `sha512-${version}` },
      'node_modules/esbuild': { version: '0.28.2', integrity: 'sha512-e', dev: true },
      'node_modules/typescript': { version: '6.0.3', integrity: 'sha512-t', dev: true },
      'node_modules/elsewhere': { version: '1.0.0', optional: true },
    },
  })

/** Makes a checkout that lacks nothing but its build. */
function makeCheckout(t: Test): { run: (script: string, env?: object) => Outcome; path: string } {
  const path = t.testdir({
    'package.json': '{ "type": "module" }',
    'package-lock.json': lock('1.0.0'),
    'tsconfig.json': '{}',
    'tsconfig.build.json': '{}',
    src: { 'a.ts': 'export const a = 1', 'b.ts': 'export const b = 2' },
    node_modules: {
      '.package-lock.json': lock('1.0.0'),
      esbuild: { 'package.json': '{ "main": "main.js" }', 'main.js': esbuild },
      typescript: { 'package.json': '{}', bin: { tsc: typescript } },
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
const prepareTests = `${prepare} --tools`
const quietly = '--ignore-scripts --no-audit --no-fund --loglevel=error'
const installAll = `npm ci --include=dev ${quietly}`
const installFew = `npm install --omit=dev --no-save --save-prod esbuild@0.28.2 ${quietly}`

t.test('a checkout without a build is compiled once, then left alone in silence', async t => {
  const { run } = makeCheckout(t)
  const first = run(prepare)
  t.equal(first.status, 0)
  t.strictSame(first.calls, ['esbuild'])
  t.equal(first.stdout, '', 'standard output is left to the program')
  t.strictSame(run(prepare), { status: 0, stdout: '', stderr: '', calls: [] })
  t.strictSame(run(prepareTests).calls, ['tsc'], 'tests want the types as well')
  t.strictSame(run(prepareTests), { status: 0, stdout: '', stderr: '', calls: [] })
  t.strictSame(run(prepare).calls, [], 'which the program can do without')
})

t.test('a changed, a new, a removed and a lost file are each compiled again', async t => {
  const { run, path } = makeCheckout(t)
  run(prepare)
  const changes: [string, () => void][] = [
    ['changed', () => writeFileSync(join(path, 'src', 'b.ts'), 'export const b = 3')],
    ['new', () => writeFileSync(join(path, 'src', 'c.ts'), 'export const c = 3')],
    ['removed', () => rmSync(join(path, 'src', 'c.ts'))],
    ['lost', () => rmSync(join(path, 'dist', 'index.js'))],
    ['lost command line', () => rmSync(join(path, 'dist', 'cli', 'dispatch.js'))],
    ['settings', () => writeFileSync(join(path, 'tsconfig.json'), '{ "files": [] }')],
  ]
  for (const [name, change] of changes) {
    change()
    writeFileSync(join(path, 'dist', 'stale.js'), '')
    t.strictSame(run(prepare).calls, ['esbuild'], name)
    t.strictSame(run(prepare).calls, [], `${name}, and then no more`)
    t.notOk(existsSync(join(path, 'dist', 'stale.js')), 'what was made before is gone')
  }
})

t.test('a build with errors ends the command, and the next one tries again', async t => {
  const { run, path } = makeCheckout(t)
  run(prepare)
  writeFileSync(join(path, 'src', 'a.ts'), 'wrong')
  t.equal(run(prepare).status, 1)
  t.equal(run(prepare).status, 1)
  writeFileSync(join(path, 'src', 'a.ts'), 'export const a = 1')
  t.equal(run(prepare).status, 0)
})

t.test('packages are installed when they are missing or other versions are locked', async t => {
  for (const [command, install, made] of [
    [prepare, installFew, ['esbuild']],
    [prepareTests, installAll, ['esbuild', 'tsc']],
  ] as const) {
    const { run, path } = makeCheckout(t)
    run(command)
    rmSync(join(path, 'node_modules', '.package-lock.json'))
    t.strictSame(run(command).calls, [install], 'none recorded')
    writeFileSync(join(path, 'package-lock.json'), lock('1.0.1'))
    t.strictSame(run(command).calls, [install, ...made], 'another version, so another build')
    writeFileSync(join(path, 'node_modules', '.package-lock.json'), '{ "packages": {')
    t.strictSame(run(command).calls, [install], 'half a record')
    t.strictSame(run(command).calls, [], 'builds for other platforms are not missed')
  }
})

t.test('running the program takes no tools but the compiler; tests complete them', async t => {
  const { run, path } = makeCheckout(t)
  const { packages } = JSON.parse(lock('1.0.0')) as { packages: Record<string, object> }
  const few = Object.entries(packages).filter(([name]) => !name.endsWith('typescript'))
  const record = JSON.stringify({ packages: Object.fromEntries(few) })
  writeFileSync(join(path, 'node_modules', '.package-lock.json'), record)
  t.strictSame(run(prepare).calls, ['esbuild'])
  t.strictSame(run(prepareTests).calls, [installAll, 'tsc'])
})

t.test('a failed installation ends the command with what to do', async t => {
  const { run, path } = makeCheckout(t)
  rmSync(join(path, 'node_modules', '.package-lock.json'))
  const { status, stderr, calls } = run(prepare, { OFFLINE: '1' })
  t.equal(status, 1)
  t.match(stderr, /run `npm ci`/)
  t.strictSame(calls, [installFew], 'nothing is compiled')
})

t.test('a folder with packages of its own gets them, in itself', async t => {
  const { run, path } = makeCheckout(t)
  run(prepareTests)
  mkdirSync(join(path, 'extra', 'node_modules'), { recursive: true })
  writeFileSync(join(path, 'extra', 'package-lock.json'), lock('1.0.0'))
  t.strictSame(run(prepareTests).calls, [], 'only when it is asked for')
  const first = run(`${prepareTests} extra`)
  t.equal(first.status, 0)
  t.strictSame(first.calls, [], 'npm did not run in the checkout')
  t.equal(readFileSync(join(path, 'extra', 'calls'), 'utf8').trim(), installAll)
  t.match(first.stderr, /installing packages of extra/)
  t.strictSame(run(`${prepareTests} extra`), { status: 0, stdout: '', stderr: '', calls: [] })
})

t.test('packages of a folder that cannot be had do not stop the rest', async t => {
  const { run, path } = makeCheckout(t)
  mkdirSync(join(path, 'extra'))
  writeFileSync(join(path, 'extra', 'package-lock.json'), lock('1.0.0'))
  const { status, stderr, calls } = run(`${prepareTests} extra`, { OFFLINE: '1' })
  t.equal(status, 0)
  t.match(stderr, /tests of extra will be skipped/)
  t.strictSame(calls, ['esbuild', 'tsc'], 'the checkout is compiled')
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
  t.strictSame(run('scripts/build.js').calls, ['esbuild', 'tsc'])
  t.strictSame(run('scripts/build.js').calls, ['esbuild', 'tsc'])
  t.strictSame(run('scripts/build.js --if-needed').calls, [])
})
