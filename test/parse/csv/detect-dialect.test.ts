/*
  Delimiter, quote and escape character of a sample.
*/
import t from 'tap'
import { detectDialect, type KnownDialect } from '../../../src/parse/csv/detect-dialect.js'

const nothing: KnownDialect = {
  delimiter: undefined,
  quote: undefined,
  escape: undefined,
  comment: '',
  trim: false,
}

const detect = (text: string, known: Partial<KnownDialect> = {}, isWhole = true) =>
  detectDialect(Buffer.from(text), 0, isWhole, { ...nothing, ...known })

t.test('the delimiter is the one by which records become alike', async t => {
  for (const [text, delimiter] of [
    ['a,b\n1,2\n', ','],
    ['a;b;c,d\n1;2;3,5\n', ';'],
    ['a\tb\n1\t2\n', '\t'],
    ['a|b|c\n1|2|3\n', '|'],
    ['id;name\n1;Legislators, senior officials\n2;Clerks\n', ';'],
    ['1;Legislators, senior officials\n', ';'],
    ['1;Legislators, senior officials\n2;Managers, directors\n', ';'],
    ['Smith, John;Berlin\nDoe, Jane;Paris\n', ';'],
    ['id\ttags\n1\ta,b,c\n2\td,e\n3\tf\n', '\t'],
    ['1\t2,3,4\n2\t5,6,7\n', '\t'],
    ['a|b;c\n1|2;3\n2|x\n', '|'],
    ['1,5;2,5\n3,5;4,5\n', ';'],
    ['"a,b,c";d\n"e";f\n', ';'],
    ['"a ""x,y"" b";d\n', ';'],
    ['\r\n\ra;b\rc;d\r', ';'],
    ['é;ü\n1;2\n', ';'],
    ['2024-01-02 10:00:00|a|b,c\n2024-01-02 10:00:01|d|e\n', '|'],
    ['abc\ndef\n', ','],
    ['abc', ','],
    ['', ','],
    ['a,b,c\n1,2,3\nx;y\n;;;;\n4,5,6\n', ','],
  ] as const) {
    t.equal(detect(text).delimiter, delimiter, JSON.stringify(text))
  }
})

t.test('what was said is kept, and helps to find the rest', async t => {
  t.equal(detect('a;b\n', { delimiter: ',' }).delimiter, ',')
  t.equal(detect("'a,b';c\n", { quote: "'" }).delimiter, ';')
  t.equal(detect('#a,b,c,d\na|b\n#\n', { comment: '#' }).delimiter, '|')
  t.equal(detect('1; "a;b"\n2; "c"\n', { trim: true }).delimiter, ';')
  t.strictSame(detect("'a','b'\n", { quote: '"', escape: '\\' }), {
    delimiter: ',',
    quote: '"',
    escape: '\\',
    comment: '',
    trim: false,
  })
})

t.test('a backslash escapes where quotes are right with it, and not without it', async t => {
  for (const [text, escape] of [
    ['1,"a \\"b\\" c"\n2,"d"\n', '\\'],
    ['1,"a \\\\"\n2,"b \\" c"\n', '\\'],
    ['1,"a ""b"" c"\n', '"'],
    ['1,"C:\\dir\\"\n2,"D:\\"\n', '"'],
    ['1,"a "b" c"\n', '"'],
    ['1,a\\b\n', '"'],
  ] as const) {
    t.equal(detect(text).escape, escape, JSON.stringify(text))
  }
})

t.test('apostrophes are quotes where most records have them around fields', async t => {
  for (const [text, quote] of [
    ["'a','b, c'\n'd','e'\n", "'"],
    ["1,'a'\n2,'b;c'\n", "'"],
    ["1,'it\\'s'\n2,'b, c'\n", "'"],
    ["1,it's\n2,'tis\n", '"'],
    ["1,'a'\n2,b\n3,c\n4,d\n", '"'],
    ['1,"a"\n2,\'b\'\n', '"'],
  ] as const) {
    t.equal(detect(text).quote, quote, JSON.stringify(text))
  }
})

t.test('an apostrophe that quotes may have a backslash before it inside', async t => {
  for (const [text, escape] of [
    ["1,'it\\'s, well'\n2,'b'\n", '\\'],
    ["1,'it''s'\n2,'C:\\dir\\'\n", "'"],
    ["1,'a'\n2,'b'\n", "'"],
  ] as const) {
    t.match(detect(text), { quote: "'", escape }, text)
  }
  t.match(detect("1,'it\\'s'\n", { escape: "'" }), { quote: '"' })
})

t.test('a record that is cut off by the end of the sample says nothing', async t => {
  t.equal(detect('a;b\n1;2\n1,2,3,4', {}, false).delimiter, ';')
  t.equal(detect('a;b\n1;2\n"1,2\n,,,,\n,,,,', {}, false).delimiter, ';')
})
