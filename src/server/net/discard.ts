/*
  Counts the rows of received tables and drops the tables, for measurements. Also adds up each column, so that lost rows
  and duplicate rows cannot cancel out. Sums of integers are exact if no request has more than two million rows.
*/
import { nullDouble, nullFloat, nullInt16, nullInt32, nullInt8 } from '../../protocol/null-value.js'
import type { FixedVector } from '../../protocol/element.js'
import type { Column, Table } from '../../protocol/value.js'

type Sum = bigint | number

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
  readonly #sums = new Map<string, Sum>()

  /** A snapshot, which later requests do not change. */
  get counters(): DiscardCounters {
    return { requests: this.#requests, rows: this.#rows, sums: Object.fromEntries(this.#sums) }
  }

  /** Counts the table of one request. Columns with the same name share one sum, even in different tables. */
  count(table: Table): void {
    this.#requests += 1
    this.#rows += table.rows
    table.columns.forEach((column, index) => {
      const sum = sumOf(column)
      if (sum === undefined) return
      const name = table.columnNames[index]!
      const known = this.#sums.get(name) ?? sumOfNothing(sum)
      const isWhole = typeof known === 'bigint' && typeof sum === 'bigint'
      this.#sums.set(name, isWhole ? known + sum : Number(known) + Number(sum))
    })
  }
}

const sumOfNothing = (sum: Sum): Sum => (typeof sum === 'bigint' ? 0n : 0)

/** The sum of the values; undefined for types without numbers, or with two numbers in each value. */
function sumOf(column: Column): Sum | undefined {
  if (column.form === 'arrayVector' || !('data' in column)) return undefined
  if (['DURATION', 'COMPLEX', 'POINT'].includes(column.type)) return undefined
  const { data, length } = column as FixedVector
  if (data instanceof BigInt64Array) return sumOfLongs(data, length)
  if (data instanceof Float64Array) return sumOfNumbers(data, length, nullDouble)
  if (data instanceof Float32Array) return sumOfNumbers(data, length, nullFloat)
  if (data instanceof Int32Array) return BigInt(sumOfNumbers(data, length, nullInt32))
  if (data instanceof Int16Array) return BigInt(sumOfNumbers(data, length, nullInt16))
  if (data instanceof Int8Array) return BigInt(sumOfNumbers(data, length, nullInt8))
  return undefined
}

/** Adds high and low words separately, which avoids a bigint per value. */
function sumOfLongs(data: BigInt64Array, length: number): bigint {
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
  return (BigInt(high) << 32n) + BigInt(low)
}

function sumOfNumbers(
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
