/*
  Compiles the project's TypeScript to JavaScript for the tests. Keeps the results in .tap/transpiled/, one for each version of a file.
  Types are removed without a check; `npm run typecheck` checks them.
    node scripts/transpile.js     all of src/ and test/, so that no test process has to start the compiler
*/
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const kept = join(root, '.tap', 'transpiled')

/** Everything that affects the result, except the file itself: compiler, settings, and this script. */
const settings = createHash('sha256')
for (const name of ['package-lock.json', 'tsconfig.json', 'scripts/transpile.js']) {
  settings.update(readFileSync(join(root, name))).update('\0')
}

/** The JavaScript of a TypeScript module, with its source map inside. */
export function transpiled(path, source = readFileSync(path, 'utf8')) {
  const place = placeOf(path, source)
  return place.found ?? keep(place, esbuild().transformSync(source, optionsOf(path)).code)
}

/** The path of the result, its last line, and the result itself if it exists. */
function placeOf(path, source) {
  const name = relative(root, path)
  const hash = settings.copy().update(`${name}\0${source}`).digest('hex')
  // The hash is at the end, because a line at the beginning would shift all lines of the source map.
  const seal = `//${hash}\n`
  const keptPath = join(kept, `${name}.js`)
  const text = textOf(keptPath)
  return { keptPath, seal, found: text.endsWith(seal) ? text : undefined }
}

function keep({ keptPath, seal }, code) {
  mkdirSync(dirname(keptPath), { recursive: true })
  // Test processes run at the same time, and none of them may read an incomplete file.
  const draft = `${keptPath}.${process.pid}`
  writeFileSync(draft, code + seal)
  renameSync(draft, keptPath)
  return code + seal
}

function textOf(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return ''
    throw error
  }
}

const esbuild = () => createRequire(import.meta.url)('esbuild')

/** Options for compiling a file by itself. tsconfig.json ensures that no file needs facts about other files. */
function optionsOf(path) {
  return {
    loader: 'ts',
    target: 'es2023',
    charset: 'utf8',
    sourcemap: 'inline',
    sourcesContent: false,
    // Relative to the module, so the result is valid wherever a copy of the project is.
    sourcefile: basename(path),
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
  }
}

async function transpileAll() {
  const { transform } = esbuild()
  const paths = ['src', 'test'].flatMap(name =>
    readdirSync(join(root, name), { recursive: true })
      .filter(path => path.endsWith('.ts') && !path.endsWith('.d.ts'))
      // AssemblyScript has a compiler of its own (scripts/kernel/build.js).
      .filter(path => !path.includes('node_modules') && !path.includes('assembly'))
      .map(path => join(root, name, path)),
  )
  const one = async path => {
    const source = readFileSync(path, 'utf8')
    const place = placeOf(path, source)
    if (place.found === undefined) keep(place, (await transform(source, optionsOf(path))).code)
  }
  await Promise.all(paths.map(one))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await transpileAll()
