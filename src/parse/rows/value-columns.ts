/*
  Columns that take values of a program as they are: numbers, booleans, texts and dates, without a text between. A value that is
  not quite what the column wants stops it; whoever reads texts decides what that one means.
*/
import type { MappedColumn } from '../../schema/column-mapping.js'
import type { ColumnOffset } from '../cells/column-offset.js'
import type { ColumnPart, TextPart } from '../columns/column-part.js'
import { storeExact } from '../columns/int64-columns.js'
import { doubleLayout, floatLayout, int16Layout, int32Layout } from '../columns/number-layouts.js'
import { slackBytes } from '../window.js'

/** One column, filled anew for each piece. */
export interface ValueColumn {
  /** Of those that `fill` took. */
  nulls: number
  /**
   * Takes values, from the first on.
   * @returns how many; fewer than `count` before one that it cannot take, or where there is no room
   */
  fill(values: readonly unknown[], count: number): number
  /** Lent until `fill` is called again; the object itself is another one for each piece. */
  part(count: number): ColumnPart
}

/** Texts of a piece are not much more: a batch ends with the piece that makes it full. */
const mostTextBytes = 256 * 1024

/**
 * @param capacity  most values of a piece
 * @param offset  of a column of times, which a `Date` has in UTC
 * @returns undefined for types whose values are all read as texts
 */
export function valueColumn(
  { type: { type, array }, maxBytes = Infinity }: MappedColumn,
  capacity: number,
  offset: () => ColumnOffset | undefined,
): ValueColumn | undefined {
  if (array === true) return undefined
  switch (type) {
    case 'BOOL':
      return new BoolValues(capacity)
    case 'SHORT':
      return new WholeValues(new Int16Array(capacity), int16Layout)
    case 'INT':
      return new WholeValues(new Int32Array(capacity), int32Layout)
    case 'LONG':
      return new LongValues(capacity)
    case 'FLOAT':
      return new FloatingValues(new Float32Array(capacity), floatLayout)
    case 'DOUBLE':
      return new FloatingValues(new Float64Array(capacity), doubleLayout)
    case 'DATE':
      return new DateValues(capacity, 86_400_000, 4, offset())
    case 'DATETIME':
      return new DateValues(capacity, 1000, 4, offset())
    case 'TIMESTAMP':
      return new DateValues(capacity, 1, 8, offset())
    case 'STRING':
      return new TextValues(capacity, maxBytes)
    case 'SYMBOL':
      return new SymbolValues(capacity, maxBytes)
    default:
      return undefined
  }
}

const isNull = (value: unknown): boolean => value === null || value === ''

class BoolValues implements ValueColumn {
  nulls = 0
  readonly #data: Int8Array<ArrayBuffer>

  constructor(capacity: number) {
    this.#data = new Int8Array(capacity)
  }

  fill(values: readonly unknown[], count: number): number {
    this.nulls = 0
    for (let i = 0; i < count; i++) {
      const value = values[i]
      if (value === true) this.#data[i] = 1
      else if (value === false) this.#data[i] = 0
      else return i
    }
    return count
  }

  part(): ColumnPart {
    return { data: this.#data.buffer }
  }
}

interface NumberRange {
  readonly nullValue: number
  readonly min: number
  readonly max: number
}

class WholeValues implements ValueColumn {
  nulls = 0
  readonly #data: Int16Array<ArrayBuffer> | Int32Array<ArrayBuffer>
  readonly #range: NumberRange

  constructor(data: Int16Array<ArrayBuffer> | Int32Array<ArrayBuffer>, range: NumberRange) {
    this.#data = data
    this.#range = range
  }

  fill(values: readonly unknown[], count: number): number {
    const data = this.#data
    const { nullValue, min, max } = this.#range
    let nulls = 0
    let i = 0
    for (; i < count; i++) {
      const value = values[i]
      if (typeof value === 'number') {
        if (!(value >= min && value <= max) || (value | 0) !== value) break
        data[i] = value
      } else if (isNull(value)) {
        data[i] = nullValue
        nulls++
      } else break
    }
    this.nulls = nulls
    return i
  }

  part(): ColumnPart {
    return { data: this.#data.buffer }
  }
}

class FloatingValues implements ValueColumn {
  nulls = 0
  readonly #data: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>
  readonly #range: NumberRange
  readonly #isSingle: boolean
  readonly #double = new Float64Array(1)
  readonly #words = new Uint32Array(this.#double.buffer)

  constructor(data: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>, range: NumberRange) {
    this.#data = data
    this.#range = range
    this.#isSingle = data.BYTES_PER_ELEMENT === 4
  }

  fill(values: readonly unknown[], count: number): number {
    const data = this.#data
    const isSingle = this.#isSingle
    const { nullValue, min, max } = this.#range
    let nulls = 0
    let i = 0
    for (; i < count; i++) {
      const value = values[i]
      if (typeof value === 'number') {
        if (!(value >= min && value <= max) || (isSingle && this.#isBetween(value))) break
        data[i] = value
      } else if (isNull(value)) {
        data[i] = nullValue
        nulls++
      } else break
    }
    this.nulls = nulls
    return i
  }

  /** Half way from one single to the next: the digits decide. Below the smallest normal one there are other halves. */
  #isBetween(value: number): boolean {
    this.#double[0] = value
    const isHalf = (this.#words[0]! & 0x1fff_ffff) === 0x1000_0000
    return isHalf || (value !== 0 && value < 2 ** -126 && value > -(2 ** -126))
  }

  part(): ColumnPart {
    return { data: this.#data.buffer }
  }
}

const nullHigh = -2_147_483_648
const mostLong = 2n ** 63n - 1n

class LongValues implements ValueColumn {
  nulls = 0
  readonly #longs: BigInt64Array<ArrayBuffer>
  readonly #words: Int32Array<ArrayBuffer>

  constructor(capacity: number) {
    this.#longs = new BigInt64Array(capacity)
    this.#words = new Int32Array(this.#longs.buffer)
  }

  fill(values: readonly unknown[], count: number): number {
    let nulls = 0
    let i = 0
    for (; i < count; i++) {
      const value = values[i]
      if (typeof value === 'number') {
        if (!Number.isSafeInteger(value)) break
        storeExact(this.#words, 2 * i, value)
      } else if (typeof value === 'bigint') {
        if (value > mostLong || value < -mostLong) break
        this.#longs[i] = value
      } else if (isNull(value)) {
        this.#words[2 * i] = 0
        this.#words[2 * i + 1] = nullHigh
        nulls++
      } else break
    }
    this.nulls = nulls
    return i
  }

  part(): ColumnPart {
    return { data: this.#longs.buffer }
  }
}

/** Years from 0000 to 9999, which texts can say. */
const firstMs = -62_167_219_200_000
const lastMs = 253_402_300_799_999

class DateValues implements ValueColumn {
  nulls = 0
  readonly #words: Int32Array<ArrayBuffer>
  readonly #unitMs: number
  readonly #isLong: boolean
  readonly #offset: ColumnOffset | undefined

  constructor(
    capacity: number,
    unitMs: number,
    bytesPerRow: 4 | 8,
    offset: ColumnOffset | undefined,
  ) {
    this.#words = new Int32Array((capacity * bytesPerRow) / 4)
    this.#unitMs = unitMs
    this.#isLong = bytesPerRow === 8
    this.#offset = offset
  }

  fill(values: readonly unknown[], count: number): number {
    const words = this.#words
    const isLong = this.#isLong
    const unitMs = this.#unitMs
    let nulls = 0
    let i = 0
    for (; i < count; i++) {
      const value = values[i]
      if (value instanceof Date) {
        const ms = value.getTime()
        const units = ms / unitMs
        if (!(ms >= firstMs && ms <= lastMs) || !this.#isUtc()) break
        if (isLong) storeExact(words, 2 * i, ms)
        else if (units === (units | 0) && units !== nullHigh) words[i] = units
        else break
      } else if (isNull(value)) {
        if (isLong) words[2 * i] = 0
        words[isLong ? 2 * i + 1 : i] = nullHigh
        nulls++
      } else break
    }
    this.nulls = nulls
    return i
  }

  /** The first time of a column says which offset all of them have. */
  #isUtc(): boolean {
    const offset = this.#offset
    return (
      offset?.takesUtc === true || (offset?.text === undefined && offset?.takes(true, 0) === true)
    )
  }

  part(): ColumnPart {
    return { data: this.#words.buffer }
  }
}

/** Bytes of UTF-8 for each character of a text at most. */
const mostUtf8Bytes = 3

const encoder = new TextEncoder()

/** Texts one after the other, as their columns want them. */
class TextBytes {
  length = 0
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(4096)

  /** @returns its bytes; −1 for what is no text of a column */
  add(text: string, maxBytes: number): number {
    const { length } = text
    const start = this.length
    this.#reserve(mostUtf8Bytes * length + slackBytes)
    const { bytes } = this
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code >= 0x80) return this.#addOther(text, maxBytes)
      if (code === 0) return -1
      bytes[start + i] = code
    }
    if (length > maxBytes) return -1
    this.length = start + length
    return length
  }

  /** Ends a text with U+0000. @returns where the next one begins */
  end(): number {
    this.#reserve(1)
    this.bytes[this.length++] = 0
    return this.length
  }

  #addOther(text: string, maxBytes: number): number {
    if (!isText(text)) return -1
    const { written } = encoder.encodeInto(text, this.bytes.subarray(this.length))
    if (written > maxBytes) return -1
    this.length += written
    return written
  }

  #reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return
    const larger = new Uint8Array(2 * (this.length + more))
    larger.set(this.bytes.subarray(0, this.length))
    this.bytes = larger
  }
}

/** Whether all surrogates are pairs, and U+0000, which would end the text, is not in it. */
function isText(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0) return false
    if (code < 0xd800 || code > 0xdfff) continue
    const next = text.charCodeAt(i + 1)
    if (code > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return false
    i++
  }
  return true
}

class TextValues implements ValueColumn {
  nulls = 0
  readonly #texts = new TextBytes()
  readonly #ends: Uint32Array<ArrayBuffer>
  readonly #maxBytes: number

  constructor(capacity: number, maxBytes: number) {
    this.#ends = new Uint32Array(capacity)
    this.#maxBytes = maxBytes
  }

  fill(values: readonly unknown[], count: number): number {
    const texts = this.#texts
    texts.length = 0
    let nulls = 0
    let i = 0
    for (; i < count; i++) {
      const value = values[i]
      if (typeof value === 'string') {
        if (texts.length > mostTextBytes || texts.add(value, this.#maxBytes) < 0) break
      } else if (value !== null) break
      if (value === null || value === '') nulls++
      this.#ends[i] = texts.end()
    }
    this.nulls = nulls
    return i
  }

  part(): TextPart {
    return { encoded: this.#texts.bytes, ends: this.#ends }
  }
}

class SymbolValues implements ValueColumn {
  nulls = 0
  readonly #codes: Int32Array<ArrayBuffer>
  readonly #textEnds: Int32Array<ArrayBuffer>
  readonly #texts = new TextBytes()
  readonly #known = new Map<string, number>()
  readonly #maxBytes: number

  constructor(capacity: number, maxBytes: number) {
    this.#codes = new Int32Array(capacity)
    this.#textEnds = new Int32Array(capacity + 1)
    this.#maxBytes = maxBytes
  }

  fill(values: readonly unknown[], count: number): number {
    const codes = this.#codes
    const known = this.#known
    const texts = this.#texts
    known.clear()
    known.set('', 0)
    texts.length = 0
    let nulls = 0
    let i = 0
    for (; i < count; i++) {
      const value = values[i]
      let code: number | undefined = 0
      if (typeof value === 'string') {
        code = known.get(value)
        if (code === undefined) {
          if (texts.length > mostTextBytes || texts.add(value, this.#maxBytes) < 0) break
          code = known.size
          known.set(value, code)
          this.#textEnds[code] = texts.length
        }
      } else if (value !== null) break
      if (code === 0) nulls++
      codes[i] = code
    }
    this.nulls = nulls
    return i
  }

  part(): ColumnPart {
    return {
      codes: this.#codes,
      texts: this.#texts.bytes,
      textEnds: this.#textEnds.subarray(0, this.#known.size),
    }
  }
}
