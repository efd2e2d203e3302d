/*
  What one decoding remembers on its way down: how many bytes the value may still have and how deep it may nest.
*/
import { ProtocolError } from '../errors.js'
import type { ByteReader } from '../wire/byte-reader.js'
import type { Value } from './value.js'

/**
 * What one decoding may cost. They hold while bytes arrive: nothing is allocated for a length that is only claimed.
 */
export interface DecodeLimits {
  /** Bytes of one value on the wire, decompressed columns counted at their full size. */
  maxValueBytes: number
  /** Levels of tuples, dictionaries and tables inside each other. */
  maxDepth: number
}

/** Limits where the caller names none. */
export const defaultDecodeLimits: DecodeLimits = {
  // A table of 10 million rows × 10 LONG columns still passes; more does not fit beside itself in a default heap.
  maxValueBytes: 1_073_741_824,
  // Scripts nest tuples by hand: real ones stay below ten levels, and each level costs a generator.
  maxDepth: 64,
}

/**
 * A null without bytes counts as much as whatever is made of it: text, a row, a list entry. Twelve bytes that claim a
 * billion of them would otherwise end the process that walks through them.
 */
const voidRowBytes = 64

/** Bases of the SYMBOL columns of one table, by the id they were sent with. */
export type SymbolBases = Map<number, readonly string[]>

/** Decodes the object at the reader's position, whatever its form. */
export type ObjectDecoder = (
  reader: ByteReader,
  context: DecodeContext,
  symbolBases?: SymbolBases,
) => Generator<void, Value, void>

/** What one decoding has used up so far; several values of a request share one, and its byte limit. */
export class DecodeContext {
  readonly limits: DecodeLimits
  #lastOffsetBytes: number
  #depth = 0

  constructor(reader: ByteReader, limits: DecodeLimits = defaultDecodeLimits) {
    this.limits = limits
    this.#lastOffsetBytes = reader.offsetBytes + limits.maxValueBytes
  }

  /** Bytes the value may still read. */
  remainingBytes(reader: ByteReader): number {
    return this.#lastOffsetBytes - reader.offsetBytes
  }

  /**
   * Checks a length that was announced but has not arrived.
   * @throws {ProtocolError} DDB_LIMIT
   */
  expect(reader: ByteReader, byteLength: number): void {
    if (byteLength > this.remainingBytes(reader)) {
      throw new ProtocolError(
        `A value is larger than the ${this.limits.maxValueBytes} bytes this end accepts`,
        reader.offsetBytes,
        'DDB_LIMIT',
      )
    }
  }

  /** Counts bytes that the wire does not show, as what decompression adds. */
  charge(reader: ByteReader, byteLength: number): void {
    this.expect(reader, byteLength)
    this.#lastOffsetBytes -= byteLength
  }

  /** Counts rows of the type whose elements have no bytes. */
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
