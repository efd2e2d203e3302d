/*
  The first bytes of a text.
*/
import t from 'tap'
import { textStart } from '../../src/source/text-start.js'

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex')

t.test('only a whole UTF-8 byte order mark is left out', async t => {
  t.equal(textStart(bytes('efbbbf'), 'x'), 3)
  t.equal(textStart(bytes('efbbbf612c'), 'x'), 3)
  for (const hex of ['', 'ef', 'efbb', 'efbb61', '61efbbbf', '612c620a', '61', 'ff61', 'fe']) {
    t.equal(textStart(bytes(hex), 'x'), 0, hex)
  }
})

t.test('UTF-16 is refused, with a mark or without', async t => {
  for (const text of ['\ufeffa,b\n', 'a,b\n']) {
    const little = Buffer.from(text, 'utf16le')
    for (const content of [little, Buffer.from(little).swap16()]) {
      t.throws(() => textStart(content.subarray(0, 4), 'x.csv'), {
        code: 'DDB_INPUT_ENCODING',
        message: /^x.csv looks like UTF-16.*iconv/,
        position: { file: 'x.csv', offsetBytes: 0 },
      })
    }
  }
})
