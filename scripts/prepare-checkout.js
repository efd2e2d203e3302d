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
  A FOLDER (test/oracle, scripts/kernel, bench/peers) has packages of its own, which only some tests or measurements need. If they cannot be installed,
  those tests or measurements are skipped with a message.
*/
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { npmCommand, sbomName, sbomText } from './npm.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const say = text => process.stderr.write(`ddb-ingest: ${text}\n`)

/** Development tools for running and for packing. Testing needs all tools. */
const forRunning = ['esbuild']
const forPacking = [
  'esbuild',
  'typescript',
  'rollup',
  'rollup-plugin-dts',
  '@types/node',
  '@types/ws',
]

/** @returns undefined if the file is missing, or incomplete because npm was interrupted while writing it */
function readJson(folder, name) {
  try {
    return JSON.parse(readFileSync(join(folder, name), 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return undefined
    throw error
  }
}

/**
 * True if the folder's node_modules contains the packages of its package-lock.json in the locked versions. npm records installed
 * packages in node_modules/.package-lock.json.
 * @param tools  the only development tools to check; if undefined, all are checked
 */
function installationIsCurrent(folder, tools) {
  const installed = readJson(folder, 'node_modules/.package-lock.json')?.packages
  if (installed === undefined) return false
  const locked = Object.entries(readJson(folder, 'package-lock.json')?.packages ?? {})
  return locked.every(([path, { version, integrity, ...entry }]) => {
    if (path === '') return true
    const isTool = entry.dev === true || entry.devOptional === true
    if (tools && isTool && !tools.includes(path.slice('node_modules/'.length))) return true
    const found = installed[path]
    // Packages for other platforms are locked as optional and never installed.
    if (found === undefined) return entry.optional === true || entry.devOptional === true
    return found.version === version && found.integrity === integrity
  })
}

/**
 * Installs the packages of a folder in their locked versions, whose integrity npm checks.
 * @param tools  the only development tools to install; if undefined, all are, even if NODE_ENV=production tells npm to leave them out
 * @returns a promise of whether it succeeded
 */
function install(folder, tools, purpose = '') {
  say(`installing packages${purpose}, once for this checkout ...`)
  const { devDependencies } = readJson(root, 'package.json')
  const few = tools?.map(name => `${name}@${devDependencies[name]}`)
  const command = few
    ? ['install', '--omit=dev', '--no-save', '--save-prod', ...few]
    : ['ci', '--include=dev']
  // --ignore-scripts keeps npm from building, so that only the build below runs.
  const quietly = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  // Here and at once, even if the npm that runs this file was told to install elsewhere or to do a dry run.
  const here = ['--no-global', '--location=project', '--no-install-links', '--no-dry-run']
  const [npm, ...first] = npmCommand()
  const shell = first.length === 0 && process.platform === 'win32'
  const options = { cwd: folder, stdio: ['ignore', 2, 2], shell }
  return new Promise(resolve => {
    const child = spawn(npm, [...first, ...command, ...quietly, ...here], options)
    // An error means that there is no npm.
    child.on('error', () => resolve(false)).on('close', status => resolve(status === 0))
  })
}

/** @returns an exit code */
async function prepare(tools, { folders = [], ifNeeded = true } = {}) {
  const others = folders.map(installFolder)
  if (!installationIsCurrent(root, tools) && !(await install(root, tools))) {
    say('packages are missing; run `npm ci` where npm can reach them')
    return 1
  }
  const { build } = await import('./build.js')
  const status = await build(tools === forPacking ? ['program', 'types'] : ['program'], {
    ifNeeded,
  })
  await Promise.all(others)
  return status
}

async function installFolder(name) {
  const folder = join(root, name)
  if (installationIsCurrent(folder) || (await install(folder, undefined, ` of ${name}`))) return
  say(`what ${name} is for will be skipped for want of packages`)
}

async function preparePackage() {
  const status = await prepare(forPacking)
  if (status === 0) writeFileSync(join(root, sbomName), sbomText(root))
  return status
}

/** npm runs `prepare` after installing the checkout's packages, and before packing the checkout or linking it elsewhere. */
async function prepareAsAsked() {
  const { npm_config_local_prefix: asked = root } = process.env
  const isOwn = existsSync(asked) && realpathSync(asked) === realpathSync(root)
  if (!isOwn) return preparePackage()
  if (installationIsCurrent(root, forPacking)) return prepare(forPacking)
  say('not compiled, as the development tools are missing')
  return 0
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

// Also restores the name after an interrupted packing.
renameScript('prepare-checkout', 'prepare')
const [purpose, ...folders] = process.argv.slice(2)
const ways = {
  async '--package'() {
    const status = await preparePackage()
    if (status === 0) renameScript('prepare', 'prepare-checkout')
    return status
  },
  '--packed': () => 0,
  '--build': () => prepare(forPacking, { ifNeeded: false }),
  '--prepare': prepareAsAsked,
  '--tools': () => prepare(undefined, { folders }),
}
process.exitCode = await (ways[purpose] ?? (() => prepare(forRunning)))()
