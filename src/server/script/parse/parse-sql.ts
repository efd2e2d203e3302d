/*
  Parses select, exec, insert, update and delete (manual, "SQL"). Each clause may be on its own line. The error for an
  unsupported clause (joins, context by, pivot by, …) contains the name of the clause.
*/
import type { Token } from './lexer.js'
import { ExpressionParser, pairPrecedence } from './parse-expression.js'
import type { Expression, OrderItem, SelectColumn } from './syntax.js'

const refusedClauses = [
  'context by', 'pivot by', 'cgroup by', 'csort', 'union', 'interval', 'map', 'over', 'inner join', 'left join',
  'right join', 'full join', 'cross join', 'join',
] // prettier-ignore

interface Limit {
  offset: Expression | undefined
  count: Expression
}

export abstract class SqlParser extends ExpressionParser {
  /** True if a SQL statement begins here. Elsewhere, words such as `update` are ordinary names. */
  protected startsSql(): boolean {
    const { kind, text, newlineBefore } = this.peek(1)
    if (this.is('select') || this.is('exec')) return !['=', '.', ')', ',', ';'].includes(text)
    if (this.is('insert')) return this.is('into', 1)
    if (this.is('delete')) return this.is('from', 1)
    return this.is('update') && kind === 'name' && !newlineBefore
  }

  /** Call this only if `startsSql` is true. @throws {ScriptError} a syntax error, also for unsupported clauses */
  protected parseSql(): Expression {
    const first = this.next()
    const word = first.text.toLowerCase()
    const mode = { isSql: true, hasColumns: word !== 'insert', hasPairs: true }
    return this.within(mode, () => {
      if (word === 'insert') return this.#parseInsert(first)
      if (word === 'update') return this.#parseUpdate(first)
      if (word !== 'delete') return this.#parseSelect(first, word === 'exec')
      this.expect('from')
      const target = this.#parseTarget()
      return this.node(first, { kind: 'delete', target, where: this.#parseWhere() })
    })
  }

  #parseSelect(first: Token, isExec: boolean): Expression {
    if (this.is('[')) this.fail('SQL hints are not supported.')
    const top = this.#parseTop()
    // `distinct(a)` is a call of the function.
    const isDistinct = !this.is('(', 1) && this.accept('distinct')
    const columns = this.list(() => this.#parseSelectColumn())
    this.#expectClause('from')
    const from = this.within({ hasColumns: false }, () => this.parseOperand())
    if (this.is(',')) this.fail('Joins are not supported.')
    const where = this.#parseWhere()
    const isGrouped = this.#acceptClause('group', 'by')
    const groupBy = isGrouped ? this.list(() => this.#parseSelectColumn()) : []
    const having = this.#acceptClause('having') ? this.parseExpression() : undefined
    this.#refuseClauses()
    const isOrdered = this.#acceptClause('order', 'by')
    const orderBy = isOrdered ? this.list(() => this.#parseOrderItem()) : []
    this.#refuseClauses()
    const limit = this.#acceptClause('limit') ? this.#parseLimit() : top
    this.#refuseClauses()
    const bounds = { limitOffset: limit?.offset, limitCount: limit?.count }
    const parts = { isExec, isDistinct, from, columns, where, groupBy, having, orderBy, ...bounds }
    return this.node(first, { kind: 'select', ...parts })
  }

  /** Parses `top n`, or `top a:b` for the rows from a to b (exclusive). */
  #parseTop(): Limit | undefined {
    if (!this.is('top') || this.peek(1).kind !== 'number') return undefined
    this.next()
    const bounds = this.parseExpression(pairPrecedence)
    if (bounds.kind !== 'binary' || bounds.operator !== ':') {
      return { offset: undefined, count: bounds }
    }
    const { left, right } = bounds
    return { offset: left, count: { ...bounds, operator: '-', left: right, right: left } }
  }

  /** Parses `n` or `offset, n`. */
  #parseLimit(): Limit {
    const first = this.parseExpression()
    if (this.accept(',')) return { offset: first, count: this.parseExpression() }
    return { offset: undefined, count: first }
  }

  #parseSelectColumn(): SelectColumn {
    if (this.accept('*')) return { expression: undefined, alias: undefined }
    const expression = this.parseExpression()
    return { expression, alias: this.accept('as') ? this.parseAlias() : undefined }
  }

  #parseOrderItem(): OrderItem {
    const expression = this.parseExpression()
    const descending = this.accept('desc')
    if (!descending) this.accept('asc')
    return { expression, descending }
  }

  #parseInsert(first: Token): Expression {
    this.expect('into')
    const target = this.#parseTarget()
    const hasNames = this.is('(')
    const columnNames = hasNames
      ? this.inParentheses(() => this.list(() => this.parseAlias()))
      : undefined
    if (!this.accept('values')) this.fail('insert into is only supported with values.')
    const parseRow = (): Expression[] =>
      this.inParentheses(() =>
        this.within({ isSql: false }, () => this.list(() => this.parseExpression())),
      )
    const rows = this.list(parseRow)
    return this.node(first, { kind: 'insert', target, columnNames, rows })
  }

  /** Parses the table to change. After the name of a table, `(` begins a list of columns; after a function, a call. */
  #parseTarget(): Expression {
    const token = this.peek()
    if (token.kind !== 'name' || this.isFunction(token.text) || this.is('.', 1)) {
      return this.within({ hasColumns: false }, () => this.parseOperand())
    }
    this.next()
    const name = this.nameNode(token.text, this.spanFrom(token))
    this.checkTable(name)
    return name
  }

  #parseUpdate(first: Token): Expression {
    const target = this.#parseTarget()
    this.#expectClause('set')
    const assignments = this.list(() => {
      const name = this.parseAlias()
      const columnName = this.accept('.') ? this.parseAlias() : name
      this.expect('=')
      return { columnName, value: this.parseExpression() }
    })
    if (this.#acceptClause('from')) this.fail('Joins are not supported.')
    return this.node(first, { kind: 'update', target, assignments, where: this.#parseWhere() })
  }

  #parseWhere(): Expression[] {
    this.#refuseClauses()
    const where = this.#acceptClause('where') ? this.list(() => this.parseExpression()) : []
    this.#refuseClauses()
    return where
  }

  /** Consumes the start of a clause, even on a new line. `group` and the like begin a clause only before `by`. */
  #acceptClause(word: string, second?: string): boolean {
    if (!this.is(word)) return false
    if (second === undefined ? this.is('=', 1) : !this.is(second, 1)) return false
    this.next()
    if (second !== undefined) this.next()
    return true
  }

  #expectClause(word: string): void {
    if (!this.#acceptClause(word)) throw this.unexpected(`'${word}' is expected`)
  }

  #refuseClauses(): void {
    for (const clause of refusedClauses) {
      const [word = '', second] = clause.split(' ')
      if (!this.is(word) || (second !== undefined && !this.is(second, 1))) continue
      // A single word on a new line is a new statement.
      if (second === undefined && this.atStatementEnd) continue
      this.fail(`The clause [${clause}] is not supported.`)
    }
  }
}
