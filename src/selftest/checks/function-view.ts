/*
  Checks function views: adds a view, calls it in each way, lists it and drops it.
*/
import { deliverFunction, deliverScript } from '../../load/transport/receipts/script.js'
import { parseTarget } from '../../load/target/target.js'
import { numberOf, refusalOf, textsOf } from '../answers.js'
import { expectText, fail, pass, type Check } from '../check.js'
import type { CheckContext } from '../context.js'
import { batch, batchColumns } from './batches.js'
import { awaitOutcomes, openTestLedger, outcomesText, sendDelivery } from './receipt-run.js'

const dependsOnIt = 'load --function'
const needs = 'the right to add function views'

/** Adds a view that increases ids by one and writes the rows into a new stream table. */
export async function addView(context: CheckContext): Promise<{ view: string; table: string }> {
  const table = await context.share('viewed', `streamTable(${batchColumns})`)
  const view = context.viewName('view')
  await context.prepare(`def ${view}(mutable data) {
    replaceColumn!(data, \`id, data[\`id] + 1)
    tableInsert(objByName("${table}"), data)
}
addFunctionView(${view})`)
  return { view, table }
}

export const functionViewChecks: readonly Check[] = [
  {
    name: 'function view: called with an answer',
    does: 'adds a view and calls it from another session',
    dependsOnIt,
    needs,
    async run(context) {
      const { view, table } = await addView(context)
      const session = await context.open()
      await context.call(view, [batch(0, 4)], session)
      const sum = numberOf(await context.ask(`exec sum(id) from ${table}`))
      return expectText('the sum of the ids', String(sum), '10')
    },
  },
  {
    name: 'function view: called without an answer',
    does: 'adds a view and calls it from another session with flag 4',
    dependsOnIt,
    needs,
    async run(context) {
      const { view, table } = await addView(context)
      const session = await context.open()
      session.send(view, [batch(0, 4)])
      return expectText('rows', String(await context.rowsOf(table, 4)), '4')
    },
  },
  {
    name: 'function view: R2, delivered with receipts',
    does: 'delivers a batch through a function of the session into a view that changes it',
    dependsOnIt: 'load --function with receipts',
    needs,
    async run(context) {
      const { view, table } = await addView(context)
      const ledger = await openTestLedger(context)
      const session = await context.open()
      const target = parseTarget({ function: view, types: 'id:INT,sym:SYMBOL,price:DOUBLE' })
      await context.ask(deliverScript(ledger, target), session)
      const known = numberOf(await context.ask(`defined("${deliverFunction}", DEF)`, session))
      if (known !== 1) return fail(`${deliverFunction} is not defined`)
      sendDelivery(session, 1, 1, batch(0, 4))
      const outcomes = outcomesText(await awaitOutcomes(context, ledger, 1))
      const sum = numberOf(await context.ask(`exec sum(id) from ${table}`))
      return expectText('outcome and sum', `${outcomes}; ${sum}`, '1: 4 rows; 10')
    },
  },
  {
    name: 'function view: declared without mutable',
    does: 'delivers a batch into a view that only reads the batch, by a call and with receipts, and calls a view that changes its batch',
    dependsOnIt: 'load --function with receipts, if the view is declared without mutable',
    needs,
    async run(context) {
      const { ask, call, open, prepare } = context
      const table = await context.share('read', `streamTable(${batchColumns})`)
      const [view, changing] = [context.viewName('reading'), context.viewName('changing')]
      await prepare(`def ${view}(data) { tableInsert(objByName("${table}"), data) }
def ${changing}(data) { replaceColumn!(data, \`id, data[\`id] + 1) }
addFunctionView(${view})
addFunctionView(${changing})`)
      const session = await open()
      const direct = await refusalOf(call(view, [batch(0, 4)], session))
      if (direct !== undefined) return fail(direct)
      const ledger = await openTestLedger(context)
      const target = parseTarget({ function: view, types: 'id:INT,sym:SYMBOL,price:DOUBLE' })
      const script = deliverScript(ledger, target)
      const refused = await refusalOf(ask(script, session))
      if (refused !== undefined) return fail(refused)
      sendDelivery(session, 1, 1, batch(4, 4))
      const [outcome] = (await awaitOutcomes(context, ledger, 1)).filter(({ phase }) => phase === 1)
      if (outcome?.rowCount !== 4) return fail(outcome?.errText ?? '')
      const words = await refusalOf(call(changing, [batch(0, 1)], session))
      return pass(`a view that changes its argument: ${words ?? 'accepted'}`)
    },
  },
  {
    name: 'function view: found by typestr',
    does: 'asks typestr for a view and for a name that does not exist',
    dependsOnIt: 'ending with 78 before the first row if --function is wrong',
    needs,
    async run(context) {
      const { view } = await addView(context)
      const session = await context.open()
      const refused = await refusalOf(context.ask(`typestr(${view})`, session))
      if (refused !== undefined) return fail(`the view is not found: ${refused}`)
      const missing = await refusalOf(context.ask(`typestr(${view}Missing)`, session))
      return missing === undefined ? fail('a name that does not exist is found') : pass()
    },
  },
  {
    name: 'function view: listed',
    does: 'adds a view and looks for it in getFunctionViews()',
    dependsOnIt: 'similar names for a wrong --function',
    needs,
    async run(context) {
      const { view } = await addView(context)
      const names = await context.prepare('exec name from getFunctionViews()')
      if (names?.form !== 'vector') return fail('the answer is not a list')
      return textsOf(names).includes(view) ? pass() : fail('it is not in the list')
    },
  },
]
