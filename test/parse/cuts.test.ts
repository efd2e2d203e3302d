/* Batches that are cut by place. Readers must cut the same inputs alike, whatever the chunks, the types and the cut at which they begin,
   and as a plain splitter does that knows no chunks, columns or blocks. */
import { deepStrictEqual } from 'node:assert/strict'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import t from 'tap'
import { Cuts, type CutSizes, newSharedRows } from '../../src/parse/batch-builder.js'
import { openReader, type ReaderOptions } from '../../src/parse/formats.js'
import type { ColumnMapping } from '../../src/schema/cell-source.js'
import { openSource } from '../../src/source/open-source.js'
import { forAllAsync } from '../helpers/runs.js'
import { batchesFrom, mappingFor } from './reading.js'

/** Where a record of the list begins and ends, and the number of its input. */
interface Found {
  readonly input: number
  readonly start: number
  readonly end: number
}

interface Place {
  readonly input: number
  readonly offsetBytes: number
  readonly lineNumber: number
  /** Records of the input before the place. */
  readonly records: number
}

/** The records of a batch, and its end. */
interface Cut {
  readonly records: number
  readonly end: Place
}

interface Case {
  readonly dialect: ReaderOptions
  /** All inputs have at least one record. */
  readonly texts: readonly string[]
  /** The records of one input, by the plain splitter; of delimited text without the header. */
  readonly split: (text: string) => Omit<Found, 'input'>[]
}

const lineAt = (text: string, offset: number): number =>
  Buffer.from(text)
    .subarray(0, offset)
    .toString()
    .split(/\r\n|\r|\n/).length

function cutsOf({ texts, split }: Case, { records, bytes }: CutSizes): Cut[] {
  const found: Cut[] = []
  let base = 0
  let batchStart = 0
  let lastEnd = 0
  let count = 0
  let end: Place | undefined
  const cut = (): void => {
    found.push({ records: count, end: end! })
    batchStart = lastEnd
    count = 0
  }
  for (const [input, text] of texts.entries()) {
    for (const [index, record] of split(text).entries()) {
      if (count === records || (count > 0 && base + record.start >= batchStart + bytes)) cut()
      count++
      lastEnd = base + record.end
      const lineNumber = lineAt(text, record.end)
      end = { input, offsetBytes: record.end, lineNumber, records: index + 1 }
    }
    // What follows the last record counts only here: a later input's records follow that record.
    if (count > 0 && base + Buffer.byteLength(text) >= batchStart + bytes) cut()
    base = lastEnd
  }
  if (count > 0) cut()
  return found
}

interface Way extends CutSizes {
  readonly chunkBytes: number
  readonly types: string
  readonly isCompressed?: boolean
}

interface Read extends Cut {
  readonly rows: string[]
  readonly rejects: number[]
}

async function open(text: string, { chunkBytes, isCompressed = false }: Way) {
  const plain = Buffer.from(text)
  const bytes = isCompressed ? gzipSync(plain) : plain
  const chunks: Buffer[] = []
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    chunks.push(bytes.subarray(at, at + chunkBytes))
  }
  return openSource('-', { stdin: Readable.from(chunks, { objectMode: true }) })
}

/** Reads a list of inputs, from a cut on. Checks that ranges follow one another and hold their rows. */
async function read({ dialect, texts }: Case, way: Way, from?: Place): Promise<Read[]> {
  const found: Read[] = []
  const shared = newSharedRows()
  const cuts = new Cuts(way)
  let mapping: ColumnMapping | undefined
  let before = from
  let rejects: number[] = []
  /** For each range that the batch has of inputs which were read to their end, the records before its end. */
  let recordsBefore = new Map<object, Pick<Place, 'input' | 'records'>>()
  const take = (batch: ReturnType<typeof shared.take>, input: number, recordsRead: number) => {
    if (batch === undefined) return
    const last = batch.ranges.at(-1)!
    const place = recordsBefore.get(last) ?? { input, records: recordsRead }
    for (const range of batch.ranges) {
      const own = recordsBefore.get(range) ?? place
      if (before?.input === own.input) deepStrictEqual(range.startOffsetBytes, before.offsetBytes)
      const { endOffsetBytes: offsetBytes, endLineNumber: lineNumber } = range
      before = { ...own, offsetBytes, lineNumber }
    }
    const rowCount = batch.ranges.reduce((sum, { rowCount }) => sum + rowCount, 0)
    deepStrictEqual(rowCount, batch.rowCount)
    const records = batch.ranges.reduce((sum, { recordCount }) => sum + recordCount, 0)
    const rows = Array.from({ length: batch.rowCount }, (_, row) => {
      const { file: _file, ...at } = batch.locate(row)
      return JSON.stringify(at)
    })
    found.push({ records, end: before!, rows, rejects })
    deepStrictEqual(rows.length + rejects.length, records)
    rejects = []
    recordsBefore = new Map()
    batch.release()
  }
  for (const [input, text] of texts.entries()) {
    if (input < (from?.input ?? 0)) continue
    const reader = await openReader(await open(text, way), dialect)
    const isFields = reader.recordKind === 'fields'
    mapping ??= mappingFor(reader, way.types, isFields ? { match: 'position' } : {})
    const isFirst = from !== undefined && input === from.input
    const earlier = isFirst ? from.records : 0
    const batches = reader.batches({
      mapping,
      batchRows: 1,
      batchBytes: 1,
      shared,
      cuts,
      from: isFirst ? from : undefined,
      onReject: ({ offsetBytes }) => void rejects.push(offsetBytes),
    })
    for await (const batch of batches) {
      deepStrictEqual(batch.endedBy, 'full')
      take(batch, input, earlier + reader.recordsRead)
    }
    if (reader.lastRange !== undefined) {
      recordsBefore.set(reader.lastRange, { input, records: earlier + reader.recordsRead })
    }
    await reader.close()
  }
  take(shared.take('end'), -1, -1)
  return found
}

const plain = ({ records, end }: Cut): Cut => ({ records, end })

const ways = fc.record({
  records: fc.integer({ min: 1, max: 9 }),
  bytes: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constant(Infinity)),
  chunkBytes: fc.integer({ min: 1, max: 200 }),
})

async function check(cases: fc.Arbitrary<Case>, usual: number, isCompressed = false) {
  const types = fc.constantFrom('n:INT,s:STRING', 'n:STRING,s:STRING')
  const other = fc.record({ chunkBytes: fc.integer({ min: 1, max: 200 }), types, at: fc.nat() })
  await forAllAsync(usual)(
    cases,
    ways,
    types,
    other,
    async (one, sizes, types, { at, ...other }) => {
      const way = { ...sizes, types, isCompressed }
      const whole = await read(one, way)
      deepStrictEqual(whole.map(plain), cutsOf(one, way))
      if (whole.length === 0) return
      const cut = at % whole.length
      const rest = await read(one, { ...way, ...other }, whole[cut]!.end)
      deepStrictEqual(rest.map(plain), whole.slice(cut + 1).map(plain))
      if (types === other.types) deepStrictEqual(rest, whole.slice(cut + 1))
    },
  )
}

const lineEnd = fc.constantFrom('\n', '\n', '\r\n', '\r')

function linesOf(line: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const lines = fc.array(fc.tuple(line, lineEnd), { maxLength: 25, size: 'max' })
  return fc.tuple(lines, fc.boolean()).map(([lines, isCut]) => {
    const text = lines.map(parts => parts.join('')).join('')
    return isCut ? text.replace(/[\r\n]+$/, '') : text
  })
}

const startAfter = (text: Buffer, from: number, noRecord: RegExp): number => {
  const [other] = noRecord.exec(text.subarray(from).toString('latin1'))!
  return from + other.length
}

/** csv-parse finds the ends of records; the lines between records begin with a line end or `#`. */
function csvRecords(text: string, quote: string): Omit<Found, 'input'>[] {
  const bytes = Buffer.from(text.replace(/^\ufeff/, ''))
  const mark = Buffer.byteLength(text) - bytes.length
  const latin1 = (part: string): string => Buffer.from(part).toString('latin1')
  const found = parse(bytes, {
    ...{ comment: '#', comment_no_infix: true, encoding: 'latin1', info: true },
    ...{ quote: latin1(quote), escape: latin1(quote), record_delimiter: ['\r\n', '\n', '\r'] },
    ...{ relax_column_count: true, skip_empty_lines: true },
  }) as unknown as { info: { bytes: number } }[]
  let end = 0
  const records = found.map(({ info }) => {
    const start = startAfter(bytes, end, /^(?:[\r\n]|#[^\r\n]*(?![^\r\n]))*/)
    end = info.bytes
    return { start: start + mark, end: end + mark }
  })
  return records.slice(1)
}

/** Delimited text whose first line is a header. */
function delimited(quote: string): fc.Arbitrary<Case> {
  const quoted = fc
    .array(fc.constantFrom('a', '中', ',', '\n', '\r\n', '#', quote + quote), { maxLength: 6 })
    .map(parts => `${quote}${parts.join('')}${quote}`)
  const line = fc.oneof(
    fc.tuple(fc.nat(99), quoted).map(fields => fields.join(',')),
    fc.constantFrom(
      '1,a',
      '2,éé',
      'x,bad',
      'alone',
      '1,2,3',
      '',
      '',
      '# comment',
      `3,${'y'.repeat(70)}`,
    ),
  )
  const input = fc
    .tuple(
      fc.constantFrom('', '\ufeff'),
      fc.constantFrom('', '\n', '# made by hand\r\n'),
      linesOf(line),
    )
    .map(([mark, head, lines]) => `${mark}${head}n,s\n${lines}`)
  return fc.array(input, { minLength: 1, maxLength: 4 }).map(texts => ({
    texts,
    dialect: { format: 'csv', header: 'yes', comment: '#', quote, delimiter: ',' },
    split: text => csvRecords(text, quote),
  }))
}

t.test('delimited text is cut by place', () => check(delimited('"'), 150))
t.test('text that csv-parse reads is cut by place', () => check(delimited('股'), 40))
t.test('compressed text is cut by place', () => check(delimited('"'), 10, true))

const object = fc.constantFrom(
  ...['{"n":1,"s":"a"}', '{"n":2,"s":"股é"}', '{"n":"x","s":""}', '{"n":3}'],
  ...['5', 'null', `{"n":4,"s":"${'y'.repeat(60)}"}`],
)

t.test('lines of JSON are cut by place', () => {
  const lines = linesOf(
    fc.oneof({ weight: 3, arbitrary: object }, fc.constantFrom('', '{"n":1', ' ')),
  )
  const split = (text: string): Omit<Found, 'input'>[] => {
    let end = 0
    return (text.match(/[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+$/g) ?? []).flatMap(line => {
      const start = end
      end += Buffer.byteLength(line)
      return line.trim() === '' ? [] : [{ start, end }]
    })
  }
  const cases = fc.array(lines, { minLength: 1, maxLength: 4 }).map(texts => ({
    ...{ texts, split },
    dialect: { format: 'ndjson' } as const,
  }))
  return check(cases, 80)
})

t.test('arrays of JSON are cut by place', () => {
  const gap = fc.constantFrom('', ' ', '\n', '\r\n', '\n\n')
  const array = fc.array(fc.tuple(gap, object, gap), { minLength: 1, maxLength: 20 })
  const cases = fc.array(array, { minLength: 1, maxLength: 3 }).map(arrays => {
    const found = new Map<string, Omit<Found, 'input'>[]>()
    const texts = arrays.map(elements => {
      let text = '['
      const records = elements.map(([before, element, after], index) => {
        const start = Buffer.byteLength((text += `${index > 0 ? ',' : ''}${before}`))
        const end = Buffer.byteLength((text += element))
        text += after
        return { start, end }
      })
      found.set((text += ']\n'), records)
      return text
    })
    const split = (text: string): Omit<Found, 'input'>[] => found.get(text)!
    return { texts, split, dialect: { format: 'json' } as const }
  })
  return check(cases, 60)
})

/** The number of records and the ending of each batch of a text with one column. */
async function endingsOf(
  text: string,
  { ends, ...change }: Partial<CutSizes> & { ends?: number[]; stopAfter?: number; failure?: Error },
): Promise<string[]> {
  const chunks = function* (): Generator<Buffer> {
    yield Buffer.from(text)
    if (change.failure !== undefined) throw change.failure
  }
  const source = await openSource('-', { stdin: Readable.from(chunks(), { objectMode: true }) })
  const reader = await openReader(source, { header: 'no', comment: '#' })
  let rejects = 0
  const found: string[] = []
  try {
    for await (const { ranges, endedBy } of batchesFrom(reader, 'n:INT', {
      ...{ batchRows: 1, batchBytes: 1, ends },
      cuts: new Cuts({ records: 3, bytes: Infinity, ...change }),
      stopped: () => rejects >= (change.stopAfter ?? Infinity),
      onReject: () => void rejects++,
    })) {
      found.push(`${ranges[0]!.recordCount} ${endedBy}`)
    }
  } catch (error) {
    if (change.failure === undefined) throw error
  }
  return found
}

t.test('a batch says why it ended', async t => {
  const text = '1\n2\nx\n3\n4\n5\n'
  t.same(await endingsOf(text, {}), ['3 full', '3 full'])
  t.same(await endingsOf(text, { records: 4, ends: [2, 6] }), ['1 full', '2 full', '3 end'])
  t.same(await endingsOf(text, { records: 2, stopAfter: 1 }), ['2 full', '1 broken'])
  t.same(await endingsOf(text, { records: 5, failure: new Error('gone') }), ['5 full', '1 broken'])
})

t.test('a batch may have no good record', async t => {
  t.same(await endingsOf('x\nx\nx\n1\n', {}), ['3 full', '1 end'])
})

t.test('the first record of a batch is in it, wherever it begins', async t => {
  t.same(await endingsOf(`${'#\n'.repeat(20)}1\n2\n`, { bytes: 10 }), ['1 full', '1 end'])
})
