/*
  Bytes that nobody meant to be sent: good ones with something changed, and what a decoder makes of them.
*/
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { ByteReader } from '../../src/wire/byte-reader.js'
import { arbitraryValue, encoded } from './codec.js'
import { arbitraryCompressed } from './compression.js'
import { recordings } from './recordings.js'
import { runs, seed } from './runs.js'

/** How a property of hostile bytes runs; fast-check prints the seed and the path of what it finds. */
export const fuzz = (usual: number): { numRuns: number; seed: number } => ({
  numRuns: runs(usual),
  seed,
})

/** Numbers at which lengths, counts and codes go wrong. */
const edges: readonly number[] = [
  0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x10_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff,
]

type Mutation =
  | { kind: 'byte'; at: number; value: number }
  | { kind: 'int32'; at: number; value: number }
  | { kind: 'cut'; at: number; length: number }
  | { kind: 'repeat'; at: number; length: number }
  | { kind: 'swap'; at: number; length: number }

// Most of what decides stands at the beginning.
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

/** Good bytes with one to six changes. */
export const changed = (source: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Buffer> =>
  fc
    .tuple(source, fc.array(mutation, { minLength: 1, maxLength: 6 }))
    .map(([bytes, mutations]) => mutated(bytes, mutations))

const recordingsUpTo = (byteLength: number): fc.Arbitrary<Buffer> =>
  fc.constantFrom(
    ...recordings.filter(({ bytes }) => bytes.length <= byteLength).map(({ bytes }) => bytes),
  )

/** Recorded requests; rarely long ones, which take a hundred times as long. */
const recordedRequests: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 200, arbitrary: recordingsUpTo(2000) },
  { weight: 1, arbitrary: recordingsUpTo(60_000) },
)

export const changedRequest: fc.Arbitrary<Buffer> = changed(recordedRequests)

/** Values of every form and type, compressed ones among them. */
export const changedValue: fc.Arbitrary<Buffer> = changed(
  fc.oneof(
    { weight: 3, arbitrary: arbitraryValue.map(encoded) },
    { weight: 1, arbitrary: arbitraryCompressed },
  ),
)

/** Bytes behind a flag that exists, so that decoding gets somewhere. */
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

/** Bytes of a piece of the stream. */
export const pieceBytes: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 1, max: 20 }),
  fc.constant(1_000_000),
)

export type Decoder = (reader: ByteReader) => Generator<void, unknown, void>

/** What a stream came to: values, and the error that ended it unless it ended by itself. */
export interface Outcome {
  values: unknown[]
  error?: { code: unknown; message: string; offsetBytes: unknown }
}

/**
 * Decodes `bytes` in pieces of `size` until the stream is over or refused.
 * @throws what a decoder must not throw, and for what it must not do
 */
export function outcomeOf(bytes: Uint8Array, size: number, decoder: Decoder): Outcome {
  const reader = new ByteReader()
  const values: unknown[] = []
  let pushed = 0
  let decode = decoder(reader)
  try {
    for (;;) {
      const step = decode.next()
      if (step.done) {
        if (step.value === undefined) return { values }
        values.push(step.value)
        if (pushed >= bytes.length && reader.available === 0) return { values }
        decode = decoder(reader)
      } else if (reader.ended) {
        throw new Error('It waits for a stream that has ended')
      } else if (pushed < bytes.length) {
        reader.push(bytes.subarray(pushed, pushed + size))
        pushed += size
      } else {
        reader.end()
      }
    }
  } catch (error) {
    const { name, code, message, offsetBytes } = error as Error & {
      code: unknown
      offsetBytes: unknown
    }
    if (name !== 'ProtocolError') throw error
    if (!Number.isInteger(offsetBytes) || !((offsetBytes as number) <= bytes.length)) {
      throw new Error(`It errs at byte ${String(offsetBytes)} of ${bytes.length}`, { cause: error })
    }
    return { values, error: { code, message, offsetBytes } }
  }
}

/** @throws when the pieces in which bytes arrive decide what they are */
export function agreedOutcome(bytes: Uint8Array, size: number, decoder: Decoder): Outcome {
  const inPieces = outcomeOf(bytes, size, decoder)
  if (size >= bytes.length) return inPieces
  const whole = outcomeOf(bytes, bytes.length, decoder)
  if (isDeepStrictEqual(inPieces, whole)) return whole
  const told = ({ values, error }: Outcome): string => `${values.length} values, ${error?.message}`
  throw new Error(`In pieces: ${told(inPieces)}. Whole: ${told(whole)}`)
}
