import t from 'tap'
import { jobChecks } from '../../../src/selftest/checks/jobs.js'
import type { Faults } from '../../../src/server/index.js'
import { closedGate } from '../../helpers/gate.js'
import { answering, instead, intBytes } from '../../helpers/rewriting-proxy.js'
import { useTurnClock } from '../../helpers/turn-clock.js'
import { testChecks } from '../test-checks.js'

useTurnClock()

const asleep = 'jobs: a question while workers sleep, with urgency and without'
const listing = jobChecks.map(({ name }) => name).filter(name => name !== asleep)
const time = 'long(now())'

testChecks(
  t,
  jobChecks,
  {
    finds: {
      'jobs: the columns of getConsoleJobs':
        'node, userID, rootJobId, jobType, desc, priority, parallelism, receiveTime, sessionId, remoteIP, remotePort, totalTasks, finishedTasks, runningTask, firstTaskStartTime, latestTaskStartTime, queue',
      [asleep]: 'without urgency: answered; with it: answered',
    },
    facts: { urgentQuestions: true },
  },
  {
    'urgent questions that are refused': {
      toServer: chunk => (/ \/ 33_\d_8_/.test(chunk) ? chunk.replace(time, 'long(nix())') : chunk),
      finds: { [asleep]: /^without urgency: answered; with it: refused: / },
      facts: { urgentQuestions: false },
    },
    'a server whose workers are all asleep': {
      server: { faults: { beforeExecute: whileAsleep() } },
      finds: { [asleep]: 'without urgency: waits; with it: waits' },
      facts: { urgentQuestions: false },
    },
    'a server without the function': {
      toServer: instead('getConsoleJobs()', 'getConsoleJabs()'),
      skips: Object.fromEntries(
        listing.map(name => [name, /^the server refuses what it needs: .*getConsoleJabs/]),
      ),
    },
    'columns of other names': {
      toClient: answering('getConsoleJobs()', instead('rootJobId\0', 'theJobsId\0')),
      fails: { 'jobs: the columns of getConsoleJobs': 'the answer has no column rootJobId' },
    },
    'sessions of other names': {
      toClient: answering('getConsoleJobs()', instead('sessionId\0', 'session__\0')),
      fails: { 'jobs: the columns of getConsoleJobs': 'the answer has no column sessionId' },
    },
    'requests under way that are not listed': {
      server: {
        faults: {
          beforeExecute: ({ text }) => (text === 'ddbIngestTestBusy' ? 'drop' : undefined),
        },
      },
      fails: { 'jobs: a request under way is listed with its session': 'no result within 5000 ms' },
    },
    'sessions at rest that are listed': {
      toClient: (chunk, sent) =>
        sent.includes('exec count(*) from getConsoleJobs()')
          ? chunk.replace(intBytes(0), intBytes(1))
          : chunk,
      fails: { 'jobs: a session at rest is not listed': 'it is listed' },
    },
    'a count that is not told': {
      toServer: instead(
        'exec count(*) from getConsoleJobs() where',
        'exec 1 from getConsoleJubs() where',
      ),
      fails: { 'jobs: a session at rest is not listed': 'the server does not tell' },
    },
  },
)

/** Holds questions back until those who sleep have woken up. */
function whileAsleep(): NonNullable<Faults['beforeExecute']> {
  const sleepers = new Set<string>()
  const awake = closedGate()
  return ({ text, sessionId }) => {
    if (text.startsWith('ddbIngestTestBegan')) sleepers.add(sessionId)
    else if (text === time) {
      setTimeout(() => awake.open(), 2_000)
      return { until: awake.opened }
    }
    return undefined
  }
}
