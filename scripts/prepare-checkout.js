/*
  Makes a checkout ready to run, before `npm start` and `npm test`: installs what is missing, then compiles what is
  out of date. Silent when there is nothing to do, and then needs no network. Uses Node alone, because it may be
  the first thing that runs after a clone.
*/
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, buildIsCurrent } from './build.js'

const root = fileURLToPath(new URL('..', import.meta.url))

function packagesOf(lockFile) {
  try {
    return JSON.parse(readFileSync(join(root, lockFile), 'utf8')).packages
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    // npm rewrites the file as a whole, so half a file is what an interrupted installation left.
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/**
 * True when node_modules holds every package of package-lock.json in the locked version, development tools
 * included. npm records what it installed in node_modules/.package-lock.json.
 */
function installationIsCurrent() {
  const installed = packagesOf('node_modules/.package-lock.json')
  if (installed === undefined) return false
  return Object.entries(packagesOf('package-lock.json') ?? {}).every(([path, locked]) => {
    if (path === '') return true
    const found = installed[path]
    // Builds for other platforms are locked as optional and never installed.
    if (found === undefined) return locked.optional === true || locked.devOptional === true
    return found.version === locked.version && found.integrity === locked.integrity
  })
}

/** Installs from the lock file, also where NODE_ENV=production would leave the tools out. */
function install() {
  process.stderr.write('ddb-ingest: installing packages, once for this checkout ...\n')
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
    { cwd: root, stdio: ['ignore', 2, 2], shell: !isNpm && process.platform === 'win32' },
  )
  return status ?? 1
}

function prepare() {
  if (!installationIsCurrent() && install() !== 0) {
    process.stderr.write(
      'ddb-ingest: packages are missing; run `npm ci` where npm can reach them\n',
    )
    return 1
  }
  if (buildIsCurrent()) return 0
  process.stderr.write('ddb-ingest: compiling ...\n')
  return build()
}

process.exitCode = prepare()
