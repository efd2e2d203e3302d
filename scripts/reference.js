/*
  Makes the reference pages of docs/reference/ from the compiled types. They describe every export of both entries with docstring and
  declaration. `node scripts/reference.js` writes the pages; a test compares them.
*/
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const root = fileURLToPath(new URL('..', import.meta.url))
const entries = {
  'README.md': { specifier: 'ddb-ingest', types: 'dist/index.d.ts' },
  'server.md': { specifier: 'ddb-ingest/server', types: 'dist/server/index.d.ts' },
}

const kinds = [
  ['Functions', ts.SymbolFlags.Function],
  ['Classes', ts.SymbolFlags.Class],
  ['Interfaces', ts.SymbolFlags.Interface],
  ['Types', ts.SymbolFlags.TypeAlias],
  ['Constants', ts.SymbolFlags.Variable],
]

/** The expected text of each page, by page name. */
export function referencePages() {
  const paths = Object.values(entries).map(({ types }) => root + types)
  const program = ts.createProgram(paths, {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    types: ['node'],
  })
  return Object.fromEntries(
    Object.entries(entries).map(([name, { specifier, types }]) => [
      name,
      pageOf(program, root + types, specifier),
    ]),
  )
}

function pageOf(program, path, specifier) {
  const checker = program.getTypeChecker()
  const module = checker.getSymbolAtLocation(program.getSourceFile(path))
  const symbols = checker
    .getExportsOfModule(module)
    .map(symbol =>
      symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const parts = kinds.flatMap(([title, flag]) => {
    const members = symbols.filter(symbol => symbol.flags & flag)
    return members.length === 0 ? [] : [`## ${title}`, ...members.map(sectionOf)]
  })
  const others = Object.entries(entries)
    .filter(([, entry]) => entry.specifier !== specifier)
    .map(([name, entry]) => `See also [${entry.specifier}](${name}).`)
  return [
    `# Reference: ${specifier}`,
    'Made from the docstrings by `node scripts/reference.js`; do not edit.',
    ...others,
    ...parts,
  ]
    .join('\n\n')
    .concat('\n')
}

function sectionOf(symbol) {
  const [declaration] = symbol.declarations
  const node = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration
  const prose = (node.jsDoc ?? []).map(docText).join('\n\n')
  const code = node
    .getText()
    .replace(/^declare /, '')
    .split('\n')
    .filter(line => !/^ *(#private;|private )/.test(line))
    .map(line => line.replace(/^( {4})+/, indent => indent.slice(indent.length / 2)))
    .join('\n')
  return [`### ${symbol.name}`, prose, `\`\`\`ts\n${code}\n\`\`\``].filter(Boolean).join('\n\n')
}

/** A docstring as Markdown: first its text, then its tags as a list. */
function docText(doc) {
  const tags = (doc.tags ?? []).map(tag => {
    const name = tag.name === undefined ? '' : ` \`${tag.name.getText()}\``
    // Removes the braces of `@throws {UsageError}`.
    const type = tag.typeExpression === undefined ? '' : ` \`${tag.typeExpression.type.getText()}\``
    return `* ${tag.tagName.text}${name}${type} ${oneLine(tag.comment)}`.trimEnd()
  })
  const text = ts.getTextOfJSDocComment(doc.comment) ?? ''
  return [text, tags.join('\n')].filter(Boolean).join('\n\n')
}

function oneLine(comment) {
  return (ts.getTextOfJSDocComment(comment) ?? '').replace(/\s+/g, ' ').trim()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = `${root}docs/reference/`
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of Object.entries(referencePages())) writeFileSync(folder + name, text)
}
