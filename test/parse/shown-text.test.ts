/* The form in which messages show texts. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { brokenTextMessage, clippedText } from '../../src/parse/cells/cell-bytes.js'
import { forAll } from '../helpers/runs.js'
import { utf8Source } from '../helpers/utf8-source.js'

t.test('the message names invalid bytes with their position', async t => {
  const broken = {
    mayBeBroken: (start: number) => start < 10,
    brokenBytes: (text: Uint8Array) =>
      text.length === 0 ? undefined : { offsetBytes: 7, bytes: Uint8Array.of(0xff, 0x0a) },
  }
  const source = { ...utf8Source, encoding: 'gbk', broken } as const
  t.match(brokenTextMessage(source, Buffer.from('x'), 3), /gbk.*FF 0A at byte 7/)
  t.equal(brokenTextMessage(source, Buffer.from('x'), 10), undefined)
  t.equal(brokenTextMessage(source, Buffer.from(''), 3), undefined)
  t.equal(brokenTextMessage(utf8Source, Buffer.from('x'), 3), undefined)
  t.equal(brokenTextMessage(undefined, Buffer.from('x'), 3), undefined)
})

const clipped = (content: string | Uint8Array): string => {
  const bytes = Buffer.concat([Buffer.from('<'), Buffer.from(content), Buffer.from('>')])
  return clippedText(bytes, 1, bytes.length - 1)
}

t.test('up to 80 bytes are shown unchanged, of longer texts the first 80 bytes', async t => {
  t.equal(clipped(''), '')
  t.equal(clipped('a'.repeat(80)), 'a'.repeat(80))
  t.equal(clipped('a'.repeat(81)), `${'a'.repeat(80)}…`)
  t.equal(clipped('é'.repeat(40)), 'é'.repeat(40))
})

t.test('no character is cut in two', async t => {
  t.equal(clipped(`a${'é'.repeat(40)}`), `a${'é'.repeat(39)}…`)
  t.equal(clipped(`${'数'.repeat(26)}x${'数'.repeat(9)}`), `${'数'.repeat(26)}x…`)
  t.equal(clipped('😀'.repeat(21)), `${'😀'.repeat(20)}…`)
})

t.test('bytes that are not UTF-8 are shown as U+FFFD, and a byte order mark stays', async t => {
  t.equal(clipped(Uint8Array.of(0x61, 0xff, 0x62)), 'a\ufffdb')
  t.equal(clipped('\ufeffa'), '\ufeffa')
  t.equal(clipped(Buffer.alloc(100, 0x80)), '…', 'only trail bytes')
})

t.test('short texts are decoded as the standard decodes them', async () => {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  // Half of the bytes begin or continue a character, because random bytes seldom form characters.
  const byte = fc.oneof(
    fc.nat(255),
    fc.constantFrom(0x80, 0xbf, 0xc3, 0xe2, 0xed, 0xef, 0xf0, 0xf4),
  )
  forAll(500)(
    fc.uint8Array({ maxLength: 20 }),
    fc.array(byte, { maxLength: 60 }),
    (ones, others) => {
      const bytes = Uint8Array.of(...ones, ...others)
      assert.equal(clipped(bytes), decoder.decode(bytes))
    },
  )
})
