/*
  Requests of a guest that could block the server for all other users. Each request ends with an error or yields, the
  server answers the other session, and the process does not grow by the requested size.
*/
import t, { type Test } from 'tap'
import { systemPlatform } from '../../src/platform/system.js'
import { startServer, startServerOn, type EmbeddedServer } from '../../src/server/index.js'
import { RawPeer } from '../helpers/raw-peer.js'
import { connectBytes, requestBytes, script } from '../helpers/requests.js'

/** The error text of a script, or '' if it succeeds. */
type Guest = (code: string) => Promise<string>

async function guestOf(t: Test, { port }: EmbeddedServer): Promise<Guest> {
  const peer = await RawPeer.connect(port)
  t.teardown(() => peer.socket.destroy())
  await peer.write(connectBytes)
  await peer.response()
  return async code => {
    await peer.write(requestBytes(script(code)))
    const response = await peer.response()
    return response.ok ? '' : response.message
  }
}

/** Each reading of the clock adds a second, so the code yields at each reading, on machines of any speed. */
function impatientPlatform(): typeof systemPlatform {
  let nowMs = 0
  return { ...systemPlatform, clock: { ...systemPlatform.clock, nowMs: () => (nowMs += 1000) } }
}

async function impatientServer(t: Test, maxRequestBytes: number): Promise<EmbeddedServer> {
  const server = await startServerOn(impatientPlatform(), { port: 0, maxRequestBytes })
  t.teardown(() => server.close())
  return server
}

const megabyte = 2 ** 20

t.test('a request for more memory than the limit is refused before allocation', async t => {
  const server = await startServer({ port: 0 })
  t.teardown(() => server.close())
  const hostile = await guestOf(t, server)
  const other = await guestOf(t, server)
  const before = process.resourceUsage().maxRSS
  const scripts = [
    'take(1,2000000000)',
    'take([1..100000],100000)',
    'x=0..2000000000',
    'x=[1]; x[0..2000000000]',
    'rand(1.0,2000000000)',
    'seq(1,2000000000)',
    'array(INT,2000000000)',
    'string(0..2000000000)',
    'table(take(1,2000000000) as a)',
    'set(0..2000000000)',
  ]
  for (const code of scripts) {
    t.match(await hostile(code), /Out of memory\. One request may take 1073741824 bytes\./, code)
    t.equal(await other('1+1'), '', 'the other session is answered')
  }
  t.match(await hostile('s="ab";do{s=s+s}while(true)'), /text must not be longer than/)
  t.equal(await hostile('table(2000000000:0,`a`b,[INT,STRING])'), '', 'a capacity requests no rows')
  const grownBytes = (process.resourceUsage().maxRSS - before) * 1024
  t.ok(grownBytes < 1024 * megabyte, 'at most an eighth of what the first one requested')
})

t.test('nesting too deep for the stack is an error', async t => {
  const server = await startServer({ port: 0 })
  t.teardown(() => server.close())
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
    ['1?'.repeat(100_000), deep],
    ['true?1:'.repeat(30_000), deep],
    ['if(true){'.repeat(20_000), deep],
    ['try{'.repeat(20_000), deep],
    ['def f(){'.repeat(20_000), deep],
    ['select * from ('.repeat(10_000), deep],
    [`1${'+1'.repeat(400_000)}`, /A statement has more than 131072 tokens\. Divide it\./],
    [`x=1;x${'.neg()'.repeat(100_000)}`, /A statement has more than|nested/],
    [`1${' '.repeat(2 ** 20)}`, /IO error type 4/],
    ['def f(x){ return f(x+1) }\nf(1)', /The function \[f\] is called too deeply\./],
    ['def f(x){ return each(f,[x]) }\nf(1)', /is called too deeply\./],
    ['x=1;do{x=(x,1)}while(true)', deep],
    ['d=dict(STRING,ANY);d["a"]=d;d', deep],
    ['d=dict(STRING,ANY);e=dict(STRING,ANY);d["a"]=e;e["a"]=d;print(d)', deep],
  ]
  for (const [code, message] of scripts) {
    t.match(await hostile(code), message, `${code.slice(0, 30)} …`)
    t.equal(await other('1+1'), '', 'the other session is answered')
  }
})

t.test('a request that grows step by step yields, and ends at its memory limit', async t => {
  const server = await impatientServer(t, 16 * megabyte)
  const scripts = [
    's=1..1000; do{ s.append!(s) }while(true)',
    'x=(); do{ x.append!(1..1000) }while(true)',
    'x=1..1000; do{ x = x join x }while(true)',
    'd=dict(INT,ANY); i=0; do{ d[i]=1..1000; i+=1 }while(true)',
    't=table(1:0,[`a],[INT]); do{ tableInsert(t,1..1000) }while(true)',
    't=table(1:0,[`a],[INT]); do{ insert into t values(1..1000) }while(true)',
    't=table(1:0,[`a],[STRING]); s=string(1..1000); do{ tableInsert(t,s) }while(true)',
    't=table(1..1000 as a); do{ append!(t,t) }while(true)',
    'i=0; do{ share(table(1..1000 as a),"s"+string(i)); i+=1 }while(true)',
    'each(def(x): x+1, 0..1000000)',
    'loop(def(x): take(x,1000), 0..1000000)',
  ]
  for (const code of scripts) {
    const answered = await answersMeanwhile(t, server, code, /Out of memory/)
    t.ok(answered >= 3, `${code}: ${answered} answers in between`)
  }
})

/**
 * Runs `code`, which must fail with `message`. Returns how many requests of a second session are answered meanwhile.
 */
async function answersMeanwhile(
  t: Test,
  server: EmbeddedServer,
  code: string,
  message: RegExp,
): Promise<number> {
  const hostile = await guestOf(t, server)
  const other = await guestOf(t, server)
  let hasEnded = false
  const ending = hostile(code).finally(() => (hasEnded = true))
  let answered = 0
  while (!hasEnded) {
    await other('1+1')
    answered++
  }
  t.match(await ending, message, code)
  return answered
}

t.test('an endless request yields until it is cancelled', async t => {
  const server = await impatientServer(t, 512 * megabyte)
  const other = await guestOf(t, server)
  const scripts = [
    'for(i in 0..2000000000){ x=i }',
    'for(i in 0..2000000000){ }',
    'do{ }while(true)',
    'x=0; do{ x+=1 }while(true)',
    'do{ try{ take(1,2000000000) }catch(ex){ } }while(true)',
    'x=take(1,1000000); do{ y=x*2 }while(true)',
    'x=rand(1000,100000); do{ y=sort(x) }while(true)',
    't=table(0..100000 as a); do{ update t set a=a+1 }while(true)',
    't=table(0..100000 as a); do{ select count(*) from t where a>5 group by a%10 as b }while(true)',
  ]
  for (const code of scripts) {
    const hostile = await guestOf(t, server)
    const ending = hostile(code)
    for (let answered = 0; answered < 10; answered++) await other('1+1')
    await other('cancelConsoleJob(exec rootJobId from getConsoleJobs())')
    t.match(await ending, /The task was cancelled/, code)
  }
})

t.test('a request that works on long vectors yields between them', async t => {
  const server = await impatientServer(t, 512 * megabyte)
  const scripts = [
    'x=take(1,1000000); y=x+1; z=y*2; x=z>5; y=y[x]; size(y)',
    'for(i in 0..4){ x=0..1000000 }',
    'for(i in 0..4){ sort(rand(100,100000)) }',
    'for(i in 0..4){ distinct(string(rand(1000,100000))) }',
    't=table(0..1000000 as a); for(i in 0..4){ select sum(a) from t where a%2==0 }',
    'each(def(x): sum(take(x,100000)), 0..9)',
  ]
  for (const code of scripts) {
    const answered = await answersMeanwhile(t, server, code, /^$/)
    t.ok(answered >= 3, `${code}: ${answered} answers in between`)
  }
})

t.test('an endless request ends, and its session continues', async t => {
  const server = await impatientServer(t, megabyte)
  const hostile = await guestOf(t, server)
  for (const code of ['do{ }while(true)', 'do{ try{ do{ }while(true) }catch(ex){ } }while(true)']) {
    t.match(await hostile(code), /One request of the embedded server may take 131072 steps\./, code)
    t.equal(await hostile('1+1'), '')
  }
})

t.test('many hostile requests at once leave room for other users', async t => {
  const server = await impatientServer(t, 8 * megabyte)
  const other = await guestOf(t, server)
  let ended = 0
  const attacks = [
    's=1..1000; do{ s.append!(s) }while(true)',
    'each(def(x): x+1, 0..1000000)',
    '-'.repeat(200_000),
  ]
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
  for (const message of await Promise.all(endings))
    t.match(message, /Out of memory|nested too deeply/)
})

t.test('a script can catch out of memory, and dropped values no longer count', async t => {
  const server = await startServer({ port: 0, maxRequestBytes: 8 * megabyte })
  t.teardown(() => server.close())
  const guest = await guestOf(t, server)
  t.equal(await guest('try{ take(1,10000000) }catch(ex){ }\nx=take(1,1000000)'), '')
  const polls = 'for(i in 1..200){ n=sum(x>0); if((exec count(*) from t where a>0) < 0){ break } }'
  t.equal(
    await guest(`x=take(1,100000); t=table(x as a); ${polls}`),
    '',
    'values that are not kept',
  )
  t.match(await guest('a=take(1,1000000); b=take(1,1000000); c=take(1,1000000)'), /Out of memory/)
})
