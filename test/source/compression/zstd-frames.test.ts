/*
  Frames taken apart: every byte of them is in a piece, and what is no frame is told.
*/
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { isZstd, maxPiecesBytes, zstdPieces } from '../../../src/source/compression/zstd-frames.js'
import { runs } from '../../helpers/runs.js'
import { pieces } from '../encoding/decoding.js'
import { bombFrame, checked, rawFrame, skippableFrame, table, unchecked, zeros } from './zstd.js'

interface Taken {
  readonly bytes: Buffer
  readonly batches: number[]
  readonly error: unknown
}

async function take(stored: Uint8Array, size: number): Promise<Taken> {
  const parts: Uint8Array[] = []
  const batches: number[] = []
  let error: unknown
  try {
    const room = (): ArrayBuffer => new ArrayBuffer(maxPiecesBytes)
    for await (const { bytes, lengths } of zstdPieces(pieces(stored, size), 'x.zst', room)) {
      parts.push(bytes)
      batches.push(lengths.length)
      if (lengths.reduce((sum, length) => sum + length, 0) !== bytes.length)
        throw new Error('lengths')
    }
  } catch (thrown) {
    error = thrown
  }
  return { bytes: Buffer.concat(parts), batches, error }
}

t.test('frames one after the other come out whole, whatever the chunks', async t => {
  const frames = [unchecked, checked, zeros, table, rawFrame(Buffer.from('a'), Buffer.alloc(0))]
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...frames), { maxLength: 5 }),
      fc.integer({ min: 1, max: 400 }),
      async (chosen, size) => {
        const whole = Buffer.concat(
          chosen.flatMap(frame => [skippableFrame(Buffer.from('no')), frame]),
        )
        const { bytes, error } = await take(whole, size)
        return error === undefined && bytes.equals(Buffer.concat(chosen))
      },
    ),
    { numRuns: runs(100) },
  )
  t.pass()
})

t.test('a frame that is cut off ends in one error behind its whole pieces', async t => {
  for (let length = 1; length < table.length; length += 7) {
    const { bytes, error } = await take(table.subarray(0, length), 100)
    t.match(error, { code: 'DDB_INPUT_READ', message: length < 4 ? /x\.zst/ : /x\.zst.*middle/ })
    t.ok(table.subarray(0, length).subarray(0, bytes.length).equals(bytes))
  }
})

t.test('what follows, and what no decoder reads, is told', async t => {
  const cases: [bytes: Buffer, message: RegExp][] = [
    [
      Buffer.concat([checked, Buffer.from('rest')]),
      /end after 28 bytes, and something else follows/,
    ],
    [Buffer.concat([checked, Buffer.alloc(8)]), /end after 28 bytes/],
    [Buffer.from('a,b\n1,2\n'), /not compressed with zstd/],
    [Buffer.from('28b52ffd01580a', 'hex'), /dictionary/],
    [Buffer.from('28b52ffd00f8', 'hex'), /128 MiB/],
    [Buffer.from('28b52ffda001000008', 'hex'), /128 MiB/],
    [Buffer.from('28b52ffde00000000001000000', 'hex'), /128 MiB/],
    [Buffer.from('28b52ffd0058ffffff', 'hex'), /damaged/],
  ]
  for (const [bytes, message] of cases) {
    t.match((await take(bytes, 5)).error, { code: 'DDB_INPUT_READ', message }, String(message))
  }
})

t.test('a frame of one segment may be as large as the largest window', async t => {
  const heads = [
    '28b52ffd2000',
    '28b52ffd60ffff',
    '28b52ffda000000008',
    '28b52ffde00000000800000000',
  ]
  for (const head of heads) {
    const frame = Buffer.from(`${head}010000`, 'hex')
    const { bytes, error } = await take(frame, 5)
    t.equal(error, undefined, head)
    t.ok(bytes.equals(frame))
  }
})

t.test('no batch can hold much, however small it is', async t => {
  const { batches } = await take(bombFrame(0x61, 50), 1000)
  t.ok(
    batches.every(count => count <= 6),
    String(batches),
  )
})

t.test('batches of the largest blocks fit into their room', async t => {
  const block = randomBytes(131_072)
  const frames = Buffer.concat(Array.from({ length: 9 }, () => rawFrame(block)))
  const { bytes, batches, error } = await take(frames, 300_000)
  t.equal(error, undefined)
  t.ok(bytes.equals(frames))
  t.strictSame(batches, [8, 8, 2])
})

t.test('frames are known by their first bytes', async t => {
  for (const frame of [checked, table, skippableFrame(Buffer.alloc(0))]) t.ok(isZstd(frame))
  for (const text of ['', '(', 'a,b\n', '(\xb5/']) t.notOk(isZstd(Buffer.from(text, 'latin1')))
})
