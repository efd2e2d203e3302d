/*
  Table (docs/protocol.md#tables)
    flag     uint16  0 (from some clients 8 or 27; not a type), form 6
    rows     int32
    columns  int32
    name     text ended by 00, usually empty
    names    columns × text ended by 00
    columns  columns × vector with flag; SYMBOL columns may share bases
*/
import { ProtocolError, ValueError } from '../errors.js'
import type { ByteReader } from '../wire/byte-reader.js'
import type { ByteWriter } from '../wire/byte-writer.js'
import type { DecodeContext, ObjectDecoder, SymbolBases } from './decode-context.js'
import { encodeFlag, readCount } from './flag.js'
import { decodeStrings } from './types/strings.js'
import { isSymbolVector } from './types/symbols.js'
import type { Column, Table } from './value.js'

/** The type number in the flag of a table whose columns may be compressed; 0 for other tables. */
const compressedTableId = 8

/**
 * Writes a table with its flag. Calls the given encoder for each column, with a base id that no other column has.
 * @throws {ValueError} DDB_USAGE for a table without columns, unequal lengths, missing names
 */
export function encodeTable(
  writer: ByteWriter,
  table: Table,
  encodeColumn: (writer: ByteWriter, column: Column, symbolBaseId: number) => void,
  isCompressed: boolean = false,
): void {
  const { rows, columns, columnNames } = table
  if (columns.length === 0 || columns.length !== columnNames.length) {
    throw new ValueError(
      'DDB_USAGE',
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
      throw new ValueError(
        'DDB_USAGE',
        `Column "${columnNames[index]}" has ${column.length} values in a table of ${rows} rows`,
      )
    }
    encodeColumn(writer, column, symbolBaseId)
    if (rows > 0 && isSymbolVector(column)) symbolBaseId += 1
  }
}

/** Reads a table after its flag. */
export function* decodeTable(
  reader: ByteReader,
  context: DecodeContext,
  decodeObject: ObjectDecoder,
): Generator<void, Table, void> {
  if (!reader.has(8)) yield* reader.need(8)
  const rows = readCount(reader, 'rows')
  const columnCount = readCount(reader, 'columns')
  if (columnCount === 0) throw new ProtocolError('A table has no columns', reader.offsetBytes - 4)
  // A column takes at least eleven bytes: the 00 after an empty name, and the ten bytes of a vector's header.
  context.expect(reader, columnCount * 11)
  const [name = '', ...columnNames] = yield* decodeStrings(reader, context, 1 + columnCount)
  const symbolBases: SymbolBases = new Map()
  const columns: Column[] = []
  while (columns.length < columnCount) {
    const column = yield* decodeObject(reader, context, symbolBases)
    if ((column.form !== 'vector' && column.form !== 'arrayVector') || column.length !== rows) {
      const found =
        'length' in column ? `a ${column.form} of ${column.length} values` : `a ${column.form}`
      throw new ProtocolError(
        `Column "${columnNames[columns.length]}" of a table of ${rows} rows is ${found}`,
        reader.offsetBytes,
      )
    }
    columns.push(column)
  }
  return { form: 'table', name, rows, columnNames, columns }
}
