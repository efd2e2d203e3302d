/*
  Makes a checkout ready, before `npm start`, `npm test`, `npm run build` and `npm pack`: installs what is missing, then
  compiles what is out of date. Silent when there is nothing to do, and then needs no network. Uses Node alone, because it
  may be the first thing that runs after a clone.
    node scripts/prepare-checkout.js                        what running the program takes
    node scripts/prepare-checkout.js --build                and type declarations, also when nothing changed
    node scripts/prepare-checkout.js --package              and the list of packages: what packing it takes; the next line undoes
    node scripts/prepare-checkout.js --packed               what only the package has in package.json
    node scripts/prepare-checkout.js --prepare              the same when npm makes a package or a link of the checkout;
                                                            when it installs the checkout's own packages, no others
    node scripts/prepare-checkout.js --tools [FOLDER ...]   and all tools: what testing it takes
  A FOLDER has packages of its own that only some tests need (test/oracle), or some measurements (bench/peers). They are
  installed too; where that fails, those say that they were skipped, and all others run.
*/
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Development tools that a purpose takes; testing takes all of them. */
const toolsFor = {
  running: ['esbuild'],
  packing: [
    'esbuild',
    'typescript',
    'rollup',
    'rollup-plugin-dts',
    '@types/node',
    '@types/ws',
    '@types/cli-progress',
  ],
  testing: undefined,
}

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
 * @param tools  of the development tools only these; all when undefined
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
    // Builds for other platforms are locked as optional and never installed.
    if (found === undefined) return entry.optional === true || entry.devOptional === true
    return found.version === entry.version && found.integrity === entry.integrity
  })
}

/** Everything that is locked, also where NODE_ENV=production would leave the tools out. */
const allPackages = ['ci', '--include=dev']

/** What the program needs, and the tools in their locked versions, whose bytes npm checks as well. */
function fewPackages(tools) {
  const { devDependencies } = readJson(root, 'package.json')
  const exact = tools.map(name => `${name}@${devDependencies[name]}`)
  return ['install', '--omit=dev', '--no-save', '--save-prod', ...exact]
}

/** Where an npm that has started this one was told to do it elsewhere, or only to say what it would do. */
const hereAndNow = ['--no-global', '--location=project', '--no-install-links', '--no-dry-run']

function install(folder, command, purpose = '') {
  process.stderr.write(`ddb-ingest: installing packages${purpose}, once for this checkout ...\n`)
  // Nothing is compiled by npm here (--ignore-scripts), so the build below happens exactly once.
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

/** npm runs `prepare` after it has installed the packages of the checkout, and before it packs or links it elsewhere. */
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
 * npm asks those who install a package whether its script `prepare` may run, so while npm packs the checkout, and in the package, that has
 * another name.
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

// Also where an earlier packing was interrupted.
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
