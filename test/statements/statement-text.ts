/* Turns requests into statements. A script is divided at its blocks, and names that differ between runs become placeholders, so that the
   rest is the same in every run. */
import { dataTypes } from '../../src/protocol/data-type.js'
import { requestFlags } from '../../src/protocol/request.js'
import type { Value } from '../../src/protocol/value.js'
import { builtins } from '../../src/server/script/session/session.js'
import { tokenize } from '../../src/server/script/parse/cursor.js'
import type { Names } from '../../src/server/script/parse/scopes.js'
import { Parser } from '../../src/server/script/parse/statements.js'
import type {
  ExpressionOf,
  Call,
  Expression,
  FunctionDefinition,
  Name,
  Span,
  Statement,
} from '../../src/server/script/parse/syntax.js'
import type { SentRequest } from './sent-requests.js'

/** The text, and the names in it that the server must know: functions and keywords. */
export interface SentStatement {
  readonly text: string
  readonly names: readonly string[]
  readonly manner: Manner
}

export type Manner = 'answered' | 'asynchronous' | 'urgent'

type Found = Pick<SentStatement, 'text' | 'names'>

/** Any name may be a variable, a table or a function of the server. */
const names: Names = name => (builtins.has(name) ? 'function' : 'table')

/** The statements of a request, without constants and variables, which need nothing from the server. */
export function statementsOf({ head, request }: SentRequest): SentStatement[] {
  const { flags } = head
  const manner =
    (flags & requestFlags.async) !== 0
      ? 'asynchronous'
      : (flags & requestFlags.urgent) !== 0
        ? 'urgent'
        : 'answered'
  return statementsIn(request).map(found => ({ ...found, manner }))
}

function statementsIn(request: SentRequest['request']): Found[] {
  switch (request.kind) {
    case 'connect': {
      const text = request.login === undefined ? 'connect' : 'connect with user and password'
      return [{ text, names: ['connect'] }]
    }
    case 'variable':
      return [{ text: `upload of ${request.values.map(formText).join(', ')}`, names: ['upload'] }]
    case 'function': {
      const callee = new Parser(request.name, names).parseFunctionName()
      const call = `${normalized(callee)}(${request.args.map(formText).join(', ')})`
      const text = withPlaceholders(call)
      return [{ text, names: callee.kind === 'name' ? [calleeName(callee)] : namesOf(callee) }]
    }
    case 'script':
      return scriptStatements(request.script)
  }
}

/** Omits the type. selftest sends many types, but the type makes no difference to a server. */
function formText(value: Value): string {
  return value.form === 'scalar' ? 'VALUE' : value.form.toUpperCase()
}

export function scriptStatements(script: string): Found[] {
  const parser = new Parser(script, names)
  const found: Found[] = []
  do {
    for (const statement of parser.parseUnit()) collect(statement, found)
  } while (!parser.hasEnded)
  return found
}

function collect(statement: Statement, found: Found[]): void {
  const add = (text: string, node: unknown): void => {
    const names = namesOf(node)
    if (names.length > 0) found.push({ text, names })
  }
  const all = (statements: readonly Statement[]): void => {
    for (const each of statements) collect(each, found)
  }
  switch (statement.kind) {
    case 'define':
      found.push({ text: headerOf(statement.definition), names: ['def'] })
      return all(statement.definition.body)
    case 'if':
      add(`if(${normalized(statement.condition)})`, statement.condition)
      all(statement.then)
      return all(statement.otherwise)
    case 'for':
      add(`for(${statement.variable} in ${normalized(statement.iterable)})`, statement.iterable)
      return all(statement.body)
    case 'while':
    case 'doWhile':
      add(`while(${normalized(statement.condition)})`, statement.condition)
      return all(statement.body)
    case 'try':
      found.push({ text: 'try … catch', names: ['try'] })
      all(statement.body)
      return all(statement.handler)
    default:
      add(normalized(statement), statement)
  }
}

function headerOf({ name, parameters }: FunctionDefinition): string {
  const list = parameters.map(one => `${one.isMutable ? 'mutable ' : ''}${one.name}`)
  return withPlaceholders(`def ${name}(${list.join(', ')})`)
}

/** The text with placeholders, a single space for all white space, and a space after each comma. */
function normalized({ span: { source, start, end } }: { span: Span }): string {
  const words = tokenize(source.slice(start, end)).map((token, i, all) => {
    const hasBlank = token.spaceBefore || token.newlineBefore || all[i - 1]?.text === ','
    const blank = i > 0 && hasBlank && token.text !== ',' ? ' ' : ''
    return `${blank}${token.kind === 'number' ? 'N' : token.text}`
  })
  return withPlaceholders(words.join(''))
}

const typeName = '[A-Z][A-Z0-9]+(?:\\(N\\))?(?:\\[\\])?'

/** Placeholders for texts that differ between runs: names of tables, columns, views and runs. The order matters. */
const placeholders: readonly (readonly [RegExp, string])[] = [
  // The folder in which a run was started.
  [/"[^"]*", "[^"]*"(?=, N, N, "[0-9a-f]*", "[\w-]*", N, now\(\)\))/g, '"HOST", "FOLDER"'],
  [/(?<=ddbIngestMeta[({]"|dfsPath = ")[^"]*\.tbl/g, '/NAME/NAME.tbl'],
  [/(?<=tableName = )"\w+"/g, '"NAME"'],
  [/(?<=^ddbIngestFind\(TABLE)(?:, VALUE)+/g, ', VALUES'],
  [/\bddbIngestCount\d+/g, 'ddbIngestCount'],
  // A lookup of rows with any columns.
  [/(?:, )?(?:\w+ = ddbIngestValue\d+|isNull\(\w+\)(?=, \w+ = ddbIngestValue|$))/g, 'CONDITION'],
  [/(?:CONDITION)+/g, 'CONDITIONS'],
  [/ddbIngestValue\d+(?:, ddbIngestValue\d+)*/g, 'VALUES'],
  [/\bddbIngest(?:Test\w*|(?:Bench|Ledger\d*)?_\w+)/g, 'NAME'],
  [/\bmy[A-Z]\w*|\b(?:trades|tradeDates|appendStreamingData)\b/g, 'NAME'],
  [/\bdfs:\/\/\w+(?:\/\w+)*/g, 'dfs://NAME'],
  [/(?<=\b(?:loadTable|existsTable|dropTable)\("dfs:\/\/NAME", ?)["`]\w+"?/g, '"NAME"'],
  [/(?<=\bcreate(?:Partitioned)?Table\(.*)"\w*"/g, '"NAME"'],
  [/(?<=\b(?:defined|undef|objByName|dropFunctionView)\()(?:"\w*"|`\w+)/g, '"NAME"'],
  [/(?<=physicalName like )"[^"]*"/g, '"/NAME%"'],
  // The digest of a run, and the chunk of its table.
  [/"[0-9a-f]{32}", "[0-9a-f-]*"/g, '"DIGEST", "CHUNK"'],
  // The default name of a run.
  [/"(?:[0-9a-f]{16}(?:\.retry-[0-9a-f]+)?|demo-[0-9a-f]{8})"/g, '"NAME"'],
  [/`\w+(?:`\w+)+|(?<!\w)\[`\w+(?:, ?`\w+)*\]/g, 'NAMES'],
  [/`\w+/g, '`NAME'],
  [/\bN(?: N)+\b/g, 'N …'],
  [new RegExp(`\\[${typeName}(?:, ?${typeName})*\\]`, 'g'), 'TYPES'],
]

function withPlaceholders(text: string): string {
  return placeholders.reduce((found, [what, placeholder]) => found.replace(what, placeholder), text)
}

/** Functions that are called, passed or looked up (also this project's own and views), and keywords. */
function namesOf(node: unknown): string[] {
  const names = new Set<string>()
  const visit = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return
    const { span: _, ...inner } = part as { span?: unknown }
    const { kind, name, callee, isExec } = inner as Partial<Call & Name & ExpressionOf<'select'>>
    if ((kind as string) === 'literal') return
    if (kind === 'name' && builtins.has(name)) names.add(name)
    if (callee !== undefined && !isTypeName(callee)) names.add(calleeName(callee))
    if (kind === 'select') names.add(isExec === true ? 'exec' : 'select')
    if (wordStatements.has(String(kind))) names.add(String(kind))
    for (const each of Object.values(inner)) visit(each)
  }
  visit(node)
  return [...names]
}

const wordStatements: ReadonlySet<string> = new Set([
  'share',
  'throw',
  'insert',
  'update',
  'delete',
])

/** `DECIMAL32(2)` looks like a call, but is a type. */
const isTypeName = (callee: Expression): boolean =>
  callee.kind === 'name' && Object.hasOwn(dataTypes, callee.name)

/**
 * The name of a built-in or login function; for any other function, its kind. Login functions are not in `builtins`,
 * because the client calls them directly and not from scripts.
 */
function calleeName(callee: Expression): string {
  if (callee.kind !== 'name') return 'a function of the session'
  const { name } = callee
  if (builtins.has(name) || /^(scram|getDynamic|authenticate)/.test(name)) return name
  return /^ddbIngest[A-Za-z]*$/.test(name) ? 'a function of the session' : 'a function view'
}
