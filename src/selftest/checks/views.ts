/*
  Checks function views, called in each way, and what a second user may do: R11, R13 (docs/server-semantics.md) and the
  right TABLE_INSERT alone.
*/
import { parseTarget } from '../../load/target/target.js'
import { deliverFunction, deliverScript } from '../../load/transport/receipts/script.js'
import { numberOf, refusalOf, textsOf, Unavailable } from '../answers.js'
import { expectText, fail, type Check } from '../check.js'
import type { CheckContext } from '../context.js'
import { openTestLedger, outcomesText, sendDelivery } from './receipts.js'
import { batch, dfsTable, expectRows, pairs, streamTable } from './steps.js'

const dependsOnIt = 'load --function'

/** Adds a view that increases ids by one and writes the rows into a new stream table. */
async function addView(context: CheckContext): Promise<{ view: string; table: string }> {
  const table = await context.share('viewed', streamTable)
  const view = context.viewName('view')
  await context.prepare(`def ${view}(mutable data) {
    replaceColumn!(data, \`id, data[\`id] + 1)
    tableInsert(objByName("${table}"), data)
}
addFunctionView(${view})`)
  return { view, table }
}

const viewTarget = (view: string) =>
  parseTarget({ function: view, types: 'id:INT,sym:SYMBOL,price:DOUBLE' })

/** The sum of the ids of `batch(0, 4)` after the view has increased them. */
async function expectSum({ ask }: CheckContext, table: string): Promise<void> {
  const sum = numberOf(await ask(`exec sum(id) from ${table}`))
  expectText('the sum of the ids', String(sum), '10')
}

export const functionViewChecks: readonly Check[] = [
  {
    name: 'function view: called with an answer',
    dependsOnIt,
    async run(context) {
      const { view, table } = await addView(context)
      await context.call(view, [batch(0, 4)], await context.open())
      await expectSum(context, table)
    },
  },
  {
    name: 'function view: called without an answer',
    dependsOnIt,
    async run(context) {
      const { view, table } = await addView(context)
      const session = await context.open()
      session.send(view, [batch(0, 4)])
      await expectRows(context, table, 4, session)
    },
  },
  {
    name: 'function view: R2, delivered with receipts',
    dependsOnIt: 'load --function with receipts',
    async run(context) {
      const { view, table } = await addView(context)
      const ledger = await openTestLedger(context)
      const session = await context.open()
      await context.ask(deliverScript(ledger, viewTarget(view)), session)
      const known = numberOf(await context.ask(`defined("${deliverFunction}", DEF)`, session))
      if (known !== 1) fail(`${deliverFunction} is not defined`)
      sendDelivery(session, 1, batch(0, 4))
      expectText('the outcome', await outcomesText(context, ledger, 1), '1: 4 rows')
      await expectSum(context, table)
    },
  },
  {
    name: 'function view: declared without mutable',
    dependsOnIt: 'load --function with receipts, if the view is declared without mutable',
    async run(context) {
      const table = await context.share('read', streamTable)
      const [view, changing] = [context.viewName('reading'), context.viewName('changing')]
      await context.prepare(`def ${view}(data) { tableInsert(objByName("${table}"), data) }
def ${changing}(data) { replaceColumn!(data, \`id, data[\`id] + 1) }
addFunctionView(${view})
addFunctionView(${changing})`)
      const session = await context.open()
      await context.call(view, [batch(0, 4)], session)
      const ledger = await openTestLedger(context)
      await context.ask(deliverScript(ledger, viewTarget(view)), session)
      sendDelivery(session, 1, batch(4, 4))
      expectText('the outcome', await outcomesText(context, ledger, 1), '1: 4 rows')
      const words = await refusalOf(context.call(changing, [batch(0, 1)], session))
      return `a view that changes its argument: ${words ?? 'accepted'}`
    },
  },
  {
    name: 'function view: found by typestr',
    dependsOnIt: 'ending with 78 before the first row if --function is wrong',
    async run(context) {
      const { view } = await addView(context)
      const session = await context.open()
      await context.ask(`typestr(${view})`, session)
      if ((await context.refusalOf(`typestr(${view}Missing)`, session)) === undefined) {
        fail('a name that does not exist is found')
      }
    },
  },
  {
    name: 'function view: listed',
    dependsOnIt: 'similar names for a wrong --function',
    async run(context) {
      const { view } = await addView(context)
      const names = await context.prepare('exec name from getFunctionViews()')
      if (names?.form !== 'vector') fail('the answer is not a list')
      if (!textsOf(names).includes(view)) fail('it is not in the list')
    },
  },
]

export const secondUserChecks: readonly Check[] = [
  {
    name: 'receipts: R11, undef by another user',
    dependsOnIt: 'removing the ledger at the end of a run, and no other',
    async run(context) {
      const other = await context.openSecond()
      const { name } = await openTestLedger(context)
      const refused = await context.refusalOf(`undef("${name}", SHARED)`, other)
      const there = numberOf(await context.ask(`defined("${name}", SHARED)`))
      return there === 0 ? 'another user may remove it' : `it stays: ${refused ?? 'without a word'}`
    },
  },
  {
    name: 'receipts: R13, a view through a function for a user with VIEW_EXEC alone',
    dependsOnIt: 'receipts into function views for users without other rights',
    async run(context) {
      const other = await context.openSecond()
      const { view, table } = await addView(context)
      await context.grant('VIEW_EXEC', view)
      const ledger = await openTestLedger(context)
      await context.ask(deliverScript(ledger, viewTarget(view)), other)
      sendDelivery(other, 1, batch(0, 4))
      expectText('the outcome', await outcomesText(context, ledger, 1), '1: 4 rows')
      await expectSum(context, table)
    },
  },
  {
    name: 'rights: TABLE_INSERT alone',
    dependsOnIt: 'the right that an error message names',
    limitMs: 15_000,
    async run(context) {
      const { call, refusalOf: refusalOfScript } = context
      const other = await context.openSecond()
      const { expression, path } = await dfsTable(context, 'granted')
      const countScript = `exec count(*) from ${expression}`
      if ((await refusalOfScript(countScript, other)) === undefined) {
        throw new Unavailable('the second user may read without being granted anything')
      }
      await context.grant('TABLE_INSERT', path)
      const rows = [pairs([1, 2])]
      const schema = await refusalOfScript(`schema(${expression})`, other)
      const insert = await refusalOf(call(`tableInsert{${expression}}`, rows, other))
      if (insert !== undefined) fail(insert)
      const count = await refusalOfScript(countScript, other)
      const upsertName = `upsert!{${expression},,ignoreNull=false,keyColNames=\`k}`
      const upsert = await refusalOf(call(upsertName, rows, other))
      return Object.entries({ schema, count, upsert })
        .map(([what, words]) => `${what}: ${words ?? 'allowed'}`)
        .join('; ')
    },
  },
]
