/* Compiles src/ to dist/ and stores a fingerprint of the sources next to the output. To determine whether dist/ is up to date, one pass
   over the sources is then enough, without starting a compiler. The fingerprint covers contents, not times, because times say nothing after
   a clone, a checkout of a different commit, or a restored backup. scripts/prepare-checkout.js installs the packages that this file needs,
   then runs it. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const typeCompiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const settings = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts/build.js']

/** Entries that users import. */
const library = ['index', 'server/index']

/** What bin/program.js runs: the command line, and the entries, each of which begins when it is asked for. */
const script = `
  export { main } from './src/cli/main.ts'
  export const entries = {
    ${library.map(entry => `'${entry}': () => require('./src/${entry}.ts')`).join(',')}
  }`

/** Each part of dist/ has its own fingerprint, because running the program needs no type declarations. */
const parts = { program: makeProgram, types: makeTypes }

const fingerprintFile = part => join(root, 'dist', `.${part}`)
const filesIn = folder => readdirSync(join(root, folder), { recursive: true }).sort()

function fingerprint() {
  const sources = filesIn('src').filter(path => path.endsWith('.ts'))
  const hash = createHash('sha256')
  for (const path of [...settings, ...sources.map(source => join('src', source))]) {
    // Includes the path, because renaming a module changes imports but not necessarily the content.
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0')
  }
  return hash.digest('hex')
}

/**
 * True if a part of dist/ was made without an error from exactly these sources, and all its files still exist.
 * @param part  'program' or 'types'
 */
function isCurrent(part, now) {
  if (!existsSync(fingerprintFile(part))) return false
  const [then, ...outputs] = readFileSync(fingerprintFile(part), 'utf8').split('\n')
  return then === now && outputs.every(output => existsSync(join(root, 'dist', output)))
}

/**
 * Bundles command line and library as one script: bin/program.js runs it and gives it `import.meta` and `require`
 * (docs/decisions/0013-the-program-is-bundled.md). scripts/read-stack.js restores names in users' stacks.
 */
async function makeProgram() {
  const { build: bundle } = await import('esbuild')
  const outfile = 'dist/script/main.js'
  let parts
  try {
    const { metafile } = await bundle({
      absWorkingDir: root,
      stdin: { contents: script, resolveDir: root },
      outfile,
      // With the packages, whose files Node would otherwise find, read and compile at each start.
      bundle: true,
      platform: 'node',
      target: 'node20.19',
      format: 'cjs',
      sourcemap: true,
      minify: true,
      lineLimit: 1000,
      logLevel: 'warning',
      metafile: true,
      // A script with cached code cannot use `import()`, so it loads modules with `require`.
      supported: { 'dynamic-import': false },
      // In ASCII, the text of the script takes one byte per character in memory.
      charset: 'ascii',
      define: { 'import.meta': 'importMeta' },
      banner: { js: '(function (module, require, importMeta) {' },
      footer: { js: '})' },
    })
    parts = Object.keys(metafile.inputs)
  } catch {
    // esbuild has printed the error.
    return 1
  }
  finishScript(join(root, outfile))
  writeFileSync(join(root, 'dist', 'script', 'licenses.txt'), licensesOf(parts))
  await writeEntries()
  if (!keepCompiled()) {
    process.stderr.write('ddb-ingest: what V8 compiles could not be kept; starting takes longer\n')
  }
  return 0
}

/** esbuild leaves the signs of regular expressions as they are. bin/program.js takes bytes for characters, the last eight for a fingerprint. */
function finishScript(path) {
  const escaped = sign => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`
  const text = readFileSync(path, 'utf8').replace(/[^\0-\x7f]/g, escaped)
  const digest = createHash('sha256').update(text).digest('hex')
  writeFileSync(path, `${text}//${digest.slice(0, 8)}`)
}

/** Modules with the names that each entry exports, for `import`. */
async function writeEntries() {
  const { default: program } = await import('../bin/program.js')
  for (const [entry, open] of Object.entries(program.entries)) {
    const path = join(root, 'dist', `${entry}.js`)
    const from = entry.includes('/') ? '../..' : '..'
    mkdirSync(dirname(path), { recursive: true })
    const names = Object.keys(open()).join(', ')
    writeFileSync(
      path,
      `import program from '${from}/bin/program.js'\nexport const { ${names} } = program.entries['${entry}']()\n`,
    )
  }
}

/** The licenses of the packages in the script, each of which wants to come with its text. */
function licensesOf(paths) {
  const folders = paths.flatMap(path => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? [])
  return [...new Set(folders)]
    .sort()
    .map(folder => {
      const license = readdirSync(join(root, folder)).find(name => /^licen[cs]e/i.test(name))
      const text = readFileSync(join(root, folder, license), 'utf8')
      return `${folder.replace(/^.*node_modules\//, '')}\n\n${text}`
    })
    .join('\n\n---\n\n')
}

/** @returns false if V8's code cannot be cached here; then the program runs without the cache */
function keepCompiled() {
  const home = mkdtempSync(join(tmpdir(), 'ddb-ingest-build-'))
  try {
    const init = join(root, 'fixtures', 'scripts', 'trades.dos')
    const serve = [join(root, 'bin', 'ddb-ingest.js'), 'serve', '--port', '0', '--init', init]
    // Uses an empty home, so that the user's settings and journals have no effect. Logs in, because most loads do.
    const login = { DDB_USER: 'admin', DDB_PASSWORD: '123456' }
    const { status } = spawnSync(
      process.execPath,
      [...serve, '--', process.execPath, join(root, 'scripts', 'code-cache.js')],
      { stdio: 'ignore', timeout: 60_000, env: { HOME: home, XDG_STATE_HOME: home, ...login } },
    )
    return status === 0
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

/** TypeScript writes a declaration file per module. Users get one file per entry, with only the declarations that it needs. */
async function makeTypes() {
  const modules = join(root, 'dist', '.declarations')
  try {
    // `npm run typecheck` checks types. Checking them here, too, would take three times as long.
    const options = ['-p', 'tsconfig.build.json', '--noCheck', '--outDir', modules]
    const { status } = spawnSync(process.execPath, [typeCompiler, ...options], {
      cwd: root,
      // Standard output belongs to the program that npm runs next, so the compiler's errors are printed to standard error.
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

/** Marks exports that are only types (`export type * from`), because no value of that name exists at run time. */
function withValues(code, there) {
  return code.replace(/^export \{ (.*) \};$/m, (_, names) => {
    const typed = name => (there.has(name.replace(/^.* as /, '')) ? name : `type ${name}`)
    return `export { ${names.split(', ').map(typed).join(', ')} };`
  })
}

/**
 * Makes the named parts of dist/: all of them, or only those that are out of date.
 * @param names  keys of `parts`; `types` must follow `program`, because making the program empties dist/
 * @returns 0, or the exit code of the compiler that failed
 */
export async function build(names, { ifNeeded }) {
  const before = fingerprint()
  const isOld = name => !ifNeeded || !isCurrent(name, before)
  // Making the program empties dist/ first, so that no output remains whose source is gone.
  const needed = names.some(name => name === 'program' && isOld(name)) ? names : names.filter(isOld)
  if (needed.length === 0) return 0
  if (ifNeeded) process.stderr.write('ddb-ingest: compiling ...\n')
  if (needed.includes('program')) rmSync(join(root, 'dist'), { recursive: true, force: true })
  for (const name of needed) {
    const status = await parts[name]()
    if (status !== 0) return status
    // The names of all files that exist after the part was made follow the fingerprint.
    writeFileSync(fingerprintFile(name), [before, ...filesIn('dist')].join('\n'))
  }
  return 0
}
