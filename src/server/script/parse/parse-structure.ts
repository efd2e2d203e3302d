/*
  Parses `create` and `drop` of databases and tables as the calls that they stand for
  (docs/server-semantics.md#tables-in-databases).
*/
import { stringScalar, stringVector } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import type { Token } from './lexer.js'
import { SqlParser } from './parse-sql.js'
import type { Argument, Call, Expression, StatementNode } from './syntax.js'

/** The value of `1:0`, the size of an empty table. */
const emptySize: ServerValue = {
  form: 'pair',
  elements: { form: 'vector', type: 'INT', length: 2, data: Int32Array.of(1, 0) },
}

export abstract class StructureParser extends SqlParser {
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
