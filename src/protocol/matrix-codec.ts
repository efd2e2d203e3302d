/*
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
*/
import { ProtocolError, ValueError } from '../errors.js'
import type { ByteReader } from '../wire/byte-reader.js'
import type { ByteWriter } from '../wire/byte-writer.js'
import { dataTypes, typeOfId } from './data-type.js'
import type { DecodeContext } from './decode-context.js'
import { encodeFlag, readCount } from './flag.js'
import { decodeSymbols, symbolBaseTypeId } from './types/symbols.js'
import { isTuple } from './types/tuples.js'
import type { Matrix, TypedVector, Vector } from './value.js'
import { decodeElements, encodeShapedElements } from './vector-codec.js'

const hasRowLabels = 1
const hasColumnLabels = 2

/**
 * Writes a matrix with its flags. The caller's encoder writes the labels, which are vectors of any kind.
 * @throws {ValueError} DDB_USAGE if elements or labels do not fit the shape, or the elements are a tuple
 */
export function encodeMatrix(
  writer: ByteWriter,
  matrix: Matrix,
  encodeLabels: (writer: ByteWriter, labels: Vector) => void,
): void {
  const { rows, columns, elements, rowLabels, columnLabels } = matrix
  if (isTuple(elements) || elements.length !== rows * columns) {
    throw new ValueError(
      'DDB_USAGE',
      `A ${rows}×${columns} matrix needs as many elements of one type`,
    )
  }
  if (
    (rowLabels !== undefined && rowLabels.length !== rows) ||
    (columnLabels !== undefined && columnLabels.length !== columns)
  ) {
    throw new ValueError('DDB_USAGE', `A ${rows}×${columns} matrix needs as many labels`)
  }
  encodeFlag(writer, 'matrix', dataTypes[elements.type].id)
  writer.u8((rowLabels ? hasRowLabels : 0) | (columnLabels ? hasColumnLabels : 0))
  if (rowLabels) encodeLabels(writer, rowLabels)
  if (columnLabels) encodeLabels(writer, columnLabels)
  encodeFlag(writer, 'matrix', dataTypes[elements.type].id)
  encodeShapedElements(writer, elements, rows, columns)
}

/** Reads a matrix after its first flag. */
export function* decodeMatrix(
  reader: ByteReader,
  context: DecodeContext,
  decodeLabels: (reader: ByteReader, context: DecodeContext) => Generator<void, Vector, void>,
): Generator<void, Matrix, void> {
  if (!reader.has(1)) yield* reader.need(1)
  const labels = reader.u8()
  const rowLabels = labels & hasRowLabels ? yield* decodeLabels(reader, context) : undefined
  const columnLabels = labels & hasColumnLabels ? yield* decodeLabels(reader, context) : undefined
  if (!reader.has(10)) yield* reader.need(10)
  const typeId = reader.u8()
  reader.u8()
  const rows = readCount(reader, 'rows')
  const columns = readCount(reader, 'columns')
  checkShape(reader, rows, columns, rowLabels, columnLabels)
  const elements = yield* decodeMatrixElements(reader, context, typeId, rows * columns)
  return {
    form: 'matrix',
    rows,
    columns,
    elements,
    ...(rowLabels && { rowLabels }),
    ...(columnLabels && { columnLabels }),
  }
}

function* decodeMatrixElements(
  reader: ByteReader,
  context: DecodeContext,
  typeId: number,
  length: number,
): Generator<void, TypedVector, void> {
  if (typeId === symbolBaseTypeId) return yield* decodeSymbols(reader, context, length, new Map())
  return yield* decodeElements(reader, context, typeOfId(reader, typeId), length)
}

function checkShape(
  reader: ByteReader,
  rows: number,
  columns: number,
  rowLabels: Vector | undefined,
  columnLabels: Vector | undefined,
): void {
  if (rowLabels !== undefined && rowLabels.length !== rows) {
    throw new ProtocolError(`${rows} rows have ${rowLabels.length} labels`, reader.offsetBytes)
  }
  if (columnLabels !== undefined && columnLabels.length !== columns) {
    throw new ProtocolError(
      `${columns} columns have ${columnLabels.length} labels`,
      reader.offsetBytes,
    )
  }
}
