/*
  Syntax trees as text, for tests of the parser. Brackets show the structure. The text contains every part of a node
  except its span, and can be parsed again.
*/
import { formatValue } from '../../src/protocol/value-text.js'
import { Cursor, type IsFunction } from '../../src/server/script/parse/cursor.js'
import { parseExpression } from '../../src/server/script/parse/parse-expression.js'
import { parseUnit } from '../../src/server/script/parse/parse-statement.js'
import type {
  Select,
  SelectColumn,
  Argument,
  Assignment,
  Expression,
  FunctionDefinition,
  Slice,
  Statement,
  StatementOf,
} from '../../src/server/script/parse/syntax.js'
import { textsOf } from '../../src/server/values/scalar.js'
import type { ServerValue } from '../../src/server/values/server-value.js'

/** A scope that contains only these functions. */
export const scopeOf =
  (functions: readonly string[]): IsFunction =>
  name =>
    functions.includes(name)

/** Functions for most tests: called by name, or written between operands. */
const usualFunctions = ['f', 'g', 'sum', 'add', 'sub', 'div', 'pair', 'seq', 'eq', 'bitOr', 'each']

export const cursorOn = (source: string, functions: readonly string[] = usualFunctions): Cursor =>
  new Cursor(source, scopeOf(functions))

/** The expression of `source`, which must contain nothing else. */
export function expressionOf(source: string, functions?: readonly string[]): Expression {
  const cursor = cursorOn(source, functions)
  const expression = parseExpression(cursor)
  if (!cursor.hasEnded) throw cursor.unexpected()
  return expression
}

export function statementsOf(source: string, functions?: readonly string[]): Statement[] {
  const cursor = cursorOn(source, functions)
  const statements: Statement[] = []
  do statements.push(...parseUnit(cursor))
  while (!cursor.hasEnded)
  return statements
}

/** The tree of an expression as text: `(1 + (a * 2))`. */
export const treeOf = (source: string, functions?: readonly string[]): string =>
  shown(expressionOf(source, functions))

/** The trees of several statements, on one line. */
export const treesOf = (source: string, functions?: readonly string[]): string =>
  shownStatements(statementsOf(source, functions))

/** The text for a missing part. */
const nothing = '<>'

const list = (nodes: readonly Expression[]): string => nodes.map(shown).join(', ')

const shownStatements = (statements: readonly Statement[]): string =>
  statements.map(shownStatement).join('; ')

const block = (statements: readonly Statement[]): string => `{${shownStatements(statements)}}`

function shown(node: Expression | Slice): string {
  switch (node.kind) {
    case 'literal':
      return shownValue(node.value)
    case 'name':
      return `${node.isFunction ? '&' : ''}${node.name}`
    case 'vector':
      return `[${list(node.elements)}]`
    case 'tuple':
      return `(${list(node.elements)}${node.elements.length === 1 ? ',' : ''})`
    case 'dictionary':
      return `{${node.entries.map(({ key, value }) => `${shown(key)}: ${shown(value)}`).join(', ')}}`
    case 'unary':
      return `(${node.operator}${shown(node.operand)})`
    case 'binary':
      return `(${shown(node.left)} ${node.operator} ${shown(node.right)})`
    case 'ternary':
      return `(${shown(node.condition)} ? ${shown(node.whenTrue)} : ${shown(node.whenFalse)})`
    case 'call':
      return `${shown(node.callee)}(${shownArguments(node.args)})`
    case 'partial':
      return `${shown(node.callee)}{${shownArguments(node.args)}}`
    case 'index':
      return `${shown(node.target)}[${node.indexes.map(shown).join(', ')}]`
    case 'slice':
      return `${node.from ? shown(node.from) : ''}:${node.to ? shown(node.to) : ''}`
    case 'member':
      return `${shown(node.target)}.${node.name}`
    case 'named':
      return `(${shown(node.expression)} as ${node.name})`
    case 'lambda':
      return `def${shownFunction(node.definition)}`
    case 'select':
      return `(${shownSelect(node)})`
    case 'insert': {
      const names = node.columnNames ? `(${node.columnNames.join(', ')})` : ''
      const rows = node.rows.map(row => `(${list(row)})`).join(', ')
      return `insert into ${shown(node.target)}${names} values ${rows}`
    }
    case 'update': {
      const changes = node.assignments.map(one => `${one.columnName} = ${shown(one.value)}`)
      return `update ${shown(node.target)} set ${changes.join(', ')}${clause('where', node.where)}`
    }
    case 'delete':
      return `delete from ${shown(node.target)}${clause('where', node.where)}`
  }
}

const clause = (word: string, nodes: readonly Expression[]): string =>
  nodes.length === 0 ? '' : ` ${word} ${list(nodes)}`

const shownArguments = (args: readonly Argument[]): string =>
  args
    .map(
      ({ name, value }) =>
        `${name === undefined ? '' : `${name}=`}${value ? shown(value) : nothing}`,
    )
    .join(', ')

function shownFunction({ parameters, body }: FunctionDefinition): string {
  const names = parameters.map(({ name, isMutable, defaultValue }) => {
    const value = defaultValue === undefined ? '' : `=${shown(defaultValue)}`
    return `${isMutable ? 'mutable ' : ''}${name}${value}`
  })
  return `(${names.join(', ')}) ${block(body)}`
}

const shownColumns = (columns: readonly SelectColumn[]): string =>
  columns
    .map(({ expression, alias }) => {
      const text = expression === undefined ? '*' : shown(expression)
      return alias === undefined ? text : `${text} as ${alias}`
    })
    .join(', ')

function shownSelect(node: Select): string {
  const { groupBy, having, orderBy, limitOffset, limitCount } = node
  const keys = orderBy.map(one => `${shown(one.expression)}${one.descending ? ' desc' : ''}`)
  const offset = limitOffset === undefined ? '' : `${shown(limitOffset)}, `
  return [
    node.isExec ? 'exec ' : 'select ',
    node.isDistinct ? 'distinct ' : '',
    shownColumns(node.columns),
    ` from ${shown(node.from)}`,
    clause('where', node.where),
    groupBy.length === 0 ? '' : ` group by ${shownColumns(groupBy)}`,
    clause('having', having === undefined ? [] : [having]),
    keys.length === 0 ? '' : ` order by ${keys.join(', ')}`,
    limitCount === undefined ? '' : ` limit ${offset}${shown(limitCount)}`,
  ].join('')
}

/** Shows a null by its type, and texts in double quotes. */
function shownValue(value: ServerValue): string {
  if (value.form === 'scalar') {
    if (value.type === 'VOID') return value.voidKind === 1 ? 'NULL' : nothing
    if (typeof value.value === 'string') return JSON.stringify(value.value)
    if (value.value === null) return `<${value.type}>`
  }
  const texts = value.form === 'vector' && value.type === 'STRING' ? textsOf(value) : undefined
  if (texts !== undefined) return JSON.stringify(texts)
  return formatValue(value as Parameters<typeof formatValue>[0])
}

/** The text of a statement. Several statements are separated by `; `. */
export function shownStatement(statement: Statement): string {
  switch (statement.kind) {
    case 'expression':
      return shown(statement.expression)
    case 'assign':
      return shownAssignment(statement)
    case 'define':
      return `def ${statement.definition.name}${shownFunction(statement.definition)}`
    case 'declare':
      return `def ${statement.name}`
    case 'if':
      return shownIf(statement)
    case 'for':
      return `for(${statement.variable} in ${shown(statement.iterable)}) ${block(statement.body)}`
    case 'while':
      return `while(${shown(statement.condition)}) ${block(statement.body)}`
    case 'doWhile':
      return `do ${block(statement.body)} while(${shown(statement.condition)})`
    case 'try':
      return `try ${block(statement.body)} catch(${statement.variable}) ${block(statement.handler)}`
    case 'throw':
      return `throw ${shown(statement.value)}`
    case 'return':
      return `return ${list(statement.values)}`.trimEnd()
    case 'break':
    case 'continue':
      return statement.kind
    case 'share':
      return `share ${shown(statement.value)} as ${statement.name}`
    case 'assert':
      return `assert ${JSON.stringify(statement.label)}, ${shown(statement.condition)}`
  }
}

function shownAssignment(node: Assignment): string {
  const before = `${node.isConstant ? 'const ' : ''}${node.isReference ? '&' : ''}`
  return `${before}${list(node.targets)} ${node.operator ?? ''}= ${list(node.values)}`
}

function shownIf({ condition, then, otherwise }: StatementOf<'if'>): string {
  const rest = otherwise.length === 0 ? '' : ` else ${block(otherwise)}`
  return `if(${shown(condition)}) ${block(then)}${rest}`
}
