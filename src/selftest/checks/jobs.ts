/*
  Checks whether getConsoleJobs lists running requests, by which a run distinguishes a busy server from a dead one.
*/
import { askIdle } from '../../load/connection/server-queries.js'
import { wait } from '../../platform/wait.js'
import { requestFlags } from '../../protocol/request.js'
import { columnOf, elementsOf, numberOf, tableOf } from '../answers.js'
import { fail, type Check } from '../check.js'
import type { CheckContext } from '../context.js'

/** How many requests sleep at once. Most servers have fewer workers. */
const sleepers = 16
const sleepMs = 700
/** A script that sleeps. It returns the times when the sleep began and ended, by the server's clock. */
const sleepScript = `ddbIngestTestBegan = long(now())
sleep(${sleepMs})
[ddbIngestTestBegan, long(now())]`
/** Official clients send this priority with requests that must not wait. */
const urgentPriority = 8
const pauseMs = 50

const dependsOnIt =
  'waiting for a server that still works on a batch, and continuing when it does not'

/** Times when a request's sleep began and ended, by the server's clock, ms. */
interface Sleep {
  readonly began: number
  readonly ended: number
}

/** Keeps asking for the time. @returns `answered` if an answer came after the first sleep began and before any ended */
async function answeredAsleep(
  { rawSession, platform, signal }: CheckContext,
  isUrgent: boolean,
  asleep: Promise<readonly Sleep[]>,
): Promise<string> {
  const { exchange, sessionId } = await rawSession()
  const head = isUrgent
    ? { sessionId, flags: requestFlags.apiClient | requestFlags.urgent, priority: urgentPriority }
    : { sessionId }
  let isOver = false
  const over = (): void => void (isOver = true)
  asleep.then(over, over)
  const answeredAt: number[] = []
  while (!isOver) {
    const answer = await exchange.ask(head, { kind: 'script', script: 'long(now())' })
    if (!answer.ok) return `refused: ${answer.message}`
    answeredAt.push(numberOf(answer.value))
    await wait(platform.clock, pauseMs, signal)
  }
  const sleeps = await asleep
  const firstBegan = Math.min(...sleeps.map(({ began }) => began))
  const firstEnded = Math.min(...sleeps.map(({ ended }) => ended))
  return answeredAt.some(at => at > firstBegan && at < firstEnded) ? 'answered' : 'waits'
}

export const jobChecks: readonly Check[] = [
  {
    name: 'jobs: the columns of getConsoleJobs',
    dependsOnIt,
    async run({ prepare }) {
      const jobs = tableOf(await prepare('getConsoleJobs()'))
      columnOf(jobs, 'rootJobId')
      columnOf(jobs, 'sessionId')
      return jobs.columnNames.join(', ')
    },
  },
  {
    name: 'jobs: a request under way is listed with its session',
    dependsOnIt,
    async run({ prepare, open, until, ask }) {
      await prepare('getConsoleJobs()')
      const session = await open()
      await ask('def ddbIngestTestBusy(x) { sleep(x) }', session)
      session.send('ddbIngestTestBusy', [{ form: 'scalar', type: 'INT', value: 1_000 }])
      const script = `exec rootJobId from getConsoleJobs() where sessionId = ${session.id}l`
      await until(async () => (elementsOf(await ask(script)).length > 0 ? true : undefined))
    },
  },
  {
    name: 'jobs: a session at rest is not listed',
    dependsOnIt,
    async run({ prepare, open, control }) {
      await prepare('getConsoleJobs()')
      const session = await open()
      const idle = await askIdle({ session: control, timeoutMs: 3_000 }, session.id)
      if (idle === undefined) fail('the server does not tell')
      if (!idle) fail('it is listed')
    },
  },
  {
    name: 'jobs: a question while workers sleep, with urgency and without',
    dependsOnIt: 'asking a busy server what it is busy with',
    limitMs: 10_000,
    async run(context) {
      const { open, ask } = context
      const sessions = await Promise.all(Array.from({ length: sleepers }, () => open()))
      const asleep = Promise.all(
        sessions.map(async (session): Promise<Sleep> => {
          const times = elementsOf(await ask(sleepScript, session)).map(numberOf)
          return { began: times[0]!, ended: times[1]! }
        }),
      )
      asleep.catch(() => undefined)
      const [plain, urgent] = await Promise.all([
        answeredAsleep(context, false, asleep),
        answeredAsleep(context, true, asleep),
      ])
      return `without urgency: ${plain}; with it: ${urgent}`
    },
  },
]
