import t from 'tap'
import { jobChecks } from '../../../src/selftest/checks/jobs.js'
import { connectionChecks, loginChecks } from '../../../src/selftest/checks/sessions.js'
import { checkContext } from '../../../src/selftest/context.js'
import type { Faults } from '../../../src/server/index.js'
import { closedGate } from '../../helpers/gate.js'
import { answering, each, instead, intBytes } from '../../helpers/rewriting-proxy.js'
import { useTurnClock } from '../../helpers/turn-clock.js'
import { scopeWith } from '../check-scope.js'
import { namesOn, trySelftest } from '../run-selftest.js'
import { testChecks } from '../test-checks.js'

useTurnClock()

const header = /^\d+(?= [01] 1\n)/

testChecks(
  t,
  connectionChecks,
  { 'connection: an answer in blocks': '15 blocks' },
  {
    'all sessions have one id': {
      toClient: chunk => chunk.replace(header, '1000000009'),
      // Without a login, because a login of two requests needs the id of its own session.
      login: {},
      fails: ['connection: a session with an id'],
    },
    'wrong results': {
      toClient: answering('1+1', instead(intBytes(2), intBytes(3))),
      fails: ['connection: a script is answered', 'connection: an error leaves the session usable'],
    },
    'refused scripts': {
      toServer: instead('\n1+1', '\n1+)'),
      fails: ['connection: a script is answered'],
    },
    'a version that is none': {
      toClient: instead('3.00.5.0 2026', 'unversioned 1'),
      fails: ['connection: version()'],
    },
    'one wrong answer of fifty': {
      toClient: instead(intBytes(40), intBytes(42)),
      fails: ['connection: answers come in order'],
    },
    'errors that are none': {
      toServer: instead('throw "ddbIngestTest"', '"ddbIngestTest"'),
      fails: ['connection: an error leaves the session usable'],
    },
    'text that is damaged': {
      toClient: each(instead('\xe4\xb8\xad', '\xe4\xb8\xae'), instead('MSG\nddb', 'MSG\nDDB')),
      fails: ['connection: text in UTF-8', 'connection: printed output'],
    },
    'scripts and answers that are cut': {
      toServer: each(
        instead('1..1000000', '1..999999'),
        instead('table(1..30000 as i)', 'table(1..29999 as i)'),
        instead('\n7', '\n8'),
      ),
      fails: [
        'connection: a large script',
        'connection: a large answer',
        'connection: an answer in blocks',
      ],
    },
    'values that are displaced': {
      toServer: each(
        instead('1..1000000', '2..1000001'),
        instead('table(1..30000 as i)', 'table(0..29999 as i)'),
        instead('1..30000 as i, take', '2..30001 as i, take'),
      ),
      fails: [
        'connection: a large answer',
        'connection: an answer in blocks',
        'connection: a compressed answer',
      ],
    },
    'answers of another session': {
      login: {},
      toClient: chunk =>
        chunk.replace(/^\d+ 1 1\n/, line => line.replace(/\d(?= )/, last => `${9 - Number(last)}`)),
      fails: [
        'connection: a script is answered',
        'connection: every answer carries the session id',
      ],
    },
    'a server that answers under a session id it never gave': {
      toClient: (chunk, sent) =>
        sent.includes('API2 987654321 ') ? chunk.replace(/^\d+/, '987654321') : chunk,
      fails: ['connection: an unknown session id'],
    },
    'a server that refuses unknown sessions': {
      toClient: (chunk, sent) =>
        sent.includes('API2 987654321 ') ? '1000000007 0 1\nunknown session\n' : chunk,
      finds: { 'connection: an unknown session id': 'it is refused: unknown session' },
    },
    'variables that all sessions see': {
      toServer: instead('script\nddbIngestTestPrivate', 'script\n5'),
      fails: ['connection: variables belong to one session'],
    },
    'variables that are not kept': {
      toServer: instead('script\nddbIngestTestPrivate', 'script\n6'),
      fails: ['connection: variables belong to one session'],
    },
    'functions that all sessions share': {
      toServer: instead('return 1', 'return 2'),
      fails: ['connection: functions belong to one session'],
    },
    'sessions that are forgotten between two requests': {
      server: {
        faults: {
          beforeExecute: ({ text }) => (text === 'ddbIngestTestOwn' ? 'forget' : undefined),
        },
      },
      fails: ['connection: functions belong to one session'],
      passes: ['connection: a script is answered'],
    },
    'flag 16 that clears nothing': {
      toServer: instead(' / 48_', ' / 32_'),
      fails: ['connection: flag 16 clears variables'],
    },
    'compression that is refused': {
      toServer: instead('take(`a`b`c, 30000)', 'take(`a`b`c; 30000)'),
      fails: ['connection: a compressed answer'],
    },
  },
)

const badLogin = 'The user name or password is incorrect.'
const whoScript = 'getCurrentSessionAndUser()[1]'

const how = 'login: how this user logs in'

testChecks(
  t,
  loginChecks,
  { [how]: 'by SCRAM' },
  {
    'without a user there is nothing to try': {
      login: {},
      skips: [
        'login: by calling login',
        'login: inside the connect request',
        'login: it holds for its session alone',
        how,
        'login: with SCRAM',
        'login: with RSA',
      ],
      passes: ['login: a wrong one is refused in known words'],
    },
    'a session that has another user': {
      toClient: answering(whoScript, instead('admin', 'other')),
      fails: ['login: by calling login', 'login: inside the connect request'],
      passes: ['login: it holds for its session alone'],
    },
    'a login that holds for all': {
      toClient: answering(whoScript, instead('guest', 'admin')),
      fails: ['login: it holds for its session alone'],
      passes: ['login: by calling login'],
    },
    'guests who may not run scripts': {
      server: { requireLogin: true },
      finds: { 'login: it holds for its session alone': 'guests may not run scripts' },
      passes: ['login: by calling login', 'login: inside the connect request'],
    },
    'a login refused in other words': {
      toClient: instead('user name or password', 'combination you gave'),
      fails: ['login: a wrong one is refused in known words'],
    },
    'a login that everybody passes': {
      toClient: chunk => chunk.replace(badLogin, 'OK'),
      fails: ['login: a wrong one is refused in known words'],
    },
    'a server that knows only plain passwords': {
      toServer: each(
        instead('scramClientFirst', 'scramClientOther'),
        instead('getDynamicPublicKey', 'getDynamicPublicFoo'),
      ),
      skips: ['login: with SCRAM', 'login: with RSA'],
      finds: { [how]: /^not by SCRAM: .*scramClientOther/ },
      passes: ['login: by calling login'],
    },
    'a server as it is shipped, and nothing allowed': {
      hasScram: false,
      login: { user: 'admin', password: '123456' },
      skips: ['login: inside the connect request', 'login: with SCRAM'],
      passes: [
        'login: by calling login',
        'login: a wrong one is refused in known words',
        'login: with RSA',
      ],
    },
    'a login that is refused where it is asked for again': {
      toServer: instead('connect\nlogin\nadmin\n123456', 'connect\nlogin\nadmin\n000000'),
      fails: ['login: inside the connect request'],
      passes: ['login: by calling login'],
    },
  },
)

t.test(
  'with two users, one may remove what the other shared, and a granted view delivers',
  async t => {
    const names = [
      'receipts: R11, undef by another user',
      'receipts: R13, a view through a function for a user with VIEW_EXEC alone',
    ]
    const second = { user: 'ann', password: 'abc12345' }
    const server = { initScript: 'createUser("ann", "abc12345")' }
    const tried = await trySelftest(t, { names, server, options: { second } })
    t.match(tried.result.checks, [
      { status: 'pass', reason: /it/ },
      { status: 'pass', reason: '' },
    ])
    t.strictSame(namesOn(tried.server), [])
    const wrong = { user: 'ann', password: 'wrong' }
    const { result } = await trySelftest(t, { names, server, options: { second: wrong } })
    t.match(result.checks, [{ status: 'fail' }, { status: 'fail' }])
    const behaved = await trySelftest(t, {
      names: [names[1]!],
      server,
      options: { second },
      prepare: ({ node }) =>
        void (node.faults.beforeWrite = ({ table }) =>
          table.endsWith('_viewed') ? { error: '<NoPrivilege>Not granted' } : undefined),
    })
    t.strictSame(behaved.failed, [names[1]], 'a view that lacks rights is found')
  },
)

t.test('with only one login, both checks are skipped', async t => {
  const names = ['receipts: R11, undef by another user']
  const { result } = await trySelftest(t, { names })
  t.match(result.checks, [{ status: 'skipped', reason: 'no second user was given' }])
})

const alone = 'rights: TABLE_INSERT alone'
const ann = { user: 'ann', password: 'abc12345' }

t.test('a check finds the effects of a right, and then revokes the right', async t => {
  const server = { initScript: 'createUser("ann", "abc12345")' }
  const tried = await trySelftest(t, { names: [alone], server, options: { second: ann } })
  const [found] = tried.result.checks
  t.equal(found?.status, 'pass')
  t.match(found?.reason, /^schema: .*; count: .*<NotAuthenticated>.*; upsert: /)
  t.strictSame(namesOn(tried.server), [])
  const rights = tried.server.node.privileges.get('ann') ?? new Map<string, boolean>()
  t.strictSame([...rights.keys()], [], 'the right ends with the check')
})

t.test('if the second user has more rights, the check is skipped', async t => {
  const server = { initScript: 'createUser("ann", "abc12345"); grant("ann", DB_READ, "*")' }
  const { result } = await trySelftest(t, { names: [alone], server, options: { second: ann } })
  t.match(result, { checks: [{ status: 'skipped', reason: /may read without/ }] })
})

t.test('a user name that is impossible in DolphinDB is never part of a script', async t => {
  const granted = checkContext(scopeWith({ second: { user: 'a"b', password: 'x' } }))
  await t.rejects(granted.grant('VIEW_EXEC', 'v'), { code: 'DDB_UNAVAILABLE' })
})

const asleep = 'jobs: a question while workers sleep, with urgency and without'
const listing = jobChecks.map(({ name }) => name).filter(name => name !== asleep)
const time = 'long(now())'

testChecks(
  t,
  jobChecks,
  {
    'jobs: the columns of getConsoleJobs':
      'node, userID, rootJobId, jobType, desc, priority, parallelism, receiveTime, sessionId, remoteIP, remotePort, totalTasks, finishedTasks, runningTask, firstTaskStartTime, latestTaskStartTime, queue',
    [asleep]: 'without urgency: answered; with it: answered',
  },
  {
    'urgent questions that are refused': {
      toServer: chunk => (/ \/ 33_\d_8_/.test(chunk) ? chunk.replace(time, 'long(nix())') : chunk),
      finds: { [asleep]: /^without urgency: answered; with it: refused: / },
    },
    'a server whose workers are all asleep': {
      server: { faults: { beforeExecute: whileAsleep() } },
      finds: { [asleep]: 'without urgency: waits; with it: waits' },
    },
    'a server without the function': {
      toServer: instead('getConsoleJobs()', 'getConsoleJabs()'),
      skips: listing,
    },
    'columns of other names': {
      toClient: answering('getConsoleJobs()', instead('rootJobId\0', 'theJobsId\0')),
      fails: ['jobs: the columns of getConsoleJobs'],
    },
    'sessions of other names': {
      toClient: answering('getConsoleJobs()', instead('sessionId\0', 'session__\0')),
      fails: ['jobs: the columns of getConsoleJobs'],
    },
    'requests under way that are not listed': {
      server: {
        faults: {
          beforeExecute: ({ text }) => (text === 'ddbIngestTestBusy' ? 'drop' : undefined),
        },
      },
      fails: ['jobs: a request under way is listed with its session'],
    },
    'sessions at rest that are listed': {
      toClient: (chunk, sent) =>
        sent.includes('exec count(*) from getConsoleJobs()')
          ? chunk.replace(intBytes(0), intBytes(1))
          : chunk,
      fails: ['jobs: a session at rest is not listed'],
    },
    'a count that is not told': {
      toServer: instead(
        'exec count(*) from getConsoleJobs() where',
        'exec 1 from getConsoleJubs() where',
      ),
      fails: ['jobs: a session at rest is not listed'],
    },
  },
)

/** Holds requests back until the sleeping jobs have woken up. */
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
