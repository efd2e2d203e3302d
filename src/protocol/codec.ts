/*
  Encodes and decodes all values. The flag at the start gives type and form (docs/protocol.md#objects). Scalars, vectors and
  pairs are in `vector-codec.ts`. This file has the forms that contain other values:
    tuple       flag (ANY, form 1), length int32, columns int32 = 1, length × object
    set         flag (type, form 4), vector with flag
    dictionary  flag (type of the values, form 5), key vector with flag, value vector with flag

  Matrix (docs/protocol.md#matrices-sets-and-dictionaries)
    flag          uint16  type, form 3
    labels        uint8   bit 0: row labels follow, bit 1: column labels follow
    rowLabels     vector with flag
    columnLabels  vector with flag
    flag          uint16  again
    rows          int32
    columns       int32
    scale         int32   decimals only
    elements      rows × columns, column after column

  Table (docs/protocol.md#tables)
    flag     uint16  0 (from some clients 8 or 27; not a type), form 6
    rows     int32
    columns  int32
    name     text ended by 00, usually empty
    names    columns × text ended by 00
    columns  columns × vector with flag; SYMBOL columns may share bases
*/
import { ValueError } from '../errors.js'
import type { ByteReader, Decoding } from '../wire/byte-reader.js'
import type { ByteWriter } from '../wire/byte-writer.js'
import { encodeArrayVector } from './array-vector.js'
import { decodeCompressed, encodeCompressed } from './compression/compressed-column.js'
import { compressedTypeId, dataTypes, typeOfId } from './data-type.js'
import {
  DecodeContext,
  type DecodeLimits,
  encodeFlag,
  readCount,
  type SymbolBases,
} from './decode-context.js'
import { decodeStrings } from './types/strings.js'
import { isSymbolVector } from './types/symbols.js'
import { type AnyVector, isTuple, tupleOf } from './types/tuples.js'
import { checkRows } from './types/type-facts.js'
import type { Column, Dictionary, Matrix, SetValue, Table, Value, Vector } from './value.js'
import { dataForms } from './value.js'
import {
  decodeElements,
  decodePair,
  decodeScalar,
  decodeVector,
  encodePair,
  encodeScalar,
  encodeShapedElements,
  encodeVector,
} from './vector-codec.js'

const hasRowLabels = 1
const hasColumnLabels = 2

/** The type number in the flag of a table whose columns may be compressed; 0 for other tables. */
const compressedTableId = 8

/**
 * Writes `value` with its flag. Does not copy columns of 16 KiB and more, so their arrays must not change until the
 * writer's buffers have been sent.
 * @param isCompressed  true to compress the columns of a table, each only if that makes it smaller
 * @throws {ValueError} if the value cannot be sent; part of it is then written (see `ByteWriter.rollback`)
 */
export function encodeValue(writer: ByteWriter, value: Value, isCompressed: boolean = false): void {
  switch (value.form) {
    case 'scalar':
      return encodeScalar(writer, value)
    case 'vector':
    case 'arrayVector':
      return encodeColumn(writer, value, 0)
    case 'pair':
      return encodePair(writer, value)
    case 'matrix':
      return encodeMatrix(writer, value)
    case 'set':
      return encodeSet(writer, value)
    case 'dictionary':
      return encodeDictionary(writer, value)
    case 'table':
      return encodeTable(writer, value, isCompressed)
    default:
      throw misuse('A typed value has a form: `run` takes plain JavaScript')
  }
}

const misuse = (text: string): ValueError => new ValueError('DDB_USAGE', text)

function encodeColumn(writer: ByteWriter, column: Column, symbolBaseId: number): void {
  if (column.form === 'arrayVector') encodeArrayVector(writer, column)
  else if (isTuple(column)) encodeTuple(writer, column)
  else encodeVector(writer, column, symbolBaseId)
}

function encodeTuple(writer: ByteWriter, tuple: AnyVector): void {
  checkRows(tuple.type, tuple.length, tuple.data)
  encodeFlag(writer, 'vector', dataTypes.ANY.id)
  writer.i32(tuple.length)
  writer.i32(1)
  for (let index = 0; index < tuple.length; index++) encodeValue(writer, tuple.data[index]!)
}

function encodeSet(writer: ByteWriter, set: SetValue): void {
  const { elements } = set
  if (isTuple(elements)) throw misuse('A set has elements of one type')
  encodeFlag(writer, 'set', dataTypes[elements.type].id)
  // Sends a SYMBOL set as texts without a base, because the JavaScript client reads the elements by the set's type.
  encodeFlag(writer, 'vector', dataTypes[elements.type].id)
  encodeShapedElements(writer, elements, elements.length, 1)
}

function encodeDictionary(writer: ByteWriter, dictionary: Dictionary): void {
  const { keys, values } = dictionary
  if (keys.length !== values.length) {
    throw misuse(`A dictionary cannot have ${keys.length} keys and ${values.length} values`)
  }
  encodeFlag(writer, 'dictionary', dataTypes[values.type].id)
  encodeColumn(writer, keys, 0)
  encodeColumn(writer, values, 0)
}

/** @throws {ValueError} DDB_USAGE if elements or labels do not fit the shape, or the elements are a tuple */
function encodeMatrix(writer: ByteWriter, matrix: Matrix): void {
  const { rows, columns, elements, rowLabels, columnLabels } = matrix
  if (isTuple(elements) || elements.length !== rows * columns) {
    throw misuse(`A ${rows}×${columns} matrix needs as many elements of one type`)
  }
  if ((rowLabels?.length ?? rows) !== rows || (columnLabels?.length ?? columns) !== columns) {
    throw misuse(`A ${rows}×${columns} matrix needs as many labels`)
  }
  encodeFlag(writer, 'matrix', dataTypes[elements.type].id)
  writer.u8((rowLabels ? hasRowLabels : 0) | (columnLabels ? hasColumnLabels : 0))
  if (rowLabels) encodeColumn(writer, rowLabels, 0)
  if (columnLabels) encodeColumn(writer, columnLabels, 0)
  encodeFlag(writer, 'matrix', dataTypes[elements.type].id)
  encodeShapedElements(writer, elements, rows, columns)
}

/** @throws {ValueError} DDB_USAGE for a table without columns, unequal lengths, missing names */
function encodeTable(writer: ByteWriter, table: Table, isCompressed: boolean): void {
  const { rows, columns, columnNames } = table
  if (columns.length === 0 || columns.length !== columnNames.length) {
    throw misuse(
      `A table needs columns and a name for each, not ${columns.length} with ${columnNames.length} names`,
    )
  }
  encodeFlag(writer, 'table', isCompressed ? compressedTableId : 0)
  writer.i32(rows)
  writer.i32(columns.length)
  writer.str0(table.name)
  for (const name of columnNames) writer.str0(name)
  let symbolBaseId = 0
  for (let index = 0; index < columns.length; index++) {
    const column = columns[index]!
    if (column.length !== rows) {
      throw misuse(
        `Column "${columnNames[index]}" has ${column.length} values in a table of ${rows} rows`,
      )
    }
    if (!isCompressed || !encodeCompressed(writer, column)) {
      encodeColumn(writer, column, symbolBaseId)
    }
    // Clients read only one base per id.
    if (rows > 0 && isSymbolVector(column)) symbolBaseId += 1
  }
}

/**
 * Reads one value, flag first. The generator yields while it needs bytes that have not arrived.
 * @throws {ProtocolError} DDB_PROTOCOL for bytes that are not a value, DDB_LIMIT for a value beyond `limits`
 */
export function* decodeValue(reader: ByteReader, limits?: DecodeLimits): Decoding<Value> {
  return yield* decodeObject(new DecodeContext(reader, limits))
}

/** Reads one value within the limits of `context`, which all values of a request share. */
export function* decodeObject(context: DecodeContext, symbolBases?: SymbolBases): Decoding<Value> {
  const { reader } = context
  context.expect(2)
  if (!reader.has(2)) yield* reader.need(2)
  const typeId = reader.u8()
  const form = reader.u8()
  switch (form) {
    case dataForms.scalar:
      return yield* decodeScalar(context, typeOfId(reader, typeId))
    case dataForms.vector:
      if (typeId === dataTypes.ANY.id) return yield* decodeTuple(context)
      if (typeId === compressedTypeId) return yield* decodeCompressed(context)
      return yield* decodeVector(context, typeId, symbolBases)
    case dataForms.pair:
      return yield* decodePair(context, typeId)
    case dataForms.matrix:
      return yield* decodeMatrix(context)
    case dataForms.set:
      return yield* decodeSet(context)
    case dataForms.dictionary:
      return yield* decodeDictionary(context)
    case dataForms.table: {
      context.descend()
      const table = yield* decodeTable(context)
      context.ascend()
      return table
    }
    default:
      throw reader.fault(`Form ${form} is not one this end can read`, 1)
  }
}

function* decodeTuple(context: DecodeContext): Decoding<AnyVector> {
  const { reader } = context
  if (!reader.has(8)) yield* reader.need(8)
  const length = readCount(reader, 'elements') * readCount(reader, 'columns')
  // The smallest object is a VOID scalar, with three bytes.
  context.expect(length * 3)
  context.descend()
  const data: Value[] = []
  while (data.length < length) data.push(yield* decodeObject(context))
  context.ascend()
  return tupleOf(data)
}

function* decodeSet(context: DecodeContext): Decoding<SetValue> {
  const elements = yield* decodeInnerVector(context)
  if (!isTuple(elements)) return { form: 'set', elements }
  throw context.reader.fault('A set cannot hold a tuple')
}

function* decodeDictionary(context: DecodeContext): Decoding<Dictionary> {
  const keys = yield* decodeInnerVector(context)
  const values = yield* decodeInnerVector(context)
  if (keys.length !== values.length) {
    throw context.reader.fault(`A dictionary has ${keys.length} keys but ${values.length} values`)
  }
  return { form: 'dictionary', keys, values }
}

function* decodeInnerVector(context: DecodeContext): Decoding<Vector> {
  context.descend()
  const value = yield* decodeObject(context)
  context.ascend()
  if (value.form === 'vector') return value
  throw context.reader.fault(`Expected a vector, got a ${value.form}`)
}

function* decodeMatrix(context: DecodeContext): Decoding<Matrix> {
  const { reader } = context
  if (!reader.has(1)) yield* reader.need(1)
  const labels = reader.u8()
  const rowLabels = labels & hasRowLabels ? yield* decodeInnerVector(context) : undefined
  const columnLabels = labels & hasColumnLabels ? yield* decodeInnerVector(context) : undefined
  if (!reader.has(10)) yield* reader.need(10)
  const typeId = reader.u8()
  reader.u8()
  const rows = readCount(reader, 'rows')
  const columns = readCount(reader, 'columns')
  if (rowLabels !== undefined && rowLabels.length !== rows) {
    throw reader.fault(`${rows} rows have ${rowLabels.length} labels`)
  }
  if (columnLabels !== undefined && columnLabels.length !== columns) {
    throw reader.fault(`${columns} columns have ${columnLabels.length} labels`)
  }
  const elements = yield* decodeElements(context, typeId, rows * columns)
  return {
    form: 'matrix',
    rows,
    columns,
    elements,
    ...(rowLabels && { rowLabels }),
    ...(columnLabels && { columnLabels }),
  }
}

function* decodeTable(context: DecodeContext): Decoding<Table> {
  const { reader } = context
  if (!reader.has(8)) yield* reader.need(8)
  const rows = readCount(reader, 'rows')
  const columnCount = readCount(reader, 'columns')
  if (columnCount === 0) throw reader.fault('A table has no columns', 4)
  // A column takes at least eleven bytes: the 00 after an empty name, and the ten bytes of a vector's header.
  context.expect(columnCount * 11)
  const columnNames = yield* decodeStrings(context, 1 + columnCount)
  const name = columnNames.shift()!
  const symbolBases: SymbolBases = new Map()
  const columns: Column[] = []
  while (columns.length < columnCount) {
    const column = yield* decodeObject(context, symbolBases)
    if ((column.form !== 'vector' && column.form !== 'arrayVector') || column.length !== rows) {
      const found =
        'length' in column ? `a ${column.form} of ${column.length} values` : `a ${column.form}`
      throw reader.fault(
        `Column "${columnNames[columns.length]}" of a table of ${rows} rows is ${found}`,
      )
    }
    columns.push(column)
  }
  return { form: 'table', name, rows, columnNames, columns }
}
