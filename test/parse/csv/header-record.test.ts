/*
  Whether the first record is a header, and its names.
*/
import t from 'tap'
import { InputError } from '../../../src/errors.js'
import {
  headerNames,
  looksLikeHeader,
  type FirstRecord,
} from '../../../src/parse/csv/header-record.js'

const record = (...fields: (string | Uint8Array)[]): FirstRecord => ({
  fields: fields.map(field => (typeof field === 'string' ? Buffer.from(field) : field)),
  bytes: new Uint8Array(0),
  lineNumber: 3,
  offsetBytes: 17,
})

t.test(
  'a record with something like a number is not a header, neither is one of blanks',
  async t => {
    for (const [fields, isHeader] of [
      [['id', 'name'], true],
      [['id', ''], true],
      [['2024 sales', 'name'], false],
      [['a', '-1'], false],
      [['a', '+.5'], false],
      [['a', ' 7'], false],
      [['a', '.'], true],
      [['a', '-b'], true],
      [['x1'], true],
      [['', ' '], false],
      [[], false],
    ] as const) {
      t.equal(looksLikeHeader(record(...fields)), isHeader, JSON.stringify(fields))
    }
  },
)

t.test('names lose blanks, and must be UTF-8', async t => {
  t.strictSame(headerNames(record(' id ', 'naïve', ''), 'f.csv'), ['id', 'naïve', ''])
  try {
    headerNames(record('ok', Uint8Array.of(0xff)), 'f.csv')
    t.fail('a name that is not UTF-8 was taken')
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    t.equal(error.code, 'DDB_INPUT_ENCODING')
    t.strictSame(error.position, { file: 'f.csv', lineNumber: 3, offsetBytes: 17 })
  }
})
