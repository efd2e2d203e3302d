/*
  Parses `create` and `drop` of databases and tables into calls (docs/server-semantics.md#tables-in-databases).
*/
import type { Cursor } from './cursor.js'
import { functionName, parseExpression } from './parse-expression.js'
import { parseAlias } from './parse-operand.js'
import { stringScalar } from '../../values/scalar.js'
import type { Expression, Name, Span, Statement } from './syntax.js'
import type { Token } from './lexer.js'

/** True at a `create` or `drop` statement. Elsewhere, both words are ordinary names. */
export function startsStructureStatement(cursor: Cursor): boolean {
  const isVerb = cursor.is('create') || cursor.is('drop')
  return isVerb && (cursor.is('database', 1) || cursor.is('table', 1))
}

/** Makes calls of `database`, `createPartitionedTable` and the like, with the source position of the statement. */
export function parseStructureStatement(cursor: Cursor): Statement {
  const first = cursor.next()
  const isCreate = first.text.toLowerCase() === 'create'
  const isDatabase = cursor.next().text.toLowerCase() === 'database'
  if (!isCreate) return parseDrop(cursor, first, isDatabase)
  return isDatabase ? parseCreateDatabase(cursor, first) : parseCreateTable(cursor, first)
}

type NamedArguments = Readonly<Record<string, Expression>>

/** Makes nodes with the source text of a whole statement. */
class Maker {
  readonly span: Span

  constructor(cursor: Cursor, first: Token) {
    this.span = cursor.spanFrom(first)
  }

  name(name: string): Name {
    return { kind: 'name', name, isFunction: false, span: this.span }
  }

  text(value: string): Expression {
    return { kind: 'literal', value: stringScalar(value), span: this.span }
  }

  list(elements: readonly Expression[]): Expression {
    return { kind: 'vector', elements, span: this.span }
  }

  texts(values: readonly string[]): Expression {
    return this.list(values.map(value => this.text(value)))
  }

  call(name: string, positional: readonly Expression[], named: NamedArguments = {}): Expression {
    const { span } = this
    const args = [
      ...positional.map(value => ({ value })),
      ...Object.entries(named).map(([name, value]) => ({ name, value })),
    ]
    return { kind: 'call', callee: functionName(name, span), args, span }
  }

  statement(expression: Expression): Statement {
    return { kind: 'expression', expression, span: this.span }
  }
}

function parseCreateDatabase(cursor: Cursor, first: Token): Statement {
  const path = parseAlias(cursor)
  const { items: levels, options } = parsePartitions(cursor, () => parseLevel(cursor))
  const make = new Maker(cursor, first)
  const [only] = levels
  const schemeOf = ({ type, scheme }: Level): Expression =>
    make.call('database', [make.text(''), make.name(type), scheme])
  const isSingle = levels.length === 1 && only !== undefined
  const named = {
    directory: make.text(path),
    partitionType: make.name(isSingle ? only.type : 'COMPO'),
    partitionScheme: isSingle ? only.scheme : make.list(levels.map(schemeOf)),
    ...options,
  }
  return make.statement(make.call('database', [], named))
}

/** Parses `partitioned by …`: levels or columns, and options such as `engine='TSDB'`. */
function parsePartitions<T>(
  cursor: Cursor,
  parse: () => T,
): { items: T[]; options: NamedArguments } {
  cursor.expect('partitioned')
  cursor.expect('by')
  const items: T[] = []
  const options: Record<string, Expression> = {}
  do {
    if (cursor.is('=', 1)) options[cursor.expectName()] = parseOptionValue(cursor)
    else items.push(parse())
  } while (cursor.accept(','))
  return { items, options }
}

function parseOptionValue(cursor: Cursor): Expression {
  cursor.expect('=')
  return parseExpression(cursor)
}

interface Level {
  type: string
  scheme: Expression
}

/** Parses a level such as `VALUE(1..10)` or `HASH([SYMBOL, 40])`. */
function parseLevel(cursor: Cursor): Level {
  const type = cursor.expectName().toUpperCase()
  cursor.expect('(')
  const scheme = cursor.within({ ignoresNewlines: true }, () => parseExpression(cursor))
  cursor.expect(')')
  return { type, scheme }
}

/** Parses `"dfs://db"."pt"`, or the name of one object. */
function parsePath(cursor: Cursor): string[] {
  const path = [parseAlias(cursor)]
  if (cursor.accept('.')) path.push(parseAlias(cursor))
  return path
}

function parseCreateTable(cursor: Cursor, first: Token): Statement {
  const [one = '', table] = parsePath(cursor)
  cursor.expect('(')
  const columns = cursor.inBrackets(')', () => parseColumn(cursor))
  const { items: partitionColumns, options } = cursor.is('partitioned')
    ? parsePartitions(cursor, () => parseAlias(cursor))
    : { items: [], options: {} }
  const make = new Maker(cursor, first)
  const { span } = make
  // The pair `1:0`: capacity and size of a table that is created from columns.
  const elements = { form: 'vector', type: 'INT', length: 2, data: Int32Array.of(1, 0) } as const
  const schema = make.call('table', [
    { kind: 'literal', value: { form: 'pair', elements }, span },
    make.texts(columns.map(column => column.name)),
    make.texts(columns.map(column => column.type)),
  ])
  if (table === undefined) {
    cursor.declareVariable(one)
    const flags = { operator: undefined, isReference: true, isConstant: false, needsGo: true }
    return { kind: 'assign', targets: [make.name(one)], values: [schema], span, ...flags }
  }
  const isPartitioned = partitionColumns.length > 0
  const named = {
    dbHandle: make.call('database', [make.text(one)]),
    table: schema,
    tableName: make.text(table),
    ...(isPartitioned ? { partitionColumns: make.texts(partitionColumns) } : {}),
    ...options,
  }
  const name = isPartitioned ? 'createPartitionedTable' : 'createDimensionTable'
  return make.statement(make.call(name, [], named))
}

/** Parses `id INT`, `price DECIMAL64(4)` or `day DATE[comment="…"]`. Ignores the attributes in brackets. */
function parseColumn(cursor: Cursor): { name: string; type: string } {
  const name = parseAlias(cursor)
  let type = cursor.expectName()
  if (cursor.accept('(')) {
    type += `(${cursor.next().text})`
    cursor.expect(')')
  }
  if (cursor.is('[') && cursor.is(']', 1)) {
    cursor.next()
    cursor.next()
    type += '[]'
  }
  if (cursor.accept('[')) {
    cursor.list(() => {
      cursor.expectName()
      parseOptionValue(cursor)
    })
    cursor.expect(']')
  }
  return { name, type }
}

function parseDrop(cursor: Cursor, first: Token, isDatabase: boolean): Statement {
  const ifExists = cursor.accept('if')
  if (ifExists) cursor.expect('exists')
  const [one = '', table] = parsePath(cursor)
  const make = new Maker(cursor, first)
  const name = make.text(one)
  const [drop, exists] = isDatabase
    ? [make.call('dropDatabase', [name]), make.call('existsDatabase', [name])]
    : table === undefined
      ? [make.call('undef', [name]), make.call('defined', [name])]
      : [
          make.call('dropTable', [make.call('database', [name]), make.text(table)]),
          make.call('existsTable', [name, make.text(table)]),
        ]
  const statement = make.statement(drop)
  if (!ifExists) return statement
  return { kind: 'if', condition: exists, then: [statement], otherwise: [], span: make.span }
}
