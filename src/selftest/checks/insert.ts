/*
  Checks writes with answers, with each writing function and for each kind of table in memory.
*/
import { vectorOf } from '../../protocol/element.js'
import type { Table } from '../../protocol/value.js'
import {
  answerText,
  elementsOf,
  numberOf,
  numbersOf,
  tableOf,
  textsOf,
  columnOf,
} from '../answers.js'
import { expectText, fail, pass, type Check, type Outcome } from '../check.js'
import { tableDifference, tableOfColumns } from '../compare.js'
import type { CheckContext } from '../context.js'
import { batch, batchColumns } from './batches.js'

/** Passes if the table has exactly these rows in this order. */
async function expectRows({ ask }: CheckContext, table: string, expected: Table): Promise<Outcome> {
  const difference = tableDifference(tableOf(await ask(`select * from ${table}`)), expected)
  return difference === undefined ? pass() : fail(difference)
}

function writes(kind: string, table: string, method: string): Check {
  return {
    name: `insert: ${method} into a ${kind}`,
    does: `writes 100 rows with ${method} into a shared ${kind} and reads them back`,
    dependsOnIt: `load --table with method ${method}`,
    async run(context) {
      const { call, share } = context
      const name = await share('insert', table)
      const rows = batch(0, 100)
      const answer = await call(`${method}{${name}}`, [rows])
      if (method === 'tableInsert' && numberOf(answer) !== 100) {
        return fail(`tableInsert answered ${answerText(answer)}, not 100`)
      }
      return expectRows(context, name, rows)
    },
  }
}

const idColumn = async ({ ask }: CheckContext, table: string, column: string): Promise<string> =>
  numbersOf(columnOf(tableOf(await ask(`select * from ${table} order by id`)), column)).join()

const pairs = (ids: readonly number[], values: readonly number[]): Table =>
  tableOfColumns({ id: vectorOf({ type: 'INT' }, ids), v: vectorOf({ type: 'INT' }, values) })

const keyed = (kind: string): string => `${kind}(\`id, 1:0, \`id\`v, [INT, INT])`

export const insertChecks: readonly Check[] = [
  writes('stream table', `streamTable(${batchColumns})`, 'tableInsert'),
  writes('stream table', `streamTable(${batchColumns})`, 'append!'),
  writes('table', `table(${batchColumns})`, 'tableInsert'),
  writes('table', `table(${batchColumns})`, 'append!'),
  writes('keyed table', `keyedTable(\`id, ${batchColumns})`, 'tableInsert'),
  writes('keyed stream table', `keyedStreamTable(\`id, ${batchColumns})`, 'tableInsert'),
  {
    name: 'insert: scalars, one for each column',
    does: 'writes one row as three scalars',
    dependsOnIt: 'the ledger of receipts, which is written that way',
    async run(context) {
      const name = await context.share('scalars', `streamTable(${batchColumns})`)
      const answer = await context.ask(`tableInsert(objByName("${name}"), 1, \`A, 2.5)`)
      if (numberOf(answer) !== 1) return fail(`tableInsert answered ${answerText(answer)}`)
      const answers = textsOf(columnOf(tableOf(await context.ask(`select * from ${name}`)), 'sym'))
      return expectText('the symbol', answers.join(), 'A')
    },
  },
  {
    name: 'insert: an empty table',
    does: 'writes no rows',
    dependsOnIt: 'batches that lost all of their rows',
    async run(context) {
      const name = await context.share('empty', `streamTable(${batchColumns})`)
      const answer = await context.call(`tableInsert{${name}}`, [batch(0, 0)])
      return expectText('the answer', String(numberOf(answer)), '0')
    },
  },
  {
    name: 'insert: a batch of 100,000 rows',
    does: 'writes 100,000 rows in one request and compares all of them',
    dependsOnIt: 'batches of the usual size and above',
    async run(context) {
      const name = await context.share('large', `streamTable(${batchColumns})`)
      const rows = batch(0, 100_000)
      const inserted = numberOf(await context.call(`tableInsert{${name}}`, [rows]))
      if (inserted !== 100_000) return fail(`tableInsert answered ${inserted} rows, not 100000`)
      return expectRows(context, name, rows)
    },
  },
  {
    name: 'insert: a thousand symbols',
    does: 'writes a SYMBOL column of a thousand different texts',
    dependsOnIt: 'SYMBOL columns',
    async run(context) {
      const name = await context.share('symbols', 'streamTable(1:0, [`sym], [SYMBOL])')
      const texts = Array.from({ length: 3000 }, (_, i) => `s${i % 1000}`)
      const rows = tableOfColumns({ sym: vectorOf({ type: 'SYMBOL' }, texts) })
      await context.call(`tableInsert{${name}}`, [rows])
      return expectRows(context, name, rows)
    },
  },
  {
    name: 'insert: columns match by position',
    does: 'writes columns under other names',
    dependsOnIt:
      'batches being sent in the order of the target, whatever the input calls its columns',
    async run(context) {
      const name = await context.share('position', `table(${batchColumns})`)
      const rows = batch(0, 3)
      const renamed = { ...rows, columnNames: ['sym', 'price', 'id'] }
      await context.call(`tableInsert{${name}}`, [renamed])
      return expectRows(context, name, rows)
    },
  },
  {
    name: 'insert: types are converted in memory',
    does: 'writes INT into LONG and DOUBLE, and STRING into SYMBOL',
    dependsOnIt: 'functions as targets, if types differ',
    async run(context) {
      const name = await context.share('convert', 'table(1:0, `a`b`s, [LONG, DOUBLE, SYMBOL])')
      const numbers = vectorOf({ type: 'INT' }, [1, null, -3])
      const texts = ['x', '', 'y']
      await context.call(`tableInsert{${name}}`, [
        tableOfColumns({ a: numbers, b: numbers, s: vectorOf({ type: 'STRING' }, texts) }),
      ])
      return expectRows(
        context,
        name,
        tableOfColumns({
          a: vectorOf({ type: 'LONG' }, [1, null, -3]),
          b: vectorOf({ type: 'DOUBLE' }, [1, null, -3]),
          s: vectorOf({ type: 'SYMBOL' }, texts),
        }),
      )
    },
  },
  {
    name: 'insert: a keyed table keeps the last row of a key',
    does: 'writes one key twice into a keyed table',
    dependsOnIt: 'sending rows again into keyed tables without harm',
    async run(context) {
      const name = await context.share('keyed', keyed('keyedTable'))
      await context.call(`tableInsert{${name}}`, [pairs([1, 2], [10, 20])])
      await context.call(`tableInsert{${name}}`, [pairs([2, 3], [21, 30])])
      return expectText('the values', await idColumn(context, name, 'v'), '10,21,30')
    },
  },
  {
    name: 'insert: a keyed stream table keeps the first row of a key',
    does: 'writes one key twice into a keyed stream table, in one batch and in two',
    dependsOnIt: 'receipts: the second claim of a batch must insert nothing',
    async run(context) {
      const name = await context.share('keyedStream', keyed('keyedStreamTable'))
      await context.call(`tableInsert{${name}}`, [pairs([1, 2, 1], [10, 20, 11])])
      await context.call(`tableInsert{${name}}`, [pairs([2, 3], [21, 30])])
      return expectText('the values', await idColumn(context, name, 'v'), '10,20,30')
    },
  },
  {
    name: 'insert: upsert!',
    does: 'writes a known and a new key with upsert! into a keyed table',
    dependsOnIt: 'load --method upsert',
    async run(context) {
      const name = await context.share('upsert', keyed('keyedTable'))
      await context.call(`tableInsert{${name}}`, [pairs([1, 2], [10, 20])])
      await context.call(`upsert!{${name},,ignoreNull=false}`, [pairs([2, 3], [21, 30])])
      return expectText('the values', await idColumn(context, name, 'v'), '10,21,30')
    },
  },
  {
    name: 'insert: tableUpsert tells new and changed rows',
    does: 'writes a known and two new keys with tableUpsert',
    dependsOnIt: 'load --method upsert with answers or receipts',
    async run(context) {
      const name = await context.share('tableUpsert', keyed('keyedTable'))
      await context.call(`tableInsert{${name}}`, [pairs([1, 2], [10, 20])])
      const answer = await context.call(`tableUpsert{${name},,ignoreNull=false}`, [
        pairs([2, 3, 4], [21, 30, 40]),
      ])
      const counts = answer?.form === 'pair' ? elementsOf(answer.elements) : elementsOf(answer)
      return expectText('the answer', counts.map(numberOf).join(':'), '2:1')
    },
  },
  {
    name: 'insert: a table is found by objByName in a function',
    does: 'writes through a function of the session that looks the table up when it runs',
    dependsOnIt: 'receipts',
    async run(context) {
      const name = await context.share('byName', `streamTable(${batchColumns})`)
      await context.ask(
        `def ddbIngestTestWrite(mutable data) { return tableInsert(objByName("${name}"), data) }`,
      )
      const answer = await context.call('ddbIngestTestWrite', [batch(0, 4)])
      if (numberOf(answer) !== 4) return fail(`the function answered ${answerText(answer)}`)
      return expectRows(context, name, batch(0, 4))
    },
  },
  {
    name: 'insert: exec count(*) counts',
    does: 'counts rows after two batches',
    dependsOnIt: 'load: whether a DFS table has kept its rows',
    async run(context) {
      const name = await context.share('count', `streamTable(${batchColumns})`)
      await context.call(`tableInsert{${name}}`, [batch(0, 7)])
      await context.call(`tableInsert{${name}}`, [batch(7, 5)])
      const answer = await context.ask(`exec count(*) from ${name}`)
      const type = answer !== undefined && 'type' in answer ? answer.type : ''
      const isNumber = type === 'INT' || type === 'LONG'
      return isNumber && numberOf(answer) === 12
        ? pass(type)
        : fail(`it answers ${answerText(answer)}, not 12`)
    },
  },
]
