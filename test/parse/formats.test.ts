/* Inputs of any format: how the program distinguishes formats, and how long a record may be. */
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { InputError } from '../../src/errors.js'
import { detectFormat, formats, inputFormats, openReader } from '../../src/parse/formats.js'
import type { Reject } from '../../src/parse/batch.js'
import { deepTest, forAllAsync, seed } from '../helpers/runs.js'
import { batchesFrom, memorySource, read } from './reading.js'
import {
  delimitedRecords,
  jsonLineRecords,
  type Outcome,
  type Reading,
  recordsRead,
} from './record-oracle.js'

// The reader for an input, with and without a given format.

t.test('a given format is used, whatever the name and the bytes suggest', async t => {
  for (const format of ['csv', 'tsv', 'ndjson', 'json'] as const) {
    const reader = await openReader(memorySource('[1]\n', { name: 'x.csv' }), { format })
    t.equal(reader.format, format)
    t.equal(reader.recordKind, format === 'csv' || format === 'tsv' ? 'fields' : 'members')
    await reader.close()
  }
})

t.test('`auto`, and no format, mean the format of the name, then of the first bytes', async t => {
  for (const [name, content, format] of [
    ['a.csv', '{a', 'csv'],
    ['a.tsv.gz', '', 'tsv'],
    ['a.ndjson', '', 'ndjson'],
    ['a.JSONL', '', 'ndjson'],
    ['x.json', 'a\n1\n', 'json'],
    ['x', '{\n"a":1}', 'json'],
    ['x.tsv', '{}', 'tsv'],
    ['<stdin>', ' \n{"a":1}', 'ndjson'],
    ['<stdin>', ' [{"a":1}]', 'json'],
    ['<stdin>', 'a,b\n1,2\n', 'csv'],
    ['<stdin>', '', 'csv'],
  ] as const) {
    const source = () => memorySource(content, { name })
    t.equal((await openReader(source(), { format: 'auto' })).format, format, `auto: ${name}`)
    t.equal((await openReader(source())).format, format, name)
  }
})

t.test('content that its name contradicts is refused with the format that reads it', async t => {
  for (const [name, content, format] of [
    ['a.json', 'a,b\n1,2\n', 'csv'],
    ['a.jsonl', '"a";"b"\n', 'csv'],
    ['a.csv', ' {"a":1}\n', 'ndjson'],
    ['a.tsv', '[ {"a":1}]', 'json'],
    ['a.ndjson', '[[1,2]]', 'json'],
    ['a.ndjson', '{\r\n"a":1}', 'json'],
  ] as const) {
    const fix = { options: { 'input.format': format } }
    await t.rejects(openReader(memorySource(content, { name })), { code: 'DDB_USAGE', fix }, name)
    const reader = await openReader(memorySource(content, { name }), { format })
    t.equal(reader.format, format)
    await reader.close()
  }
})

t.test('only the end of a name matters', async t => {
  const bytes = new TextEncoder().encode('{"a":1}')
  t.equal(detectFormat('a.csv.2024', bytes), 'ndjson')
  t.equal(detectFormat('csv', bytes), 'ndjson')
  t.equal(detectFormat('.constructor', bytes), 'ndjson')
})

t.test('each extension belongs to one format', async t => {
  const extensions = inputFormats.flatMap(name => formats[name].extensions)
  t.strictSame([...new Set(extensions)], extensions)
})

// Where records end: at the limit, near the limit, at the end of the input, cut in the middle, and at any chunk
// boundary. The reader counts every byte exactly once.

t.comment(`TEST_SEED=${seed}`)

/** Throws if the reading differs from the expected outcome, or if its bytes do not add up. */
function checkReading(text: string, found: Reading, expected: Outcome): void {
  const { records, failure, byteCounts, readToEnd } = found
  const { unreadBytes = 0, ...outcome } = expected
  if (!isDeepStrictEqual({ records, failure }, outcome)) {
    throw new Error(`${JSON.stringify({ records, failure })}\nexpected ${JSON.stringify(expected)}`)
  }
  const { rows, rejected, header, other } = byteCounts
  const sum = rows + rejected + header + other
  const isAll = failure === undefined || failure === 'DDB_INPUT_TRUNCATED'
  if (isAll ? sum + unreadBytes !== text.length : sum > text.length) {
    throw new Error(`${sum} of ${text.length} bytes: ${JSON.stringify(byteCounts)}`)
  }
  if (readToEnd !== (failure === undefined)) throw new Error(`readToEnd is ${readToEnd}`)
}

const maxRecordBytes = fc.integer({ min: 6, max: 24 })
const chunkBytes = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 10, max: 80 }))

/** One or two records, followed by arbitrary text. */
const delimited = (
  delimiter: string,
  head = delimiter.length > 1 ? `a${delimiter}b\nc${delimiter}d\n` : `a${delimiter}b\n`,
): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom('x', 'xxxxx', 'x'.repeat(11)) },
        { weight: 3, arbitrary: fc.constant(delimiter) },
        { weight: 2, arbitrary: fc.constantFrom('\n', '\r\n', '\r') },
        { weight: 2, arbitrary: fc.constantFrom('"', '""', '"x"', '"xxxxxxx\n"', '#', ' ') },
      ),
      { maxLength: 24 },
    )
    .map(parts => head + parts.join(''))

for (const [title, fields, tries] of [
  ['records of delimited text end where they should, whole or cut off', 2, 300],
  ['so do those of one column, in which an empty line may be one', 1, 200],
] as const) {
  t.test(title, async () => {
    for (const delimiter of [',', '\t', '||']) {
      await forAllAsync(tries)(
        fields === 2 ? delimited(delimiter) : delimited(delimiter, 'a\n'),
        maxRecordBytes,
        chunkBytes,
        fc.boolean(),
        fc.constantFrom('yes' as const, 'no' as const),
        async (text, max, chunk, isCut, header) => {
          const found = await recordsRead(text, {
            types: fields === 2 ? 'a:STRING,b:STRING' : 'a:STRING',
            dialect: {
              ...{ format: 'csv', header, comment: '#', delimiter, maxRecordBytes: max },
              trailingDelimiter: false,
            },
            chunkBytes: chunk,
            isCut,
          })
          const layout = { delimiter, fields, maxRecordBytes: max, isCut }
          checkReading(text, found, delimitedRecords(text, layout))
        },
      )
    }
  })
}

t.test('NDJSON records end at the right position, complete or cut', async () => {
  const text = fc
    .array(
      fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom('{"v":"x"}', '{}', '{"v":"', '"}', '5') },
        { weight: 2, arbitrary: fc.constantFrom('x', 'x'.repeat(9), ' ', ' '.repeat(9)) },
        { weight: 4, arbitrary: fc.constantFrom('\n', '\r\n', '\r') },
      ),
      { maxLength: 20 },
    )
    .map(parts => parts.join(''))
  await forAllAsync(500)(
    text,
    maxRecordBytes,
    chunkBytes,
    fc.boolean(),
    async (lines, max, chunk, isCut) => {
      const dialect = { format: 'ndjson', maxRecordBytes: max } as const
      const found = await recordsRead(lines, {
        types: 'v:STRING',
        dialect,
        chunkBytes: chunk,
        isCut,
      })
      checkReading(lines, found, jsonLineRecords(lines, max, isCut))
    },
  )
})

t.test('elements of an array are counted, and so are the bytes between them', async () => {
  const blanks = fc.constantFrom('', '', ' ', '\n', '\r\n\t ')
  const element = fc.tuple(blanks, fc.nat({ max: 12 }), blanks)
  await forAllAsync(350)(
    fc.array(element, { maxLength: 8 }),
    maxRecordBytes,
    chunkBytes,
    fc.boolean(),
    async (elements, max, chunk, isArray) => {
      const texts = elements.map(([, length]) => `{"v":"${'x'.repeat(length)}"}`)
      const padded = elements.map(([before, , behind], i) => before + texts[i]! + behind)
      const text = isArray ? `[${padded.join(',')}]\n` : padded.join('\n')
      const found = await recordsRead(text, {
        types: 'v:STRING',
        dialect: { format: 'json', maxRecordBytes: max },
        chunkBytes: chunk,
        isCut: false,
      })
      const long = texts.findIndex(each => each.length > max)
      const rows = long < 0 ? texts : texts.slice(0, long)
      let at = 0
      const records = rows.map(row => {
        const offset = text.indexOf(row, at)
        at = offset + row.length
        return { code: undefined, offset, length: row.length }
      })
      const failure = long < 0 ? undefined : 'DDB_INPUT_RECORD_TOO_LONG'
      checkReading(text, found, { records, failure })
    },
  )
})

/** The limit of a record. The tests use lengths one byte below the limit, at the limit, and one byte above. */
const limit = 40
const aroundLimit = [limit - 1, limit, limit + 1]

deepTest(t, 'a last record has the same limit as every record', async t => {
  const formats = [
    { dialect: { format: 'csv' }, first: 'a,b\n1,x\n', open: '2,', close: '' },
    { dialect: { format: 'csv' }, first: 'a,b\n1,x\n', open: '2,"', close: '"' },
    { dialect: { format: 'tsv' }, first: 'a\tb\n1\tx\n', open: '2\t', close: '' },
    { dialect: { format: 'csv', delimiter: '||' }, first: 'a||b\n1||x\n', open: '2||', close: '' },
    {
      dialect: { format: 'ndjson' },
      first: '{"a":1,"b":"x"}\n',
      open: '{"a":2,"b":"',
      close: '"}',
    },
  ] as const
  for (const { dialect, first, open, close } of formats) {
    for (const end of ['', '\n', '\r\n', '\r']) {
      for (const length of [...aroundLimit, 3 * limit]) {
        const fill = length - open.length - close.length - end.length
        const text = first + open + 'x'.repeat(fill) + close + end
        const isOver = length > limit
        // A quoted field across the limit ends reading, because its end is unknown.
        const isQuoteOver = open.endsWith('"') && length - end.length > limit
        for (const chunkBytes of [1, 7, limit, 1000]) {
          const what = `${JSON.stringify({ open, end, length, chunkBytes })}`
          const reading = recordsRead(text, {
            types: 'a:INT,b:STRING',
            dialect: { ...dialect, maxRecordBytes: limit },
            chunkBytes,
            isCut: false,
          })
          const { records, failure, byteCounts } = await reading
          const last = { code: isOver ? 'DDB_INPUT_RECORD_TOO_LONG' : undefined, length }
          if (isQuoteOver && close === '"') t.equal(failure, 'DDB_INPUT_QUOTE', what)
          else t.match(records.at(-1), last, what)
          const { rows, rejected, header, other } = byteCounts
          if (failure === undefined) t.equal(rows + rejected + header + other, text.length, what)
        }
      }
    }
  }
})

t.test('a first record that is too long is refused: nothing is known about later ones', async t => {
  for (const delimiter of [',', '||']) {
    for (const end of ['', '\n', '\n1\n']) {
      for (const chunkBytes of [1, 7, 1000]) {
        for (const header of ['yes', 'no'] as const) {
          const options = { delimiter, header, maxRecordBytes: limit, chunkBytes }
          const long = 'x'.repeat(limit + 1 - Math.min(end.length, 1))
          await t.rejects(read(`\n${long}${end}`, 'x:STRING', options), {
            code: 'DDB_INPUT_RECORD_TOO_LONG',
            position: { lineNumber: 2, offsetBytes: 1 },
          })
          const fits = await read(`${long.slice(1)}${end}`, 'x:STRING', {
            ...options,
            match: 'position',
          })
          t.equal(fits.reader.recordsRead, (header === 'no' ? 1 : 0) + (end.length === 3 ? 1 : 0))
        }
      }
    }
  }
})

deepTest(t, 'lines that are not records have no limit and are not kept in memory', async t => {
  const comment = `#${'x'.repeat(5000)}`
  for (const chunkBytes of [1, 64, 10_000]) {
    for (const delimiter of [',', '||']) {
      const options = { delimiter, comment: '#', skipLines: 1, maxRecordBytes: limit, chunkBytes }
      const record = `1${delimiter}2\n`
      const text = `${comment}\r\n${comment}\n${record}${comment}\r${record}${comment}`
      const { rows, rejects, reader, places } = await read(text, 'a:INT,b:INT', options)
      t.strictSame([rows.length, rejects.length], [2, 0])
      const lineNumbers = places.map(({ lineNumber }) => lineNumber)
      t.strictSame(lineNumbers, [3, 5])
      t.strictSame(reader.byteCounts, {
        rows: 2 * record.length,
        rejected: 0,
        header: 0,
        other: 4 * comment.length + 4,
        skipped: 0,
      })
    }
  }
})

t.test('an input of only skipped lines, comments and blank lines is read to its end', async t => {
  for (const text of ['', '\n', 'a\nb', 'a\nb\r', '#\n\r\n#', 'a\n\n\n']) {
    for (const delimiter of [',', '||']) {
      for (const chunkBytes of [1, 100]) {
        const source = memorySource(text, { chunkBytes })
        const options = { delimiter, comment: '#', skipLines: 2 }
        const { byteCounts, readToEnd, fieldCount } = await openReader(source, options)
        t.strictSame(
          { byteCounts, readToEnd, fieldCount },
          {
            byteCounts: { rows: 0, rejected: 0, header: 0, other: text.length, skipped: 0 },
            readToEnd: true,
            fieldCount: 0,
          },
          JSON.stringify({ text, delimiter, chunkBytes }),
        )
      }
    }
  }
})

t.test('the start of a comment at the end of the input is a record', async t => {
  for (const delimiter of [',', '||']) {
    const options = { delimiter, comment: '##', header: 'no', chunkBytes: 1 } as const
    const { rows } = await read('a\n##\n#', 'a:STRING', options)
    t.strictSame(rows, [['a'], ['#']])
  }
})

t.test('a header without a line end is kept as in the input', async t => {
  for (const delimiter of [',', '||']) {
    const { reader } = await read(`a${delimiter}b`, 'a:INT,b:INT', { delimiter })
    t.equal(Buffer.from(reader.headerBytes ?? []).toString(), `a${delimiter}b`)
  }
})

t.test('a number is a record that is not a row, in any chunks', async t => {
  for (const chunkBytes of [1, 100]) {
    const options = { format: 'json', chunkBytes } as const
    const { rejects } = await read('123 {"v":1}\n45', 'v:INT', options)
    const ranges = rejects.map(({ offsetBytes, lengthBytes }) => [offsetBytes, lengthBytes])
    t.strictSame(ranges, [
      [0, 3],
      [12, 2],
    ])
  }
})

t.test('a limit and a stop leave bytes unread, and count no byte twice', async t => {
  const text = 'a\n1\n\n2\n3\n4\n'
  for (const batch of [{ limit: 2 }, { stopped: () => true }]) {
    const { reader } = await read(text, 'a:INT', { batch })
    const { rows, rejected, header, other } = reader.byteCounts
    t.ok(rows + rejected + header + other < text.length)
    t.equal(reader.readToEnd, false)
  }
})

t.test('an element cut by the end of the input is rejected as one line', async t => {
  const failure = new InputError('DDB_INPUT_TRUNCATED', 'cut', { file: 'x' })
  for (const chunkBytes of [1, 100]) {
    const source = memorySource('[{"v":1},\n{"v":\n2', { chunkBytes, failure })
    const reader = await openReader(source, { format: 'json' })
    const rejects: Reject[] = []
    let rows = 0
    const batches = batchesFrom(reader, 'v:INT', { onReject: reject => void rejects.push(reject) })
    const drained = (async () => {
      for await (const batch of batches) rows += batch.rowCount
    })()
    await t.rejects(drained, { code: 'DDB_INPUT_TRUNCATED' })
    t.equal(rows, 1)
    t.match(rejects, [{ code: 'DDB_INPUT_TRUNCATED', lineNumber: 2, lengthBytes: 7 }])
    t.equal(Buffer.from(rejects[0]!.bytes).toString(), '{"v": 2\n')
  }
})
