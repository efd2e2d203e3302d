/* For any bytes, a decoder ends with values or a ProtocolError with a position. The result does not depend on the chunks. The decoder takes
   as many steps as there are chunks, and needs memory in proportion to the bytes. Decoded values can be read, encoded and decoded again.
   This file also keeps inputs that once failed. */
import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import t from 'tap'
import { decodeRequest } from '../../src/protocol/request.js'
import { encodeResponse } from '../../src/protocol/response.js'
import { ByteReader } from '../../src/wire/byte-reader.js'
import { arbitraryValue, hex } from '../helpers/codec.js'
import { bytesBy } from '../helpers/decoding.js'
import { agreedOutcome, outcomeOf, type Decoder } from '../helpers/decoded-outcome.js'
import { changed, changedRequest, changedValue, flagged, pieceBytes } from '../helpers/hostile.js'
import { recordings } from '../helpers/recordings.js'
import { forAll, seed } from '../helpers/runs.js'
import { asBlocks, asRequest, asResponse, asValue, checkValues } from './any-bytes.js'

t.comment(`TEST_SEED=${seed}`)

function check(source: fc.Arbitrary<Uint8Array>, ...decoders: readonly Decoder[]): void {
  forAll(150)(source, pieceBytes, (bytes, size) => {
    for (const decoder of decoders) agreedOutcome(bytes, size, decoder)
  })
}

t.test('bytes that once failed', async t => {
  // Ten bytes that claim a billion nulls. Reading these nulls once needed more memory than the machine had.
  const nulls = '00 01 ffffff3f 01000000'
  t.match(outcomeOf(hex(nulls), 100, asValue), { error: { code: 'DDB_LIMIT' } })
  const many = `19 01 00010000 01000000 ${'00 01 00001000 01000000'.repeat(256)}`
  t.match(outcomeOf(hex(many), 10_000, asValue), { error: { code: 'DDB_LIMIT' } })
  // A set that the decoder accepted but the encoder refused.
  t.match(outcomeOf(hex('04 04 19 01 00000000 01000000'), 1, asValue), {
    error: { message: /^A set cannot hold a tuple \(at byte 12 / },
  })
  const compressedNulls =
    '1a 01 14000000 01000000 00 01 ff 01 00 00 0000 ffffffff ffffff3f ffffffff'
  t.match(outcomeOf(hex(compressedNulls), 100, asValue), { error: { code: 'DDB_LIMIT' } })
})

t.test('random bytes as values', async () => {
  const source = fc.oneof(fc.uint8Array({ maxLength: 100 }), flagged)
  forAll(150)(source, pieceBytes, checkValues)
})

t.test('values with changes', async () => {
  forAll(150)(changedValue, pieceBytes, checkValues)
})

t.test('recorded requests with changes', async () => {
  check(changedRequest, asRequest)
})

t.test('responses with changes', async () => {
  const response = arbitraryValue.map(value =>
    bytesBy(writer => encodeResponse(writer, '1', { value })),
  )
  check(changed(response), asResponse, asBlocks)
})

/** Counts the bytes of every typed array and buffer that `work` creates. */
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
        // A view of existing memory allocates nothing.
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

t.test('memory is proportional to the received bytes, whatever the bytes claim', async t => {
  // LZ4 turns a byte into up to 255 bytes, delta-of-delta into 64; doubling and copying multiply this by at most
  // five. A reader trusts one announced length of up to 256 KiB at a time, and a compressed column has its own
  // reader.
  const boundOf = (bytes: Uint8Array): number => 1500 * bytes.length + 16_384 + 2 * 262_144
  forAll(1000)(fc.oneof(changedRequest, changedValue, flagged), pieceBytes, (bytes, size) => {
    const decoder = bytes[0] === 0x41 ? asRequest : asValue
    return allocatedBytes(() => outcomeOf(bytes, size, decoder)) <= boundOf(bytes)
  })
  // These announced sizes are within all limits. So memory stays small only if it is allocated as bytes arrive.
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
    const total = allocatedBytes(() => outcomeOf(bytes, 100_000, asValue))
    t.ok(total <= 20_000, `${claim}: ${total} bytes`)
  }
})

t.test('allocations are counted', async t => {
  const ofArray = allocatedBytes(() => void new Uint8Array(1000))
  t.equal(ofArray, 1000)
  const ofBuffer = allocatedBytes(() => void Buffer.allocUnsafeSlow(500))
  t.equal(ofBuffer, 500)
})

t.test('a stream of single bytes takes one step per byte', async t => {
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
