/*
  Parses select, exec, insert, update and delete (manual, "SQL"). Each clause may be on its own line. The error for an
  unsupported clause (joins, context by, pivot by, …) contains the name of the clause.
*/
import type { Cursor, CursorMode } from './cursor.js'
import { pairPrecedence, parseExpression } from './parse-expression.js'
import { parseAlias, parseOperand } from './parse-operand.js'
import type { Expression, Insert, OrderItem, Select, SelectColumn, Update } from './syntax.js'
import type { Token } from './lexer.js'

/** Words that end an operand in SQL. */
export const sqlStopWords: ReadonlySet<string> = new Set([
  'from', 'where', 'group', 'order', 'having', 'limit', 'context', 'pivot', 'cgroup', 'csort', 'as', 'asc', 'desc',
  'values', 'union', 'top', 'interval', 'map', 'nulls', 'over', 'inner', 'full', 'cross', 'with',
]) // prettier-ignore

const refusedClauses = [
  'context by', 'pivot by', 'cgroup by', 'csort', 'union', 'interval', 'map', 'over', 'inner join', 'left join',
  'right join', 'full join', 'cross join', 'join',
] // prettier-ignore

/** True if a SQL statement begins here. Elsewhere, words such as `update` are ordinary names. */
export function startsSql(cursor: Cursor): boolean {
  const { kind, text, newlineBefore } = cursor.peek(1)
  if (cursor.is('select') || cursor.is('exec')) return !['=', '.', ')', ',', ';'].includes(text)
  if (cursor.is('insert')) return cursor.is('into', 1)
  if (cursor.is('delete')) return cursor.is('from', 1)
  return cursor.is('update') && kind === 'name' && !newlineBefore
}

/** Call this only if `startsSql` is true. @throws {ScriptError} a syntax error, also for unsupported clauses */
export function parseSql(cursor: Cursor): Expression {
  const first = cursor.next()
  return cursor.within({ isSql: true, hasPairs: true }, () => {
    switch (first.text.toLowerCase()) {
      case 'insert':
        return parseInsert(cursor, first)
      case 'update':
        return parseUpdate(cursor, first)
      case 'delete': {
        cursor.expect('from')
        const target = parseTarget(cursor)
        const where = parseWhere(cursor)
        return { kind: 'delete', target, where, span: cursor.spanFrom(first) }
      }
      default:
        return parseSelect(cursor, first)
    }
  })
}

function parseSelect(cursor: Cursor, first: Token): Select {
  if (cursor.is('[')) cursor.fail('SQL hints are not supported.')
  let limit = parseTop(cursor)
  // `distinct(a)` is a call of the function.
  const isDistinct = !cursor.is('(', 1) && cursor.accept('distinct')
  const columns = cursor.list(() => parseSelectColumn(cursor))
  expectClause(cursor, 'from')
  const from = parseOperand(cursor)
  if (cursor.is(',')) cursor.fail('Joins are not supported.')
  const where = parseWhere(cursor)
  const isGrouped = acceptClause(cursor, 'group', 'by')
  const groupBy = isGrouped ? cursor.list(() => parseSelectColumn(cursor)) : []
  const having = acceptClause(cursor, 'having') ? parseExpression(cursor) : undefined
  refuseClauses(cursor)
  const isOrdered = acceptClause(cursor, 'order', 'by')
  const orderBy = isOrdered ? cursor.list(() => parseOrderItem(cursor)) : []
  refuseClauses(cursor)
  if (acceptClause(cursor, 'limit')) limit = parseLimit(cursor)
  refuseClauses(cursor)
  return {
    kind: 'select',
    isExec: first.text.toLowerCase() === 'exec',
    isDistinct,
    from,
    columns,
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
  if (!cursor.is('top') || cursor.peek(1).kind !== 'number') return undefined
  cursor.next()
  const bounds = parseExpression(cursor, pairPrecedence)
  if (bounds.kind !== 'binary' || bounds.operator !== ':') {
    return { offset: undefined, count: bounds }
  }
  const { left, right, span } = bounds
  return { offset: left, count: { kind: 'binary', operator: '-', left: right, right: left, span } }
}

/** Parses `n` or `offset, n`. */
function parseLimit(cursor: Cursor): Limit {
  const first = parseExpression(cursor)
  if (cursor.accept(',')) return { offset: first, count: parseExpression(cursor) }
  return { offset: undefined, count: first }
}

function parseSelectColumn(cursor: Cursor): SelectColumn {
  if (cursor.accept('*')) return { expression: undefined, alias: undefined }
  const expression = parseExpression(cursor)
  return { expression, alias: cursor.accept('as') ? parseAlias(cursor) : undefined }
}

function parseOrderItem(cursor: Cursor): OrderItem {
  const expression = parseExpression(cursor)
  const descending = cursor.accept('desc')
  if (!descending) cursor.accept('asc')
  return { expression, descending }
}

function parseInsert(cursor: Cursor, first: Token): Insert {
  cursor.expect('into')
  const target = parseTarget(cursor)
  const hasNames = cursor.is('(')
  const columnNames = hasNames ? parseBracketed(cursor, () => parseAlias(cursor)) : undefined
  if (!cursor.accept('values')) cursor.fail('insert into is only supported with values.')
  const parseValue = (): Expression => parseExpression(cursor)
  const rows = cursor.list(() => parseBracketed(cursor, parseValue, { isSql: false }))
  return { kind: 'insert', target, columnNames, rows, span: cursor.spanFrom(first) }
}

function parseBracketed<T>(cursor: Cursor, parse: () => T, mode: Partial<CursorMode> = {}): T[] {
  cursor.expect('(')
  return cursor.within({ ...mode, ignoresNewlines: true }, () => {
    const items = cursor.list(parse)
    cursor.expect(')')
    return items
  })
}

/** Parses the table to change. After the name of a table, `(` begins a list of columns; after a function, a call. */
function parseTarget(cursor: Cursor): Expression {
  const token = cursor.peek()
  if (token.kind !== 'name' || cursor.isFunction(token.text) || cursor.is('.', 1)) {
    return parseOperand(cursor)
  }
  cursor.next()
  return { kind: 'name', name: token.text, isFunction: false, span: cursor.spanFrom(token) }
}

function parseUpdate(cursor: Cursor, first: Token): Update {
  const target = parseTarget(cursor)
  expectClause(cursor, 'set')
  const assignments = cursor.list(() => {
    const name = parseAlias(cursor)
    const columnName = cursor.accept('.') ? parseAlias(cursor) : name
    cursor.expect('=')
    return { columnName, value: parseExpression(cursor) }
  })
  if (acceptClause(cursor, 'from')) cursor.fail('Joins are not supported.')
  const where = parseWhere(cursor)
  return { kind: 'update', target, assignments, where, span: cursor.spanFrom(first) }
}

function parseWhere(cursor: Cursor): Expression[] {
  refuseClauses(cursor)
  const where = acceptClause(cursor, 'where') ? cursor.list(() => parseExpression(cursor)) : []
  refuseClauses(cursor)
  return where
}

/** Consumes the start of a clause, even on a new line. `group` and the like begin a clause only before `by`. */
function acceptClause(cursor: Cursor, word: string, second?: string): boolean {
  if (!cursor.is(word)) return false
  if (second === undefined ? cursor.is('=', 1) : !cursor.is(second, 1)) return false
  cursor.next()
  if (second !== undefined) cursor.next()
  return true
}

function expectClause(cursor: Cursor, word: string): void {
  if (!acceptClause(cursor, word)) throw cursor.unexpected(`'${word}' is expected`)
}

function refuseClauses(cursor: Cursor): void {
  for (const clause of refusedClauses) {
    const [word = '', second] = clause.split(' ')
    if (!cursor.is(word) || (second !== undefined && !cursor.is(second, 1))) continue
    // A single word on a new line is a new statement.
    if (second === undefined && cursor.atStatementEnd) continue
    cursor.fail(`The clause [${clause}] is not supported.`)
  }
}
