/*
  Zstandard into its content, in a thread of its own.
*/
import * as zlib from 'node:zlib'
import fc from 'fast-check'
import t from 'tap'
import { unzstd } from '../../../src/source/compression/unzstd.js'
import { runs } from '../../helpers/runs.js'
import { pieces } from '../encoding/decoding.js'
import {
  bombFrame,
  checked,
  rawFrame,
  smallContent,
  table,
  tableContent,
  unchecked,
  zeros,
} from './zstd.js'

async function read(stored: Uint8Array, size = 1000): Promise<{ content: string; error: unknown }> {
  const found: Buffer[] = []
  let error: unknown
  try {
    for await (const chunk of unzstd(pieces(stored, size), 'x.zst')) found.push(Buffer.from(chunk))
  } catch (thrown) {
    error = thrown
  }
  return { content: Buffer.concat(found).toString(), error }
}

t.test('frames follow each other', async t => {
  const cases: [frame: Buffer, content: string][] = [
    [unchecked, smallContent],
    [checked, smallContent],
    [table, tableContent],
    [zeros, '\0'.repeat(300_000)],
    [rawFrame(Buffer.from('a,b\n'), Buffer.from('1,2\n')), 'a,b\n1,2\n'],
    [bombFrame(0x61, 30), 'a'.repeat(30 * 131_072)],
    [Buffer.alloc(0), ''],
  ]
  for (const [frame, content] of cases) {
    t.strictSame(await read(frame, 7), { content, error: undefined })
  }
  const all = Buffer.concat(cases.map(([frame]) => frame))
  const { content, error } = await read(all, 100)
  t.equal(error, undefined)
  t.equal(
    content.length,
    cases.reduce((sum, each) => sum + each[1].length, 0),
  )
})

t.test('damage is one error, and what came out before is right', async t => {
  const damaged: [what: string, bytes: Buffer][] = [
    ['a checksum', Buffer.concat([checked.subarray(0, -1), Buffer.of(0)])],
    ['a block', Buffer.concat([table.subarray(0, 40), Buffer.alloc(20, 0x55), table.subarray(60)])],
    ['the second frame', Buffer.concat([table, checked.subarray(0, -1), Buffer.of(1)])],
  ]
  for (const [what, bytes] of damaged) {
    const { content, error } = await read(bytes, 64)
    t.match(error, { code: 'DDB_INPUT_READ', message: /x\.zst.*damaged/ }, what)
    t.ok(`${tableContent}${smallContent}${smallContent}`.includes(content.slice(0, 100)), what)
  }
})

t.test('a damaged byte anywhere never hangs and never passes for the content', async t => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(table.length - 1),
      fc.integer({ min: 1, max: 255 }),
      async (at, change) => {
        const bytes = Buffer.from(table)
        bytes[at] = bytes[at]! ^ change
        const { content, error } = await read(bytes)
        return error !== undefined || content === tableContent
      },
    ),
    { numRuns: runs(15) },
  )
  t.pass()
})

t.test(
  'reading may be given up, and a failure of the input is told behind the content',
  async t => {
    for await (const chunk of unzstd(pieces(bombFrame(0x61, 100), 50), 'x.zst')) {
      t.ok(chunk.length > 0)
      break
    }
    const failing = async function* (): AsyncGenerator<Uint8Array, void, void> {
      yield* pieces(table, 100)
      throw new Error('gone')
    }
    let content = ''
    await t.rejects(async () => {
      for await (const chunk of unzstd(failing(), 'x.zst')) content += Buffer.from(chunk).toString()
    }, /gone/)
    t.equal(content, tableContent)
  },
)

t.test(
  'content does not wait for a pipe that gives nothing more, nor does who gives it up',
  async t => {
    const forever = new Promise<never>(() => undefined)
    const pipe = async function* (): AsyncGenerator<Uint8Array, void, void> {
      yield bombFrame(0x61, 8)
      await forever
    }
    const content = unzstd(pipe(), 'x.zst')
    for (let batch = 0; batch < 2; batch++) {
      const { value } = await content.next()
      t.equal(value?.length, 4 * 131_072)
    }
    await content.return()
  },
)

t.test('content that was given out is not lost to what comes behind it', async t => {
  const blocks = Array.from({ length: 60 }, (_, i) => Buffer.alloc(131_072, 0x61 + (i % 26)))
  const frames = Buffer.concat(blocks.map(block => rawFrame(block)))
  let at = 0
  const whole = Buffer.concat(blocks)
  for await (const chunk of unzstd(pieces(frames, 100_000), 'x.zst')) {
    // Whoever parses takes his time.
    await new Promise(resolve => setImmediate(resolve))
    t.ok(whole.subarray(at, at + chunk.length).equals(chunk))
    at += chunk.length
  }
  t.equal(at, whole.length)
})

// From Node 22.15 on.
const compress = (zlib as { zstdCompressSync?: (bytes: Uint8Array) => Buffer }).zstdCompressSync

t.test(
  'what Node compresses',
  { skip: compress === undefined && 'this Node has no encoder' },
  async t => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'grapheme' })),
        fc.integer({ min: 1, max: 99 }),
        async (texts, size) => {
          const packed = Buffer.concat(texts.map(text => compress!(Buffer.from(text))))
          const { content, error } = await read(packed, size)
          return error === undefined && content === texts.join('')
        },
      ),
      { numRuns: runs(20) },
    )
    t.pass()
  },
)
