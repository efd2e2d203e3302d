/*
  COMPLEX and POINT: two doubles (real and imaginary part, or x and y). The pair is null if either double is null.
*/
import { nullDouble } from '../null-value.js'
import type { ScalarShape, VectorShape } from '../value.js'
import { type ElementValue, unsuitableValue } from './element-value.js'
import { formatNumber } from './floats.js'
import { type FixedElements, fixedType, type TypeFacts } from './type-facts.js'

type DoublePairType = 'COMPLEX' | 'POINT'
type DoublePair = readonly [number, number]
export type DoublePairScalar = ScalarShape<DoublePairType, DoublePair | null>
/** `data` has two doubles per value. */
export type DoublePairVector = VectorShape<DoublePairType, Float64Array>

const elements: FixedElements<DoublePairScalar, DoublePairVector> = {
  bytesPerValue: 16,
  scalarBytes: 16,
  nullElement: new Uint8Array(Float64Array.of(nullDouble, nullDouble).buffer),
  encodeScalar(writer, { value }) {
    writer.f64(value?.[0] ?? nullDouble)
    writer.f64(value?.[1] ?? nullDouble)
  },
  readScalar(reader, type) {
    const first = reader.f64()
    return pairScalar(type, first, reader.f64())
  },
  vectorOver: (type, length, { buffer, byteOffset }) => ({
    form: 'vector',
    type,
    length,
    data: new Float64Array(buffer, byteOffset, length * 2),
  }),
  scalarAt: ({ type, data }, index) => pairScalar(type, data[index * 2]!, data[index * 2 + 1]!),
  isNullAt: ({ data }, index) =>
    data[index * 2] === nullDouble || data[index * 2 + 1] === nullDouble,
  store({ type, data }, index, value) {
    data.set(pairOf(type, value), index * 2)
  },
}

function pairScalar(type: DoublePairType, first: number, second: number): DoublePairScalar {
  const isNull = first === nullDouble || second === nullDouble
  return { form: 'scalar', type, value: isNull ? null : [first, second] }
}

function pairOf(type: DoublePairType, value: ElementValue): DoublePair {
  if (value === null) return [nullDouble, nullDouble]
  if (Array.isArray(value) && value.length === 2) {
    const [first, second] = value as readonly ElementValue[]
    if (typeof first === 'number' && typeof second === 'number') return [first, second]
  }
  throw unsuitableValue(type, value)
}

export const doublePairTypes: Readonly<Record<DoublePairType, TypeFacts>> = {
  COMPLEX: fixedType(34, 'binary', elements, complexText),
  POINT: fixedType(35, 'binary', elements, (value: DoublePair) => {
    return `(${value.map(formatNumber).join(', ')})`
  }),
}

function complexText([real, imaginary]: DoublePair): string {
  const sign = imaginary < 0 || Object.is(imaginary, -0) ? '' : '+'
  return `${formatNumber(real)}${sign}${formatNumber(imaginary)}i`
}
