/* The script that runs before `npm start` and `npm test`. The checkout of these tests has two files, and its compiler and npm only record
   their calls. */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { root } from '../helpers/checkout.js'
import { plainNode } from '../helpers/plain-node.js'
import { deepTest } from '../helpers/runs.js'

/** Writes what the sources say into files of a folder. */
const compiled = (tool: string, folder: string, ...names: string[]): string => `
  const { appendFileSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs')
  appendFileSync('calls', '${tool}\\n')
  mkdirSync(${folder} + '/server', { recursive: true })
  mkdirSync(${folder} + '/script', { recursive: true })
  const made = readFileSync('src/a.ts', 'utf8')
  for (const name of ${JSON.stringify(names)}) writeFileSync(${folder} + '/' + name, made)
  const isWrong = made.includes('wrong')`

const esbuild = `exports.build = async () => {
  ${compiled('esbuild', "'dist'", 'script/main.js')}
  if (isWrong) throw new Error('wrong')
  return { metafile: { inputs: {} } }
}`

/** Stands for what runs the script. */
const program = `exports.entries = { index: () => ({ a: 1 }), 'server/index': () => ({ a: 1 }) }`

const typescript = `${compiled('tsc', 'process.argv.at(-1)', 'index.d.ts', 'server/index.d.ts')}
  if (isWrong) process.exitCode = 2`

/** The declarations export `a`, which the program exports too, and also `b`. */
const rollup = `exports.rollup = async () => ({
  generate: async () => ({ output: [{ code: 'export { a, b };\\nexport type { C };' }] }),
})`

const dts = 'exports.dts = () => undefined'

const npm = `
  const { appendFileSync, cpSync } = require('node:fs')
  if (process.argv[2] === 'sbom') {
    console.log(process.env.SBOM)
    process.exit()
  }
  appendFileSync('calls', 'npm ' + process.argv.slice(2).join(' ') + '\\n')
  if (process.env.OFFLINE) process.exitCode = 1
  else cpSync('package-lock.json', 'node_modules/.package-lock.json')`

/** The tools that a package needs. Each has a different version, so that no tool can be mistaken for another. */
const tools = {
  esbuild: '0.1.0',
  typescript: '0.2.0',
  rollup: 'npm:rollup-elsewhere@0.3.0',
  'rollup-plugin-dts': '0.4.0',
  '@types/node': '0.5.0',
  '@types/ws': '0.6.0',
}
/** A tool that only tests use. */
const tester = { tap: '0.8.0' }

const lock = (version: string): string =>
  JSON.stringify({
    packages: {
      '': { name: 'x' },
      'node_modules/needed': { version, integrity: `sha512-${version}` },
      ...Object.fromEntries(
        Object.entries({ ...tools, ...tester }).map(([name, version]) => [
          `node_modules/${name}`,
          { version, integrity: `sha512-${name}`, dev: true },
        ]),
      ),
      'node_modules/elsewhere': { version: '1.0.0', optional: true },
    },
  })

/** npm's record of installed packages after the installation of only these tools. */
const withTools = (...names: string[]): string => {
  const { packages } = JSON.parse(lock('1.0.0')) as { packages: Record<string, { dev?: true }> }
  const kept = Object.entries(packages).filter(
    ([path, { dev }]) => !dev || names.includes(path.replace('node_modules/', '')),
  )
  return JSON.stringify({ packages: Object.fromEntries(kept) })
}

/** Creates a checkout that is complete except for its build. */
function makeCheckout(t: Test) {
  const path = t.testdir({
    'package.json': JSON.stringify({ type: 'module', dependencies: {}, devDependencies: tools }),
    'package-lock.json': lock('1.0.0'),
    'tsconfig.json': '{}',
    'tsconfig.build.json': '{}',
    src: { 'a.ts': 'export const a = 1', 'b.ts': 'export const b = 2' },
    bin: { 'package.json': '{}', 'program.js': program },
    node_modules: {
      '.package-lock.json': lock('1.0.0'),
      esbuild: { 'package.json': '{ "main": "main.js" }', 'main.js': esbuild },
      typescript: { 'package.json': '{}', bin: { tsc: typescript } },
      rollup: { 'package.json': '{ "main": "main.js" }', 'main.js': rollup },
      'rollup-plugin-dts': { 'package.json': '{ "main": "main.js" }', 'main.js': dts },
      npm: { 'package.json': '{}', 'npm-cli.js': npm },
    },
  })
  for (const name of ['prepare-checkout.js', 'build.js', 'npm.js']) {
    cpSync(fileURLToPath(new URL(`scripts/${name}`, root)), join(path, 'scripts', name))
  }
  const run = (script: string, env: object = {}) => {
    rmSync(join(path, 'calls'), { force: true })
    const npmPath = join(path, 'node_modules', 'npm', 'npm-cli.js')
    const { status, stdout, stderr } = spawnSync(...plainNode(script.split(' ')), {
      cwd: path,
      encoding: 'utf8',
      env: { ...process.env, npm_execpath: npmPath, npm_config_local_prefix: path, ...env },
    })
    const calls = existsSync(join(path, 'calls')) ? readFileSync(join(path, 'calls'), 'utf8') : ''
    return { status, stdout, stderr, calls: calls.trimEnd().split('\n').filter(Boolean) }
  }
  return { run, path }
}

const prepare = 'scripts/prepare-checkout.js'
const prepareTests = `${prepare} --tools`
const preparePackage = `${prepare} --package`
const quietly = '--ignore-scripts --no-audit --no-fund --loglevel=error'
/** Undo the options that `npm install -g` and `npm pack --dry-run` pass on to the npm that they start. */
const here = '--no-global --location=project --no-install-links --no-dry-run'
const installAll = `npm ci --include=dev ${quietly} ${here}`
const installSome = (...names: (keyof typeof tools)[]): string =>
  `npm install --omit=dev --no-save --save-prod ${names.map(name => `${name}@${tools[name]}`).join(' ')} ${quietly} ${here}`
const installFew = installSome('esbuild')
const packingTools = Object.keys(tools) as (keyof typeof tools)[]
/** The output of `npm sbom` for a package without dependencies. */
const emptySbom = JSON.stringify({
  metadata: { component: { 'bom-ref': 'x@1', purl: 'pkg:npm/x@1' } },
  components: [],
  dependencies: [{ ref: 'x@1', dependsOn: [] }],
})

deepTest(t, 'a checkout without a build is compiled once; after that, nothing happens', async t => {
  const { run } = makeCheckout(t)
  const first = run(prepare)
  t.equal(first.status, 0)
  t.strictSame(first.calls, ['esbuild'])
  t.equal(first.stdout, '', 'standard output is left to the program')
  t.strictSame(run(prepare), { status: 0, stdout: '', stderr: '', calls: [] })
  t.strictSame(run(prepareTests), { status: 0, stdout: '', stderr: '', calls: [] })
})

deepTest(t, 'after a file is changed, added, removed or lost, all is compiled again', async t => {
  const { run, path } = makeCheckout(t)
  run(prepare)
  const changes: [string, () => void][] = [
    ['changed', () => writeFileSync(join(path, 'src', 'b.ts'), 'export const b = 3')],
    ['new', () => writeFileSync(join(path, 'src', 'c.ts'), 'export const c = 3')],
    ['removed', () => rmSync(join(path, 'src', 'c.ts'))],
    ['lost', () => rmSync(join(path, 'dist', 'index.js'))],
    ['lost command line', () => rmSync(join(path, 'dist', 'script', 'main.js'))],
    ['settings', () => writeFileSync(join(path, 'tsconfig.json'), '{ "files": [] }')],
  ]
  for (const [name, change] of changes) {
    change()
    writeFileSync(join(path, 'dist', 'stale.js'), '')
    t.strictSame(run(prepare).calls, ['esbuild'], name)
    t.strictSame(run(prepare).calls, [], `${name}, and then no more`)
    t.notOk(existsSync(join(path, 'dist', 'stale.js')), 'the earlier output is gone')
  }
})

deepTest(t, 'a build with errors ends the command, and the next command tries again', async t => {
  const { run, path } = makeCheckout(t)
  run(prepare)
  writeFileSync(join(path, 'src', 'a.ts'), 'wrong')
  t.equal(run(prepare).status, 1)
  t.equal(run(prepare).status, 1)
  writeFileSync(join(path, 'src', 'a.ts'), 'export const a = 1')
  t.equal(run(prepare).status, 0)
})

deepTest(t, 'packages are installed if missing or if the lock file has other versions', async t => {
  for (const [command, install, made] of [
    [prepare, installFew, ['esbuild']],
    [prepareTests, installAll, ['esbuild']],
  ] as const) {
    const { run, path } = makeCheckout(t)
    run(command)
    rmSync(join(path, 'node_modules', '.package-lock.json'))
    t.strictSame(run(command).calls, [install], 'no record')
    writeFileSync(join(path, 'package-lock.json'), lock('1.0.1'))
    t.strictSame(run(command).calls, [install, ...made], 'another version, so another build')
    writeFileSync(join(path, 'node_modules', '.package-lock.json'), '{ "packages": {')
    t.strictSame(run(command).calls, [install], 'half a record')
    t.strictSame(run(command).calls, [], 'builds for other platforms are not missed')
  }
})

deepTest(t, 'for each purpose, exactly the necessary tools are installed', async t => {
  const { run, path } = makeCheckout(t)
  const record = (text: string): void =>
    writeFileSync(join(path, 'node_modules', '.package-lock.json'), text)
  record(withTools())
  t.strictSame(run(prepare).calls, [installFew, 'esbuild'])
  record(withTools('esbuild'))
  t.strictSame(run(prepare).calls, [])
  const packed = run(preparePackage, { SBOM: emptySbom })
  t.strictSame(packed.calls, [installSome(...packingTools), 'tsc'])
  record(withTools(...packingTools))
  t.strictSame(run(preparePackage, { SBOM: emptySbom }).calls, [])
  t.strictSame(run(prepareTests).calls, [installAll])
})

deepTest(t, 'a package is complete: when the program is rebuilt, its types are, too', async t => {
  const { run, path } = makeCheckout(t)
  run(preparePackage, { SBOM: emptySbom })
  rmSync(join(path, 'dist', 'server', 'index.js'))
  t.strictSame(run(preparePackage, { SBOM: emptySbom }).calls, ['esbuild', 'tsc'])
  t.ok(existsSync(join(path, 'dist', 'index.d.ts')))
})

deepTest(t, 'an installation that fails ends the command and prints the remedy', async t => {
  const { run, path } = makeCheckout(t)
  rmSync(join(path, 'node_modules', '.package-lock.json'))
  const { status, stderr, calls } = run(prepare, { OFFLINE: '1' })
  t.equal(status, 1)
  t.match(stderr, /run `npm ci`/)
  t.strictSame(calls, [installFew], 'nothing is compiled')
})

deepTest(t, 'packages of a subfolder are installed in that folder', async t => {
  const { run, path } = makeCheckout(t)
  run(prepareTests)
  mkdirSync(join(path, 'extra', 'node_modules'), { recursive: true })
  writeFileSync(join(path, 'extra', 'package-lock.json'), lock('1.0.0'))
  t.strictSame(run(prepareTests).calls, [], 'only on request')
  const first = run(`${prepareTests} extra`)
  t.equal(first.status, 0)
  t.strictSame(first.calls, [], 'npm did not run in the checkout')
  t.equal(readFileSync(join(path, 'extra', 'calls'), 'utf8').trim(), installAll)
  t.match(first.stderr, /installing packages of extra/)
  t.strictSame(run(`${prepareTests} extra`), { status: 0, stdout: '', stderr: '', calls: [] })
})

deepTest(t, 'if packages of a subfolder cannot be installed, the rest is still done', async t => {
  const { run, path } = makeCheckout(t)
  mkdirSync(join(path, 'extra'))
  writeFileSync(join(path, 'extra', 'package-lock.json'), lock('1.0.0'))
  const { status, stderr, calls } = run(`${prepareTests} extra`, { OFFLINE: '1' })
  t.equal(status, 0)
  t.match(stderr, /what extra is for will be skipped/)
  t.strictSame(calls, ['esbuild'], 'the checkout is compiled')
})

deepTest(t, 'npm ci without development tools succeeds and says: nothing was compiled', async t => {
  const { run, path } = makeCheckout(t)
  writeFileSync(join(path, 'node_modules', '.package-lock.json'), withTools())
  const { status, stderr, calls } = run(`${prepare} --prepare`)
  t.equal(status, 0)
  t.match(stderr, /not compiled/)
  t.strictSame(calls, [])
})

deepTest(t, 'a package that npm creates for another folder is complete, or npm fails', async t => {
  const { run, path } = makeCheckout(t)
  writeFileSync(join(path, 'node_modules', '.package-lock.json'), withTools())
  const elsewhere = { npm_config_local_prefix: '/', SBOM: emptySbom }
  t.equal(run(`${prepare} --prepare`, { ...elsewhere, OFFLINE: '1' }).status, 1)
  const { status, calls } = run(`${prepare} --prepare`, elsewhere)
  t.equal(status, 0)
  t.strictSame(calls, [installSome(...packingTools), 'esbuild', 'tsc'])
  t.ok(existsSync(join(path, 'sbom.cdx.json')))
})
