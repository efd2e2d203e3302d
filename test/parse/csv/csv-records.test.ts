/* Records of delimited text that are not rows, and empty records. */
import { Readable } from 'node:stream'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import t from 'tap'
import { InputError } from '../../../src/errors.js'
import { BrokenRecords, quoteMessage } from '../../../src/parse/csv/broken-record.js'
import { csvDialect, isByteDialect } from '../../../src/parse/csv/csv-dialect.js'
import { openReader, type ReaderOptions } from '../../../src/parse/formats.js'
import type { LineTokenizer } from '../../../src/parse/line-tokenizer.js'
import { Window } from '../../../src/parse/window.js'
import type { Encoding } from '../../../src/source/encoding/encodings.js'
import { openSource } from '../../../src/source/open-source.js'
import { deepTest, forAllAsync } from '../../helpers/runs.js'
import { cells } from '../../helpers/values.js'
import { batchesFrom, memorySource, read, type ReadOptions } from '../reading.js'

// Delimited text from the real world, good and bad. Every dialect is read back value for value, and broken records
// are reported one by one.

interface Dialect {
  readonly delimiter: string
  readonly quote: string
  readonly escape: string
  readonly lineEnd: string
}

/** The table as text. A field is quoted if necessary, and also if `mayQuote` returns true. */
function written(table: readonly (readonly string[])[], dialect: Dialect, mayQuote: boolean) {
  const { delimiter, quote, escape, lineEnd } = dialect
  const special = [...delimiter, quote, '\n', '\r']
  return table
    .map(record =>
      record
        .map((text, field) => {
          const isPlain = !special.some(one => text.includes(one)) && (field > 0 || text !== '')
          if (isPlain && !mayQuote) return text
          const inside =
            escape === quote
              ? text.replaceAll(quote, quote + quote)
              : text.replaceAll(escape, escape + escape).replaceAll(quote, escape + quote)
          return quote + inside + quote
        })
        .join(delimiter),
    )
    .map(line => line + lineEnd)
    .join('')
}

const cell = fc
  .array(
    fc.constantFrom('a', '7', ' ', ',', ';', '\t', '|', '"', "'", '\\', '\n', '\r\n', '€', '中'),
    { maxLength: 6 },
  )
  .map(parts => parts.join(''))

t.test('tables in every given dialect are read back value for value', async () => {
  await forAllAsync(200)(
    fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 5 }),
    fc.record({
      delimiter: fc.constantFrom(',', ';', '\t', '|', '||', '€', '<>', '\u0001'),
      quote: fc.constantFrom('"', "'", '`'),
      isDoubled: fc.boolean(),
      lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
    }),
    fc.boolean(),
    fc.integer({ min: 1, max: 12 }),
    async (table, { delimiter, quote, isDoubled, lineEnd }, mayQuote, chunkBytes) => {
      const dialect = { delimiter, quote, escape: isDoubled ? quote : '\\', lineEnd }
      const { rows, rejects } = await read(
        written(table, dialect, mayQuote),
        'a:STRING,b:STRING,c:STRING',
        { ...{ delimiter, quote, escape: dialect.escape }, ...{ header: 'no', chunkBytes } },
      )
      return rejects.length === 0 && JSON.stringify(rows) === JSON.stringify(table)
    },
  )
})

t.test('tables are read back with a detected delimiter and header', async () => {
  const text = fc.array(fc.constantFrom('ab', 'c d', 'x, y', '"z"', 'p;q'), { maxLength: 3 })
  const record = fc.tuple(
    fc.nat(),
    text.map(parts => parts.join(' ')),
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }),
  )
  await forAllAsync(100)(
    fc.array(record, { minLength: 5, maxLength: 20 }),
    fc.constantFrom(',', ';', '\t', '|'),
    fc.constantFrom('\n', '\r\n'),
    async (records, delimiter, lineEnd) => {
      const dialect = { delimiter, quote: '"', escape: '"', lineEnd }
      const table = records.map(([id, name, x]) => [String(id), name, x.toFixed(3)])
      const all = written([['id', 'name', 'x'], ...table], dialect, false)
      const { reader, rows, rejects } = await read(all, 'id:INT,name:STRING,x:STRING')
      const isFound = reader.dialect?.delimiter.value === delimiter
      return isFound && rejects.length === 0 && JSON.stringify(rows) === JSON.stringify(table)
    },
  )
})

deepTest(t, 'a million columns give one clear error, or one reject', async t => {
  const many = 'x,'.repeat(1_000_000)
  await t.rejects(read(`${many}\n1\n`, 'x:STRING'), { code: 'DDB_INPUT_RECORD_TOO_LONG' })
  for (const ragged of ['reject', 'cut'] as const) {
    const found = await read(`1,a\n${many}\n2,b\n`, 'a:STRING,b:STRING', { header: 'no', ragged })
    t.equal(found.reader.recordsRead, 3)
    t.equal(found.rows.length, ragged === 'cut' ? 3 : 2)
    t.equal(found.rejects.length, ragged === 'cut' ? 0 : 1)
  }
})

t.test('a line far beyond the limit costs only the limit, and the next line is loaded', async t => {
  const limit = 1 << 20
  const options: ReadOptions = { header: 'no', maxRecordBytes: limit, chunkBytes: 1 << 16 }
  const long = `2,${'x'.repeat(5 * limit)}`
  const found = await read(`1,a\n${long}\n3,c\n`, 'a:INT,b:STRING', options)
  t.strictSame(found.rows, cells('1,a', '3,c'))
  t.match(found.rejects, [{ code: 'DDB_INPUT_RECORD_TOO_LONG', lengthBytes: long.length + 1 }])
  t.equal(found.rejects[0]?.bytes.length, limit + 1)
  await t.rejects(read(`1,a\n2,"${long}\n3,c\n`, 'a:INT,b:STRING', options), {
    code: 'DDB_INPUT_QUOTE',
  })
})

t.test('a line inside the quotes of a record that is too long is no row', async t => {
  const options: ReadOptions = { header: 'no', maxRecordBytes: 64, chunkBytes: 10 }
  const long = `1,${'x'.repeat(90)}`
  const columns = 'a:INT,b:STRING,c:STRING'
  await t.rejects(read(`0,o,o\n${long},"first\n5,evil,z\nlast"\n2,p,p\n`, columns, options), {
    code: 'DDB_INPUT_QUOTE',
    message: /opened in line 2/,
  })
  const { rows } = await read(`0,o,o\n${long},"one ""line"""\n2,p,p\n`, columns, options)
  t.strictSame(rows, cells('0,o,o', '2,p,p'))
  // Quotes that are escaped, and quotes of several bytes, which share theirs with other signs.
  for (const [other, text] of [
    [{ escape: '\\' }, '"one \\"line"'],
    [{ quote: '“' }, '— … —'],
  ] as const) {
    for (const chunkBytes of [1, 7, 10, 200]) {
      const own = { ...options, ...other, chunkBytes }
      const alike = await read(`0,o,o\n${long},${text}\n2,p,p\n`, columns, own)
      t.strictSame(alike.rows, cells('0,o,o', '2,p,p'))
    }
  }
})

t.test('bytes that are not UTF-8 give the same rejects for any chunks', async t => {
  const bytes = Buffer.concat([
    Buffer.from('1,ä中\n2,'),
    Buffer.from([0xff, 0xfe]),
    Buffer.from('\n3,"'),
    Buffer.from([0xe4, 0xb8]),
    Buffer.from('"\n4,'),
    Buffer.from([0xc3]),
    Buffer.from('\n5,ü\n'),
  ])
  for (let chunkBytes = 1; chunkBytes <= bytes.length; chunkBytes++) {
    const { rows, rejects } = await read(bytes, 'a:INT,b:STRING', { header: 'no', chunkBytes })
    t.strictSame(rows, cells('1,ä中', '5,ü'))
    const places = rejects.map(one => `${one.code} ${one.lineNumber} ${one.offsetBytes}`)
    const expected = ['2 8', '3 13', '4 20'].map(place => `DDB_INPUT_ENCODING ${place}`)
    t.strictSame(places, expected)
  }
})

// Records with broken quotes. The reader rejects such a record together with the lines that may belong to it, and no
// other lines. test/parse/formats.test.ts compares the end of each record with an oracle, for any text, chunks and
// limit.

async function outcome(text: string, options: ReadOptions = {}) {
  const { rows, rejects, reader } = await read(text, 'a:STRING,b:STRING', {
    header: 'no',
    delimiter: ',',
    ...options,
  })
  if (reader.recordsRead !== rows.length + rejects.length) throw new Error('a record is lost')
  const kept = rejects.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0)
  if (reader.byteCounts.rejected !== kept) throw new Error('a byte is lost')
  return { rows, rejected: rejects.map(({ bytes }) => Buffer.from(bytes).toString()) }
}

t.test('lines that a later quote may close belong to the record', async t => {
  const first = '0,x\n'
  for (const [broken, good] of [
    ['1,"a "quoted" b\nline\n2,fragment\n3,end"\n', '4,y\n'],
    ['1,"a "quoted" b\r\nline\r\n2,fragment\r\n3,end"\r\n', '4,y\r\n'],
    ['1,"a "b", c\n2,frag\nd"\n', '4,y\n'],
    ['1,"he said "x", then\n"y", then\nfrag,1\nz"\n', '4,y\n'],
    ['1,"a "q" b\nsaid "no" twice\n2,frag\nend"\n', '4,y\n'],
    ['1,"a "q" b\n\n# text\n"\n', '4,y\n'],
    ['"Big" Joe,"two\n2,lines"\n', '4,y\n'],
    ['1, "a\n2,frag\n3,b"\n', '4,y\n'],
    ['"Big" Joe,1\nx,"\ny,3\nz",2\n', '4,y\n'],
  ] as const) {
    const text = first + broken + good
    const expected = { rows: [['0', 'x'], good.trimEnd().split(',')], rejected: [broken] }
    for (const chunkBytes of [1, 3, 7, 1000]) {
      t.strictSame(await outcome(text, { chunkBytes }), expected, JSON.stringify(text))
    }
  }
})

t.test('a line that no later quote may close is a separate record', async t => {
  for (const [broken, good] of [
    ['"Big" Joe,5\n', '4,y\n5,z\n'],
    ['1,6" wide\n', '2,x\n3,7" wide"\n'],
    ['"Big" Joe,5\n', '4,"y"\n5,"z, z"\n'],
    ['1,a"b"c\n', '2,y\n'],
  ] as const) {
    const { rows, rejected } = await outcome(`0,x\n${broken}${good}`)
    t.equal(rejected[0], broken)
    t.ok(rows.length >= 2, JSON.stringify(rows))
  }
})

t.test('the reject has the position of its first line and the code for a quote', async t => {
  const text = '0,x\n1,"a "quoted" b\nline\n2,fragment\n3,end"\n4,y\n'
  const { rejects, places } = await read(text, 'a:INT,b:STRING', { header: 'no' })
  t.match(rejects, [
    { code: 'DDB_INPUT_QUOTE', class: 'parse', lineNumber: 2, offsetBytes: 4, message: /4 lines/ },
  ])
  const lineNumbers = places.map(({ lineNumber }) => lineNumber)
  t.strictSame(lineNumbers, [1, 6])
})

t.test('if the input is cut before the end of a record is known, the rest is a reject', async t => {
  const { rejected } = await outcome('0,x\n1,"a "b\n2,"c')
  t.strictSame(rejected, ['1,"a "b\n', '2,"c'])
})

deepTest(t, 'enough good records prove that the quote does not reach further', async t => {
  const records = '1234567,abcdefgh\n'
  const good = records.repeat(5000)
  const text = `0,x\n"Big" Joe,5\n${good}1,6"\n${good}`
  for (const chunkBytes of [1000, 1 << 20]) {
    const { rows, rejected } = await outcome(text, { chunkBytes })
    t.strictSame(rejected, ['"Big" Joe,5\n', '1,6"\n'])
    t.equal(rows.length, 10_001)
  }
})

/** Lines that have exactly these bytes, and in which every line is a record. */
function linesOf(bytes: Uint8Array, ended: boolean, maxRecordBytes = 1e6): LineTokenizer {
  const window = new Window()
  window.push(bytes)
  return { window, ended, maxRecordBytes, isNoRecord: () => false } as unknown as LineTokenizer
}

t.test('many broken records in a row are read in one pass', async t => {
  const text = `0,x\n${'"Big" Joe,5\n'.repeat(30_000)}`
  let steps = 0
  const bytes = new Proxy(Buffer.from(text), {
    get(target, key) {
      steps++
      return Reflect.get(target, key, target) as unknown
    },
  })
  const broken = new BrokenRecords(csvDialect, linesOf(bytes, true))
  let at = 4
  for (let record = 0; record < 2000; record++) at = broken.endOf(at, 2)
  t.equal(at, 4 + 2000 * 12)
  t.ok(steps < 20 * text.length + 2000 * 200, `${steps} bytes were examined`)
})

t.test('a field with line breaks and single inner quotes never becomes rows', async () => {
  const inner = fc
    .array(fc.constantFrom('a', ' ', '"q" ', '\n', '\n2,b', 'x,', 'said "no" '), { maxLength: 12 })
    .map(parts => parts.join(''))
  await forAllAsync(150)(inner, fc.integer({ min: 1, max: 20 }), async (text, chunkBytes) => {
    // The first inner quote breaks the field; the last quote ends it.
    const record = `1,"z "k" ${text}."\n`
    const { rows, rejected } = await outcome(`0,x\n${record}9,y\n`, { chunkBytes })
    const isSame = rejected.length === 1 && rejected[0] === record
    return isSame && JSON.stringify(rows) === '[["0","x"],["9","y"]]'
  })
})

// Empty lines. With one column they are nulls, with several columns they are ignored, and at the end of a file they
// are always ignored.

/** A dialect for each reader: the fast scanner, the general scanner, and csv-parse. */
const dialects: ReaderOptions[] = [
  { delimiter: ',', quote: '"' },
  { delimiter: '||', quote: '"' },
  { delimiter: ',', quote: '«', escape: '«' },
]

deepTest(t, 'an empty line between rows of one column is a null', async t => {
  for (const dialect of dialects) {
    for (const lineEnd of ['\n', '\r\n', '\r']) {
      for (const chunkBytes of [1, 2, 3, 100]) {
        const what = JSON.stringify({ dialect, lineEnd, chunkBytes })
        const text = ['v', '', '1', '', '', '2', '3', '', ''].join(lineEnd)
        const options = { ...dialect, chunkBytes, header: 'yes', comment: '#' } as const
        const { rows, places, reader } = await read(text, 'v:INT', options)
        t.strictSame(rows, [[''], ['1'], [''], [''], ['2'], ['3']], what)
        const lineNumbers = places.map(({ lineNumber }) => lineNumber)
        t.strictSame(lineNumbers, [2, 3, 4, 5, 6, 7], what)
        const { rows: bytes, header, other } = reader.byteCounts
        t.equal(bytes + header + other, text.length, what)
        t.equal(other, lineEnd.length, 'the empty line at the end')
      }
    }
  }
})

t.test('empty lines before a header are ignored, before a first row they are nulls', async t => {
  for (const dialect of dialects) {
    const text = '\n\n# made by hand\n\nv\n1\n'
    const options = { ...dialect, comment: '#' }
    const named = await read(text, 'v:INT', { ...options, header: 'yes' })
    t.strictSame(named.rows, [['1']])
    t.equal(named.reader.headerLineNumber, 5)
    const { rows, places } = await read(text, 'v:STRING', { ...options, header: 'no' })
    t.strictSame(rows, [[''], [''], [''], ['v'], ['1']])
    t.strictSame(places[0], { lineNumber: 1, offsetBytes: 0, lengthBytes: 1 })
  }
})

t.test('a comment does not turn the empty lines before it into rows', async t => {
  const options = { comment: '#', header: 'yes' } as const
  for (const end of ['# end', '# end\n', '#', '\n#\n\n']) {
    const { rows } = await read(`v\n1\n\n${end}`, 'v:INT', options)
    t.strictSame(rows, [['1']], end)
  }
  const { rows } = await read('v\n1\n\n# more\n2\n', 'v:INT', options)
  t.strictSame(rows, [['1'], [''], ['2']])
})

t.test('between rows of several columns, empty lines are ignored', async t => {
  for (const dialect of dialects) {
    const { delimiter = ',' } = dialect
    const text = `a${delimiter}b\n\n1${delimiter}2\n\n\n3${delimiter}4\n`
    const { rows } = await read(text, 'a:INT,b:INT', { ...dialect, header: 'yes' })
    t.strictSame(rows, cells('1,2', '3,4'))
  }
})

t.test('an empty line counts as a record towards the limit', async t => {
  const options = { header: 'yes', batch: { limit: 2 } } as const
  const { rows } = await read('v\n\n1\n2\n', 'v:INT', options)
  t.strictSame(rows, [[''], ['1']])
})

t.test('in a cut input, the last row is read, and no empty line after it', async t => {
  const failure = new InputError('DDB_INPUT_TRUNCATED', 'cut', { file: 'x' })
  const source = memorySource('v\n1\n\n\n', { failure })
  const reader = await openReader(source, { header: 'yes' })
  const onReject = () => void t.fail('no record is cut')
  const batches = batchesFrom(reader, 'v:INT', { onReject })
  const { value } = await batches.next()
  t.equal(value?.ranges[0]?.endOffsetBytes, 4)
  await t.rejects(batches.next(), { code: 'DDB_INPUT_TRUNCATED' })
  t.equal(reader.byteCounts.other, 0)
})

t.test('beyond the limit of a record an empty line is a row, whatever follows', async t => {
  for (const chunkBytes of [1, 7, 1000]) {
    const options = { header: 'yes', maxRecordBytes: 10, chunkBytes } as const
    const { rows } = await read(`v\n1\n${'\n'.repeat(13)}`, 'v:INT', options)
    t.strictSame(rows, [['1'], [''], [''], ['']])
  }
})

t.test('a null is shown in quotes, so that it is a null at the end of a file, too', async t => {
  const encodings: [Encoding, string][] = [
    ['utf-8', '"'],
    ['utf-16le', "'"],
    ['utf-16be', '"'],
    ['gb18030', '"'],
  ]
  for (const [encoding, quote] of encodings) {
    const stdin = Readable.from([iconv.encode('v\n\n1\n', encoding)])
    const source = await openSource('-', { stdin, encoding })
    const reader = await openReader(source, { header: 'yes', quote })
    const { value } = await batchesFrom(reader, 'v:INT', { keepRecords: true }).next()
    const shown = [0, 1].map(row => iconv.decode(Buffer.from(value!.record(row)), encoding))
    t.strictSame(shown, [`${quote}${quote}\n`, '1\n'], encoding)
    t.equal(value?.locate(0).lengthBytes, encoding.startsWith('utf-16') ? 2 : 1)
  }
})

t.test('a character that contains the bytes of line ends is not a line end', async t => {
  const stdin = Readable.from([iconv.encode('v\n\u0a0a\n', 'utf-16le')])
  const source = await openSource('-', { stdin, encoding: 'utf-16le' })
  const reader = await openReader(source, { header: 'yes' })
  const { value } = await batchesFrom(reader, 'v:STRING', { keepRecords: true }).next()
  t.equal(iconv.decode(Buffer.from(value!.record(0)), 'utf-16le'), '\u0a0a\n')
})

// The dialects that the byte scanner reads.

t.test('the byte scanner reads quotes of one byte', async t => {
  for (const [change, isByte] of [
    [{}, true],
    [{ delimiter: '€' }, true],
    [{ quote: '', escape: '' }, true],
    [{ escape: '\\' }, true],
    [{ quote: '«', escape: '«' }, false],
    [{ escape: '§' }, false],
  ] as const) {
    const dialect = { ...csvDialect, ...change }
    t.equal(isByteDialect(dialect), isByte, JSON.stringify(change))
  }
})

// Messages about delimited records that are not rows.

t.test('the message counts one field as `1 field`', async t => {
  const { rejects } = await read('a\n1\n1,2\n', 'a:INT', { header: 'yes', delimiter: ',' })
  t.match(rejects, [{ message: 'expected 1 field, got 2' }])
})

t.test('the message for a quote in a field names the field and a helpful option', async t => {
  const expected = /^field 2 .* in the middle: .*double.*`input\.quotes` lax.*`input\.quote` ''/
  t.match(quoteMessage(2), expected)
})
