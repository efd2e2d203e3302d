/*
  Delimited text as people have it, good and bad: every dialect comes back value for value, and what is broken is told
  record by record.
*/
import fc from 'fast-check'
import t from 'tap'
import { runs } from '../../helpers/runs.js'
import { read, type ReadOptions } from '../reading.js'

t.test('what CSV files are made of', async t => {
  for (const [name, text, rows] of [
    ['comma in quotes', 'a,b\nJo,"Any Town, WW"\n', [['Jo', 'Any Town, WW']]],
    [
      'empty',
      'a,b\n"",\n,x\n',
      [
        ['', ''],
        ['', 'x'],
      ],
    ],
    [
      'empty, CRLF',
      'a,b\r\n"",\r\n,x\r\n',
      [
        ['', ''],
        ['', 'x'],
      ],
    ],
    ['doubled quotes', 'a,b\nx,"ha ""ha"" ha"\n', [['x', 'ha "ha" ha']]],
    ['JSON', 'a,b\nx,"{""t"": ""P"", ""c"": [1.2, 3]}"\n', [['x', '{"t": "P", "c": [1.2, 3]}']]],
    ['line breaks', 'a,b\nx,"one\ntwo\n"\n', [['x', 'one\ntwo\n']]],
    ['line breaks, CRLF', 'a,b\r\nx,"one\r\ntwo"\r\n', [['x', 'one\r\ntwo']]],
    ['quotes and line breaks', 'a,b\nx,"a ""b\nc"" d"\n', [['x', 'a "b\nc" d']]],
    ['no last line end', 'a,b\nx,y', [['x', 'y']]],
    ['not ASCII', 'a,b\nä,中文 ʤ\n', [['ä', '中文 ʤ']]],
    ['only quotes', 'a,b\n"x","""\n"""\n', [['x', '"\n"']]],
  ] as const) {
    for (const chunkBytes of [1, 7, 1000]) {
      const found = await read(text, 'a:STRING,b:STRING', { header: 'yes', chunkBytes })
      t.strictSame(found.rows, rows, name)
      t.strictSame(found.rejects, [], name)
    }
  }
})

interface Dialect {
  readonly delimiter: string
  readonly quote: string
  readonly escape: string
  readonly lineEnd: string
}

/** The table as text: fields are quoted where they have to be, and where `mayQuote` says so. */
function written(
  table: readonly (readonly string[])[],
  dialect: Dialect,
  mayQuote: boolean,
): string {
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
    {
      maxLength: 6,
    },
  )
  .map(parts => parts.join(''))

t.test('tables in every dialect come back value for value when it is said', async t => {
  const same = fc.asyncProperty(
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
        {
          ...{ delimiter, quote, escape: dialect.escape },
          ...{ header: 'no', chunkBytes },
        },
      )
      return rejects.length === 0 && JSON.stringify(rows) === JSON.stringify(table)
    },
  )
  await fc.assert(same, { numRuns: runs(200) })
  t.pass()
})

t.test('tables come back when delimiter and header are found', async t => {
  const text = fc.array(fc.constantFrom('ab', 'c d', 'x, y', '"z"', 'p;q'), { maxLength: 3 })
  const record = fc.tuple(
    fc.nat(),
    text.map(parts => parts.join(' ')),
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }),
  )
  const same = fc.asyncProperty(
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
  await fc.assert(same, { numRuns: runs(100) })
  t.pass()
})

t.test('a million columns are one clear error, or one reject', async t => {
  const many = 'x,'.repeat(1_000_000)
  await t.rejects(read(`${many}\n1\n`, 'x:STRING'), { code: 'DDB_INPUT_RECORD_TOO_LONG' })
  for (const ragged of ['reject', 'cut'] as const) {
    const found = await read(`1,a\n${many}\n2,b\n`, 'a:STRING,b:STRING', { header: 'no', ragged })
    t.equal(found.reader.recordsRead, 3)
    t.equal(found.rows.length, ragged === 'cut' ? 3 : 2)
    t.equal(found.rejects.length, ragged === 'cut' ? 0 : 1)
  }
})

t.test('a line that is much too long costs its limit, and the next one is loaded', async t => {
  const limit = 1 << 20
  const options: ReadOptions = { header: 'no', maxRecordBytes: limit, chunkBytes: 1 << 16 }
  const long = `2,${'x'.repeat(5 * limit)}`
  const found = await read(`1,a\n${long}\n3,c\n`, 'a:INT,b:STRING', options)
  t.strictSame(found.rows, [
    ['1', 'a'],
    ['3', 'c'],
  ])
  t.match(found.rejects, [{ code: 'DDB_INPUT_RECORD_TOO_LONG', lengthBytes: long.length + 1 }])
  t.equal(found.rejects[0]?.bytes.length, limit)
  await t.rejects(read(`1,a\n2,"${long}\n3,c\n`, 'a:INT,b:STRING', options), {
    code: 'DDB_INPUT_QUOTE',
  })
})

t.test('bytes that are no UTF-8 are the same rejects wherever chunks end', async t => {
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
    t.strictSame(rows, [
      ['1', 'ä中'],
      ['5', 'ü'],
    ])
    t.strictSame(
      rejects.map(({ code, lineNumber, offsetBytes }) => [code, lineNumber, offsetBytes]),
      [
        ['DDB_INPUT_ENCODING', 2, 8],
        ['DDB_INPUT_ENCODING', 3, 13],
        ['DDB_INPUT_ENCODING', 4, 20],
      ],
    )
  }
})
