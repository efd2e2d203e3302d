import t from 'tap'
import { vectorOf } from '../../../src/protocol/element.js'
import type { Scalar, Table, Value } from '../../../src/protocol/value.js'
import { batch } from '../../../src/selftest/checks/batches.js'
import {
  awaitOutcomes,
  defineDelivery,
  delivery,
  ledgerRows,
  openTestLedger,
  outcomesText,
  rowsOfLedger,
  sendDelivery,
} from '../../../src/selftest/checks/receipt-run.js'
import { tableOfColumns } from '../../../src/selftest/compare.js'
import { testSession } from '../../helpers/script.js'

type Row = [
  batchNo: number,
  attempt: number,
  phase: number,
  sendNo: number,
  rowCount: number,
  errText: string,
]

const ledgerTable = (...rows: Row[]): Table => {
  const column = (index: number): number[] => rows.map(row => row[index] as number)
  return tableOfColumns({
    errText: vectorOf(
      { type: 'STRING' },
      rows.map(row => row[5]),
    ),
    rowsTaken: vectorOf(
      { type: 'LONG' },
      rows.map(row => (row[2] === 1 ? row[4] : null)),
    ),
    rowsReceived: vectorOf(
      { type: 'LONG' },
      rows.map(row => (row[2] === 1 ? 0 : row[4])),
    ),
    sendNo: vectorOf({ type: 'LONG' }, column(3)),
    phase: vectorOf({ type: 'INT' }, column(2)),
    attempt: vectorOf({ type: 'INT' }, column(1)),
    batchNo: vectorOf({ type: 'LONG' }, column(0)),
  })
}

const claim: Row = [1, 0, 0, 1, 0, '']
const probe: Row = [0, 0, 8, 0, 0, '']
const wrong = 'SYSTEM_Runtime: Incompatible type. Expected: DOUBLE, Actual: STRING'

t.test('rows of a ledger, whatever the order of its columns', async t => {
  t.strictSame(rowsOfLedger(ledgerTable(claim, [2, 1, 1, 5, -1, wrong])), [
    { batchNo: 1, attempt: 0, phase: 0, sendNo: 1, rowCount: 0, errText: '' },
    { batchNo: 2, attempt: 1, phase: 1, sendNo: 5, rowCount: -1, errText: wrong },
  ])
  t.strictSame(rowsOfLedger(ledgerTable()), [])
  const { columns, columnNames } = ledgerTable(claim)
  const without = {
    ...ledgerTable(claim),
    columns: columns.slice(1),
    columnNames: columnNames.slice(1),
  }
  t.throws(() => rowsOfLedger(without), { message: /errText/ })
})

t.test('outcomes are told in the order of their batches, claims not', async t => {
  const rows = rowsOfLedger(
    ledgerTable(
      claim,
      [3, 0, 1, 3, 0, ''],
      [2, 0, 1, 2, -1, wrong],
      [1, 0, 1, 1, 5, ''],
      [4, 0, 1, 4, -1, 'who knows'],
    ),
  )
  t.equal(outcomesText(rows), '1: 5 rows; 2: refused (rows); 3: 0 rows; 4: refused (unknown)')
  t.equal(outcomesText([]), '')
  t.equal(rows[0]!.phase, 0, 'the rows themselves keep their order')
})

t.test('a delivery is number, attempt, number of sending, rows', async t => {
  const rows = batch(0, 2)
  const wanted = [
    { type: 'LONG', value: 7n },
    { type: 'INT', value: 0 },
    { type: 'LONG', value: 9n },
    rows,
  ]
  t.match(delivery(7, 9, rows), wanted)
  const sent: unknown[] = []
  const session = { send: (...args: unknown[]) => void sent.push(...args) }
  sendDelivery(session as never, 7, 9, rows)
  t.match(sent, ['ddbIngestDeliver', wanted])
})

t.test('a probe is no batch, and a batch has its outcome when there are so many', async t => {
  const answers = [
    ledgerTable(probe, claim, [2, 0, 0, 2, 0, '']),
    ledgerTable(probe, claim, [1, 0, 1, 1, 5, '']),
    ledgerTable(probe, claim, [1, 0, 1, 1, 5, ''], [2, 0, 0, 2, 0, ''], [2, 0, 1, 2, 5, '']),
  ]
  let asked = 0
  const context = {
    ask: (script: string) => {
      t.match(script, 'objByName("ledger", true)')
      return Promise.resolve(answers[Math.min(asked++, answers.length - 1)] as never)
    },
    until: async <T>(question: () => Promise<T | undefined>) => {
      for (;;) {
        const answer = await question()
        if (answer !== undefined) return answer
      }
    },
  }
  const ledger = { name: 'ledger', version: 2, countsDuplicates: false } as const
  t.match(await ledgerRows(context, ledger), [
    { batchNo: 1, phase: 0 },
    { batchNo: 2, phase: 0 },
  ])
  asked = 0
  t.equal(outcomesText(await awaitOutcomes(context, ledger, 2)), '1: 5 rows; 2: 5 rows')
  t.equal(asked, 3)
})

t.test('the scripts of a run work on the embedded server', async t => {
  const { run, call, show } = testSession()
  const ask = (script: string): Promise<Value | undefined> => run(script)
  const context = {
    ask,
    tableName: (purpose: string) => `my_${purpose}`,
  }
  await run('share(table(1:0, `id`sym`price, [INT, SYMBOL, DOUBLE]), "target")')
  const ledger = await openTestLedger(context)
  t.strictSame(ledger, { name: 'my_ledger', version: 2, countsDuplicates: false })
  await defineDelivery(context, undefined as never, ledger, 'target')
  const answers: unknown[] = []
  for (const sendNo of [1, 2]) {
    const answer = await call('ddbIngestDeliver', ...delivery(1, sendNo, batch(0, 3)))
    answers.push((answer as Scalar).value)
  }
  t.strictSame(answers, [3n, -2n], 'the second claim is lost')
  t.equal(await show('exec count(*) from target'), '3')
  t.match(await ledgerRows(context, ledger), [
    { batchNo: 1, phase: 0, sendNo: 1 },
    { batchNo: 1, phase: 1, sendNo: 1, rowCount: 3, errText: '' },
  ])
  const counting = {
    ...context,
    ask: () => Promise.resolve({ form: 'scalar', type: 'INT', value: 1 }),
  }
  t.match(await openTestLedger(counting as never), { countsDuplicates: true })
})
