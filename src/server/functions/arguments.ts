/*
  Helpers for built-in functions: declare a function, and read its arguments.
*/
import type {
  Builtin,
  BuiltinArguments,
  CallContext,
  Evaluation,
  FunctionValue,
  ServerValue,
} from '../values/server-value.js'
import { ScriptError } from '../script-error.js'
import {
  type ColumnType,
  arrayTypeOffset,
  dataTypeOf,
  dataTypes,
  isDecimal,
  parseColumnType,
} from '../../protocol/data-type.js'
import { boolScalar, intScalar, integerOf, isVoid, textOf, textsOf } from '../values/scalar.js'
import { tupleElements } from '../values/vector-literal.js'
import type { DatabaseHandle, ServerTable } from '../tables/server-table.js'
import { findTable } from '../tables/privileges.js'
import type { Column, Vector } from '../../protocol/value.js'
import { columnOfScalar } from '../columns/convert-column.js'

type Result = ServerValue | Evaluation<ServerValue>

type Traits = Pick<Builtin, 'mutatesFirst' | 'adminOnly' | 'since'>

export function unaryFunction(
  name: string,
  compute: (x: ServerValue, context: CallContext) => Result,
  traits?: Traits,
): Builtin {
  return builtin(`${name}(X)`, (context, [x]) => compute(x, context), traits)
}

export function binaryFunction(
  name: string,
  compute: (x: ServerValue, y: ServerValue, context: CallContext) => Result,
  traits?: Traits,
): Builtin {
  return builtin(`${name}(X, Y)`, (context, [x, y]) => compute(x, y, context), traits)
}

/** The argument types of the signature `name(given, [optional], ...rest)`: only `given` is never undefined. */
type Given<Signature extends string> = Signature extends `${string}(${infer List})`
  ? List extends ''
    ? []
    : GivenOf<List>
  : BuiltinArguments
type GivenOf<List extends string> = List extends `${infer First}, ${infer Others}`
  ? [GivenAs<First>, ...GivenOf<Others>]
  : List extends `...${string}`
    ? Argument[]
    : [GivenAs<List>]
type GivenAs<Word extends string> = Word extends `[${string}]` ? Argument : ServerValue

/**
 * @param signature `name(given, [optional], ...rest)`; in the arguments of `call`, any parameter but `given` may be
 * undefined
 */
export function builtin<const Signature extends string>(
  signature: Signature,
  call: (context: CallContext, args: Given<Signature>) => Result,
  traits: Traits = {},
): Builtin {
  const [, name = '', list = ''] = /^(.+)\((.*)\)$/.exec(signature) ?? []
  const words = list === '' ? [] : list.split(', ')
  const parameters = words.map(word => word.replace(/^\[|\]$/g, ''))
  const hasRest = parameters.at(-1)?.startsWith('...') === true
  const isRequired = words.map(word => !/^\[|^\.\.\./.test(word))
  return {
    name,
    parameters,
    minArguments: isRequired.lastIndexOf(true) + 1,
    maxArguments: hasRest ? Infinity : parameters.length,
    ...traits,
    call: (context, args) => {
      const missing = isRequired.findIndex((one, index) => one && args[index] === undefined)
      if (missing < 0) return call(context, args as Given<Signature>)
      throw new ScriptError(
        `The argument [${parameters[missing]!}] of function [${name}] must be given.`,
      )
    },
  }
}

type Argument = ServerValue | undefined

/** True if the caller omitted the argument or passed NULL. */
export function isAbsent(value: Argument): value is undefined {
  return value === undefined || isVoid(value)
}

/** The table itself or, for a name, the session's variable of that name or else the shared table. */
export function tableArgument(context: CallContext, value: Argument): ServerTable {
  if (value?.form === 'serverTable') return value
  const name = textOf(value)
  if (name === undefined) throw new ScriptError('A table object or table name is expected.')
  return namedTable(context, name)
}

/** @throws {ScriptError} if neither a variable nor a shared table has this name */
export function namedTable({ node, session }: CallContext, name: string): ServerTable {
  const table = findTable(node, session, name)
  if (table === undefined) throw new ScriptError(`Can't find the object with name ${name}`)
  return table
}

/** @throws {ScriptError} unless `value` is a single text */
export function textArgument(value: Argument, name: string): string {
  const text = textOf(value)
  if (text === undefined) throw new ScriptError(`The argument [${name}] must be a string scalar.`)
  return text
}

/** The strings of a vector, or a list with a single string; an empty list if the argument is absent. */
export function textsArgument(value: Argument, name: string): readonly string[] {
  if (isAbsent(value)) return []
  const texts = textsOf(value)
  if (texts === undefined) {
    throw new ScriptError(`The argument [${name}] must be a string scalar or vector.`)
  }
  return texts
}

/** @throws {ScriptError} unless `value` is a BOOL or a whole number */
export function booleanArgument(value: Argument, name: string, otherwise: boolean): boolean {
  if (isAbsent(value)) return otherwise
  const number = integerOf(value)
  if (number === undefined) throw new ScriptError(`The argument [${name}] must be a boolean value.`)
  return number !== 0
}

/**
 * @param otherwise  the default; if undefined, the argument is required
 * @throws {ScriptError} if `value` is a typed null, or not a whole number
 */
export function integerArgument(value: Argument, name: string, otherwise?: number): number {
  const number = isAbsent(value) ? otherwise : integerOf(value)
  if (number === undefined) throw new ScriptError(`The argument [${name}] must be an integer.`)
  return number
}

/**
 * Reads one of the words, given as a text in any case or as its number.
 * @param words  word → its number
 * @returns undefined if the argument is absent
 */
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
  if (word !== undefined) return word
  const list = `${all.slice(0, -1).join(', ')} or ${all.at(-1)}`
  throw new ScriptError(`The argument [${name}] must be ${list}.`)
}

/** A BOOL for a single argument, a vector of BOOLs for several. */
export function boolResult(argument: Argument, flags: readonly boolean[]): ServerValue {
  if (argument?.form === 'scalar') return boolScalar(flags[0]!)
  const data = Int8Array.from(flags, Number)
  return { form: 'vector', type: 'BOOL', length: data.length, data }
}

/** The elements of a list, a tuple or a vector of strings. For any other value, a list with that value. */
export function elementsArgument(value: ServerValue): readonly ServerValue[] {
  const tuple = tupleElements(value)
  if (tuple !== undefined) return tuple
  const texts = textsOf(value)
  if (texts === undefined) return [value]
  return texts.map(text => ({ form: 'scalar', type: 'STRING', value: text }))
}

/**
 * Accepts types as words (`[INT, SYMBOL]`), as conversion functions (`[int, symbol]`), as strings (`` `INT`SYMBOL ``)
 * and as numbers (DolphinDB manual, page var).
 */
export function typesArgument(value: Argument, name: string): readonly ColumnType[] {
  if (value === undefined) throw new ScriptError(`The argument [${name}] must be data types.`)
  if (value.form === 'vector' && value.type === 'INT') {
    return Array.from(value.data.subarray(0, value.length), id => typeOfId(id, name))
  }
  return elementsArgument(value).map(element => {
    if (element.form === 'type') return withScale(element.column)
    const id = integerOf(element)
    if (id !== undefined) return typeOfId(id, name)
    const text = element.form === 'function' ? element.name : textOf(element)
    const type = parseColumnType(text ?? '')
    if (type !== undefined) return type
    if (isDecimal((text ?? '').trim().toUpperCase() as 'INT')) throw missingScale()
    throw new ScriptError(
      `The argument [${name}] must be data types, but ${text ?? 'one'} is none.`,
    )
  })
}

function typeOfId(id: number, name: string): ColumnType {
  const type = dataTypeOf(id % arrayTypeOffset)
  if (type === undefined || id < 0 || id >= 2 * arrayTypeOffset) {
    throw new ScriptError(`The argument [${name}] must be data types, but ${id} is none.`)
  }
  return withScale(id >= arrayTypeOffset ? { type, array: true } : { type })
}

function withScale(column: ColumnType): ColumnType {
  if (isDecimal(column.type) && column.scale === undefined) throw missingScale()
  return column
}

function missingScale(): ScriptError {
  return new ScriptError(
    'Must specify scale for Decimal data type, e.g., DECIMAL32(2). RefId: S05008',
  )
}

/** The two integers of a pair such as `100:0`; undefined for other values. */
export function pairArgument(value: Argument): readonly [number, number] | undefined {
  if (value?.form !== 'pair') return undefined
  const { elements } = value
  if (elements.type !== 'INT' && elements.type !== 'LONG') return undefined
  return [Number(elements.data[0]), Number(elements.data[1])]
}

/** @throws {ScriptError} unless `value` is a function */
export function functionArgument(value: Argument, name: string): FunctionValue {
  if (value?.form === 'function') return value
  throw new ScriptError(`The argument [${name}] must be a function.`)
}

/** The handle itself or, for the path of an existing database, a handle of that database. */
export function databaseArgument(context: CallContext, value: Argument): DatabaseHandle {
  if (value?.form === 'database') return value
  const path = textOf(value)
  const database = path === undefined ? undefined : context.node.databases.get(path)
  if (database !== undefined) return database.handle
  throw path === undefined
    ? new ScriptError('A database handle or the path of a database is expected.')
    : new ScriptError(`The database [${path}] does not exist. RefId: S04001`)
}

export function columnArgument(value: ServerValue | undefined, name: string): Column {
  switch (value?.form) {
    case 'vector':
    case 'arrayVector':
      return value
    case 'scalar':
      return columnOfScalar(value)
    case 'type':
      return columnOfScalar(intScalar(dataTypes[value.column.type].id))
    case 'pair':
      return value.elements
    default:
      throw new ScriptError(`The function [${name}] takes a vector.`)
  }
}

/** Like `columnArgument`, but refuses array vectors. @throws {ScriptError} with the name of the function */
export function vectorArgument(value: ServerValue | undefined, name: string): Vector {
  const column = columnArgument(value, name)
  if (column.form !== 'vector') throw new ScriptError(`The function [${name}] takes a vector.`)
  return column
}
