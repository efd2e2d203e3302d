/* Hostile bytes: valid bytes with changes. */
import fc from 'fast-check'
import { arbitraryValue, encoded } from './codec.js'
import { arbitraryCompressed } from './compression.js'
import { recordings } from './recordings.js'

/** Numbers that are typical edge cases for lengths, counts and codes. */
const edges: readonly number[] = [
  0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x10_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff,
]

type Mutation =
  | { kind: 'byte'; at: number; value: number }
  | { kind: 'int32'; at: number; value: number }
  | { kind: 'cut'; at: number; length: number }
  | { kind: 'repeat'; at: number; length: number }
  | { kind: 'swap'; at: number; length: number }

// Most changes are near the beginning, because the first bytes matter most to a decoder.
const place = fc.oneof(fc.nat(40), fc.nat(3000), fc.nat(200_000))
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ kind: fc.constant('byte' as const), at: place, value: fc.nat(255) }),
  fc.record({ kind: fc.constant('int32' as const), at: place, value: fc.constantFrom(...edges) }),
  fc.record({ kind: fc.constant('cut' as const), at: place, length: fc.nat(20) }),
  fc.record({ kind: fc.constant('repeat' as const), at: place, length: fc.nat(40) }),
  fc.record({ kind: fc.constant('swap' as const), at: place, length: fc.nat(12) }),
)

function mutated(source: Uint8Array, mutations: readonly Mutation[]): Buffer {
  let bytes = Buffer.from(source)
  for (const change of mutations) {
    const at = change.at % (bytes.length + 1)
    switch (change.kind) {
      case 'byte':
        if (at < bytes.length) bytes[at] = change.value
        break
      case 'int32':
        if (at + 4 <= bytes.length) bytes.writeUInt32LE(change.value, at)
        break
      case 'cut':
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + change.length)])
        break
      case 'repeat':
        bytes = Buffer.concat([bytes.subarray(0, at + change.length), bytes.subarray(at)])
        break
      case 'swap': {
        const middle = at + change.length
        const parts = [
          bytes.subarray(0, at),
          bytes.subarray(middle, middle + change.length),
          bytes.subarray(at, middle),
          bytes.subarray(middle + change.length),
        ]
        bytes = Buffer.concat(parts)
      }
    }
  }
  return bytes
}

/** Valid bytes with one to six changes. */
export const changed = (source: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Buffer> =>
  fc
    .tuple(source, fc.array(mutation, { minLength: 1, maxLength: 6 }))
    .map(([bytes, mutations]) => mutated(bytes, mutations))

const recordingsUpTo = (byteLength: number): fc.Arbitrary<Buffer> =>
  fc.constantFrom(
    ...recordings.filter(({ bytes }) => bytes.length <= byteLength).map(({ bytes }) => bytes),
  )

/** Recorded requests. Long requests are rare, because they take a hundred times as long. */
const recordedRequests: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 200, arbitrary: recordingsUpTo(2000) },
  { weight: 1, arbitrary: recordingsUpTo(60_000) },
)

export const changedRequest: fc.Arbitrary<Buffer> = changed(recordedRequests)

/** Values of every form and type, some of them compressed. */
export const changedValue: fc.Arbitrary<Buffer> = changed(
  fc.oneof(
    { weight: 3, arbitrary: arbitraryValue.map(encoded) },
    { weight: 1, arbitrary: arbitraryCompressed },
  ),
)

/** Arbitrary bytes after a valid flag, so that the decoder does not stop at the flag. */
export const flagged: fc.Arbitrary<Buffer> = fc
  .tuple(
    fc.nat(6),
    fc.integer({ min: 0, max: 150 }),
    fc.array(fc.constantFrom(...edges), { maxLength: 4 }),
    fc.uint8Array({ maxLength: 60 }),
  )
  .map(([form, type, counts, rest]) =>
    Buffer.concat([Buffer.of(type, form), Buffer.from(Uint32Array.from(counts).buffer), rest]),
  )

/** Size of the chunks of a stream. */
export const pieceBytes: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 1, max: 20 }),
  fc.constant(1_000_000),
)
