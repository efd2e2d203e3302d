import t from 'tap'
import {
  located,
  reasonOf,
  positionOf,
  refusedRow,
  type AnyReject,
} from '../../../src/load/rejects/reject.js'
import { batchOf } from '../../helpers/batches.js'

const cell: AnyReject = {
  file: 'in.csv',
  lineNumber: 3,
  offsetBytes: 17,
  lengthBytes: 6,
  bytes: Buffer.from('1,x\n'),
  code: 'DDB_INPUT_CELL',
  class: 'type',
  message: 'expected a number, got "x"',
  columnName: 'price',
  value: 'x',
}
const record: AnyReject = { ...cell, class: 'parse', columnName: undefined, value: undefined }

t.test('a reject is described by file, line and reason', async t => {
  t.equal(located(cell), 'in.csv, line 3: expected a number, got "x"')
})

t.test('the position of an error names the column if one caused it', async t => {
  t.strictSame(positionOf(cell), {
    file: 'in.csv',
    lineNumber: 3,
    offsetBytes: 17,
    columnName: 'price',
  })
  t.strictSame(positionOf(record), { file: 'in.csv', lineNumber: 3, offsetBytes: 17 })
})

t.test('a line of the reasons file has every member; unknown ones are null', async t => {
  t.strictSame(reasonOf('nightly', cell), {
    runId: 'nightly',
    file: 'in.csv',
    lineNumber: 3,
    offsetBytes: 17,
    columnName: 'price',
    code: 'DDB_INPUT_CELL',
    class: 'type',
    message: 'expected a number, got "x"',
    value: 'x',
  })
  const before = reasonOf('nightly', cell)
  t.strictSame(reasonOf('nightly', record), {
    ...before,
    class: 'parse',
    columnName: null,
    value: null,
  })
})

t.test('a row refused by the server is found again in the input', async t => {
  const bytes = Buffer.from('5,bad\n')
  const batch = { ...batchOf(8, 10), record: (row: number) => (row === 3 ? bytes : Buffer.of()) }
  t.match(refusedRow(batch, 3, 'Incompatible type'), {
    file: 'in.csv',
    // A header and ten rows precede the batch.
    lineNumber: 15,
    offsetBytes: 130,
    bytes,
    code: 'DDB_SERVER_REFUSED_ROW',
    class: 'server',
    message: /Incompatible type/,
    columnName: undefined,
  })
})
