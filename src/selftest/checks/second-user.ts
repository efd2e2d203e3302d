/*
  What takes two users: R11 with another user, and R13.
*/
import { deliverScript } from '../../load/receipts/script.js'
import { parseTarget } from '../../load/target/target.js'
import type { Scalar } from '../../protocol/value.js'
import { numberOf } from '../answers.js'
import { expectText, pass, type Check } from '../check.js'
import { batch } from './batches.js'
import { addView, refusalOf } from './function-view.js'
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
      // As a variable, so that no name has to be quoted.
      const user: Scalar = { form: 'scalar', type: 'STRING', value: context.second!.user }
      await context.control.upload({ ddbIngestSecond: user })
      await context.prepare(`grant(ddbIngestSecond, VIEW_EXEC, "${view}")`)
      const ledger = await openTestLedger(context)
      const target = parseTarget({ function: view, types: 'id:INT,sym:SYMBOL,price:DOUBLE' })
      await context.ask(deliverScript(ledger, target), other)
      sendDelivery(other, 1, 1, batch(0, 4))
      const outcomes = outcomesText(await awaitOutcomes(context, ledger, 1))
      const sum = numberOf(await context.ask(`exec sum(id) from ${table}`))
      return expectText('outcome and sum', `${outcomes}; ${sum}`, '1: 4 rows; 10')
    },
  },
]
