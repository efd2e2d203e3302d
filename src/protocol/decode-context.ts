/* Limits one decoding: the bytes that a value may take, and how deeply values may be nested. The flag, two bytes before every object: type,
   then form (docs/protocol.md#objects). From 128 on "extended": SYMBOL with a base (145). */
import type { ByteReader } from '../wire/byte-reader.js'
import type { ByteWriter } from '../wire/byte-writer.js'
import { dataForms } from './value.js'

/** @param typeId  a number, because array vectors, symbol bases and tables have numbers that are not types */
export function encodeFlag(writer: ByteWriter, form: keyof typeof dataForms, typeId: number): void {
  writer.u16((dataForms[form] << 8) | typeId)
}

/** Reads an int32 count. @throws {ProtocolError} if it is negative */
export function readCount(reader: ByteReader, what: string): number {
  const count = reader.i32()
  if (count < 0) throw reader.fault(`A count of ${count} ${what} is impossible`, 4)
  return count
}

/** Limits of one decoding. They apply while bytes arrive, so a false length allocates only a small buffer. */
export interface DecodeLimits {
  /** Limit of the bytes that one value takes on the wire. Decompressed columns count with their full size. */
  maxValueBytes: number
  /** Limit for the depth of nested tuples, dictionaries and tables. */
  maxDepth: number
  /** Limit of the bytes of one text; default: none. */
  maxTextBytes?: number
  /** True if texts of STRING vectors stay in wire form. Making the texts takes most of the time of a receiver that never reads them. */
  keepsEncoded?: boolean
}

export const defaultDecodeLimits: DecodeLimits = {
  // Allows a table of 10 million rows × 10 LONG columns. A default heap has no room for more.
  maxValueBytes: 1_073_741_824,
  // Far more than needed: scripts written by hand nest tuples less than ten levels deep. Each level costs a generator.
  maxDepth: 64,
}

/** Counted size of a VOID null, which takes no bytes. Otherwise twelve bytes could announce a billion nulls, and exhaust our memory. */
const voidRowBytes = 64
/** Counted size of the object of a nested value, which may take eleven bytes on the wire. */
const nestedBytes = 256

/** Base id → base (list of texts) of the SYMBOL columns of one table. */
export type SymbolBases = Map<number, readonly string[]>

/** What is decoded, and the part of its limits that was used. The values of a request share one context, and so one limit. */
export class DecodeContext {
  readonly reader: ByteReader
  readonly limits: DecodeLimits
  #lastOffsetBytes: number
  #depth = 0

  constructor(reader: ByteReader, limits: DecodeLimits = defaultDecodeLimits) {
    this.reader = reader
    this.limits = limits
    this.#lastOffsetBytes = reader.offsetBytes + limits.maxValueBytes
  }

  get remainingBytes(): number {
    return this.#lastOffsetBytes - this.reader.offsetBytes
  }

  get maxTextBytes(): number {
    return Math.min(this.remainingBytes, this.limits.maxTextBytes ?? Infinity)
  }

  /** Checks an announced length before its bytes arrive. @throws {ProtocolError} DDB_LIMIT */
  expect(byteLength: number): void {
    if (byteLength > this.remainingBytes) {
      throw this.reader.excess(
        `A value is larger than the ${this.limits.maxValueBytes} bytes this end accepts`,
      )
    }
  }

  /** Counts bytes that are not on the wire, such as the bytes that decompression adds. */
  charge(byteLength: number): void {
    this.expect(byteLength)
    this.#lastOffsetBytes -= byteLength
  }

  chargeVoid(rows: number): void {
    this.charge(rows * voidRowBytes)
  }

  /** Enters a nested value. @throws {ProtocolError} DDB_LIMIT */
  descend(): void {
    this.charge(nestedBytes)
    this.#depth += 1
    if (this.#depth > this.limits.maxDepth) {
      throw this.reader.excess(
        `Values are nested deeper than the ${this.limits.maxDepth} levels this end accepts`,
      )
    }
  }

  ascend(): void {
    this.#depth -= 1
  }
}
