import t from 'tap'
import { brokenTextMessage } from '../../src/parse/broken-text.js'
import { utf8Source } from '../helpers/utf8-source.js'

t.test('the bytes are named with their place, where there are any', async t => {
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
