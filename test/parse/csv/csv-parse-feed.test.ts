/*
  csv-parse fed by hand, against csv-parse given the text at once.
*/
import { deepStrictEqual } from 'node:assert/strict'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import t from 'tap'
import { csvDialect, type CsvDialect } from '../../../src/parse/csv/csv-dialect.js'
import { loadFeed, type Feed } from '../../../src/parse/csv/csv-parse-feed.js'
import { runs } from '../../helpers/runs.js'

/** csv-parse decides nothing before it has seen some bytes more; blank lines are not records. */
const flush = '\n'.repeat(20)

const textsOf = (feed: Feed): string[][] =>
  feed.records.map(({ fields }) => fields.map(({ text }) => Buffer.from(text).toString()))

const start = await loadFeed({ ...csvDialect, delimiter: '||' })

t.test('records are those of csv-parse, in whatever pieces they come', async t => {
  const piece = fc.constantFrom(
    'a',
    'é',
    '||',
    '|',
    '\n',
    '\r\n',
    '"x"',
    '"d""e"',
    '"p||q"',
    '"r\ns"',
  )
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 30 }),
      fc.integer({ min: 1, max: 9 }),
      (list, size) => {
        const text = list.join('') + flush
        const feed = start(0)
        const bytes = Buffer.from(text)
        for (let at = 0; at < bytes.length; at += size) feed.write(bytes.subarray(at, at + size))
        let expected: string[][]
        try {
          expected = parse(text, {
            delimiter: '||',
            record_delimiter: ['\r\n', '\n', '\r'],
            relax_column_count: true,
            skip_empty_lines: true,
          })
        } catch {
          // An open quote or a bad one: which of them is asked of the feed elsewhere.
          return
        }
        deepStrictEqual(feed.badField(), 0)
        deepStrictEqual(textsOf(feed), expected)
      },
    ),
    { numRuns: runs(300) },
  )
  t.pass()
})

t.test(
  'each record ends where the next one begins, counted from the start of the feed',
  async t => {
    const feed = start(100)
    feed.write(Buffer.from('a||b\n"c\nd"||e\r\nf||g\n' + flush))
    t.strictSame(
      feed.records.map(({ next }) => next),
      [105, 115, 120],
    )
  },
)

t.test('a bad quote is told by its field, and nothing behind it is given', async t => {
  const feed = start(0)
  feed.write(Buffer.from('a||b\nc||"d"x\ne||f\n' + flush))
  t.equal(feed.badField(), 2)
  t.strictSame(textsOf(feed), [['a', 'b']])
})

t.test('bytes that are not UTF-8 stay as they are', async t => {
  const feed = start(0)
  feed.write(Buffer.concat([Buffer.from('ff7c7cc30a', 'hex'), Buffer.from(flush)]))
  t.strictSame(
    feed.records.map(({ fields }) => fields.map(({ text }) => Buffer.from(text).toString('hex'))),
    [['ff', 'c3']],
  )
})

t.test('comments and dialects without quotes', async t => {
  const dialect: CsvDialect = { ...csvDialect, quote: '', comment: '#' }
  const feed = (await loadFeed(dialect))(0)
  feed.write(Buffer.from('#x\na,"b\nc,d#e\n' + flush))
  t.strictSame(textsOf(feed), [
    ['a', '"b'],
    ['c', 'd#e'],
  ])
})
