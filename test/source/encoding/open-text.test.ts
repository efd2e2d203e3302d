/*
  Which encoding an input has: what is found, what is refused, and when.
*/
import t from 'tap'
import { CountedChunks } from '../../../src/source/counted-chunks.js'
import type { Encoding } from '../../../src/source/encoding/encodings.js'
import { openText, type OpenedText } from '../../../src/source/encoding/open-text.js'
import { pieces } from './decoding.js'

interface Given {
  readonly asked?: 'auto' | Encoding
  readonly size?: number
  readonly mayWait?: boolean
}

async function opened(
  content: Uint8Array | string,
  { asked = 'auto', size = 1000, mayWait = true }: Given = {},
): Promise<OpenedText> {
  const counted = new CountedChunks(pieces(Buffer.from(content), size))
  return openText(counted, 'x.csv', asked, mayWait)
}

/** The text, and why no more of it came. */
async function read({ chunks }: OpenedText): Promise<{ text: string; error: unknown }> {
  let text = ''
  try {
    for await (const chunk of chunks()) text += Buffer.from(chunk).toString('latin1')
  } catch (error) {
    return { text, error }
  }
  return { text, error: undefined }
}

const chinese = Buffer.from('b4fac2ebcabec0fd0a', 'hex')
const mark = Buffer.from('efbbbf', 'hex')

t.test('UTF-8 is given out as it stands', async t => {
  for (const start of [Buffer.alloc(0), mark]) {
    const found = await opened(Buffer.concat([start, Buffer.from('é,b\n')]), { size: 2 })
    t.match(found.text, { encoding: 'utf-8', how: 'found', broken: undefined, origin: undefined })
    t.equal(found.startOffsetBytes, start.length)
    t.strictSame(await read(found), { text: 'Ã©,b\n', error: undefined })
  }
})

t.test(
  'what is not UTF-8 is refused before anything is given out, with the encodings that fit',
  async t => {
    for (const content of [
      chinese,
      Buffer.concat([Buffer.from('id\n'), chinese]),
      Buffer.from('a\xe9', 'latin1'),
    ]) {
      await t.rejects(opened(content), {
        code: 'DDB_INPUT_ENCODING',
        exitCode: 65,
        position: { file: 'x.csv' },
      })
    }
    await t.rejects(opened(chinese), { message: /gb18030 \(/, position: { offsetBytes: 0 } })
    // Some of its bytes would pass for UTF-8.
    const mixed = Buffer.concat([Buffer.from('c2a9c2a90a', 'hex'), chinese])
    await t.rejects(opened(mixed), { message: /gb18030/, position: { offsetBytes: 5 } })
    await t.rejects(opened(Buffer.from('fffe0000', 'hex')), { message: /UTF-32/ })
    await t.rejects(opened(Buffer.concat([mark, Buffer.of(0x61)]), { asked: 'gb18030' }), {
      code: 'DDB_INPUT_ENCODING',
      message: /mark of utf-8/,
    })
  },
)

t.test(
  'behind the sample, reading ends at the piece with the first bytes that are none',
  async t => {
    const lines = Buffer.from('1,é\n'.repeat(300_000))
    const broken = Buffer.concat([lines, chinese, lines])
    const { text, error } = await read(await opened(broken, { size: 4096 }))
    t.match(error, {
      code: 'DDB_INPUT_ENCODING',
      message: /gb18030/,
      position: { offsetBytes: lines.length },
    })
    t.ok(lines.toString('latin1').startsWith(text))
    t.ok(text.length >= 1024 * 1024)
    const pipe = await read(
      await opened(Buffer.concat([Buffer.from('a,b\n'), chinese]), { size: 4, mayWait: false }),
    )
    t.equal(pipe.text, 'a,b\n', 'of a pipe the first piece is all that can be looked at')
    t.match(pipe.error, { code: 'DDB_INPUT_ENCODING' })
    const half = Buffer.concat([lines, Buffer.of(0xe4)])
    t.match((await read(await opened(half))).error, { position: { offsetBytes: lines.length } })
  },
)

t.test('UTF-8 that was asked for is given out whole, and what is none is known', async t => {
  const content = Buffer.from('a\n\xe9b\n', 'latin1')
  const found = await opened(content, { asked: 'utf-8', size: 3 })
  t.match(found.text, { encoding: 'utf-8', how: 'given', origin: undefined })
  t.strictSame(await read(found), { text: 'a\n\xe9b\n', error: undefined })
  const { broken } = found.text
  t.ok(broken?.mayBeBroken(2))
  t.strictSame(broken?.brokenBytes(content.subarray(2), 2), {
    offsetBytes: 2,
    bytes: Uint8Array.of(0xe9),
  })
  t.equal(broken?.brokenBytes(content.subarray(0, 2), 0), undefined)
  const cut = await opened(Buffer.of(0x61, 0xe4), { asked: 'utf-8' })
  await read(cut)
  t.ok(cut.text.broken?.mayBeBroken(1))
})

t.test('another encoding is decoded, its mark left out', async t => {
  const found = await opened(chinese, { asked: 'gb18030', size: 1 })
  t.match(found.text, { encoding: 'gb18030', how: 'given' })
  t.equal(Buffer.from((await read(found)).text, 'latin1').toString(), '代码示例\n')
  const marked = await opened(Buffer.concat([Buffer.from('84319533', 'hex'), chinese]))
  t.match(marked.text, { encoding: 'gb18030', how: 'found' })
  t.equal(marked.startOffsetBytes, 4)
  t.equal(Buffer.from((await read(marked)).text, 'latin1').toString(), '代码示例\n')
})
