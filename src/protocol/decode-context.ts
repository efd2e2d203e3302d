/*
  Limits one decoding: the bytes that a value may take, and how deep values may nest.
*/
import { ProtocolError } from '../errors.js'
import type { ByteReader } from '../wire/byte-reader.js'
import type { Value } from './value.js'

/** Limits of one decoding. They apply while bytes arrive: nothing is allocated for an announced length alone. */
export interface DecodeLimits {
  /** Bytes of one value on the wire. Decompressed columns count at their full size. */
  maxValueBytes: number
  /** Levels of nested tuples, dictionaries and tables. */
  maxDepth: number
}

export const defaultDecodeLimits: DecodeLimits = {
  // A table of 10 million rows × 10 LONG columns still passes. A default heap has no room for more.
  maxValueBytes: 1_073_741_824,
  // Tuples nested by hand, in scripts, stay below ten levels. Each level costs a generator.
  maxDepth: 64,
}

/**
 * A null of VOID has no bytes, but counts as much as the text, row or list entry that is later made of it. Otherwise,
 * twelve bytes that announce a billion nulls would end the process that reads them.
 */
const voidRowBytes = 64

/** The bases of a table's SYMBOL columns, by their ids. */
export type SymbolBases = Map<number, readonly string[]>

export type ObjectDecoder = (
  reader: ByteReader,
  context: DecodeContext,
  symbolBases?: SymbolBases,
) => Generator<void, Value, void>

/** What one decoding has used of its limits. The values of a request share one context, and so one limit of bytes. */
export class DecodeContext {
  readonly limits: DecodeLimits
  #lastOffsetBytes: number
  #depth = 0

  constructor(reader: ByteReader, limits: DecodeLimits = defaultDecodeLimits) {
    this.limits = limits
    this.#lastOffsetBytes = reader.offsetBytes + limits.maxValueBytes
  }

  remainingBytes(reader: ByteReader): number {
    return this.#lastOffsetBytes - reader.offsetBytes
  }

  /** Checks a length that was announced before its bytes arrived. @throws {ProtocolError} DDB_LIMIT */
  expect(reader: ByteReader, byteLength: number): void {
    if (byteLength > this.remainingBytes(reader)) {
      throw new ProtocolError(
        `A value is larger than the ${this.limits.maxValueBytes} bytes this end accepts`,
        reader.offsetBytes,
        'DDB_LIMIT',
      )
    }
  }

  /** Counts bytes that do not arrive on the wire, such as those that decompression adds. */
  charge(reader: ByteReader, byteLength: number): void {
    this.expect(reader, byteLength)
    this.#lastOffsetBytes -= byteLength
  }

  chargeVoid(reader: ByteReader, rows: number): void {
    this.charge(reader, rows * voidRowBytes)
  }

  /** Enters a nested value. @throws {ProtocolError} DDB_LIMIT */
  descend(reader: ByteReader): void {
    this.#depth += 1
    if (this.#depth > this.limits.maxDepth) {
      throw new ProtocolError(
        `Values are nested deeper than the ${this.limits.maxDepth} levels this end accepts`,
        reader.offsetBytes,
        'DDB_LIMIT',
      )
    }
  }

  ascend(): void {
    this.#depth -= 1
  }
}
