/* Faults and `serve --discard` (docs/embedded-server.md). */
import t from 'tap'
import { closedGate } from '../../helpers/gate.js'
import { RawPeer } from '../../helpers/raw-peer.js'
import { asynchronous, call, connectBytes, requestBytes, script } from '../../helpers/requests.js'
import { tinyServer } from '../../helpers/tiny-server.js'
import { idTable, int } from '../../helpers/values.js'
import { classifyRefusal } from '../../../src/load/outcomes/refusals.js'
import {
  actionOf,
  type FaultAction,
  faultNames,
  requestedFaults,
  type RequestInfo,
} from '../../../src/server/net/faults.js'
import { startServerFor } from '../../helpers/load-server.js'

t.test('hooks get every request in order, with its identification', async t => {
  const seen: RequestInfo[] = []
  const server = await tinyServer(t, {}, { faults: { before: request => void seen.push(request) } })
  const peer = await RawPeer.connect(server.port)
  await peer.write(
    connectBytes,
    requestBytes(call('tableInsert{t}', int(1), idTable(1, 2)), asynchronous),
    requestBytes({ kind: 'variable', names: ['a', 'b'], values: [int(1), int(2)] }),
    requestBytes(script('1'.repeat(1000))),
  )
  for (let i = 0; i < 3; i++) await peer.response()
  const sessionId = '1000000001'
  const plain = { sessionId, asynchronous: false, mixed: false, rows: 0 }
  t.strictSame(seen, [
    { ...plain, requestNumber: 1, kind: 'connect', text: '' },
    {
      sessionId,
      requestNumber: 2,
      kind: 'function',
      text: 'tableInsert{t}',
      asynchronous: true,
      mixed: true,
      rows: 2,
    },
    { ...plain, requestNumber: 3, kind: 'variable', text: 'a,b' },
    { ...plain, requestNumber: 4, kind: 'script', text: '1'.repeat(200) },
  ])
})

t.test('before execution: dropped, failed or delayed', async t => {
  const gate = closedGate()
  const server = await tinyServer(
    t,
    { script: () => int(1) },
    {
      faults: {
        before: ({ text }) => {
          if (text === 'dropped') return 'drop'
          if (text === 'failed') return { error: 'disk on fire' }
          return text === 'delayed' ? { until: gate.opened } : undefined
        },
      },
    },
  )
  const peer = await RawPeer.connect(server.port)
  const scripts = ['dropped', 'failed', 'first', 'delayed', 'last'].map(code =>
    requestBytes(script(code)),
  )
  await peer.ask(connectBytes, ...scripts)
  t.match(await peer.response(), { ok: false, message: 'disk on fire' })
  t.match(await peer.response(), { ok: true })
  t.strictSame(server.log, ['script first'])
  gate.open()
  await peer.response()
  await peer.response()
  t.strictSame(server.log, ['script first', 'script delayed', 'script last'])
})

t.test("a flag unlike the connection's: delayed, answered, or ending all answers", async t => {
  const seen: Record<string, string> = {}
  for (const fault of ['later', 'flag', 'stall'] as const) {
    const server = await tinyServer(
      t,
      { script: code => int(Number(code)) },
      { faults: { before: ({ mixed }) => (mixed ? fault : undefined) } },
    )
    const peer = await RawPeer.connect(server.port)
    const requests = [
      requestBytes(script('1'), asynchronous),
      requestBytes(script('2')),
      requestBytes(script('3'), asynchronous),
    ]
    await peer.write(connectBytes, ...requests)
    peer.socket.end()
    const answers = (await peer.ended()).toString('latin1').split('OK\n').length - 2
    seen[fault] = `${server.log.map(line => line.at(-1)).join('')}, ${answers} answered`
  }
  const expected = { later: '213, 1 answered', flag: '123, 3 answered', stall: '123, 0 answered' }
  t.strictSame(seen, expected)
})

t.test('closed before execution: the server runs neither this request nor later ones', async t => {
  const server = await tinyServer(
    t,
    {},
    { faults: { before: ({ requestNumber }) => (requestNumber === 3 ? 'close' : undefined) } },
  )
  const peer = await RawPeer.connect(server.port)
  const insert = requestBytes(call('f'), asynchronous)
  await peer.write(connectBytes, insert, insert, insert)
  await peer.ended()
  t.strictSame(server.log, ['call f'])
  t.strictSame(server.closedSessions, ['1000000001'])
})

t.test('after execution: closed without an answer, or in the middle of it', async t => {
  for (const [fault, expected] of [
    ['close', ''],
    ['cut', '1000000001 1'],
  ] as const) {
    const server = await tinyServer(
      t,
      { script: () => int(1) },
      {
        faults: {
          before: ({ kind }) => ({ answer: () => (kind === 'script' ? fault : undefined) }),
        },
      },
    )
    const peer = await RawPeer.connected(server.port)
    const before = peer.received.length
    await peer.write(requestBytes(script('x')))
    const rest = (await peer.ended()).subarray(before).toString()
    t.equal(rest, expected)
    t.strictSame(server.log, ['script x'])
  }
})

t.test('a single answer can be dropped without its neighbours', async t => {
  const server = await tinyServer(
    t,
    { script: code => int(Number(code)) },
    { faults: { before: ({ text }) => ({ answer: () => (text === '2' ? 'drop' : undefined) }) } },
  )
  const peer = await RawPeer.connected(server.port)
  t.match(await peer.ask(...['1', '2', '3'].map(s => requestBytes(script(s)))), {
    value: { value: 1 },
  })
  t.match(await peer.response(), { value: { value: 3 } })
})

t.test('a password in a script is hidden from hooks and lists', async t => {
  const texts: string[] = []
  const failures: unknown[] = []
  const server = await tinyServer(
    t,
    {
      script: () => {
        throw new Error('no')
      },
    },
    {
      faults: { before: ({ text }) => void texts.push(text) },
      onAsyncError: failure => void failures.push(failure),
    },
  )
  const peer = await RawPeer.connect(server.port)
  const codes = [
    'login("admin", "secret"); 1',
    'a = 1\nlogin ( `admin, `secret',
    `${'x'.repeat(190)};login("secret")`,
  ]
  const requests = codes.map(code => requestBytes(script(code), asynchronous))
  await peer.ask(connectBytes, ...requests, requestBytes(script('last')))
  await peer.response()
  t.strictSame(texts.slice(1, 3), ['login(***); 1', 'a = 1\nlogin(***)'])
  t.notMatch(JSON.stringify([texts, failures]), 'secret')
})

const write = { sessionId: '1', table: 'trades', rows: 5 }
const request: RequestInfo = {
  sessionId: '1',
  requestNumber: 1,
  kind: 'script',
  text: '',
  asynchronous: false,
  mixed: false,
  rows: 0,
}
/** What a fault does with each of the following requests. */
const actions = (name: string): (() => FaultAction) => {
  const { before } = requestedFaults(name)
  return () => actionOf(before(request))
}

t.test('every n-th insert into a table is refused, and nothing else', async t => {
  const action = actions('ChunkInRecovery:3')
  const refused = Array.from({ length: 9 }, () => action().insert!(write) !== undefined)
  t.strictSame(refused, [false, false, true, false, false, true, false, false, true])
  for (let i = 0; i < 9; i++) t.equal(action().insert!({ ...write, rows: 0 }), undefined)
})

const classes: Readonly<Record<string, string>> = { S00003: 'rows', S03019: 'tooLarge' }

t.test('the loader classifies each refusal correctly, most of them as temporary', async t => {
  const others = /^(forget|S03000|mixed\w+|limitEnd)$/
  for (const name of faultNames.filter(one => !others.test(one))) {
    const fault = actions(`${name}:1`)().insert!(write)
    t.equal(classifyRefusal((fault as { error: string }).error), classes[name] ?? 'transient', name)
  }
})

t.test('S03000: every n-th removal of a stream table, and no insert', async t => {
  const action = actions('S03000:2')
  t.notOk('insert' in action())
  t.equal(action().removal!('trades'), undefined)
  t.strictSame(action().removal!('trades'), {
    error:
      "To undefine the shared stream table 'trades', first cancel all subscriptions to it. RefId: S03000",
  })
})

t.test('mixed…: the fault hits only requests with a flag unlike the connect request', async t => {
  const names = faultNames.filter(name => name.startsWith('mixed'))
  const found = names.map(name => {
    const { before } = requestedFaults(name)
    t.equal(before(request), undefined, name)
    return before({ ...request, mixed: true })
  })
  t.strictSame(found, ['close', 'drop', 'later', 'flag', 'stall'])
})

t.test('limitEnd: the server refuses parts that begin at or after the end of a result', async t => {
  const action = actions('limitEnd')
  const refused = (offset: number, rows: number): boolean =>
    action().limit!(offset, rows) !== undefined
  t.strictSame([refused(4, 5), refused(5, 5), refused(6, 5)], [false, true, true])
  t.notOk(refused(0, 0), "DolphinDB's own code asks this of an empty table")
})

t.test('faults that cannot be requested', async t => {
  const wrong = 'forget: forget:0 forget:x forget:1:2 Chunk constructor mixedRefuse:2 limitEnd:2'
  for (const text of ['', ...wrong.split(' ')]) {
    t.throws(() => requestedFaults(text), { code: 'DDB_USAGE' }, text)
  }
})

t.test('a discarding server counts rows', async t => {
  const server = await startServerFor(t, {
    discard: true,
    initScript: 'share streamTable(1:0, [`id], [INT]) as t',
  })
  const peer = await RawPeer.connect(server.port)
  const insert = requestBytes(call('tableInsert{t}', idTable(1, 2, 3, 4)), asynchronous)
  const inserts = Array.from({ length: 10 }, () => insert)
  await peer.ask(connectBytes, ...inserts, requestBytes(script('exec count(*) from t')))
  t.match(await peer.response(), { ok: true, value: { value: 0 } })
  const expected = { ok: true, value: { type: 'INT', value: 3 } }
  t.match(await peer.ask(requestBytes(call('tableInsert{t}', idTable(1, 2, 3)))), expected)
  t.strictSame(server.discarded, { inserts: 11, rows: 43 })
})

t.test('functions of the session run; their inserts are answered and discarded', async t => {
  const server = await startServerFor(t, { discard: true })
  const peer = await RawPeer.connected(server.port)
  const answer = async (bytes: Buffer): Promise<unknown> => {
    const response = await peer.ask(bytes)
    return response.ok
      ? (response.value as { value?: unknown } | undefined)?.value
      : response.message
  }
  const run = (code: string): Promise<unknown> => answer(requestBytes(script(code)))
  await run(
    'share streamTable(1:0,[`id],[INT]) as target\n' +
      'share streamTable(1:0,[`id],[DATE]) as dates\n' +
      'share keyedStreamTable(`id,1:0,`id`n,[INT,INT]) as ledger\ngo\n' +
      'def deliver(k, mutable data){ if(tableInsert(ledger,k,0) != 1){ return -2 }; return tableInsert(target,data) }\n' +
      'def deliverDates(mutable data){ return tableInsert(dates,data) }\n' +
      'def kept(mutable data){ t=table(1:0,[`id],[INT]); tableInsert(t,data); return t.rows() }',
  )
  t.equal(await answer(requestBytes(call('deliver', int(1), idTable(1, 2, 3)))), 3)
  const delivered = await answer(requestBytes(call('deliver', int(1), idTable(1, 2, 3))))
  t.equal(delivered, -2, 'the claim is kept')
  const kept = await answer(requestBytes(call('kept', idTable(1, 2))))
  t.equal(kept, 2, 'a table of the request is filled')
  t.equal(await run('exec count(*) from target'), 0)
  t.equal(await run('exec count(*) from ledger'), 1)
  t.match(
    await answer(requestBytes(call('deliverDates', idTable(1)))),
    /Incompatible type\. Expected: DATE, Actual: INT/,
    'rows that the table would refuse are refused',
  )
})
