/*
  Prepares a checkout before `npm start`, `npm test`, `npm run build` and `npm pack`: installs missing packages, then compiles what is
  out of date. If everything is ready, it prints nothing and needs no network. Uses only modules of Node, because it may be the first
  program that runs after a clone.
    node scripts/prepare-checkout.js                        for running the program
    node scripts/prepare-checkout.js --build                also type declarations, even if nothing changed
    node scripts/prepare-checkout.js --package              for packing: also the list of packages; renames a script in package.json
    node scripts/prepare-checkout.js --packed               after packing: restores the script's name
    node scripts/prepare-checkout.js --prepare              for npm: like --package, but renames nothing. If npm
                                                            is installing the checkout's packages, the program only
                                                            compiles, or does nothing if tools are missing
    node scripts/prepare-checkout.js --tools [FOLDER ...]   for testing: also all tools
  A FOLDER (test/oracle, bench/peers) has packages of its own, which only some tests or measurements need. If they cannot be installed,
  those tests or measurements are skipped with a message.
*/
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Development tools for each purpose. Testing needs all tools, so it has no list. */
const toolsFor = {
  running: ['esbuild'],
  packing: ['esbuild', 'typescript', 'rollup', 'rollup-plugin-dts', '@types/node', '@types/ws'],
  testing: undefined,
}

function readJson(folder, name) {
  try {
    return JSON.parse(readFileSync(join(folder, name), 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    // The file is incomplete if npm was interrupted while writing it.
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const isTool = ({ dev, devOptional }) => dev === true || devOptional === true

/**
 * True if the folder's node_modules contains the packages of its package-lock.json in the locked versions. npm records installed
 * packages in node_modules/.package-lock.json.
 * @param tools  the only development tools to check; if undefined, all are checked
 */
function installationIsCurrent(folder, tools) {
  const installed = readJson(folder, 'node_modules/.package-lock.json')?.packages
  if (installed === undefined) return false
  const locked = Object.entries(readJson(folder, 'package-lock.json')?.packages ?? {})
  return locked.every(([path, entry]) => {
    if (path === '') return true
    const name = path.slice('node_modules/'.length)
    if (tools !== undefined && isTool(entry) && !tools.includes(name)) return true
    const found = installed[path]
    // Packages for other platforms are locked as optional and never installed.
    if (found === undefined) return entry.optional === true || entry.devOptional === true
    return found.version === entry.version && found.integrity === entry.integrity
  })
}

/** Installs all locked packages, even if NODE_ENV=production tells npm to leave out development tools. */
const allPackages = ['ci', '--include=dev']

/** Installs the packages of the program, and `tools` in their locked versions. npm also checks the integrity of the tools. */
function fewPackages(tools) {
  const { devDependencies } = readJson(root, 'package.json')
  const exact = tools.map(name => `${name}@${devDependencies[name]}`)
  return ['install', '--omit=dev', '--no-save', '--save-prod', ...exact]
}

/** Installs here and at once, even if the npm that runs this file was told to install elsewhere or to do a dry run. */
const hereAndNow = ['--no-global', '--location=project', '--no-install-links', '--no-dry-run']

function install(folder, command, purpose = '') {
  process.stderr.write(`ddb-ingest: installing packages${purpose}, once for this checkout ...\n`)
  // --ignore-scripts keeps npm from building, so that only the build below runs.
  const quietly = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const npm = process.env.npm_execpath ?? ''
  const isNpm = basename(npm) === 'npm-cli.js'
  const { status } = spawnSync(
    isNpm ? process.execPath : 'npm',
    [...(isNpm ? [npm] : []), ...command, ...quietly, ...hereAndNow],
    { cwd: folder, stdio: ['ignore', 2, 2], shell: !isNpm && process.platform === 'win32' },
  )
  return status ?? 1
}

/** @returns an exit code */
async function prepare(purpose, { folders = [], always = false } = {}) {
  const tools = toolsFor[purpose]
  const command = () => (tools === undefined ? allPackages : fewPackages(tools))
  if (!installationIsCurrent(root, tools) && install(root, command()) !== 0) {
    process.stderr.write(
      'ddb-ingest: packages are missing; run `npm ci` where npm can reach them\n',
    )
    return 1
  }
  for (const name of folders) prepareFolder(name)
  const { build } = await import('./build.js')
  return build(purpose === 'running' ? ['program'] : ['program', 'types'], { ifNeeded: !always })
}

async function preparePackage() {
  const status = await prepare('packing')
  const { writeSbom } = await import('./sbom.js')
  if (status === 0) writeSbom(root)
  return status
}

/** npm runs `prepare` after installing the checkout's packages, and before packing the checkout or linking it elsewhere. */
async function prepareAsAsked() {
  const { npm_config_local_prefix: asked = root } = process.env
  const isOwn = existsSync(asked) && realpathSync(asked) === realpathSync(root)
  if (!isOwn) return preparePackage()
  if (installationIsCurrent(root, toolsFor.packing)) return prepare('packing')
  process.stderr.write('ddb-ingest: not compiled, as the development tools are missing\n')
  return 0
}

function prepareFolder(name) {
  const folder = join(root, name)
  if (installationIsCurrent(folder)) return
  if (install(folder, allPackages, ` of ${name}`) === 0) return
  process.stderr.write(`ddb-ingest: what ${name} is for will be skipped for want of packages\n`)
}

/**
 * If a package contains a script named `prepare`, npm asks everybody who installs the package whether this script may run. The script
 * therefore has a different name while npm packs, and in the package.
 */
function renameScript(from, to) {
  const path = join(root, 'package.json')
  const text = readFileSync(path, 'utf8')
  const renamed = text.replace(`"${from}": "node `, `"${to}": "node `)
  if (renamed !== text) writeFileSync(path, renamed)
}

async function packageToPack() {
  const status = await preparePackage()
  if (status === 0) renameScript('prepare', 'prepare-checkout')
  return status
}

// Also restores the name after an interrupted packing.
renameScript('prepare-checkout', 'prepare')
const [purpose, ...folders] = process.argv.slice(2)
const ways = {
  '--package': packageToPack,
  '--packed': () => 0,
  '--build': () => prepare('packing', { always: true }),
  '--prepare': prepareAsAsked,
  '--tools': () => prepare('testing', { folders }),
}
process.exitCode = await (ways[purpose] ?? (() => prepare('running')))()
