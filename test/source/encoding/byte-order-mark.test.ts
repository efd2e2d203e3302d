import t from 'tap'
import { byteOrderMark } from '../../../src/source/encoding/byte-order-mark.js'

t.test('only a whole mark is one, and the longest decides', async t => {
  const cases: [hex: string, encoding: string | undefined][] = [
    ['efbbbf', 'utf-8'],
    ['efbbbf61', 'utf-8'],
    ['fffe6100', 'utf-16le'],
    ['feff0061', 'utf-16be'],
    ['fffe0000', 'utf-32'],
    ['0000feff', 'utf-32'],
    ['84319533', 'gb18030'],
    ['fffe', 'utf-16le'],
    ['', undefined],
    ['ef', undefined],
    ['efbb', undefined],
    ['efbb61', undefined],
    ['61efbbbf', undefined],
    ['843195', undefined],
    ['61', undefined],
  ]
  for (const [hex, encoding] of cases) {
    const found = byteOrderMark(Buffer.from(hex, 'hex'))
    t.equal(found?.encoding, encoding, hex)
    if (found !== undefined) t.ok(hex.startsWith(Buffer.from(found.mark).toString('hex')), hex)
  }
})
