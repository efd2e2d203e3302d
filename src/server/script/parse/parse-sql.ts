/*
  Parses select, exec, insert, update and delete (manual, "SQL"). Each clause may be on its own line. The error for an
  unsupported clause (joins, context by, pivot by, …) contains the name of the clause.
*/
import type { Cursor } from './cursor.js'
import { parseExpression } from './parse-expression.js'
import { parseAlias, parseOperand } from './parse-operand.js'
import type {
  Delete,
  Insert,
  OrderItem,
  Select,
  SelectColumn,
  Update,
  Expression,
} from './syntax.js'
import type { Token } from './lexer.js'

/** Words that end an operand in SQL. */
export const sqlStopWords: ReadonlySet<string> = new Set([
  'from', 'where', 'group', 'order', 'having', 'limit', 'context', 'pivot', 'cgroup', 'csort', 'as', 'asc', 'desc',
  'values', 'union', 'top', 'interval', 'map', 'nulls', 'over', 'inner', 'full', 'cross', 'with',
]) // prettier-ignore

/** The first word, or the first two words, of each unsupported clause. */
const refusedClauses: readonly (readonly [string, string | undefined])[] = [
  ['context', 'by'],
  ['pivot', 'by'],
  ['cgroup', 'by'],
  ['csort', undefined],
  ['union', undefined],
  ['interval', undefined],
  ['map', undefined],
  ['over', undefined],
  ['inner', 'join'],
  ['left', 'join'],
  ['right', 'join'],
  ['full', 'join'],
  ['cross', 'join'],
  ['join', undefined],
]

/** True if a SQL statement begins here. Elsewhere, words such as `update` are ordinary names. */
export function startsSql(cursor: Cursor): boolean {
  const token = cursor.peek()
  if (token.kind !== 'name') return false
  const next = cursor.peek(1)
  switch (token.text.toLowerCase()) {
    case 'select':
    case 'exec':
      return !(next.kind === 'operator' && ['=', '.', ')', ',', ';'].includes(next.text))
    case 'insert':
      return cursor.isWord('into', 1)
    case 'delete':
      return cursor.isWord('from', 1)
    case 'update':
      return next.kind === 'name' && !next.newlineBefore
    default:
      return false
  }
}

/** Call this only if `startsSql` is true. @throws {ScriptError} a syntax error, also for unsupported clauses */
export function parseSql(cursor: Cursor): Select | Insert | Update | Delete {
  const first = cursor.next()
  return cursor.within({ isSql: true, hasPairs: true }, () => {
    switch (first.text.toLowerCase()) {
      case 'insert':
        return parseInsert(cursor, first)
      case 'update':
        return parseUpdate(cursor, first)
      case 'delete':
        return parseDelete(cursor, first)
      default:
        return parseSelect(cursor, first)
    }
  })
}

function parseSelect(cursor: Cursor, first: Token): Select {
  if (cursor.isOperator('[')) cursor.fail('SQL hints are not supported.')
  let limit = parseTop(cursor)
  const isDistinct = acceptDistinct(cursor)
  const columns = parseList(cursor, () => parseSelectColumn(cursor))
  expectClause(cursor, 'from')
  const from = parseSource(cursor)
  refuseClauses(cursor)
  const where = acceptClause(cursor, 'where')
    ? parseList(cursor, () => parseExpression(cursor))
    : []
  refuseClauses(cursor)
  const groupBy = acceptClause(cursor, 'group', 'by')
    ? parseList(cursor, () => parseSelectColumn(cursor))
    : []
  const having = acceptClause(cursor, 'having') ? parseExpression(cursor) : undefined
  refuseClauses(cursor)
  const orderBy = acceptClause(cursor, 'order', 'by')
    ? parseList(cursor, () => parseOrderItem(cursor))
    : []
  refuseClauses(cursor)
  if (isLimit(cursor)) limit = parseLimit(cursor)
  refuseClauses(cursor)
  return {
    kind: 'select',
    isExec: first.text.toLowerCase() === 'exec',
    isDistinct,
    columns,
    from,
    where,
    groupBy,
    having,
    orderBy,
    limitOffset: limit?.offset,
    limitCount: limit?.count,
    span: cursor.spanFrom(first),
  }
}

interface Limit {
  offset: Expression | undefined
  count: Expression
}

/** Parses `top n`, or `top a:b` for the rows from a to b (exclusive). */
function parseTop(cursor: Cursor): Limit | undefined {
  if (!cursor.isWord('top') || cursor.peek(1).kind !== 'number') return undefined
  cursor.next()
  const bounds = parseExpression(cursor, 15)
  if (bounds.kind !== 'binary' || bounds.operator !== ':') {
    return { offset: undefined, count: bounds }
  }
  const { left, right, span } = bounds
  const count: Expression = { kind: 'binary', operator: '-', left: right, right: left, span }
  return { offset: left, count }
}

/** Accepts `distinct a, b` before the columns. `distinct(a)` is a call of the function. */
function acceptDistinct(cursor: Cursor): boolean {
  if (!cursor.isWord('distinct') || cursor.isOperator('(', 1)) return false
  cursor.next()
  return true
}

/** Parses `limit n` or `limit offset, n`. */
function parseLimit(cursor: Cursor): Limit {
  cursor.next()
  const firstNumber = parseExpression(cursor)
  if (cursor.accept(',')) return { offset: firstNumber, count: parseExpression(cursor) }
  return { offset: undefined, count: firstNumber }
}

function isLimit(cursor: Cursor): boolean {
  return cursor.isWord('limit') && !cursor.isOperator('=', 1)
}

function parseSelectColumn(cursor: Cursor): SelectColumn {
  if (cursor.accept('*')) return { expression: undefined, alias: undefined }
  const expression = parseExpression(cursor)
  const alias = cursor.acceptWord('as') ? parseAlias(cursor) : undefined
  return { expression, alias }
}

function parseOrderItem(cursor: Cursor): OrderItem {
  const expression = parseExpression(cursor)
  const descending = cursor.acceptWord('desc')
  if (!descending) cursor.acceptWord('asc')
  return { expression, descending }
}

/** Parses one table: a name, a call, or a query in brackets. */
function parseSource(cursor: Cursor): Expression {
  const source = parseOperand(cursor)
  if (cursor.isOperator(',')) cursor.fail('Joins are not supported.')
  return source
}

function parseInsert(cursor: Cursor, first: Token): Insert {
  cursor.expectWord('into')
  const target = parseTarget(cursor)
  const columnNames = cursor.accept('(') ? parseColumnNames(cursor) : undefined
  if (!cursor.isWord('values')) {
    cursor.fail('insert into is only supported with values.')
  }
  cursor.next()
  const rows: Expression[][] = []
  do {
    cursor.expect('(')
    rows.push(parseValues(cursor))
  } while (cursor.accept(','))
  return { kind: 'insert', target, columnNames, rows, span: cursor.spanFrom(first) }
}

function parseColumnNames(cursor: Cursor): string[] {
  return cursor.within({ ignoresNewlines: true }, () => {
    const names = parseList(cursor, () => parseAlias(cursor))
    cursor.expect(')')
    return names
  })
}

function parseValues(cursor: Cursor): Expression[] {
  return cursor.within({ ignoresNewlines: true, isSql: false }, () => {
    const values = parseList(cursor, () => parseExpression(cursor))
    cursor.expect(')')
    return values
  })
}

/** Parses the table to change. After the name of a table, `(` begins a list of columns; after a function, a call. */
function parseTarget(cursor: Cursor): Expression {
  const token = cursor.peek()
  if (token.kind === 'name' && !cursor.isFunction(token.text) && !cursor.isOperator('.', 1)) {
    cursor.next()
    return { kind: 'name', name: token.text, isFunction: false, span: cursor.spanFrom(token) }
  }
  return parseOperand(cursor)
}

function parseUpdate(cursor: Cursor, first: Token): Update {
  const target = parseTarget(cursor)
  expectClause(cursor, 'set')
  const assignments = parseList(cursor, () => {
    const first = parseAlias(cursor)
    const columnName = cursor.accept('.') ? parseAlias(cursor) : first
    cursor.expect('=')
    return { columnName, value: parseExpression(cursor) }
  })
  refuseClauses(cursor)
  if (acceptClause(cursor, 'from')) cursor.fail('Joins are not supported.')
  const where = parseWhere(cursor)
  return { kind: 'update', target, assignments, where, span: cursor.spanFrom(first) }
}

function parseDelete(cursor: Cursor, first: Token): Delete {
  cursor.expectWord('from')
  const target = parseTarget(cursor)
  const where = parseWhere(cursor)
  return { kind: 'delete', target, where, span: cursor.spanFrom(first) }
}

function parseWhere(cursor: Cursor): Expression[] {
  const where = acceptClause(cursor, 'where')
    ? parseList(cursor, () => parseExpression(cursor))
    : []
  refuseClauses(cursor)
  return where
}

function parseList<T>(cursor: Cursor, parse: () => T): T[] {
  const items = [parse()]
  while (cursor.accept(',')) items.push(parse())
  return items
}

/** Consumes the start of a clause, even on a new line. `group` and the like begin a clause only before `by`. */
function acceptClause(cursor: Cursor, word: string, second?: string): boolean {
  if (!cursor.isWord(word)) return false
  if (second !== undefined && !cursor.isWord(second, 1)) return false
  if (second === undefined && cursor.isOperator('=', 1)) return false
  cursor.next()
  if (second !== undefined) cursor.next()
  return true
}

function expectClause(cursor: Cursor, word: string): void {
  if (!acceptClause(cursor, word)) throw cursor.unexpected(`'${word}' is expected`)
}

function refuseClauses(cursor: Cursor): void {
  for (const [word, second] of refusedClauses) {
    if (!cursor.isWord(word) || (second !== undefined && !cursor.isWord(second, 1))) continue
    // A single word on a new line is a new statement.
    if (second === undefined && cursor.atStatementEnd) continue
    cursor.fail(
      `The clause [${second === undefined ? word : `${word} ${second}`}] is not supported.`,
    )
  }
}
