/*
  Columns that take a program's values without converting them to text. A column stops at a value that it cannot store
  directly. The reader of texts then decides what the value means.
*/
import type { NumberArray } from '../cells/read-cell.js'
import type { ColumnPart } from '../columns/column-builder.js'
import type { FixedLayout } from '../columns/fixed-column.js'
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

/** Stores a value as a column would store its text, from element `at` on. Returns false to leave it to the reader of texts. */
export type TakeValue = (value: unknown, into: NumberArray, at: number) => boolean

/** Values of a type whose elements all have the same size. */
export function fixedValues(
  { Cells, bytesPerRow, nullElements }: FixedLayout,
  capacity: number,
  take: TakeValue,
): ValueColumn {
  const data = new ArrayBuffer(capacity * bytesPerRow)
  const array = new Cells(data)
  const width = nullElements.length
  return valueColumn(
    () => ({ data }),
    (value, i) => take(value, array, i * width),
    i => {
      for (let k = 0; k < width; k++) array[i * width + k] = nullElements[k]!
    },
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
