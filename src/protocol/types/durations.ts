/*
  DURATION: an int32 count and an int32 unit. A unit is a number on the wire (docs/protocol.md#data-types) and one or
  more letters in text. The smallest count is the null.
*/
import { nullInt32 } from '../null-value.js'
import type { ScalarShape, VectorShape } from '../value.js'
import { type ElementValue, unsuitableValue } from './element-value.js'
import { storedInteger } from './stored-number.js'
import { type FixedElements, fixedType, type TypeFacts } from './type-facts.js'

interface Duration {
  count: number
  unit: number
}
export type DurationScalar = ScalarShape<'DURATION', Duration | null>
/** `data` has two int32 per value: count and unit. */
export type DurationVector = VectorShape<'DURATION', Int32Array>

const elements: FixedElements<DurationScalar, DurationVector> = {
  bytesPerValue: 8,
  scalarBytes: 8,
  nullElement: new Uint8Array(Int32Array.of(nullInt32, 0).buffer),
  encodeScalar(writer, { value }) {
    writer.i32(value?.count ?? nullInt32)
    writer.i32(value?.unit ?? 0)
  },
  readScalar(reader, type) {
    const count = reader.i32()
    const unit = reader.i32()
    return { form: 'scalar', type, value: count === nullInt32 ? null : { count, unit } }
  },
  vectorOver: (type, length, { buffer, byteOffset }) => ({
    form: 'vector',
    type,
    length,
    data: new Int32Array(buffer, byteOffset, length * 2),
  }),
  scalarAt({ type, data }, index) {
    const count = data[index * 2]!
    const unit = data[index * 2 + 1]!
    return { form: 'scalar', type, value: count === nullInt32 ? null : { count, unit } }
  },
  isNullAt: ({ data }, index) => data[index * 2] === nullInt32,
  store({ type, data }, index, value) {
    data.set(durationOf(type, value), index * 2)
  },
}

function durationOf(type: 'DURATION', value: ElementValue): readonly number[] {
  if (value === null) return [nullInt32, 0]
  if (typeof value === 'object' && 'count' in value) {
    return [storedInteger(value.count, nullInt32, type), value.unit]
  }
  throw unsuitableValue(type, value)
}

export const durationTypes: Readonly<Record<'DURATION', TypeFacts>> = {
  DURATION: fixedType(36, 'system', elements, ({ count, unit }: Duration) => {
    return `${count}${durationUnitText(unit)}`
  }),
}

const letters = ['ns', 'us', 'ms', 's', 'm', 'H', 'd', 'w', 'M', 'y', 'B'] as const

/** The letters of a unit → its number. Does not list the units of exchange calendars. */
export const durationUnits: ReadonlyMap<string, number> = new Map(
  letters.map((unit, number) => [unit, number]),
)

/** Text of a unit. A number beyond the list is an exchange's code of four letters, the first in the highest byte. */
function durationUnitText(unit: number): string {
  const known = letters[unit]
  if (known !== undefined) return known
  return String.fromCharCode(unit >>> 24, (unit >> 16) & 255, (unit >> 8) & 255, unit & 255)
}
