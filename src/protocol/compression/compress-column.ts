/*
  Compresses columns as the Java client does (docs/protocol.md#compressed-vectors): each column by the method that suits
  it, and only if it becomes smaller. Never compresses array vectors or, like all clients, SYMBOL columns.
*/
import { ByteWriter } from '../../wire/byte-writer.js'
import { compressedTypeId, dataTypes, type DataType } from '../data-type.js'
import { elementBytes, isFixedType } from '../element-bytes.js'
import { encodeFlag } from '../flag.js'
import { isSymbolVector } from '../types/symbols.js'
import type { Column, FixedVector, VariableVector } from '../value.js'
import { compressLz4, lz4Bound, maxBlockBytes } from './compress-lz4.js'
import { encodeDelta } from './encode-delta.js'

const methodLz4 = 1
const methodDelta = 2
/** Bytes from `version` to the first block. */
const headerBytes = 20
/** Smaller columns are sent uncompressed, because they would save less than the decompression costs. */
const minColumnBytes = 512
/** The least share of a column's bytes that compression must save. */
const minSaving = 0.1
/** Both methods are tried on this many bytes of a column, to choose the better one. */
const trialBytes = 8_192

type Width = 2 | 4 | 8

/** Reused for all columns. Grows to the size that the largest column needs. */
let scratch: Uint8Array<ArrayBuffer> = new Uint8Array(0)

/** Writes a column as a compressed vector. @returns false if compression does not pay; then nothing is written */
export function encodeCompressed(writer: ByteWriter, column: Column): boolean {
  if (column.form !== 'vector') return false
  const { type } = column
  const isText = dataTypes[type].category === 'literal' && !isSymbolVector(column)
  if (!isFixedType(type) && !isText) return false
  const bytes = bytesOf(column)
  if (bytes.length < minColumnBytes) return false
  const mostBytes = Math.floor(bytes.length * (1 - minSaving))
  const width = deltaWidth(type)
  const method = width !== undefined && isDeltaBetter(bytes, width) ? methodDelta : methodLz4
  const body =
    method === methodDelta ? deltaBlocks(bytes, width!, mostBytes) : lz4Blocks(bytes, mostBytes)
  if (body === undefined) return method === methodDelta && encodeAsLz4(writer, column, bytes)
  put(writer, column, method, body)
  return true
}

/** The fallback if delta-of-delta fails, for example because a difference is too large. */
function encodeAsLz4(writer: ByteWriter, column: Column, bytes: Uint8Array): boolean {
  const body = lz4Blocks(bytes, Math.floor(bytes.length * (1 - minSaving)))
  if (body !== undefined) put(writer, column, methodLz4, body)
  return body !== undefined
}

function put(writer: ByteWriter, column: Column, method: number, body: Uint8Array): void {
  const { type } = column as FixedVector
  const { id, bytesPerValue } = dataTypes[type]
  encodeFlag(writer, 'vector', compressedTypeId)
  writer.i32(headerBytes + body.length)
  writer.i32(1)
  writer.u8(0)
  writer.u8(1)
  writer.i8(-1)
  writer.u8(method)
  writer.u8(id)
  writer.u8(isFixedType(type) ? bytesPerValue : 0)
  writer.i16('scale' in column ? Number(column.scale) : 0)
  writer.i32(-1)
  writer.i32(column.length)
  writer.i32(-1)
  // Copies the bytes, because the next column overwrites the scratch array.
  writer.bytes(body)
}

function bytesOf(column: FixedVector | VariableVector): Uint8Array {
  if (isFixedType(column.type)) return elementBytes(column as FixedVector)
  const inner = new ByteWriter()
  dataTypes[column.type].elements!.encodeElements(inner, column as VariableVector)
  return Buffer.concat(inner.take())
}

function deltaWidth(type: DataType): Width | undefined {
  const { category, bytesPerValue } = dataTypes[type]
  if (category !== 'temporal' && category !== 'integral') return undefined
  return bytesPerValue === 2 || bytesPerValue === 4 || bytesPerValue === 8
    ? bytesPerValue
    : undefined
}

function isDeltaBetter(bytes: Uint8Array, width: Width): boolean {
  const sample = aligned(bytes.subarray(0, trialBytes), width)
  const room = roomFor(lz4Bound(trialBytes))
  const deltaEnd = encodeDelta(sample, width, viewOf(room), 0, room.length)
  return deltaEnd >= 0 && deltaEnd < compressLz4(sample, room, 0)
}

/** @returns blocks, each preceded by its length; undefined if they exceed `mostBytes` or cannot hold the elements */
function deltaBlocks(bytes: Uint8Array, width: Width, mostBytes: number): Uint8Array | undefined {
  const source = aligned(bytes, width)
  const room = roomFor(mostBytes)
  const view = viewOf(room)
  let at = 0
  for (let start = 0; start < source.length; start += maxBlockBytes) {
    if (at + 4 > mostBytes) return undefined
    const block = source.subarray(start, start + maxBlockBytes)
    const end = encodeDelta(block, width, view, at + 4, mostBytes)
    if (end < 0) return undefined
    view.setInt32(at, end - at - 4, true)
    at = end
  }
  return room.subarray(0, at)
}

/** Like `deltaBlocks`, but compresses with LZ4. */
function lz4Blocks(bytes: Uint8Array, mostBytes: number): Uint8Array | undefined {
  const room = roomFor(mostBytes + 4 + lz4Bound(maxBlockBytes))
  const view = viewOf(room)
  let at = 0
  for (let start = 0; start < bytes.length; start += maxBlockBytes) {
    const end = compressLz4(bytes.subarray(start, start + maxBlockBytes), room, at + 4)
    view.setInt32(at, end - at - 4, true)
    at = end
    if (at > mostBytes) return undefined
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

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}
