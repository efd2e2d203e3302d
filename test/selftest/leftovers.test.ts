import t from 'tap'
import type { Session } from '../../src/client/open-session.js'
import { ConnectionError, ServerError } from '../../src/errors.js'
import { listObjects, sweep } from '../../src/selftest/leftovers.js'
import { throwAwayName, type NameStamp } from '../../src/selftest/throw-away-name.js'
import type { ServerNode } from '../../src/server/node.js'
import { testSession } from '../helpers/script.js'

const own: NameStamp = { token: '0123456789abcdef', time: '20240301120000' }
const nowMs = Date.UTC(2024, 2, 1, 12)
const stamp = (time: string): NameStamp => ({ token: 'ffffffffffffffff', time })
const { signal } = new AbortController()

/** A session of this process that refuses as a client's does. @param refuses  scripts that are */
function sessionOf(refuses: (script: string) => boolean = () => false): {
  session: Pick<Session, 'run'>
  node: ServerNode
  scripts: string[]
  share: (...names: string[]) => Promise<void>
} {
  const { run, node } = testSession()
  const scripts: string[] = []
  const session = {
    run: async (script: string) => {
      scripts.push(script)
      if (refuses(script)) throw new ServerError('not you')
      return run(script)
    },
  }
  const share = async (...names: string[]): Promise<void> => {
    for (const name of names) await run(`share(table(1 as a), "${name}")`)
  }
  return { session, node, scripts, share }
}

const mine = throwAwayName(own, 'mine')
const old = throwAwayName(stamp('20240229115959'), 'old')
const young = throwAwayName(stamp('20240229120001'), 'young')

t.test('what begins as names of tests is listed by kind, as far as the server tells', async t => {
  const { session, share } = sessionOf()
  await share(mine, 'other')
  t.strictSame(await listObjects(session, signal), [{ kind: 'table', name: mine }])
  const silent = sessionOf(script => script.includes('objs('))
  await silent.share(mine)
  t.strictSame(await listObjects(silent.session, signal), [], 'a refusal lists nothing')
  const lost = new ConnectionError('DDB_CONNECTION_LOST', 'gone')
  const broken = { run: () => Promise.reject(lost) }
  await t.rejects(listObjects(broken, signal), lost)
  const single = {
    run: () => Promise.resolve({ form: 'scalar', type: 'VOID', value: null } as const),
  }
  t.strictSame(await listObjects(single, signal), [], 'an answer that is no list')
})

t.test('own and old things go, what is in use and what is young stays', async t => {
  const { session, node, share } = sessionOf()
  const used = throwAwayName(own, 'used')
  await share(mine, old, young, used, `x${old}`, 'other')
  t.strictSame(await sweep(session, own, nowMs, signal, new Set([used])), [])
  t.strictSame([...node.shared.keys()].sort(), [young, used, `x${old}`, 'other'].sort())
  t.strictSame(await sweep(session, own, nowMs, signal), [])
  t.notOk(node.shared.has(used))
})

t.test('where there is nothing, nothing is removed', async t => {
  const { session, scripts, share } = sessionOf()
  await share(young)
  t.strictSame(await sweep(session, own, nowMs, signal), [])
  t.equal(scripts.length, 3, 'three lists are asked for, and no more')
})

t.test('what is still there is told', async t => {
  const { session, share } = sessionOf()
  await share(mine, old)
  const stubborn = {
    run: (script: string) => session.run(script.replaceAll('undef(', 'defined(')),
  }
  t.strictSame(
    (await sweep(stubborn, own, nowMs, signal)).map(({ name }) => name).sort(),
    [mine, old].sort(),
  )
})
