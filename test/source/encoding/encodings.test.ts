import t from 'tap'
import { encodingNamed, encodings, knownEncoding } from '../../../src/source/encoding/encodings.js'

t.test('names are understood in any case and spelling', async t => {
  const cases: [name: string, encoding: string | undefined][] = [
    ['UTF-8', 'utf-8'],
    ['utf8', 'utf-8'],
    ['GB2312', 'gbk'],
    ['cp936', 'gbk'],
    ['Shift-JIS', 'shift_jis'],
    ['SJIS', 'shift_jis'],
    ['UTF_16LE', 'utf-16le'],
    ['ISO-8859-1', 'latin1'],
    ['cp1252', 'windows-1252'],
    ['EUC_KR', 'euc-kr'],
    ['utf-7', undefined],
    ['', undefined],
    ['toString', undefined],
  ]
  for (const [name, encoding] of cases) t.equal(encodingNamed(name), encoding, name)
  for (const name of encodings) t.equal(knownEncoding(name), name)
  t.throws(() => knownEncoding('ebcdic'), { code: 'DDB_USAGE', message: /gb18030.*ebcdic/ })
})
