/*
  Reading the arguments of functions on vectors, and columns that several of them make.
*/
import { dataTypes, type ColumnType } from '../../protocol/data-type.js'
import { columnTypeOf, takeRows } from '../../protocol/element.js'
import type { Column, Vector } from '../../protocol/value.js'
import { zeroColumn } from '../columns/column-layout.js'
import { columnOfScalar } from '../columns/convert-column.js'
import { ScriptError } from '../script-error.js'
import type { CallContext } from '../values/builtin.js'
import { rowBytes } from '../values/request-memory.js'
import { intScalar } from '../values/scalar.js'
import type { ServerValue } from '../values/server-value.js'

/** Whatever a vector function works on, as a column. */
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
    case 'set':
    case 'matrix':
      return value.elements
    default:
      throw new ScriptError(`The function [${name}] takes a vector.`)
  }
}

/**
 * As `columnArgument`, without array vectors.
 * @throws {ScriptError} naming the function
 */
export function vectorArgument(value: ServerValue | undefined, name: string): Vector {
  const column = columnArgument(value, name)
  if (column.form !== 'vector') throw new ScriptError(`The function [${name}] takes a vector.`)
  return column
}

/** size(X): elements, nulls included; rows of a table. */
export function sizeOf(value: ServerValue): number {
  switch (value.form) {
    case 'vector':
    case 'arrayVector':
      return value.length
    case 'matrix':
    case 'set':
      return value.elements.length
    case 'pair':
      return 2
    case 'list':
      return value.elements.length
    case 'serverDictionary':
      return value.entries.size
    case 'serverTable':
      return value.rows
    default:
      return 1
  }
}

/** `length` elements of a type: zeros, empty texts, NULL in a tuple. */
export function zeros({ memory }: CallContext, type: ColumnType, length: number): Column {
  memory.expect(rowBytes(type.type) * length)
  return zeroColumn(type, length)
}

/** The first element of a column again and again. */
export function filled({ memory }: CallContext, column: Column, length: number): Column {
  memory.expect(rowBytes(columnTypeOf(column).type) * length)
  return takeRows(column, new Int32Array(length))
}
