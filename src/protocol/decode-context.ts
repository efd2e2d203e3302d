/*
  Limits one decoding: how many bytes the value may still have and how deep it may nest.
*/
import { ProtocolError } from '../errors.js'
import type { ByteReader } from '../wire/byte-reader.js'
import type { Value } from './value.js'

/** Limits of one decoding. They hold while bytes arrive: nothing is allocated for a length that is only claimed. */
export interface DecodeLimits {
  /** Bytes of one value on the wire; decompressed columns count at their full size. */
  maxValueBytes: number
  /** Levels of nested tuples, dictionaries and tables. */
  maxDepth: number
}

export const defaultDecodeLimits: DecodeLimits = {
  // A table of 10 million rows × 10 LONG columns still passes; a default heap does not have room for more.
  maxValueBytes: 1_073_741_824,
  // People nest tuples by hand, in scripts, so real tuples stay below ten levels. Each level costs a generator.
  maxDepth: 64,
}

/**
 * A null without bytes counts as much as the text, row or list entry that is later made of it. Otherwise twelve bytes that claim a
 * billion nulls would end the process that reads them.
 */
const voidRowBytes = 64

/** Bases of the SYMBOL columns of one table, by the id with which they were sent. */
export type SymbolBases = Map<number, readonly string[]>

export type ObjectDecoder = (
  reader: ByteReader,
  context: DecodeContext,
  symbolBases?: SymbolBases,
) => Generator<void, Value, void>

/** How much of its limits one decoding has used; the values of a request share one context, and therefore its byte limit. */
export class DecodeContext {
  readonly limits: DecodeLimits
  #lastOffsetBytes: number
  #depth = 0

  constructor(reader: ByteReader, limits: DecodeLimits = defaultDecodeLimits) {
    this.limits = limits
    this.#lastOffsetBytes = reader.offsetBytes + limits.maxValueBytes
  }

  /** How many more bytes may be read for the value. */
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

  /** Counts bytes that do not appear on the wire, such as those that decompression adds. */
  charge(reader: ByteReader, byteLength: number): void {
    this.expect(reader, byteLength)
    this.#lastOffsetBytes -= byteLength
  }

  /** Counts rows of VOID, whose elements have no bytes. */
  chargeVoid(reader: ByteReader, rows: number): void {
    this.charge(reader, rows * voidRowBytes)
  }

  /** Enters a value inside a value. */
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

  /** Leaves the value that `descend` entered. */
  ascend(): void {
    this.#depth -= 1
  }
}
