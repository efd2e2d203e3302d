/* Checks tables in DFS databases, scripts of each kind that `schema` prints and `load --create` runs, and unusual names of columns. */
import { createScript, type NewTable } from '../../infer/create-script.js'
import type { InferredColumn, InferredSchema } from '../../infer/inferred-schema.js'
import { textOf } from '../../load/connection/server-queries.js'
import { classifyRefusal } from '../../load/outcomes/refusals.js'
import { tableExpression } from '../../load/target/target.js'
import type { ColumnType } from '../../protocol/data-type.js'
import { vectorOf } from '../../protocol/element.js'
import type { Value } from '../../protocol/value.js'
import { schemaFromServer } from '../../schema/target-schema.js'
import { expectText, fail, numberOf, refusalOf, tableOfColumns, typesText } from '../answers.js'
import type { CheckContext } from '../context.js'
import { ask, call, checksOf, columnsText, dfsTable, onTable, pairs, rows, send } from './steps.js'

const countOrRefusal = async (request: Promise<Value | undefined>): Promise<number | string> =>
  (await refusalOf(request)) ?? numberOf(await request)

/** Writes rows with these keys. @param found  gets the number that the server answers, or its refusal */
const dropping =
  (keys: readonly (number | null)[], found: (countOrRefusal: number | string) => string) =>
  async (context: CheckContext, purpose: string): Promise<string> => {
    const { expression } = await dfsTable(context, purpose)
    const answer = await countOrRefusal(context.call(`tableInsert{${expression}}`, [pairs(keys)]))
    if (typeof answer === 'string') return found(answer)
    const count = await context.rowsOf(expression)
    if (answer !== count) fail(`tableInsert answers ${answer}, the table has ${count} rows`)
    return found(count)
  }

const wrongPairs = tableOfColumns({
  k: vectorOf({ type: 'INT' }, [1, 2]),
  v: vectorOf({ type: 'STRING' }, ['a', 'b']),
})

export const dfsChecks = [
  ...checksOf('dfs', 'load --table dfs://…', {
    tableInsert: onTable(
      'dfs',
      call('tableInsert{T}', pairs([1, 1, 2, 2, 3, 3], [1, null, 3, 4, 5, 6]), 6),
      ask('select * from T order by k, v', pairs([1, 1, 2, 2, 3, 3], [null, 1, 3, 4, 5, 6])),
    ),
    'append!': onTable('dfs', call('append!{T}', pairs([1, 2, 3])), ask('exec count(*) from T', 3)),
    'upsert!': onTable(
      'dfs',
      call('tableInsert{T}', pairs([1, 2], [10, 20])),
      call('upsert!{T,,ignoreNull=false,keyColNames=`k}', pairs([2, 3], [21, 30])),
      ask('select * from T order by k', pairs([1, 2, 3], [10, 21, 30])),
    ),
    'without an answer': onTable('dfs', send('tableInsert{T}', pairs([1, 2, 3])), rows(3)),
    'schema() tells columns and scheme': onTable(
      'dfs',
      ask('schema(T)', answer => {
        const { columns, partition } = schemaFromServer(answer ?? fail('there is no answer'))
        const names = columns.map(({ name }) => name).join()
        const scheme = partition?.dimensions.map(each => `${each.columnName} ${each.kind}`)
        expectText('columns and scheme', `${names}; ${scheme?.join()}`, 'k,v; k VALUE')
      }),
    ),
  }),
  ...checksOf(
    'dfs',
    'what an answer with fewer rows means: rows outside the scheme, or rows that are lost',
    {
      'rows outside the partition scheme': dropping([1, 2, 99], found => {
        if (typeof found === 'string') return `refused: ${found}`
        if (found === 2) return 'the row is dropped, tableInsert answers 2'
        return found === 3 ? 'a partition is added, tableInsert answers 3' : fail(`${found} rows`)
      }),
      'a null in the partition column': dropping([1, null], found => {
        if (typeof found === 'number') return `tableInsert answers ${found}`
        return classifyRefusal(found) === 'rows' ? found : fail(`not understood: ${found}`)
      }),
    },
  ),
  ...checksOf('dfs', 'receipts into dfs://…: a refused batch is sent again, whole or in halves', {
    'R10, a refused insert leaves nothing': onTable(
      'dfs',
      call('tableInsert{T}', wrongPairs, { refused: 'rows' }),
      ask('exec count(*) from T', 0),
    ),
    'schema() tells atomic': async (context, purpose) => {
      const { database } = await dfsTable(context, purpose)
      const atomic = await context.ask(`schema(database("${database}"))["atomic"]`)
      return textOf(atomic) ?? fail('it does not tell')
    },
    'two writers of one partition': async context => {
      const { expression } = await dfsTable(context, 'contended')
      const sessions = [await context.open(), await context.open()]
      const requests = [...sessions, ...sessions, ...sessions].map(session =>
        context.call(`tableInsert{${expression}}`, [pairs([1, 1, 1])], session),
      )
      const answers = await Promise.all(requests.map(countOrRefusal))
      const words = answers.filter(answer => typeof answer === 'string')
      const kept = answers
        .filter(answer => typeof answer === 'number')
        .reduce((sum, answer) => sum + answer, 0)
      const count = await context.rowsOf(expression)
      if (count !== kept) fail(`the answers count ${kept} rows, the table has ${count}`)
      const unknown = words.find(text => classifyRefusal(text) !== 'transient')
      if (unknown !== undefined) fail(`not understood: ${unknown}`)
      return words[0] ?? 'none was refused'
    },
  }),
]

/** 2024.01.01 in days since 1970. */
const firstDay = 19_723

/** @param days  how many days the column contains, if it has dates */
function column(name: string, type: ColumnType, days?: number): InferredColumn {
  return {
    ...{ name, source: name, type },
    ...{ needs: {}, nulls: 0, refused: 0, distinct: undefined, sample: undefined },
    textBytes: 0,
    days: days === undefined ? undefined : { first: firstDay, last: firstDay + days - 1 },
    warnings: [],
  }
}

const id = column('id', { type: 'INT' })
const sym = column('sym', { type: 'SYMBOL' })
const price = column('price', { type: 'DOUBLE' })
const day = (days: number): InferredColumn => column('day', { type: 'DATE' }, days)
const time = column('time', { type: 'TIMESTAMP' }, 2)

interface Shape {
  readonly columns: readonly InferredColumn[]
  readonly keys?: readonly string[]
  readonly isStream?: boolean
  /** Size of all rows. A table with more than a gigabyte a day gets a second level of partitions. */
  readonly megabytes?: number
}

const trades = [time, sym, price]

const shapes: Readonly<Record<string, Shape>> = {
  'a stream table': { columns: trades, isStream: true },
  'a keyed stream table': { columns: trades, isStream: true, keys: ['sym', 'time'] },
  'a partition a day': { columns: [day(2), id] },
  'a partition a month': { columns: [day(100), id] },
  'a partition a year': { columns: [day(5_000), id] },
  'partitions by a hash': { columns: [id, price] },
  'partitions of two levels': { columns: [day(1), id], megabytes: 1200 },
  TSDB: { columns: trades },
  arrays: { columns: [time, sym, column('levels', { type: 'DOUBLE', array: true })] },
  decimals: { columns: [day(2), column('exact', { type: 'DECIMAL64', scale: 4 })] },
}

const create =
  ({ columns, keys, isStream = false, megabytes = 1 }: Shape) =>
  async ({ ask, named }: CheckContext) => {
    const schema: InferredSchema = {
      ...{ columns, leftOut: [], inputs: [], rejected: 0, firstReject: undefined },
      ...{ rows: 1, isComplete: true, needsPosition: false, needsAllowMissing: false },
      estimatedRows: Math.ceil((megabytes * 1_000_000) / (8 * columns.length)),
    }
    const table: NewTable = isStream
      ? { kind: 'shared', name: named('table', 'created') }
      : { kind: 'dfs', database: named('database', 'created'), table: 't' }
    await ask(createScript(schema, table, keys))
    const seen = columnsText(await ask(`schema(${tableExpression(table)})`))
    expectText('its columns', seen, typesText(columns))
  }

export const createChecks = checksOf(
  'create',
  'schema, and load --create',
  Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, create(shape)])),
)
