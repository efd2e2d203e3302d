/*
  What a value is: typestr, type, form, isNull, isValid (DolphinDB manual, pages of each name).
*/
import { arrayTypeOffset, dataTypes, type DataType } from '../../../protocol/data-type.js'
import { columnTypeOf, isNullAt } from '../../../protocol/element.js'
import { dataForms, type Column, type Vector } from '../../../protocol/value.js'
import type { Builtin } from '../../values/builtin.js'
import { operandOf } from '../../operators/operands/pairing.js'
import { boolScalar, intScalar, stringScalar } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import type { ServerTable, TableKind } from '../../tables/server-table.js'
import { unaryFunction } from '../arguments.js'

const tableTypeTexts: Readonly<Record<TableKind, string>> = {
  basic: 'IN-MEMORY TABLE',
  stream: 'STREAMING TABLE',
  keyedStream: 'STREAMING TABLE',
  keyed: 'IN-MEMORY KEYED TABLE',
  indexed: 'IN-MEMORY INDEXED TABLE',
  partitioned: 'SEGMENTED IN-MEMORY TABLE',
  dfs: 'SEGMENTED DFS TABLE',
}

/** typestr(X), as docs/server-semantics.md#small-functions spells it. */
function typeText(value: ServerValue): string {
  switch (value.form) {
    case 'scalar':
      return value.type
    case 'vector':
    case 'arrayVector':
      return `${fastText(value)} VECTOR`
    case 'pair':
      return `${value.elements.type} PAIR`
    case 'matrix':
      return `${fastText(value.elements)} MATRIX`
    case 'set':
      return `${value.elements.type} SET`
    case 'list':
      return 'ANY VECTOR'
    case 'serverDictionary':
      return `${value.keyType.type}->${value.valueType?.type ?? 'ANY'} DICTIONARY`
    case 'serverTable':
      return tableTypeText(value)
    case 'database':
      return 'HANDLE'
    case 'function':
      return 'FUNCTIONDEF'
    case 'type':
      return 'INT'
  }
}

function tableTypeText(table: ServerTable): string {
  if (table.kind === 'dfs' && table.partitioning === undefined) return 'DIMENSION DFS TABLE'
  return tableTypeTexts[table.kind]
}

/** Only types of fixed width lie in FAST vectors; text and tuples do not. */
function fastText(column: Column): string {
  const { type, array } = columnTypeOf(column)
  const name = array ? `${type}[]` : type
  const isSlow = ['STRING', 'BLOB', 'ANY', 'VOID'].includes(type)
  return isSlow && !array ? name : `FAST ${name}`
}

/** The number of the element type; of a table 25 would say nothing, so it is that of TABLE's own kind. */
function typeNumber(value: ServerValue): number {
  const idOf = (type: DataType): number => dataTypes[type].id
  switch (value.form) {
    case 'scalar':
    case 'vector':
      return idOf(value.type)
    case 'arrayVector':
      return idOf(value.cells.type) + arrayTypeOffset
    case 'pair':
    case 'matrix':
    case 'set':
      return idOf(value.elements.type)
    case 'serverDictionary':
      return idOf(value.valueType?.type ?? 'ANY')
    case 'list':
      return idOf('ANY')
    case 'function':
      return idOf('FUNCTIONDEF')
    case 'database':
      return idOf('HANDLE')
    case 'type':
      return idOf('INT')
    case 'serverTable':
      return 0
  }
}

/** What form(X) answers (docs/protocol.md#data-forms); functions, types and handles are scalars. */
export function formNumber(value: ServerValue): number {
  switch (value.form) {
    case 'vector':
    case 'arrayVector':
    case 'list':
      return dataForms.vector
    case 'pair':
      return dataForms.pair
    case 'matrix':
      return dataForms.matrix
    case 'set':
      return dataForms.set
    case 'serverDictionary':
      return dataForms.dictionary
    case 'serverTable':
      return dataForms.table
    default:
      return dataForms.scalar
  }
}

/** Element by element; what has no elements is not null. */
function nullTest(name: string, wanted: 0 | 1): Builtin {
  return unaryFunction(name, value => {
    const isColumn = ['scalar', 'vector', 'pair', 'matrix'].includes(value.form)
    if (value.form === 'arrayVector') return columnNulls(value, wanted)
    if (!isColumn) return boolScalar(wanted === 0)
    const operand = operandOf(value, name)
    return operand.rebuild(columnNulls(operand.vector, wanted))
  })
}

function columnNulls(column: Column, wanted: 0 | 1): Vector {
  const data = new Int8Array(column.length)
  for (let row = 0; row < data.length; row++) {
    data[row] = isNullAt(column, row) ? wanted : 1 - wanted
  }
  return { form: 'vector', type: 'BOOL', length: data.length, data }
}

export const typeFunctions: readonly Builtin[] = [
  unaryFunction('typestr', value => stringScalar(typeText(value))),
  unaryFunction('type', value => intScalar(typeNumber(value))),
  unaryFunction('form', value => intScalar(formNumber(value))),
  nullTest('isNull', 1),
  // What `is not null` means in SQL.
  nullTest('isValid', 0),
]
