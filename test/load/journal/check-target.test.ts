import t, { type Test } from 'tap'
import { ServerError, UsageError } from '../../../src/errors.js'
import type { Session } from '../../../src/client/open-session.js'
import { describeTarget } from '../../../src/load/target/describe-target.js'
import { asTargetChanged, checkTarget } from '../../../src/load/journal/check-target.js'
import type { Journal } from '../../../src/load/journal/journal.js'
import type { JournalRecord } from '../../../src/load/journal/journal-record.js'
import type { JournaledRun } from '../../../src/load/outcomes/journaled-run.js'
import { readRun } from '../../helpers/journals.js'
import type { TargetIdentity } from '../../../src/load/journal/target-identity.js'
import type { Run } from '../../../src/load/run.js'
import { testRun } from '../../helpers/load-run.js'
import { startLoadServer } from '../../helpers/load-server.js'
import { RunModel } from '../outcomes/run-model.js'

const identity: TargetIdentity = {
  name: 'trades',
  columns: 'id:INT',
  inMemory: true,
  physicalIndex: null,
  rows: 2,
  dropsDuplicates: false,
}

/** A run. An earlier process has confirmed three rows, unless `records` are given. */
function runOf(records: readonly JournalRecord[] | undefined): Run {
  const run = testRun({ target: { table: 'trades' } })
  if (records === undefined) return run
  const found: JournaledRun = readRun(...records)
  const journal = { found, past: found } as Journal
  return { ...run, history: { ...run.history, found, journal } }
}

const model = new RunModel()
const confirmedThree: JournalRecord[] = [
  ...model.first,
  ...model.step({ kind: 'batch', input: 0, rows: 3 }),
  ...model.step({ kind: 'ended', which: 0, how: 'confirmed' }),
]
const target: JournalRecord = { kind: 'target', identity, used: 'receipts' }

async function scene(t: Test, rows: number) {
  const { session } = await startLoadServer(
    t,
    `share table(take(1, ${rows}) as id) as trades
     share table(take(1l, ${rows}) as id) as others`,
  )
  return (run: Run, table = 'trades') => {
    const { plan, options } = testRun({ target: { table } })
    return describeTarget(session, plan, options).then(description =>
      checkTarget({ ...run, plan }, session, description),
    )
  }
}

t.test('without confirmed rows and without a journal the server is not asked', async t => {
  const check = await scene(t, 5)
  const run = testRun({ target: { table: 'trades' }, delivery: { confirm: 'none' } })
  const { plan } = run
  const description = { columns: [], keyed: false }
  t.equal(await checkTarget({ ...run, plan }, {} as Session, description), undefined)
  t.match(await check(runOf(undefined)), { evidence: { identity: { rows: 5 }, leastRows: 5 } })
})

t.test('a new run notes the state of its target', async t => {
  const check = await scene(t, 5)
  t.match(await check(runOf([])), {
    evidence: { identity: { ...identity, rows: 5, total: 'kept', adds: true }, leastRows: 5 },
  })
})

t.test("a resumed run keeps the target's state from before its first row", async t => {
  const check = await scene(t, 5)
  t.match(await check(runOf([target, ...confirmedThree])), {
    evidence: { identity, leastRows: 5 },
    now: { rows: 5 },
  })
})

t.test('a table that cannot hold the confirmed rows ends the run', async t => {
  const check = await scene(t, 4)
  await t.rejects(check(runOf([target, ...confirmedThree])), {
    code: 'DDB_TARGET_CHANGED',
    message: /4 rows, and had 2 before 3/,
  })
  await t.rejects(check(runOf([target]), 'others'), {
    code: 'DDB_TARGET_CHANGED',
    message: /columns/,
  })
})

t.test('rows that were only counted are missed, too', async t => {
  const check = await scene(t, 4)
  const end: JournalRecord = {
    kind: 'end',
    at: '2026-01-01T00:00:00.000Z',
    isDone: true,
    status: 'loaded',
    exitCode: 0,
    rows: { read: 3, confirmed: 3, unconfirmed: 0, rejected: 0, skipped: 0, unsent: 0 },
  }
  await t.rejects(check(runOf([...model.first, { ...target, used: 'count' }, end])), {
    code: 'DDB_TARGET_CHANGED',
    message: /4 rows, and had 2 before 3/,
  })
})

t.test(
  'if the server has forgotten the run, rows in memory count as lost, however many the table has',
  async t => {
    const check = await scene(t, 50)
    const records = [target, ...confirmedThree, { kind: 'forgotten' } as const]
    await t.rejects(check(runOf(records)), { code: 'DDB_TARGET_CHANGED', message: /restarted/ })
  },
)

t.test('a missing target counts as changed if rows were sent to it', async t => {
  const missing = new ServerError('', 'DDB_TARGET', 'there is no table trades')
  t.equal(asTargetChanged(runOf(undefined), missing), missing)
  t.equal(asTargetChanged(runOf([target]), missing), missing, 'nothing was confirmed')
  t.match(asTargetChanged(runOf([target, ...confirmedThree]), missing), {
    code: 'DDB_TARGET_CHANGED',
    message: /there is no table trades/,
  })
  for (const other of [
    new ServerError('', 'DDB_SERVER', 'x'),
    new UsageError('DDB_USAGE', 'x'),
    new Error('x'),
  ]) {
    t.equal(asTargetChanged(runOf([target, ...confirmedThree]), other), other)
  }
})
