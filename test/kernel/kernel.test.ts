/*
  The kernel against the exact reader: the same values, rejects, places and ends of batches, for any notation, damage, block and chunk.
*/
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { useKernel } from '../../src/kernel/kernel.js'
import type { Column } from '../../src/protocol/value.js'
import { openReader, type ReaderOptions } from '../../src/parse/formats.js'
import type { BatchOptions } from '../../src/parse/input-reader.js'
import { mappingFor, memorySource } from '../parse/reading.js'
import { runs } from '../helpers/runs.js'

t.afterEach(() => useKernel())

/** Types with texts that the kernel may know, each as a column of the same name in lower case. */
const types: Readonly<Record<string, readonly string[]>> = {
  BOOL: ['true', 'False', '1', '0', 'yes', '2'],
  CHAR: ['7', '-127', '128', 'a', "'b'", '-128'],
  SHORT: ['32767', '-32768', '+5', '007'],
  INT: ['2147483647', '-2147483648', '2147483648', '1e3', '12.0'],
  LONG: ['9007199254740993', '9223372036854775807', '-9223372036854775808', '1234567890123456'],
  FLOAT: ['16777217', '0.1', '1e-40', '3.4028236e38', '1.17549435e-38'],
  DOUBLE: ['9007199254740993', '0.30000000000000004', '-0', '.5', '5.', '.', '1e309', 'NaN'],
  'DECIMAL32(2)': ['1.23', '-21474836.47', '21474836.48', '1.234', '1.200'],
  'DECIMAL64(9)': ['123456789.123456789', '9223372036.854775807', '-0.000000001'],
  DATE: ['2024-02-29', '2023-02-29', '2024.12.31', '20240131', '0000-01-01', '9999-12-31'],
  TIME: ['09:30:00.123', '24:00:00', '23:59:59.9999'],
  SECOND: ['09:30:00', '9:30:00'],
  DATETIME: ['2038-01-19 03:14:07', '2038-01-19T03:14:08', '1901-12-13 20:45:52'],
  TIMESTAMP: [
    ...['2024-01-31T09:30:00.125', '2024.01.31 09:30:00.1250', '2024-01-31T09:30:00Z'],
    ...['2024-13-01', '2024-01-31T09:30:00.1234567'],
  ],
  NANOTIME: ['09:30:00.123456789', '00:00:00'],
  NANOTIMESTAMP: ['2262-04-11T23:47:16.854775807', '1677-09-21T00:12:43.145224193', '2300-01-01'],
  SYMBOL: [
    'A',
    'FHU',
    'a symbol of more than thirty-two bytes',
    '股票',
    'exactly sixteen b',
    '\u0000',
  ],
  STRING: [
    'x',
    'text with blanks',
    'é',
    '\ud83d\ude00',
    'a text of many more bytes than one vector has',
  ],
}

const names = Object.keys(types)
const typesText = names.map((type, i) => `c${i}:${type}`).join(',')

const number = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }))
const date = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2261-01-01') })

/** A text that is usual for the type. */
function usual(type: string): fc.Arbitrary<string> {
  if (type === 'SYMBOL') return fc.nat(40).map(n => `SYM${'x'.repeat(n % 20)}${n}`)
  if (type === 'STRING') {
    const unit = fc.constantFrom('grapheme-ascii', 'grapheme', 'binary')
    return unit.chain(unit => fc.string({ unit, maxLength: 40 })).map(plain)
  }
  if (type === 'BOOL') return fc.boolean().map(String)
  if (type === 'DATE') return date.map(day => day.toISOString().slice(0, 10))
  if (/STAMP|DATETIME/.test(type)) return date.map(day => day.toISOString().slice(0, -1))
  if (/TIME|SECOND/.test(type)) return date.map(day => day.toISOString().slice(11, -1))
  if (/DOUBLE|FLOAT/.test(type)) return number.map(String)
  if (/DECIMAL/.test(type)) return fc.integer().map(n => String(n / 100))
  return fc.integer({ min: -130, max: 130 }).map(String)
}

/** Without what divides records. */
const plain = (text: string): string => text.replaceAll(/[",\r\n]/g, '_')

const cell = (type: string): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 12, arbitrary: usual(type) },
    { weight: 3, arbitrary: fc.constantFrom(...types[type]!) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('', ' ', ' 1', '1 ', '-', 'x', '\t', '\u0001', 'NULL'),
    },
  )

const quoted = (text: string, how: number): string =>
  how === 0 ? `"${text}"` : how === 1 ? `"${text}""q"` : how === 2 ? `"${text}\nnext"` : text

const lineEnd = fc.constantFrom('\n', '\n', '\n', '\r\n', '\r')

const record = fc
  .tuple(
    fc.tuple(...names.map(cell)),
    fc.array(fc.nat(60), { minLength: 3, maxLength: 3 }),
    lineEnd,
  )
  .map(([cells, quotes, end]) => {
    for (const [i, how] of quotes.entries()) {
      const at = (how * 7 + i) % cells.length
      cells[at] = quoted(cells[at]!, how)
    }
    return cells.join(',') + end
  })

const otherRecord = fc.constantFrom(
  '\n',
  '# comment\n',
  '1,2\n',
  'a"b,c\n',
  '\ufeff\n',
  'x'.repeat(300),
  '"open',
)

interface Case {
  readonly text: string | Uint8Array
  readonly chunkBytes: number
  readonly batchRows: number
}

const cases = (texts: fc.Arbitrary<string | Uint8Array>): fc.Arbitrary<Case> =>
  fc.record({
    text: texts,
    chunkBytes: fc.integer({ min: 1, max: 70_000 }),
    batchRows: fc.integer({ min: 1, max: 50 }),
  })

/** Everything that a reading tells. */
async function reading(input: Case, options: ReaderOptions, columns: string): Promise<unknown[]> {
  const found: unknown[] = []
  const { chunkBytes, batchRows } = input
  const reader = await openReader(memorySource(input.text, { chunkBytes }), options)
  const byPosition = { match: 'position' } as const
  const mapping = mappingFor(reader, columns, reader.recordKind === 'fields' ? byPosition : {})
  const cells: BatchOptions['cells'] = { nullTexts: ['NULL'] }
  const onReject: BatchOptions['onReject'] = reject => void found.push({ ...reject })
  try {
    const all = { mapping, cells, batchRows, batchBytes: 1 << 20, keepRecords: true, onReject }
    for await (const batch of reader.batches(all)) {
      const { rowCount, ranges, endedBy, encodedBytes } = batch
      found.push({ rowCount, ranges: ranges.map(range => ({ ...range })), endedBy, encodedBytes })
      for (const column of batch.columns) found.push(elements(column, rowCount))
      for (let row = 0; row < rowCount; row++) {
        found.push(batch.locate(row), Buffer.from(batch.record(row)).toString('latin1'))
      }
      batch.release()
    }
  } catch (error) {
    found.push(String(error))
  }
  found.push(reader.recordsRead, reader.byteCounts, reader.columnCounts)
  await reader.close()
  return found
}

/** The elements of a column, byte for byte. */
function elements(column: Column, rowCount: number): unknown {
  const { data, codes, base, encoded } = column as {
    data?: Int32Array
    codes?: Int32Array
    base?: string[]
    encoded?: Uint8Array
  }
  const array = data ?? codes ?? encoded!
  const size = encoded === undefined ? rowCount * array.BYTES_PER_ELEMENT : encoded.length
  return [Buffer.from(array.buffer, array.byteOffset, size).toString('hex'), base?.join('\n')]
}

async function check(
  texts: fc.Arbitrary<string | Uint8Array>,
  options: ReaderOptions,
  columns: string,
  usually: number,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(cases(texts), async input => {
      useKernel(Infinity)
      const exact = await reading(input, options, columns).catch(String)
      useKernel(0)
      deepStrictEqual(await reading(input, options, columns).catch(String), exact)
    }),
    { numRuns: runs(usually) },
  )
}

/** Without a header, the first record decides the number of fields. */
const firstRecord = `${','.repeat(names.length - 1)}\n`

const lines = fc
  .array(fc.oneof({ weight: 30, arbitrary: record }, { weight: 1, arbitrary: otherRecord }), {
    maxLength: 120,
    size: 'max',
  })
  .map(all => `${firstRecord}${all.join('')}`)

t.test('delimited text', async () => {
  const csv = { format: 'csv', header: 'no', delimiter: ',', maxRecordBytes: 2000 } as const
  await check(lines, { ...csv, quote: '"', comment: '#' }, typesText, 400)
  await check(lines, { ...csv, quote: '' }, typesText, 100)
  const header = `${names.map((_, i) => `c${i}`).join(',')}\n`
  const joined = lines.map(text => header + text + header + text)
  await check(joined, { ...csv, header: 'yes' }, typesText, 100)
})

t.test('delimited text whose records end with a delimiter', async () => {
  const rows = fc.array(
    fc.constantFrom('1,a,\n', '2,b\n', '3,c,,\n', '4,"d",\r\n', ',,\n', '5\n'),
    { maxLength: 60, size: 'max' },
  )
  const texts = rows.map(all => `n,s,\n1,a,\n${all.join('')}`)
  await check(
    texts,
    { format: 'csv', header: 'yes', delimiter: ',', trailingDelimiter: true },
    'n:INT,s:SYMBOL',
    200,
  )
})

/** Characters at the ends of each length of UTF-8, and around those that it leaves out. */
const characters = [
  'a',
  '\u007f',
  '\u0080',
  '\u07ff',
  '\u0800',
  '\ud7ff',
  '\ue000',
  '\uffff',
  '\u{10000}',
]
const character = fc.constantFrom(...characters, '\u{3ffff}', '\u{100000}', '\u{10ffff}')

/** A text, perhaps with one byte changed, added or missing. */
const damaged = fc
  .tuple(fc.array(character, { maxLength: 30 }), fc.nat(120), fc.integer({ min: -256, max: 600 }))
  .map(([parts, at, change]) => {
    const bytes = [...Buffer.from(parts.join(''))]
    if (change < 0) bytes.splice(at, 1, change + 256)
    else if (change < 256) bytes.splice(at, 0, change)
    else if (change < 300) bytes.splice(at, 1)
    return bytes.filter(byte => !Buffer.from(',"\r\n').includes(byte))
  })

t.test('damaged UTF-8', async () => {
  const row = fc.tuple(damaged, damaged).map(([a, b]) => [...a, 0x2c, 0x2c, ...b, 0x0a])
  const texts = fc.array(row, { maxLength: 60, size: 'max' })
  const csv = { format: 'csv', header: 'no', delimiter: ',', quote: '"' } as const
  const inputs = texts.map(rows => Uint8Array.from([0x2c, 0x2c, 0x0a, ...rows.flat()]))
  await check(inputs, csv, 'a:STRING,b:INT,c:STRING', 300)
})

/** A value of JSON, mostly of a kind that the type takes. */
const value = (type: string): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 8, arbitrary: cell(type).map(text => JSON.stringify(text)) },
    { weight: 4, arbitrary: number.map(String) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        'null',
        'true',
        'false',
        '01',
        '1.',
        '-',
        '1e5',
        '"\\u0041"',
        '[1]',
        'nul',
        '"a',
      ),
    },
  )

t.test('lines of JSON', async () => {
  const some = ['INT', 'DOUBLE', 'TIMESTAMP', 'SYMBOL', 'STRING', 'BOOL']
  const columns = some.map((type, i) => `c${i}:${type}`).join(',')
  const object = fc
    .tuple(fc.tuple(...some.map(value)), lineEnd, fc.nat(20))
    .map(([values, end, how]) => {
      const members = values.map((text, i) => `"c${i}":${how === 1 ? ' ' : ''}${text}`)
      if (how === 2) members.reverse()
      return `{${members.join(',')}${how === 3 ? ',"c0":1' : ''}}${end}`
    })
  const texts = fc.array(object, { maxLength: 120, size: 'max' }).map(all => all.join(''))
  await check(texts, { format: 'ndjson', maxRecordBytes: 2000 }, columns, 400)
})
