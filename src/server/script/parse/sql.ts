/* Parses SQL. `create` and `drop` become calls of functions (manual, "SQL"; docs/server-semantics.md#tables-in-databases). */
import { stringScalar, stringVector } from '../../values/values.js'
import type { ServerValue } from '../../values/server-value.js'
import { ExpressionParser, pairPrecedence } from './expressions.js'
import type { Token } from './cursor.js'
import type {
  Argument,
  Call,
  Expression,
  OrderItem,
  SelectColumn,
  StatementNode,
} from './syntax.js'

/** The value of `1:0`, the size of an empty table. */
const emptySize: ServerValue = {
  form: 'pair',
  elements: { form: 'vector', type: 'INT', length: 2, data: Int32Array.of(1, 0) },
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
    const mode = { isSql: true, hasColumns: word !== 'insert' }
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
    const { text } = first
    if (this.is('(', 1) && (this.scopes.isVariable(text) || this.scopes.isTable(text))) {
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

  /** True at a `create` or `drop` statement. Elsewhere, both words are ordinary names. */
  protected startsStructure(): boolean {
    const isVerb = this.is('create') || this.is('drop')
    return isVerb && (this.is('database', 1) || this.is('table', 1))
  }

  protected parseStructure(first: Token): StatementNode {
    const isCreate = this.next().text.toLowerCase() === 'create'
    const isDatabase = this.next().text.toLowerCase() === 'database'
    if (!isCreate) return this.#parseDrop(first, isDatabase)
    const expression = isDatabase ? this.#parseDatabase(first) : this.#parseTable(first)
    return { kind: 'expression', expression }
  }

  #parseDatabase(first: Token): Call {
    const path = this.parseAlias()
    const levels: [type: string, scheme: Expression][] = []
    const options = this.#parsePartitions(() => {
      // A level such as `VALUE(1..10)` or `HASH([SYMBOL, 40])`.
      const type = this.expectName()
      levels.push([type, this.inParentheses(() => this.parseExpression())])
    })
    const [only] = levels
    if (levels.length === 1) return this.#call(first, 'database', [path, ...only!], options)
    const elements = levels.map(level => this.#call(first, 'database', ['', ...level]))
    const handles = this.node(first, { kind: 'vector', elements })
    return this.#call(first, 'database', [path, 'COMPO', handles], options)
  }

  #parseTable(first: Token): Call {
    const [path, name] = this.#parsePath()
    this.expect('(')
    const columns = this.inBrackets(')', () => this.#parseColumn())
    const keys: string[] = []
    const options = this.is('partitioned')
      ? this.#parsePartitions(() => void keys.push(this.parseAlias()))
      : []
    const [names, types] = [0, 1].map(at => stringVector(columns.map(column => column[at]!)))
    const template = this.#call(first, 'table', [emptySize, names!, types!])
    const args = [this.#call(first, 'database', [path]), template, name]
    return keys.length === 0
      ? this.#call(first, 'createDimensionTable', args, options)
      : this.#call(first, 'createPartitionedTable', [...args, stringVector(keys)], options)
  }

  #parseDrop(first: Token, isDatabase: boolean): StatementNode {
    const ifExists = this.accept('if')
    if (ifExists) this.expect('exists')
    const path = isDatabase ? [this.parseAlias()] : this.#parsePath()
    const expression = this.#call(first, isDatabase ? 'dropDatabase' : 'dropTable', path)
    const drop = this.node(first, { kind: 'expression', expression })
    if (!ifExists) return drop
    const condition = this.#call(first, isDatabase ? 'existsDatabase' : 'existsTable', path)
    return { kind: 'if', condition, then: [drop], otherwise: [] }
  }

  /** @param args  in the order of the function's parameters @param options  named arguments */
  #call(
    first: Token,
    name: string,
    args: readonly (Expression | ServerValue | string)[],
    options: readonly Argument[] = [],
  ): Call {
    const nodes = args.map((arg): Expression => {
      if (typeof arg === 'object' && 'kind' in arg && 'span' in arg) return arg
      const value = typeof arg === 'string' ? stringScalar(arg) : arg
      return this.node(first, { kind: 'literal', value })
    })
    const call = this.callOf(this.nameNode(name, this.spanFrom(first), true), nodes, first)
    return { ...call, args: [...call.args, ...options] }
  }

  /** Parses `partitioned by …`. @returns options such as `engine='TSDB'` as named arguments */
  #parsePartitions(parsePart: () => void): Argument[] {
    this.expect('partitioned')
    this.expect('by')
    const options: Argument[] = []
    do {
      if (!this.is('=', 1)) parsePart()
      else {
        const name = this.expectName()
        this.expect('=')
        options.push({ name, value: this.parseExpression() })
      }
    } while (this.accept(','))
    return options
  }

  /** Parses `"dfs://db"."pt"`. */
  #parsePath(): [path: string, name: string] {
    const path = this.parseAlias()
    this.expect('.')
    return [path, this.parseAlias()]
  }

  /** Parses `id INT`, `price DECIMAL64(4)` or `ask DOUBLE[]`. */
  #parseColumn(): [name: string, type: string] {
    const name = this.parseAlias()
    let type = this.expectName()
    if (this.is('(')) type += `(${this.inParentheses(() => this.next().text)})`
    if (this.accept('[')) {
      this.expect(']')
      type += '[]'
    }
    return [name, type]
  }
}
