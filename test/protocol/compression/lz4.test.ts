import fc from 'fast-check'
import t from 'tap'
import { decompressLz4 } from '../../../src/protocol/compression/lz4.js'
import { hex } from '../../helpers/codec.js'
import { lz4 } from '../../helpers/compression.js'
import { runs } from '../../helpers/runs.js'

t.test('what was compressed comes back', async t => {
  const repetitive = fc
    .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 90 })))
    .map(parts =>
      Uint8Array.from(
        parts.flatMap(([bytes, times]) =>
          Array<number[]>(times)
            .fill([...bytes])
            .flat(),
        ),
      ),
    )
    .filter(bytes => bytes.length < 1500)
  fc.assert(
    fc.property(fc.oneof(repetitive, fc.uint8Array({ maxLength: 600 })), source =>
      Buffer.from(decompressLz4(lz4(source), 2000, 0)).equals(source),
    ),
    { numRuns: runs(50) },
  )
  t.pass()
})

t.test('a block as the C++ client wrote it: six times "ab"', async t => {
  const block = hex('36 61 62 00 03 00 50 62 00 61 62 00')
  t.equal(Buffer.from(decompressLz4(block, 100, 0)).toString(), 'ab\0'.repeat(6))
})

t.test('broken blocks are refused with their place', async t => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ['', /without its last literals/],
    ['f0', /inside a length/],
    ['f0 ff', /inside a length/],
    ['30 61 62', /inside its literals/],
    ['10 61 01', /inside an offset/],
    ['10 61 0000', /before its start/],
    ['10 61 0200', /before its start/],
    ['1f 61 0100', /inside a length/],
    ['1f 61 0100 ff', /inside a length/],
    ['10 61 0100', /without its last literals/],
    ['60 616263646566', /more than 5 bytes/],
    ['12 61 0100 00', /more than 5 bytes/],
  ]
  for (const [block, message] of refused) {
    t.throws(
      () => decompressLz4(hex(block), 5, 77),
      { name: 'ProtocolError', offsetBytes: 77, message },
      block,
    )
  }
})

t.test('any bytes give bytes within the bound or a ProtocolError', async t => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(5000), (block, maxBytes) => {
      try {
        return decompressLz4(block, maxBytes, 0).length <= maxBytes
      } catch (error) {
        return (error as Error).name === 'ProtocolError'
      }
    }),
    { numRuns: runs(200) },
  )
  t.pass()
})
