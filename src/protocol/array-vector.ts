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
import { ProtocolError, ValueError } from '../errors.js'
import { GrowableBytes } from '../wire/growable-bytes.js'
import type { ByteReader } from '../wire/byte-reader.js'
import type { ByteWriter } from '../wire/byte-writer.js'
import { arrayTypeOffset, dataTypes } from './data-type.js'
import type { DecodeContext } from './decode-context.js'
import type { FixedType, FixedVector } from './element-bytes.js'
import { elementBytes, isFixedType, nullElement, vectorOfBytes } from './element-bytes.js'
import { encodeFlag } from './flag.js'
import type { ArrayVector, Vector } from './value.js'

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
    else writer.u32(count)
  }
  if (!hasEmptyRow) writer.payload(elementBytes(cells, offsets[start], offsets[end]))
  else encodeRowByRow(writer, cells, offsets, start, end)
  return end
}

function encodeRowByRow(
  writer: ByteWriter,
  cells: FixedVector,
  offsets: Uint32Array,
  start: number,
  end: number,
): void {
  for (let row = start; row < end; row++) {
    const from = offsets[row]!
    const to = offsets[row + 1]!
    writer.payload(from === to ? nullElement(cells.type) : elementBytes(cells, from, to))
  }
}

/** Reads the blocks of `length` rows. `cellCount` is undefined for compressed columns, which are sent without it. */
export function* decodeArrayBlocks(
  reader: ByteReader,
  context: DecodeContext,
  type: FixedType,
  length: number,
  cellCount: number | undefined,
  scale: number,
): Generator<void, ArrayVector, void> {
  const { bytesPerValue } = dataTypes[type]
  context.expect(reader, Math.max(length, (cellCount ?? 0) * bytesPerValue))
  // The announced count may be false. Reserves only memory that the received bytes can fill.
  const arrivedBytes = Math.min(reader.available, (cellCount ?? 0) * bytesPerValue)
  const cells = new GrowableBytes(context.remainingBytes(reader), arrivedBytes)
  const offsets = new GrowableOffsets(Math.min(reader.available, length))
  while (offsets.rows < length) {
    if (!reader.has(blockHeaderBytes)) yield* reader.need(blockHeaderBytes)
    const rowCount = reader.u16()
    const countBytes = reader.u8()
    reader.u8()
    if (rowCount === 0 || rowCount > length - offsets.rows) {
      throw new ProtocolError(
        `A block of ${rowCount} rows cannot follow ${offsets.rows} of ${length} rows`,
        reader.offsetBytes - blockHeaderBytes,
      )
    }
    if (countBytes !== 1 && countBytes !== 2 && countBytes !== 4) {
      throw new ProtocolError(
        `Row lengths of ${countBytes} bytes are impossible`,
        reader.offsetBytes - 2,
      )
    }
    if (!reader.has(rowCount * countBytes)) yield* reader.need(rowCount * countBytes)
    const before = offsets.cells
    offsets.addRows(reader, rowCount, countBytes)
    const cellBytes = (offsets.cells - before) * bytesPerValue
    context.expect(reader, cellBytes)
    yield* reader.append(cells, cellBytes)
  }
  if (cellCount !== undefined && offsets.cells !== cellCount) {
    throw new ProtocolError(
      `An array vector announced ${cellCount} cells but has ${offsets.cells}`,
      reader.offsetBytes,
    )
  }
  const elements = vectorOfBytes(type, offsets.cells, cells.finish(), scale)
  return { form: 'arrayVector', length, offsets: offsets.finish(), cells: elements }
}

/** Offsets of the rows in the cells. The array grows while rows arrive. */
class GrowableOffsets {
  #offsets: Uint32Array
  rows = 0
  cells = 0

  /** @param expectedRows  initial capacity in rows */
  constructor(expectedRows: number) {
    this.#offsets = new Uint32Array(expectedRows + 1)
  }

  addRows(reader: ByteReader, rowCount: number, countBytes: 1 | 2 | 4): void {
    const needed = this.rows + rowCount + 1
    if (needed > this.#offsets.length) {
      const grown = new Uint32Array(Math.max(needed, this.#offsets.length * 2))
      grown.set(this.#offsets)
      this.#offsets = grown
    }
    if (countBytes === 1) this.#addShortRows(reader.bytes(rowCount))
    else this.#addLongRows(reader, rowCount, countBytes)
    if (this.cells > 0x7fff_ffff) {
      throw new ProtocolError(
        `An array vector of ${this.cells} cells is larger than its own count can say`,
        reader.offsetBytes,
      )
    }
  }

  /** The fast path for counts of one byte, which most vectors have. */
  #addShortRows(counts: Uint8Array): void {
    const offsets = this.#offsets
    const start = this.rows + 1
    let cells = this.cells
    for (let at = 0; at < counts.length; at++) {
      cells += counts[at]!
      offsets[start + at] = cells
    }
    this.rows += counts.length
    this.cells = cells
  }

  #addLongRows(reader: ByteReader, rowCount: number, countBytes: 2 | 4): void {
    for (let row = 0; row < rowCount; row++) {
      this.cells += countBytes === 2 ? reader.u16() : reader.u32()
      this.rows += 1
      this.#offsets[this.rows] = this.cells
    }
  }

  finish(): Uint32Array {
    const length = this.rows + 1
    return length === this.#offsets.length ? this.#offsets : this.#offsets.slice(0, length)
  }
}
