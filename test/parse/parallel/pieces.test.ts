/*
  Threads read an input ahead of the reader. The result must be the same as if the reader had read the input alone.
*/
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import { Readable } from 'node:stream'
import t from 'tap'
import { BatchBuilder } from '../../../src/parse/batch-builder.js'
import { ColumnOffsets } from '../../../src/parse/cells/column-offset.js'
import type { BatchOptions, Piece } from '../../../src/parse/input-reader.js'
import type { ReaderOptions } from '../../../src/parse/formats.js'
import { newSharedRows } from '../../../src/parse/shared-rows.js'
import type { ByteSource } from '../../../src/source/byte-source.js'
import { openSource } from '../../../src/source/open-source.js'
import { runs } from '../../helpers/runs.js'
import { trace } from '../trace.js'
import { fakeThreads, readAhead, type Seen } from './fake-threads.js'

/** Fields of delimited text. Some make no record (an empty line), some break the record, some fit no column. */
const fields = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -9, max: 99 }).map(String) },
  { weight: 4, arbitrary: fc.constantFrom('a', 'bb', 'é', '中文', 'x,y', '') },
  { weight: 2, arbitrary: fc.constantFrom('"a\nb"', '"q""q"', '"\n\n"', '"1,2"', '"[3,4]"') },
  { weight: 1, arbitrary: fc.constantFrom('"', 'a"b', '"a"b', '\r', '"open') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '2020.01.02T03:04:05.678',
      '2020.01.02T03:04:05Z',
      '2020.01.02T03:04:05+08:00',
      '2020.01.02',
    ),
  },
)

const lineEnds = fc.oneof(
  { weight: 8, arbitrary: fc.constant('\n') },
  { weight: 2, arbitrary: fc.constantFrom('\r\n', '\n\n', '\r', '\n#c\n', '\n# "x\n', '\n \n') },
)

const usualLine = fc
  .tuple(
    fc.integer({ min: 0, max: 999 }),
    fc.constantFrom('a', 'b', '"c\nd"', ''),
    fc.constantFrom('s', 't', 'uu', ''),
    fc.constantFrom('2020.01.02T03:04:05.678', '2021.01.02 00:00:00', ''),
    fc.constantFrom('1,2,3', '', '7').map(list => `"${list}"`),
  )
  .map(cells => `${cells.join()}\n`)

const anyLine = fc
  .tuple(fc.array(fields, { minLength: 1, maxLength: 7 }), lineEnds)
  .map(([cells, end]) => cells.join() + end)

/** Lines that are rejected or skipped, but leave no doubt about the beginning of the next record. */
const badLine = fc.constantFrom('x,a,s,,\n', '1,2\n', '\n', '#c\n', '1,a,b,,1,2\n', '1,a,s,9,"1"\n')

/** Wrong quotes come late, because they leave doubt about all lines after them. */
const csvText = fc
  .tuple(
    fc.array(fc.oneof({ weight: 9, arbitrary: usualLine }, { weight: 1, arbitrary: badLine }), {
      maxLength: 120,
    }),
    fc.array(fc.oneof({ weight: 5, arbitrary: usualLine }, { weight: 1, arbitrary: anyLine }), {
      maxLength: 30,
    }),
  )
  .map(parts => `id,text,symbol,time,list\n${parts.flat().join('')}`)

const oneColumn = fc
  .array(fc.constantFrom('1\n', '\n', '2\r\n', '"3"\n', '""\n', 'x\n', '#\n', '"\n"\n'), {
    maxLength: 90,
  })
  .map(lines => `id\n${lines.join('')}`)

const jsonLine = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .record({
        id: fc.integer({ min: 0, max: 99 }),
        text: fc.constantFrom('a', 'b\nc', 'é', null),
        symbol: fc.constantFrom('s', 't', 'u"'),
        time: fc.constantFrom('2020.01.02T03:04:05.678', '2020.01.02T03:04:05+01:00', null),
        list: fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 4 }),
      })
      .map(record => `${JSON.stringify(record)}\n`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('\n', '{"id":1}\n', '{"id":\n', '[1]\n', '"x"\n', ' \r\n'),
  },
)

const jsonText = fc.array(jsonLine, { minLength: 20, maxLength: 90 }).map(lines => lines.join(''))

interface Kind {
  readonly text: fc.Arbitrary<string>
  readonly types: string
  readonly dialects: readonly ReaderOptions[]
}

const types = 'id:INT,text:STRING,symbol:SYMBOL,time:TIMESTAMP,list:INT[]'

const kinds: Record<string, Kind> = {
  csv: {
    text: csvText,
    types,
    dialects: [
      { format: 'csv', header: 'yes' },
      { format: 'csv', header: 'yes', comment: '#', maxRecordBytes: 60 },
      { format: 'csv', header: 'yes', ragged: 'pad' },
      { format: 'csv', header: 'yes', ragged: 'cut', quotes: 'lax', trim: true },
      { format: 'csv', header: 'yes', escape: '\\' },
    ],
  },
  'one column': {
    text: oneColumn,
    types: 'id:INT',
    dialects: [
      { format: 'csv', header: 'yes', delimiter: ',' },
      { format: 'csv', header: 'yes', delimiter: ',', comment: '#' },
    ],
  },
  ndjson: {
    text: jsonText,
    types,
    dialects: [{ format: 'ndjson' }, { format: 'ndjson', maxRecordBytes: 90 }],
  },
}

const encodings = ['utf-8', 'utf-16le', 'gb18030', 'windows-1252'] as const

const source = (
  text: string,
  { encoding, chunkBytes, brokenAt }: Pick<Setup, 'encoding' | 'chunkBytes' | 'brokenAt'>,
): Promise<ByteSource> => {
  const whole = iconv.encode(text, encoding)
  // In these encodings, these bytes are not a character.
  const bytes =
    brokenAt === undefined
      ? whole
      : Buffer.concat([whole.subarray(0, brokenAt), Buffer.of(0xff), whole.subarray(brokenAt)])
  const chunks: Buffer[] = []
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    chunks.push(bytes.subarray(at, at + chunkBytes))
  }
  return openSource('-', {
    stdin: Readable.from(chunks, { objectMode: true }),
    encoding,
  })
}

/** Small numbers are more frequent than large ones. */
const sizes = fc.oneof(
  { weight: 1, arbitrary: fc.integer({ min: 16, max: 200 }) },
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 1200 }).map(less => 1500 - less) },
)

const setups = fc.record({
  threads: fc.integer({ min: 1, max: 4 }),
  slotBytes: sizes,
  chunkBytes: sizes,
  batchRows: fc.integer({ min: 1, max: 30 }),
  batchBytes: fc.integer({ min: 20, max: 3000 }),
  lenient: fc.boolean(),
  limit: fc.option(fc.integer({ min: 1, max: 90 }), { nil: undefined, freq: 2 }),
  isShared: fc.boolean(),
  /** Number of rejects that the run tolerates. The next reject ends the run. */
  bears: fc.option(fc.nat({ max: 12 }), { nil: undefined, freq: 2 }),
  brokenAt: fc.oneof(
    { weight: 4, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.integer({ min: 60, max: 4000 }) },
  ),
  encoding: fc.oneof(
    { weight: 3, arbitrary: fc.constant('utf-8' as const) },
    { weight: 2, arbitrary: fc.constantFrom(...encodings) },
  ),
  chances: fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), {
    minLength: 5,
    maxLength: 40,
  }),
  cuts: fc.array(fc.nat({ max: 20 }), { maxLength: 4 }),
})

type Setup = typeof setups extends fc.Arbitrary<infer T> ? T : never

interface Event {
  readonly kind?: string
  readonly ranges: { startOffsetBytes: number; endOffsetBytes: number }[]
}

/** Number of rows in batches that threads have read. */
let rowsTaken = 0
type Append = (this: BatchBuilder, ...rows: Parameters<BatchBuilder['appendRows']>) => void
const own = Object.getOwnPropertyDescriptor(BatchBuilder.prototype, 'appendRows')!
const appendRows = own.value as Append
BatchBuilder.prototype.appendRows = function (rows, from, bounds) {
  rowsTaken += bounds.rowCount
  appendRows.call(this, rows, from, bounds)
}

const total: Seen = { pieces: 0, refused: 0 }

/** The first range of each chosen batch, as a piece of a resumed run. */
function piecesOf(events: readonly unknown[], cuts: readonly number[]): Piece[] {
  const batches = (events as Event[]).filter(({ kind }) => kind === 'batch')
  const chosen = [...new Set(cuts)].sort((a, b) => a - b)
  return chosen.flatMap(at => {
    const range = batches[at]?.ranges[0]
    if (range === undefined) return []
    return [{ startBytes: range.startOffsetBytes, endBytes: range.endOffsetBytes }]
  })
}

/**
 * Omits details that may differ after a reject has ended the run: the reader may or may not have read later bytes that
 * belong to no record.
 */
function withoutRest(event: unknown): unknown {
  const {
    byteCounts,
    ranges,
    raggedRecords: _,
    ...others
  } = event as Partial<Event> & {
    byteCounts?: { other: number }
    raggedRecords?: number
  }
  return {
    ...others,
    bytes: byteCounts && { ...byteCounts, other: 0 },
    starts: ranges?.map(({ startOffsetBytes }) => startOffsetBytes),
  }
}

async function traceOf(
  texts: readonly string[],
  { types, dialect }: { types: string; dialect: ReaderOptions },
  setup: Setup,
  isParallel: boolean,
  pieces: readonly Piece[] = [],
): Promise<unknown[]> {
  const { threads, slotBytes, batchRows, batchBytes, lenient, limit, chances, bears } = setup
  let asked = 0
  let rejects = 0
  const fake = fakeThreads(threads, slotBytes, () => chances[asked++ % chances.length]!)
  const leftOut: string[] = []
  const cells: BatchOptions['cells'] = {
    lenient,
    columnOffsets: new ColumnOffsets(),
    onOffset: name => void (leftOut.includes(name) || leftOut.push(name)),
  }
  const shared = setup.isShared ? newSharedRows() : undefined
  const sources = await Promise.all(texts.map(text => source(text, setup)))
  const rules = { match: 'position', ignoreExtra: true, allowMissing: true } as const
  const events = await trace(sources, {
    types,
    dialect,
    rules: dialect.format === 'csv' ? rules : { ignoreExtra: true, allowMissing: lenient },
    batch: () => ({
      batchRows,
      batchBytes,
      cells,
      pieces,
      ...(limit === undefined ? {} : { limit }),
      onReject: () => void rejects++,
      ...(bears === undefined
        ? {}
        : { stopped: () => rejects > bears, mayEnd: more => rejects + more > bears }),
      ...(shared === undefined || pieces.length > 0 ? {} : { shared }),
      ...(isParallel ? { readAhead: readAhead(fake) } : {}),
    }),
  })
  total.pieces += fake.seen.pieces
  total.refused += fake.seen.refused
  if (bears !== undefined && rejects > bears) return events.map(withoutRest)
  return [...events, { leftOut, offsets: cells.columnOffsets?.known() }]
}

for (const [name, { text, types, dialects }] of Object.entries(kinds)) {
  t.test(`${name}: pieces that threads read ahead change nothing`, async () => {
    const texts = fc.array(text, { minLength: 1, maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(
        texts,
        fc.constantFrom(...dialects),
        setups,
        async (texts, dialect, setup) => {
          const how = { types, dialect }
          const alone = await traceOf(texts, how, setup, false)
          deepStrictEqual(await traceOf(texts, how, setup, true), alone)
          const pieces = piecesOf(
            await traceOf(
              texts.slice(0, 1),
              how,
              { ...setup, isShared: false, bears: undefined },
              false,
            ),
            setup.cuts,
          )
          if (pieces.length === 0) return
          const again = await traceOf(texts.slice(0, 1), how, setup, false, pieces)
          deepStrictEqual(await traceOf(texts.slice(0, 1), how, setup, true, pieces), again)
        },
      ),
      { numRuns: runs(600) },
    )
  })
}

t.test('some rows came from threads', async t => {
  t.ok(total.pieces > 100, `${total.pieces} pieces, of which ${total.refused} were given up`)
  t.ok(rowsTaken > total.pieces / 20, `${rowsTaken} rows`)
})
