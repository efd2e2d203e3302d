/*
  Checks that need two users: R11 and R13 (docs/server-semantics.md), and what the right TABLE_INSERT alone permits.
*/
import { deliverScript } from '../../load/transport/receipts/script.js'
import { parseTarget } from '../../load/target/target.js'
import { numberOf, refusalOf, Unavailable } from '../answers.js'
import { expectText, fail, pass, type Check } from '../check.js'
import { batch } from './batches.js'
import { dfsTable, keyedRows } from './dfs.js'
import { addView } from './function-view.js'
import { awaitOutcomes, openTestLedger, outcomesText, sendDelivery } from './receipt-run.js'

const needs = 'two users (--second-user)'

export const secondUserChecks: readonly Check[] = [
  {
    name: 'receipts: R11, undef by another user',
    does: 'shares a table and lets the second user remove it',
    dependsOnIt: 'removing the ledger at the end of a run, and no other',
    needs,
    async run(context) {
      const other = await context.openSecond()
      const ledger = await openTestLedger(context)
      const refused = await refusalOf(context.ask(`undef("${ledger.name}", SHARED)`, other))
      const there = numberOf(await context.ask(`defined("${ledger.name}", SHARED)`))
      return pass(
        there === 0 ? 'another user may remove it' : `it stays: ${refused ?? 'without a word'}`,
      )
    },
  },
  {
    name: 'receipts: R13, a view through a function for a user with VIEW_EXEC alone',
    does: 'grants a view to the second user, who delivers a batch into it with receipts',
    dependsOnIt: 'receipts into function views for users without other rights',
    needs,
    async run(context) {
      const other = await context.openSecond()
      const { view, table } = await addView(context)
      await context.grant('VIEW_EXEC', view)
      const ledger = await openTestLedger(context)
      const target = parseTarget({ function: view, types: 'id:INT,sym:SYMBOL,price:DOUBLE' })
      await context.ask(deliverScript(ledger, target), other)
      sendDelivery(other, 1, 1, batch(0, 4))
      const outcomes = outcomesText(await awaitOutcomes(context, ledger, 1))
      const sum = numberOf(await context.ask(`exec sum(id) from ${table}`))
      return expectText('outcome and sum', `${outcomes}; ${sum}`, '1: 4 rows; 10')
    },
  },
  {
    name: 'rights: TABLE_INSERT alone',
    does: 'lets a second user with this right alone ask for the schema of a DFS table, insert, count and upsert',
    dependsOnIt: 'the right that an error message names',
    needs: `${needs}, and the right to create DFS databases`,
    limitMs: 15_000,
    async run(context) {
      const other = await context.openSecond()
      const { expression, path } = await dfsTable(context, 'granted')
      const count = (): Promise<unknown> => context.ask(`exec count(*) from ${expression}`, other)
      if ((await refusalOf(count())) === undefined) {
        throw new Unavailable('the second user may read without being granted anything')
      }
      await context.grant('TABLE_INSERT', path)
      const rows = keyedRows([1, 2])
      const schema = await refusalOf(context.ask(`schema(${expression})`, other))
      const insert = await refusalOf(context.call(`tableInsert{${expression}}`, [rows], other))
      if (insert !== undefined) return fail(insert)
      const counted = await refusalOf(count())
      const upsertName = `upsert!{${expression},,ignoreNull=false,keyColNames=\`k}`
      const upsert = await refusalOf(context.call(upsertName, [rows], other))
      const found = { schema, count: counted, upsert }
      const texts = Object.entries(found).map(([what, words]) => `${what}: ${words ?? 'allowed'}`)
      return pass(texts.join('; '))
    },
  },
]
