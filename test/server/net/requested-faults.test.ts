import t from 'tap'
import { classifyRefusal } from '../../../src/load/fate/refusal.js'
import type { RequestInfo } from '../../../src/server/net/faults.js'
import { faultNames, requestedFaults } from '../../../src/server/net/requested-faults.js'

const write = { sessionId: '1', table: 'trades', rows: 5 }

t.test('every n-th insert of a table is refused, and nothing else', t => {
  const faults = requestedFaults('ChunkInRecovery:3')
  const refused = Array.from({ length: 9 }, () => faults.beforeWrite!(write) !== undefined)
  t.strictSame(refused, [false, false, true, false, false, true, false, false, true])
  for (let i = 0; i < 9; i++) t.equal(faults.beforeWrite!({ ...write, rows: 0 }), undefined)
  t.end()
})

t.test('ten when no number is given', t => {
  const faults = requestedFaults('S01012')
  const refused = Array.from({ length: 20 }, () => faults.beforeWrite!(write) !== undefined)
  t.strictSame([refused.indexOf(true), refused.lastIndexOf(true)], [9, 19])
  t.end()
})

t.test('every tag by which a cluster says that something passes can be asked for', t => {
  // docs/server-semantics.md#refusals; that one more is data gone bad, which does not pass.
  const tags = [
    'ChunkInTransaction',
    'ChunkInRecovery',
    'DataNodeNotAvail',
    'DataNodeNotReady',
    'ControllerNotAvail',
    'ControllerNotReady',
    'CacheInvalid',
    'NotLeader',
  ]
  for (const tag of tags) {
    const fault = requestedFaults(`${tag}:1`).beforeWrite!(write)
    t.match(fault, { error: new RegExp(`^<${tag}>`) })
  }
  t.end()
})

const classes: Readonly<Record<string, string>> = { S00003: 'rows', S03019: 'tooLarge' }

t.test('the loader reads them as what they are, most as passing', t => {
  const others = /^(forget|S03000|mixed\w+|limitEnd)$/
  for (const name of faultNames.filter(one => !others.test(one))) {
    const fault = requestedFaults(`${name}:1`).beforeWrite!(write)
    t.equal(classifyRefusal((fault as { error: string }).error), classes[name] ?? 'transient', name)
  }
  t.end()
})

/** As DolphinDB's pages of error codes have them. */
const texts: readonly [string, string][] = [
  [
    'S00002',
    "<ChunkInTransaction>The openChunks operation failed because the chunk '/trades' is currently locked and in use by transaction 1. RefId:S00002",
  ],
  ['S00003', "One symbase's size can't exceed 2097152. RefId: S00003"],
  [
    'S00005',
    'Cannot accept new task <tableInsert> during a graceful shutdown of the server.RefId: S00005',
  ],
  ['S01012', 'No available replica for the chunk /trades is found on the controller. RefId:S01012'],
  [
    'S01019',
    '<restore> Failed to add new value partitions to database dfs://trades. Please manually add new partitions: []. RefId:S01019',
  ],
  [
    'S01070',
    'The transaction 1 has expired, and the resolution process has been initiated. RefId: S01070',
  ],
  [
    'S01071',
    'The transaction 1 has expired. It will be rolled back without resolution. RefId: S01071',
  ],
  [
    'S03019',
    'The volume of data exceeds the compression limit. Try inserting data in smaller batches, or adjust the replay rate. PersistenceManager fail to compress data: fault. RefId: S03019',
  ],
  ['S03020', 'The leader has not been elected. Try again later. RefId: S03020'],
]

t.test('numbers come with the words that belong to them', t => {
  for (const [name, error] of texts) {
    t.strictSame(requestedFaults(`${name}:1`).beforeWrite!(write), { error }, name)
  }
  t.strictSame(
    faultNames.filter(name => /^S\d/.test(name) && name !== 'S03000'),
    texts.map(([name]) => name),
  )
  t.end()
})

t.test('S03000: every n-th removal of a stream table, and no insert', t => {
  const faults = requestedFaults('S03000:2')
  const removal = { sessionId: '1', table: 'trades' }
  t.notOk('beforeWrite' in faults)
  t.equal(faults.beforeRemoval!(removal), undefined)
  t.strictSame(faults.beforeRemoval!(removal), {
    error:
      "To undefine the shared stream table 'trades', first cancel all subscriptions to it. RefId: S03000",
  })
  t.end()
})

const request: RequestInfo = {
  sessionId: '1',
  requestNumber: 1,
  kind: 'script',
  text: '',
  asynchronous: false,
  mixed: false,
  rows: 0,
}

t.test('mixed…: every request whose flag is not that of its connection, and no other', t => {
  const names = faultNames.filter(name => name.startsWith('mixed'))
  const actions = names.map(name => {
    const faults = requestedFaults(name)
    t.equal(faults.beforeExecute!(request), undefined, name)
    return faults.beforeExecute!({ ...request, mixed: true })
  })
  t.strictSame(actions, ['close', 'drop', 'later', 'flag', 'stall'])
  t.end()
})

t.test('limitEnd: every part of a result that begins at its end or behind it', t => {
  const faults = requestedFaults('limitEnd')
  const refused = (offset: number, rows: number): boolean =>
    faults.beforeSlice!({ offset, rows }) !== undefined
  t.strictSame([refused(4, 5), refused(5, 5), refused(6, 5)], [false, true, true])
  t.notOk(refused(0, 0), 'the vendor itself asks that of an empty table')
  t.end()
})

t.test('forget: every n-th request of a session, its connect excepted', t => {
  const faults = requestedFaults('forget:1')
  const asked = (kind: RequestInfo['kind']): unknown => faults.beforeExecute!({ ...request, kind })
  t.equal(asked('connect'), undefined)
  t.equal(asked('function'), 'forget')
  t.end()
})

t.test('what cannot be asked for', t => {
  for (const text of [
    '',
    'forget:',
    'forget:0',
    'forget:x',
    'forget:1:2',
    'Chunk',
    'constructor',
    'mixedRefuse:2',
    'limitEnd:2',
  ]) {
    t.throws(() => requestedFaults(text), { code: 'DDB_USAGE' }, text)
  }
  t.end()
})
