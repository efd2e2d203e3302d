/* Receipts, with a run's own scripts, and function views (docs/server-semantics.md#what-nobody-could-check). */
import type { Session } from '../../client/open-session.js'
import type { TargetOptions } from '../../load/options.js'
import { classifyRefusal } from '../../load/outcomes/refusals.js'
import { parseTarget } from '../../load/target/target.js'
import {
  answeredOutcome,
  deliverArguments,
  deliverFunction,
  deliverScript,
  insertReceipt,
  ledgerQuery,
  ledgerScript,
} from '../../load/transport/script.js'
import { formatValue } from '../../protocol/element.js'
import type { Table, Value } from '../../protocol/value.js'
import { elementsOf, expectText, fail, numberOf, tableOf, textsOf } from '../answers.js'
import type { CheckContext } from '../context.js'
import { ask, asks, batch, call, checksOf, streamTable, wrongBatch } from './steps.js'

function delivery(batchNo: number, sendNo: number, rows: Table): Value[] {
  const place = { stream: 1, no: batchNo, lane: 0, part: 1 }
  return deliverArguments({ ...place, cut: 0, attempt: 0, sendNo }, [], rows)
}

const sendDelivery = (session: Session, batchNo: number, rows: Table): boolean =>
  session.send(deliverFunction, delivery(batchNo, batchNo, rows))

/** A ledger (a table of receipts) with the questions of the checks. */
async function openLedger({ ask, open, named, until }: CheckContext) {
  const name = named('table', 'ledger')
  const known = numberOf(await ask(`${ledgerScript(name)}ddbIngestKnown`))
  const ledger = { name, countsDuplicates: known === 1 }
  /** The rows, each as the texts of its cells: phase 0 is a claim (the server has begun the batch), 1 an outcome. */
  const rows = async () => {
    const { columns, columnNames } = tableOf(await ask(ledgerQuery(name, 0, 100_000)))
    const texts = columns.map(textsOf)
    const all = (texts[0] ?? []).map((_, i) =>
      Object.fromEntries(columnNames.map((column, at) => [column, texts[at]![i]!])),
    )
    // Rows with number 0 are probes.
    return all.filter(({ batchNo }) => batchNo !== '0')
  }
  /** Waits until this many batches have an outcome. @returns the outcomes by number */
  const outcomes = async (batches: number) => {
    const ended = await until(async () => {
      const known = (await rows()).filter(({ phase }) => phase === '1')
      return known.length >= batches ? known : undefined
    })
    return ended.sort((a, b) => Number(a['batchNo']) - Number(b['batchNo']))
  }
  return {
    rows,
    outcomes,
    session: async (target: TargetOptions): Promise<Session> => {
      const session = await open()
      await ask(deliverScript(ledger, parseTarget(target)), session)
      return session
    },
    /** Waits for the outcomes of all batches, such as `1: 5 rows` and `2: refused (rows)`. */
    expect: async (...expected: readonly string[]): Promise<void> => {
      const texts = (await outcomes(expected.length)).map(
        ({ batchNo, rowsTaken = '', errText = '' }) => {
          const isStored = rowsTaken !== '' && rowsTaken !== '-1'
          return `${batchNo}: ${isStored ? `${rowsTaken} rows` : `refused (${classifyRefusal(errText)})`}`
        },
      )
      expectText('the outcome', texts.join('; '), expected.join('; '))
    },
    /** A script that writes a claim. The cells are script expressions. */
    receipt: (batchNo: string, sendNo: string, errText = '""'): string => {
      const cells = { batchNo, attempt: '0', phase: '0', sendNo, rowsReceived: '0l', errText }
      return insertReceipt(`objByName("${name}")`, cells)
    },
  }
}

const transforms = [
  'def(t){ return select * from t where id > 2 }',
  '(def(least, mutable t){ delete from t where id < least\n return t }){3}',
  'def(t){ return select * from t where id < 0 }',
  'def(t){ throw "not this one" }',
]

export const receiptChecks = checksOf('receipts', 'load in asynchronous mode, and --transform', {
  'R1, three batches, one of them wrong': async context => {
    const table = await context.share('target', streamTable)
    const ledger = await openLedger(context)
    const session = await ledger.session({ table })
    sendDelivery(session, 1, batch(0, 5))
    sendDelivery(session, 2, wrongBatch(5))
    sendDelivery(session, 3, batch(5, 7))
    await ledger.expect('1: 5 rows', '2: refused (rows)', '3: 7 rows')
    expectText('rows', String(await context.rowsOf(table)), '12')
  },
  'a batch that is sent twice is written once': async context => {
    const table = await context.share('target', streamTable)
    const ledger = await openLedger(context)
    const answers: (number | null)[] = []
    for (const sendNo of [1, 2]) {
      const session = await ledger.session({ table })
      const args = delivery(1, sendNo, batch(0, 5))
      answers.push(answeredOutcome(await context.call(deliverFunction, args, session)).rowCount)
    }
    const claim = (await ledger.rows()).find(({ phase }) => phase === '0')
    const rows = await context.rowsOf(table)
    const text = `answers ${answers.join()}; first ${claim?.['sendNo']}; target ${rows}`
    expectText('seen', text, 'answers 5,-2; first 1; target 5')
  },
  'a transform leaves rows out before they are written': async context => {
    const table = await context.share('target', streamTable)
    const ledger = await openLedger(context)
    for (const [index, transform] of transforms.entries()) {
      sendDelivery(await ledger.session({ table, transform }), index + 1, batch(0, 5))
    }
    const outcomes = (await ledger.outcomes(transforms.length)).map(
      ({ batchNo, rowsReceived, rowsLeft, rowsTaken }) =>
        `${batchNo}: ${rowsReceived}, ${rowsLeft}, ${rowsTaken}`,
    )
    const text = `${outcomes.join('; ')}; target ${await context.rowsOf(table)}`
    expectText('numbers', text, '1: 5, 2, 2; 2: 5, 2, 2; 3: 5, 0, 0; 4: 5, , -1; target 4')
  },
  'R4, the first row of a key stays': async context => {
    const ledger = await openLedger(context)
    const insert = async (sendNo: string): Promise<number> =>
      numberOf(await context.ask(ledger.receipt('5l', sendNo)))
    const [first, second] = [await insert('1l'), await insert('2l')]
    const sendNos = (await ledger.rows()).map(({ sendNo }) => sendNo)
    expectText('send numbers', sendNos.join(), '1')
    const known = `a known key is answered with ${second}`
    return first === 1 && (second === 0 || second === 1) ? known : fail(known)
  },
  'a row of the ledger holds 4,000 characters of an error': async context => {
    const ledger = await openLedger(context)
    const text = 'e\u00e9'.repeat(2000)
    const receipt = ledger.receipt('1l', '1l', 'why')
    await context.ask(`def ddbIngestTestWhy(why) { return ${receipt} }`)
    await context.call('ddbIngestTestWhy', [{ form: 'scalar', type: 'STRING', value: text }])
    const errText = (await ledger.rows())[0]?.['errText'] ?? ''
    if (errText !== text) fail(`${errText.length} characters came back`)
  },
  'the words of a forgotten function': asks(
    call(deliverFunction, batch(0, 1), { refused: 'target' }),
  ),
  'a server tells who is connected': async ({ prepare, control }) => {
    const ids = elementsOf(await prepare('exec sessionId from getSessionMemoryStat()'))
    if (!ids.map(formatValue).includes(control.id)) fail('the session is not among them')
  },
  'now() is a TIMESTAMP': asks(ask('typestr(now())', 'STRING scalar TIMESTAMP')),
})

/** Adds a view that writes the rows of its argument into a new stream table. @param change  what it does before */
async function addView({ share, named, prepare }: CheckContext, argument: string, change = '') {
  const table = await share('viewed', streamTable)
  const view = named('view', 'view')
  await prepare(`def ${view}(${argument}) {${change} tableInsert(objByName("${table}"), data) }
addFunctionView(${view})`)
  const target: TargetOptions = { function: view, types: 'id:INT,sym:SYMBOL,price:DOUBLE' }
  return { view, table, target }
}

/** Adds a view that increases ids by one. */
const addIncrease = (context: CheckContext) =>
  addView(context, 'mutable data', ' replaceColumn!(data, `id, data[`id] + 1);')

export const functionViewChecks = checksOf('function view', 'load --function', {
  'R2, delivered with receipts': async context => {
    const { table, target } = await addIncrease(context)
    const ledger = await openLedger(context)
    sendDelivery(await ledger.session(target), 1, batch(0, 4))
    await ledger.expect('1: 4 rows')
    // That of the ids of `batch(0, 4)` after the view has increased them.
    const sum = numberOf(await context.ask(`exec sum(id) from ${table}`))
    expectText('the sum of the ids', String(sum), '10')
  },
  'declared without mutable': async context => {
    const { view, target } = await addView(context, 'data')
    const ledger = await openLedger(context)
    const session = await ledger.session(target)
    await context.call(view, [batch(0, 4)], session)
    sendDelivery(session, 1, batch(4, 4))
    await ledger.expect('1: 4 rows')
  },
  'found by typestr': async context => {
    const { view } = await addIncrease(context)
    const session = await context.open()
    await context.ask(`typestr(${view})`, session)
    const refused = await context.refusalOf(`typestr(${view}Missing)`, session)
    if (refused === undefined) fail('a name that does not exist is found')
  },
})
