/*
  The delimiter from the first line.
*/
import t from 'tap'
import { firstLine, sniffDelimiter } from '../../../src/parse/csv/sniff-delimiter.js'

const layout = { comment: '', skipLines: 0 }
const sniff = (text: string, quote = '"', lines = layout): string =>
  sniffDelimiter(Buffer.from(text), quote, lines)

t.test('the delimiter is the candidate that stands most often in the first line', async t => {
  for (const [text, delimiter] of [
    ['a,b\n1;2;3;4', ','],
    ['a;b;c,d', ';'],
    ['a\tb', '\t'],
    ['a|b|c', '|'],
    ['a,b;c', ','],
    ['abc', ','],
    ['', ','],
    ['"a,b,c";d\n', ';'],
    ['"a ""x,y"" b";d\n', ';'],
    ['\r\n\ra;b', ';'],
    ['é;ü', ';'],
  ] as const) {
    t.equal(sniff(text), delimiter, JSON.stringify(text))
  }
  t.equal(sniff("'a,b';c", "'"), ';', 'with the quote that was named')
})

t.test('lines to skip and comments are passed over', async t => {
  t.equal(sniff('x,y,z\na;b', '"', { comment: '', skipLines: 1 }), ';')
  t.equal(sniff('#x,y,z\n\na;b', '"', { comment: '#', skipLines: 0 }), ';')
  t.equal(sniff('one\n#x,y\na|b', '"', { comment: '#', skipLines: 1 }), '|')
})

t.test('the first line is known once its end has come', async t => {
  t.equal(firstLine(Buffer.from('a,b'), layout), undefined)
  t.equal(firstLine(Buffer.from('\n\na,b\r\n1'), layout), 'a,b')
  t.equal(firstLine(Buffer.from('#\n'), { comment: '#', skipLines: 0 }), undefined)
})
