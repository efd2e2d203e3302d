/*
  Parses `create` and `drop` of databases and tables into calls (docs/server-semantics.md#tables-in-databases).
*/
import type { Cursor } from './cursor.js'
import { parseExpression } from './parse-expression.js'
import { parseAlias } from './parse-operand.js'
import { stringScalar } from '../../values/scalar.js'
import type { Argument, Call, Expression, Name, Span, Statement } from './syntax.js'
import type { Token } from './lexer.js'

/** True at a `create` or `drop` statement. Elsewhere, both words are ordinary names. */
export function startsStructureStatement(cursor: Cursor): boolean {
  if (!cursor.isWord('create') && !cursor.isWord('drop')) return false
  return cursor.isWord('database', 1) || cursor.isWord('table', 1)
}

/** Makes calls of `database`, `createPartitionedTable` and the like, with the source position of the statement. */
export function parseStructureStatement(cursor: Cursor): Statement {
  const first = cursor.next()
  const isCreate = first.text.toLowerCase() === 'create'
  const isDatabase = cursor.isWord('database')
  cursor.next()
  return cursor.within({ ignoresNewlines: false }, () => {
    if (!isCreate) return parseDrop(cursor, first, isDatabase)
    return isDatabase ? parseCreateDatabase(cursor, first) : parseCreateTable(cursor, first)
  })
}

class CallBuilder {
  private readonly span: Span

  constructor(span: Span) {
    this.span = span
  }

  name(name: string, isFunction = false): Name {
    return { kind: 'name', name, isFunction, span: this.span }
  }

  text(value: string): Expression {
    return { kind: 'literal', value: stringScalar(value), span: this.span }
  }

  list(elements: readonly Expression[]): Expression {
    return { kind: 'vector', elements, span: this.span }
  }

  call(name: string, args: readonly Argument[]): Call {
    return { kind: 'call', callee: this.name(name, true), args, span: this.span }
  }

  statement(expression: Expression): Statement {
    return { kind: 'expression', expression, span: this.span }
  }
}

function builderFrom(cursor: Cursor, first: Token): CallBuilder {
  return new CallBuilder(cursor.spanFrom(first))
}

interface Level {
  type: string
  scheme: Expression
}

function parseCreateDatabase(cursor: Cursor, first: Token): Statement {
  const path = parseAlias(cursor)
  cursor.expectWord('partitioned')
  cursor.expectWord('by')
  const levels: Level[] = []
  const options: Argument[] = []
  do {
    if (cursor.isOperator('=', 1)) options.push(parseOption(cursor))
    else levels.push(parseLevel(cursor))
  } while (cursor.accept(','))
  const build = builderFrom(cursor, first)
  const directory: Argument = { name: 'directory', value: build.text(path) }
  const domains = levels.map(level =>
    build.call('database', [
      { value: build.text('') },
      { value: build.name(level.type) },
      { value: level.scheme },
    ]),
  )
  const [only] = levels
  const isSingle = levels.length === 1 && only !== undefined
  const type = isSingle ? build.name(only.type) : build.name('COMPO')
  const scheme = isSingle ? only.scheme : build.list(domains)
  const args: Argument[] = [
    directory,
    { name: 'partitionType', value: type },
    { name: 'partitionScheme', value: scheme },
    ...options,
  ]
  return build.statement(build.call('database', args))
}

/** Parses a level such as `VALUE(1..10)` or `HASH([SYMBOL, 40])`. */
function parseLevel(cursor: Cursor): Level {
  const type = cursor.expectName().toUpperCase()
  cursor.expect('(')
  const scheme = cursor.within({ ignoresNewlines: true }, () => parseExpression(cursor))
  cursor.expect(')')
  return { type, scheme }
}

/** Parses an option such as `engine='TSDB'`. */
function parseOption(cursor: Cursor): Argument {
  const name = cursor.expectName()
  cursor.expect('=')
  return { name, value: parseExpression(cursor) }
}

interface Path {
  database: string | undefined
  table: string
}

/** Parses `"dfs://db"."pt"`, or the name of a table in memory. */
function parsePath(cursor: Cursor): Path {
  const one = parseAlias(cursor)
  return cursor.accept('.')
    ? { database: one, table: parseAlias(cursor) }
    : { database: undefined, table: one }
}

function parseCreateTable(cursor: Cursor, first: Token): Statement {
  const path = parsePath(cursor)
  const columns = parseColumns(cursor)
  const partitionColumns: string[] = []
  const options: Argument[] = []
  if (cursor.acceptWord('partitioned')) {
    cursor.expectWord('by')
    do {
      if (cursor.isOperator('=', 1)) options.push(parseOption(cursor))
      else partitionColumns.push(parseAlias(cursor))
    } while (cursor.accept(','))
  }
  const build = builderFrom(cursor, first)
  const zero: Expression = parsePairLiteral(cursor, first)
  const schema = build.call('table', [
    { value: zero },
    { value: build.list(columns.map(column => build.text(column.name))) },
    { value: build.list(columns.map(column => build.text(column.type))) },
  ])
  if (path.database === undefined) {
    cursor.declareVariable(path.table)
    const span = cursor.spanFrom(first)
    const target = build.name(path.table)
    const flags = { operator: undefined, isReference: true, isConstant: false, needsGo: true }
    return { kind: 'assign', targets: [target], values: [schema], span, ...flags }
  }
  const isPartitioned = partitionColumns.length > 0
  const args: Argument[] = [
    { name: 'dbHandle', value: build.call('database', [{ value: build.text(path.database) }]) },
    { name: 'table', value: schema },
    { name: 'tableName', value: build.text(path.table) },
  ]
  if (isPartitioned) {
    const names = build.list(partitionColumns.map(name => build.text(name)))
    args.push({ name: 'partitionColumns', value: names })
  }
  const name = isPartitioned ? 'createPartitionedTable' : 'createDimensionTable'
  return build.statement(build.call(name, [...args, ...options]))
}

/** The pair `1:0`: capacity and size of a table that is created from columns. */
function parsePairLiteral(cursor: Cursor, first: Token): Expression {
  const elements = { form: 'vector', type: 'INT', length: 2, data: Int32Array.of(1, 0) } as const
  return { kind: 'literal', value: { form: 'pair', elements }, span: cursor.spanFrom(first) }
}

/** Parses `(id INT, day DATE[comment="…"], price DECIMAL64(4))`. Ignores the attributes in brackets. */
function parseColumns(cursor: Cursor): { name: string; type: string }[] {
  cursor.expect('(')
  return cursor.within({ ignoresNewlines: true }, () => {
    const columns: { name: string; type: string }[] = []
    while (!cursor.isOperator(')')) {
      const name = parseAlias(cursor)
      columns.push({ name, type: parseType(cursor) })
      if (cursor.isOperator('[')) skipAttributes(cursor)
      if (!cursor.accept(',')) break
    }
    cursor.expect(')')
    return columns
  })
}

function parseType(cursor: Cursor): string {
  let text = cursor.expectName()
  if (cursor.accept('(')) {
    text += `(${cursor.next().text})`
    cursor.expect(')')
  }
  if (cursor.isOperator('[') && cursor.isOperator(']', 1)) {
    cursor.next()
    cursor.next()
    text += '[]'
  }
  return text
}

function skipAttributes(cursor: Cursor): void {
  cursor.expect('[')
  do {
    parseOption(cursor)
  } while (cursor.accept(','))
  cursor.expect(']')
}

function parseDrop(cursor: Cursor, first: Token, isDatabase: boolean): Statement {
  const ifExists = cursor.acceptWord('if')
  if (ifExists) cursor.expectWord('exists')
  const path = parsePath(cursor)
  const build = builderFrom(cursor, first)
  const { drop, exists } = dropCalls(build, path, isDatabase)
  const statement = build.statement(drop)
  if (!ifExists) return statement
  return { kind: 'if', condition: exists, then: [statement], otherwise: [], span: statement.span }
}

function dropCalls(
  build: CallBuilder,
  { database, table }: Path,
  isDatabase: boolean,
): { drop: Call; exists: Call } {
  const name: Argument = { value: build.text(table) }
  if (isDatabase) {
    const directory: Argument = { value: build.text(database ?? table) }
    return {
      drop: build.call('dropDatabase', [directory]),
      exists: build.call('existsDatabase', [directory]),
    }
  }
  if (database === undefined) {
    return { drop: build.call('undef', [name]), exists: build.call('defined', [name]) }
  }
  const directory: Argument = { value: build.text(database) }
  return {
    drop: build.call('dropTable', [{ value: build.call('database', [directory]) }, name]),
    exists: build.call('existsTable', [directory, name]),
  }
}
