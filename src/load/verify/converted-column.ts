/*
  Converts columns to the types of the table that a function writes to. The server converts in the same way on insert
  (docs/server-semantics.md#conversions-on-insert).
*/
import { civilFromDays } from '../../protocol/civil-date.js'
import { columnTypeText, type ColumnType, type DataType } from '../../protocol/data-type.js'
import { scalarAt, vectorOf, type ElementValue } from '../../protocol/element.js'
import type { Column, TypedVector } from '../../protocol/value.js'

/** Units per day. `dated`: types with a date. `ofDay`: types with only a time of day. */
const dated: ReadonlyMap<DataType, bigint> = new Map([
  ['DATE', 1n],
  ['DATEHOUR', 24n],
  ['DATEMINUTE', 1_440n],
  ['DATETIME', 86_400n],
  ['TIMESTAMP', 86_400_000n],
  ['NANOTIMESTAMP', 86_400_000_000_000n],
])
const ofDay: ReadonlyMap<DataType, bigint> = new Map([
  ['MINUTE', 1_440n],
  ['SECOND', 86_400n],
  ['TIME', 86_400_000n],
  ['NANOTIME', 86_400_000_000_000n],
])
const whole: readonly DataType[] = ['CHAR', 'SHORT', 'INT', 'LONG']
const texts: readonly DataType[] = ['SYMBOL', 'STRING', 'BLOB']

type Convert = (raw: number | bigint) => ElementValue

/** @returns undefined if it is unknown how the server converts these types */
export function conversion(
  from: ColumnType,
  to: ColumnType,
): ((column: Column) => Column) | undefined {
  if (columnTypeText(from) === columnTypeText(to)) return column => column
  if (from.array === true || to.array === true) return undefined
  // Text types are compared by their text, so they need no conversion.
  if (texts.includes(from.type) && texts.includes(to.type)) return column => column
  const convert = converter(from.type, to.type)
  if (convert === undefined) return undefined
  return column =>
    vectorOf(
      to,
      Array.from({ length: column.length }, (_, row) => {
        const { value } = scalarAt(column as TypedVector, row)
        return typeof value === 'number' || typeof value === 'bigint' ? convert(value) : null
      }),
    )
}

function converter(from: DataType, to: DataType): Convert | undefined {
  return temporalConverter(from, to) ?? numberConverter(from, to)
}

function temporalConverter(from: DataType, to: DataType): Convert | undefined {
  const perDay = dated.get(from)
  const toWide = is64Bits(to) ? (raw: bigint) => raw : Number
  if (perDay !== undefined && to === 'MONTH') {
    return raw => {
      const { year, month } = civilFromDays(Number(floorDivided(BigInt(raw), perDay)))
      return year * 12 + month - 1
    }
  }
  const toPerDay = dated.get(to)
  if (perDay !== undefined && toPerDay !== undefined) {
    return raw => toWide(floorDivided(BigInt(raw) * toPerDay, perDay))
  }
  const toUnits = ofDay.get(to)
  const fromUnits =
    ofDay.get(from) ?? (perDay !== undefined && perDay >= 86_400n ? perDay : undefined)
  if (toUnits === undefined || fromUnits === undefined) return undefined
  return raw => {
    const left = BigInt(raw) - floorDivided(BigInt(raw), fromUnits) * fromUnits
    return toWide(floorDivided(left * toUnits, fromUnits))
  }
}

function is64Bits(type: DataType): boolean {
  return type === 'TIMESTAMP' || type === 'NANOTIME' || type === 'NANOTIMESTAMP'
}

/** Converts whole numbers to wider types, and any number to FLOAT or DOUBLE (which may round). Otherwise undefined. */
function numberConverter(from: DataType, to: DataType): Convert | undefined {
  const order = whole.indexOf(from)
  if (order >= 0 && order <= whole.indexOf(to)) {
    return to === 'LONG' ? raw => BigInt(raw) : raw => Number(raw)
  }
  if (to === 'DOUBLE' && (order >= 0 || from === 'FLOAT')) return raw => Number(raw)
  if (to === 'FLOAT' && (order >= 0 || from === 'DOUBLE')) return raw => Math.fround(Number(raw))
  return undefined
}

function floorDivided(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor
  return value % divisor < 0n ? quotient - 1n : quotient
}
