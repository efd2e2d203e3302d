import t, { type Test } from 'tap'
import {
  askFinished,
  askFinisher,
  finishedTable,
  forgetFinished,
  markFinished,
} from '../../../src/load/marker/finished-runs.js'
import type { RunName } from '../../../src/load/marker/marker.js'
import type { Faults } from '../../../src/server/index.js'
import { startLoadServer } from '../../helpers/load-server.js'

const timeoutMs = 60_000
const nightly: RunName = { runId: 'nightly', token: 7n }
const other: RunName = { runId: 'other', token: 8n }

const begunMs = 1_700_000_000_000

async function scene(t: Test, faults: Faults = {}) {
  const here = await startLoadServer(t, '1', { faults })
  const { session } = here
  return {
    here,
    mark: (run: RunName, rows: number | null = 5, processNo = 1) =>
      markFinished(session, run, { target: 'dfs://d/t', rows, begunMs, processNo }, timeoutMs),
    finisher: (run: RunName) => askFinisher(session, run, timeoutMs),
    knows: (run: RunName, since?: number) => askFinished(session, run, timeoutMs, since),
    forget: (run: RunName) => forgetFinished(session, run, timeoutMs),
    isThere: async () => {
      const answer = await session.run(`long(defined("${finishedTable}", SHARED))`)
      return answer?.form === 'scalar' && answer.value === 1n
    },
  }
}

t.test('a node knows the runs that finished on it, by name and token', async t => {
  const { here, mark, knows } = await scene(t)
  t.equal(await knows(nightly), false)
  t.equal(await mark(nightly), true)
  t.equal(await mark(other, null), true)
  t.equal(await knows(nightly), true)
  t.equal(await knows({ ...nightly, token: 9n }), false, 'another run with that name')
  t.equal(await knows(nightly, begunMs), true)
  t.equal(await knows(nightly, begunMs + 1), false, 'the run has started over since')
  t.same(await here.rows(`select runId, token, target, rowsHad from ${finishedTable}`), [
    ['nightly', '7', `dfs://d/t, begun ${begunMs}, process 1`, '5'],
    ['other', '8', `dfs://d/t, begun ${begunMs}, process 1`, ''],
  ])
})

t.test('a node knows which process was the last to finish a run', async t => {
  const { here, mark, finisher } = await scene(t)
  t.equal(await finisher(nightly), 0, 'nothing has finished')
  await mark(other, 5, 11)
  t.equal(await finisher(nightly), 0, 'another run has finished')
  for (const process of [9, 10, 2]) await mark(nightly, 5, process)
  t.equal(await finisher(nightly), 10)
  await here.session.run(
    `update ${finishedTable} set target = "t, begun 5" where runId = "nightly"`,
  )
  t.equal(await finisher(nightly), 0, 'earlier versions record no process')
})

t.test('a cleaned run is forgotten, and the table is removed with its last run', async t => {
  const { mark, knows, forget, isThere } = await scene(t)
  await forget(nightly)
  await mark(nightly)
  await mark(other)
  await forget(nightly)
  t.same([await knows(nightly), await knows(other)], [false, true])
  await forget(other)
  t.equal(await isThere(), false)
})

t.test('if two runs share the table at the same time, no run is lost', async t => {
  let replaced = false
  const { here, mark, knows } = await scene(t, {
    afterExecute({ text }) {
      if (replaced || !text.includes(`if(!defined("${finishedTable}"`)) return undefined
      replaced = true
      here.server.node.shared.delete(finishedTable)
      return undefined
    },
  })
  t.equal(await mark(nightly), true, 'written again')
  t.equal(replaced, true)
  t.equal(await knows(nightly), true)
})

t.test('if many runs finish at once, all are kept', async t => {
  const { here, knows } = await scene(t)
  const runs = Array.from({ length: 20 }, (_, i) => ({ runId: `run-${i}`, token: BigInt(i + 1) }))
  const marked = await Promise.all(
    runs.map(run =>
      markFinished(here.session, run, { target: 't', rows: 1, begunMs, processNo: 1 }, timeoutMs),
    ),
  )
  t.same(new Set(marked), new Set([true]))
  for (const run of runs) t.equal(await knows(run), true)
})

t.test('a server without shared tables keeps no runs, and a notice says so', async t => {
  const { mark, knows } = await scene(t, {
    beforeExecute: ({ text }) => (text.includes(finishedTable) ? { error: 'not here' } : undefined),
  })
  t.equal(await mark(nightly), false)
  t.equal(await knows(nightly), undefined)
})
