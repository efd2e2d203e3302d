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
    reserved      int16   a decimal's scale
    extra         int32
    length        int32   rows
    checksum      int32   −1; nobody checks it
    block*        int32 blockBytes, then that many bytes
  After decompression, the blocks are one stream of elements, without numbers of rows and columns and without the scale.
*/
import { ProtocolError } from '../../errors.js'
import { ByteReader } from '../../wire/byte-reader.js'
import { decodeArrayBlocks } from '../array-vector.js'
import type { DataType } from '../data-type.js'
import { arrayTypeOffset, dataTypes, isDecimal, typeOfId } from '../data-type.js'
import { DecodeContext } from '../decode-context.js'
import { decodeDeltaOfDelta } from './delta-of-delta.js'
import { isFixedType } from '../element-bytes.js'
import { readCount } from '../flag.js'
import { decompressLz4 } from './lz4.js'
import { checkedScale } from '../types/decimals.js'
import { isVoid } from '../types/voids.js'
import type { ArrayVector, TypedVector } from '../value.js'
import { decodeElements, noArrayOf } from '../vector-codec.js'

/** Bytes from `version` to the first block. */
const headerBytes = 20
const methodLz4 = 1
const methodDelta = 2
/** Size of the largest block that the C++ client accepts. */
const maxLz4Bytes = 65_809
const maxDeltaBytes = 131_072
/** Limit of a decompressed block. Official encoders put at most 64 KiB into a block; some add one more element. */
const maxDecompressedBytes = 131_072

interface CompressedHeader {
  /** Bytes of all blocks, each with the four bytes of its length. */
  bodyBytes: number
  method: number
  type: DataType
  isArray: boolean
  scale: number
  length: number
}

/** Reads a compressed vector after its flag. */
export function* decodeCompressed(
  reader: ByteReader,
  context: DecodeContext,
): Generator<void, TypedVector | ArrayVector, void> {
  if (!reader.has(headerBytes + 8)) yield* reader.need(headerBytes + 8)
  const header = readHeader(reader)
  context.expect(reader, header.bodyBytes)
  if (isVoid(header.type)) context.chargeVoid(reader, header.length)
  const end = reader.offsetBytes + header.bodyBytes
  const inner = new ByteReader(reader.offsetBytes)
  const innerContext = new DecodeContext(inner, {
    ...context.limits,
    maxValueBytes: context.remainingBytes(reader),
  })
  const elements = elementsOf(inner, innerContext, header)
  let step = elements.next()
  while (reader.offsetBytes < end) {
    const block = yield* readBlock(reader, context, header, end)
    if (step.done) throw excess(reader, header)
    inner.push(block)
    step = elements.next()
  }
  if (!step.done || inner.available > 0) throw excess(reader, header)
  return step.value
}

function readHeader(reader: ByteReader): CompressedHeader {
  const start = reader.offsetBytes
  const byteSize = reader.i32()
  reader.i32()
  const version = reader.u8()
  const flags = reader.u8()
  reader.i8()
  const method = reader.u8()
  const typeId = reader.u8()
  reader.u8()
  const reserved = reader.i16()
  reader.i32()
  const length = readCount(reader, 'rows')
  reader.i32()
  if (version !== 0 || byteSize < headerBytes || (flags & 1) === 0) {
    throw new ProtocolError('The header of a compressed column is not one this end knows', start)
  }
  const isArray = typeId >= arrayTypeOffset && typeId < 128
  const type = typeOfId(reader, isArray ? typeId - arrayTypeOffset : typeId)
  if (method !== methodLz4 && (method !== methodDelta || isArray || !isDeltaType(type))) {
    throw new ProtocolError(`Method ${method} does not compress ${type} columns`, start)
  }
  const scale = isDecimal(type) ? checkedScale(reader, type, reserved) : 0
  return { bodyBytes: byteSize - headerBytes, method, type, isArray, scale, length }
}

function isDeltaType(type: DataType): boolean {
  const { bytesPerValue, category } = dataTypes[type]
  return (
    bytesPerValue > 1 && ['integral', 'temporal', 'denary'].includes(category) && bytesPerValue < 16
  )
}

function elementsOf(
  inner: ByteReader,
  context: DecodeContext,
  header: CompressedHeader,
): Generator<void, TypedVector | ArrayVector, void> {
  const { type, isArray, length, scale } = header
  if (!isArray) return decodeElements(inner, context, type, length, scale)
  if (!isFixedType(type)) throw noArrayOf(inner, type)
  return decodeArrayBlocks(inner, context, type, length, undefined, scale)
}

function* readBlock(
  reader: ByteReader,
  context: DecodeContext,
  header: CompressedHeader,
  end: number,
): Generator<void, Uint8Array, void> {
  if (!reader.has(4)) yield* reader.need(4)
  const start = reader.offsetBytes
  const blockBytes = reader.i32()
  const maxBytes = header.method === methodLz4 ? maxLz4Bytes : maxDeltaBytes
  if (blockBytes < 0 || blockBytes > maxBytes || blockBytes > end - reader.offsetBytes) {
    throw new ProtocolError(`A compressed block of ${blockBytes} bytes is impossible`, start)
  }
  if (!reader.has(blockBytes)) yield* reader.need(blockBytes)
  const block = reader.bytes(blockBytes)
  const unit = dataTypes[header.type].bytesPerValue as 2 | 4 | 8
  const bytes =
    header.method === methodLz4
      ? decompressLz4(block, maxDecompressedBytes, start)
      : decodeDeltaOfDelta(block, unit, start)
  context.charge(reader, Math.max(0, bytes.length - blockBytes))
  return bytes
}

function excess(reader: ByteReader, header: CompressedHeader): ProtocolError {
  return new ProtocolError(
    `A compressed column of ${header.length} ${header.type} values does not end with its blocks`,
    reader.offsetBytes,
  )
}
