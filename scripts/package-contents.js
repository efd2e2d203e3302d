/*
  What the published package consists of: the rule and a look at the real thing. Shared by the test that runs in
  the checkout and the check that unpacks a tarball.
*/
import { execFileSync } from 'node:child_process'
import { basename } from 'node:path'

/** Files a user of the package needs: program, library with types, documents, and what the demo loads. */
const needed = [
  /^package\.json$/,
  /^sbom\.cdx\.json$/,
  /^(LICENSE|CHANGELOG\.md|README\.md|README\.zh-CN\.md)$/,
  /^bin\/(ddb-ingest|program)\.js$/,
  /^dist\/([a-z0-9-]+\/)*[a-z0-9-]+(\.js|\.d\.ts)$/,
  /^dist\/chunks\/[a-z0-9-]+-[A-Z0-9]{8}\.js$/,
  // What `explain` reads.
  /^docs\/errors\.md$/,
  /^fixtures\/README\.md$/,
  /^fixtures\/(csv|json|scripts)\/[a-z0-9-]+\.(csv|json|ndjson|dos)$/,
]

/** Paths in the list that no user needs. */
export function needlessFiles(paths) {
  return paths.filter(path => !needed.some(pattern => pattern.test(path)))
}

/**
 * Packs the checkout without running its scripts.
 *
 * @param folder  where the tarball goes; nothing is written when it is undefined
 * @returns what npm reports: `filename`, `size` in bytes, `files[].path`
 */
export function pack(root, folder) {
  const where = folder === undefined ? ['--dry-run'] : ['--pack-destination', folder]
  return runNpm(root, 'pack', '--json', '--ignore-scripts', ...where)[0]
}

/** What npm prints, which has to be JSON. */
export function runNpm(root, ...options) {
  const npm = process.env.npm_execpath ?? ''
  const isNpm = basename(npm) === 'npm-cli.js'
  const output = execFileSync(
    isNpm ? process.execPath : 'npm',
    [...(isNpm ? [npm] : []), ...options, '--loglevel=error'],
    { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  )
  return JSON.parse(output)
}
