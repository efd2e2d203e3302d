/*
  Installs the program in each documented way, each from a new clone, with the published npm 10 and npm 11, and uses it like a user:
    node scripts/check-way.js WAY FOLDER [NPM ...]    WAY: pack, folder, start, ignored; a FOLDER for clones and installations
  `pack` and `folder` run the commands of README.md first after the clone. The installed program must run, be complete, and have its
  types; a program must be able to import and require both entries; and every packed example must print what the comment at its end says.
*/
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { sbomName, sbomText } from './npm.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const [way, where, ...asked] = process.argv.slice(2)
const folder = resolve(where)
const readJson = (...path) => JSON.parse(readFileSync(join(...path), 'utf8'))

/** The README command that installs the result of `npm pack`, or that installs the folder itself. */
function readmeCommand(what) {
  const lines = readFileSync(join(root, 'README.md'), 'utf8').split('\n')
  const found = lines.find(line => line.startsWith(`${what} && npm install -g `))
  assert.ok(found, `README.md says how to install with ${what}`)
  return found.replace(/\s+#.*$/, '')
}

/** Commands to run in the clone; `refusals` are the messages with which the installed program must refuse to start. */
const ways = {
  pack: { commands: () => [readmeCommand('npm pack')] },
  folder: { commands: () => [readmeCommand('npm run build')] },
  start: {
    // With this setting, npm does not install development tools by itself.
    environment: { NODE_ENV: 'production' },
    commands: () => ['npm start', 'npm run build', readmeCommand('npm pack')],
  },
  ignored: {
    commands: () => [
      'npm pack --ignore-scripts && npm install -g --ignore-scripts ./ddb-ingest-*.tgz',
      'npm uninstall -g ddb-ingest && npm install -g --ignore-scripts .',
    ],
    refusals: [
      /^ddb-ingest: .* pack it again without --ignore-scripts, and install that\n$/,
      /^ddb-ingest: .* run "npm run build" in .*\n$/,
    ],
  },
}

/** Installs this npm version if it is missing. Returns the folder of its programs. */
function npmPrograms(major) {
  const home = join(folder, `npm-${major}`)
  mkdirSync(home, { recursive: true })
  execFileSync('npm', ['install', '--prefix', home, '--no-audit', '--no-fund', `npm@${major}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return join(home, 'node_modules', '.bin')
}

async function check(major) {
  const { commands, refusals = [], environment } = ways[way]
  const prefix = join(folder, `${way}-${major}`)
  const clone = join(prefix, 'clone')
  mkdirSync(prefix, { recursive: true })
  execFileSync('git', ['clone', '--quiet', root, clone])
  const own = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name))
  const paths = [npmPrograms(major), join(prefix, 'bin'), process.env.PATH]
  const env = {
    ...{ ...Object.fromEntries(own), ...environment },
    ...{ PATH: paths.join(delimiter), npm_config_prefix: prefix },
  }
  const log = (...lines) => lines.map(line => console.log(`npm ${major}: ${line}`))
  /** Runs a command of a shell and returns its standard output. */
  const run = async (command, cwd = clone) => {
    log(`$ ${command}`)
    const options = { cwd, env, timeout: 600_000, maxBuffer: 2 ** 26 }
    return (await promisify(execFile)('sh', ['-c', command], options)).stdout
  }
  for (const [i, command] of commands().entries()) {
    await run(command)
    if (refusals[i] === undefined) continue
    const failure = await run('ddb-ingest load x.csv').catch(error => error)
    log(failure.stderr.trimEnd())
    assert.match(failure.stderr, refusals[i])
    assert.equal(failure.code, 78)
  }
  if (refusals.length > 0) return
  const modules = join(prefix, 'lib')
  await use(join(modules, 'node_modules', 'ddb-ingest'), run, major)
  assert.ok(existsSync(join(prefix, 'share', 'man', 'man1', 'ddb-ingest.1')), 'man finds its page')
  checkTypes(modules)
  log('typed')
  assert.equal(await run('git status --porcelain'), '', 'the clone is as it was')
}

/** Uses the installed package: the program, both entries, and what else is packed. */
async function use(installed, run, major) {
  const { version } = readJson(root, 'package.json')
  assert.equal((await run('ddb-ingest --version')).trim(), version)
  const load = 'ddb-ingest load fixtures/csv/trades.csv --table trades --json'
  const serve = 'ddb-ingest serve --port 0 --init fixtures/scripts/trades.dos'
  const { rows } = JSON.parse(
    (await run(`${serve} -- ${load}`, installed)).trim().split('\n').at(-1),
  )
  assert.equal(rows.confirmed, 1000)
  assert.equal(rows.read, 1000)
  for (const [type, from] of [
    ['module', specifier => `await import('${specifier}')`],
    ['commonjs', specifier => `require('${specifier}')`],
  ]) {
    const names = `const { load, connect } = ${from('ddb-ingest')}, { startServer } = ${from('ddb-ingest/server')}`
    const program = `${names}; console.log(typeof load, typeof connect, typeof startServer)`
    const printed = await run(
      `node --no-warnings --input-type=${type} -e "${program}"`,
      join(installed, '../..'),
    )
    assert.equal(printed.trim(), 'function function function')
  }
  const { scripts } = readJson(installed, 'package.json')
  assert.equal(scripts.prepare !== undefined, way === 'folder', 'npm asks nobody about a script')
  if (way !== 'pack') return
  // Each npm describes packages in its own way.
  const ownNpm = execFileSync('npm', ['--version'], { encoding: 'utf8' })
  if (ownNpm.startsWith(`${major}.`)) {
    assert.equal(readFileSync(join(installed, sbomName), 'utf8'), sbomText(root))
  }
  // test/guide/examples.test.ts compares the same in the checkout.
  const examples = readdirSync(join(installed, 'examples'))
  for (const name of examples) {
    const printed = await run(`node examples/${name}`, installed)
    const text = readFileSync(join(installed, 'examples', name), 'utf8')
    assert.ok(text.endsWith(`/* prints:\n${printed}*/\n`), `${name}: ${printed}`)
  }
  assert.ok(examples.length > 10, 'the examples are there')
}

/** Uses the types of both entries, and the types that their declarations import. */
const typedProgram = `
  import { connect, load, DdbError, type LoadOptions, type LoadResult, type PoolTask } from 'ddb-ingest'
  import { startServer, type EmbeddedServer } from 'ddb-ingest/server'
  export async function run(options: LoadOptions, task: PoolTask): Promise<LoadResult> {
    const server: EmbeddedServer = await startServer({ port: 0 })
    const session = await connect({ host: server.host, port: server.port })
    if (new Error() instanceof DdbError) await session.close()
    const { rows } = await load(options)
    rows.confirmed satisfies number
    // @ts-expect-error -- no such number
    return rows.imagined
  }
  import { PoolTask as value } from 'ddb-ingest'
  // @ts-expect-error -- only its type is exported
  new value()
`

/** Compiles a program against the package in a node_modules. @throws with the compiler's message if types are missing or wrong */
function checkTypes(folder) {
  writeFileSync(join(folder, 'typed-program.mts'), typedProgram)
  const options = {
    ...{ module: 'nodenext', target: 'es2023', strict: true, noEmit: true, skipLibCheck: false },
    ...{ typeRoots: [join(root, 'node_modules', '@types')], types: ['node'] },
  }
  const project = join(folder, 'typed-program.json')
  writeFileSync(project, JSON.stringify({ compilerOptions: options, files: ['typed-program.mts'] }))
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  execFileSync(process.execPath, [compiler, '-p', project], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
}

const outcomes = await Promise.allSettled((asked.length === 0 ? ['10', '11'] : asked).map(check))
for (const { reason } of outcomes.filter(({ status }) => status === 'rejected')) {
  console.log(reason)
  process.exitCode = 1
}
