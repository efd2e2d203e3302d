/*
  Columns that take a program's numbers, booleans and dates without converting them to text. A column stops at a value
  that it cannot store directly. The reader of texts then decides what the value means.
*/
import type { ColumnOffset } from '../cells/column-offset.js'
import type { ColumnPart } from '../columns/column-part.js'
import { firstTextMs, lastTextMs } from '../cells/calendar.js'
import { storeExact } from '../columns/int64-columns.js'
import type { ValueColumn } from './value-column.js'

const isNull = (value: unknown): boolean => value === null || value === ''

export class BoolValues implements ValueColumn {
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

export class WholeValues implements ValueColumn {
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

export class FloatingValues implements ValueColumn {
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

  /**
   * True if rounding the value to a single may differ from rounding its digits. This happens halfway between two
   * singles, and also below the smallest normal single, because singles are spaced differently there.
   */
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

export class LongValues implements ValueColumn {
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

/** Values of DATE, DATETIME and TIMESTAMP. */
export class DateValues implements ValueColumn {
  nulls = 0
  readonly #words: Int32Array<ArrayBuffer>
  readonly #unitMs: number
  readonly #isLong: boolean
  readonly #offset: ColumnOffset | undefined

  constructor(capacity: number, unitMs: number, isLong: boolean, offset: ColumnOffset | undefined) {
    this.#words = new Int32Array(isLong ? 2 * capacity : capacity)
    this.#unitMs = unitMs
    this.#isLong = isLong
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
        if (!(ms >= firstTextMs && ms <= lastTextMs) || !this.#isUtc()) break
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

  /** True if the column takes times in UTC. If the column has no offset yet, UTC becomes its offset. */
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
