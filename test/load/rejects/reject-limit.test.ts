import t from 'tap'
import {
  earlierLimitFailure,
  finalLimitFailure,
  limitFailure,
  moreLines,
  type AnyReject,
} from '../../../src/load/rejects/reject.js'
import type { RecordedRun } from '../../../src/load/journal/recorded-run.js'
import type { RejectOptions } from '../../../src/load/options.js'
import { count, testRun } from '../../helpers/load-run.js'

const reject: AnyReject = {
  file: 'in.csv',
  lineNumber: 3,
  offsetBytes: 17,
  lengthBytes: 6,
  bytes: Buffer.of(),
  code: 'DDB_INPUT_CELL',
  class: 'type',
  message: 'expected a number, got "x"',
  columnName: 'price',
  value: 'x',
}

function runWith(rejects: RejectOptions, read: number, rejected: number, lines = 0) {
  const run = testRun({ rejects, inputs: ['a.csv', 'b.csv'] })
  count(run, { read, rejected })
  run.state.moreRejectedLines = rejected * lines
  return run
}

const skip = (maxErrors: number | `${number}%`): RejectOptions => ({ onError: 'skip', maxErrors })

t.test(
  'a count may be reached but not exceeded; a share is checked from 1,000 rows on',
  async t => {
    const cases: [RejectOptions, read: number, rejected: number, ends: boolean][] = [
      [skip(2), 2, 2, false],
      [skip(2), 1_000_000, 3, true],
      [skip(0), 1, 0, false],
      [skip(0), 1, 1, true],
      [skip('5%'), 999, 999, false],
      [skip('5%'), 1_000, 50, false],
      [skip('5%'), 1_000, 51, true],
      [skip('0%'), 1_000, 1, true],
      [skip('100%'), 1_000, 1_000, false],
      [{ onError: 'skip' }, 1_000_000, 100, false],
      [{ onError: 'skip' }, 1_000_000, 101, true],
    ]
    for (const [rejects, read, rejected, ends] of cases) {
      const failure = limitFailure(runWith(rejects, read, rejected), reject)
      t.equal(failure?.code, ends ? 'DDB_INPUT_LIMIT' : undefined, JSON.stringify([rejects, read]))
    }
  },
)

t.test('a share counts every line of a record', async t => {
  const open = { ...reject, bytes: Buffer.from(`1,"x\n${'2,y\n'.repeat(99)}`) }
  t.equal(moreLines(open), 99)
  t.equal(moreLines({ ...reject, bytes: Buffer.from('1,2\n') }), 0)
  t.equal(limitFailure(runWith(skip('5%'), 1_901, 1, 99), reject), undefined)
  t.match(limitFailure(runWith(skip('5%'), 1_900, 1, 99), reject), {
    message: /^1 row of 100 lines was rejected/,
  })
})

t.test('at the end the share is checked however short the input is', async t => {
  const cases: [RejectOptions, read: number, rejected: number, ends: boolean][] = [
    [skip('50%'), 2, 1, false],
    [skip('50%'), 3, 2, true],
    [skip('50%'), 0, 0, false],
    [skip(2), 3, 2, false],
    [skip(2), 3, 3, true],
  ]
  for (const [rejects, read, rejected, ends] of cases) {
    const failure = finalLimitFailure(runWith(rejects, read, rejected))
    t.equal(failure?.code, ends ? 'DDB_INPUT_LIMIT' : undefined, JSON.stringify([rejects, read]))
  }
  t.match(finalLimitFailure(runWith(skip('50%'), 3, 2)), { position: { file: 'a.csv, b.csv' } })
})

t.test('a resumed run is still over the limit, unless the limit was raised', async t => {
  const goneOn = (rejects: RejectOptions, read: number, rejected: number) => {
    const run = runWith(rejects, read, rejected)
    const earlier = rejected === 0 ? undefined : { byInput: {} }
    return earlierLimitFailure(run, earlier as RecordedRun['rejects'])
  }
  t.match(goneOn(skip(2), 10, 3), { code: 'DDB_INPUT_LIMIT', message: /^3 rows/ })
  t.equal(goneOn(skip(3), 10, 3), undefined)
  t.match(goneOn(skip('5%'), 1_000, 51), { code: 'DDB_INPUT_LIMIT' })
  t.equal(goneOn(skip('5%'), 999, 51), undefined, 'the share of few rows means little')
  t.equal(goneOn({ onError: 'stop' }, 10, 0), undefined)
  const run = runWith({ onError: 'stop' }, 10, 1)
  t.equal(
    earlierLimitFailure(run, undefined),
    undefined,
    'a run without a journal has no earlier rows',
  )
})
