/* The modules of src/ with their imports and identifiers, for the test of the layout. The TypeScript parser reads the modules, so comments
   and strings never count as code. */
import { posix } from 'node:path'
import ts from 'typescript'
import { readSources } from './checkout.js'

export interface Import {
  /** In the spelling of the source: `./lexer.js`, `node:net`, `csv-parse/sync`. */
  specifier: string
  /** True if the import does not exist at run time. */
  typeOnly: boolean
}

export interface Module {
  /** Relative to src/, with forward slashes: `protocol/vector.ts`. */
  path: string
  /** The room of the file: the first folder of its path; for files directly in src/, the file name without `.ts`. */
  room: string
  text: string
  lineCount: number
  imports: Import[]
  hasDefaultExport: boolean
  /** Texts of all string literals, including literals in types. */
  strings: Set<string>
  /** Names of the globals that the module reads, such as `process`. */
  globals: Set<string>
  /** Names and string literals in the code. */
  words: Set<string>
  /** Whether the module has a function with a body, which tests should cover. */
  hasLogic: boolean
}

/** Every module of src/, sorted by path. */
export async function readModules(): Promise<Module[]> {
  return (await readSources()).map(({ path, text }) => parseModule(path, text))
}

/** @param path  relative to src/ */
export function parseModule(path: string, text: string): Module {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true)
  const module: Module = {
    path,
    room: path.includes('/') ? path.slice(0, path.indexOf('/')) : path.replace(/\.ts$/, ''),
    text,
    lineCount: text.replace(/\n$/, '').split('\n').length,
    imports: [],
    hasDefaultExport: false,
    strings: new Set(),
    globals: new Set(),
    words: new Set(),
    hasLogic: false,
  }
  visit(source, module)
  return module
}

function visit(node: ts.Node, module: Module): void {
  const found = importOf(node)
  if (found !== undefined) module.imports.push(found)
  if (ts.isStringLiteralLike(node)) module.strings.add(node.text)
  if (isDefaultExport(node)) module.hasDefaultExport = true
  if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) module.hasLogic = true
  if (ts.isIdentifier(node) && isFreeName(node)) module.globals.add(node.text)
  if (ts.isIdentifier(node) || ts.isStringLiteralLike(node)) module.words.add(node.text)
  ts.forEachChild(node, child => visit(child, module))
}

/** Finds `import`, `export … from`, `import()` and `import('…').Type`, in all their forms. */
function importOf(node: ts.Node): Import | undefined {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    const typeOnly = node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
    return { specifier: node.moduleSpecifier.text, typeOnly }
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    const specifier = (node.moduleSpecifier as ts.StringLiteral).text
    return { specifier, typeOnly: node.isTypeOnly }
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [argument] = node.arguments
    const literal = argument !== undefined && ts.isStringLiteralLike(argument)
    return { specifier: literal ? argument.text : '(computed)', typeOnly: false }
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    return { specifier: (node.argument.literal as ts.StringLiteral).text, typeOnly: true }
  }
  return undefined
}

function isDefaultExport(node: ts.Node): boolean {
  if (ts.isExportAssignment(node)) return true
  if (ts.isExportSpecifier(node)) return node.name.text === 'default'
  if (!ts.canHaveModifiers(node)) return false
  return ts.getModifiers(node)?.some(m => m.kind === ts.SyntaxKind.DefaultKeyword) ?? false
}

/** False for a member (`node.process`), the key of a property, and a name that is being declared. */
function isFreeName(node: ts.Identifier): boolean {
  const parent = node.parent
  if (ts.isPropertyAccessExpression(parent) || ts.isQualifiedName(parent)) {
    return (ts.isQualifiedName(parent) ? parent.left : parent.expression) === node
  }
  const named = parent as ts.Node & { name?: ts.Node; propertyName?: ts.Node }
  if (ts.isShorthandPropertyAssignment(parent)) return true
  return named.name !== node && named.propertyName !== node
}

/** The room of the module that a relative import loads; undefined for a package. */
export function roomOf(module: Module, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  const target = posix.join(posix.dirname(module.path), specifier)
  return target.includes('/') ? target.slice(0, target.indexOf('/')) : target.replace(/\.js$/, '')
}

/**
 * Modules that import themselves, directly or indirectly: each circle sorted, all circles sorted by their first
 * module.
 * @param withTypes also follows imports of types
 */
export function importCircles(modules: readonly Module[], withTypes = false): string[][] {
  const byPath = new Map(modules.map(module => [module.path, module]))
  const reached = new Map(modules.map(({ path }) => [path, pathsBehind(path, byPath, withTypes)]))
  const circles = new Map<string, string[]>()
  for (const [path, behind] of reached) {
    if (!behind.has(path)) continue
    const circle = [...behind].filter(other => reached.get(other)?.has(path)).sort()
    circles.set(circle.join(), circle)
  }
  return [...circles.values()].sort((a, b) => (a[0]! < b[0]! ? -1 : 1))
}

/** All modules that `path` imports, directly or indirectly. Contains `path` itself only if `path` is in a circle. */
function pathsBehind(path: string, byPath: ReadonlyMap<string, Module>, withTypes: boolean) {
  const found = new Set<string>()
  const open = [path]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const imports = byPath.get(next)?.imports ?? []
    for (const { specifier, typeOnly } of imports) {
      if ((typeOnly && !withTypes) || !specifier.startsWith('.')) continue
      const target = posix.join(posix.dirname(next), specifier).replace(/\.js$/, '.ts')
      if (found.has(target) || !byPath.has(target)) continue
      found.add(target)
      open.push(target)
    }
  }
  return found
}

/** Name of the imported package: `csv-parse` for `csv-parse/sync`. `node:net` stays `node:net`. */
export function packageOf(specifier: string): string {
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier)
}
