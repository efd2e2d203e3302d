/*
  Checks the server's words in refusals. A run needs these words to distinguish a bad row from a missing table.
*/
import { classifyRefusal, type Refusal } from '../../load/outcomes/refusal.js'
import { vectorOf } from '../../protocol/element.js'
import { elementsOf, numberOf, refusalOf, textOf } from '../answers.js'
import { fail, pass, type Check, type Outcome } from '../check.js'
import { tableOfColumns } from '../compare.js'
import type { CheckContext } from '../context.js'
import { batch, batchColumns, wrongBatch } from './batches.js'

/** Passes if the server refuses the request in words that this program recognizes as `kind`. */
export async function expectRefusal(request: Promise<unknown>, kind: Refusal): Promise<Outcome> {
  const words = await refusalOf(request)
  if (words === undefined) return fail('it is accepted')
  const understood = classifyRefusal(words)
  return understood === kind
    ? pass(words)
    : fail(`understood as ${understood}, not ${kind}: ${words}`)
}

/** R10: a refused insert leaves no rows. */
function leavesNothing(kind: string, table: string): Check {
  return {
    name: `refusals: R10, a refused insert into a ${kind} leaves nothing`,
    does: 'writes a batch whose last column has a wrong type, and counts',
    dependsOnIt: 'receipts: a refused batch is sent again in halves',
    async run({ share, call, ask }) {
      const name = await share('refused', table)
      await call(`tableInsert{${name}}`, [batch(100, 2)])
      const outcome = await expectRefusal(call(`tableInsert{${name}}`, [wrongBatch(5)]), 'rows')
      const rows = numberOf(await ask(`exec count(*) from ${name}`))
      return rows === 2 ? outcome : fail(`${rows - 2} rows of the refused batch are there`)
    },
  }
}

function unknownName(what: string, ask: (context: CheckContext) => Promise<unknown>): Check {
  return {
    name: `refusals: ${what}`,
    does: `asks for ${what} and reads the refusal`,
    dependsOnIt: 'ending with 78 at once if a target does not exist',
    run: context => expectRefusal(ask(context), 'target'),
  }
}

const missing = 'ddbIngestTestMissing'

export const refusalChecks: readonly Check[] = [
  leavesNothing('table', `table(${batchColumns})`),
  leavesNothing('stream table', `streamTable(${batchColumns})`),
  leavesNothing('keyed table', `keyedTable(\`id, ${batchColumns})`),
  leavesNothing('keyed stream table', `keyedStreamTable(\`id, ${batchColumns})`),
  unknownName('an unknown variable', ({ ask }) => ask(missing)),
  unknownName('an unknown function', ({ ask }) => ask(`${missing}(1)`)),
  unknownName('an unknown function in a call', ({ call }) => call(missing, [batch(0, 1)])),
  unknownName('an unknown table in a query', ({ ask }) => ask(`select * from ${missing}`)),
  unknownName('an unknown table in a call', ({ call }) =>
    call(`tableInsert{${missing}}`, [batch(0, 1)]),
  ),
  unknownName('an unknown name in objByName', ({ ask }) => ask(`objByName("${missing}")`)),
  {
    name: 'refusals: too few columns',
    does: 'writes two columns into a table of three',
    dependsOnIt: 'ending with 78 at once if the target has changed',
    async run({ share, call }) {
      const name = await share('columns', `table(${batchColumns})`)
      const two = tableOfColumns({
        id: vectorOf({ type: 'INT' }, [1]),
        sym: vectorOf({ type: 'SYMBOL' }, ['A']),
      })
      return expectRefusal(call(`tableInsert{${name}}`, [two]), 'target')
    },
  },
  {
    name: 'refusals: catch gives class and text',
    does: 'catches an error and looks at its two parts',
    dependsOnIt: 'receipts: the outcome of a refused batch is written that way',
    async run({ ask }) {
      const script = `ddbIngestTestCaught = [\`none, \`none]
try { objByName("${missing}") } catch(ex) { ddbIngestTestCaught = [ex[0], ex[1]] }
ddbIngestTestCaught`
      const [kind, text] = elementsOf(await ask(script)).map(textOf)
      const words = `${kind}: ${text}`
      return classifyRefusal(words) === 'target' ? pass(words) : fail(`it gives ${words}`)
    },
  },
  {
    name: 'refusals: a thrown text arrives whole',
    does: 'throws an error with a text and looks for the text in the answer',
    dependsOnIt: 'messages of functions that refuse rows',
    async run({ ask }) {
      const words = await refusalOf(ask('throw "ddbIngestTest refuses"'))
      if (words === undefined) return fail('it is accepted')
      return words.includes('ddbIngestTest refuses') ? pass(words) : fail(words)
    },
  },
]
