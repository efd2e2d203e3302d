/* Requests of a guest that could block the server for all other users. Each request ends with an error or yields, and the server answers
   the other session (docs/embedded-server.md#what-one-request-may-take). */
import t, { type Test } from 'tap'
import { systemPlatform } from '../../src/platform/system-files.js'
import { startServerOn, type EmbeddedServer } from '../../src/server/index.js'
import { RawPeer } from '../helpers/raw-peer.js'
import { connectBytes, requestBytes, script } from '../helpers/requests.js'
import { deepTest } from '../helpers/runs.js'
import { startServerFor } from '../helpers/load-server.js'

/** The error text of a script, or '' if it succeeds. */
type Guest = (code: string) => Promise<string>

async function guestOf(t: Test, { port }: EmbeddedServer): Promise<Guest> {
  const peer = await RawPeer.connect(port)
  t.teardown(() => peer.socket.destroy())
  await peer.ask(connectBytes)
  return async code => {
    const response = await peer.ask(requestBytes(script(code)))
    return response.ok ? '' : response.message
  }
}

/** Each reading of the clock adds a second, so the code yields at each reading, on machines of any speed. */
function impatientPlatform(): typeof systemPlatform {
  let nowMs = 0
  return { ...systemPlatform, clock: { ...systemPlatform.clock, nowMs: () => (nowMs += 1000) } }
}

async function impatientServer(t: Test): Promise<EmbeddedServer> {
  const server = await startServerOn(impatientPlatform(), { port: 0 })
  t.teardown(() => server.close())
  return server
}

deepTest(t, 'nesting too deep for the stack is an error', async t => {
  const server = await startServerFor(t)
  const hostile = await guestOf(t, server)
  const other = await guestOf(t, server)
  const deep = /nested (too deeply|deeper than)/
  const scripts: [code: string, message: RegExp][] = [
    [`${'-'.repeat(200_000)}1`, deep],
    [`${'('.repeat(100_000)}1${')'.repeat(100_000)}`, deep],
    ['('.repeat(100_000), deep],
    [`${'!'.repeat(200_000)}true`, deep],
    ['['.repeat(100_000), deep],
    ['{"a":'.repeat(50_000), deep],
    ['neg('.repeat(50_000), deep],
    ['add{'.repeat(50_000), deep],
    ['def(x):'.repeat(50_000), deep],
    ['if(true){'.repeat(20_000), deep],
    ['try{'.repeat(20_000), deep],
    ['def f(){'.repeat(20_000), /within another function/],
    ['select * from ('.repeat(10_000), deep],
    [`1${'+1'.repeat(400_000)}`, /A statement has more than 131072 tokens\. Divide it\./],
    [`x=1;x${'.neg()'.repeat(100_000)}`, /A statement has more than|nested/],
    [`1${' '.repeat(2 ** 20)}`, /IO error type 4/],
    ['def f(x){ return f(x+1) }\nf(1)', /The function \[f\] is called too deeply\./],
    ['def f(x){ return each(f,[x]) }\nf(1)', /is called too deeply\./],
  ]
  for (const [code, message] of scripts) {
    t.match(await hostile(code), message, `${code.slice(0, 30)} …`)
    t.equal(await other('1+1'), '', 'the other session is answered')
  }
})

deepTest(t, 'an endless request yields until it is cancelled', async t => {
  const server = await impatientServer(t)
  const other = await guestOf(t, server)
  const scripts = [
    'do{ }while(true)',
    't=table(0..100000 as a); do{ update t set a=a+1 }while(true)',
    't=table(0..100000 as a); do{ select count(*) from t where a>5 group by a%10 as b }while(true)',
  ]
  for (const code of scripts) {
    const hostile = await guestOf(t, server)
    const ending = hostile(code)
    for (let answered = 0; answered < 5; answered++) await other('1+1')
    await other('cancelConsoleJob(exec rootJobId from getConsoleJobs())')
    t.match(await ending, /The task was cancelled/, code)
  }
})

deepTest(t, 'many hostile requests at once leave room for other users', async t => {
  const server = await impatientServer(t)
  const other = await guestOf(t, server)
  let ended = 0
  const attacks = ["for(i in 1..20000){ x=i }; throw 'nested too deeply'", '-'.repeat(200_000)]
  const endings = Array.from({ length: 30 }, async (_, i) => {
    const hostile = await guestOf(t, server)
    return hostile(attacks[i % attacks.length]!).finally(() => ended++)
  })
  let answered = 0
  while (ended < endings.length) {
    await other('1+1')
    answered++
  }
  t.ok(answered >= 10, `${answered} answers in between`)
  for (const message of await Promise.all(endings)) t.match(message, /nested too deeply/)
})
