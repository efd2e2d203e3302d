/*
  Whatever bytes arrive, a decoder ends with a value or a ProtocolError that says where, after as many steps as there
  were pieces, and takes memory in proportion to what arrived. TEST_RUNS in the environment sets the number of runs.
*/
import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import t from 'tap'
import { decodeValue } from '../../src/protocol/codec.js'
import { decodeRequest } from '../../src/protocol/request.js'
import { decodeResponse, encodeResponse } from '../../src/protocol/response.js'
import { ByteReader } from '../../src/wire/reader.js'
import { ByteWriter } from '../../src/wire/writer.js'
import { arbitraryValue, encoded, hex, runs } from '../helpers/codec.js'
import { recordings } from '../helpers/recordings.js'

const small = recordings.filter(({ bytes }) => bytes.length <= 2000).map(({ bytes }) => bytes)

/** Numbers at which lengths, counts and codes go wrong. */
const edges = [
  0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x10_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff,
]

type Mutation =
  | { kind: 'byte'; at: number; value: number }
  | { kind: 'int32'; at: number; value: number }
  | { kind: 'cut'; at: number; length: number }
  | { kind: 'repeat'; at: number; length: number }

const place = fc.nat(3000)
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ kind: fc.constant('byte' as const), at: place, value: fc.nat(255) }),
  fc.record({ kind: fc.constant('int32' as const), at: place, value: fc.constantFrom(...edges) }),
  fc.record({ kind: fc.constant('cut' as const), at: place, length: fc.nat(20) }),
  fc.record({ kind: fc.constant('repeat' as const), at: place, length: fc.nat(40) }),
)

function mutated(source: Buffer, mutations: readonly Mutation[]): Buffer {
  let bytes = Buffer.from(source)
  for (const change of mutations) {
    const at = change.at % (bytes.length + 1)
    if (change.kind === 'byte' && at < bytes.length) bytes[at] = change.value
    if (change.kind === 'int32' && at + 4 <= bytes.length) bytes.writeUInt32LE(change.value, at)
    if (change.kind === 'cut') {
      bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + change.length)])
    }
    if (change.kind === 'repeat') {
      const piece = bytes.subarray(at, at + change.length)
      bytes = Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)])
    }
  }
  return bytes
}

type Decoder = (reader: ByteReader) => Generator<void, unknown, void>

/**
 * Decodes `bytes` in pieces of `size` until the stream is over or refused.
 * @returns what is wrong with how it ended, undefined when nothing is
 */
function trouble(bytes: Uint8Array, size: number, decoder: Decoder): string | undefined {
  const reader = new ByteReader()
  let pushed = 0
  let decode = decoder(reader)
  try {
    for (;;) {
      const step = decode.next()
      if (step.done) {
        if (step.value === undefined || (pushed >= bytes.length && reader.available === 0)) return
        decode = decoder(reader)
      } else if (reader.ended) {
        return 'it waits for a stream that has ended'
      } else if (pushed < bytes.length) {
        reader.push(bytes.subarray(pushed, pushed + size))
        pushed += size
      } else {
        reader.end()
      }
    }
  } catch (error) {
    const { name, offsetBytes } = error as Error & { offsetBytes?: number }
    if (name !== 'ProtocolError') return `it threw ${String(error)}`
    return Number.isInteger(offsetBytes) ? undefined : 'its error does not say where'
  }
}

const pieceSize = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constant(100_000))

function check(source: fc.Arbitrary<Uint8Array>, decoder: Decoder): void {
  fc.assert(
    fc.property(source, pieceSize, (bytes, size) => {
      const wrong = trouble(bytes, size, decoder)
      if (wrong !== undefined) throw new Error(wrong)
    }),
    { numRuns: runs(1500) },
  )
}

/** Bytes behind a flag that exists, so that decoding gets somewhere. */
const flagged = fc
  .tuple(
    fc.nat(6),
    fc.integer({ min: 0, max: 150 }),
    fc.array(fc.constantFrom(...edges), { maxLength: 4 }),
    fc.uint8Array({ maxLength: 60 }),
  )
  .map(([form, type, counts, rest]) =>
    Buffer.concat([Buffer.of(type, form), Buffer.from(Uint32Array.from(counts).buffer), rest]),
  )

const mutatedRecording = fc
  .tuple(fc.constantFrom(...small), fc.array(mutation, { minLength: 1, maxLength: 6 }))
  .map(([bytes, mutations]) => mutated(bytes, mutations))

const mutatedValue = fc
  .tuple(arbitraryValue, fc.array(mutation, { minLength: 1, maxLength: 4 }))
  .map(([value, mutations]) => mutated(encoded(value), mutations))

t.test('random bytes as values', async t => {
  check(fc.oneof(fc.uint8Array({ maxLength: 100 }), flagged), reader => decodeValue(reader))
  t.pass()
})

t.test('values with something changed', async t => {
  check(mutatedValue, reader => decodeValue(reader))
  t.pass()
})

t.test('recorded requests with something changed', async t => {
  check(mutatedRecording, reader => decodeRequest(reader))
  t.pass()
})

t.test('responses with something changed', async t => {
  const response = fc
    .tuple(arbitraryValue, fc.array(mutation, { minLength: 1, maxLength: 4 }))
    .map(([value, mutations]) => {
      const writer = new ByteWriter()
      encodeResponse(writer, '1', { value })
      return mutated(Buffer.concat(writer.take()), mutations)
    })
  check(response, reader => decodeResponse(reader))
  t.pass()
})

/** Runs `work` and counts the bytes of every typed array and buffer it makes. */
function allocatedBytes(work: () => void): number {
  let total = 0
  const global = globalThis as unknown as Record<string, new (...args: unknown[]) => object>
  const names = ['Uint8Array', 'Uint16Array', 'Int32Array', 'Uint32Array', 'ArrayBuffer']
  const originals = names.map(name => global[name]!)
  const allocate = Buffer.allocUnsafeSlow.bind(Buffer)
  const methods = Buffer as { allocUnsafeSlow: typeof allocate }
  for (const [index, name] of names.entries()) {
    global[name] = new Proxy(originals[index]!, {
      construct(target, args, newTarget) {
        const made = Reflect.construct(target, args, newTarget) as { byteLength: number }
        // A view of memory that exists already costs nothing.
        if (!(args[0] instanceof originals[4]!)) total += made.byteLength
        return made
      },
    })
  }
  methods.allocUnsafeSlow = size => {
    total += size
    return allocate(size)
  }
  try {
    work()
  } finally {
    for (const [index, name] of names.entries()) global[name] = originals[index]!
    methods.allocUnsafeSlow = allocate
  }
  return total
}

t.test('memory follows the bytes that arrived, whatever they claim', async t => {
  // LZ4 writes up to 255 bytes for one, delta-of-delta 64; doubling and copying multiply that by at most five.
  const boundOf = (bytes: Uint8Array): number => 1500 * bytes.length + 16_384
  fc.assert(
    fc.property(fc.oneof(mutatedRecording, mutatedValue, flagged), pieceSize, (bytes, size) => {
      const decoder: Decoder = reader =>
        bytes[0] === 0x41 ? decodeRequest(reader) : decodeValue(reader)
      return allocatedBytes(() => trouble(bytes, size, decoder)) <= boundOf(bytes)
    }),
    { numRuns: runs(1000) },
  )
  // Each stays below the limit of a value, so that only growth with what arrived keeps it small.
  const claims = [
    '05 01 ffffff06 01000000',
    '13 01 ffffff02 01000000',
    '91 01 ffffff0e 01000000 00000000 02000000 00 6100',
    '44 01 ffffff0e ffffff0e | ffff 04 00',
    '44 01 01000000 ffffff0e | 0100 04 00 | ffffff0e',
    '12 01 ffffff3e 01000000',
    '20 01 ffffff0e 01000000',
    '20 00 ffffff3e',
    '00 06 ffffff7f ffffff03 00',
    '04 03 00 04 03 ffff0000 ff0e0000',
    '1a 01 ffffff3e 01000000 00 01 ff 01 05 08 0000 00000000 ffffff06 ffffffff 0a000000 10 00',
  ]
  for (const claim of claims) {
    const bytes = hex(claim + '00'.repeat(40))
    const total = allocatedBytes(() => trouble(bytes, 100_000, reader => decodeValue(reader)))
    t.ok(total <= 20_000, `${claim}: ${total} bytes`)
  }
})

t.test('the count of allocations counts', async t => {
  t.equal(
    allocatedBytes(() => void new Uint8Array(1000)),
    1000,
  )
  t.equal(
    allocatedBytes(() => void Buffer.allocUnsafeSlow(500)),
    500,
  )
})

t.test('a stream of bytes one by one costs as many steps', async t => {
  const { bytes } = recordings.find(({ name }) => name === 'alltypes')!
  const reader = new ByteReader()
  const decode = decodeRequest(reader)
  let steps = 0
  for (const byte of bytes) {
    t.notOk(decode.next().done)
    steps++
    reader.push(Uint8Array.of(byte))
  }
  t.ok(decode.next().done)
  t.equal(steps, bytes.length)
})
