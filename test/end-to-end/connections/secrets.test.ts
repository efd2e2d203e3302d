/* Searches all text that commands print and write for a password, for every kind of failure and for servers that repeat requests of the
   client. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { formatScalar } from '../../../src/protocol/element.js'
import type { Value } from '../../../src/protocol/value.js'
import { startServer } from '../../../src/server/index.js'
import type { FakeTerminals } from '../../cli/run-cli.js'
import { Certificates } from '../../helpers/certificates.js'
import { csv, streamScript } from '../../helpers/delivery.js'
import { startFakeServer, type FakePeer, type Received } from '../../helpers/fake-server.js'
import { freePort } from '../../helpers/free-port.js'
import { SecretSearch } from '../../helpers/secret-search.js'
import { deepTest, sampled } from '../../helpers/runs.js'
import { startServerFor } from '../../helpers/load-server.js'

const password = 'Zq"7\\k é/+?%&\'Wv'
const certificates = new Certificates(t)
const identity = certificates.make('server')

/** Ways to write the password inside another text. */
const forms: Readonly<Record<string, string>> = {
  raw: password,
  json: JSON.stringify(password).slice(1, -1),
  ascii: JSON.stringify(password).slice(1, -1).replace('é', '\\u00e9'),
  literal: password.replace(/[\\'"]/g, '\\$&'),
  address: encodeURIComponent(password),
  base64: Buffer.from(password).toString('base64').replace(/=+$/, ''),
  base64url: Buffer.from(password).toString('base64url'),
}

const search = new SecretSearch(password, Object.values(forms))

/** Each command with every option that makes it write something. */
const commands: readonly (readonly [string, ...string[]])[] = [
  ['exec', '-e', '1+', '--trace', 'exec.trace'],
  ['exec', '-e', '1+', '--json'],
  [
    'load',
    ...'in.csv -t target --run-id nightly --state-dir state --rejects rejects.csv'.split(' '),
    ...'--json=summary.json --metrics-file metrics.prom --trace load.trace --retries 0'.split(' '),
    '--json',
  ],
  ['resume', 'nightly', '--state-dir', 'state'],
  ['runs', '--state-dir', 'state', '--json'],
  ['runs', 'nightly', '--clean', '--state-dir', 'state'],
  ['load', 'in.csv', '-t', 'target', '--no-such-option'],
  ['load', 'in.csv', '-t', 'target', '--batch-rows', 'none'],
  ['bench', '--requests', '2', '--json'],
  ['selftest', '--time-limit', '1s', '--issue-text', 'issue.md', '--trace', 'selftest.trace'],
]

type Way = 'environment' | 'file' | 'stdin' | 'prompt'

/** Gives a command the password in one way, and searches all output and files of the command. */
async function run(t: Test, way: Way, argv: readonly string[], port: number): Promise<number> {
  const folder = t.testdir({ 'in.csv': csv(3) })
  mkdirSync(join(folder, 'home'))
  const file = search.passwordFile(folder)
  const terminals: FakeTerminals = {
    environment: {
      DDB_PORT: String(port),
      DDB_USER: 'admin',
      XDG_STATE_HOME: join(folder, 'home'),
      NO_COLOR: '1',
      ...(way === 'environment' ? { DDB_PASSWORD: password } : {}),
      ...(way === 'file' ? { DDB_PASSWORD_FILE: file } : {}),
    },
    stdin: `${password}\n`,
    ...(way === 'prompt' ? { stdinIsTerminal: true, stderrColumns: 80, stdoutColumns: 80 } : {}),
  }
  const further = way === 'stdin' ? ['--password-file', '-'] : []
  return (await search.run(folder, [...argv, ...further], terminals)).code
}

async function tryAll(t: Test, port: number): Promise<void> {
  for (const [i, argv] of commands.entries()) {
    const way = (['environment', 'file', 'stdin', 'prompt'] as const)[i % 4]!
    await run(t, way, argv, port)
  }
}

deepTest(t, 'a wrong password, given in any way', async t => {
  const server = await startServerFor(t, { initScript: streamScript })
  for (const way of ['environment', 'file', 'stdin', 'prompt'] as const) {
    t.equal(await run(t, way, ['exec', '-e', '1'], server.port), 77, way)
  }
  await tryAll(t, server.port)
})

deepTest(t, 'the right password, with every failure after the login', async t => {
  const server = await startServerFor(t, {
    adminPassword: password,
    initScript: `${streamScript}\nshare table(1:0, \`other, [INT]) as small`,
  })
  await tryAll(t, server.port)
  t.equal(await run(t, 'file', ['load', 'in.csv', '-t', 'nowhere'], server.port), 78)
})

deepTest(t, 'no server listens', async t => {
  await tryAll(t, await freePort())
})

t.test('TLS to a server without it, and no TLS to a server with it', async t => {
  const plain = await startServer({ port: 0 })
  const secure = await startServer({
    port: 0,
    tlsCertFile: identity.certFile,
    tlsKeyFile: identity.keyFile,
  })
  t.teardown(() => Promise.all([plain.close(), secure.close()]))
  for (const command of [commands[0]!, commands[2]!]) {
    t.equal(await run(t, 'file', [...command, '--tls'], plain.port), 76)
    t.equal(await run(t, 'file', [...command, '--tls'], secure.port), 76)
    t.equal(await run(t, 'file', command, secure.port), 76)
  }
})

const texts = (values: readonly Value[]): string =>
  values.map(value => (value.form === 'scalar' ? formatScalar(value) : value.form)).join(', ')

/** The request in the notation of a script. */
const requestText = ({ request }: Received): string =>
  request.kind === 'function' ? `${request.name}(${texts(request.args)})` : request.kind

/** Answers to a login that contain the request. */
const answers: Readonly<Record<string, (said: string, peer: FakePeer) => void>> = {
  'in an error': (said, peer) => peer.reply({ error: `${said} => no such user` }),
  'in printed output': (said, peer) => {
    peer.print(said)
    peer.reply({ error: 'no' })
  },
  'in place of an answer': (said, peer) => peer.socket.write(`${said}\n`),
  'behind the answer': (said, peer) => {
    peer.reply({ value: { form: 'scalar', type: 'BOOL', value: false } })
    peer.socket.write(`${said}\n`)
  },
  'and a closed connection': (said, peer) => peer.socket.end(`${said}\n`),
  'in printed output, and a closed connection': (said, peer) => {
    peer.print(said)
    peer.socket.end()
  },
  'as a redirect': (said, peer) => peer.reply({ error: `<NotLeader>${said}:1:x` }),
}

for (const [name, answer] of sampled(Object.entries(answers))) {
  t.test(`a server that repeats the login ${name}`, async t => {
    for (const [form, secret] of Object.entries(forms)) {
      const server = await startFakeServer(
        t,
        (received, peer) => {
          const { request } = received
          const called = request.kind === 'function' ? request.name : request.kind
          if (called === 'connect') peer.reply({ value: undefined })
          else if (called !== 'login')
            peer.reply({ error: `Can't recognize function name ${called}` })
          else
            answer(
              requestText(received).replace(password, () => secret),
              peer,
            )
        },
        { answerConnect: false },
      )
      const chosen = form === 'raw' ? commands : [commands[0]!, commands[2]!]
      for (const argv of chosen) {
        if (argv[0] === 'runs') continue
        await run(t, 'file', argv, server.port)
      }
    }
  })
}
