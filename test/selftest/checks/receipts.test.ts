import t from 'tap'
import { vectorOf } from '../../../src/protocol/element.js'
import type { Scalar, Table, Value } from '../../../src/protocol/value.js'
import { asynchronousChecks } from '../../../src/selftest/checks/asynchronous.js'
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
import { receiptChecks } from '../../../src/selftest/checks/receipts.js'
import { tableOfColumns } from '../../../src/selftest/compare.js'
import { requestedFaults, type Faults } from '../../../src/server/index.js'
import {
  answering,
  each,
  instead,
  intBytes,
  type Rewrite,
  int32Bytes,
} from '../../helpers/rewriting-proxy.js'
import { testSession } from '../../helpers/script.js'
import { useTurnClock } from '../../helpers/turn-clock.js'
import { testChecks } from '../test-checks.js'

useTurnClock()

const three = 'receipts: R1, three batches, one of them wrong'
const twice = 'receipts: a batch that is sent twice is written once'
const changed = 'receipts: R2, a function changes the table that comes with a call'
const left = 'receipts: a transform leaves rows out before they are written'
const defined = 'receipts: defined tells of functions'
const firstRow = 'receipts: R4, the first row of a key stays'
const cursor = 'receipts: R8, a cursor reads each row once while others write'
const limit = 'receipts: limit at and beyond the end'
const longText = 'receipts: a row of the ledger holds 4,000 characters of an error'
const removed = 'receipts: R11, undef by the user who shared'
const who = 'receipts: R12, this user may run scripts'
const forgotten = 'receipts: the words of a forgotten function'
const connected = 'receipts: a server tells who is connected'
const time = 'receipts: now() is a TIMESTAMP'
const secondUser = 'this takes a second user, and one login was given'

const yes = '\x01\0\x01'
const no = '\x01\0\0'
const users = 'getCurrentSessionAndUser()'

testChecks(
  t,
  receiptChecks,
  {
    skips: {
      'receipts: R11, undef by another user': secondUser,
      'receipts: R13, a view through a function for a user with VIEW_EXEC alone': secondUser,
    },
    finds: {
      [firstRow]: 'a known key is answered with 0',
      [forgotten]: "Can't recognize function name ddbIngestDeliver: not in the embedded server",
      [who]: 'as the user that was given',
      [limit]: 'at the end: 0 rows; beyond it: 0 rows',
    },
  },
  {
    'keyed stream tables that overwrite': {
      toServer: instead('keyedStreamTable(', 'keyedTable('),
      fails: {
        [firstRow]: '1 rows of one key; the first has number 2',
        [twice]: /^seen: answers 5,-2; first 2; target 5, expected/,
      },
    },
    'ledgers without keys': {
      toServer: instead('keyedStreamTable(`lane`batchNo`attempt`phase, ', 'streamTable('),
      fails: { [firstRow]: '2 rows of one key; the first has number 1' },
      passes: [twice],
    },
    'servers that count known keys': {
      toClient: answering('now())', instead(intBytes(0), intBytes(1))),
      finds: { [firstRow]: 'a known key is answered with 1' },
    },
    'answers that cannot be': {
      toClient: answering('now())', instead(intBytes(0), intBytes(5))),
      fails: { [firstRow]: 'a known key is answered with 5' },
    },
    'refusals in other words': {
      toClient: each(
        instead('Failed to append data to column', 'Cannot take the value of column'),
        instead('Incompatible type', 'Unsuitable values'),
        instead('RefId:S03017', 'RefId:S99999'),
      ),
      fails: { [three]: /^outcomes: 1: 5 rows; 2: refused \(unknown\); 3: 7 rows; target 12, / },
    },
    'requests without answers that are dropped': {
      server: {
        faults: { beforeExecute: ({ asynchronous }) => (asynchronous ? 'drop' : undefined) },
      },
      fails: { [three]: 'no result within 5000 ms', [cursor]: 'no result within 5000 ms' },
    },
    'rows that are dropped': {
      server: {
        faults: { beforeWrite: ({ table }) => (table.endsWith('_target') ? 'drop' : undefined) },
      },
      fails: {
        [three]: /^outcomes: 1: 0 rows; 2: 0 rows; 3: 0 rows; target 0, /,
        [twice]: /^seen: answers 0,-2; first 1; target 0, /,
        [left]: /^numbers: 1: 5, 2, 0; 2: 5, 2, 0; 3: 5, 0, 0; 4: 5, null, -1; target 0, /,
      },
    },
    'tables that a function may not change': {
      toServer: instead('data[`id] + 1)\n    return exec', 'data[`id])    \n    return exec'),
      fails: { [changed]: 'the sum: 6, expected 10' },
    },
    'arguments that are read-only': {
      toServer: instead('a, b, c, mutable data)', 'a, b, c, data)'),
      fails: { [changed]: /can't be modified|Read only/ },
    },
    'functions that are not told of': {
      toClient: answering(', DEF)', instead(yes, no)),
      fails: { [defined]: 'it answers: 0,0, expected 1,0' },
    },
    'functions that are told of though they are not there': {
      toClient: answering(', DEF)', instead(no, yes)),
      fails: { [defined]: 'it answers: 1,1, expected 1,0' },
    },
    'rows that are read twice': {
      toServer: oneRowBack(),
      fails: { [cursor]: 'rows and distinct rows: 200, 199, expected 200, 200' },
    },
    'a table that is asked for more than it has': {
      server: { faults: requestedFaults('limitEnd') },
      finds: { [limit]: /^at the end: refused: .*The offset 1 .*; beyond it: refused: / },
    },
    'slices that may not end behind the table': {
      server: {
        faults: {
          beforeSlice: ({ rows }) => (rows === 1 ? { error: 'too many' } : undefined),
        },
      },
      fails: { [limit]: /^a slice that ends after the last row: refused: .*too many$/ },
    },
    'texts that are damaged': {
      toClient: instead('e\xc3\xa9e', 'f\xc3\xa9e'),
      fails: { [longText]: '4000 characters came back' },
    },
    'tables that stay': {
      toClient: answering(', SHARED)', instead(no, yes)),
      fails: { [removed]: 'the table is still there' },
    },
    'another user': {
      toClient: answering(users, instead('admin\0', 'other\0')),
      fails: { [who]: 'the session has another user' },
    },
    'wrong results': {
      toClient: answering('1+1', instead(intBytes(2), intBytes(3))),
      fails: { [who]: '1+1 is INT scalar 3' },
    },
    'a guest': { login: {}, finds: { [who]: 'as guest' } },
    'a refusal in other words': {
      toClient: instead("Can't recognize function name", 'Nothing here has the name of'),
      fails: { [forgotten]: /^Nothing here has the name of/ },
    },
    'a function that is there': {
      server: {
        initScript: 'def ddbIngestDeliver(x) { return 1 }\naddFunctionView(ddbIngestDeliver)',
      },
      fails: { [forgotten]: 'it is accepted' },
    },
    'a server that does not tell who is connected': {
      toServer: instead('getSessionMemoryStat()', 'getSessionMemoryStut()'),
      skips: { [connected]: /^the server does not tell: .*getSessionMemoryStut/ },
    },
    'a list without the session': {
      toServer: instead('exec sessionId from getSessionMemoryStat()', 'array(LONG, 0)'),
      fails: { [connected]: 'the session is not among them' },
    },
    'another type of time': {
      toServer: instead('typestr(now())', 'typestr(1)'),
      fails: { [time]: 'typestr(now()): INT, expected TIMESTAMP' },
    },
  },
)

/** Makes a slice begin a row too early: the row before the slice comes twice, and the last row never. */
function oneRowBack(): Rewrite {
  let isDone = false
  return chunk =>
    chunk.replace(/limit (\d+), 8$/, (query, offset: string) => {
      // The first row is the probe, which is not counted.
      if (isDone || Number(offset) < 3) return query
      isDone = true
      return `limit ${String(Number(offset) - 1).padStart(offset.length)}, 8`
    })
}

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

const claimOfReceiptRun: Row = [1, 0, 0, 1, 0, '']
const probe: Row = [0, 0, 8, 0, 0, '']
const wrong = 'SYSTEM_Runtime: Incompatible type. Expected: DOUBLE, Actual: STRING'

t.test('rows of a ledger are read whatever the order of its columns', async t => {
  t.strictSame(rowsOfLedger(ledgerTable(claimOfReceiptRun, [2, 1, 1, 5, -1, wrong])), [
    { batchNo: 1, attempt: 0, phase: 0, sendNo: 1, rowCount: 0, errText: '' },
    { batchNo: 2, attempt: 1, phase: 1, sendNo: 5, rowCount: -1, errText: wrong },
  ])
  t.strictSame(rowsOfLedger(ledgerTable()), [])
  const { columns, columnNames } = ledgerTable(claimOfReceiptRun)
  const without = {
    ...ledgerTable(claimOfReceiptRun),
    columns: columns.slice(1),
    columnNames: columnNames.slice(1),
  }
  t.throws(() => rowsOfLedger(without), { message: /errText/ })
})

t.test('outcomes are reported in the order of their batches, claims are not reported', async t => {
  const rows = rowsOfLedger(
    ledgerTable(
      claimOfReceiptRun,
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

t.test('a delivery consists of batch number, attempt, send number and rows', async t => {
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

t.test(
  'a probe is not a batch; a batch has its outcome if the ledger has that many rows',
  async t => {
    const answers = [
      ledgerTable(probe, claimOfReceiptRun, [2, 0, 0, 2, 0, '']),
      ledgerTable(probe, claimOfReceiptRun, [1, 0, 1, 1, 5, '']),
      ledgerTable(
        probe,
        claimOfReceiptRun,
        [1, 0, 1, 1, 5, ''],
        [2, 0, 0, 2, 0, ''],
        [2, 0, 1, 2, 5, ''],
      ),
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
    const ledger = { name: 'ledger', countsDuplicates: false } as const
    t.match(await ledgerRows(context, ledger), [
      { batchNo: 1, phase: 0 },
      { batchNo: 2, phase: 0 },
    ])
    asked = 0
    t.equal(outcomesText(await awaitOutcomes(context, ledger, 2)), '1: 5 rows; 2: 5 rows')
    t.equal(asked, 3)
  },
)

t.test('the scripts of a run work on the embedded server', async t => {
  const { run, call, show } = testSession()
  const ask = (script: string): Promise<Value | undefined> => run(script)
  const context = {
    ask,
    tableName: (purpose: string) => `my_${purpose}`,
  }
  await run('share(table(1:0, `id`sym`price, [INT, SYMBOL, DOUBLE]), "target")')
  const ledger = await openTestLedger(context)
  t.strictSame(ledger, { name: 'my_ledger', countsDuplicates: false })
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

const arrives = 'asynchronous: a batch arrives'
const silent = 'asynchronous: nothing is answered'
const silentErrors = 'asynchronous: errors are not answered either'
const behind = 'asynchronous: an answer means that what was sent before has been read'
const order = 'asynchronous: R9, the order of requests of one session'
const bare = 'asynchronous: a session without answers'
const connecting = 'asynchronous: connect is answered though it carries flag 4'
const own = 'asynchronous: a function of the session'
const afterRefusal = 'asynchronous: a refused batch does not stop those after it'

type BeforeExecute = NonNullable<Faults['beforeExecute']>
const asynchronous =
  (what: ReturnType<BeforeExecute>): BeforeExecute =>
  request =>
    request.asynchronous ? what : undefined

/** Loses the unanswered requests from number `from` to number `to`. */
function losing(from: number, to: number): BeforeExecute {
  let seen = 0
  return request => {
    if (!request.asynchronous) return undefined
    seen++
    return seen >= from && seen <= to ? 'drop' : undefined
  }
}

const mixed = 'asynchronous: mixed-flags on one session'

testChecks(
  t,
  asynchronousChecks,
  {
    finds: {
      [behind]: 'all were executed by then',
      [order]: 'in order',
    },
  },
  {
    'requests without answers that are dropped': {
      server: { faults: { beforeExecute: asynchronous('drop') } },
      fails: {
        [arrives]: 'no result within 5000 ms',
        [mixed]: 'a question does not see what was sent before it',
        [connecting]: 'no result within 5000 ms',
      },
      finds: { [behind]: '0 of 100 were executed by then' },
      passes: [silent],
    },
    'requests without answers that are executed twice': {
      server: { faults: { beforeExecute: asynchronous('twice') } },
      fails: {
        [arrives]: 'rows: 100, expected 50',
        [mixed]: 'rows: 200, expected 100',
        [bare]: 'rows: 200, expected 100',
        [own]: 'rows: 10, expected 5',
        [afterRefusal]: 'rows: 8, expected 4',
        [order]: '2000 rows arrived, not 1000',
      },
    },
    'one of a thousand that is lost': {
      server: { faults: { beforeExecute: losing(500, 500) } },
      fails: { [order]: 'no result within 10000 ms' },
    },
    'some that are late': {
      server: { faults: { beforeExecute: losing(61, 100) } },
      finds: { [behind]: '60 of 100 were executed by then' },
    },
    'rows that change their places': {
      toClient: instead(int32Bytes(5) + int32Bytes(6), int32Bytes(6) + int32Bytes(5)),
      finds: { [order]: 'not in order: 2 of 1000 moved' },
    },
    'requests without answers that are answered': {
      toServer: instead(' / 36_1_', ' / 32_1_'),
      fails: {
        [silent]: 'the first answer: INT scalar 1111, expected INT scalar 2222',
        [silentErrors]: /^the first answer: throw "ddbIngestTest" => /,
      },
    },
    'answers between that are wrong': {
      toClient: instead(intBytes(98), intBytes(99)),
      fails: { [mixed]: '49 * 2 was answered with 99' },
    },
    'questions that are not answered in time': {
      server: { faults: requestedFaults('mixedStall') },
      fails: { [mixed]: 'no answer came in time' },
    },
    'a session without an id': {
      toClient: (chunk, sent) =>
        /^API 0 \d+ \/ 36_/.test(sent) ? chunk.replace(/^\d+/, '0000000000') : chunk,
      fails: { [connecting]: 'the session id is "0000000000"' },
    },
    'a login that is refused on the way': {
      toServer: instead('login\nadmin\n123456', 'login\nadmin\n000000'),
      fails: { [connecting]: 'The user name or password is incorrect.' },
    },
    'a session that ends with its first refusal': {
      server: { faults: { beforeExecute: afterMissing() } },
      fails: { [afterRefusal]: 'no result within 5000 ms' },
    },
  },
)

/** Loses all requests after the request for a missing table. */
function afterMissing(): BeforeExecute {
  let isOver = false
  return ({ text }) => {
    if (isOver) return text.startsWith('tableInsert{') ? 'drop' : undefined
    isOver = text.includes('ddbIngestTestMissing')
    return undefined
  }
}
