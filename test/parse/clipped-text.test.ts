/*
  What messages show of a text.
*/
import t from 'tap'
import { clippedText } from '../../src/parse/clipped-text.js'

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
