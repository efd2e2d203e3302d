import t, { type Test } from 'tap'
import { connect } from '../../../src/client/open-session.js'
import { ConnectionError } from '../../../src/errors.js'
import { askCount } from '../../../src/load/connection/server-queries.js'
import { retryRules } from '../../../src/load/connection/retry.js'
import {
  newCountingSession,
  type CountingPlace,
} from '../../../src/load/transport/counting-session.js'
import { markerName } from '../../../src/load/marker/run-tables.js'
import { markRun } from '../../../src/load/marker/marker.js'
import { parseTableTarget } from '../../../src/load/target/target.js'
import { systemPlatform } from '../../../src/platform/system.js'
import { dfsScript, streamScript } from '../../helpers/delivery.js'
import { testRun } from '../../helpers/load-run.js'
import { startLoadServer } from '../../helpers/load-server.js'
import { useTurnClock } from '../../helpers/turn-clock.js'

useTurnClock()

const seven = 'table(1..7 as id, take(`A`B, 7) as sym)'
const initScript = `${streamScript}
${dfsScript}
tableInsert(target, ${seven})
tableInsert(loadTable("dfs://d", \`t), ${seven})`

/** A run with a session for counting and one for data. `forget` makes the server forget the counting session. */
async function scene(t: Test, change: Partial<CountingPlace> & { retries?: number } = {}) {
  let forgetful = ''
  const here = await startLoadServer(t, initScript, {
    faults: {
      beforeExecute: ({ sessionId }) => (sessionId === forgetful ? 'forget' : undefined),
    },
  })
  const { host, port } = here.server
  const server = { host, port, user: 'admin', password: '123456' }
  const run = testRun(
    { server, runId: 'nightly', delivery: { retries: change.retries ?? 3 } },
    systemPlatform,
  )
  const control = await connect(server)
  const data = await connect(server)
  t.teardown(() => Promise.all([control.close(), data.close()]))
  if (change.marked === true) await markRun(control, run.history.name, 60_000)
  const asking = newCountingSession(control, {
    run,
    rules: retryRules(run),
    inMemory: false,
    marked: false,
    data,
    ...change,
  })
  t.teardown(() => asking.close())
  return {
    asking,
    control,
    data,
    session: here.session,
    forget: () => (forgetful = asking.session.id),
    count: (table: string) => asking.ask(60_000, to => askCount(to, parseTableTarget(table))),
  }
}

t.test('a forgotten session is reopened with its user, as often as necessary', async t => {
  const { asking, control, forget, count } = await scene(t)
  t.equal(await count('dfs://d/t'), 7)
  t.equal(asking.session, control)
  for (let time = 0; time < 3; time++) {
    const before = asking.session
    forget()
    // A guest may not read the table.
    t.equal(await count('dfs://d/t'), 7)
    t.not(asking.session.id, before.id)
  }
  const { session } = asking
  await asking.close()
  t.ok(session.closed)
})

t.test('closing the counting session does not close the session of the run', async t => {
  const { asking, control } = await scene(t)
  await asking.close()
  t.notOk(control.closed)
})

t.test('the marker names the current counting session', async t => {
  const { asking, session, forget, count } = await scene(t, { marked: true, inMemory: true })
  const named = async () =>
    String(
      (
        (await session.run(`exec last(sessionId) from objByName("${markerName('nightly')}")`)) as {
          value: bigint
        }
      ).value,
    )
  t.equal(await named(), asking.session.id)
  forget()
  await count('target')
  t.equal(await count('target'), 7)
  t.equal(await named(), asking.session.id)
})

t.test('without retries no session is reopened', async t => {
  const { forget, count } = await scene(t, { retries: 0 })
  forget()
  await t.rejects(count('dfs://d/t'), ConnectionError)
  await t.rejects(count('dfs://d/t'), ConnectionError)
})

t.test('if the data connection was lost, too, an in-memory table may be different', async t => {
  for (const inMemory of [true, false]) {
    const { data, forget, count } = await scene(t, { inMemory })
    await data.close()
    forget()
    if (inMemory) {
      await count('target')
      await t.rejects(count('target'), { message: /tables in memory may not be those/ })
    } else t.equal(await count('dfs://d/t'), 7)
  }
})

t.test('if the marker is gone, an in-memory table may be different', async t => {
  for (const inMemory of [true, false]) {
    const { session, forget, count } = await scene(t, { inMemory, marked: true })
    await session.run(`undef("${markerName('nightly')}", SHARED)`)
    forget()
    if (inMemory) {
      await count('target')
      await t.rejects(count('target'), { message: /tables in memory may not be those/ })
    } else t.equal(await count('dfs://d/t'), 7)
  }
})

t.test('a question that the server refuses is not repeated', async t => {
  const { asking, control, count } = await scene(t)
  await t.rejects(count('nowhere'), { name: 'ServerError' })
  t.equal(asking.session, control)
})

t.test('an abandoned session ends at once', async t => {
  const { asking, forget, count, control } = await scene(t)
  forget()
  await count('dfs://d/t')
  asking.abandon(new ConnectionError('DDB_CONNECTION_LOST', 'enough'))
  t.ok(asking.session.closed)
  t.not(asking.session, control)
})
