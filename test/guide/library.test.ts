/* The programs in docs/library.md. `tsc --strict` accepts them, and each prints the output below it on the page. Also the explanations of
   the library's options in an editor. */
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import ts from 'typescript'
import { makeDeclarations, root } from '../helpers/checkout.js'
import { tradesScript, startServerFor } from '../helpers/load-server.js'
import { readPages } from '../helpers/pages.js'
import { plainNode } from '../helpers/plain-node.js'
import { deepTest, everyday, sampled } from '../helpers/runs.js'

const run = promisify(execFile)

const page = (await readPages()).find(({ path }) => path === 'docs/library.md')!

const programs = Array.from(
  page.text.matchAll(/^```ts\n(import (?:(?!^```)[^])*)^```\n\n```text\n([^]*?)^```$/gm),
  ([, text, output]) => ({ text: text!, output: output! }),
)

/** The folder is inside the package, so that programs there can import the package by its name. */
const folder = t.testdir()
const paths = programs.map((_, i) => join(folder, `program-${i + 1}.mts`))
for (const [i, { text }] of programs.entries()) await writeFile(paths[i]!, text)

const strict: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  module: ts.ModuleKind.NodeNext,
  target: ts.ScriptTarget.ES2023,
  types: ['node'],
}
const types = fileURLToPath(new URL('dist/index.d.ts', root))
if (!everyday) makeDeclarations()

deepTest(t, 'tsc --strict accepts the programs of the page', async t => {
  t.ok(programs.length >= 10, `${programs.length} programs are found`)
  const wrong = ts
    .getPreEmitDiagnostics(ts.createProgram(paths, strict))
    .map(({ file, messageText }) => {
      return `${file?.fileName} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
    })
  t.strictSame(wrong, [])
})

deepTest(t, 'the compiler refuses wrong types', async t => {
  const path = join(folder, 'wrong.mts')
  const text = `
import { load, TableWriter } from 'ddb-ingest'
const server = { host: 'h', port: 1 }
const writer = await TableWriter.open<{ sym: string; price: number }>({ server, target: { table: 't' }, onReject: ({ row }) => row.imagined })
writer.write({ sym: 'a', price: '1' })
writer.write({ sym: 'a' })
writer.write({ sym: 'a', price: 1, extra: 1 })
writer.write('text')
await load({ rows: [1], server, target: { table: 't' } })
await load({ rows: [{}], inputs: ['f'], server, target: { table: 't' } })
await load({ rows: [{}], server, target: { table: 't' }, journal: { folder: 'f' } })
await TableWriter.open<{ sym: string }>({ server, table: 't' })
writer.write({ sym: 'a', price: 1 }, error => error?.message)
`
  ts.sys.writeFile(path, text)
  const errors = ts
    .getPreEmitDiagnostics(ts.createProgram([path], strict))
    .map(({ file, start }) => (file?.getLineAndCharacterOfPosition(start ?? 0).line ?? 0) + 1)
  t.strictSame([...new Set(errors)], [4, 5, 6, 7, 8, 9, 10, 11, 12])
})

for (const [i, { text, output }] of sampled([...programs.entries()])) {
  t.test(`program ${i + 1} prints what the page shows`, async t => {
    const server = await startServerFor(t, { initScript: tradesScript })
    const path = join(folder, `program-${i + 1}.mjs`)
    const { outputText } = ts.transpileModule(text.replaceAll('8848', String(server.port)), {
      compilerOptions: { ...strict, module: ts.ModuleKind.ESNext },
    })
    await writeFile(path, outputText)
    const { stdout, stderr } = await run(...plainNode([path]), { cwd: fileURLToPath(root) })
    t.equal(stdout, output)
    t.equal(stderr, '')
  })
}

const documented = [
  'LoadOptions',
  'LoadRowsOptions',
  'TableWriterOptions',
  'ConnectOptions',
  'RunOptions',
  'PoolOptions',
]

deepTest(t, 'an editor shows an explanation for every option', async t => {
  const program = ts.createProgram([types], strict)
  const checker = program.getTypeChecker()
  const module = checker.getSymbolAtLocation(program.getSourceFile(types)!)!
  const bare = new Set<string>()
  const seen = new Set<ts.Type>()
  let found = 0
  const look = (type: ts.Type, path: string): void => {
    for (const part of type.isUnion() ? type.types : [type]) {
      if (seen.has(part) || !(part.flags & ts.TypeFlags.Object)) continue
      seen.add(part)
      for (const property of checker.getPropertiesOfType(part)) {
        const [declaration] = property.declarations ?? []
        if (declaration === undefined || !declaration.getSourceFile().fileName.includes('/dist/'))
          continue
        found++
        const name = `${path}.${property.name}`
        if (property.getDocumentationComment(checker).length === 0) bare.add(name)
        look(checker.getTypeOfSymbolAtLocation(property, declaration), name)
      }
    }
  }
  for (const name of documented) {
    const symbol = checker.getExportsOfModule(module).find(one => one.name === name)!
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
    look(checker.getDeclaredTypeOfSymbol(target), name)
  }
  t.ok(found > 80, `${found} options are found`)
  t.strictSame([...bare], [])
  const called = checker
    .getExportsOfModule(module)
    .map(one => (one.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(one) : one))
    .filter(one => one.flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Class))
  t.ok(called.some(({ name }) => name === 'connect'))
  t.strictSame(
    called.filter(one => one.getDocumentationComment(checker).length === 0).map(one => one.name),
    [],
    'every function and class has one, too',
  )
})
