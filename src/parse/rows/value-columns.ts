/*
  Columns that take a program's values without converting them to text. A column stops at a value that it cannot store
  directly. The reader of texts then decides what the value means.
*/
import type { ColumnOffset } from '../cells/column-offset.js'
import { firstTextMs, lastTextMs } from '../cells/calendar.js'
import type { ColumnPart } from '../columns/column-builder.js'
import { storeExact, type NumberArray, type NumberLayout } from '../columns/fixed-columns.js'
import { slackBytes } from '../window.js'

/** A column that is filled again for each piece (part of a batch). */
export interface ValueColumn {
  /** Number of nulls among the values that the last `fill` took. */
  readonly nulls: number
  /**
   * Takes values, beginning with the first.
   * @returns the number of values taken; fewer than `count` if the column is full or cannot take the next value
   */
  fill(values: readonly unknown[], count: number): number
  /** Returns a new object each time, but its data are only valid until the next `fill`. */
  part(): ColumnPart
}

/**
 * @param put  stores a value that is not null as element `i`; returns false if the column cannot store the value
 * @param putNull  stores null, or the empty text, which means null
 */
function valueColumn(
  part: () => ColumnPart,
  put: (value: unknown, i: number) => boolean,
  putNull: (i: number) => void,
  begin?: () => void,
): ValueColumn {
  let nulls = 0
  return {
    get nulls() {
      return nulls
    },
    part,
    fill(values, count) {
      begin?.()
      nulls = 0
      for (let i = 0; i < count; i++) {
        const value = values[i]
        if (value === null || value === '') {
          putNull(i)
          nulls++
        } else if (!put(value, i)) return i
      }
      return count
    },
  }
}

/** Leaves values to the reader of texts that `takes` does not accept. */
function numberColumn<A extends NumberArray>(
  capacity: number,
  { Cells, bytesPerRow, nullValue }: NumberLayout<A>,
  takes: (value: unknown) => boolean,
): ValueColumn {
  const buffer = new ArrayBuffer(capacity * bytesPerRow)
  const data = new Cells(buffer)
  const put = (value: unknown, i: number): boolean => {
    if (!takes(value)) return false
    data[i] = value as number
    return true
  }
  return valueColumn(
    () => ({ data: buffer }),
    put,
    i => void (data[i] = nullValue),
  )
}

export function boolColumn(capacity: number, layout: NumberLayout<Int8Array>): ValueColumn {
  return numberColumn(capacity, layout, value => typeof value === 'boolean')
}

export function wholeColumn(
  capacity: number,
  layout: NumberLayout<Int16Array | Int32Array>,
): ValueColumn {
  const { min, max } = layout
  return numberColumn(
    capacity,
    layout,
    value => typeof value === 'number' && value >= min && value <= max && (value | 0) === value,
  )
}

export function doubleColumn(capacity: number, layout: NumberLayout<Float64Array>): ValueColumn {
  const { min, max } = layout
  return numberColumn(
    capacity,
    layout,
    value => typeof value === 'number' && value >= min && value <= max,
  )
}

/**
 * Leaves a value to the reader of texts if rounding it to a single may differ from rounding its digits. This happens
 * halfway between two singles, and also below the smallest normal single, because singles are spaced differently there.
 */
export function floatColumn(capacity: number, layout: NumberLayout<Float32Array>): ValueColumn {
  const { min, max } = layout
  const double = new Float64Array(1)
  const words = new Uint32Array(double.buffer)
  const isBetween = (value: number): boolean => {
    double[0] = value
    const isHalf = (words[0]! & 0x1fff_ffff) === 0x1000_0000
    return isHalf || (value !== 0 && value < 2 ** -126 && value > -(2 ** -126))
  }
  return numberColumn(
    capacity,
    layout,
    value => typeof value === 'number' && value >= min && value <= max && !isBetween(value),
  )
}

const nullHigh = -2_147_483_648
const mostLong = 2n ** 63n - 1n

export function longColumn(capacity: number): ValueColumn {
  const longs = new BigInt64Array(capacity)
  const words = new Int32Array(longs.buffer)
  const put = (value: unknown, i: number): boolean => {
    if (typeof value === 'number') {
      if (!Number.isSafeInteger(value)) return false
      storeExact(words, 2 * i, value)
      return true
    }
    if (typeof value !== 'bigint' || value > mostLong || value < -mostLong) return false
    longs[i] = value
    return true
  }
  return valueColumn(() => ({ data: longs.buffer }), put, putNullLong(words))
}

const putNullLong =
  (words: Int32Array) =>
  (i: number): void => {
    words[2 * i] = 0
    words[2 * i + 1] = nullHigh
  }

/** Values of DATE, DATETIME and TIMESTAMP. */
export function dateColumn(
  capacity: number,
  unitMs: number,
  isLong: boolean,
  offset: ColumnOffset | undefined,
): ValueColumn {
  const words = new Int32Array(isLong ? 2 * capacity : capacity)
  /** Whether the column takes times in UTC. If the column has no offset yet, UTC becomes its offset. */
  const isUtc = (): boolean =>
    offset?.takesUtc === true || (offset?.text === undefined && offset?.takes(true, 0) === true)
  const put = (value: unknown, i: number): boolean => {
    if (!(value instanceof Date)) return false
    const ms = value.getTime()
    if (!(ms >= firstTextMs && ms <= lastTextMs) || !isUtc()) return false
    if (isLong) {
      storeExact(words, 2 * i, ms)
      return true
    }
    const units = ms / unitMs
    if (units !== (units | 0) || units === nullHigh) return false
    words[i] = units
    return true
  }
  return valueColumn(
    () => ({ data: words.buffer }),
    put,
    isLong ? putNullLong(words) : i => void (words[i] = nullHigh),
  )
}

/** Approximate limit of a piece's text. A batch ends only after a whole piece, so pieces must be small. */
const mostTextBytes = 256 * 1024

/** The most bytes of UTF-8 that one UTF-16 unit takes. */
const mostUtf8Bytes = 3

const encoder = new TextEncoder()

/** A surrogate without the other of its pair, or U+0000, which would end the text early. */
const notText = /[\0\p{Surrogate}]/u

/** Encodes texts as columns store them, one after the other. */
class TextBytes {
  length = 0
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(4096)
  readonly #maxBytes: number

  /** @param maxBytes  of one text */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** @returns false if a column refuses the text, or the piece is full */
  add(text: string): boolean {
    const { length } = text
    const start = this.length
    if (start > mostTextBytes) return false
    const most = start + mostUtf8Bytes * length + slackBytes
    if (most > this.bytes.length) {
      const larger = new Uint8Array(2 * most)
      larger.set(this.bytes.subarray(0, start))
      this.bytes = larger
    }
    const { bytes } = this
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code >= 0x80) {
        return (
          !notText.test(text) && this.#end(encoder.encodeInto(text, bytes.subarray(start)).written)
        )
      }
      if (code === 0) return false
      bytes[start + i] = code
    }
    return this.#end(length)
  }

  #end(bytes: number): boolean {
    if (bytes > this.#maxBytes) return false
    this.length += bytes
    return true
  }
}

/** Each text ends with U+0000, for which `TextBytes` leaves room. */
export function textColumn(capacity: number, maxBytes: number): ValueColumn {
  const texts = new TextBytes(maxBytes)
  const ends = new Uint32Array(capacity)
  const put = (value: unknown, i: number): boolean => {
    if (typeof value !== 'string' || !texts.add(value)) return false
    texts.bytes[texts.length++] = 0
    ends[i] = texts.length
    return true
  }
  return valueColumn(
    () => ({ encoded: texts.bytes, ends }),
    put,
    i => void put('', i),
    () => (texts.length = 0),
  )
}

export function symbolColumn(capacity: number, maxBytes: number): ValueColumn {
  const codes = new Int32Array(capacity)
  const textEnds = new Int32Array(capacity + 1)
  const texts = new TextBytes(maxBytes)
  const known = new Map<unknown, number>()
  const put = (value: unknown, i: number): boolean => {
    let code = known.get(value)
    if (code === undefined) {
      if (typeof value !== 'string' || !texts.add(value)) return false
      code = known.size + 1
      known.set(value, code)
      textEnds[code] = texts.length
    }
    codes[i] = code
    return true
  }
  return valueColumn(
    () => ({ codes, texts: texts.bytes, textEnds: textEnds.subarray(0, known.size + 1) }),
    put,
    i => void (codes[i] = 0),
    () => {
      known.clear()
      texts.length = 0
    },
  )
}
