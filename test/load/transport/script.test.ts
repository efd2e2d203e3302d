/* Runs the scripts that create and read receipts on the embedded server. */
import t, { type Test } from 'tap'
import type { Value } from '../../../src/protocol/value.js'
import {
  deliverFunction,
  answeredOutcome,
  deliverScript,
  ledgerQuery,
  ledgerScript,
} from '../../../src/load/transport/script.js'
import { parseTarget } from '../../../src/load/target/target.js'
import { outOfTurn } from '../../../src/load/outcomes/refusals.js'
import type { TargetOptions } from '../../../src/load/options.js'
import { startLoadServer } from '../../helpers/load-server.js'
import { cells, idTable, int } from '../../helpers/values.js'

const initScript = `share streamTable(10:0, [\`id], [INT]) as target
share keyedTable(\`id, 10:0, [\`id], [INT]) as keyed
db = database("dfs://d", VALUE, 1..3)
db.createPartitionedTable(table(1:0, [\`id], [INT]), \`t, \`id)
def put(factor, mutable data) { tableInsert(objByName("target"), select factor * id as id from data) }
addFunctionView(put)
def refuse(mutable data) { throw "${'x'.repeat(5000)}" }
addFunctionView(refuse)`

const ledger = 'ddbIngestLedger_test'
const long = (value: number): Value => ({ form: 'scalar', type: 'LONG', value: BigInt(value) })

/** A session on which the functions of a run for this target are defined. */
async function scene(t: Test, options: TargetOptions, countsDuplicates = false, isOrdered = false) {
  const { session, rows } = await startLoadServer(t, initScript)
  await session.run(ledgerScript(ledger))
  const written = { name: ledger, countsDuplicates }
  await session.run(deliverScript(written, parseTarget(options), undefined, '', isOrdered))
  return {
    session,
    rows,
    /** Returns the number of rows, or −1 or −2. */
    deliver: async (batchNo: number, attempt: number, sendNo: number, ...ids: number[]) => {
      const leading = options.functionArguments === undefined ? [] : [int(10)]
      const answer = await session.call(deliverFunction, [
        ...[long(1), long(batchNo), int(0), long(1), long(77)],
        int(attempt),
        long(sendNo),
        ...leading,
        idTable(...ids),
      ])
      return answeredOutcome(answer).rowCount
    },
    /** All receipts except the probe, each as batch, attempt, phase, send number, rows and error. */
    receipts: async () =>
      (await rows(ledgerQuery(ledger, 1, 100))).map(
        ([, batchNo, , , attempt, phase, , sendNo, received, , taken, errText]) => {
          const count = phase === '1' ? (taken ?? received) : received
          return [batchNo, attempt, phase, sendNo, count, errText]
        },
      ),
  }
}

t.test('the probe shows that a known key is not inserted again', async t => {
  const { session } = await scene(t, { table: 'target' })
  t.match(await session.run('ddbIngestKnown'), { value: 0 })
})

for (const countsDuplicates of [false, true]) {
  t.test(`of two copies one is stored: ${countsDuplicates ? 'read back' : 'counted'}`, async t => {
    const { deliver, receipts, rows } = await scene(t, { table: 'target' }, countsDuplicates)
    t.equal(await deliver(1, 0, 7, 1), 1)
    t.equal(await deliver(1, 0, 8, 1), -2)
    t.equal((await receipts()).length, 2)
    t.equal(await deliver(1, 1, 9, 1), 1, 'another attempt is another batch')
    t.strictSame(await rows('select id from target'), [['1'], ['1']])
  })
}

t.test('a batch is stored only after the one that it names', async t => {
  const { session, rows, receipts } = await scene(t, { table: 'target' }, false, true)
  const deliver = async (batchNo: number, attempt: number, sendNo: number, after: number) => {
    const place = [long(1), long(batchNo), int(0), long(1), long(77), int(attempt), long(sendNo)]
    const rows = [long(after), idTable(batchNo)]
    return answeredOutcome(await session.call(deliverFunction, [...place, ...rows])).rowCount
  }
  t.equal(await deliver(2, 0, 7, 1), -1, 'nothing is known of the first')
  t.equal((await receipts())[1]?.[5], outOfTurn)
  t.equal(await deliver(1, 0, 8, 0), 1)
  t.equal(await deliver(3, 0, 9, 2), -1, 'the second was not stored')
  t.equal(await deliver(2, 1, 10, 1), 1)
  t.equal(await deliver(3, 1, 11, 2), 1)
  t.strictSame(await rows('select id from target'), [['1'], ['2'], ['3']])
})

t.test('a long error text is clipped', async t => {
  const { deliver, receipts } = await scene(t, { function: 'refuse', types: 'id:INT' })
  t.equal(await deliver(1, 0, 7, 1), -1)
  t.equal((await receipts())[1]?.[5]?.length, 4_000)
})

t.test('the query continues at the given row', async t => {
  const { deliver, rows } = await scene(t, { table: 'target' })
  await deliver(1, 0, 7, 1)
  const phases = async (seen: number, most: number) =>
    (await rows(ledgerQuery(ledger, seen, most))).map(cells => [cells[1], cells[5]])
  t.strictSame(await phases(0, 2), cells('0,8', '1,0'))
  t.strictSame(await phases(2, 2), [['1', '1']])
})

t.test('initial values of a ledger have the types of its columns', async t => {
  // The types matter, because servers before 3.00.5 compare keys before they convert types.
  const inserted = [...ledgerScript(ledger).matchAll(/tableInsert\(ddbIngestLedger, (.*)\)$/gm)]
  t.equal(inserted.length, 2)
  for (const [, values] of inserted) {
    t.equal(values, '0l, 0l, 0, 0l, 0, 8, 0l, 0l, 0l, 00l, 00l, "", now()')
  }
})
