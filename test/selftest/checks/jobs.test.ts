import t from 'tap'
import { jobChecks } from '../../../src/selftest/checks/jobs.js'
import { answering, instead, intBytes } from '../../helpers/rewriting-proxy.js'
import { useTurnClock } from '../../helpers/turn-clock.js'
import { testChecks } from '../test-checks.js'

useTurnClock()

const names = jobChecks.map(({ name }) => name)

testChecks(
  t,
  jobChecks,
  {
    finds: {
      'jobs: the columns of getConsoleJobs':
        'node, userID, rootJobId, jobType, desc, priority, parallelism, receiveTime, sessionId, remoteIP, remotePort, totalTasks, finishedTasks, runningTask, firstTaskStartTime, latestTaskStartTime, queue',
    },
  },
  {
    'a server without the function': {
      toServer: instead('getConsoleJobs()', 'getConsoleJabs()'),
      skips: Object.fromEntries(
        names.map(name => [name, /^the server refuses what it needs: .*getConsoleJabs/]),
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
