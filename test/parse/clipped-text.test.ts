/*
  What messages show of a text.
*/
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { clippedText } from '../../src/parse/clipped-text.js'
import { runs } from '../helpers/runs.js'

const clipped = (content: string | Uint8Array): string => {
  const bytes = Buffer.concat([Buffer.from('<'), Buffer.from(content), Buffer.from('>')])
  return clippedText(bytes, 1, bytes.length - 1)
}

t.test('up to 80 bytes are shown as they are, of more the first 80', async t => {
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

t.test('what is not UTF-8 shows as U+FFFD, a byte order mark stays', async t => {
  t.equal(clipped(Uint8Array.of(0x61, 0xff, 0x62)), 'a\ufffdb')
  t.equal(clipped('\ufeffa'), '\ufeffa')
  t.equal(clipped(Buffer.alloc(100, 0x80)), '…', 'trail bytes alone')
})

t.test('short texts are what the standard makes of their bytes', async t => {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  // Most random bytes begin no character; these begin and go on with some.
  const byte = fc.oneof(
    fc.nat(255),
    fc.constantFrom(0x80, 0xbf, 0xc3, 0xe2, 0xed, 0xef, 0xf0, 0xf4),
  )
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 20 }),
      fc.array(byte, { maxLength: 60 }),
      (ones, others) => {
        const bytes = Uint8Array.of(...ones, ...others)
        assert.equal(clipped(bytes), decoder.decode(bytes))
      },
    ),
    { numRuns: runs(500) },
  )
  t.pass()
})
