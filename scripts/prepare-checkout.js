/*
  Makes a checkout ready to run, before `npm start` and `npm test`: installs what is missing, then compiles what is
  out of date. Silent when there is nothing to do, and then needs no network. Uses Node alone, because it may be
  the first thing that runs after a clone.
    node scripts/prepare-checkout.js                        what running the program takes
    node scripts/prepare-checkout.js --tools [FOLDER ...]   and what testing and packing it take
  A FOLDER has packages of its own that only some tests need (test/oracle). They are installed too; where that fails,
  those tests say that they were skipped, and all others run.
*/
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from './build.js'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The one tool that running a checkout takes. */
const compiler = 'esbuild'

function readJson(folder, name) {
  try {
    return JSON.parse(readFileSync(join(folder, name), 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    // npm rewrites the file as a whole, so half a file is what an interrupted installation left.
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const isTool = ({ dev, devOptional }) => dev === true || devOptional === true

/**
 * True when node_modules of a folder holds the packages of its package-lock.json in the locked versions. npm records
 * what it installed in node_modules/.package-lock.json.
 *
 * @param withTools  false: of the development tools only the compiler
 */
function installationIsCurrent(folder, withTools) {
  const installed = readJson(folder, 'node_modules/.package-lock.json')?.packages
  if (installed === undefined) return false
  const locked = Object.entries(readJson(folder, 'package-lock.json')?.packages ?? {})
  return locked.every(([path, entry]) => {
    if (path === '') return true
    if (!withTools && isTool(entry) && path !== `node_modules/${compiler}`) return true
    const found = installed[path]
    // Builds for other platforms are locked as optional and never installed.
    if (found === undefined) return entry.optional === true || entry.devOptional === true
    return found.version === entry.version && found.integrity === entry.integrity
  })
}

/** Everything that is locked, also where NODE_ENV=production would leave the tools out. */
const allPackages = ['ci', '--include=dev']

/** What the program needs, and the compiler in its locked version, whose bytes npm checks as well. */
function fewPackages() {
  const { version } = readJson(root, 'package-lock.json').packages[`node_modules/${compiler}`]
  return ['install', '--omit=dev', '--no-save', '--save-prod', `${compiler}@${version}`]
}

function install(folder, command, purpose = '') {
  process.stderr.write(`ddb-ingest: installing packages${purpose}, once for this checkout ...\n`)
  // Nothing is compiled by npm here (--ignore-scripts), so the build below happens exactly once.
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const npm = process.env.npm_execpath ?? ''
  const isNpm = basename(npm) === 'npm-cli.js'
  const { status } = spawnSync(
    isNpm ? process.execPath : 'npm',
    [...(isNpm ? [npm] : []), ...command, ...options],
    { cwd: folder, stdio: ['ignore', 2, 2], shell: !isNpm && process.platform === 'win32' },
  )
  return status ?? 1
}

async function prepare(withTools, folders) {
  const command = () => (withTools ? allPackages : fewPackages())
  if (!installationIsCurrent(root, withTools) && install(root, command()) !== 0) {
    process.stderr.write(
      'ddb-ingest: packages are missing; run `npm ci` where npm can reach them\n',
    )
    return 1
  }
  for (const name of folders) prepareFolder(name)
  return build(withTools ? ['program', 'types'] : ['program'], { ifNeeded: true })
}

function prepareFolder(name) {
  const folder = join(root, name)
  if (installationIsCurrent(folder, true)) return
  if (install(folder, allPackages, ` of ${name}`) === 0) return
  process.stderr.write(`ddb-ingest: the tests of ${name} will be skipped for want of packages\n`)
}

const [first, ...rest] = process.argv.slice(2)
process.exitCode = await prepare(first === '--tools', first === '--tools' ? rest : [])
