/*
  A sample cut into records by a dialect that is tried.
*/
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import t from 'tap'
import { behindLines, lineEndFrom, SampleRecords } from '../../../src/parse/csv/sample-records.js'
import { runs } from '../../helpers/runs.js'

const dialect = { delimiter: ',', quote: '"', escape: '"', comment: '', trim: false }

function cut(text: string, change: Partial<typeof dialect> = {}, isWhole = true) {
  const records = new SampleRecords(Buffer.from(text), 0, isWhole, { ...dialect, ...change })
  const found: string[][] = []
  let broken = 0
  while (records.next()) {
    const { fieldCount, quoted } = records
    found.push(
      Array.from({ length: fieldCount }, (_, field) => {
        const text = records.text(field)
        return quoted[field] === true ? text.replaceAll('""', '"') : text
      }),
    )
    if (records.isBroken) broken++
  }
  return { found, broken }
}

t.test('records of well-formed text are those of csv-parse', async t => {
  const piece = fc.constantFrom(
    'a',
    'bc',
    ' ',
    ',',
    ',',
    '\n',
    '\r\n',
    '\r',
    '"x"',
    '"p,q"',
    '"r\ns"',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), pieces => {
      const text = pieces.join('')
      let expected: string[][]
      try {
        expected = parse(text, {
          record_delimiter: ['\r\n', '\n', '\r'],
          relax_column_count: true,
          skip_empty_lines: true,
        })
      } catch {
        return cut(text).broken > 0
      }
      const { found, broken } = cut(text)
      return broken === 0 && JSON.stringify(found) === JSON.stringify(expected)
    }),
    { numRuns: runs(300) },
  )
  t.pass()
})

t.test('escape characters, longer delimiters, comments and blanks around quotes', async t => {
  t.strictSame(cut('1,"a \\" b"\n', { escape: '\\' }).found, [['1', 'a \\" b']])
  t.strictSame(cut('1||"a|"||b|c\n', { delimiter: '||' }).found, [['1', 'a|', 'b|c']])
  t.strictSame(cut('#x,y\n1,2\n#\n', { comment: '#' }).found, [['1', '2']])
  t.strictSame(cut('1, "a,b" ,c\n', { trim: true }).found, [['1', 'a,b', 'c']])
})

t.test('a quote that cannot be one makes its record broken and nothing else', async t => {
  t.strictSame(cut('1,"a"b\n2,c"\n3,"d"\n'), {
    found: [
      ['1', '"a"b'],
      ['2', 'c"'],
      ['3', 'd'],
    ],
    broken: 2,
  })
  t.strictSame(cut('1,"a\n2,b\n'), {
    found: [
      ['1', '"a'],
      ['2', 'b'],
    ],
    broken: 1,
  })
})

t.test('the last record counts when the input ends there', async t => {
  t.strictSame(cut('1,2\n3,4').found.length, 2)
  t.strictSame(cut('1,2\n3,4', {}, false).found.length, 1)
  t.strictSame(cut('1,2\n3,"4\n5,6\n', {}, false).found.length, 1)
})

t.test('lines are ended by LF, CRLF or CR', async t => {
  const bytes = Buffer.from('a\r\nb\rc\nd')
  t.strictSame(
    [0, 1, 2, 3, 4].map(count => behindLines(bytes, count)),
    [0, 3, 5, 7, 9],
  )
  t.equal(lineEndFrom(bytes, 3), 4)
  t.equal(lineEndFrom(bytes, 7), 8)
})
