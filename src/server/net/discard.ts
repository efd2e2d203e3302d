/*
  Counts the rows of received tables and drops the tables, for measurements. Also adds up each column, so that lost rows
  and duplicate rows cannot cancel out. Sums of integers are exact if no request has more than two million rows.
*/
import { nullDouble, nullFloat, nullInt16, nullInt32, nullInt8 } from '../../protocol/null-value.js'
import type { Column, Table } from '../../protocol/value.js'

const lowWord = 2 ** 32

/** The sum of one column. High and low words of 64-bit values are added separately, which avoids a bigint per value. */
interface ColumnSum {
  high: number
  low: number
}

/** Counts since the server started. */
export interface DiscardCounters {
  /** Function requests whose last argument is a table. */
  readonly requests: number
  readonly rows: number
  /** Column name → sum of the column's values without nulls, for numeric and temporal columns. */
  readonly sums: Readonly<Record<string, bigint | number>>
}

export class Discard {
  #requests = 0
  #rows = 0
  readonly #integers = new Map<string, ColumnSum>()
  readonly #floats = new Map<string, number>()

  /** A snapshot, which later requests do not change. */
  get counters(): DiscardCounters {
    const sums: Record<string, bigint | number> = {}
    for (const [name, { high, low }] of this.#integers) {
      sums[name] = (BigInt(high) << 32n) + BigInt(low)
    }
    for (const [name, sum] of this.#floats) sums[name] = sum
    return { requests: this.#requests, rows: this.#rows, sums }
  }

  /** Counts the table of one request. Columns with the same name share one sum, even in different tables. */
  count(table: Table): void {
    this.#requests += 1
    this.#rows += table.rows
    for (let i = 0; i < table.columns.length; i++) {
      this.#add(table.columnNames[i]!, table.columns[i]!)
    }
  }

  #add(name: string, column: Column): void {
    if (column.form === 'arrayVector' || !('data' in column)) return
    // Skips types whose values consist of two numbers, because a sum of such numbers has no meaning.
    if (column.type === 'DURATION' || column.type === 'COMPLEX' || column.type === 'POINT') return
    const { data, length } = column
    if (data instanceof BigInt64Array) this.#addLongs(name, data, length)
    else if (data instanceof Int32Array) this.#addInteger(name, sumOf(data, length, nullInt32))
    else if (data instanceof Float64Array) this.#addFloat(name, sumOf(data, length, nullDouble))
    else if (data instanceof Float32Array) this.#addFloat(name, sumOf(data, length, nullFloat))
    else if (data instanceof Int16Array) this.#addInteger(name, sumOf(data, length, nullInt16))
    else if (data instanceof Int8Array) this.#addInteger(name, sumOf(data, length, nullInt8))
  }

  #addInteger(name: string, sum: number): void {
    const high = Math.floor(sum / lowWord)
    this.#addWords(name, high, sum - high * lowWord)
  }

  #addLongs(name: string, data: BigInt64Array, length: number): void {
    const words = new Int32Array(data.buffer, data.byteOffset, length * 2)
    let high = 0
    let low = 0
    for (let i = 0; i < words.length; i += 2) {
      const lowOfValue = words[i]! >>> 0
      const highOfValue = words[i + 1]!
      if (highOfValue === nullInt32 && lowOfValue === 0) continue
      low += lowOfValue
      high += highOfValue
    }
    this.#addWords(name, high, low)
  }

  #addWords(name: string, high: number, low: number): void {
    const sum = this.#integers.get(name)
    if (sum === undefined) this.#integers.set(name, { high, low })
    else {
      const total = sum.low + low
      const carry = Math.floor(total / lowWord)
      sum.low = total - carry * lowWord
      sum.high += high + carry
    }
  }

  #addFloat(name: string, sum: number): void {
    this.#floats.set(name, (this.#floats.get(name) ?? 0) + sum)
  }
}

function sumOf(
  data: Int32Array | Int16Array | Int8Array | Float64Array | Float32Array,
  length: number,
  nullValue: number,
): number {
  let sum = 0
  for (let i = 0; i < length; i++) {
    const value = data[i]!
    if (value !== nullValue) sum += value
  }
  return sum
}
