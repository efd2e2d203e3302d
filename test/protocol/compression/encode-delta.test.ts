/*
  Blocks are held against an encoder that writes bits as text and numbers as bigint, and against what the official
  clients were recorded to send.
*/
import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import t from 'tap'
import { decodeDeltaOfDelta } from '../../../src/protocol/compression/delta-of-delta.js'
import { encodeDelta } from '../../../src/protocol/compression/encode-delta.js'
import { deltaOfDelta, type DeltaWidth } from '../../helpers/compression.js'
import { hex } from '../../helpers/codec.js'
import { runs } from '../../helpers/runs.js'

const arrays = { 2: Int16Array, 4: Int32Array, 8: BigInt64Array } as const

function bytesOf(values: readonly (bigint | null)[], width: DeltaWidth): Uint8Array {
  const nullValue = -(1n << BigInt(width * 8 - 1))
  const numbers = values.map(value => value ?? nullValue)
  const array = width === 8 ? BigInt64Array.from(numbers) : arrays[width].from(numbers.map(Number))
  return new Uint8Array(array.buffer)
}

/** @returns undefined where it cannot be written */
function encode(
  bytes: Uint8Array,
  width: DeltaWidth,
  room = bytes.length * 10 + 200,
): Uint8Array | undefined {
  const target = new Uint8Array(room + 4)
  const end = encodeDelta(bytes, width, new DataView(target.buffer), 4, room + 4)
  return end < 0 ? undefined : target.slice(4, end)
}

function valuesOf(width: DeltaWidth): fc.Arbitrary<readonly (bigint | null)[]> {
  const max = (1n << BigInt(width * 8 - 1)) - 1n
  const whole = fc.bigInt({ min: -max, max })
  const small = fc.bigInt({ min: -300n, max: 300n })
  return fc.oneof(
    fc.array(fc.option(whole, { freq: 5 }), { maxLength: 60 }),
    fc.array(fc.option(small, { freq: 5 }), { maxLength: 60 }),
    fc
      .tuple(small, fc.bigInt({ min: 0n, max: 50n }), fc.nat(200))
      .map(([first, step, count]) =>
        Array.from({ length: count }, (_, i) => first + step * BigInt(i)),
      ),
  )
}

/** Differences that int64, or the width of the second value, cannot hold. */
function isTooWide(values: readonly (bigint | null)[], width: DeltaWidth): boolean {
  const known = values.filter(value => value !== null)
  const deltas = known.slice(1).map((value, i) => value - known[i]!)
  const changes = deltas.slice(1).map((delta, i) => delta - deltas[i]!)
  const fits = (value: bigint, bits: number): boolean => BigInt.asIntN(bits, value) === value
  const [first = 0n] = deltas
  return !fits(first, width * 8) || [...deltas, ...changes].some(value => !fits(value, 64))
}

for (const width of [2, 4, 8] as const) {
  t.test(`columns of ${width} bytes are written bit for bit as the format says`, t => {
    fc.assert(
      fc.property(valuesOf(width), values => {
        const bytes = bytesOf(values, width)
        const block = encode(bytes, width)
        deepStrictEqual(block === undefined, isTooWide(values, width))
        if (block === undefined) return
        deepStrictEqual(Buffer.from(block), Buffer.from(deltaOfDelta(values, width)))
        deepStrictEqual(Buffer.from(decodeDeltaOfDelta(block, width, 0)), Buffer.from(bytes))
      }),
      { numRuns: runs(500) },
    )
    t.pass()
    t.end()
  })
}

t.test('the block that C++ and Java were recorded to send', t => {
  const bytes = bytesOf([10n, 20n, 30n, null, 50n, 100_000n], 4)
  const expected = hex('050000400a000080 f767190600fcc41f f8ffffffffffffff')
  t.strictSame(Buffer.from(encode(bytes, 4)!), expected)
  t.end()
})

t.test('a block that does not fit its room is not written', t => {
  const bytes = bytesOf(
    Array.from({ length: 100 }, (_, i) => BigInt(i * i * 7919)),
    4,
  )
  t.ok(encode(bytes, 4, 400))
  for (const room of [0, 40, 100]) t.equal(encode(bytes, 4, room), undefined)
  t.end()
})
