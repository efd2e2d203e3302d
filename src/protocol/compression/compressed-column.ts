/*
  Compressed vector (docs/protocol.md#compressed-vectors)
    flag          uint16  26, form 1
    byteSize      int32   bytes from `version` on
    columns       int32   1
    version       uint8   0
    flags         uint8   bit 0: little-endian
    charCode      int8    −1
    method        uint8   1 LZ4, 2 delta-of-delta
    type          uint8   with 64 added for array vectors
    unitBytes     uint8
    reserved      uint16  a decimal's scale
    extra         int32
    length        int32   rows
    checksum      int32   −1; nobody checks it
    block*        int32 blockBytes, then that many bytes
  After decompression, the blocks are one stream of elements, without numbers of rows and columns and without the scale.

  Columns are compressed as the Java client does: each by the method that suits it, and only if it becomes smaller. Array
  vectors and, as by all clients, SYMBOL columns are never compressed.
*/
import { Buffer } from 'node:buffer'
import { ByteReader, type Decoding } from '../../wire/byte-reader.js'
import { ByteWriter } from '../../wire/byte-writer.js'
import { decodeArrayBlocks } from '../array-vector.js'
import type { DataType } from '../data-type.js'
import { arrayTypeOffset, compressedTypeId, dataTypes, isDecimal, typeOfId } from '../data-type.js'
import { DecodeContext, encodeFlag, readCount } from '../decode-context.js'
import { elementBytes, isFixedType } from '../element.js'
import { checkedScale } from '../types/decimals.js'
import { isSymbolVector } from '../types/symbols.js'
import type { ArrayVector, Column, FixedVector, TypedVector } from '../value.js'
import { decodeTyped } from '../vector-codec.js'
import { decodeDeltaOfDelta, encodeDelta, type Width } from './delta-of-delta.js'
import { compressLz4, decompressLz4, lz4Bound, maxBlockBytes } from './lz4.js'

/** Bytes from `version` to the first block. */
const headerBytes = 20
/** Bytes from the flag to the first block. */
const sizeBytes = headerBytes + 8
const methodLz4 = 1
const methodDelta = 2

/** Smaller columns are sent uncompressed, because they would save less than the decompression costs. */
const minColumnBytes = 512
/** The least share of a column's bytes that compression must save. */
const minSaving = 0.1
/** Both methods are tried on this many bytes of a column, to choose the better one. */
const trialBytes = 8_192

/** Size of the largest block that the C++ client accepts. */
const maxLz4Bytes = 65_809
const maxDeltaBytes = 131_072
/** Limit of a decompressed block. Official encoders put at most 64 KiB into a block; some add one more element. */
const maxDecompressedBytes = 131_072

/** Reused for all columns. Grows to the size that the largest column needs. */
let scratch: Uint8Array<ArrayBuffer> = new Uint8Array(0)

/** Writes a column as a compressed vector. @returns false if compression does not pay; then nothing is written */
export function encodeCompressed(writer: ByteWriter, column: Column): boolean {
  if (column.form !== 'vector') return false
  const { type } = column
  const { id, category, bytesPerValue } = dataTypes[type]
  const isText = category === 'literal' && !isSymbolVector(column)
  if (!isFixedType(type) && !isText) return false
  const bytes = bytesOf(column as TypedVector)
  if (bytes.length < minColumnBytes) return false
  const mostBytes = Math.floor(bytes.length * (1 - minSaving))
  const width = category === 'denary' ? undefined : deltaWidth(type)
  // Delta-of-delta fails, for example, if a difference is too large.
  const deltas =
    width !== undefined && isDeltaBetter(bytes, width)
      ? blocksOf(bytes, mostBytes, width)
      : undefined
  const body = deltas ?? blocksOf(bytes, mostBytes)
  if (body === undefined) return false
  encodeFlag(writer, 'vector', compressedTypeId)
  writer.i32(headerBytes + body.length)
  writer.i32(1)
  writer.u8(0)
  writer.u8(1)
  writer.u8(0xff)
  writer.u8(deltas === undefined ? methodLz4 : methodDelta)
  writer.u8(id)
  writer.u8(bytesPerValue)
  writer.u16('scale' in column ? column.scale : 0)
  writer.i32(-1)
  writer.i32(column.length)
  writer.i32(-1)
  // Copies the bytes, because the next column overwrites the scratch array.
  writer.bytes(body)
  return true
}

function bytesOf(column: TypedVector): Uint8Array {
  if (isFixedType(column.type)) return elementBytes(column as FixedVector)
  const inner = new ByteWriter()
  dataTypes[column.type].elements!.encodeElements(inner, column)
  return Buffer.concat(inner.take())
}

/** The width of the elements, if delta-of-delta can hold them. Only readers accept it for decimals. */
function deltaWidth(type: DataType): Width | undefined {
  const { category, bytesPerValue } = dataTypes[type]
  const isIntegral = category === 'temporal' || category === 'integral' || category === 'denary'
  const isWidth = bytesPerValue === 2 || bytesPerValue === 4 || bytesPerValue === 8
  return isIntegral && isWidth ? bytesPerValue : undefined
}

function isDeltaBetter(bytes: Uint8Array, width: Width): boolean {
  const sample = aligned(bytes.subarray(0, trialBytes), width)
  const room = roomFor(lz4Bound(trialBytes))
  const deltaEnd = encodeDelta(sample, width, new DataView(room.buffer), 0, room.length)
  return deltaEnd >= 0 && deltaEnd < compressLz4(sample, room, 0)
}

/** Blocks, each after its length; undefined if they exceed `mostBytes`, or a difference is too large. @param width  for delta-of-delta */
function blocksOf(bytes: Uint8Array, mostBytes: number, width?: Width): Uint8Array | undefined {
  const source = width === undefined ? bytes : aligned(bytes, width)
  const room = roomFor(mostBytes + 4 + lz4Bound(maxBlockBytes))
  const view = new DataView(room.buffer)
  let at = 0
  for (let start = 0; start < source.length; start += maxBlockBytes) {
    const block = source.subarray(start, start + maxBlockBytes)
    const end =
      width === undefined
        ? compressLz4(block, room, at + 4)
        : encodeDelta(block, width, view, at + 4, mostBytes)
    if (end < 0 || end > mostBytes) return undefined
    view.setInt32(at, end - at - 4, true)
    at = end
  }
  return room.subarray(0, at)
}

/** Copies the bytes if they are not aligned to `width`, which happens if the column is a slice. */
function aligned(bytes: Uint8Array, width: Width): Uint8Array {
  return bytes.byteOffset % Math.min(width, 4) === 0 ? bytes : bytes.slice()
}

function roomFor(byteLength: number): Uint8Array<ArrayBuffer> {
  if (scratch.length < byteLength) scratch = new Uint8Array(byteLength * 2)
  return scratch
}

export function* decodeCompressed(context: DecodeContext): Decoding<TypedVector | ArrayVector> {
  const { reader } = context
  if (!reader.has(sizeBytes)) yield* reader.need(sizeBytes)
  const header = readHeader(reader)
  const { bodyBytes, type, isArray, scale, length } = header
  context.expect(bodyBytes)
  if (dataTypes[type].category === 'nothing') context.chargeVoid(length)
  const end = reader.offsetBytes + bodyBytes
  const inner = new ByteReader(reader.offsetBytes)
  const innerContext = new DecodeContext(inner, {
    ...context.limits,
    maxValueBytes: context.remainingBytes,
  })
  const elements: Decoding<TypedVector | ArrayVector> = isArray
    ? decodeArrayBlocks(innerContext, type, length, undefined, scale)
    : decodeTyped(innerContext, type, length, scale)
  const problem = `A compressed column of ${length} ${type} values does not end with its blocks`
  let step = elements.next()
  while (reader.offsetBytes < end) {
    const block = yield* readBlock(context, header, end)
    if (step.done) throw reader.fault(problem)
    inner.push(block)
    step = elements.next()
  }
  if (!step.done || inner.available > 0) throw reader.fault(problem)
  return step.value
}

/** `bodyBytes`: of all blocks, each with the four bytes of its length. */
function readHeader(reader: ByteReader) {
  const byteSize = reader.i32()
  reader.i32()
  const version = reader.u8()
  const flags = reader.u8()
  reader.u8()
  const method = reader.u8()
  const typeId = reader.u8()
  reader.u8()
  const reserved = reader.u16()
  reader.i32()
  const length = readCount(reader, 'rows')
  reader.i32()
  if (version !== 0 || byteSize < headerBytes || (flags & 1) === 0) {
    throw reader.fault('The header of a compressed column is not one this end knows', sizeBytes)
  }
  const isArray = typeId >= arrayTypeOffset && typeId < 128
  const type = typeOfId(reader, isArray ? typeId - arrayTypeOffset : typeId)
  if (
    method !== methodLz4 &&
    (method !== methodDelta || isArray || deltaWidth(type) === undefined)
  ) {
    throw reader.fault(`Method ${method} does not compress ${type} columns`, sizeBytes)
  }
  const scale = isDecimal(type) ? checkedScale(reader, type, reserved) : 0
  return { bodyBytes: byteSize - headerBytes, method, type, isArray, scale, length }
}

function* readBlock(
  context: DecodeContext,
  { method, type }: ReturnType<typeof readHeader>,
  end: number,
): Decoding<Uint8Array> {
  const { reader } = context
  if (!reader.has(4)) yield* reader.need(4)
  const start = reader.offsetBytes
  const blockBytes = reader.i32()
  const maxBytes = method === methodLz4 ? maxLz4Bytes : maxDeltaBytes
  if (blockBytes < 0 || blockBytes > maxBytes || blockBytes > end - reader.offsetBytes) {
    throw reader.fault(`A compressed block of ${blockBytes} bytes is impossible`, 4)
  }
  if (!reader.has(blockBytes)) yield* reader.need(blockBytes)
  const block = reader.bytes(blockBytes)
  const unit = dataTypes[type].bytesPerValue as Width
  const bytes =
    method === methodLz4
      ? decompressLz4(block, maxDecompressedBytes, start)
      : decodeDeltaOfDelta(block, unit, start)
  context.charge(Math.max(0, bytes.length - blockBytes))
  return bytes
}
