/* Reading may resume where an earlier reading stopped, or read only requested pieces. It must find the same records at the same positions
   as one complete reading, for any format, encoding, compression and chunks. */
import { deepStrictEqual, ok } from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import t from 'tap'
import { InputError } from '../../src/errors.js'
import type { ResumePoint } from '../../src/parse/batch.js'
import type { BatchOptions } from '../../src/parse/input-reader.js'
import { openReader, type ReaderOptions } from '../../src/parse/formats.js'
import type { Files } from '../../src/platform/platform.js'
import { systemFiles } from '../../src/platform/system-files.js'
import type { ByteSource } from '../../src/source/byte-source.js'
import type { Encoding } from '../../src/source/encoding/encodings.js'
import { openSource } from '../../src/source/open-source.js'
import { deepTest, forAllAsync, tried } from '../helpers/runs.js'
import { rawFrame } from '../source/compression/zstd.js'
import { batchesFrom, mappingFor, memorySource, rowsOf } from './reading.js'

interface Input {
  readonly text: string
  readonly encoding: Encoding
  readonly isEncodingFound: boolean
  readonly compression: 'none' | 'gzip' | 'zstd'
  readonly dialect: ReaderOptions
}

interface FoundRow {
  readonly values: string[]
  readonly lineNumber: number
  readonly offsetBytes: number
  readonly lengthBytes: number
  readonly record: string
}

interface FoundBatch {
  readonly rows: FoundRow[]
  readonly start: number
  readonly end: ResumePoint
  /** Number of records read when the reject was reported. */
  readonly recordsRead: number
  readonly rejects: number
}

interface Reading {
  readonly batches: FoundBatch[]
  readonly rejects: { offsetBytes: number }[]
  readonly recordsRead: number
  readonly failure: unknown
  readonly skipped: number
}

const byPosition = { match: 'position' } as const

const content = ({ text, encoding, isEncodingFound }: Input): Buffer =>
  iconv.encode(text, encoding, { addBOM: isEncodingFound && encoding !== 'utf-8' })

function stored(input: Input): Buffer {
  const bytes = content(input)
  if (input.compression === 'none') return bytes
  return input.compression === 'gzip' ? gzipSync(bytes) : rawFrame(bytes)
}

const rowsIn = ({ batches }: Reading): FoundRow[] => batches.flatMap(({ rows }) => rows)

/** Reads the whole input. Throws only failures before the first record. */
async function readAll(input: Input, size: number, options: Partial<BatchOptions>) {
  const bytes = stored(input)
  const chunks: Buffer[] = []
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
  const source = await openSource('-', {
    stdin: Readable.from(chunks, { objectMode: true }),
    encoding: input.isEncodingFound ? 'auto' : input.encoding,
  })
  return readSource(source, input, options)
}

async function readSource(
  source: ByteSource,
  input: Input,
  options: Partial<BatchOptions>,
  contentBytes = content(input).length,
): Promise<Reading> {
  const reader = await openReader(source, input.dialect)
  const batches: FoundBatch[] = []
  const rejects: Reading['rejects'] = []
  let failure: unknown
  const isEmpty = reader.recordKind === 'fields' && reader.fieldCount === 0
  const types = reader.fieldCount === 1 ? 'n:INT' : 'n:INT,s:STRING'
  const rules = reader.recordKind === 'fields' ? byPosition : {}
  const found = isEmpty
    ? []
    : batchesFrom(reader, mappingFor(reader, types, rules), {
        batchRows: 3,
        keepRecords: true,
        onReject: ({ bytes, ...reject }) =>
          void rejects.push({ ...reject, ...{ bytes: Buffer.from(bytes).toString('latin1') } }),
        ...options,
      })
  try {
    for await (const batch of found) {
      const rows = rowsOf(batch).map((values, row) => {
        const { lineNumber, offsetBytes, lengthBytes } = batch.locate(row)
        const record = Buffer.from(batch.record(row)).toString('latin1')
        return { values, lineNumber, offsetBytes, lengthBytes, record }
      })
      const { startOffsetBytes: start, endOffsetBytes, endLineNumber } = batch.ranges[0]!
      const end = { offsetBytes: endOffsetBytes, lineNumber: endLineNumber }
      const { recordsRead } = reader
      batches.push({ rows, start, end, recordsRead, rejects: rejects.length })
      batch.release()
    }
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    const { code, message, position } = error
    failure = { code, message, position }
  }
  const { rows, rejected, header, other, skipped } = reader.byteCounts
  const sum = rows + rejected + header + other + skipped
  if (reader.readToEnd) deepStrictEqual(sum, contentBytes)
  else ok(sum <= contentBytes)
  const { recordsRead } = reader
  await reader.close()
  return { batches, rejects, recordsRead, failure, skipped }
}

function lineAt(input: Input, offsetBytes: number): number {
  const bytes = content(input)
  const before = iconv.decode(bytes.subarray(0, offsetBytes), input.encoding, { stripBOM: false })
  return before.split(/\r\n|\r|\n/).length
}

function checkEnds(input: Input, reading: Reading): void {
  const rows = rowsIn(reading)
  let rowCount = 0
  for (const { end, recordsRead, rejects, rows: own } of reading.batches) {
    rowCount += own.length
    deepStrictEqual(recordsRead, rowCount + rejects)
    const { offsetBytes } = end
    ok(rows.slice(0, rowCount).every(row => row.offsetBytes < offsetBytes))
    ok(rows.slice(rowCount).every(row => row.offsetBytes >= offsetBytes))
    ok(reading.rejects.slice(0, rejects).every(reject => reject.offsetBytes < offsetBytes))
    ok(reading.rejects.slice(rejects).every(reject => reject.offsetBytes >= offsetBytes))
    deepStrictEqual(end.lineNumber, lineAt(input, offsetBytes))
  }
}

async function checkResumed(input: Input, whole: Reading, size: number): Promise<void> {
  for (const { end } of whole.batches) {
    const rest = await readAll(input, size, { from: end, batchRows: 2 })
    checkRest(whole, rest, end)
    checkEnds(input, rest)
  }
}

function checkRest(whole: Reading, rest: Reading, { offsetBytes }: ResumePoint): void {
  const isLater = (record: { offsetBytes: number }): boolean => record.offsetBytes >= offsetBytes
  deepStrictEqual(rowsIn(rest), rowsIn(whole).filter(isLater))
  deepStrictEqual(rest.rejects, whole.rejects.filter(isLater))
  deepStrictEqual(rest.failure, whole.failure)
  deepStrictEqual(rest.recordsRead, rowsIn(rest).length + rest.rejects.length)
  if (rest.batches.length > 0) deepStrictEqual(rest.batches[0]!.start, offsetBytes)
}

const sizes = fc.tuple(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 200 }))

async function check(
  inputs: fc.Arbitrary<Input>,
  usual: number,
  compression: Input['compression'] = 'none',
): Promise<void> {
  await forAllAsync(usual)(inputs, sizes, async (generated, [first, second]) => {
    const input = { ...generated, compression }
    let whole: Reading
    try {
      whole = await readAll(input, first, {})
    } catch (error) {
      if (error instanceof InputError) return
      throw error
    }
    checkEnds(input, whole)
    for (const [index, { start }] of whole.batches.entries()) {
      if (index > 0) deepStrictEqual(start, whole.batches[index - 1]!.end.offsetBytes)
    }
    await checkResumed(input, whole, second)
  })
}

const lineEnds = fc.constantFrom('\n', '\n', '\r\n', '\r')

/** Several lines. The last line may have no line end. */
function linesOf(line: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(fc.array(fc.tuple(line, lineEnds), { maxLength: 25, size: 'max' }), fc.boolean())
    .map(([lines, isCut]) => {
      const text = lines.map(parts => parts.join('')).join('')
      return isCut ? text.replace(/[\r\n]+$/, '') : text
    })
}

const encodedAs = fc.constantFrom<Pick<Input, 'encoding' | 'isEncodingFound'>>(
  { encoding: 'utf-8', isEncodingFound: true },
  { encoding: 'utf-8', isEncodingFound: false },
  { encoding: 'gb18030', isEncodingFound: false },
  { encoding: 'utf-16le', isEncodingFound: true },
  { encoding: 'utf-16be', isEncodingFound: false },
)

/** Delimited text with every kind of fault. */
function delimited(dialect: ReaderOptions): fc.Arbitrary<Input> {
  const { delimiter = ',', quote = '"' } = dialect
  const rest = fc.array(fc.constantFrom(...'ab股é😀|, '), { maxLength: 8 })
  const quoted = fc
    .array(fc.constantFrom(...'a股,|', '\n', '\r\n', '\r', quote + quote), { maxLength: 6 })
    .map(parts => `${quote}${parts.join('')}${quote}`)
  const line = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(fc.nat(99), rest).map(([n, s]) => [n, s.join('')]) },
    { weight: 4, arbitrary: fc.tuple(fc.nat(99), quoted) },
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        ['x', 'bad cell'],
        ['1', '2', '3'],
        ['alone'],
        [''],
        ['# comment'],
        ['9', `${quote}a${quote}b`],
        ['7'.repeat(120)],
        ['8', 'y'.repeat(120)],
      ),
    },
    { weight: 1, arbitrary: fc.constantFrom(['5', `${quote}open`], ['6', ` ${quote}a${quote}`]) },
  )
  const lines = linesOf(line.map(fields => fields.join(delimiter)))
  return fc
    .tuple(fc.constantFrom('', '\n# made by hand\r\n'), fc.boolean(), lines, encodedAs)
    .map(([head, hasHeader, text, encoding]) => ({
      ...encoding,
      text: `${head}${hasHeader ? `n${delimiter}s\n` : `0${delimiter}first\n`}${text}`,
      compression: 'none',
      dialect: {
        format: 'csv',
        comment: '#',
        maxRecordBytes: 100,
        header: hasHeader ? 'yes' : 'no',
        ...dialect,
      },
    }))
}

const delimitedText = delimited({ delimiter: ',', quote: '"' })

t.test('delimited text resumes after every batch', async () => {
  await check(delimitedText, 100)
})

/** One column in which most lines are empty. */
const oneColumn = fc
  .tuple(
    fc.constantFrom('', '\n', '\r\n\n# made by hand\r\n\n'),
    fc.boolean(),
    linesOf(fc.constantFrom('', '', '', '7', '# comment', '"8\n"', 'bad', '1,2', 'y'.repeat(120))),
    encodedAs,
  )
  .map(([head, hasHeader, text, encoding]) => ({
    ...encoding,
    text: `${head}${hasHeader ? 'n' : '0'}\n${text}`,
    compression: 'none' as const,
    dialect: {
      format: 'csv' as const,
      delimiter: ',',
      comment: '#',
      maxRecordBytes: 100,
      header: hasHeader ? ('yes' as const) : ('no' as const),
    },
  }))

t.test('one column whose empty lines are rows resumes in the same way', async () => {
  await check(oneColumn, 100)
})

t.test('text with long delimiters, other escapes and blanks resumes in the same way', async () => {
  await check(delimited({ delimiter: '||', quote: '"', trim: true }), 50)
  await check(delimited({ delimiter: ',', quote: '"', escape: '\\', ragged: 'pad' }), 30)
})

deepTest(t, 'text that csv-parse reads resumes in the same way', async () => {
  await check(delimited({ delimiter: ',', quote: '股', maxRecordBytes: 10_000 }), 50)
})

const object = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      n: fc.nat(99),
      s: fc.array(fc.constantFrom(...'ab股é😀"\n'), { maxLength: 6 }).map(parts => parts.join('')),
    }),
  },
  { weight: 1, arbitrary: fc.constantFrom({ n: 'x', s: '' }, { n: 1 }, 5, 'text', null, [1, 2]) },
)

t.test('NDJSON resumes after every batch', async () => {
  const line = fc.oneof(
    { weight: 5, arbitrary: object.map(value => JSON.stringify(value)) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('', '  ', '{"n":1', '{"n":1,"s":"a"} x', ' '.repeat(200)),
    },
  )
  const inputs = fc.tuple(linesOf(line), encodedAs).map(([text, encoding]): Input => {
    const dialect = { format: 'ndjson', maxRecordBytes: 150 } as const
    return { ...encoding, text: `{"n":0,"s":"a"}\n${text}`, compression: 'none', dialect }
  })
  await check(inputs, 100)
})

/** Elements with blanks and commas between them, and text around them. */
function documents(
  around: fc.Arbitrary<readonly [before: string, between: string, behind: string]>,
  dialect: ReaderOptions,
): fc.Arbitrary<Input> {
  const blanks = fc.array(fc.constantFrom(' ', '\n', '\r\n', '\r'), { maxLength: 3 })
  const gap = blanks.map(parts => parts.join(''))
  const element = object.chain(value =>
    fc.boolean().map(isPretty => JSON.stringify(value, undefined, isPretty ? 2 : 0)),
  )
  return fc
    .tuple(
      around,
      fc.array(fc.tuple(gap, element, gap), { maxLength: 25, size: 'max' }),
      encodedAs,
      fc.nat(40),
    )
    .map(([[before, between, behind], elements, encoding, cut]) => {
      const text = `${before}${elements.map(parts => parts.join('')).join(between)}${behind}`
      return {
        ...encoding,
        // Sometimes the end of the text is missing.
        text: cut < 4 ? text.slice(0, text.length - cut) : text,
        compression: 'none',
        dialect: { format: 'json', ...dialect },
      }
    })
}

deepTest(t, 'JSON arrays and consecutive objects resume after every batch', async () => {
  const around = fc.constantFrom(['[', ',', '] '], ['\r\n[\r', '\r\n,', '\r]\n'], [' ', '\r\n', ''])
  await check(documents(around, {}), 100)
})

t.test('records of a document have their own lines, also if they share or span lines', async t => {
  const rows = [1, 2, 3].map(n => `{"n":${n},"s":"x"}`)
  const text = `{"rows":[${rows[0]},\n\n${rows[1]},${rows[2]}]}`
  const dialect = { format: 'json', jsonPath: 'rows' } as const
  const input = { text, dialect, compression: 'none', encoding: 'utf-8' } as const
  for (const size of [1, 30, 1000]) {
    const { batches } = await readAll({ ...input, isEncodingFound: true }, size, {})
    const lines = batches.flatMap(({ rows: found }) => found).map(({ lineNumber }) => lineNumber)
    t.strictSame(lines, [1, 3, 3])
  }
})

deepTest(t, 'records further inside documents resume in the same way', async () => {
  const start = '{"a":[{"n":1}],"data":{"rows":['
  const around = fc.constantFrom(
    [start, ',', '],"z":[1,\r\n{"n":2}]}}'],
    [start, ',', ']},"z":1}\r\n{"data":{"rows":[{"n":7,"s":"next"}]},"y":[null]}'],
  )
  await check(documents(around, { jsonPath: 'data.rows' }), 50)
})

deepTest(t, 'compressed inputs resume at the same position', async () => {
  await check(delimitedText, 10, 'gzip')
  await check(delimitedText, 2, 'zstd')
})

/** The files of this machine, and the number of bytes read from them. */
function countedFiles(): { files: Files; read: { bytes: number } } {
  const read = { bytes: 0 }
  const files: Files = {
    ...systemFiles,
    async open(path) {
      const file = await systemFiles.open(path)
      const counted = async (reading: Promise<number>): Promise<number> => {
        const bytes = await reading
        read.bytes += bytes
        return bytes
      }
      return {
        ...file,
        read: (...range) => counted(file.read(...range)),
        readAt: (...range) => counted(file.readAt(...range)),
      }
    },
  }
  return { files, read }
}

const quotedLines = (n: number): string =>
  n % 7 === 0 ? `x${n},bad\n` : `${n},"股é😀\n, ${'y'.repeat((5 * n) % 5000)}"\r\n`
const objects = (n: number): string =>
  `{"n": ${n % 7 === 0 ? '"x"' : n}, "s": "股é😀${'y'.repeat((5 * n) % 5000)}"}\n`

deepTest(t, 'a plain UTF-8 file resumes without reading the earlier bytes', async t => {
  const csv = { format: 'csv', header: 'yes' } as const
  const inputs = [
    ['n,s\n', quotedLines, csv, 'auto'],
    ['\ufeffn,s\n', quotedLines, csv, 'auto'],
    ['n,s\n', quotedLines, csv, 'utf-8'],
    ['n,s\n', quotedLines, csv, 'auto', '1,\xff\n'],
    ['n,s\n', quotedLines, csv, 'utf-8', '1,\xff\n2,b'],
    [
      'n|s\n',
      (n: number) => `${n}|股${'y'.repeat((5 * n) % 5000)}股\n`,
      { ...csv, delimiter: '|', quote: '股' },
      'auto',
    ],
    ['', objects, { format: 'ndjson' }, 'auto'],
    ['', objects, { format: 'ndjson' }, 'utf-8'],
  ] as const
  for (const [head, line, dialect, encoding, end = ''] of tried(inputs, 2)) {
    const text = head + Array.from({ length: 4_000 }, (_, n) => line(n)).join('')
    const path = join(t.testdir(), 'input')
    const bytes = Buffer.concat([Buffer.from(text), Buffer.from(end, 'latin1')])
    writeFileSync(path, bytes)
    const isEncodingFound = encoding === 'auto'
    const input: Input = {
      ...{ text, encoding: 'utf-8', isEncodingFound, compression: 'none', dialect },
    }
    const options = { batchRows: 20 }
    const opened = await openSource(path, { encoding })
    const whole = await readSource(opened, input, options, bytes.length)
    for (const batch of [whole.batches[0]!, whole.batches.at(-5)!, whole.batches.at(-1)!]) {
      const { files, read } = countedFiles()
      const source = await openSource(path, { encoding, files })
      const rest = await readSource(source, input, { ...options, from: batch.end }, bytes.length)
      checkRest(whole, rest, batch.end)
      t.ok(rest.skipped > 0)
      t.equal(source.contentBytesRead, bytes.length)
      const head = 4 * 1024 * 1024
      t.ok(read.bytes <= head + bytes.length - batch.end.offsetBytes, `${read.bytes} bytes read`)
    }
    t.ok(whole.batches.at(-5)!.end.offsetBytes > 4 * 1024 * 1024, 'there is something to skip')
  }
})

interface Simple extends Partial<BatchOptions> {
  readonly chunkBytes?: number
}

/** The range and the first value of each batch, for a small table without a header. */
async function batchesOf(text: string, { chunkBytes = 5, ...options }: Simple) {
  const reader = await openReader(memorySource(text, { chunkBytes }), { header: 'no' })
  const batches: { start: number; end: number; line: number; rows: string[] }[] = []
  for await (const batch of batchesFrom(reader, 'n:INT', options)) {
    const { startOffsetBytes: start, endOffsetBytes: end, endLineNumber: line } = batch.ranges[0]!
    batches.push({ start, end, line, rows: rowsOf(batch).flat() })
    batch.release()
  }
  return { batches, reader }
}

t.test('if an input ends where reading resumes, there are no more rows', async t => {
  for (const [text, lineNumber] of [
    ['1\n2\n', 3],
    ['1\n2', 2],
    ['1\r\n2\r', 3],
  ] as const) {
    const from = { offsetBytes: text.length, lineNumber }
    const { batches, reader } = await batchesOf(text, { from })
    t.strictSame(batches, [])
    t.equal(reader.recordsRead, 0)
    t.equal(reader.readToEnd, true)
    t.equal(reader.byteCounts.skipped, text.length)
  }
})

t.test('a header without rows resumes after the header', async t => {
  for (const text of ['n\n', 'n\r\n', 'n']) {
    const reader = await openReader(memorySource(text), { header: 'yes' })
    const from = { offsetBytes: text.length, lineNumber: 2 }
    t.equal((await batchesFrom(reader, 'n:INT', { from }).next()).done, true)
    const expected = { rows: 0, rejected: 0, header: text.length, other: 0, skipped: 0 }
    t.strictSame(reader.byteCounts, expected)
  }
})

t.test('a shorter input is reported as a different input', async t => {
  const from = { offsetBytes: 9, lineNumber: 4 }
  await t.rejects(batchesOf('1\n2\n', { from }), {
    code: 'DDB_RUN_CHANGED',
    message: /ends before byte 9, up to which the run has read it/,
    position: { file: 'input.csv', lineNumber: 4, offsetBytes: 9 },
  })
})

t.test('a failure before that position is passed on, and a stop ends reading there', async t => {
  const failure = new InputError('DDB_INPUT_READ', 'the disk is gone', { file: 'x' })
  const from = { offsetBytes: 9, lineNumber: 4 }
  const reader = await openReader(memorySource('1\n2\n', { failure }), { header: 'no' })
  await t.rejects(batchesFrom(reader, 'n:INT', { from }).next(), failure)
  const { batches } = await batchesOf('1\n2\n', { from, stopped: () => true })
  t.strictSame(batches, [])
})

t.test('the limit counts from the position at which reading resumes', async t => {
  const from = { offsetBytes: 4, lineNumber: 3 }
  const { batches, reader } = await batchesOf('1\n2\n3\n4\n5\n', { from, limit: 2 })
  t.strictSame(batches, [{ start: 4, end: 8, line: 5, rows: ['3', '4'] }])
  t.equal(reader.recordsRead, 2)
})
