/* The kernel against the exact reader: the same values, rejects, places and ends of batches, for any notation, damage, block and chunk. */
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { useKernel } from '../../src/kernel/kernel.js'
import type { Column } from '../../src/protocol/value.js'
import { openReader, type ReaderOptions } from '../../src/parse/formats.js'
import type { BatchOptions } from '../../src/parse/input-reader.js'
import { RecordBlock } from '../../src/parse/record-block.js'
import { Window } from '../../src/parse/window.js'
import { mappingFor, memorySource } from '../parse/reading.js'
import { forAllAsync } from '../helpers/runs.js'

t.afterEach(() => useKernel())

interface Notation {
  readonly type: string
  /** As in `dateFormats`. */
  readonly format?: string
  /** A text as most files have it. */
  readonly usual: fc.Arbitrary<string>
  /** Texts at the ends of what the type, the notation or the kernel takes. */
  readonly hostile: readonly string[]
}

const double = fc.double({ noNaN: true, noDefaultInfinity: true }).map(String)
const date = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2261-01-01') })
const iso = (from: number, to: number): fc.Arbitrary<string> =>
  date.map(day => day.toISOString().slice(from, to))
const epoch = (digits: number): fc.Arbitrary<string> =>
  fc.integer({ min: -1e9, max: 4e9 }).map(n => `${n}${'123456789'.slice(0, digits)}`)
const small = fc.integer({ min: -130, max: 130 }).map(String)
const decimal = (digits: number): fc.Arbitrary<string> =>
  fc.integer().map(n => (n / 10 ** digits).toFixed(digits))

/** Without what divides records. */
const plain = (text: string): string => text.replaceAll(/[",\r\n]/g, '_')

const anyText = fc
  .constantFrom('grapheme-ascii', 'grapheme', 'binary')
  .chain(unit => fc.string({ unit, maxLength: 40 }))
  .map(plain)

const times = '2024-13-01T00:00:00|2024-01-31T09:30:00Z|2023-02-29|1900-02-29 00:00:00'
const counts = '-1|1.5|9223372036854775807|+5|00000000000000001|1e9|253402300800'

/** @param hostile  texts with | between them */
const notation = (type: string, usual: fc.Arbitrary<string>, hostile: string): Notation => ({
  type,
  usual,
  hostile: hostile.split('|'),
})

/** A column of each type and notation. */
const notations: readonly Notation[] = [
  notation('BOOL', fc.boolean().map(String), 'False|1|0|yes|2|fALSE'),
  notation('CHAR', small, "127|-127|128|a|'b'|-128"),
  notation('SHORT', small, '32767|-32768|+5|007'),
  notation('INT', fc.integer().map(String), '2147483647|-2147483648|2147483648|1e3|12.0'),
  notation('LONG', small, '9007199254740993|9223372036854775807|1234567890123456|-1'),
  notation('LONG', fc.maxSafeInteger().map(String), '-9223372036854775808|12345678901234567|--1'),
  notation('FLOAT', double, '16777217|0.1|1e-40|3.4028236e38|1.17549435e-38|0.1234567'),
  notation('DOUBLE', decimal(3), '9007199254740993|900719925474099.3|-0|.5|5.|.|1..5'),
  notation('DOUBLE', double, '0.30000000000000004|1e309|NaN|0.123456789012345|+.1|-'),
  notation('DOUBLE', decimal(15), '12345678901234.56|1234567890123456.|.1234567890123456|5.-1'),
  notation('DECIMAL32(2)', decimal(2), '-21474836.47|21474836.48|1.234|1.200|.|1.2.'),
  notation(
    'DECIMAL64(9)',
    decimal(9),
    '123456789.123456789|9223372036.854775807|1234567890123456.',
  ),
  notation('DECIMAL128(4)', decimal(4), '123456789012345678901234567890|1.23456'),
  notation('MONTH', iso(0, 7), '2024.13M|2024.12M|2024-00'),
  notation('DATE', iso(0, 10), `2024.12.31|20240131|0000-01-01|9999-12-31|${times}`),
  notation('TIME', iso(11, 23), '24:00:00|23:59:59.9999|23:59:60.000|09:30'),
  notation('MINUTE', iso(11, 16), '09:30m|9:30|09:60'),
  notation('SECOND', iso(11, 19), '9:30:00|23:59:59.5|23:59:59.000'),
  notation(
    'DATETIME',
    iso(0, 19),
    `2038-01-19 03:14:07|2038-01-19T03:14:08|1901-12-13 20:45:52|${times}`,
  ),
  notation('DATEHOUR', iso(0, 13), '2024.01.31T23|2024-01-31 24|2024-01-31T10:30'),
  notation(
    'TIMESTAMP',
    iso(0, 23),
    `2024.01.31 09:30:00.1250|2024-01-31T09:30:00.1234567|${times}`,
  ),
  notation(
    'TIMESTAMP',
    iso(0, 19),
    `0000-03-01T00:00:00|9999-12-31T23:59:59|2000-02-29T00:00:00|${times}`,
  ),
  notation('NANOTIME', iso(11, 23), '09:30:00.123456789|00:00:00|23:59:59.9999999999'),
  notation(
    'NANOTIMESTAMP',
    iso(0, 23),
    '2262-04-11T23:47:16.854775807|1677-09-21T00:12:43.145224193|2300-01-01',
  ),
  { ...notation('TIMESTAMP', epoch(3), counts), format: 'epoch:ms' },
  { ...notation('DATETIME', epoch(3), `1000|1500|${counts}`), format: 'epoch:ms' },
  { ...notation('NANOTIMESTAMP', epoch(6), counts), format: 'epoch:us' },
  { ...notation('NANOTIMESTAMP', epoch(9), counts), format: 'epoch:ns' },
  { ...notation('DATE', epoch(0), `86400|-86400|${counts}`), format: 'epoch:s' },
  {
    ...notation(
      'TIMESTAMP',
      iso(0, 23).map(text => text.replace('T', ' ')),
      '31/12/2024 10:00:00.1|2024-12-31 10:00:00',
    ),
    format: 'yyyy-MM-dd HH:mm:ss.SSS',
  },
  {
    ...notation(
      'DATE',
      iso(0, 10).map(text => text.replaceAll('-', '')),
      '20240230|2024013',
    ),
    format: 'yyyyMMdd',
  },
  notation(
    'SYMBOL',
    fc.nat(40).map(n => `SYM${'x'.repeat(n % 20)}${n}`),
    'A|a symbol of more than thirty-two bytes|股票|exactly sixteen b|\u0000',
  ),
  notation('STRING', anyText, 'é|\ud83d\ude00|a text of many more bytes than one vector has|x'),
  notation('BLOB', anyText, '\u0000|x'),
  notation('UUID', fc.uuid(), 'not one'),
]

const names = notations.map((_, i) => `c${i}`)
const typesText = notations.map(({ type }, i) => `c${i}:${type}`).join(',')
const dateFormats = Object.fromEntries(
  notations.flatMap(({ format }, i) => (format === undefined ? [] : [[`c${i}`, format]])),
)

const hostileAnywhere = fc.constantFrom('', ' ', ' 1', '1 ', '-', 'x', '\t', '\u0001', 'NULL')

/** @param share  of hostile cells, in percent */
const cell = ({ usual, hostile }: Notation, share: number): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 10 * (100 - share), arbitrary: usual },
    { weight: 7 * share, arbitrary: fc.constantFrom(...hostile) },
    { weight: 3 * share, arbitrary: hostileAnywhere },
  )

const quoted = (text: string, how: number): string =>
  how === 0 ? `"${text}"` : how === 1 ? `"${text}""q"` : how === 2 ? `"${text}\nnext"` : text

const lineEnd = fc.constantFrom('\n', '\n', '\n', '\r\n', '\r')

const record = (share: number): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.tuple(...notations.map(notation => cell(notation, share))),
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

const oddLines = ['\n', '# comment\n', '1,2\n', 'a"b,c\n', '\ufeff\n']
const otherRecord = fc.constantFrom(...oddLines, 'x'.repeat(300), '"open')

interface Case {
  readonly text: string | Uint8Array
  readonly chunkBytes: number
  readonly batchRows: number
}

/** At most 10,000 chunks: under tap, each takes a tenth of a millisecond. */
const cases = (texts: fc.Arbitrary<string | Uint8Array>): fc.Arbitrary<Case> =>
  fc
    .record({
      text: texts,
      chunkBytes: fc.oneof(
        fc.integer({ min: 1, max: 2_000 }),
        fc.integer({ min: 1, max: 300_000 }),
      ),
      batchRows: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.constant(100_000)),
    })
    .map(({ chunkBytes, ...input }) => ({
      ...input,
      chunkBytes: Math.max(chunkBytes, Math.ceil(input.text.length / 10_000)),
    }))

/** Everything that a reading tells. */
async function reading(
  input: Case,
  options: ReaderOptions,
  columns: string,
  formats: BatchOptions['cells'] = columns === typesText ? { dateFormats } : {},
): Promise<unknown[]> {
  const found: unknown[] = []
  const { chunkBytes, batchRows } = input
  const reader = await openReader(memorySource(input.text, { chunkBytes }), options)
  const byPosition = { match: 'position' } as const
  const mapping = mappingFor(reader, columns, reader.recordKind === 'fields' ? byPosition : {})
  const cells: BatchOptions['cells'] = { nullTexts: ['NULL'], ...formats }
  const onReject: BatchOptions['onReject'] = reject => void found.push({ ...reject })
  try {
    const all = { mapping, cells, batchRows, batchBytes: 1 << 20, keepRecords: true, onReject }
    for await (const batch of reader.batches(all)) {
      const { rowCount, ranges, endedBy, encodedBytes } = batch
      found.push({
        rowCount,
        ranges: ranges.map(range => ({ ...range, showRecord: undefined })),
        endedBy,
        encodedBytes,
      })
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
  await forAllAsync(usually)(cases(texts), async input => {
    useKernel(Infinity)
    const exact = await reading(input, options, columns).catch(String)
    useKernel(0)
    deepStrictEqual(await reading(input, options, columns).catch(String), exact)
  })
}

/** Without a header, the first record decides the number of fields. */
const firstRecord = `${','.repeat(names.length - 1)}\n`

/** Records of which a few, half or nearly all cells are hostile. Some inputs are longer than a block. */
const lines = fc
  .tuple(
    fc
      .constantFrom(3, 50, 97)
      .chain(share =>
        fc.array(
          fc.oneof({ weight: 30, arbitrary: record(share) }, { weight: 1, arbitrary: otherRecord }),
          { maxLength: 100, size: 'max' },
        ),
      ),
    fc.constantFrom(1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 10),
  )
  .map(([all, times]) => firstRecord + all.join('').repeat(times))

t.test('delimited text', async () => {
  const csv = { format: 'csv', header: 'no', delimiter: ',', maxRecordBytes: 2000 } as const
  await check(lines, { ...csv, quote: '"', comment: '#' }, typesText, 60)
  await check(lines, { ...csv, quote: '' }, typesText, 40)
  const header = `${names.join(',')}\n`
  const joined = lines.map(text => header + text + header + text)
  await check(joined, { ...csv, header: 'yes' }, typesText, 40)
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
const characters = 'a \u007f \u0080 \u07ff \u0800 \ud7ff \ue000 \uffff \u{10000}'.split(' ')
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
  await check(inputs, csv, 'a:STRING,b:INT,c:STRING', 150)
})

const oddValues = 'null true false 1e5 -0 "\\u0041" "\\ud800" [1] {"a":[]}'.split(' ')
const noValues = ['01', '1.', '-', 'nul', '"a', '+1', '.5', "'a'"]

const some = ['INT', 'DOUBLE', 'TIMESTAMP', 'SYMBOL', 'STRING', 'BOOL', 'LONG', 'DATE']
const members = some.map(type => notations.find(notation => notation.type === type)!)
const memberTypes = some.map((type, i) => `c${i}:${type}`).join(',')

/** A value of JSON, mostly of a kind that the type takes. @param damage  how many of a thousand are not JSON */
const value = (notation: Notation, share: number, damage: number): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 600, arbitrary: cell(notation, share).map(text => JSON.stringify(text)) },
    { weight: 300, arbitrary: fc.oneof(double, small, decimal(3)) },
    { weight: share, arbitrary: fc.constantFrom(...oddValues) },
    { weight: damage, arbitrary: fc.constantFrom(...noValues) },
  )

/** The texts of records, of which a few, half or nearly all values are hostile. Some inputs are longer than a block. */
function records(recordOf: (values: string[], how: number) => string, damage: number) {
  const recordOfShare = (share: number): fc.Arbitrary<string> =>
    fc
      .tuple(fc.tuple(...members.map(member => value(member, share, damage))), fc.nat(20))
      .map(([values, how]) => recordOf(values, how))
  return fc
    .tuple(
      fc
        .constantFrom(3, 50, 97)
        .chain(share => fc.array(recordOfShare(share), { maxLength: 100, size: 'max' })),
      fc.constantFrom(1, 1, 1, 1, 1, 30),
    )
    .map(([all, times]) => Array.from({ length: times }, () => all).flat())
}

const object = (values: string[], how: number): string => {
  const texts = values.map((text, i) => `"c${i}":${how === 1 ? ' ' : ''}${text}`)
  if (how === 2) texts.reverse()
  return `{${texts.join(',')}${how === 3 ? ',"c0":1' : ''}}`
}

t.test('lines of JSON', async () => {
  const ends = ['\n', '\n', '\n', '\r\n', '\r', ' \n', '\n\n']
  const texts = fc
    .tuple(records(object, 80), fc.nat(6))
    .map(([all, end]) => all.map((text, i) => text + ends[i % 17 === 0 ? end : 0]!).join(''))
  await check(texts, { format: 'ndjson', maxRecordBytes: 2000 }, memberTypes, 60)
})

/** What is between most records, and between a few. */
const separator = fc.constantFrom(',', ',\n', ', ', '\r\n,\r\n  ', ' ,\ufeff', ',,', '')

/** @param frames  texts before and after the records */
const documents = (
  frames: readonly (readonly [before: string, after: string])[],
  recordOf: typeof object,
): fc.Arbitrary<string> =>
  fc
    .tuple(records(recordOf, 1), separator, separator, fc.constantFrom(...frames))
    .map(([all, usual, other, [before, after]]) => {
      const text = all.map((text, i) => (i === 0 ? '' : i % 50 === 49 ? other : usual) + text)
      return before + text.join('') + after
    })

t.test('documents of JSON', async () => {
  const plain = documents(
    [
      ['[', ']\n'],
      ['[\n', ''],
      [' [', ']x'],
      ['', ''],
    ],
    object,
  )
  await check(plain, { format: 'json', maxRecordBytes: 2000 }, memberTypes, 30)
  const joined = records(object, 1).map(all => all.join('\n'))
  await check(joined, { format: 'json', maxRecordBytes: 2000 }, memberTypes, 20)
  const inside = documents([['{"n":1,"d":{"r":[', ']}}{"d":{"r":[]}}']], object)
  await check(inside, { format: 'json', jsonPath: 'd.r', maxRecordBytes: 2000 }, memberTypes, 20)
  const names = JSON.stringify(some.map((_, i) => `c${i}`))
  const array = (values: string[]): string => `[${values.join(',')}]`
  const rows = documents([[`{"fields":${names},"r":[`, ']}']], array)
  await check(rows, { format: 'json', jsonPath: 'r', maxRecordBytes: 2000 }, memberTypes, 40)
})

t.test('several windows in turn, each as long as it likes', async () => {
  useKernel(0)
  const draws = fc.array(fc.tuple(fc.nat(2), fc.nat(900_000), fc.nat(40_000)), { maxLength: 12 })
  const areKept = (steps: readonly [number, number, number][]): boolean => {
    const block = new RecordBlock(1, 8)
    const windows = [new Window(), new Window(), new Window()]
    const unread = ['', '', '']
    return steps.every(([i, left, added]) => {
      const window = windows[i]!
      window.start = Math.max(window.start, window.end - left)
      const text = String.fromCharCode(97 + (added % 26)).repeat(20 * added)
      unread[i] = unread[i]!.slice(unread[i]!.length - (window.end - window.start)) + text
      window.push(Buffer.from(text))
      block.showWindow(window)
      return windows.every(
        ({ bytes, start, end }, j) =>
          Buffer.from(bytes.subarray(start, end)).toString() === unread[j],
      )
    })
  }
  // The first window stays in the kernel's memory while the second one, which is too long for it, is shown in between.
  const outgrown: [number, number, number][] = [
    [2, 0, 13_656],
    [2, 273_117, 26_298],
    [0, 0, 1],
    [2, 799_077, 38_689],
    [1, 0, 0],
  ]
  fc.assert(fc.property(draws, areKept), { numRuns: 60, examples: [[outgrown]] })
})

t.test('before a time of day, a day that does not exist is refused, too', async t => {
  useKernel(0)
  const text = `${'2024-02-29 10:00:00\n'.repeat(20)}2024-02-30 10:00:01\n`
  const input = { text, chunkBytes: 100, batchRows: 100 }
  const formats = { dateFormats: { c0: 'yyyy-MM-dd HH:mm:ss' } }
  const [reject] = await reading(input, { header: 'no' }, 'c0:SECOND', formats)
  t.match(reject, { code: 'DDB_INPUT_CELL', lineNumber: 21 })
})
