import t from 'tap'
import { factsOf, withFacts } from '../../../src/load/connection/known-server.js'

const known = {
  version: '3.00.5',
  facts: { mixedFlags: false },
  users: { ann: { loginWithConnect: false } },
}

t.test('facts are valid for one server version, and some of them for one user', async t => {
  t.strictSame(factsOf(known, '3.00.5', 'ann'), { mixedFlags: false, loginWithConnect: false })
  for (const user of ['bob', undefined, '__proto__', 'constructor']) {
    t.strictSame(factsOf(known, '3.00.5', user), { mixedFlags: false }, String(user))
  }
  t.strictSame(factsOf(known, '3.00.6', 'ann'), {})
  t.strictSame(factsOf(undefined, '3.00.5'), {})
})

t.test('new facts are added to the known facts of the same version', async t => {
  t.strictSame(withFacts(known, '3.00.5', { mixedFlags: true }), {
    ...known,
    facts: { mixedFlags: true },
  })
  t.strictSame(withFacts(known, '3.00.5', { loginWithConnect: true }, 'bob'), {
    ...known,
    users: { ...known.users, bob: { loginWithConnect: true } },
  })
  const nothing = { mixedFlags: undefined, loginWithConnect: undefined }
  t.strictSame(withFacts(known, '3.00.5', nothing, 'ann'), known)
  t.strictSame(withFacts(known, '3.00.5', { sharesStreams: true }, 'ann').users, {
    ann: { loginWithConnect: false, sharesStreams: true },
  })
})

t.test('facts of another version are dropped', async t => {
  t.strictSame(withFacts(known, '3.00.6', { mixedFlags: true }), {
    version: '3.00.6',
    facts: { mixedFlags: true },
    users: {},
  })
  const first = withFacts(undefined, '1', { loginWithConnect: true }, '__proto__')
  t.strictSame(
    JSON.parse(JSON.stringify(first)),
    JSON.parse('{"version":"1","facts":{},"users":{"__proto__":{"loginWithConnect":true}}}'),
  )
})
