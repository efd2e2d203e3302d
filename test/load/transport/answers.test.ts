import t from 'tap'
import { rowsLeft } from '../../../src/load/transport/receipts.js'
import { answeredOutcome } from '../../../src/load/transport/script.js'
import type { Scalar, Value } from '../../../src/protocol/value.js'
import { tupleOf } from '../../../src/protocol/types/tuples.js'
import { scalar } from '../../helpers/codec.js'
import { text } from '../../helpers/values.js'

const long = (value: bigint | null): Scalar => scalar('LONG', value)
const tuple = (...data: Value[]): Value => tupleOf(data)

t.test('three possible numbers are accepted', async t => {
  for (const [received, left, taken] of [
    [5, 5, 5],
    [5, 3, 3],
    [5, 0, 0],
    [5, 3, 2],
    [5, 3, null],
    [5, 3, -1],
  ] as const)
    t.equal(rowsLeft(received, left, taken), left)
  t.equal(rowsLeft(5, undefined, -1), null, 'the transform threw')
})

t.test('impossible numbers end the run before they are counted', async t => {
  for (const [received, left, taken] of [
    [5, 6, 6],
    [5, 3, 4],
    [5, -1, -1],
    [5, undefined, 5],
    [5, undefined, null],
  ] as const)
    t.throws(() => rowsLeft(received, left, taken), { code: 'DDB_PROTOCOL' })
})

t.test('an answer has all three numbers and the reason', async t => {
  t.strictSame(answeredOutcome(tuple(long(3n), long(2n), text(''))), {
    rowCount: 2,
    left: 3,
    errText: '',
  })
  const expected = { rowCount: -1, left: undefined, errText: 'never' }
  t.strictSame(answeredOutcome(tuple(long(null), long(-1n), text('never'))), expected)
  for (const wrong of [undefined, long(5n), tuple(), tuple(long(1n), text(''), text('')), text('')])
    t.throws(() => answeredOutcome(wrong), { code: 'DDB_PROTOCOL' })
})
