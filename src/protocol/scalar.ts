/*
  Scalar (protocol notes §5.1)
    flag     uint16  type, form 0
    scale    int32   decimals only
    kind     uint8   FUNCTIONDEF only; of VOID it is all there is
    value    of the type's size; text as UTF-8 ended by 00; BLOB as int32 length and bytes
*/
import { ProtocolError, ValueError } from '../errors.js'
import type { ByteReader } from '../wire/reader.js'
import type { ByteWriter } from '../wire/writer.js'
import type { DataType, DecimalType } from './data-type.js'
import { dataTypes, maxScale } from './data-type.js'
import type { DecodeContext } from './decode-context.js'
import { encodeTypeFlag, readCount } from './flag.js'
import {
  nullDouble,
  nullFloat,
  nullInt128,
  nullInt16,
  nullInt32,
  nullInt64,
  nullInt8,
} from './null-value.js'
import type { Scalar } from './value.js'

const zero16 = new Uint8Array(16)

/**
 * Writes a scalar with its flag; null goes as the type's sentinel.
 * @throws {ValueError} DDB_INPUT_RANGE for a number beyond its type, DDB_USAGE for bytes of another length,
 *   DDB_STRING_HAS_NUL
 */
export function encodeScalar(writer: ByteWriter, scalar: Scalar): void {
  encodeTypeFlag(writer, 'scalar', scalar.type)
  switch (scalar.type) {
    case 'VOID':
      writer.u8(scalar.voidKind ?? 0)
      return
    case 'BOOL':
      writer.i8(scalar.value === null ? nullInt8 : Number(scalar.value))
      return
    case 'SYMBOL':
    case 'STRING':
    case 'HANDLE':
    case 'CODE':
    case 'DATASOURCE':
    case 'RESOURCE':
      writer.str0(scalar.value)
      return
    case 'FUNCTIONDEF':
      writer.u8(scalar.functionKind ?? 0)
      writer.str0(scalar.value)
      return
    case 'BLOB':
      writer.i32(scalar.value.length)
      writer.bytes(scalar.value)
      return
    case 'UUID':
    case 'IPADDR':
    case 'INT128':
      writer.bytes(sixteenBytes(scalar.value ?? zero16, scalar.type))
      return
    case 'COMPLEX':
    case 'POINT':
      writer.f64(scalar.value?.[0] ?? nullDouble)
      writer.f64(scalar.value?.[1] ?? nullDouble)
      return
    case 'DURATION':
      writer.i32(scalar.value?.count ?? nullInt32)
      writer.i32(scalar.value?.unit ?? 0)
      return
    case 'DECIMAL32':
    case 'DECIMAL64':
    case 'DECIMAL128':
      writer.i32(scalar.scale)
      encodeUnscaled(writer, scalar.type, scalar.value)
      return
    default:
      encodeNumber(writer, scalar)
  }
}

type NumberScalar = Exclude<
  Extract<Scalar, { value: number | null } | { value: bigint | null }>,
  { type: DecimalType }
>

function encodeNumber(writer: ByteWriter, scalar: NumberScalar): void {
  switch (scalar.type) {
    case 'CHAR':
      writer.i8(storedInteger(scalar.value, nullInt8, scalar.type))
      return
    case 'SHORT':
      writer.i16(storedInteger(scalar.value, nullInt16, scalar.type))
      return
    case 'FLOAT':
      writer.f32(storedFloat(scalar.value))
      return
    case 'DOUBLE':
      writer.f64(scalar.value ?? nullDouble)
      return
    case 'LONG':
    case 'TIMESTAMP':
    case 'NANOTIME':
    case 'NANOTIMESTAMP':
      writer.i64(storedBigInt(scalar.value, nullInt64, scalar.type))
      return
    default:
      writer.i32(storedInteger(scalar.value, nullInt32, scalar.type))
  }
}

function encodeUnscaled(writer: ByteWriter, type: DecimalType, unscaled: bigint | null): void {
  switch (type) {
    case 'DECIMAL32':
      writer.i32(Number(storedBigInt(unscaled, BigInt(nullInt32), type)))
      return
    case 'DECIMAL64':
      writer.i64(storedBigInt(unscaled, nullInt64, type))
      return
    case 'DECIMAL128': {
      const value = storedBigInt(unscaled, nullInt128, type)
      writer.i64(BigInt.asIntN(64, value))
      writer.i64(value >> 64n)
    }
  }
}

function sixteenBytes(value: Uint8Array, type: DataType): Uint8Array {
  if (value.length === 16) return value
  throw new ValueError('DDB_USAGE', `A ${type} has 16 bytes, not ${value.length}`)
}

/** The value as it is stored: the sentinel for null, so the sentinel itself is no value of the type. */
export function storedInteger(value: number | null, sentinel: number, type: DataType): number {
  if (value === null) return sentinel
  if (Number.isInteger(value) && value > sentinel && value < -sentinel) return value
  throw rangeError(value, -sentinel - 1, type)
}

/**
 * As `storedInteger`, for integers of 64 and 128 bits and unscaled decimals of any width.
 * @throws {ValueError} DDB_INPUT_RANGE
 */
export function storedBigInt(value: bigint | null, sentinel: bigint, type: DataType): bigint {
  if (value === null) return sentinel
  if (value > sentinel && value < -sentinel) return value
  throw rangeError(value, -sentinel - 1n, type)
}

/**
 * As `storedInteger`, for FLOAT; NaN and infinities are values. Not rounded here: storing does that.
 * @throws {ValueError} DDB_INPUT_RANGE for a finite number that single precision cannot hold
 */
export function storedFloat(value: number | null): number {
  if (value === null) return nullFloat
  if (Number.isFinite(value) && Math.abs(value) > -nullFloat) {
    throw rangeError(value, -nullFloat, 'FLOAT')
  }
  return value
}

function rangeError(value: number | bigint, largest: number | bigint, type: DataType): ValueError {
  const problem = `${value} is not among the values of ${type}, -${largest} to ${largest}`
  return new ValueError('DDB_INPUT_RANGE', problem)
}

/** A scalar whose flag has been read. */
export function* decodeScalar(
  reader: ByteReader,
  context: DecodeContext,
  type: DataType,
): Generator<void, Scalar, void> {
  const byteLength = firstBytes(type)
  context.expect(reader, byteLength)
  if (!reader.has(byteLength)) yield* reader.need(byteLength)
  switch (type) {
    case 'SYMBOL':
    case 'STRING':
    case 'HANDLE':
    case 'CODE':
    case 'DATASOURCE':
    case 'RESOURCE': {
      const maxBytes = context.remainingBytes(reader)
      const value = reader.tryStr0(maxBytes) ?? (yield* reader.str0(maxBytes))
      return { form: 'scalar', type, value }
    }
    case 'FUNCTIONDEF': {
      const functionKind = reader.u8()
      const maxBytes = context.remainingBytes(reader)
      const value = reader.tryStr0(maxBytes) ?? (yield* reader.str0(maxBytes))
      return { form: 'scalar', type, functionKind, value }
    }
    case 'BLOB': {
      const blobBytes = readCount(reader, 'bytes')
      context.expect(reader, blobBytes)
      return { form: 'scalar', type, value: yield* reader.payload(blobBytes) }
    }
    case 'DECIMAL32':
    case 'DECIMAL64':
    case 'DECIMAL128':
      return readDecimal(reader, type)
    case 'ANY':
      throw new ProtocolError('A scalar cannot be of type ANY', reader.offsetBytes)
    default:
      return readFixedScalar(reader, type)
  }
}

/** Bytes a scalar surely has after its flag. */
function firstBytes(type: DataType): number {
  switch (type) {
    case 'VOID':
    case 'FUNCTIONDEF':
      return 1
    case 'SYMBOL':
      return 0
    case 'BLOB':
      return 4
    case 'DECIMAL32':
    case 'DECIMAL64':
    case 'DECIMAL128':
      return 4 + dataTypes[type].bytesPerValue
    default:
      return dataTypes[type].bytesPerValue
  }
}

/**
 * int32 scale of a decimal.
 * @throws {ProtocolError} when the type cannot have it
 */
export function readScale(reader: ByteReader, type: DecimalType): number {
  return checkedScale(reader, type, reader.i32())
}

/**
 * `scale`, once it is known to be one.
 * @throws {ProtocolError} when the type cannot have it, naming the four bytes before the reader's position
 */
export function checkedScale(reader: ByteReader, type: DecimalType, scale: number): number {
  if (scale < 0 || scale > maxScale[type]) {
    throw new ProtocolError(`A ${type} cannot have scale ${scale}`, reader.offsetBytes - 4)
  }
  return scale
}

function readDecimal(reader: ByteReader, type: DecimalType): Scalar {
  const scale = readScale(reader, type)
  switch (type) {
    case 'DECIMAL32': {
      const value = reader.i32()
      return { form: 'scalar', type, scale, value: value === nullInt32 ? null : BigInt(value) }
    }
    case 'DECIMAL64': {
      const value = reader.i64()
      return { form: 'scalar', type, scale, value: value === nullInt64 ? null : value }
    }
    case 'DECIMAL128': {
      const low = BigInt.asUintN(64, reader.i64())
      const value = (reader.i64() << 64n) | low
      return { form: 'scalar', type, scale, value: value === nullInt128 ? null : value }
    }
  }
}

type FixedScalarType = Exclude<
  Scalar['type'],
  | DecimalType
  | 'SYMBOL'
  | 'STRING'
  | 'BLOB'
  | 'FUNCTIONDEF'
  | 'HANDLE'
  | 'CODE'
  | 'DATASOURCE'
  | 'RESOURCE'
>

function readFixedScalar(reader: ByteReader, type: FixedScalarType): Scalar {
  switch (type) {
    case 'VOID': {
      const voidKind = reader.u8()
      return { form: 'scalar', type, ...(voidKind > 0 && { voidKind }), value: null }
    }
    case 'BOOL': {
      const value = reader.i8()
      return { form: 'scalar', type, value: value === nullInt8 ? null : value !== 0 }
    }
    case 'CHAR': {
      const value = reader.i8()
      return { form: 'scalar', type, value: value === nullInt8 ? null : value }
    }
    case 'SHORT': {
      const value = reader.i16()
      return { form: 'scalar', type, value: value === nullInt16 ? null : value }
    }
    case 'LONG':
    case 'TIMESTAMP':
    case 'NANOTIME':
    case 'NANOTIMESTAMP': {
      const value = reader.i64()
      return { form: 'scalar', type, value: value === nullInt64 ? null : value }
    }
    case 'FLOAT': {
      const value = reader.f32()
      return { form: 'scalar', type, value: value === nullFloat ? null : value }
    }
    case 'DOUBLE': {
      const value = reader.f64()
      return { form: 'scalar', type, value: value === nullDouble ? null : value }
    }
    case 'UUID':
    case 'IPADDR':
    case 'INT128': {
      const value = reader.take(16)
      return { form: 'scalar', type, value: value.some(byte => byte !== 0) ? value : null }
    }
    case 'COMPLEX':
    case 'POINT': {
      const first = reader.f64()
      const second = reader.f64()
      const isNull = first === nullDouble || second === nullDouble
      return { form: 'scalar', type, value: isNull ? null : [first, second] }
    }
    case 'DURATION': {
      const count = reader.i32()
      const unit = reader.i32()
      return { form: 'scalar', type, value: count === nullInt32 ? null : { count, unit } }
    }
    default: {
      const value = reader.i32()
      return { form: 'scalar', type, value: value === nullInt32 ? null : value }
    }
  }
}
