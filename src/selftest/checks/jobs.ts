/*
  What getConsoleJobs tells of requests under way, by which a run knows a busy server from a silent one.
*/
import { askIdle } from '../../load/connection/server-queries.js'
import { columnOf, elementsOf, tableOf } from '../answers.js'
import { fail, pass, type Check } from '../check.js'

const dependsOnIt =
  'waiting for a server that still works on a batch, and going on when it does not'

export const jobChecks: readonly Check[] = [
  {
    name: 'jobs: the columns of getConsoleJobs',
    does: 'reads the table and looks for the columns that a run asks for',
    dependsOnIt,
    needs: 'getConsoleJobs',
    async run({ prepare }) {
      const jobs = tableOf(await prepare('getConsoleJobs()'))
      columnOf(jobs, 'rootJobId')
      columnOf(jobs, 'sessionId')
      return pass(jobs.columnNames.join(', '))
    },
  },
  {
    name: 'jobs: a request under way is listed with its session',
    does: 'sends a request that sleeps, without an answer, and looks for its session',
    dependsOnIt,
    needs: 'getConsoleJobs',
    async run({ prepare, open, until, ask }) {
      await prepare('getConsoleJobs()')
      const session = await open()
      await ask('def ddbIngestTestBusy(x) { sleep(x) }', session)
      session.send('ddbIngestTestBusy', [{ form: 'scalar', type: 'INT', value: 1_000 }])
      const script = `exec rootJobId from getConsoleJobs() where sessionId = ${session.id}l`
      await until(async () => (elementsOf(await ask(script)).length > 0 ? true : undefined))
      return pass()
    },
  },
  {
    name: 'jobs: a session at rest is not listed',
    does: 'looks for a session that has nothing to do',
    dependsOnIt,
    needs: 'getConsoleJobs',
    async run({ prepare, open, control }) {
      await prepare('getConsoleJobs()')
      const session = await open()
      const idle = await askIdle({ session: control, timeoutMs: 3_000 }, session.id)
      if (idle === undefined) return fail('the server does not tell')
      return idle ? pass() : fail('it is listed')
    },
  },
]
