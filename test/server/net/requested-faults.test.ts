import t from 'tap'
import { classifyRefusal } from '../../../src/load/delivery/refusal.js'
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

t.test('the loader reads every one of them as passing', t => {
  for (const name of faultNames.filter(one => one !== 'forget')) {
    const fault = requestedFaults(`${name}:1`).beforeWrite!(write)
    t.equal(classifyRefusal((fault as { error: string }).error), 'transient', name)
  }
  t.end()
})

t.test('forget: every n-th request of a session, its connect excepted', t => {
  const faults = requestedFaults('forget:1')
  const request = { sessionId: '1', requestNumber: 1, text: '', asynchronous: false, rows: 0 }
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
  ]) {
    t.throws(() => requestedFaults(text), { code: 'DDB_USAGE' }, text)
  }
  t.end()
})
