/*
  Installs the program in each documented way, each from a new clone, with the published npm 10 and npm 11:
    node scripts/check-way.js WAY FOLDER [NPM ...]    WAY: pack, folder, start, ignored; a FOLDER for clones and installations
  `pack` and `folder` run the commands of README.md first after the clone. The installed program must run, be complete, and have its
  types.
*/
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { checkTypes } from './package-contents.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const [way, where, ...asked] = process.argv.slice(2)
const folder = resolve(where)
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

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
    commands: () => [
      'npm start',
      readmeCommand('npm run build').replace(/ && .*$/, ''),
      readmeCommand('npm pack'),
    ],
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

const run = promisify(execFile)

async function check(major) {
  const { commands, refusals = [], environment } = ways[way]
  const prefix = join(folder, `${way}-${major}`)
  const clone = join(prefix, 'clone')
  mkdirSync(prefix, { recursive: true })
  execFileSync('git', ['clone', '--quiet', root, clone])
  const own = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name))
  const paths = [npmPrograms(major), join(prefix, 'bin'), process.env.PATH]
  const options = {
    cwd: clone,
    timeout: 600_000,
    maxBuffer: 2 ** 26,
    env: {
      ...Object.fromEntries(own),
      ...environment,
      PATH: paths.join(delimiter),
      npm_config_prefix: prefix,
    },
  }
  const log = (...lines) => lines.map(line => console.log(`npm ${major}: ${line}`))
  for (const [i, command] of commands().entries()) {
    log(`$ ${command}`)
    await run('sh', ['-c', command], options)
    if (refusals[i] !== undefined) {
      const failure = await run('ddb-ingest', ['load', 'x.csv'], options).catch(error => error)
      log(failure.stderr.trimEnd())
      assert.match(failure.stderr, refusals[i])
      assert.equal(failure.code, 78)
    }
  }
  if (refusals.length > 0) return
  assert.equal((await run('ddb-ingest', ['--version'], options)).stdout.trim(), version)
  const modules = join(prefix, 'lib')
  const { stdout } = await run('sh', ['-c', loadCommand], {
    ...options,
    cwd: join(modules, 'node_modules', 'ddb-ingest'),
  })
  log(stdout.trim())
  assert.match(stdout, /^Loaded 1,000 rows [^]*confirmed by receipts/m)
  const { scripts } = JSON.parse(
    readFileSync(join(modules, 'node_modules', 'ddb-ingest', 'package.json'), 'utf8'),
  )
  assert.equal(scripts.prepare !== undefined, way === 'folder', 'npm asks nobody about a script')
  assert.ok(existsSync(join(prefix, 'share', 'man', 'man1', 'ddb-ingest.1')), 'man finds its page')
  checkTypes(modules)
  log('typed')
  const { stdout: changed } = await run('git', ['status', '--porcelain'], options)
  assert.equal(changed, '', 'the clone is as it was')
}

const loadCommand =
  'ddb-ingest serve --port 0 --init fixtures/scripts/trades.dos -- ddb-ingest load fixtures/csv/trades.csv --table trades'

const outcomes = await Promise.allSettled((asked.length === 0 ? ['10', '11'] : asked).map(check))
for (const { reason } of outcomes.filter(({ status }) => status === 'rejected')) {
  console.log(reason)
  process.exitCode = 1
}
