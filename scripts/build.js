/*
  Compiles src/ to dist/ and leaves a fingerprint of what was compiled beside it, so that the question "is dist/
  up to date?" costs one pass over the sources instead of a compiler start. Contents are compared, not times:
  a clone, a checkout of another commit and a restored backup all give files whose times say nothing.
  scripts/prepare-checkout.js runs it, after it has installed what this takes.
*/
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const typeCompiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const settings = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts/build.js']

/** What users import. */
const library = ['index', 'server/index']

/** What users start or import; everything else lies in pieces that these share. */
const entries = ['cli/main', 'cli/dispatch', ...library]

/** The command line once more, as one script that only a checkout has. */
const script = 'script/dispatch.js'

/** Each part of dist/ has a fingerprint of its own: running the program takes no type declarations. */
const parts = { program: makeProgram, types: makeTypes }

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
 * True when a part of dist/ was made, without an error, from exactly the sources that are there now, and every file of it
 * is still there.
 *
 * @param part  'program' or 'types'
 */
function isCurrent(part, now) {
  if (!existsSync(fingerprintFile(part))) return false
  const [then, ...outputs] = readFileSync(fingerprintFile(part), 'utf8').split('\n')
  return then === now && outputs.every(output => existsSync(join(root, 'dist', output)))
}

/** Beside the fingerprint stands what there was when the part was made. */
function keepFingerprint(part, now) {
  const outputs = readdirSync(join(root, 'dist'), { recursive: true }).sort()
  writeFileSync(fingerprintFile(part), [now, ...outputs].join('\n'))
}

const bundling = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  packages: 'external',
  sourcemap: true,
  minifyWhitespace: true,
  lineLimit: 160,
  logLevel: 'warning',
}

/** Of packages: scripts/read-stack.js finds the names again in stacks that users send us (docs/decisions/0020-what-is-packed.md). */
const small = { minifySyntax: true, minifyIdentifiers: true, lineLimit: 1000 }

/**
 * The entries with the pieces that they share, for packages; and the command line as a script that bin/program.js runs
 * in a checkout: it takes what stands for `import.meta` and `require` from there
 * (docs/decisions/0013-the-program-is-bundled.md).
 */
async function makeProgram() {
  const { build: bundle } = await import('esbuild')
  try {
    await bundle({
      ...bundling,
      ...small,
      entryPoints: {
        ...Object.fromEntries(entries.map(entry => [entry, `src/${entry}.ts`])),
        'piece-thread': 'src/parse/parallel/piece-thread.ts',
      },
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
      outfile: `dist/${script}`,
      format: 'cjs',
      // A script with kept code cannot import; packages come by require.
      supported: { 'dynamic-import': false },
      // Without other characters the text takes a byte a character in memory.
      charset: 'ascii',
      define: { 'import.meta': 'importMeta' },
      banner: { js: '(function (module, require, importMeta) {' },
      footer: { js: '})' },
      plugins: [{ name: 'script', setup: takeIn }],
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

/** `require` takes 5 ms to load a package that has ES modules alone, at every start; and what it has by default is another thing. */
function takeIn({ onResolve }) {
  onResolve({ filter: /^(get-east-asian-width|@bomb\.sh\/tab\/commander)$/ }, ({ path }) => ({
    path: fileURLToPath(import.meta.resolve(path)),
  }))
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

/** TypeScript writes a declaration for each module; users get one file for each entry, with what it reaches and no more. */
async function makeTypes() {
  const modules = join(root, 'dist', '.declarations')
  try {
    // `npm run typecheck` checks; that would take three times as long here.
    const options = ['-p', 'tsconfig.build.json', '--noCheck', '--outDir', modules]
    const { status } = spawnSync(process.execPath, [typeCompiler, ...options], {
      cwd: root,
      // Standard output belongs to the program that npm runs next; errors of the compiler do not.
      stdio: ['ignore', 2, 2],
    })
    if (status !== 0) return status ?? 1
    const [{ rollup }, { dts }] = await Promise.all([import('rollup'), import('rollup-plugin-dts')])
    for (const entry of library) {
      const input = join(modules, `${entry}.d.ts`)
      const rolled = await rollup({ input, plugins: [dts()], external: /^node:/ })
      const { output } = await rolled.generate({ format: 'es' })
      const { href } = pathToFileURL(join(root, 'dist', `${entry}.js`))
      const there = new Set(Object.keys(await import(href)))
      writeFileSync(join(root, 'dist', `${entry}.d.ts`), withValues(output[0].code, there))
    }
    return 0
  } finally {
    rmSync(modules, { recursive: true, force: true })
  }
}

/** What only types were exported of (`export type * from`) is no value: nothing of that name is there at run time. */
function withValues(code, there) {
  return code.replace(/^export \{ (.*) \};$/m, (_, names) => {
    const typed = name => (there.has(name.replace(/^.* as /, '')) ? name : `type ${name}`)
    return `export { ${names.split(', ').map(typed).join(', ')} };`
  })
}

/**
 * Makes the parts of dist/ named that are out of date, or all of them.
 *
 * @param names  of `parts`; types come after the program that they are of
 * @returns 0, or the exit code of the compiler that failed
 */
export async function build(names, { ifNeeded }) {
  const before = fingerprint()
  const isOld = name => !ifNeeded || !isCurrent(name, before)
  // An output whose source is gone would still be found by an import and be packed, so a new program begins anew.
  const needed = names.some(name => name === 'program' && isOld(name)) ? names : names.filter(isOld)
  if (needed.length === 0) return 0
  if (ifNeeded) process.stderr.write('ddb-ingest: compiling ...\n')
  if (needed.includes('program')) rmSync(join(root, 'dist'), { recursive: true, force: true })
  for (const name of needed) {
    const status = await parts[name]()
    if (status !== 0) return status
    keepFingerprint(name, before)
  }
  return 0
}
