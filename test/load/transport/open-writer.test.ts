import t, { type Test } from 'tap'
import { openDelivery } from '../../../src/load/transport/open-delivery.js'
import type { Delivery } from '../../../src/load/transport/delivery.js'
import { describeTarget } from '../../../src/load/target/describe-target.js'
import type { LoadOptions } from '../../../src/load/options.js'
import { systemPlatform } from '../../../src/platform/system.js'
import type { Faults } from '../../../src/server/index.js'
import { testRun } from '../../helpers/load-run.js'
import { startLoadServer } from '../../helpers/load-server.js'

const initScript = 'share streamTable(10:0, `id`sym, [INT,SYMBOL]) as target'

interface Change extends Partial<LoadOptions> {
  readonly faults?: Faults
}

/** A run into `target`, and its notices. */
async function scene(t: Test, { faults = {}, ...change }: Change) {
  const here = await startLoadServer(t, initScript, { faults })
  const { host, port, node } = here.server
  const notices: string[] = []
  const run = testRun(
    {
      server: { host, port, user: 'admin', password: '123456' },
      target: { table: 'target' },
      onNotice: notice => notices.push(notice),
      ...change,
    },
    systemPlatform,
  )
  const target = await describeTarget(here.session, run.plan, run.options)
  return {
    notices,
    open: async (): Promise<Delivery> => {
      const delivery = await openDelivery(run, target, here.session)
      t.teardown(() => delivery.close())
      return delivery
    },
    /** Tables of the run on the server. */
    own: () => [...node.shared.keys()].filter(name => name.startsWith('ddbIngest')),
  }
}

t.test(
  'a run has a marker if it has a given name, or if answers confirm rows in memory',
  async t => {
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
      t.same(own(), [], 'the marker is removed with the run')
    }
  },
)

t.test('a server that refuses a marker still gets rows', async t => {
  const { open, own, notices } = await scene(t, {
    delivery: { mode: 'sync' },
    faults: {
      beforeExecute: ({ text }) =>
        text.includes('keyedStreamTable') ? { error: 'not allowed.' } : undefined,
    },
  })
  t.equal((await open()).used, 'answers')
  t.same(own(), [])
  t.same(notices, [
    'the run leaves no marker on this server (not allowed): if the connection is lost, confirmed rows become unconfirmed',
  ])
})

t.test('if no data session can be opened, everything created for the run is removed', async t => {
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
