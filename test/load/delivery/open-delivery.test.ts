import t, { type Test } from 'tap'
import { openDelivery } from '../../../src/load/delivery/open-delivery.js'
import type { Delivery } from '../../../src/load/delivery/delivery.js'
import { describeTarget } from '../../../src/load/target/describe-target.js'
import type { DeliveryOptions, LoadOptions, TargetOptions } from '../../../src/load/options.js'
import { markRun } from '../../../src/load/marker/marker.js'
import { systemPlatform } from '../../../src/platform/system.js'
import type { Faults } from '../../../src/server/index.js'
import { testRun } from '../../helpers/load-run.js'
import { startLoadServer } from '../../helpers/load-server.js'

const initScript = `share streamTable(10:0, \`id\`sym, [INT,SYMBOL]) as target
share keyedStreamTable(\`id, 10:0, \`id\`sym, [INT,SYMBOL]) as keyed
db = database("dfs://d", VALUE, 1..3)
db.createPartitionedTable(table(1:0, \`id\`sym, [INT,SYMBOL]), \`t, \`id)
def put(mutable data) { tableInsert(objByName("target"), data) }
addFunctionView(put)`

interface Change extends Partial<LoadOptions> {
  readonly faults?: Faults
}

/** A run that knows its target, and what it says. */
async function scene(t: Test, { faults = {}, ...change }: Change) {
  const here = await startLoadServer(t, initScript, { faults })
  const { host, port, node } = here.server
  const notices: string[] = []
  const run = testRun(
    {
      server: { host, port, user: 'admin', password: '123456' },
      onNotice: notice => notices.push(notice),
      ...change,
    },
    systemPlatform,
  )
  const target = await describeTarget(here.session, run.plan, run.options)
  return {
    node,
    session: here.session,
    notices,
    run,
    open: async (): Promise<Delivery> => {
      const delivery = await openDelivery(run, target, here.session)
      t.teardown(() => delivery.close())
      return delivery
    },
    /** Tables of the run on the server. */
    own: () => [...node.shared.keys()].filter(name => name.startsWith('ddbIngest')),
  }
}

const put: TargetOptions = { function: 'put', types: 'id:INT,sym:SYMBOL' }

/** What is asked, of which target; then what is used. */
const choices: [DeliveryOptions, TargetOptions, Delivery['used']][] = [
  [{}, { table: 'target' }, 'receipts'],
  [{}, { table: 'dfs://d/t' }, 'receipts'],
  [{}, put, 'receipts'],
  [{ confirm: 'receipts' }, { table: 'keyed' }, 'receipts'],
  [{ confirm: 'count' }, { table: 'target' }, 'count'],
  [{ confirm: 'count' }, { ...put, confirmTable: 'target' }, 'count'],
  [{ confirm: 'none' }, { table: 'target' }, 'none'],
  [{ mode: 'sync' }, { table: 'target' }, 'answers'],
  [{ mode: 'sync' }, put, 'answers'],
]

t.test('the plan asks, and the target decides what can be had', async t => {
  for (const [delivery, target, used] of choices) {
    const { open, notices } = await scene(t, { delivery, target })
    t.equal((await open()).used, used, JSON.stringify([delivery, target]))
    t.same(notices, [])
  }
})

/** Nobody may define functions on this server. */
const noFunctions: Faults = {
  beforeExecute: ({ text }) => (text.startsWith('def ') ? { error: 'not allowed' } : undefined),
}

t.test('where a server refuses receipts the next best is taken, and it is said', async t => {
  const cases: [TargetOptions, Delivery['used'], notices: number][] = [
    [{ table: 'target' }, 'count', 1],
    [{ ...put, confirmTable: 'target' }, 'count', 1],
    // Neither keys nor functions make it known how many rows there should be.
    [{ table: 'keyed' }, 'none', 2],
    [put, 'none', 2],
  ]
  for (const [target, used, said] of cases) {
    const { open, notices, own } = await scene(t, { target, faults: noFunctions })
    t.equal((await open()).used, used, JSON.stringify(target))
    t.match(notices[0], /not allowed/)
    t.equal(notices.length, said)
    t.same(own(), [], 'nothing is left of the attempt')
  }
})

t.test('receipts that were asked for are not replaced', async t => {
  const { open } = await scene(t, {
    target: { table: 'target' },
    delivery: { confirm: 'receipts' },
    faults: noFunctions,
  })
  await t.rejects(open(), { name: 'ServerError', serverMessage: /not allowed/ })
})

t.test('rows with known keys cannot be counted', async t => {
  const { open } = await scene(t, { target: { table: 'keyed' }, delivery: { confirm: 'count' } })
  await t.rejects(open(), { code: 'DDB_USAGE' })
})

t.test('a run is marked where its name was given, or answers confirm rows in memory', async t => {
  const cases: [Change, isMarked: boolean][] = [
    [{ delivery: { confirm: 'none' } }, false],
    [{ delivery: { confirm: 'none' }, runId: 'nightly' }, true],
    [{ delivery: { confirm: 'count' }, runId: 'nightly' }, true],
    [{ delivery: { mode: 'sync' } }, true],
  ]
  for (const [change, isMarked] of cases) {
    const { open, own } = await scene(t, change)
    const delivery = await open()
    t.equal(own().length, isMarked ? 1 : 0, JSON.stringify(change))
    await delivery.close()
    t.same(own(), [], 'the marker goes with the run')
  }
})

t.test('a name that another run has keeps this one from opening anything', async t => {
  for (const delivery of [
    { mode: 'sync' },
    { confirm: 'none' },
    { confirm: 'receipts' },
  ] as const) {
    const { open, own, node, session } = await scene(t, { delivery, runId: 'nightly' })
    await markRun(session, { runId: 'nightly', token: 7n }, 60_000)
    await t.rejects(open(), { code: 'DDB_LOCKED' })
    t.equal(node.sessions.size, 1)
    t.same(own(), ['ddbIngest_nightly'], 'the other one keeps its marker')
  }
})

t.test('a server that allows no marker is written to all the same', async t => {
  const { open, own } = await scene(t, {
    delivery: { mode: 'sync' },
    faults: {
      beforeExecute: ({ text }) =>
        text.includes('keyedStreamTable') ? { error: 'not allowed' } : undefined,
    },
  })
  t.equal((await open()).used, 'answers')
  t.same(own(), [])
})

t.test('what stands before the first row is removed when no data session can be had', async t => {
  let marked = false
  const { open, own } = await scene(t, {
    delivery: { mode: 'sync', retries: 0 },
    faults: {
      beforeExecute: ({ kind }) => (marked && kind === 'connect' ? 'close' : undefined),
      afterExecute: ({ text }) => void (marked ||= text.includes('keyedStreamTable')),
    },
  })
  await t.rejects(open(), { code: 'DDB_CONNECT' })
  t.ok(marked)
  t.same(own(), [])
})
