/*
  Checks receipts as a run uses them, with the run's own scripts, but on temporary tables: R1, R2, R4, R8, R11, R12
  (docs/server-semantics.md#what-nobody-could-check).
*/
import type { Session } from '../../client/open-session.js'
import { classifyRefusal } from '../../load/outcomes/refusal.js'
import { parseTarget } from '../../load/target/target.js'
import { insertReceipt } from '../../load/transport/receipts/ledger-columns.js'
import {
  deliverFunction,
  deliverScript,
  ledgerQuery,
  ledgerScript,
  type WrittenLedger,
} from '../../load/transport/receipts/script.js'
import { elementAt } from '../../protocol/element.js'
import { formatValue } from '../../protocol/value-text.js'
import type { Table, Value } from '../../protocol/value.js'
import {
  columnOf,
  elementsOf,
  numberOf,
  numbersOf,
  refusalOf,
  refusalText,
  tableOf,
  textOf,
  textsOf,
  Unavailable,
} from '../answers.js'
import { expectText, fail, type Check } from '../check.js'
import type { CheckContext } from '../context.js'
import { ask, batch, call, stepsCheck, streamTable, wrongBatch } from './steps.js'

/** Opens a ledger (a table of receipts) for a check. */
export async function openTestLedger({ ask, tableName }: CheckContext): Promise<WrittenLedger> {
  const name = tableName('ledger')
  const known = numberOf(await ask(`${ledgerScript(name)}ddbIngestKnown`))
  return { name, countsDuplicates: known === 1 }
}

/** A script that writes a claim (a batch's first receipt) into the ledger. The cells are script expressions. */
function receiptOf(
  { name }: WrittenLedger,
  batchNo: string,
  sendNo: string,
  errText = '""',
): string {
  const cells = { batchNo, attempt: '0', phase: '0', sendNo, rowsReceived: '0l', errText }
  return insertReceipt(`objByName("${name}")`, cells)
}

/** The arguments of the delivering function. */
function delivery(batchNo: number, sendNo: number, rows: Table): Value[] {
  return [
    { form: 'scalar', type: 'LONG', value: BigInt(batchNo) },
    { form: 'scalar', type: 'INT', value: 0 },
    { form: 'scalar', type: 'LONG', value: BigInt(sendNo) },
    rows,
  ]
}

/** Opens a session that delivers batches into a shared table. */
async function openDelivery(
  { ask, open }: CheckContext,
  ledger: WrittenLedger,
  table: string,
  transform?: string,
): Promise<Session> {
  const session = await open()
  const target = parseTarget({ table, ...(transform === undefined ? {} : { transform }) })
  await ask(deliverScript(ledger, target), session)
  return session
}

export function sendDelivery(session: Session, batchNo: number, rows: Table): void {
  session.send(deliverFunction, delivery(batchNo, batchNo, rows))
}

interface LedgerRow {
  readonly batchNo: number
  /** 0 for a claim (the server has begun the batch), 1 for an outcome. */
  readonly phase: number
  readonly sendNo: number
  /** How many rows the server received, has left after the transform, and stored. */
  readonly counts: readonly (number | null)[]
  readonly errText: string
}

/** The rows of an answer to `ledgerQuery`, except probes. */
function rowsOfLedger(table: Table): LedgerRow[] {
  const [batchNo, phase, sendNo] = ['batchNo', 'phase', 'sendNo'].map(name =>
    numbersOf(columnOf(table, name)),
  ) as [number[], number[], number[]]
  const counts = ['rowsReceived', 'rowsLeft', 'rowsTaken']
    .filter(name => table.columnNames.includes(name))
    .map(name => columnOf(table, name))
  const errText = textsOf(columnOf(table, 'errText'))
  const rows = batchNo.map((number, i) => ({
    batchNo: number,
    phase: phase[i]!,
    sendNo: sendNo[i]!,
    counts: counts.map(column => countOf(elementAt(column, i))),
    errText: errText[i]!,
  }))
  return rows.filter(row => row.batchNo > 0)
}

const countOf = (value: Value): number | null =>
  value.form === 'scalar' && value.value === null ? null : numberOf(value)

async function ledgerRows({ ask }: CheckContext, ledger: WrittenLedger): Promise<LedgerRow[]> {
  return rowsOfLedger(tableOf(await ask(ledgerQuery(ledger.name, 0, 100_000, true))))
}

/** Waits until this many batches have an outcome. @returns the outcomes by number */
async function awaitOutcomes(
  context: CheckContext,
  ledger: WrittenLedger,
  batches: number,
): Promise<LedgerRow[]> {
  const outcomes = await context.until(async () => {
    const rows = (await ledgerRows(context, ledger)).filter(({ phase }) => phase === 1)
    return rows.length >= batches ? rows : undefined
  })
  return outcomes.sort((a, b) => a.batchNo - b.batchNo)
}

/** Waits for the outcomes of this many batches: `1: 5 rows; 2: refused (rows)`. */
export async function outcomesText(
  context: CheckContext,
  ledger: WrittenLedger,
  batches: number,
): Promise<string> {
  const outcomes = await awaitOutcomes(context, ledger, batches)
  return outcomes
    .map(({ batchNo, counts, errText }) => {
      const rows = counts.at(-1) ?? -1
      return `${batchNo}: ${rows >= 0 ? `${rows} rows` : `refused (${classifyRefusal(errText)})`}`
    })
    .join('; ')
}

const receipts = 'load in asynchronous mode'

export const receiptChecks: readonly Check[] = [
  {
    name: 'receipts: R1, three batches, one of them wrong',
    dependsOnIt: receipts,
    async run(context) {
      const target = await context.share('target', streamTable)
      const ledger = await openTestLedger(context)
      const session = await openDelivery(context, ledger, target)
      sendDelivery(session, 1, batch(0, 5))
      sendDelivery(session, 2, wrongBatch(5))
      sendDelivery(session, 3, batch(5, 7))
      const outcomes = await outcomesText(context, ledger, 3)
      const text = `${outcomes}; target ${await context.rowsOf(target)}`
      expectText('outcomes', text, '1: 5 rows; 2: refused (rows); 3: 7 rows; target 12')
    },
  },
  {
    name: 'receipts: a batch that is sent twice is written once',
    dependsOnIt: 'receipts: sending again after a lost connection',
    async run(context) {
      const target = await context.share('target', streamTable)
      const ledger = await openTestLedger(context)
      const answers: number[] = []
      for (const sendNo of [1, 2]) {
        const session = await openDelivery(context, ledger, target)
        const args = delivery(1, sendNo, batch(0, 5))
        answers.push(numberOf(await context.call(deliverFunction, args, session)))
      }
      const claim = (await ledgerRows(context, ledger)).find(({ phase }) => phase === 0)
      const rows = await context.rowsOf(target)
      const text = `answers ${answers.join()}; first ${claim?.sendNo}; target ${rows}`
      expectText('seen', text, 'answers 5,-2; first 1; target 5')
    },
  },
  stepsCheck({
    name: 'receipts: R2, a function changes the table that comes with a call',
    dependsOnIt: 'function views as targets of receipts',
    hasSession: true,
    steps: [
      ask(
        'def ddbIngestTestChange(a, b, c, mutable data) {\n    replaceColumn!(data, `id, data[`id] + 1)\n    return exec sum(id) from data\n}',
      ),
      call('ddbIngestTestChange', delivery(1, 1, batch(0, 4)), 10),
    ],
  }),
  {
    name: 'receipts: a transform leaves rows out before they are written',
    dependsOnIt: 'load --transform',
    async run(context) {
      const target = await context.share('target', streamTable)
      const ledger = await openTestLedger(context)
      const transforms = [
        'def(t){ return select * from t where id > 2 }',
        '(def(least, mutable t){ delete from t where id < least\n return t }){3}',
        'def(t){ return select * from t where id < 0 }',
        'def(t){ throw "not this one" }',
      ]
      for (const [index, transform] of transforms.entries()) {
        const session = await openDelivery(context, ledger, target, transform)
        sendDelivery(session, index + 1, batch(0, 5))
      }
      const outcomes = await awaitOutcomes(context, ledger, transforms.length)
      const numbers = outcomes.map(row => `${row.batchNo}: ${row.counts.map(String).join(', ')}`)
      const text = `${numbers.join('; ')}; target ${await context.rowsOf(target)}`
      const expected = '1: 5, 2, 2; 2: 5, 2, 2; 3: 5, 0, 0; 4: 5, null, -1; target 4'
      expectText('numbers', text, expected)
    },
  },
  stepsCheck({
    name: 'receipts: defined tells of functions',
    dependsOnIt: 'receipts: how a run notices that a server has forgotten its session',
    hasSession: true,
    steps: [
      ask('def ddbIngestTestHere() { return 1 }'),
      ask('defined("ddbIngestTestHere", DEF)', 1),
      ask('defined("ddbIngestTestMissing", DEF)', 0),
    ],
  }),
  {
    name: 'receipts: R4, the first row of a key stays',
    dependsOnIt: receipts,
    async run(context) {
      const ledger = await openTestLedger(context)
      const insert = async (sendNo: string): Promise<number> =>
        numberOf(await context.ask(receiptOf(ledger, '5l', sendNo)))
      const [first, second] = [await insert('1l'), await insert('2l')]
      const rows = await ledgerRows(context, ledger)
      if (rows.length !== 1 || rows[0]!.sendNo !== 1) {
        fail(`${rows.length} rows of one key; the first has number ${rows[0]?.sendNo}`)
      }
      const known = `a known key is answered with ${second}`
      return first === 1 && (second === 0 || second === 1) ? known : fail(known)
    },
  },
  {
    name: 'receipts: R8, a cursor reads each row once while others write',
    dependsOnIt: receipts,
    async run(context) {
      const { open, ask, until } = context
      const ledger = await openTestLedger(context)
      const session = await open()
      await ask(`def ddbIngestTestFill(b) { return ${receiptOf(ledger, 'b', 'b')} }`, session)
      const total = 200
      for (let i = 1; i <= total; i++) {
        session.send('ddbIngestTestFill', [{ form: 'scalar', type: 'LONG', value: BigInt(i) }])
      }
      const seen: number[] = []
      let cursor = 0
      await until(async () => {
        for (;;) {
          const overlap = Math.min(cursor, 1)
          const query = ledgerQuery(ledger.name, cursor - overlap, 7 + overlap)
          const table = tableOf(await ask(query))
          cursor += table.rows - overlap
          // The row of the overlap was seen before; it may also be the probe of the ledger, which is no receipt.
          seen.push(
            ...numbersOf(columnOf(table, 'batchNo'))
              .slice(overlap)
              .filter(no => no > 0),
          )
          if (table.rows <= overlap) break
        }
        return seen.length >= total ? true : undefined
      })
      const distinct = new Set(seen).size
      expectText('rows and distinct rows', `${seen.length}, ${distinct}`, '200, 200')
    },
  },
  {
    name: 'receipts: limit at and beyond the end',
    dependsOnIt: 'nothing: a run reads the last known row again',
    async run(context) {
      const ledger = await openTestLedger(context)
      const rowsFrom = (first: number): Promise<string> =>
        context
          .ask(ledgerQuery(ledger.name, first, 5))
          .then(answer => `${tableOf(answer).rows} rows`, refusalText)
      const [whole, end, beyond] = [await rowsFrom(0), await rowsFrom(1), await rowsFrom(2)]
      expectText('a slice that ends after the last row', whole, '1 rows')
      return `at the end: ${end}; beyond it: ${beyond}`
    },
  },
  {
    name: 'receipts: a row of the ledger holds 4,000 characters of an error',
    dependsOnIt: 'the reasons of refused batches',
    async run(context) {
      const ledger = await openTestLedger(context)
      const text = 'e\u00e9'.repeat(2000)
      const receipt = receiptOf(ledger, '1l', '1l', 'why')
      await context.ask(`def ddbIngestTestWhy(why) { return ${receipt} }`)
      await context.call('ddbIngestTestWhy', [{ form: 'scalar', type: 'STRING', value: text }])
      const [row] = await ledgerRows(context, ledger)
      if (row?.errText !== text) fail(`${row?.errText.length ?? 0} characters came back`)
    },
  },
  {
    name: 'receipts: R11, undef by the user who shared',
    dependsOnIt: 'removing marker and ledger at the end of a run',
    async run(context) {
      const { name } = await openTestLedger(context)
      await context.ask(`undef("${name}", SHARED)`)
      const isThere = numberOf(await context.ask(`defined("${name}", SHARED)`)) !== 0
      if (isThere) fail('the table is still there')
    },
  },
  {
    name: 'receipts: R12, this user may run scripts',
    dependsOnIt: receipts,
    async run({ ask, server }) {
      const user = textOf(elementsOf(await ask('getCurrentSessionAndUser()'))[1])
      const sum = numberOf(await ask('1+1'))
      if (sum !== 2) fail(`1+1 is ${sum}`)
      if (user !== (server.user ?? 'guest')) fail('the session has another user')
      return server.user === undefined ? 'as guest' : 'as the user that was given'
    },
  },
  {
    name: 'receipts: the words of a forgotten function',
    dependsOnIt: 'receipts: a batch is sent again if the server has forgotten the function',
    async run({ open, call }) {
      const words = await refusalOf(call('ddbIngestDeliver', [batch(0, 1)], await open()))
      if (words === undefined) fail('it is accepted')
      return /recognize/i.test(words) ? words : fail(words)
    },
  },
  {
    name: 'receipts: a server tells who is connected',
    dependsOnIt: 'naming tables that killed runs have left',
    async run({ ask, control }) {
      const ids = await ask('exec sessionId from getSessionMemoryStat()').catch(error => {
        throw new Unavailable(`the server does not tell: ${refusalText(error)}`)
      })
      if (!elementsOf(ids).map(formatValue).includes(control.id)) {
        fail('the session is not among them')
      }
    },
  },
  stepsCheck({
    name: 'receipts: now() is a TIMESTAMP',
    dependsOnIt: 'the ledger, whose rows carry a time',
    steps: [ask('typestr(now())', 'STRING scalar TIMESTAMP')],
  }),
]
