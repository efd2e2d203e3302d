/* Writes compressed vectors in the form in which official clients send them (docs/protocol.md#compressed-vectors). Tests of the decoders
   compare with this independent code. */
import fc from 'fast-check'
import { dataTypes, isDecimal, type DataType } from '../../src/protocol/data-type.js'
import type { Vector } from '../../src/protocol/value.js'
import { arbitraryFixedVector, encoded, fixedTypes, hex } from './codec.js'

/** The additional bytes of a length of 15 or more, which does not fit into its four bits of the token byte. */
function more(length: number): number[] {
  const bytes: number[] = []
  for (let rest = length - 15; rest >= 0; rest -= 255) bytes.push(Math.min(rest, 255))
  return bytes
}

/** A plain, greedy and slow LZ4 encoder, written from the published format. */
function lz4(source: Uint8Array): Uint8Array {
  const output: number[] = []
  let literalStart = 0
  const sequence = (at: number, match?: { distance: number; length: number }): void => {
    const literals = source.subarray(literalStart, at)
    const matchCode = match === undefined ? 0 : match.length - 4
    output.push((Math.min(literals.length, 15) << 4) | Math.min(matchCode, 15))
    if (literals.length >= 15) output.push(...more(literals.length))
    output.push(...literals)
    if (match === undefined) return
    output.push(match.distance & 255, match.distance >> 8)
    if (matchCode >= 15) output.push(...more(matchCode))
  }
  for (let at = 0; at < source.length;) {
    let best = { distance: 0, length: 0 }
    for (let distance = 1; distance <= at; distance++) {
      let length = 0
      while (
        at + length < source.length - 5 &&
        source[at + length] === source[at + length - distance]
      ) {
        length++
      }
      if (length > best.length) best = { distance, length }
    }
    if (best.length < 4) {
      at++
    } else {
      sequence(at, best)
      at += best.length
      literalStart = at
    }
  }
  sequence(source.length)
  return Uint8Array.from(output)
}

export type DeltaWidth = 2 | 4 | 8

const zigzag = (value: bigint): bigint => (value >= 0n ? value * 2n : -value * 2n - 1n)
const bits = (value: bigint, count: number): string => value.toString(2).padStart(count, '0')

/** Delta-of-delta, written from docs/protocol.md#delta-of-delta. Bits are text and numbers are bigint. */
export function deltaOfDelta(values: readonly (bigint | null)[], width: DeltaWidth): Uint8Array {
  let text = ''
  let known = 0
  let previous = 0n
  let delta = 0n
  for (const value of values) {
    if (value === null) {
      text += known < 2 ? '0' : '111111'
    } else if (known === 0) {
      text += `1${bits(zigzag(value), width * 8)}`
      known = 1
      previous = value
    } else if (known === 1) {
      delta = value - previous
      text += `1${bits(zigzag(delta), width * 8)}`
      known = 2
      previous = value
    } else {
      const change = value - previous - delta
      delta += change
      previous = value
      const coded = zigzag(change) - 1n
      if (change === 0n) text += '0'
      else if (coded < 1n << 7n) text += `10${bits(coded, 7)}`
      else if (coded < 1n << 9n) text += `110${bits(coded, 9)}`
      else if (coded < 1n << 16n) text += `1110${bits(coded, 16)}`
      else if (coded < 1n << 32n) text += `11110${bits(coded, 32)}`
      else text += `111110${bits(coded, 64)}`
    }
  }
  text += `111110${'1'.repeat(64)}0`
  text = text.padEnd(Math.ceil(text.length / 64) * 64, '0')
  const words = Array.from({ length: text.length / 64 }, (_, word) =>
    BigInt(`0b${text.slice(word * 64, word * 64 + 64)}`),
  )
  return new Uint8Array(BigUint64Array.from(words).buffer)
}

export interface CompressedShape {
  method?: number
  type?: number
  reserved?: number
  length: number
  version?: number
  flags?: number
}

/** A compressed vector that contains these blocks. */
export function compressed(shape: CompressedShape, ...blocks: Uint8Array[]): Buffer {
  const body = Buffer.concat(
    blocks.flatMap(block => [Buffer.from(Int32Array.of(block.length).buffer), block]),
  )
  const header = hex('1a01 00000000 01000000 00 01 ff 01 04 04 0000 ffffffff 00000000 ffffffff')
  header.writeInt32LE(20 + body.length, 2)
  header[10] = shape.version ?? 0
  header[11] = shape.flags ?? 1
  header[13] = shape.method ?? 1
  header[14] = shape.type ?? 4
  header.writeInt16LE(shape.reserved ?? 0, 16)
  header.writeInt32LE(shape.length, 22)
  return Buffer.concat([header, body])
}

/** The bytes of a column compressed by LZ4. The elements have a fixed size and are divided into blocks at `cuts`. */
function lz4Vector(column: Vector, cuts: readonly number[]): Buffer {
  const plain = encoded(column)
  const { type } = column
  const elements = plain.subarray(isDecimal(type) ? 14 : 10)
  const places = [...cuts.map(cut => cut % (elements.length + 1)), elements.length]
  places.sort((a, b) => a - b)
  const blocks = places.map((end, at) => lz4(elements.subarray(places[at - 1] ?? 0, end)))
  const reserved = 'scale' in column ? column.scale : 0
  return compressed({ type: dataTypes[type].id, length: column.length, reserved }, ...blocks)
}

const deltaTypes: Readonly<Record<DeltaWidth, readonly DataType[]>> = {
  2: ['SHORT'],
  4: ['INT', 'DATE', 'MONTH', 'TIME', 'SECOND', 'DATETIME', 'DECIMAL32'],
  8: ['LONG', 'TIMESTAMP', 'NANOTIMESTAMP', 'DECIMAL64'],
}

const deltaVector: fc.Arbitrary<Buffer> = fc
  .tuple(fc.constantFrom<DeltaWidth>(2, 4, 8), fc.array(fc.option(fc.integer()), { maxLength: 9 }))
  .chain(([width, numbers]) =>
    fc.constantFrom(...deltaTypes[width]).map(type => {
      const values = numbers.map(one => (one === null ? null : BigInt(one >> (width < 4 ? 20 : 4))))
      const { id } = dataTypes[type]
      return compressed({ method: 2, type: id, length: values.length }, deltaOfDelta(values, width))
    }),
  )

/** A vector compressed by either method. */
export const arbitraryCompressed: fc.Arbitrary<Buffer> = fc.oneof(
  deltaVector,
  fc
    .tuple(fc.constantFrom(...fixedTypes), fc.nat(9), fc.array(fc.nat(), { maxLength: 3 }))
    .chain(([type, length, cuts]) =>
      arbitraryFixedVector(type, length).map(column => lz4Vector(column, cuts)),
    ),
)
