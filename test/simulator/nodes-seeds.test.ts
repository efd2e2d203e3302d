/*
  Simulates runs whose node dies while a second node is live, and checks the promises.
*/
import t from 'tap'
import { deepTest, runs } from '../helpers/runs.js'
import { firstNodesSeed } from './nodes.js'
import { failureText } from './report.js'
import { simulateResumed } from './resumed.js'
import { simulate } from './simulate.js'

const seedCount = runs(120)

deepTest(t, `${seedCount} simulations of lost nodes keep every promise`, async t => {
  const moved = new Set<number>()
  for (let seed = firstNodesSeed; seed < firstNodesSeed + seedCount; seed++) {
    const { complaints, runs } = await simulate(seed)
    if (complaints.length > 0) t.fail(failureText(await simulate(seed, true)))
    for (const { notices, result } of runs) {
      const hasMoved = notices.some(notice => notice.includes('is lost: the run continues with'))
      if (hasMoved && result !== undefined) moved.add(result.connections)
    }
    const killed = await simulateResumed(seed)
    t.strictSame(killed.complaints, [], `seed ${seed}, resumed`)
  }
  t.ok(Math.max(...moved) > 1, `over ${[...moved].join(', ')}`)
})
