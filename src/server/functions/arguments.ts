/*
  Reading the arguments of built-ins about tables, with the texts that a wrong one is refused with.
*/
import {
  dataTypeOf,
  isDecimal,
  parseColumnType,
  arrayTypeOffset,
  type ColumnType,
} from '../../protocol/data-type.js'
import type { CallContext } from '../values/builtin.js'
import { ScriptError } from '../script-error.js'
import { integerOf, isVoid, textOf, textsOf } from '../values/scalar.js'
import type { ServerValue } from '../values/server-value.js'
import { tupleElements } from '../values/vector-literal.js'
import type { DatabaseHandle } from '../tables/database-handle.js'
import { findTable } from '../tables/sharing.js'
import type { ServerTable } from '../tables/server-table.js'

type Argument = ServerValue | undefined

/** True for an argument left out, left open or given as NULL. */
export function isAbsent(value: Argument): value is undefined {
  return value === undefined || isVoid(value)
}

/** A table, or the name of one of the session's or the node's shared tables. */
export function tableArgument(context: CallContext, value: Argument): ServerTable {
  if (value?.form === 'serverTable') return value
  const name = textOf(value)
  if (name === undefined) throw new ScriptError('A table object or table name is expected.')
  return namedTable(context, name)
}

/** @throws {ScriptError} when there is no such table */
export function namedTable({ node, session }: CallContext, name: string): ServerTable {
  const table = findTable(node, session, name)
  if (table === undefined) throw new ScriptError(`Can't find the object with name ${name}`)
  return table
}

/**
 * @param name  of the parameter, for the message
 * @throws {ScriptError} unless it is a single text
 */
export function textArgument(value: Argument, name: string): string {
  const text = textOf(value)
  if (text === undefined) throw new ScriptError(`The argument [${name}] must be a string scalar.`)
  return text
}

/** One string or several; none when the argument is absent. */
export function textsArgument(value: Argument, name: string): readonly string[] {
  if (isAbsent(value)) return []
  const texts = textsOf(value)
  if (texts === undefined) {
    throw new ScriptError(`The argument [${name}] must be a string scalar or vector.`)
  }
  return texts
}

/**
 * @param otherwise  what leaving it out means
 * @throws {ScriptError} for anything but BOOL and whole numbers
 */
export function booleanArgument(value: Argument, name: string, otherwise: boolean): boolean {
  if (isAbsent(value)) return otherwise
  const number = integerOf(value)
  if (number === undefined) throw new ScriptError(`The argument [${name}] must be a boolean value.`)
  return number !== 0
}

/**
 * @param otherwise  what leaving it out means; without it the argument must be there
 * @throws {ScriptError} for a null of a type, and for anything but a whole number
 */
export function integerArgument(value: Argument, name: string, otherwise?: number): number {
  const number = isAbsent(value) ? otherwise : integerOf(value)
  if (number === undefined) throw new ScriptError(`The argument [${name}] must be an integer.`)
  return number
}

/** The elements of a list, tuple or vector of strings; a single value is a list of one. */
export function elementsArgument(value: ServerValue): readonly ServerValue[] {
  const tuple = tupleElements(value)
  if (tuple !== undefined) return tuple
  const texts = textsOf(value)
  if (texts === undefined) return [value]
  return texts.map(text => ({ form: 'scalar', type: 'STRING', value: text }))
}

/**
 * Types given as words (`[INT, SYMBOL]`), as the functions that convert to them (`[int, symbol]`), as strings
 * (`` `INT`SYMBOL ``) or as numbers (DolphinDB manual, page var).
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

/** `100:0`; undefined for anything but a pair of integers. */
export function pairArgument(value: Argument): readonly [number, number] | undefined {
  if (value?.form !== 'pair') return undefined
  const { elements } = value
  if (elements.type !== 'INT' && elements.type !== 'LONG') return undefined
  return [Number(elements.data[0]), Number(elements.data[1])]
}

/** A database handle, or the path of a database that exists. */
export function databaseArgument(context: CallContext, value: Argument): DatabaseHandle {
  if (value?.form === 'database') return value
  const path = textOf(value)
  const database = path === undefined ? undefined : context.node.databases.get(path)
  if (database !== undefined) return database.handle
  throw path === undefined
    ? new ScriptError('A database handle or the path of a database is expected.')
    : new ScriptError(`The database [${path}] does not exist. RefId: S04001`)
}
