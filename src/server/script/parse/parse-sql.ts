/*
  Parses select, exec, insert, update and delete (manual, "SQL"). Each clause may be on its own line.
*/
import type { Token } from './lexer.js'
import { ExpressionParser, pairPrecedence } from './parse-expression.js'
import type { Expression, OrderItem, SelectColumn } from './syntax.js'

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
    const hasTop = this.is('top') && this.peek(1).kind === 'number' && this.accept('top')
    const top = hasTop ? [this.parseExpression(pairPrecedence)] : []
    // `distinct(a)` is a call of the function.
    const isDistinct = !this.is('(', 1) && this.accept('distinct')
    const columns = this.list(() => this.#parseSelectColumn())
    this.#expectClause('from')
    const from = this.within({ hasColumns: false }, () => this.parseOperand())
    const where = this.#parseWhere()
    const isGrouped = this.#acceptClause('group', 'by')
    const groupBy = isGrouped ? this.list(() => this.#parseSelectColumn()) : []
    const having = this.#acceptClause('having') ? this.parseExpression() : undefined
    const isOrdered = this.#acceptClause('order', 'by')
    const orderBy = isOrdered ? this.list(() => this.#parseOrderItem()) : []
    const limit = this.#acceptClause('limit') ? this.list(() => this.parseExpression()) : top
    const [offsetOrCount, count] = limit
    const bounds = count
      ? { limitOffset: offsetOrCount, limitCount: count }
      : { limitOffset: undefined, limitCount: offsetOrCount }
    const parts = { isExec, isDistinct, from, columns, where, groupBy, having, orderBy, ...bounds }
    return this.node(first, { kind: 'select', ...parts })
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
    const columnNames = this.accept('(') ? this.inBrackets(')', () => this.parseAlias()) : undefined
    this.expect('values')
    const rows = this.list(() => {
      this.expect('(')
      return this.inBrackets(')', () => this.parseExpression(), { isSql: false })
    })
    return this.node(first, { kind: 'insert', target, columnNames, rows })
  }

  /** Parses the table to change. After the name of a table, `(` begins a list of columns; after a function, a call. */
  #parseTarget(): Expression {
    const first = this.peek()
    if (this.is('(', 1) && !this.isFunction(first.text)) {
      return this.checked(this.nameNode(this.expectName(), this.spanFrom(first)))
    }
    return this.within({ hasColumns: false }, () => this.parseOperand())
  }

  #parseUpdate(first: Token): Expression {
    const target = this.#parseTarget()
    this.#expectClause('set')
    const assignments = this.list(() => {
      const columnName = this.parseAlias()
      this.expect('=')
      return { columnName, value: this.parseExpression() }
    })
    return this.node(first, { kind: 'update', target, assignments, where: this.#parseWhere() })
  }

  #parseWhere(): Expression[] {
    return this.#acceptClause('where') ? this.list(() => this.parseExpression()) : []
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
}
