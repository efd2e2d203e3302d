/* Fields of delimited text. The byte scanner, and csv-parse behind the same interface, are compared with csv-parse alone. */
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import t from 'tap'
import { csvDialect, type CsvDialect } from '../../../src/parse/csv/csv-dialect.js'
import { loadCsvParse } from '../../../src/parse/csv/csv-parse-guide.js'
import { CsvTokenizer } from '../../../src/parse/csv/csv-tokenizer.js'
import { RecordBlock } from '../../../src/parse/record-block.js'
import { bytesOf } from '../reading.js'
import { recordsOf } from '../records-of.js'
import { forAllAsync, runs } from '../../helpers/runs.js'

/** For each record its fields or the code of its fault, the bytes at its position, and its line. */
function tokens(csv: CsvTokenizer, bytes: Uint8Array, fieldCount: number, chunkBytes: number) {
  csv.emptyLines = fieldCount === 1 ? 'rows' : 'passed'
  const found = recordsOf(csv, bytes, fieldCount, chunkBytes)
  return {
    records: found.map(({ cells }) => cells),
    slices: found.map(({ offsetBytes, lengthBytes }) =>
      Buffer.from(bytes.subarray(offsetBytes, offsetBytes + lengthBytes)),
    ),
    lines: found.map(({ lineNumber }) => lineNumber),
  }
}

const lineEnds = ['\r\n', '\n', '\r']

/**
 * The expected records, or the code of their fault. With one column, an empty line is a record with one empty field,
 * except at the end of the input. With several columns, empty lines are ignored.
 */
function oracle(bytes: Uint8Array, dialect: CsvDialect, fieldCount: number) {
  try {
    const options = {
      delimiter: dialect.delimiter,
      quote: dialect.quote === '' ? null : dialect.quote,
      escape: dialect.quote === '' ? null : dialect.escape,
      record_delimiter: lineEnds,
      relax_column_count: true,
      raw: true,
      ...(dialect.comment === '' ? {} : { comment: dialect.comment, comment_no_infix: true }),
    }
    // The type declarations of csv-parse do not cover `raw`.
    const records = parse(Buffer.from(bytes), options) as unknown as {
      record: string[]
      raw: string
    }[]
    const isEmpty = ({ raw }: { raw: string }): boolean => /^[\r\n]*$/.test(raw)
    const last = records.findLastIndex(record => !isEmpty(record))
    return records
      .slice(0, last + 1)
      .filter(record => fieldCount === 1 || !isEmpty(record))
      .map(({ record }) => (record.length === fieldCount ? record : 'DDB_INPUT_FIELD_COUNT'))
  } catch {
    return undefined
  }
}

type Open = (dialect: CsvDialect) => CsvTokenizer | Promise<CsvTokenizer>

const scanned = (dialect: CsvDialect): CsvTokenizer => new CsvTokenizer('x', dialect, 0)

const parsed = async (dialect: CsvDialect): Promise<CsvTokenizer> =>
  new CsvTokenizer('x', dialect, 0, { guide: await loadCsvParse(dialect) })

const ways: [string, Open][] = [
  ['the byte scanner', scanned],
  ['csv-parse', parsed],
]

/** Texts that consist mostly of delimiters, quotes and other significant characters. */
const texts = (pieces: readonly string[]): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map(list => list.join(''))

const pieces = [
  ...['a', 'b1', ' ', 'é', ',', ',', '\n', '\r\n', '\r'],
  ...['"', '""', '"x"', '"p,q"', '"r\ns"', '"d""e"'],
]

type Check = (bytes: Uint8Array, fields: number, chunk: number, text: string) => Promise<boolean>

/** Checks drawn texts of these pieces, with drawn numbers of fields, in drawn chunks. */
const forTexts = (tries: number, pieces: readonly string[], check: Check): Promise<void> =>
  forAllAsync(tries)(
    fc.tuple(texts(pieces), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 9 })),
    ([text, fieldCount, chunkBytes]) => check(bytesOf(text), fieldCount, chunkBytes, text),
  )

for (const [name, open] of ways) {
  t.test(`${name} returns the fields that csv-parse returns, for any chunks`, async t => {
    let wellFormed = 0
    await forTexts(100, pieces, async (bytes, fieldCount, chunkBytes) => {
      const { records } = tokens(await open(csvDialect), bytes, fieldCount, chunkBytes)
      const expected = oracle(bytes, csvDialect, fieldCount)
      if (expected === undefined) return records.includes('DDB_INPUT_QUOTE')
      wellFormed++
      return JSON.stringify(records) === JSON.stringify(expected)
    })
    t.ok(wellFormed > runs(100) / 20, `${wellFormed} texts were well-formed`)
  })
}

t.test('both tokenizers reject the same records, at the same positions', async () => {
  const commented = [...pieces, '#', '\n#c\n', '\n#"\n', '\n\n']
  await forTexts(100, commented, async (bytes, fieldCount, chunkBytes) => {
    const dialect = { ...csvDialect, comment: '#' }
    const scanner = tokens(scanned(dialect), bytes, fieldCount, chunkBytes)
    const parser = tokens(await parsed(dialect), bytes, fieldCount, chunkBytes)
    return JSON.stringify(scanner) === JSON.stringify(parser)
  })
})

t.test('records, blank lines and comments together are the whole input', async () => {
  await forTexts(80, [...pieces, '#c\n'], async (bytes, fieldCount, chunkBytes) => {
    const dialect = { ...csvDialect, comment: '#' }
    for (const [, open] of ways) {
      const { slices } = tokens(await open(dialect), bytes, fieldCount, chunkBytes)
      let rest = Buffer.from(bytes).toString('latin1')
      for (const slice of slices) {
        const at = rest.indexOf(slice.toString('latin1'))
        if (at < 0 || !/^(?:#[^\r\n]*|\r|\n)*$/.test(rest.slice(0, at))) return false
        rest = rest.slice(at + slice.length)
      }
      if (!/^(?:#[^\r\n]*|\r|\n)*$/.test(rest)) return false
    }
    return true
  })
})

t.test('the line of each record is known', async () => {
  await forTexts(80, pieces, async (bytes, fieldCount, chunkBytes) => {
    for (const [, open] of ways) {
      const { slices, lines } = tokens(await open(csvDialect), bytes, fieldCount, chunkBytes)
      const all = Buffer.from(bytes).toString('latin1')
      let from = 0
      for (const [i, slice] of slices.entries()) {
        const at = all.indexOf(slice.toString('latin1'), from)
        if (lines[i] !== all.slice(0, at).split(/\r\n|\n|\r/).length) return false
        from = at + slice.length
      }
    }
    return true
  })
})

t.test('other delimiters and quotes are read as csv-parse reads them', async t => {
  const all = [scanned, parsed]
  const dialects: [string, Partial<CsvDialect>, Open[]][] = [
    ['tab', { delimiter: '\t' }, all],
    ['semicolon and apostrophe', { delimiter: ';', quote: "'", escape: "'" }, all],
    ['no quotes', { quote: '', escape: '' }, all],
    ['two characters', { delimiter: '||' }, all],
    ['three bytes', { delimiter: '€' }, all],
    ['backslash escapes', { escape: '\\' }, all],
    ['quotes of two bytes', { quote: '»', escape: '»' }, [parsed]],
    ['an escape character of two bytes', { quote: '"', escape: '§' }, [parsed]],
    ['a quote among the letters', { quote: '`', escape: '`' }, all],
  ]
  for (const [name, changes, opens] of dialects) {
    const dialect = { ...csvDialect, ...changes }
    const { delimiter, quote, escape } = dialect
    const own = ['a', '\\', '\\"', 'b', '\n', '\r\n', delimiter, quote, '"', '|', escape + quote]
    await forTexts(20, own, async (bytes, fieldCount, chunkBytes, text) => {
      const expected = oracle(bytes, dialect, fieldCount)
      fc.pre(expected !== undefined)
      // csv-parse drops every escape character, the scanner only one before a quote or another escape character.
      fc.pre(escape !== '\\' || !/\\(?![\\"])/.test(text))
      fc.pre(escape !== '§' || !/§(?![§"])/.test(text))
      for (const open of opens) {
        const { records } = tokens(await open(dialect), bytes, fieldCount, chunkBytes)
        if (JSON.stringify(records) !== JSON.stringify(expected)) return false
      }
      return true
    })
    t.pass(name)
  }
})

t.test('bytes that are not UTF-8 stay unchanged with every reader', async t => {
  const bytes = Buffer.from('ff2c22c32222c3220a', 'hex')
  for (const [name, open] of ways) {
    const csv = await open(csvDialect)
    const block = new RecordBlock(2, 1)
    csv.push(bytes)
    csv.end()
    csv.fill(block, 1, 100)
    const cells = [0, 1].map(cell =>
      Buffer.from(block.bytes.subarray(block.starts[cell], block.ends[cell])).toString('hex'),
    )
    t.strictSame(cells, ['ff', 'c322c3'], name)
  }
})

t.test('with every reader, an escape character before any other character is kept', async t => {
  for (const [name, open] of ways.slice(1)) {
    const csv = await open({ ...csvDialect, escape: '\\' })
    const { records } = tokens(csv, bytesOf('a,"b\\c\\"\\\\"\n'), 2, 100)
    t.strictSame(records, [['a', 'b\\c"\\']], name)
  }
})

t.test('every reader distinguishes quoted from unquoted fields', async t => {
  for (const [name, open] of ways) {
    const csv = await open(csvDialect)
    const block = new RecordBlock(4, 1)
    block.quote = csv.quote
    csv.push(bytesOf('NA,"NA","",\n'))
    csv.end()
    csv.fill(block, 1, 100)
    const areQuoted = [0, 1, 2, 3].map(cell => block.isQuoted(0, cell))
    t.strictSame(areQuoted, [false, true, true, false], name)
  }
})
