/* Reads delimited files in the way of a load: headers, batches, and records that are not rows. */
import t from 'tap'
import { schemaFromTypes } from '../../../src/schema/target-schema.js'
import { read } from '../reading.js'
import { deepTest } from '../../helpers/runs.js'
import { cells } from '../../helpers/values.js'

const trades = 'time:TIMESTAMP,sym:SYMBOL,price:DOUBLE,id:INT'
const header = 'time,sym,price,id\n'
const row = '2020.01.02T09:30:00.032,FHU,63.6,5\n'
const values = ['2020.01.02T09:30:00.032', 'FHU', '63.6', '5']

t.test('a first record with a text like a number is not a header', async t => {
  for (const text of [
    row,
    '2020.01.02T09:30:00.032,a,-1,5\n',
    '2020.01.02T09:30:00.032,a,.5,5\n',
  ]) {
    const { rows, reader } = await read(text, trades)
    t.equal(rows.length, 1)
    t.equal(reader.fieldNames, undefined)
    t.equal(reader.headerBytes, undefined)
  }
  const { rows } = await read('a,b\nc,d\n', 'x:STRING,y:STRING', { header: 'no' })
  t.strictSame(rows, cells('a,b', 'c,d'))
  const { reader } = await read('1,2\n3,4\n', 'x:INT,y:INT', { header: 'yes', match: 'position' })
  t.strictSame(reader.fieldNames, ['1', '2'])
})

t.test('the delimiter is found in the first line', async t => {
  for (const [text, name] of [
    ['x;y\n1;2\n', 'a.csv'],
    ['x\ty\n1\t2\n', 'a.tsv'],
    ['x\ty\n1\t2\n', 'a.txt'],
    ['x|y\n1|2\n', 'a.csv'],
    ['"x,1";y\n1;2\n', 'a.csv'],
    ['# ;;;;\n\nx,y\n1,2\n', 'a.csv'],
  ] as const) {
    for (const chunkBytes of [1, 100]) {
      const options = { name, chunkBytes, comment: '#', match: 'position', header: 'yes' } as const
      const { rows } = await read(text, 'x:INT,y:INT', options)
      t.strictSame(rows, [['1', '2']], JSON.stringify(text))
    }
  }
})

t.test('lines before the header are skipped, comments and blank lines are not records', async t => {
  const text = `exported today, "by me\n\n${header}\n# nothing\n${row}\r\n\n${row}`
  const { rows, places, reader } = await read(text, trades, { skipLines: 2, comment: '#' })
  t.strictSame(rows, [values, values])
  t.equal(reader.recordsRead, 2)
  t.equal(reader.headerLineNumber, 3)
  const lineNumbers = places.map(place => place.lineNumber)
  t.strictSame(lineNumbers, [6, 9])
})

t.test(
  'by position, a record fits if most first records have as many fields as the target',
  async t => {
    const two = 'a:INT,b:INT'
    for (const [text, types, rows, ragged] of [
      ['a,b,\n1,2\n3,4\n5,6\n', two, ['1,2', '3,4', '5,6']],
      ['a,b,,\n1,2\n,4\n5,6\n', two, ['1,2', ',4', '5,6']],
      ['a,b,\n1,2,\n3,4,\n5,6\n', two, ['1,2', '3,4']],
      ['a\n1,2\n3,4\n5\n', two, ['1,2', '3,4']],
      ['a,b,c\n1,2,9\n3,4\n5,6,9\n', two, undefined, 'cut'],
      ['a,b,c\n1,2,9\n3,4\n', two, undefined, 'cut'],
      ['a,b\n1,2\n3,4,5\n5,6\n', `${two},c:INT`, undefined, 'pad'],
    ] as const) {
      const mapping = { match: 'position' } as const
      const target = { schema: schemaFromTypes(types), mapping, cells: {} }
      const reading = read(text, types, { header: 'yes', ...mapping, ragged, target })
      if (rows === undefined) await t.rejects(reading, { code: 'DDB_INPUT_COLUMN' }, text)
      else t.strictSame((await reading).rows, cells(...rows), text)
    }
  },
)

t.test('an empty field is null, quoted or not, and so are null texts', async t => {
  const { rows, reader } = await read(
    ',"",NA,n/a\nNAN,NA,1,2\n',
    'a:SYMBOL,b:STRING,c:DOUBLE,d:INT',
    { header: 'no', batch: { cells: { nullTexts: ['NA', 'n/a'] } } },
  )
  t.strictSame(rows, cells(',,,', 'NAN,,1,2'))
  const nullCounts = reader.columnCounts.map(count => count.nulls)
  t.strictSame(nullCounts, [1, 2, 1, 1])
})

deepTest(t, 'every chunk size gives the same rows, rejects and positions', async t => {
  const text = `${header}${row}2020.01.02T09:30:00.033,"a ""b"", c\r\nd",1,6\r\nx\n\n"y"z,1\n${row}last,`
  const whole = await read(text, trades)
  t.equal(whole.rows.length, 3)
  const codes = whole.rejects.map(reject => reject.code)
  t.strictSame(codes, ['DDB_INPUT_FIELD_COUNT', 'DDB_INPUT_QUOTE', 'DDB_INPUT_FIELD_COUNT'])
  for (let chunkBytes = 1; chunkBytes < text.length; chunkBytes++) {
    const { rows, rejects, places } = await read(text, trades, { chunkBytes })
    const expected = { rows: whole.rows, rejects: whole.rejects, places: whole.places }
    t.strictSame({ rows, rejects, places }, expected)
  }
})

t.test('a reject has its position, bytes and reason; rows around it are loaded', async t => {
  const bad = '2020.02.30T00:00:00.000,é,1,2\r\n'
  const ragged = '1,2,3\n'
  const text = `${header}${row}${bad}${row}${ragged}${row}`
  const { rows, rejects, reader } = await read(text, trades, { name: 'trades.csv' })
  t.equal(rows.length, 3)
  t.equal(reader.recordsRead, 5)
  const bytes = Buffer.from(text)
  for (const reject of rejects) {
    const { offsetBytes, lengthBytes } = reject
    t.strictSame(Buffer.from(reject.bytes), bytes.subarray(offsetBytes, offsetBytes + lengthBytes))
  }
  t.match(rejects, [
    {
      file: 'trades.csv',
      lineNumber: 3,
      columnName: 'time',
      code: 'DDB_INPUT_CELL',
      class: 'type',
      value: '2020.02.30T00:00:00.000',
    },
    {
      lineNumber: 5,
      columnName: undefined,
      code: 'DDB_INPUT_FIELD_COUNT',
      class: 'parse',
      value: undefined,
      message: 'expected 4 fields, got 3',
    },
  ])
  const rejected = rejects.map(reject => Buffer.from(reject.bytes).toString())
  t.strictSame(rejected, [bad, ragged])
})

t.test('a bad row leaves no cell in any column', async t => {
  const lines = ['a,s1,"1,2",b1,x,1', 'bad,s2,"3",b2,y,z', 'c,s3,"4",b3,z,3']
  const { rows } = await read(
    `${lines.join('\n')}\n`,
    'a:STRING,b:SYMBOL,c:INT[],d:BLOB,e:SYMBOL,f:INT',
    { header: 'no' },
  )
  t.strictSame(
    rows.map(cells => cells.filter((_, i) => i !== 3)),
    [
      ['a', 's1', '[1,2]', 'x', '1'],
      ['c', 's3', '[4]', 'z', '3'],
    ],
  )
})

t.test('the limit counts rejects, and later records are not read', async t => {
  const { rows, rejects, reader } = await read('1\nx\n2\n3\n', 'a:INT', {
    batch: { limit: 3 },
    header: 'no',
  })
  t.equal(rows.length, 2)
  t.equal(rejects.length, 1)
  t.equal(reader.recordsRead, 3)
})

t.test('an unclosed quote is one reject that names the line of the quote', async t => {
  const { rows, rejects } = await read(`${row}2020.01.02,"a\nb","c\n${row.repeat(5)}`, trades)
  t.equal(rows.length, 1)
  t.match(rejects, [
    { code: 'DDB_INPUT_QUOTE', lineNumber: 2, message: /opened in line 3 is never closed/ },
  ])
  t.equal(rejects.length, 1)
})

t.test('in a large input, an unclosed quote ends reading, after the earlier rows', async t => {
  const text = `1,a\n2,"b\n${'3,c\n'.repeat(1000)}`
  for (const chunkBytes of [7, 512, 100_000]) {
    const seen: number[] = []
    const reading = read(text, 'a:INT,b:STRING', {
      header: 'no',
      maxRecordBytes: 500,
      chunkBytes,
      batch: { batchRows: 1, onReject: () => void t.fail('nothing is rejected') },
    })
    const error = { code: 'DDB_INPUT_QUOTE', position: { lineNumber: 2, offsetBytes: 4 } }
    await t.rejects(reading, error)
    t.strictSame(seen, [])
  }
})

t.test('inputs without records have no rows', async t => {
  for (const text of ['', '\n\n', header, header.trimEnd()]) {
    const { rows, rejects } = await read(text, trades)
    t.strictSame([rows, rejects], [[], []], JSON.stringify(text))
  }
})

t.test('an input that is not text is refused', async t => {
  await t.rejects(read('"a\nb', 'a:STRING'), { code: 'DDB_INPUT_QUOTE' })
  await t.rejects(read('a"b,c\n', 'a:STRING'), { code: 'DDB_INPUT_QUOTE' })
  await t.rejects(read('x'.repeat(3000), 'a:STRING', { maxRecordBytes: 500, chunkBytes: 100 }), {
    code: 'DDB_INPUT_RECORD_TOO_LONG',
  })
  await t.rejects(read(Uint8Array.of(0x61, 0xff, 10, 0x31, 10), 'a:STRING'), {
    code: 'DDB_INPUT_ENCODING',
  })
})

t.test('delimiters may have several characters', async t => {
  const text = 'x||y\n1||"a ""b"""\nbad||c\n2\n"z"q||1\n3||d'
  for (const chunkBytes of [1, 5, 1000]) {
    const { rows, rejects } = await read(text, 'x:INT,y:STRING', { delimiter: '||', chunkBytes })
    t.strictSame(rows, cells('1,a "b"', '3,d'))
    t.match(rejects, [
      { code: 'DDB_INPUT_CELL', lineNumber: 3, offsetBytes: 18 },
      { code: 'DDB_INPUT_FIELD_COUNT', lineNumber: 4 },
      { code: 'DDB_INPUT_QUOTE', lineNumber: 5 },
    ])
  }
  await t.rejects(
    read(`a||b\n1||"${'x'.repeat(2000)}`, 'a:INT,b:STRING', {
      delimiter: '||',
      maxRecordBytes: 500,
    }),
    {
      code: 'DDB_INPUT_QUOTE',
      message: /opened in line 2 is never closed within 500 bytes/,
      position: { lineNumber: 2 },
    },
  )
  const open = await read('a||b\n1||"x\ny', 'a:INT,b:STRING', { delimiter: '||' })
  t.match(open.rejects, [{ code: 'DDB_INPUT_QUOTE', lineNumber: 2 }])
})

t.test('records with other numbers of fields are rejected, padded or cut, and counted', async t => {
  const text = 'a,b,c\n1,2,3\n4\n5,6,7,8\n9,10\n11,12,13,14,15\n'
  const types = 'a:INT,b:INT,c:STRING'
  for (const delimiter of [',', '||']) {
    for (const chunkBytes of [1, 5, 1000]) {
      const outcome = async (ragged?: 'reject' | 'pad' | 'cut'): Promise<unknown[]> => {
        const content = text.replaceAll(',', delimiter)
        const options = { delimiter, chunkBytes, ragged }
        const { rows, rejects, reader } = await read(content, types, options)
        t.equal(reader.recordsRead, rows.length + rejects.length)
        t.ok(rejects.every(({ code }) => code === 'DDB_INPUT_FIELD_COUNT'))
        return [rows.map(row => row.join()), rejects.length, reader.raggedRecords]
      }
      t.strictSame(await outcome(), [['1,2,3'], 4, 0])
      t.strictSame(await outcome('reject'), [['1,2,3'], 4, 0])
      t.strictSame(await outcome('pad'), [['1,2,3', '4,,', '9,10,'], 2, 2])
      t.strictSame(await outcome('cut'), [['1,2,3', '5,6,7', '11,12,13'], 2, 2])
    }
  }
})

t.test('a record that is too long is not counted as padded, whatever the chunks are', async t => {
  const text = `1,2,3\n${'x'.repeat(60)},4\n5,6\n`
  for (const chunkBytes of [1, 7, 40, 66, 1000]) {
    const { rejects, reader } = await read(text, 'a:STRING,b:INT,c:INT', {
      ...{ chunkBytes, ragged: 'pad', header: 'no' },
      maxRecordBytes: 60,
    })
    t.match(rejects, [{ code: 'DDB_INPUT_RECORD_TOO_LONG' }])
    t.equal(reader.raggedRecords, 1, `${chunkBytes}`)
  }
})

t.test('a trailing delimiter in most records does not create a field', async t => {
  for (const chunkBytes of [1, 4, 1000]) {
    for (const end of ['\n', '\r\n', '\r']) {
      const lines = ['a,b', '1,2,', '3,"x",', '11,y,', '4,5', '6,7,8', '12,,', '10,']
      const { rows, rejects, reader } = await read(lines.join(end), 'a:INT,b:STRING', {
        chunkBytes,
      })
      const values = rows.map(row => row.join())
      t.strictSame(values, ['1,2', '3,x', '11,y', '4,5', '12,', '10,'])
      t.match(rejects, [{ code: 'DDB_INPUT_FIELD_COUNT', lineNumber: 6 }])
      t.equal(rejects.length, 1)
      t.match(reader.dialect, { trailingDelimiter: { value: true, how: 'found' } })
    }
  }
  const { rejects } = await read('a,b\n1,2,\n3,4\n5,6\n', 'a:INT,b:STRING')
  t.match(rejects, [{ code: 'DDB_INPUT_FIELD_COUNT', lineNumber: 2 }])
  t.equal(rejects.length, 1)
})

t.test('on request, blanks around fields are removed', async t => {
  const text = '1, "a,b" , c \n2,\t"d"\t,"e"\n3,f, "g\nh"\n4,x "y",z\n'
  for (const chunkBytes of [1, 6, 1000]) {
    for (const delimiter of [',', '::']) {
      const { rows, rejects } = await read(
        text.replaceAll(/,(?!b)/g, delimiter),
        'a:INT,b:STRING,c:STRING',
        { header: 'no', trim: true, delimiter, chunkBytes },
      )
      t.strictSame(rows, [
        ['1', 'a,b', 'c'],
        ['2', 'd', 'e'],
        ['3', 'f', 'g\nh'],
      ])
      t.match(rejects, [{ code: 'DDB_INPUT_QUOTE', lineNumber: 5 }])
    }
  }
  // A cell of blanks alone is empty, and takes no room from the cells after it.
  const blank = await read('1,  \t \n'.repeat(40), 'a:INT,b:STRING', { header: 'no', trim: true })
  t.strictSame(blank.rows, Array(40).fill(['1', '']))
  const quotes = { header: 'no', trim: true, quote: '' } as const
  const unquoted = await read('1 ,"x" \n 2,\t\n', 'a:INT,b:STRING', quotes)
  t.strictSame(unquoted.rows, cells('1,"x"', '2,'), 'also without quotes')
  const strict = await read('1,b\n2, "a"\n', 'a:INT,b:STRING', { header: 'no' })
  t.match(strict.rejects, [{ code: 'DDB_INPUT_QUOTE', lineNumber: 2 }])
})

t.test('with lax quotes a quote inside an unquoted field is text', async t => {
  const text = '1,6" wide\n2,"a ""b"""\n3,x"y"\n4,"z" q\n5,t\n'
  for (const chunkBytes of [1, 6, 1000]) {
    const lax = await read(text, 'a:INT,b:STRING', { quotes: 'lax', header: 'no', chunkBytes })
    t.strictSame(lax.rows, cells('1,6" wide', '2,a "b"', '3,x"y"', '5,t'))
    t.match(lax.rejects, [{ code: 'DDB_INPUT_QUOTE', lineNumber: 4 }])
  }
  const options = { quotes: 'lax', trim: true, header: 'no' } as const
  const { rows } = await read('1, "a,b"\n2, c"d\n', 'a:INT,b:STRING', options)
  t.strictSame(rows, [
    ['1', 'a,b'],
    ['2', 'c"d'],
  ])
})

t.test('trim and lax quotes need a one-byte quote', async t => {
  for (const options of [{ trim: true }, { quotes: 'lax' }] as const) {
    await t.rejects(read('a,b\n', 'a:STRING,b:STRING', { quote: '«', ...options }), {
      code: 'DDB_USAGE',
    })
  }
  const { rows } = await read('1,«a,«« b«\n', 'a:INT,b:STRING', { quote: '«', header: 'no' })
  t.strictSame(rows, [['1', 'a,« b']])
})

t.test('an escape character escapes quotes and itself, and is text elsewhere', async t => {
  const text = '1,"a \\" b"\n2,"c\\\\"\n3,"d\\n"\n4,e\\f\n5,"g\\"\n6,h"\n'
  const expected = [...cells('1,a " b', '2,c\\', '3,d\\n', '4,e\\f'), ['5', 'g"\n6,h']]
  for (const chunkBytes of [1, 3, 1000]) {
    const options = { header: 'no', escape: '\\', chunkBytes } as const
    const { rows, rejects } = await read(text, 'a:INT,b:STRING', options)
    t.strictSame(rows, expected)
    t.strictSame(rejects, [])
  }
})

t.test('a first line sep=; gives the delimiter and is not a record', async t => {
  for (const [text, delimiter, header] of [
    ['sep=;\nid;name\n1;a,b,c\n', ';', 'sep=;\nid;name\n'],
    ['SEP=^\r\nid^name\r\n1^a,b,c\r\n', '^', 'SEP=^\r\nid^name\r\n'],
    ['sep=\t\n1\ta,b,c', '\t', 'sep=\t\n'],
  ] as const) {
    for (const chunkBytes of [1, 4, 1000]) {
      const { rows, reader, places } = await read(text, 'id:INT,name:STRING', { chunkBytes })
      t.strictSame(rows, [['1', 'a,b,c']])
      t.match(reader.dialect, { delimiter: { value: delimiter, how: 'found' } })
      t.equal(Buffer.from(reader.headerBytes ?? []).toString(), header)
      const { rows: rowBytes, rejected, header: headerBytes, other } = reader.byteCounts
      t.equal(rowBytes + rejected + headerBytes + other, text.length)
      t.equal(places[0]?.offsetBytes, header.length)
      t.equal(places[0]?.lineNumber, header.split(/\r?\n/).length)
    }
  }
  const given = await read('sep=;\nid,n\n1,2\n', 'id:INT,n:INT', { delimiter: ',' })
  t.strictSame(given.rows, [['1', '2']])
  const skipped = await read('sep=;\nid;n\n1;2\n', 'id:INT,n:INT', { skipLines: 1 })
  t.strictSame(skipped.rows, [['1', '2']])
  t.equal((await read('sep=;', 'a:INT')).reader.byteCounts.header, 5)
  const text = await read('sep=;x\nsep=a\n', 'a:STRING', { header: 'no', delimiter: ',' })
  t.equal(text.rows.length, 2)
})

t.test('detection does not depend on how bad rows are treated', async t => {
  const text = 'id;name;x\n1;a,b;2\n2;c\n3;"d "e" f;4\n5;g;h\n'
  const dialects = []
  for (const options of [
    {},
    { ragged: 'pad' },
    { ragged: 'cut' },
    { quotes: 'lax' },
    { batch: { cells: { lenient: true } } },
  ] as const) {
    const { reader } = await read(text, 'id:INT,name:STRING,x:INT', options)
    dialects.push(reader.dialect)
  }
  for (const dialect of dialects) t.strictSame(dialect, dialects[0])
  t.match(dialects[0], { delimiter: { value: ';' }, header: { value: true } })
})

t.test('null texts: blanks around numbers, and no quotes', async t => {
  const text = ' NA , NA ,NA\n"NA","NA", "NA"\n"N""A",NA,"N""A"\n'
  const options = {
    header: 'no',
    trim: true,
    batch: { cells: { nullTexts: ['NA', 'N"A'] } },
  } as const
  const plain = await read(text, 'a:DOUBLE,b:STRING,c:SYMBOL', options)
  t.strictSame(plain.rows, [['', '', '']])
  t.match(plain.rejects, [
    { code: 'DDB_INPUT_CELL', columnName: 'a', value: 'NA' },
    { code: 'DDB_INPUT_CELL', columnName: 'a', value: 'N"A' },
  ])
  const other = { quote: '«', header: 'no', batch: { cells: { nullTexts: ['NA'] } } } as const
  const exotic = await read('«NA«,NA\n', 'a:STRING,b:STRING', other)
  t.strictSame(exotic.rows, [['NA', '']])
})

t.test('a field used by a number and a text column keeps its blanks for both columns', async t => {
  const { rows, rejects } = await read('a\n NA\nNA\n', 'n:INT,s:STRING', {
    map: { n: 'a', s: 'a' },
    batch: { cells: { nullTexts: ['NA'] } },
  })
  t.strictSame(rows, [['', '']])
  t.match(rejects, [{ columnName: 'n' }])
})
