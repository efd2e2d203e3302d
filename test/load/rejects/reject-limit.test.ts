import t from 'tap'
import {
  earlierLimitFailure,
  limitFailure,
  moreLines,
  type AnyReject,
} from '../../../src/load/rejects/reject.js'
import type { RecordedRun } from '../../../src/load/journal/recorded-run.js'
import type { RejectOptions } from '../../../src/load/options.js'
import { count, testRun } from '../../helpers/load-run.js'

const reject: AnyReject = {
  ...{ file: 'in.csv', lineNumber: 3, offsetBytes: 17, lengthBytes: 6, bytes: Buffer.of() },
  ...{ code: 'DDB_INPUT_CELL', class: 'type', message: 'expected a number, got "x"' },
  ...{ columnName: 'price', value: 'x' },
}

function runWith(rejects: RejectOptions, read: number, rejected: number, lines = 0) {
  const run = testRun({ rejects, inputs: ['a.csv', 'b.csv'] })
  count(run, { read, rejected })
  run.state.moreRejectedLines = rejected * lines
  return run
}

type Limit = number | `${number}%`
const skip = (maxErrors: Limit): RejectOptions => ({ onError: 'skip', maxErrors })
const goneOn = (rejects: RejectOptions, read: number, rejected: number) => {
  const earlier = rejected === 0 ? undefined : { byInput: {} }
  return earlierLimitFailure(runWith(rejects, read, rejected), earlier as RecordedRun['rejects'])
}

/** Limit, rows read, rows rejected; whether that ends a run, a resumed run, and a run at its end. */
const cases: [Limit, number, number, boolean, boolean, boolean][] = [
  [2, 2, 2, false, false, false],
  [2, 1_000_000, 3, true, true, true],
  [0, 1, 0, false, false, false],
  [0, 1, 1, true, true, true],
  ['5%', 999, 999, false, false, true],
  ['5%', 1_000, 50, false, false, false],
  ['5%', 1_000, 51, true, true, true],
  ['0%', 1_000, 1, true, true, true],
  ['100%', 1_000, 1_000, false, false, false],
  ['50%', 2, 1, false, false, false],
  ['50%', 3, 2, false, false, true],
  ['50%', 0, 0, false, false, false],
]

t.test('a count may be reached, not exceeded; a share counts from 1,000 rows or at the end', t => {
  for (const [limit, read, rejected, ...ends] of cases) {
    const run = runWith(skip(limit), read, rejected)
    const found = [
      limitFailure(run, reject),
      goneOn(skip(limit), read, rejected),
      limitFailure(run),
    ]
    const codes = ends.map(isEnded => (isEnded ? 'DDB_INPUT_LIMIT' : undefined))
    const foundCodes = found.map(one => one?.code)
    t.strictSame(foundCodes, codes, JSON.stringify([limit, read, rejected]))
  }
  t.match(limitFailure(runWith(skip('50%'), 3, 2)), { position: { file: 'a.csv, b.csv' } })
  t.match(goneOn(skip(2), 10, 3), { message: /^3 rows/ })
  t.equal(limitFailure(runWith({ onError: 'skip' }, 1_000_000, 100), reject), undefined)
  t.ok(limitFailure(runWith({ onError: 'skip' }, 1_000_000, 101), reject), '100 by default')
  t.end()
})

t.test('a share counts every line of a record', async t => {
  const open = { ...reject, bytes: Buffer.from(`1,"x\n${'2,y\n'.repeat(99)}`) }
  t.equal(moreLines(open), 99)
  t.equal(moreLines({ ...reject, bytes: Buffer.from('1,2\n') }), 0)
  t.equal(limitFailure(runWith(skip('5%'), 1_901, 1, 99), reject), undefined)
  t.match(limitFailure(runWith(skip('5%'), 1_900, 1, 99), reject), {
    message: /^1 row of 100 lines was rejected/,
  })
})

t.test('a run that stops at the first reject does not stop at none', async t => {
  t.equal(goneOn({ onError: 'stop' }, 10, 0), undefined)
  const run = runWith({ onError: 'stop' }, 10, 1)
  const failure = earlierLimitFailure(run, undefined)
  t.equal(failure, undefined, 'without a journal there are no earlier rows')
  const byInput = {
    'a.csv': { rejected: 1, firstError: { code: 'DDB_INPUT_CELL', message: 'bad', lineNumber: 3 } },
  }
  const earlier = { byInput } as unknown as RecordedRun['rejects']
  const expected = { code: 'DDB_INPUT_CELL', message: 'a.csv, line 3: bad' }
  t.match(earlierLimitFailure(run, earlier), expected)
})
