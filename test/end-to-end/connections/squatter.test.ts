/* A squatter (a different user of this machine) listens on the port of a server and answers like a server. The test searches all bytes that
   reach the squatter for the password. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { formatScalar } from '../../../src/protocol/element.js'
import type { Value } from '../../../src/protocol/value.js'
import { startServer } from '../../../src/server/index.js'
import { runMain, type Outcome } from '../../cli/run-cli.js'
import { startFakeServer, type FakePeer, type FakeServer } from '../../helpers/fake-server.js'
import { deepTest } from '../../helpers/runs.js'
import { int, text, yes } from '../../helpers/values.js'
import { tupleOf } from '../../../src/protocol/types/tuples.js'

const password = 'correct horse battery staple'

type Answer = (args: readonly Value[], peer: FakePeer) => void

/** @param functions the functions of the squatter, which accepts every login and answers every script with 1 */
async function squat(t: Test, functions: Readonly<Record<string, Answer>>, port = 0) {
  const calls: string[] = []
  const peers = new Set<FakePeer>()
  const server: FakeServer = await startFakeServer(
    t,
    ({ request }, peer) => {
      peers.add(peer)
      const name = request.kind === 'function' ? request.name : request.kind
      calls.push(name)
      if (name === 'connect') return peer.reply({ value: undefined })
      if (name === 'script') return peer.reply({ value: int(1) })
      const answer = functions[name]
      if (answer === undefined)
        return peer.reply({ error: `Can't recognize function name ${name}` })
      answer(request.kind === 'function' ? request.args : [], peer)
    },
    { answerConnect: false, port },
  )
  return {
    port: server.port,
    calls,
    heard: () => [...peers].map(({ received }) => received.toString('latin1')).join(''),
  }
}

const login: Answer = (_, peer) => peer.reply({ value: yes })
const taken = { login }

/** A SCRAM exchange by a server that does not know the password. */
function scramWith(iterations: number, signature: Value | undefined): Record<string, Answer> {
  return {
    ...taken,
    scramClientFirst([, nonce], peer) {
      const combined = `${nonce?.form === 'scalar' ? formatScalar(nonce) : ''}more`
      const data = [text('c2FsdHNhbHRzYWx0'), int(iterations), text(combined)]
      peer.reply({ value: tupleOf(data) })
    },
    scramClientFinal: (_, peer) => peer.reply({ value: signature }),
  }
}

function exec(port: number, home: string, ...further: string[]): Promise<Outcome> {
  return runMain(['exec', '-e', '1', '--host', `127.0.0.1:${port}`, '--user', 'ann', ...further], {
    environment: { DDB_PASSWORD: password, XDG_STATE_HOME: home },
  })
}

const notice = (port: number): string =>
  `127.0.0.1:${port}: the password is sent encrypted, but the server is not verified: --tls verifies it\n`

deepTest(t, 'a squatter that does SCRAM without the password is refused', async t => {
  for (const [what, functions] of [
    ['an empty signature', scramWith(4096, text(''))],
    ['none', scramWith(4096, undefined)],
    ['a signature that is no text', scramWith(4096, yes)],
    ['a wrong one', scramWith(4096, text('A'.repeat(43) + '='))],
    ['one iteration', scramWith(1, text(''))],
    ['nearly enough', scramWith(4095, text(''))],
  ] as const) {
    const squatter = await squat(t, functions)
    const home = t.testdir()
    t.match(await exec(squatter.port, home), { code: 77, stderr: /DDB_LOGIN/ }, what)
    const unwanted = /login|getDynamicPublicKey|script/
    t.notMatch(squatter.calls, unwanted, `${what}: no weaker method is tried`)
    t.notMatch(squatter.heard(), password)
    t.notOk(existsSync(join(home, 'ddb-ingest', 'logins')), `${what}: nothing is remembered`)
    if (squatter.calls.includes('scramClientFinal')) continue
    const iterations = /proven with \d+ iterations of SCRAM\. Fewer than 4096 .*--tls/
    t.match(await exec(squatter.port, home), { stderr: iterations }, what)
  }
})

deepTest(t, 'a server must offer the method that it used before for this user', async t => {
  const server = await startServer({
    port: 0,
    adminPassword: password,
    initScript: `createUser("ann", "${password}", , false, "scram"); createUser("bob", "${password}")`,
  })
  const { port } = server
  const home = t.testdir()
  t.match(await exec(port, home), { code: 0, stderr: '' }, 'SCRAM needs no notice')
  const bob = ['--user', 'bob']
  t.match(await exec(port, home, ...bob), { code: 0, stderr: notice(port) }, 'RSA gives a notice')
  t.match(await exec(port, home, ...bob), { code: 0, stderr: '' }, 'once')
  t.match(await exec(port, home, '--user', 'admin'), { code: 0, stderr: '' }, 'once for a host')
  const memory = join(home, 'ddb-ingest', 'logins', `127.0.0.1_${port}.json`)
  t.strictSame(JSON.parse(readFileSync(memory, 'utf8')), {
    users: [
      ['ann', 'scram'],
      ['bob', 'rsa'],
      ['admin', 'rsa'],
    ],
  })
  await server.close()

  const squatter = await squat(t, taken, port)
  for (const [user, better] of [
    ['ann', 'SCRAM'],
    ['bob', 'RSA'],
  ] as const) {
    for (const further of [[], ['--insecure-login']]) {
      t.match(await exec(port, home, '--user', user, ...further), {
        code: 77,
        stderr: new RegExp(`has logged us in by ${better} before .*user "${user}".*${memory}`),
      })
    }
  }
  t.notMatch(squatter.calls, /^login$/)
  t.notMatch(squatter.heard(), password)
  t.match(await exec(port, home, '--user', 'new'), { code: 78 }, 'nothing is known of other users')
  t.match(await exec(port, t.testdir(), '--require', 'scram'), {
    code: 78,
    stderr: /--require allows only SCRAM logins, and user "ann" cannot log in/,
  })
})

deepTest(t, 'a squatter on the port of serve -- CMD is treated like any squatter', async t => {
  const squatter = await squat(t, taken)
  const outcome = await runMain(['exec', '-e', '1'], {
    environment: {
      DDB_PORT: String(squatter.port),
      DDB_USER: 'ann',
      DDB_PASSWORD: password,
      DDB_EMBEDDED_SERVER: `127.0.0.1:${squatter.port}`,
      XDG_STATE_HOME: t.testdir(),
    },
  })
  t.match(outcome, { code: 78 })
  t.notMatch(squatter.heard(), password)
})
