/*
  Array vector (docs/protocol.md#array-vectors)
    flag        uint16  64 + type of the cells, form 1
    length      int32   rows
    cellCount   int32   cells of all rows together
    scale       int32   decimals only
    block*      until all rows have been sent:
      rowCount    uint16
      countBytes  uint8   1, 2 or 4: the fewest that can hold every count of the block
      reserved    uint8   0
      counts      rowCount × countBytes
      cells       elements, as many as the sum of the counts
  Like official clients, this code sends an empty row as one null cell. It reads a count of 0 as an empty row.
*/
import { ValueError } from '../errors.js'
import { GrowableBytes } from '../wire/growable-bytes.js'
import type { ByteReader, Decoding } from '../wire/byte-reader.js'
import type { ByteWriter } from '../wire/byte-writer.js'
import { arrayTypeOffset, dataTypes, isDecimal, type DataType } from './data-type.js'
import { type DecodeContext, encodeFlag } from './decode-context.js'
import { elementBytes, isFixedType, nullElement, vectorOfBytes } from './element.js'
import { readScale } from './types/decimals.js'
import type { ArrayVector, FixedVector, Vector } from './value.js'

/** The buffer size of the C++ client. The vector's own header is part of the first buffer. */
const blockBytes = 4096
const blockHeaderBytes = 4
const vectorHeaderBytes = 10
const maxBlockRows = 65_535

/**
 * Writes an array vector with its flag, in the same blocks as the C++ client.
 * @throws {ValueError} DDB_USAGE for cells without a fixed size, or if offsets decrease or point outside the cells
 */
export function encodeArrayVector(writer: ByteWriter, vector: ArrayVector): void {
  const cells = fixedCells(vector.cells)
  const { length, offsets } = vector
  if (offsets.length < length + 1 || offsets[length]! > cells.length) {
    throw new ValueError('DDB_USAGE', 'The offsets of an array vector do not fit its cells')
  }
  let cellCount = 0
  for (let row = 0; row < length; row++) cellCount += storedCount(offsets, row)
  encodeFlag(writer, 'vector', arrayTypeOffset + dataTypes[cells.type].id)
  writer.i32(length)
  writer.i32(cellCount)
  if ('scale' in cells) writer.i32(cells.scale)
  let room = blockBytes - vectorHeaderBytes
  for (let row = 0; row < length;) {
    row = encodeBlock(writer, cells, offsets, row, length, room)
    room = blockBytes
  }
}

function fixedCells(cells: Vector): FixedVector {
  if (isFixedType(cells.type)) return cells as FixedVector
  throw new ValueError('DDB_USAGE', `There are no array vectors of ${cells.type} on the wire`)
}

/** Number of cells that are sent for the row; 1 for an empty row. */
function storedCount(offsets: Uint32Array, row: number): number {
  const count = offsets[row + 1]! - offsets[row]!
  if (count < 0)
    throw new ValueError('DDB_USAGE', `Row ${row} of an array vector ends before it starts`)
  return count === 0 ? 1 : count
}

/** Writes rows from `start` on, until `room` bytes are used. Returns the first row that was not written. */
function encodeBlock(
  writer: ByteWriter,
  cells: FixedVector,
  offsets: Uint32Array,
  start: number,
  length: number,
  room: number,
): number {
  const { bytesPerValue } = dataTypes[cells.type]
  let end = start
  let countBytes = 1
  let cellCount = 0
  let hasEmptyRow = false
  while (end < length && end - start < maxBlockRows) {
    const count = storedCount(offsets, end)
    const needed = Math.max(countBytes, count < 256 ? 1 : count < 65_536 ? 2 : 4)
    const used = blockHeaderBytes + (end + 1 - start) * needed + (cellCount + count) * bytesPerValue
    if (used > room && end > start) break
    hasEmptyRow ||= offsets[end] === offsets[end + 1]
    countBytes = needed
    cellCount += count
    end += 1
  }
  writer.u16(end - start)
  writer.u8(countBytes)
  writer.u8(0)
  for (let row = start; row < end; row++) {
    const count = storedCount(offsets, row)
    if (countBytes === 1) writer.u8(count)
    else if (countBytes === 2) writer.u16(count)
    else writer.i32(count)
  }
  if (!hasEmptyRow) {
    writer.payload(elementBytes(cells, offsets[start], offsets[end]))
    return end
  }
  for (let row = start; row < end; row++) {
    const from = offsets[row]!
    const to = offsets[row + 1]!
    writer.payload(from === to ? nullElement(cells.type) : elementBytes(cells, from, to))
  }
  return end
}

/** @param cellCount  undefined for compressed columns, sent without it @param sentScale  a decimal's, if not before the blocks */
export function* decodeArrayBlocks(
  context: DecodeContext,
  type: DataType,
  length: number,
  cellCount: number | undefined,
  sentScale?: number,
): Decoding<ArrayVector> {
  const { reader } = context
  // No client sends arrays of other types (docs/protocol.md#array-vectors).
  if (!isFixedType(type)) throw reader.fault(`There are no array vectors of ${type} on the wire`)
  let scale = sentScale
  if (isDecimal(type) && scale === undefined) {
    if (!reader.has(4)) yield* reader.need(4)
    scale = readScale(reader, type)
  }
  const { bytesPerValue } = dataTypes[type]
  context.expect(Math.max(length, (cellCount ?? 0) * bytesPerValue))
  // The announced counts may be false. Reserves only memory that the received bytes can fill.
  const arrivedBytes = Math.min(reader.available, (cellCount ?? 0) * bytesPerValue)
  const cells = new GrowableBytes(context.remainingBytes, arrivedBytes)
  let offsets = new Uint32Array(Math.min(reader.available, length) + 1)
  let rows = 0
  while (rows < length) {
    if (!reader.has(blockHeaderBytes)) yield* reader.need(blockHeaderBytes)
    const rowCount = reader.u16()
    const countBytes = reader.u8()
    reader.u8()
    if (rowCount === 0 || rowCount > length - rows) {
      throw reader.fault(
        `A block of ${rowCount} rows cannot follow ${rows} of ${length} rows`,
        blockHeaderBytes,
      )
    }
    if (countBytes !== 1 && countBytes !== 2 && countBytes !== 4) {
      throw reader.fault(`Row lengths of ${countBytes} bytes are impossible`, 2)
    }
    if (!reader.has(rowCount * countBytes)) yield* reader.need(rowCount * countBytes)
    if (rows + rowCount >= offsets.length) {
      const grown = new Uint32Array(Math.max(rows + rowCount + 1, offsets.length * 2))
      grown.set(offsets)
      offsets = grown
    }
    const before = offsets[rows]!
    readOffsets(reader, offsets, rows, rowCount, countBytes)
    rows += rowCount
    const cellBytes = (offsets[rows]! - before) * bytesPerValue
    context.expect(cellBytes)
    yield* reader.append(cells, cellBytes)
  }
  const found = offsets[rows]!
  if (cellCount !== undefined && found !== cellCount) {
    throw reader.fault(`An array vector announced ${cellCount} cells but has ${found}`)
  }
  return {
    form: 'arrayVector',
    length,
    offsets: offsets.length === length + 1 ? offsets : offsets.slice(0, length + 1),
    cells: vectorOfBytes(type, found, cells.finish(), scale),
  }
}

function readOffsets(
  reader: ByteReader,
  offsets: Uint32Array,
  firstRow: number,
  rowCount: number,
  countBytes: 1 | 2 | 4,
): void {
  let cells = offsets[firstRow]!
  const end = firstRow + rowCount
  if (countBytes === 1) {
    const counts = reader.bytes(rowCount)
    for (let at = 0; at < rowCount; at++) {
      cells += counts[at]!
      offsets[firstRow + 1 + at] = cells
    }
  } else {
    for (let row = firstRow; row < end; row++) {
      cells += countBytes === 2 ? reader.u16() : reader.i32() >>> 0
      offsets[row + 1] = cells
    }
  }
  if (cells > 0x7fff_ffff) {
    throw reader.fault(`An array vector of ${cells} cells is larger than its own count can say`)
  }
}
