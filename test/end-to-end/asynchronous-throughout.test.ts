/*
  Servers that take a session's requests as all answered or all asynchronous, whatever the flag of each: data then goes
  out as official clients send it, where `selftest` has found that out.
*/
import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import type { DeliveryOptions, LoadResult } from '../../src/load/options.js'
import { csv, ids, streamScript, upTo } from '../helpers/delivery.js'
import { startLoadServer, type LoadServer } from '../helpers/load-server.js'

/** Loses asynchronous requests of every session that has had an answer to anything but connect. */
function startServer(
  t: Test,
  drops: (deliveries: number) => boolean = () => false,
): Promise<LoadServer> {
  const answering = new Set<string>()
  let deliveries = 0
  return startLoadServer(t, streamScript, {
    faults: {
      beforeExecute({ kind, sessionId, asynchronous, rows }) {
        if (!asynchronous) {
          if (kind !== 'connect') answering.add(sessionId)
          return undefined
        }
        if (rows > 0) deliveries++
        return answering.has(sessionId) || drops(deliveries) ? 'drop' : undefined
      },
    },
  })
}

async function load(
  here: LoadServer,
  version: string,
  delivery: DeliveryOptions,
): Promise<{ result: LoadResult; notices: string[] }> {
  const notices: string[] = []
  const { host, port } = here.server
  const known = { version, mixedFlags: false }
  const result = await here.load('-', {
    server: { host, port, user: 'admin', password: '123456', insecureLogin: true, known },
    target: { table: 'target' },
    input: { format: 'csv', stdin: Readable.from([csv(50)]) },
    delivery: { batchRows: 10, confirmTimeoutMs: 2_000, ...delivery },
    onNotice: notice => notices.push(notice),
  })
  return { result, notices }
}

const versionOf = async (here: LoadServer): Promise<string> => {
  const answer = await here.session.run('version()')
  return answer?.form === 'scalar' && typeof answer.value === 'string' ? answer.value : ''
}

for (const confirm of ['receipts', 'count', 'none'] as const) {
  t.test(`every row lands where one session cannot do both: ${confirm}`, async t => {
    const here = await startServer(t)
    const { result, notices } = await load(here, await versionOf(here), { confirm })
    t.equal(result.exitCode, 0)
    t.equal(result.rows[confirm === 'none' ? 'unconfirmed' : 'confirmed'], 50)
    t.match(notices.join('\n'), /as selftest found/)
    t.same(await ids(here), upTo(50))
  })
}

t.test('what was found out of another version is not believed', async t => {
  const here = await startServer(t)
  const { result, notices } = await load(here, '1.30.0', { confirm: 'receipts', retries: 1 })
  t.equal(result.exitCode, 4, 'this server does not execute what one session sends both ways')
  t.equal(result.rows.confirmed, 0)
  t.notMatch(notices.join('\n'), /selftest/)
  t.same(await ids(here), [])
})

t.test(
  'a request that is lost is sent again, though no session can be asked behind it',
  async t => {
    const here = await startServer(t, deliveries => deliveries === 3)
    const { result } = await load(here, await versionOf(here), { confirm: 'receipts' })
    t.match(result, { exitCode: 0, rows: { confirmed: 50 }, batches: { retried: 1 } })
    t.same(await ids(here), upTo(50))
  },
)

t.test('a wrong password is told, though it goes with the connect request', async t => {
  const here = await startServer(t)
  const { host, port } = here.server
  const known = { version: await versionOf(here), mixedFlags: false }
  const result = await here.load('-', {
    server: { host, port, user: 'admin', password: 'wrong', insecureLogin: true, known },
    target: { table: 'target' },
    input: { format: 'csv', stdin: Readable.from([csv(5)]) },
  })
  t.match(result, { exitCode: 77, error: { code: 'DDB_LOGIN' }, rows: { read: 0 } })
  t.notMatch(JSON.stringify(result), /wrong/)
})
