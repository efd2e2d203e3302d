/*
  Checks tables in the run's own DFS database, which is partitioned by the values 1 to 3.
*/
import { askAtomic } from '../../load/connection/server-queries.js'
import { classifyRefusal } from '../../load/outcomes/refusal.js'
import { vectorOf } from '../../protocol/element.js'
import type { Column, Table } from '../../protocol/value.js'
import { schemaFromServer } from '../../schema/server-schema.js'
import { columnOf, numberOf, numbersOf, refusalOf, refusalText, tableOf } from '../answers.js'
import { expectText, fail, pass, type Check, type Outcome } from '../check.js'
import { tableDifference, tableOfColumns } from '../compare.js'
import type { CheckContext } from '../context.js'
import { expectRefusal } from './refusals.js'

const dependsOnIt = 'load --table dfs://…'

const ints = (values: readonly (number | null)[]): Column => vectorOf({ type: 'INT' }, values)

export const keyedRows = (keys: readonly (number | null)[], values: Column = ints(keys)): Table =>
  tableOfColumns({ k: ints(keys), v: values })

export interface StoredTable {
  readonly expression: string
  /** `dfs://DB/TABLE`. */
  readonly path: string
}

/** Creates a table in the run's database, partitioned by the table's first column. */
export async function dfsTable(context: CheckContext, name: string): Promise<StoredTable> {
  const database = await context.database()
  await context.prepare(
    `createPartitionedTable(database("${database}"), table(1:0, \`k\`v, [INT, INT]), "${name}", \`k)`,
  )
  return { expression: `loadTable("${database}","${name}")`, path: `${database}/${name}` }
}

function dfsCheck(
  facts: Pick<Check, 'name' | 'does' | 'dependsOnIt'>,
  table: string,
  run: (context: CheckContext, expression: string) => Promise<Outcome>,
): Check {
  return {
    ...facts,
    name: `dfs: ${facts.name}`,
    needs: 'the right to create DFS databases',
    limitMs: 15_000,
    run: async context => run(context, (await dfsTable(context, table)).expression),
  }
}

const countIn = async ({ ask }: CheckContext, expression: string): Promise<number> =>
  numberOf(await ask(`exec count(*) from ${expression}`))

export const dfsChecks: readonly Check[] = [
  dfsCheck(
    { name: 'tableInsert', does: 'writes six rows and reads them back', dependsOnIt },
    'inserted',
    async ({ call, ask }, expression) => {
      const rows = keyedRows([1, 1, 2, 2, 3, 3], ints([1, null, 3, 4, 5, 6]))
      const kept = numberOf(await call(`tableInsert{${expression}}`, [rows]))
      if (kept !== 6) return fail(`tableInsert answered ${kept}, not 6`)
      const seen = tableOf(await ask(`select * from ${expression} order by k, v`))
      const expected = keyedRows([1, 1, 2, 2, 3, 3], ints([null, 1, 3, 4, 5, 6]))
      const difference = tableDifference(seen, expected)
      return difference === undefined ? pass() : fail(difference)
    },
  ),
  dfsCheck(
    { name: 'append!', does: 'writes three rows with append!', dependsOnIt },
    'appended',
    async (context, expression) => {
      await context.call(`append!{${expression}}`, [keyedRows([1, 2, 3])])
      return expectText('rows', String(await countIn(context, expression)), '3')
    },
  ),
  dfsCheck(
    {
      name: 'upsert!',
      does: 'writes a known and a new key with upsert!',
      dependsOnIt: 'load --method upsert into dfs://…',
    },
    'upserted',
    async ({ call, ask }, expression) => {
      await call(`tableInsert{${expression}}`, [keyedRows([1, 2], ints([10, 20]))])
      await call(`upsert!{${expression},,ignoreNull=false,keyColNames=\`k}`, [
        keyedRows([2, 3], ints([21, 30])),
      ])
      const seen = tableOf(await ask(`select * from ${expression} order by k`))
      return expectText('the values', numbersOf(columnOf(seen, 'v')).join(), '10,21,30')
    },
  ),
  dfsCheck(
    { name: 'without an answer', does: 'writes a batch with flag 4', dependsOnIt },
    'asynchronous',
    async ({ open, rowsOf: countRows }, expression) => {
      const session = await open()
      session.send(`tableInsert{${expression}}`, [keyedRows([1, 2, 3])])
      return expectText('rows', String(await countRows(expression, 3)), '3')
    },
  ),
  dfsCheck(
    {
      name: 'rows outside the partition scheme',
      does: 'writes two rows inside and one outside a VALUE scheme and compares answer and count',
      dependsOnIt: 'naming rows that a DFS table has dropped',
    },
    'outside',
    async (context, expression) => {
      const request = context.call(`tableInsert{${expression}}`, [keyedRows([1, 2, 99])])
      const answer = await request.then(numberOf, refusalText)
      if (typeof answer === 'string') return pass(answer)
      const count = await countIn(context, expression)
      if (answer !== count)
        return fail(`tableInsert answered ${answer}, and ${count} rows are there`)
      if (count === 2) return pass('the row is dropped, tableInsert answers 2')
      return count === 3
        ? pass('a partition is added, tableInsert answers 3')
        : fail(`${count} rows`)
    },
  ),
  dfsCheck(
    {
      name: 'a null in the partition column',
      does: 'writes one row whose partition column is null',
      dependsOnIt: 'naming rows that a DFS table has dropped',
    },
    'nullKey',
    async (context, expression) => {
      const request = context.call(`tableInsert{${expression}}`, [keyedRows([1, null])])
      const words = await refusalOf(request)
      if (words !== undefined) {
        return classifyRefusal(words) === 'rows' ? pass(words) : fail(`not understood: ${words}`)
      }
      const kept = numberOf(await request)
      const count = await countIn(context, expression)
      return kept === count
        ? pass(`tableInsert answers ${kept}`)
        : fail(`tableInsert answers ${kept}, the table has ${count} rows`)
    },
  ),
  dfsCheck(
    {
      name: 'R10, a refused insert leaves nothing',
      does: 'writes text into an INT column and counts',
      dependsOnIt: 'receipts into dfs://…: a refused batch is sent again in halves',
    },
    'refused',
    async (context, expression) => {
      const texts = vectorOf({ type: 'STRING' }, ['a', 'b'])
      const request = context.call(`tableInsert{${expression}}`, [keyedRows([1, 2], texts)])
      const outcome = await expectRefusal(request, 'rows')
      const count = await countIn(context, expression)
      return count === 0 ? outcome : fail(`${count} rows of the refused batch are there`)
    },
  ),
  dfsCheck(
    {
      name: 'schema() tells columns and scheme',
      does: 'reads schema() of a partitioned table',
      dependsOnIt: 'load --table dfs://…: columns and partitions come from there',
    },
    'described',
    async ({ ask }, expression) => {
      const schema = await ask(`schema(${expression})`)
      if (schema === undefined) return fail('there is no answer')
      const { columns, partition } = schemaFromServer(schema)
      const names = columns.map(({ name }) => name).join()
      const dimensions = (partition?.dimensions ?? [])
        .map(({ columnName, kind }) => `${columnName} ${kind}`)
        .join()
      return expectText('columns and scheme', `${names}; ${dimensions}`, 'k,v; k VALUE')
    },
  ),
  dfsCheck(
    {
      name: 'schema() tells atomic',
      does: 'reads whether one insert is one transaction',
      dependsOnIt: 'receipts into dfs://…: only then is a refused batch sent again',
    },
    'atomic',
    async context => {
      const asking = { session: context.control, timeoutMs: 5_000 }
      const atomic = await askAtomic(asking, await context.database())
      return atomic === undefined ? fail('it does not tell') : pass(atomic)
    },
  ),
  dfsCheck(
    {
      name: 'two writers of one partition',
      does: 'lets two sessions write into one partition at once',
      dependsOnIt: 'receipts into dfs://…: a run waits while another writer holds a partition',
    },
    'contended',
    async (context, expression) => {
      const sessions = [await context.open(), await context.open()]
      const words: string[] = []
      let kept = 0
      const write = async (session: (typeof sessions)[number]): Promise<void> => {
        const request = context.call(`tableInsert{${expression}}`, [keyedRows([1, 1, 1])], session)
        const refused = await refusalOf(request)
        if (refused === undefined) kept += numberOf(await request)
        else words.push(refused)
      }
      await Promise.all(Array.from({ length: 6 }, (_, i) => write(sessions[i % 2]!)))
      const count = await countIn(context, expression)
      if (count !== kept) return fail(`the answers count ${kept} rows, the table has ${count}`)
      const unknown = words.find(text => classifyRefusal(text) !== 'transient')
      if (unknown !== undefined) return fail(`not understood: ${unknown}`)
      return pass(words.length === 0 ? 'none was refused' : words[0])
    },
  ),
]
