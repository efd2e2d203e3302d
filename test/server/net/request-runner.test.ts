import t from 'tap'
import { requestFlags, type Request, type RequestHead } from '../../../src/protocol/request.js'
import type { Value } from '../../../src/protocol/value.js'
import { ConnectionFunctions } from '../../../src/server/login/connection-functions.js'
import { Users } from '../../../src/server/login/users.js'
import { Discard } from '../../../src/server/net/discard.js'
import type { Executor } from '../../../src/server/net/executor.js'
import { RequestRunner } from '../../../src/server/net/request-runner.js'
import { Retries } from '../../../src/server/net/retries.js'
import { createNode } from '../../../src/server/node.js'
import { failureOf } from '../../helpers/call-context.js'
import { call, script } from '../../helpers/requests.js'
import { guestSession } from '../../helpers/tiny-server.js'
import { idTable, int, text, yes } from '../../helpers/values.js'

const head: RequestHead = {
  protocol: 'API2',
  sessionId: '1',
  flags: requestFlags.apiClient,
  priority: 4,
  parallelism: 64,
}
const upload: Request = { kind: 'variable', names: ['a', 'b'], values: [int(1), int(2)] }
const connect = (user: string, password: string): Request => ({
  kind: 'connect',
  login: { user, password, encrypted: false },
})

interface Options {
  readonly requireLogin?: boolean
  readonly discard?: Discard
  readonly defined?: string
  readonly refusal?: string
}

function runnerWith({ requireLogin = false, discard, defined, refusal }: Options = {}) {
  const log: string[] = []
  const executor: Executor = {
    open: guestSession,
    runScript: (_, code) => (log.push(`script ${code}`), int(code.length)),
    runFunction: (_, name, args, options) => {
      log.push(`call ${name} ${args.length}${options?.discards === true ? ' discards' : ''}`)
      return args[0]
    },
    setVariables: (_, names) => void log.push(`upload ${names.join()}`),
    cancel: ({ id }) => void log.push(`cancel ${id}`),
    clearMemory: ({ id }) => void log.push(`clear ${id}`),
    close: ({ id }) => void log.push(`close ${id}`),
  }
  const session = guestSession({
    id: '1',
    remoteAddress: '127.0.0.1',
    remotePort: 9,
    delay: () => Promise.resolve(),
  })
  const runner = new RequestRunner(
    {
      executor,
      retries: new Retries(),
      discard,
      isDefined: (_, name) => name === defined,
    },
    session,
    new ConnectionFunctions(new Users(createNode()), requireLogin),
    refusal,
  )
  const run = (request: Request, changes: Partial<RequestHead> = {}): unknown =>
    runner.run({ ...head, ...changes }, request)
  return { runner, run, log, session }
}

t.test('each kind of request reaches what runs it', async t => {
  const { run, log, session } = runnerWith()
  t.equal(run({ kind: 'connect' }), undefined)
  t.match(run(script('1+1')), int(3))
  t.match(run(call('f{x}', int(7), idTable(1))), int(7))
  t.equal(run(call('g')), undefined)
  t.equal(run(upload), undefined)
  t.match(run(call('isClientAuth')), { type: 'BOOL', value: false })
  t.strictSame(log, ['script 1+1', 'call f{x} 2', 'call g 0', 'upload a,b'])
  t.equal(session.user, 'guest')
  t.strictSame(run(connect('admin', '123456')), yes)
  t.equal(session.user, 'admin')
  t.equal(
    failureOf(() => run(connect('admin', 'no'))),
    'The user name or password is incorrect.',
  )
})

t.test('where a login is required, guests run nothing', async t => {
  const { run, log, session } = runnerWith({ requireLogin: true })
  const refused = [script('1'), upload, call('tableInsert{t}', idTable(1)), call('f')]
  for (const request of refused) {
    t.match(
      failureOf(() => run(request)),
      /^Login is required .* RefId: S04009$/,
    )
  }
  t.match(run(call('isClientAuth')), yes)
  for (const name of ['version', 'isNodeInitialized', 'getRequiredAPIVersion']) {
    t.match(run(call(name, int(8))), int(8))
  }
  run(call('login', text('admin'), text('123456')))
  t.equal(session.user, 'admin')
  for (const request of refused) run(request)
  t.strictSame(log.slice(-4), ['script 1', 'upload a,b', 'call tableInsert{t} 1', 'call f 0'])
})

t.test('sessions and languages that are not served answer everything with a refusal', async t => {
  const { run, log } = runnerWith({ refusal: 'not here' })
  for (const request of [script('1'), { kind: 'connect' } as const, call('version')]) {
    t.equal(
      failureOf(() => run(request)),
      'not here',
    )
  }
  t.strictSame(log, [])
  const other = runnerWith()
  for (const flag of [requestFlags.python, requestFlags.kdb]) {
    t.match(
      failureOf(() => other.run(script('1'), { flags: flag })),
      /neither Python nor q/,
    )
    t.match(
      failureOf(() => other.run({ kind: 'connect' }, { flags: 32 | flag })),
      /neither/,
    )
  }
  t.match(other.run(script('1'), { flags: requestFlags.compress }), int(1))
  t.strictSame(other.log, ['script 1'])
})

t.test('a numbered request that comes twice is run once', async t => {
  const { run, log } = runnerWith()
  const first = run(script('1'), { clientId: 'c', sequenceNumber: 1 })
  t.equal(run(script('1'), { clientId: 'c', sequenceNumber: -1 }), first)
  run(script('2'), { clientId: 'c', sequenceNumber: 2 })
  run(script('3'), { clientId: 'other', sequenceNumber: 1 })
  run(script('4'))
  run(script('4'))
  t.strictSame(log, ['script 1', 'script 2', 'script 3', 'script 4', 'script 4'])
})

t.test('tables are counted and forgotten; functions of the user run without them', async t => {
  const discard = new Discard()
  const { run, log } = runnerWith({ discard, defined: 'deliver' })
  const answers: [request: Request, answer: Value, wanted?: string][] = [
    [call('tableInsert{t}', idTable(1, 2, 3)), int(3)],
    [call('append!{t}', int(1), idTable(1)), int(1)],
    [call('deliver', idTable(1, 2)), idTable(1, 2), 'call deliver 1 discards'],
    [call('deliver{1}', int(1), idTable(1)), int(1), 'call deliver{1} 2 discards'],
    [call('(def(mutable t, d){ return 0 }){t}', idTable(1, 2)), int(2)],
    [call('delivery', idTable(1)), int(1)],
    [call('f', int(5)), int(5), 'call f 1'],
    [call('f', idTable(1), int(5)), idTable(1), 'call f 2'],
  ]
  for (const [request, answer, wanted] of answers) {
    log.length = 0
    t.match(run(request), answer)
    t.strictSame(log, wanted === undefined ? [] : [wanted])
  }
  t.match(discard.counters, { requests: 6, rows: 10 })
})

t.test('the ends of a request and of a session are handed on', async t => {
  const { runner, log, session } = runnerWith()
  runner.afterRequest(head)
  t.strictSame(log, [])
  runner.afterRequest({ ...head, flags: requestFlags.clearMemory | 32 })
  runner.cancel()
  t.equal(session.closed, false)
  runner.close()
  t.equal(session.closed, true)
  t.strictSame(log, ['clear 1', 'cancel 1', 'close 1'])
})
