/*
  Rewrites `create` and `drop` of databases and tables as calls (docs/server-semantics.md#tables-in-databases).
*/
import { SqlParser } from './parse-sql.js'
import { textOfSpan } from './syntax.js'

/** The items after `partitioned by`, and options such as `engine='TSDB'` as named arguments. */
interface Partitions<Item> {
  readonly items: Item[]
  readonly options: string[]
}

export abstract class StructureParser extends SqlParser {
  /** True at a `create` or `drop` statement. Elsewhere, both words are ordinary names. */
  protected startsStructure(): boolean {
    const isVerb = this.is('create') || this.is('drop')
    return isVerb && (this.is('database', 1) || this.is('table', 1))
  }

  /** Consumes the statement. @returns a script of `database`, `createPartitionedTable` and the like */
  protected structureText(): string {
    const isCreate = this.next().text.toLowerCase() === 'create'
    const isDatabase = this.next().text.toLowerCase() === 'database'
    if (!isCreate) return this.#dropText(isDatabase)
    return isDatabase ? this.#databaseText() : this.#tableText()
  }

  #databaseText(): string {
    const path = quoted(this.parseAlias())
    const { items, options } = this.#parsePartitions(() => {
      // A level such as `VALUE(1..10)` or `HASH([SYMBOL, 40])`.
      const type = this.expectName().toUpperCase()
      return [type, this.inParentheses(() => this.#expressionText())] as const
    })
    const levels = items.map(([type, scheme]) => `database("", ${type}, ${scheme})`)
    const [type, scheme] = items.length === 1 ? items[0]! : ['COMPO', `[${levels.join()}]`]
    const named = [`directory=${path}`, `partitionType=${type}`, `partitionScheme=${scheme}`]
    return `database(${[...named, ...options].join()})`
  }

  #tableText(): string {
    const [one = '', table] = this.#parsePath()
    this.expect('(')
    const columns = this.inBrackets(')', () => this.#parseColumn())
    const isPartitioned = this.is('partitioned')
    const { items, options } = isPartitioned
      ? this.#parsePartitions(() => this.parseAlias())
      : { items: [], options: [] }
    const names = columns.map(({ name }) => name)
    const schema = `table(1:0, ${vector(names)}, ${vector(columns.map(({ type }) => type))})`
    if (table === undefined) return `&${one} = ${schema}`
    const named = [
      `dbHandle=database(${quoted(one)})`,
      `table=${schema}`,
      `tableName=${quoted(table)}`,
    ]
    if (items.length > 0) named.push(`partitionColumns=${vector(items)}`)
    const name = items.length > 0 ? 'createPartitionedTable' : 'createDimensionTable'
    return `${name}(${[...named, ...options].join()})`
  }

  #dropText(isDatabase: boolean): string {
    const ifExists = this.accept('if')
    if (ifExists) this.expect('exists')
    const [one = '', table] = this.#parsePath()
    const name = quoted(one)
    const [drop, exists] = isDatabase
      ? [`dropDatabase(${name})`, `existsDatabase(${name})`]
      : table === undefined
        ? [`undef(${name})`, `defined(${name})`]
        : [
            `dropTable(database(${name}), ${quoted(table)})`,
            `existsTable(${name}, ${quoted(table)})`,
          ]
    return ifExists ? `if(${exists}) ${drop}` : drop
  }

  /** Parses `partitioned by …`. */
  #parsePartitions<Item>(parse: () => Item): Partitions<Item> {
    this.expect('partitioned')
    this.expect('by')
    const partitions: Partitions<Item> = { items: [], options: [] }
    do {
      if (this.is('=', 1)) partitions.options.push(this.#optionText())
      else partitions.items.push(parse())
    } while (this.accept(','))
    return partitions
  }

  #optionText(): string {
    const name = this.expectName()
    this.expect('=')
    return `${name}=${this.#expressionText()}`
  }

  #expressionText(): string {
    return textOfSpan(this.parseExpression().span)
  }

  /** Parses `"dfs://db"."pt"`, or the name of one object. */
  #parsePath(): string[] {
    const path = [this.parseAlias()]
    if (this.accept('.')) path.push(this.parseAlias())
    return path
  }

  /** Parses `id INT`, `price DECIMAL64(4)` or `day DATE[comment="…"]`. Ignores the attributes in brackets. */
  #parseColumn(): { name: string; type: string } {
    const name = this.parseAlias()
    let type = this.expectName()
    if (this.is('(')) type += `(${this.inParentheses(() => this.next().text)})`
    if (this.is('[') && this.is(']', 1)) {
      this.next()
      this.next()
      type += '[]'
    }
    if (this.accept('[')) this.inBrackets(']', () => this.#optionText())
    return { name, type }
  }
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

function vector(texts: readonly string[]): string {
  return `[${texts.map(quoted).join()}]`
}
