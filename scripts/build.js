/*
  Compiles src/ to dist/ and leaves a fingerprint of what was compiled beside it, so that the question "is dist/
  up to date?" costs one pass over the sources instead of a compiler start. Contents are compared, not times:
  a clone, a checkout of another commit and a restored backup all give files whose times say nothing.
    node scripts/build.js               program, library and type declarations
    node scripts/build.js --if-needed   the same where something changed; nothing without the tools
*/
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const typeCompiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const settings = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts/build.js']

/** What users start or import; everything else lies in pieces that these share. */
const entries = ['cli/main', 'index', 'server/index']

/** Each part of dist/ has a fingerprint of its own: running the program takes no type declarations. */
const parts = {
  program: {
    outputs: [...entries, 'cli/dispatch'].map(name => `${name}.js`),
    make: makeProgram,
  },
  types: { outputs: entries.map(entry => `${entry}.d.ts`), make: makeTypes },
}

const fingerprintFile = part => join(root, 'dist', `.${part}`)

function fingerprint() {
  const sources = readdirSync(join(root, 'src'), { recursive: true })
    .filter(path => path.endsWith('.ts'))
    .sort()
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

/**
 * True when a part of dist/ was made, without an error, from exactly the sources that are there now.
 *
 * @param part  'program' or 'types'
 */
function isCurrent(part, now) {
  if (!existsSync(fingerprintFile(part))) return false
  if (readFileSync(fingerprintFile(part), 'utf8') !== now) return false
  return parts[part].outputs.every(output => existsSync(join(root, 'dist', output)))
}

const bundling = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  packages: 'external',
  sourcemap: true,
  logLevel: 'warning',
}

/**
 * Library and server are a few large files, and the command line is one that bin/program.js runs as a script: it takes
 * what stands for `import.meta` and `require` from there (docs/decisions/0013-the-program-is-bundled.md).
 */
async function makeProgram() {
  const { build: bundle } = await import('esbuild')
  try {
    await bundle({
      ...bundling,
      entryPoints: entries.map(entry => `src/${entry}.ts`),
      outdir: 'dist',
      outbase: 'src',
      chunkNames: 'chunks/[name]-[hash]',
      splitting: true,
      format: 'esm',
      charset: 'utf8',
      plugins: [{ name: 'program', setup: leaveOutDispatch }],
    })
    await bundle({
      ...bundling,
      entryPoints: ['src/cli/dispatch.ts'],
      outfile: 'dist/cli/dispatch.js',
      format: 'cjs',
      // A script with kept code cannot import; packages come by require.
      supported: { 'dynamic-import': false },
      // Without other characters the text takes a byte a character in memory.
      charset: 'ascii',
      define: { 'import.meta': 'importMeta' },
      banner: { js: '(function (module, require, importMeta) {' },
      footer: { js: '})' },
    })
  } catch {
    // esbuild has said what is wrong.
    return 1
  }
  if (!keepCompiled()) {
    process.stderr.write('ddb-ingest: what V8 compiles could not be kept; starting takes longer\n')
  }
  return 0
}

function leaveOutDispatch({ onResolve }) {
  onResolve({ filter: /^\.\/dispatch\.js$/ }, () => ({
    path: '../../bin/program.js',
    external: true,
  }))
}

/** @returns false when that cannot be done here; the program does without */
function keepCompiled() {
  const home = mkdtempSync(join(tmpdir(), 'ddb-ingest-build-'))
  try {
    const init = join(root, 'fixtures', 'scripts', 'trades.dos')
    const serve = [join(root, 'bin', 'ddb-ingest.js'), 'serve', '--port', '0', '--init', init]
    const { status } = spawnSync(
      process.execPath,
      [...serve, '--', process.execPath, join(root, 'scripts', 'code-cache.js')],
      // Nothing of the user's own: neither settings nor journals.
      { stdio: 'ignore', timeout: 60_000, env: { HOME: home, XDG_STATE_HOME: home } },
    )
    return status === 0
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

function makeTypes() {
  const { status } = spawnSync(process.execPath, [typeCompiler, '-p', 'tsconfig.build.json'], {
    cwd: root,
    // Standard output belongs to the program that npm runs next; errors of the compiler do not.
    stdio: ['ignore', 2, 2],
  })
  return status ?? 1
}

/**
 * Makes the parts of dist/ that are out of date, or all of those named.
 *
 * @returns 0, or the exit code of the compiler that failed
 */
export async function build(names, { ifNeeded }) {
  const before = fingerprint()
  const needed = ifNeeded ? names.filter(name => !isCurrent(name, before)) : names
  if (needed.length === 0) return 0
  if (ifNeeded) process.stderr.write('ddb-ingest: compiling ...\n')
  // An output whose source is gone would still be found by an import and be packed.
  if (needed.includes('program')) rmSync(join(root, 'dist'), { recursive: true, force: true })
  for (const name of needed) {
    const status = await parts[name].make()
    if (status !== 0) return status
    writeFileSync(fingerprintFile(name), before)
  }
  return 0
}

/** True when the compilers are installed; they are not after `npm ci --omit=dev`. */
function canBuild() {
  return existsSync(typeCompiler) && existsSync(join(root, 'node_modules', 'esbuild'))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const ifNeeded = process.argv.includes('--if-needed')
  if (!ifNeeded || canBuild()) process.exitCode = await build(['program', 'types'], { ifNeeded })
  else process.stderr.write('ddb-ingest: not compiled, as the development tools are missing\n')
}
