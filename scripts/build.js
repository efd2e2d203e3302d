/*
  Compiles src/ to dist/ and leaves a fingerprint of what was compiled beside it, so that the question "is dist/
  up to date?" costs one pass over the sources instead of a compiler start. Contents are compared, not times:
  a clone, a checkout of another commit and a restored backup all give files whose times say nothing.
*/
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const fingerprintFile = join(root, 'dist', '.fingerprint')
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const settings = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json']

/** Paths of all TypeScript sources, relative to src/, in a stable order. */
function sourceFiles() {
  const entries = readdirSync(join(root, 'src'), { recursive: true })
  return entries.filter(path => path.endsWith('.ts')).sort()
}

function fingerprint(sources) {
  const hash = createHash('sha256')
  for (const path of [...settings, ...sources.map(source => join('src', source))]) {
    // The path takes part as well: renaming a module changes what is imported, not what it says.
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0')
  }
  return hash.digest('hex')
}

/** True when dist/ was compiled, without an error, from exactly the sources that are there now. */
export function buildIsCurrent() {
  if (!existsSync(fingerprintFile)) return false
  const sources = sourceFiles()
  if (readFileSync(fingerprintFile, 'utf8') !== fingerprint(sources)) return false
  return sources.every(source => existsSync(join(root, 'dist', source.replace(/\.ts$/, '.js'))))
}

/** True when the compiler is installed; it is not after `npm ci --omit=dev`. */
function canBuild() {
  return existsSync(compiler)
}

/** Compiles everything into an empty dist/. Returns the compiler's exit code. */
export function build() {
  const before = fingerprint(sourceFiles())
  // An output whose source is gone would still be found by an import and be packed.
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
    cwd: root,
    // Standard output belongs to the program that npm runs next; errors of the compiler do not.
    stdio: ['ignore', 2, 2],
  })
  if (status === 0) writeFileSync(fingerprintFile, before)
  return status ?? 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!process.argv.includes('--if-needed')) {
    process.exitCode = build()
  } else if (!buildIsCurrent()) {
    if (canBuild()) process.exitCode = build()
    else process.stderr.write('ddb-ingest: not compiled, as the development tools are missing\n')
  }
}
