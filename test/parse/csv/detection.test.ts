/* What the reader detects in a sample of delimited text: dialect and layout. */
import t from 'tap'
import {
  detectDialect,
  detectLayout,
  type KnownDialect,
  takeSample,
  type Sample,
} from '../../../src/parse/csv/sample.js'
import { memorySource } from '../reading.js'

// The contents of a sample. After sampling, the reader reads the whole input again.

const never = (): boolean => false

async function rest({ chunks }: Awaited<ReturnType<typeof takeSample>>): Promise<Buffer> {
  const taken: Buffer[] = []
  for (;;) {
    const { done, value } = await chunks.next()
    if (done === true) return Buffer.concat(taken)
    taken.push(Buffer.from(value))
  }
}

t.test('a sample is not much larger than 1 MiB', async t => {
  const bytes = new Uint8Array(3 << 20).map((_, i) => i % 251)
  const sample = await takeSample(
    memorySource(bytes, { chunkBytes: 100_000 }).chunks(),
    undefined,
    never,
  )
  t.equal(sample.isWhole, false)
  t.ok(sample.bytes.length >= 1 << 20 && sample.bytes.length < (1 << 20) + 100_000)
  t.ok((await rest(sample)).equals(bytes))
})

const sampleOf = (text: string, isWhole = true): Sample => ({
  bytes: Buffer.from(text),
  isWhole,
  from: 0,
})

const dialect = { delimiter: ',', quote: '"', escape: '"', comment: '', trim: false }

// How the delimiter, the quote and the escape character of a sample are detected.

const nothing: KnownDialect = {
  delimiter: undefined,
  quote: undefined,
  escape: undefined,
  comment: '',
  trim: false,
}

const detect = (text: string, known: Partial<KnownDialect> = {}, isWhole = true) =>
  detectDialect(sampleOf(text, isWhole), { ...nothing, ...known })

t.test('the delimiter is the character that makes records most alike', async t => {
  for (const [delimiter, ...texts] of [
    [',', 'a,b\n1,2\n', 'abc\ndef\n', 'abc', '', 'a,b,c\n1,2,3\nx;y\n;;;;\n4,5,6\n'],
    [';', 'a;b;c,d\n1;2;3,5\n', 'id;name\n1;Legislators, senior officials\n2;Clerks\n'],
    ['\t', 'a\tb\n1\t2\n', 'id\ttags\n1\ta,b,c\n2\td,e\n3\tf\n', '1\t2,3,4\n2\t5,6,7\n'],
    ['|', 'a|b|c\n1|2|3\n', 'a|b;c\n1|2;3\n2|x\n'],
    [';', '1;Legislators, senior officials\n'],
    [';', '1;Legislators, senior officials\n2;Managers, directors\n'],
    [';', 'Smith, John;Berlin\nDoe, Jane;Paris\n', '1,5;2,5\n3,5;4,5\n', '"a,b,c";d\n"e";f\n'],
    [';', '"a ""x,y"" b";d\n', '\r\n\ra;b\rc;d\r', 'é;ü\n1;2\n'],
    // A delimiter that occurs only at the ends of records counts only if there is no other.
    [',', '1, I;\n2, L;\n3, V;\n'],
    [';', 'a b;\nc d;\n'],
    ['|', '2024-01-02 10:00:00|a|b,c\n2024-01-02 10:00:01|d|e\n'],
  ] as const) {
    for (const text of texts) t.equal(detect(text).delimiter, delimiter, JSON.stringify(text))
  }
})

t.test('given settings are kept, and help to detect the rest', async t => {
  t.equal(detect('a;b\n', { delimiter: ',' }).delimiter, ',')
  t.equal(detect("'a,b';c\n", { quote: "'" }).delimiter, ';')
  t.equal(detect('#a,b,c,d\na|b\n#\n', { comment: '#' }).delimiter, '|')
  t.equal(detect('1; "a;b"\n2; "c"\n', { trim: true }).delimiter, ';')
  const expected = { delimiter: ',', quote: '"', escape: '\\', comment: '', trim: false }
  t.strictSame(detect("'a','b'\n", { quote: '"', escape: '\\' }), expected)
})

t.test('a backslash is an escape character if the quotes are right only with it', async t => {
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

t.test('apostrophes are quotes if most records have them around fields', async t => {
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

t.test('an apostrophe used as a quote may be escaped by a backslash', async t => {
  for (const [text, escape] of [
    ["1,'it\\'s, well'\n2,'b'\n", '\\'],
    ["1,'it''s'\n2,'C:\\dir\\'\n", "'"],
    ["1,'a'\n2,'b'\n", "'"],
  ] as const) {
    t.match(detect(text), { quote: "'", escape }, text)
  }
  t.match(detect("1,'it\\'s'\n", { escape: "'" }), { quote: '"' })
})

t.test('a record cut by the end of the sample is ignored', async t => {
  t.equal(detect('a;b\n1;2\n1,2,3,4', {}, false).delimiter, ';')
  t.equal(detect('a;b\n1;2\n"1,2\n,,,,\n,,,,', {}, false).delimiter, ';')
})

// How header, decimal commas and trailing delimiters are detected in a sample.

const layout = (text: string, delimiter = ','): ReturnType<typeof detectLayout> =>
  detectLayout(sampleOf(text), { ...dialect, delimiter })

t.test('a comma is a decimal comma if it cannot be anything else', async t => {
  for (const [text, decimalComma] of [
    ['a;b\n1,5;x\n2;y\n', true],
    ['a;b\n-1,25;x\n1,250;y\n', true],
    ['a;b\n1,250;x\n3,125;y\n', false],
    ['a;b\n1,5;1.5\n', false],
    ['a;b\n1,5;x\nn/a;y\n', false],
    ['a;b\n"1,5";x\n', true],
    ['a;b\n1,2,3;x\n', false],
    ['a;b\n15;x\n', false],
    ['a;b\n12,34;1,234\n7,15;5,678\n', false],
    ['a;b\n12,34;0,234\n7,15;5,678\n', true],
    [`a;b\n${'1,101;x\n'.repeat(5)}12,34;x\n`, false],
  ] as const) {
    t.equal(layout(text, ';').decimalComma, decimalComma, JSON.stringify(text))
  }
})

t.test('most records end with a delimiter that the first record does not have', async t => {
  for (const [text, trailing] of [
    ['a,b\n1,2,\n3,4,\n', true],
    ['a,b\n1,2,\n3,4,\n5,6\n', true],
    ['a,b\n1,2,\n3,4\n', false],
    ['a,b,\n1,2,\n', false],
    ['a,b\n1,2,3\n', false],
    ['a,b\n1,2,""\n', false],
    ['a,b\n1,\n', false],
  ] as const) {
    t.equal(layout(text).trailingDelimiter, trailing, JSON.stringify(text))
  }
})
