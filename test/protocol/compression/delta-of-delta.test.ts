import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { decodeDeltaOfDelta } from '../../../src/protocol/compression/delta-of-delta.js'
import { hex } from '../../helpers/codec.js'
import { deltaOfDelta, type DeltaWidth } from '../../helpers/compression.js'
import { runs } from '../../helpers/runs.js'

/** Values of a decoded block, null for the sentinel. */
function decode(block: Uint8Array, width: DeltaWidth): (bigint | null)[] {
  const bytes = decodeDeltaOfDelta(block, width, 0).slice()
  const data = { 2: Int16Array, 4: Int32Array, 8: BigInt64Array }[width]
  return Array.from(new data(bytes.buffer) as ArrayLike<number | bigint>, value =>
    BigInt(value) === -(2n ** BigInt(width * 8 - 1)) ? null : BigInt(value),
  )
}

t.test('the block that both official clients wrote for [10,20,30,null,50,100000]', async t => {
  const block = hex('050000400a000080 f767190600fcc41f f8ffffffffffffff')
  t.strictSame(decode(block, 4), [10n, 20n, 30n, null, 50n, 100_000n])
  t.strictSame(Buffer.from(deltaOfDelta([10n, 20n, 30n, null, 50n, 100_000n], 4)), block)
})

t.test('values of every width come back', async t => {
  for (const width of [2, 4, 8] as const) {
    // Differences of differences beyond the width cannot be written; a sixteenth of the range keeps clear of them.
    const bound = 2n ** BigInt(width * 8 - 4)
    const near = fc.bigInt({ min: -300n, max: 300n })
    const value = fc.oneof(near, fc.bigInt({ min: -bound + 1n, max: bound - 1n }))
    fc.assert(
      fc.property(fc.array(fc.option(value, { freq: 6 }), { maxLength: 60 }), values => {
        deepStrictEqual(decode(deltaOfDelta(values, width), width), values)
      }),
      { numRuns: runs(50) },
    )
  }
  t.pass()
})

t.test('steady clocks, jumps of every code length, nothing but nulls, a single value', async t => {
  const clock = Array.from({ length: 500 }, (_, at) => 1_704_187_800_000n + BigInt(at) * 250n)
  const jumps = [0n, 0n, 1n, 100n, 1000n, 100_000n, 10n ** 10n, -(10n ** 14n), 2n ** 61n]
  // The code of 32 bits is all ones here, and one more has to carry.
  const carry = [0n, 0n, 2n ** 31n, 2n ** 32n]
  for (const values of [clock, jumps, carry, [null, null, null], [5n], [null, 7n, null], []]) {
    t.strictSame(decode(deltaOfDelta(values, 8), 8), values)
  }
})

t.test('broken blocks are refused with their place', async t => {
  const refuse = (block: Uint8Array, width: DeltaWidth, message: RegExp): void => {
    t.throws(() => decodeDeltaOfDelta(block, width, 42), {
      name: 'ProtocolError',
      offsetBytes: 42,
      message,
    })
  }
  refuse(new Uint8Array(7), 8, /8-byte words/)
  refuse(new Uint8Array(0), 8, /end mark/)
  refuse(deltaOfDelta([1n, 2n, 3n], 8).subarray(0, 8), 8, /end mark/)
  refuse(new Uint8Array(512), 8, /end mark/)
  refuse(deltaOfDelta(Array<bigint>(8193).fill(5n), 8), 8, /more than 8192 values/)
})

t.test('any bytes give values or a ProtocolError', async t => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.constantFrom<DeltaWidth>(2, 4, 8),
      (block, width) => {
        try {
          return decodeDeltaOfDelta(block, width, 0).length <= block.length * 8 * width
        } catch (error) {
          return (error as Error).name === 'ProtocolError'
        }
      },
    ),
    { numRuns: runs(200) },
  )
  t.pass()
})
