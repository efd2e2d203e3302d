/*
  Makes JavaScript of the project's TypeScript for the tests, once for each state of a file: the compiler takes longer
  to load than most tests take to run, so what it made is kept in .tap/transpiled/. Types are removed here, not checked;
  `npm run typecheck` checks them.
    node scripts/transpile.js     all of src/ and test/, so that no test process has to load the compiler
*/
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const kept = join(root, '.tap', 'transpiled')

/** What the result depends on besides the file: compiler, settings, and how they are used. */
const settings = createHash('sha256')
for (const name of ['package-lock.json', 'tsconfig.json', 'scripts/transpile.js']) {
  settings.update(readFileSync(join(root, name))).update('\0')
}

/** The JavaScript of a TypeScript module, with its source map inside. */
export function transpiled(path, source = readFileSync(path, 'utf8')) {
  const hash = settings.copy().update(`${path}\0${source}`).digest('hex')
  // At the end, because another line at the beginning would shift all lines of the source map.
  const seal = `//${hash}\n`
  const keptPath = join(kept, `${relative(root, path)}.js`)
  const found = textOf(keptPath)
  if (found.endsWith(seal)) return found
  const made = compile(path, source) + seal
  mkdirSync(dirname(keptPath), { recursive: true })
  // Test processes run side by side, and none may read half a file.
  const draft = `${keptPath}.${process.pid}`
  writeFileSync(draft, made)
  renameSync(draft, keptPath)
  return made
}

function textOf(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return ''
    throw error
  }
}

function compile(path, source) {
  const ts = createRequire(import.meta.url)('typescript')
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), textOf)
  const { outputText, sourceMapText } = ts.transpileModule(source, {
    fileName: path,
    compilerOptions: {
      ...ts.convertCompilerOptionsFromJson(config.compilerOptions, root).options,
      // `nodenext` would look for a package.json to know what a single file is.
      module: ts.ModuleKind.ESNext,
      noEmit: false,
      sourceMap: true,
    },
  })
  const map = { ...JSON.parse(sourceMapText), sources: [pathToFileURL(path).href] }
  const encoded = Buffer.from(JSON.stringify(map)).toString('base64')
  return outputText.replace(
    /\/\/# sourceMappingURL=\S*\s*$/,
    `//# sourceMappingURL=data:application/json;base64,${encoded}\n`,
  )
}

function transpileAll() {
  for (const name of ['src', 'test']) {
    for (const path of readdirSync(join(root, name), { recursive: true })) {
      if (!path.endsWith('.ts') || path.endsWith('.d.ts') || path.includes('node_modules')) continue
      transpiled(join(root, name, path))
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) transpileAll()
