/* Functions are tables of signatures and code. Types of results must be exact, because clients cast to them. */
import type {
  Builtin,
  CallArguments,
  CallContext,
  Evaluation,
  FunctionValue,
  ServerDictionary,
  ServerValue,
} from '../values/server-value.js'
import { ScriptError, check } from '../script-error.js'
import {
  type ColumnType,
  type DataType,
  isDecimal,
  parseColumnType,
} from '../../protocol/data-type.js'
import { type ElementValue, columnTypeOf, vectorOf } from '../../protocol/element.js'
import {
  boolScalar,
  elementsOf,
  intScalar,
  integerOf,
  isVoid,
  longScalar,
  stringScalar,
  textOf,
  textsOf,
  tupleElements,
  vectorOfElements,
  voidValue,
} from '../values/values.js'
import { makeDictionary } from '../elements/elements.js'
import { type DatabaseHandle, type ServerTable, createTable } from '../tables/server-table.js'
import { databaseAt, findTable } from '../tables/privileges.js'
import type { Column, Vector } from '../../protocol/value.js'
import { columnOfScalar } from '../columns/convert-column.js'

/** Kind of an argument in a signature → how a call reads it. Messages name the parameter and the function. @throws {ScriptError} for an unsuitable value */
const kinds = {
  bool: (value, parameter) =>
    required(integerOf(value), parameter, 'must be a boolean value.') !== 0,
  int: (value, parameter) => required(integerOf(value), parameter, 'must be an integer.'),
  count: (value, parameter) => {
    const count = integerOf(value) ?? -1
    const isLength = count >= 0 && count <= 2_147_483_647
    return required(isLength ? count : undefined, parameter, 'must be a non-negative integer.')
  },
  text: (value, parameter) => required(textOf(value), parameter, 'must be a string scalar.'),
  texts: (value, parameter) => textsArgument(value, parameter),
  function: (value, parameter): FunctionValue =>
    required(value.form === 'function' ? value : undefined, parameter, 'must be a function.'),
  /** The table itself or, for a name, the session's variable of that name or else the shared table. */
  table: (value, _parameter, _fn, context) => tableArgument(value, context),
  /** A table, and no name. */
  rows: (value, parameter): ServerTable =>
    required(value.form === 'serverTable' ? value : undefined, parameter, 'must be a table.'),
  /** The handle itself or, for the path of an existing database, a handle of that database. */
  database: (value, parameter, _fn, context): DatabaseHandle => {
    if (value.form === 'database') return value
    const path = required(textOf(value), parameter, 'must be a database or its path.')
    return databaseAt(context.node, path)
  },
  /** The path of a database, which may not exist. */
  path: (value, parameter) => {
    const path = value.form === 'database' ? value.path : textOf(value)
    return required(path, parameter, 'must be a string scalar.').replace(/\/+$/, '')
  },
  column: (value, _parameter, fn) => columnArgument(value, fn),
  vector: (value, _parameter, fn) => vectorArgument(value, fn),
  /** A vector, or a tuple of scalars as one. */
  numbers: (value, _parameter, fn) => {
    const elements = tupleElements(value)
    return vectorArgument(elements === undefined ? value : vectorOfElements(elements), fn)
  },
  types: (value, parameter) => typesArgument(value, parameter),
} satisfies Record<
  string,
  (value: ServerValue, parameter: string, fn: string, context: CallContext) => unknown
>

type Kinds = { [Kind in keyof typeof kinds]: ReturnType<(typeof kinds)[Kind]> }
type Argument = ServerValue | undefined

/** The arguments of the signature `name(given, given: kind, [optional], [optional: kind], ...rest)`. */
export type Given<Signature extends string> = Signature extends `${string}(${infer List})`
  ? List extends ''
    ? []
    : GivenOf<List extends `mutable ${infer Inner}` ? Inner : List>
  : CallArguments
type GivenOf<List extends string> = List extends `${infer First}, ${infer Others}`
  ? [GivenAs<First>, ...GivenOf<Others>]
  : List extends `...${string}`
    ? Argument[]
    : [GivenAs<List>]
type GivenAs<Word extends string> = Word extends `[${infer Inner}]`
  ? ReadAs<Inner> | undefined
  : ReadAs<Word>
type ReadAs<Word extends string> = Word extends `${string}: ${infer Kind extends keyof Kinds}`
  ? Kinds[Kind]
  : ServerValue

/** A JavaScript value that stands for a scalar. */
type Plain = string | number | bigint | boolean

/** The code of a function: nothing is VOID. A generator, which may wait, returns a value of the interpreter. */
export type Call<Args> = (
  context: CallContext,
  args: Args,
) => ServerValue | Plain | undefined | void | Evaluation<ServerValue>

/** Signature → code. A kind converts an argument; with one, an optional argument is undefined for NULL. `mutable` is changed. */
export function family<Signature extends string>(functions: {
  readonly [One in Signature]: Call<Given<One>>
}): readonly Builtin[] {
  return Object.entries(functions as Record<string, Call<never>>).map(([signature, call]) =>
    builtin(signature, call as Call<CallArguments>),
  )
}

function builtin(signature: string, call: Call<CallArguments>): Builtin {
  const [, name = '', mutable, list = ''] = /^(.+)\((mutable )?(.*)\)$/.exec(signature) ?? []
  const declared = (list === '' ? [] : list.split(', ')).map(word => {
    const [, parameter = '', kind] = /^\[?([^:\]]+)(?:: (\w+))?/.exec(word)!
    const read = kind === undefined ? undefined : kinds[kind as keyof Kinds]
    return { parameter, read, isRequired: !/^\[|^\.\.\./.test(word) }
  })
  const parameters = declared.map(({ parameter }) => parameter)
  const hasRest = parameters.at(-1)?.startsWith('...') === true
  const given = (context: CallContext, args: CallArguments): CallArguments => {
    const values = args.slice()
    for (let at = 0; at < declared.length; at++) {
      const { isRequired, parameter, read } = declared[at]!
      const value = args[at]
      if (value === undefined && isRequired) {
        throw new ScriptError(`The argument [${parameter}] of function [${name}] must be given.`)
      }
      if (value === undefined || read === undefined) continue
      const isAbsent = !isRequired && isVoid(value)
      values[at] = isAbsent ? undefined : (read(value, parameter, name, context) as ServerValue)
    }
    return values
  }
  return {
    form: 'function',
    kind: 'builtin',
    name,
    parameters,
    minArguments: declared.map(({ isRequired }) => isRequired).lastIndexOf(true) + 1,
    maxArguments: hasRest ? Infinity : parameters.length,
    mutatesFirst: mutable !== undefined,
    call: (context, args) => {
      const result = call(context, given(context, args))
      return typeof result === 'object' ? result : valueOf(result)
    },
  }
}

/** @param wanted  such as `must be an integer.` */
function required<T>(value: T | undefined, parameter: string, wanted: string): T {
  if (value !== undefined) return value
  throw new ScriptError(`The argument [${parameter}] ${wanted}`)
}

/** The strings of a vector or of a single string; none for NULL. */
export function textsArgument(value: ServerValue, parameter: string): readonly string[] {
  if (isVoid(value)) return []
  return required(textsOf(value), parameter, 'must be a string scalar or vector.')
}

/** True if the caller omitted the argument or passed NULL. */
export function isAbsent(value: Argument): value is undefined {
  return value === undefined || isVoid(value)
}

export function tableArgument(value: ServerValue, context: CallContext): ServerTable {
  if (value.form === 'serverTable') return value
  const name = textOf(value)
  check(name !== undefined, 'A table object or table name is expected.')
  const table = findTable(context, name)
  check(table !== undefined, `Can't find the object with name ${name}`)
  return table
}

/** The word that is given as a text in any case or as its number; undefined if the argument is absent. @param words  word → its number */
export function wordArgument<Word extends string>(
  value: Argument,
  name: string,
  words: Readonly<Record<Word, number>>,
): Word | undefined {
  if (isAbsent(value)) return undefined
  const text = textOf(value)?.toUpperCase()
  const id = integerOf(value)
  const all = Object.keys(words) as Word[]
  const word = all.find(one => one === text || words[one] === id)
  return required(word, name, `must be ${all.slice(0, -1).join(', ')} or ${all.at(-1)}.`)
}

/** Accepts types as words (`[INT, SYMBOL]`), as functions (`[int, symbol]`) and as strings (DolphinDB manual, page var). */
export function typesArgument(value: ServerValue, name: string): readonly ColumnType[] {
  return elementsOf(value).map(element => {
    const text = element.form === 'function' ? element.name : (textOf(element) ?? '')
    const type = element.form === 'type' ? element.column : parseColumnType(text)
    const word = type?.type ?? (text.trim().toUpperCase() as DataType)
    const isScaled = !isDecimal(word) || type?.scale !== undefined
    check(isScaled, 'Must specify scale for Decimal data type, e.g., DECIMAL32(2). RefId: S05008')
    return required(type, name, `must be data types, but ${text || 'one'} is none.`)
  })
}

export function columnArgument(value: ServerValue, fn: string): Column {
  if (value.form === 'vector' || value.form === 'arrayVector') return value
  check(value.form === 'scalar', `The function [${fn}] takes a vector.`)
  return columnOfScalar(value)
}

/** Like `columnArgument`, but refuses array vectors. */
export function vectorArgument(value: ServerValue, fn: string): Vector {
  const column = columnArgument(value, fn)
  check(column.form === 'vector', `The function [${fn}] takes a vector.`)
  return column
}

/** A BOOL for a single argument, a vector of BOOLs for several. */
export function boolResult(argument: ServerValue, flags: readonly boolean[]): ServerValue {
  if (argument.form === 'scalar') return boolScalar(flags[0]!)
  return vectorOf({ type: 'BOOL' }, flags)
}

export function tableOfColumns(columns: Readonly<Record<string, Column>>): ServerTable {
  const all = Object.values(columns)
  return createTable('basic', Object.keys(columns), all.map(columnTypeOf), { columns: all })
}

/** @param columns  names and types, such as `name STRING, rows LONG` @param rows  the values of each row */
export function tableOf(columns: string, rows: readonly (readonly ElementValue[])[]): ServerTable {
  const vectors = columns.split(', ').map((column, at) => {
    const [name, type] = column.split(' ') as [string, DataType]
    const cells = rows.map(row => row[at]!)
    return [name, vectorOf({ type }, cells)] as const
  })
  return tableOfColumns(Object.fromEntries(vectors))
}

/** A dictionary STRING → ANY, the type of the result of `schema()`. Leaves out undefined members. */
export function dictionaryOf(
  members: Readonly<Record<string, ServerValue | Plain | undefined>>,
): ServerDictionary {
  const known = Object.entries(members).filter(([, member]) => member !== undefined)
  const names = known.map(([name]) => stringScalar(name))
  const values = known.map(([, member]) => valueOf(member))
  return makeDictionary(names, values)
}

/** The value that a function's result stands for. */
export function valueOf(value: ServerValue | Plain | undefined | void): ServerValue {
  if (typeof value === 'string') return stringScalar(value)
  if (typeof value === 'number') return intScalar(value)
  if (typeof value === 'bigint') return longScalar(value)
  return typeof value === 'boolean' ? boolScalar(value) : (value ?? voidValue)
}
