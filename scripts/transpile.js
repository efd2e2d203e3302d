/*
  Compiles the project's TypeScript to JavaScript for the tests, once for each state of a file, and keeps the results in
  .tap/transpiled/. Types are removed without a check; `npm run typecheck` checks them.
    node scripts/transpile.js     all of src/ and test/, so that no test process has to start the compiler
*/
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const kept = join(root, '.tap', 'transpiled')

/** Everything besides the file that affects the result: compiler, settings, and this script. */
const settings = createHash('sha256')
for (const name of ['package-lock.json', 'tsconfig.json', 'scripts/transpile.js']) {
  settings.update(readFileSync(join(root, name))).update('\0')
}

/** The JavaScript of a TypeScript module, with its source map inside. */
export function transpiled(path, source = readFileSync(path, 'utf8')) {
  const place = placeOf(path, source)
  return place.found ?? keep(place, esbuild().transformSync(source, optionsOf(path)).code)
}

/** The result's path, its last line, and the result itself if it exists. */
function placeOf(path, source) {
  const name = relative(root, path)
  const hash = settings.copy().update(`${name}\0${source}`).digest('hex')
  // The hash is at the end, because another line at the beginning would shift all lines of the source map.
  const seal = `//${hash}\n`
  const keptPath = join(kept, `${name}.js`)
  const text = textOf(keptPath)
  return { keptPath, seal, found: text.endsWith(seal) ? text : undefined }
}

function keep({ keptPath, seal }, code) {
  mkdirSync(dirname(keptPath), { recursive: true })
  // Test processes run side by side, and none may read half a file.
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

/** Compiles each file alone: tsconfig.json ensures that no file needs facts about others. */
function optionsOf(path) {
  return {
    loader: 'ts',
    target: 'es2023',
    charset: 'utf8',
    sourcemap: 'inline',
    sourcesContent: false,
    // Relative to the module, so the result is right wherever a copy of the project is.
    sourcefile: basename(path),
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
  }
}

async function transpileAll() {
  const { transform } = esbuild()
  const paths = ['src', 'test'].flatMap(name =>
    readdirSync(join(root, name), { recursive: true })
      .filter(path => path.endsWith('.ts') && !path.endsWith('.d.ts'))
      .filter(path => !path.includes('node_modules'))
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
