/*
  Makes a checkout ready to run, before `npm start` and `npm test`: installs what is missing, then compiles what is
  out of date. Silent when there is nothing to do, and then needs no network. Uses Node alone, because it may be
  the first thing that runs after a clone.
    node scripts/prepare-checkout.js [FOLDER ...]
  A FOLDER has packages of its own that only some tests need (test/oracle). They are installed too; where that fails,
  those tests say that they were skipped, and all others run.
*/
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, buildIsCurrent } from './build.js'

const root = fileURLToPath(new URL('..', import.meta.url))

function packagesOf(folder, lockFile) {
  try {
    return JSON.parse(readFileSync(join(folder, lockFile), 'utf8')).packages
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    // npm rewrites the file as a whole, so half a file is what an interrupted installation left.
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/**
 * True when node_modules of a folder holds every package of its package-lock.json in the locked version, development
 * tools included. npm records what it installed in node_modules/.package-lock.json.
 */
function installationIsCurrent(folder) {
  const installed = packagesOf(folder, 'node_modules/.package-lock.json')
  if (installed === undefined) return false
  return Object.entries(packagesOf(folder, 'package-lock.json') ?? {}).every(([path, locked]) => {
    if (path === '') return true
    const found = installed[path]
    // Builds for other platforms are locked as optional and never installed.
    if (found === undefined) return locked.optional === true || locked.devOptional === true
    return found.version === locked.version && found.integrity === locked.integrity
  })
}

/** Installs from the lock file, also where NODE_ENV=production would leave the tools out. */
function install(folder, purpose = '') {
  process.stderr.write(`ddb-ingest: installing packages${purpose}, once for this checkout ...\n`)
  const options = [
    '--include=dev',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]
  const npm = process.env.npm_execpath ?? ''
  const isNpm = basename(npm) === 'npm-cli.js'
  const { status } = spawnSync(
    isNpm ? process.execPath : 'npm',
    [...(isNpm ? [npm] : []), 'ci', ...options],
    // Nothing is compiled by npm here (--ignore-scripts), so the build below happens exactly once.
    { cwd: folder, stdio: ['ignore', 2, 2], shell: !isNpm && process.platform === 'win32' },
  )
  return status ?? 1
}

function prepare() {
  if (!installationIsCurrent(root) && install(root) !== 0) {
    process.stderr.write(
      'ddb-ingest: packages are missing; run `npm ci` where npm can reach them\n',
    )
    return 1
  }
  for (const name of process.argv.slice(2)) prepareFolder(name)
  if (buildIsCurrent()) return 0
  process.stderr.write('ddb-ingest: compiling ...\n')
  return build()
}

function prepareFolder(name) {
  const folder = join(root, name)
  if (installationIsCurrent(folder) || install(folder, ` of ${name}`) === 0) return
  process.stderr.write(`ddb-ingest: the tests of ${name} will be skipped for want of packages\n`)
}

process.exitCode = prepare()
