/*
  Checks one script of each kind that `schema` prints and `load --create` runs, and tries unusual column names.
*/
import { createScript, type NewTable } from '../../infer/create-script.js'
import type { InferredColumn, InferredSchema } from '../../infer/inferred-schema.js'
import type { ColumnType } from '../../protocol/data-type.js'
import { columnTypeText } from '../../protocol/data-type.js'
import { vectorOf } from '../../protocol/element.js'
import { schemaFromServer } from '../../schema/server-schema.js'
import { ServerError } from '../../errors.js'
import {
  numberOf,
  refusalOf,
  refusalText,
  serverWords,
  tableOfColumns,
  Unavailable,
} from '../answers.js'
import { expectText, fail, type Check } from '../check.js'
import type { CheckContext } from '../context.js'

/** 2024.01.01 in days since 1970. */
const firstDay = 19_723
const megabyte = 1_000_000

function column(name: string, type: ColumnType, days?: number): InferredColumn {
  return {
    name,
    source: name,
    type,
    dateFormat: undefined,
    nulls: 0,
    refused: 0,
    distinct: undefined,
    sample: undefined,
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
  readonly name: string
  readonly columns: readonly InferredColumn[]
  readonly keys?: readonly string[]
  readonly isStream?: boolean
  /** Size of all rows. A table with more than a gigabyte a day gets a second level of partitions. */
  readonly megabytes?: number
}

const shapes: readonly Shape[] = [
  { name: 'a stream table', columns: [time, sym, price], isStream: true },
  {
    name: 'a keyed stream table',
    columns: [time, sym, price],
    isStream: true,
    keys: ['sym', 'time'],
  },
  { name: 'a partition a day', columns: [day(2), id] },
  { name: 'a partition a month', columns: [day(100), id] },
  { name: 'a partition a year', columns: [day(5_000), id] },
  { name: 'partitions by a hash', columns: [id, price] },
  {
    name: 'partitions of two levels',
    columns: [day(1), id],
    megabytes: 1200,
  },
  { name: 'TSDB', columns: [time, sym, price] },
  {
    name: 'arrays',
    columns: [time, sym, column('levels', { type: 'DOUBLE', array: true })],
  },
  {
    name: 'decimals',
    columns: [day(2), column('exact', { type: 'DECIMAL64', scale: 4 })],
  },
]

function schemaOf({ columns, megabytes = 1 }: Shape): InferredSchema {
  return {
    columns,
    leftOut: [],
    inputs: [],
    rows: 1,
    isComplete: true,
    estimatedRows: Math.ceil((megabytes * megabyte) / (8 * columns.length)),
    rejected: 0,
    firstReject: undefined,
    needsPosition: false,
    needs: {},
    needsAllowMissing: false,
  }
}

/** @returns the server's words if it refuses the script @throws {Unavailable} if the user lacks rights */
async function refusalOfScript({ ask }: CheckContext, script: string): Promise<string | undefined> {
  const asked = ask(script).catch((error: unknown) => {
    if (!(error instanceof ServerError) || error.code !== 'DDB_PRIVILEGE') throw error
    throw new Unavailable(`not permitted: ${serverWords(error)}`)
  })
  return refusalOf(asked)
}

async function create(context: CheckContext, shape: Shape): Promise<void> {
  const table: NewTable =
    shape.isStream === true
      ? { kind: 'shared', name: context.tableName('created') }
      : { kind: 'dfs', database: context.databaseName('created'), table: 't' }
  await context.ask(createScript(schemaOf(shape), table, shape.keys))
  const expression =
    table.kind === 'shared' ? table.name : `loadTable("${table.database}","${table.table}")`
  const answer = await context.ask(`schema(${expression})`)
  const seen = answer === undefined ? [] : schemaFromServer(answer).columns
  const text = (columns: readonly { name: string; type: ColumnType }[]): string =>
    columns.map(({ name, type }) => `${name} ${columnTypeText(type)}`).join(', ')
  expectText('its columns', text(seen), text(shape.columns))
}

/** Words that the manual reserves (page "Variables"), and words that have a meaning in scripts. */
const reserved = ['DATE', 'TIME', 'SYMBOL', 'VALUE', 'RANGE', 'LIST', 'HASH', 'pi', 'e']
const chinese = ['\u4ef7\u683c', '\u65f6\u95f4']

/** Tries columns with these names, each holding 7. @returns the unusable names, each with the reason */
async function unusable(
  { ask, call, tableName }: CheckContext,
  names: readonly string[],
): Promise<string[]> {
  const words: string[] = []
  for (const [number, name] of names.entries()) {
    const table = tableName(`named${number}`)
    const seven = tableOfColumns({ [name]: vectorOf({ type: 'INT' }, [7]) })
    const said = await ask(`share(streamTable(1:0, [\`${name}], [INT]), "${table}")`)
      .then(() => call(`tableInsert{${table}}`, [seven]))
      .then(() => ask(`exec first(${name}) from objByName("${table}")`))
      .then(answer => (numberOf(answer) === 7 ? undefined : 'it is another value'), refusalText)
    if (said !== undefined) words.push(`${name} ${said}`)
  }
  return words
}

function nameCheck(what: string, names: readonly string[]): Check {
  return {
    name: `create: ${what} as names of columns`,
    dependsOnIt: 'which names `load --create` keeps',
    async run(context) {
      // Users who may not share tables skip this part.
      await context.share('named', 'streamTable(1:0, [`id], [INT])')
      const words = await unusable(context, names)
      return words.length === 0 ? 'all of them' : words.join('; ')
    },
  }
}

export const createChecks: readonly Check[] = [
  ...shapes.map((shape): Check => ({
    name: `create: ${shape.name}`,
    dependsOnIt: 'schema and load --create',
    limitMs: 15_000,
    run: context => create(context, shape),
  })),
  {
    name: 'create: what a script that fails leaves',
    dependsOnIt: 'what load --create says when it could not make the table',
    limitMs: 15_000,
    async run(context) {
      const database = context.databaseName('failed')
      const table = { kind: 'dfs', database, table: 't' } as const
      const script = createScript(
        schemaOf(shapes.find(({ name }) => name === 'a partition a day')!),
        table,
      )
      const wrong = script.replace(/(createPartitionedTable\(.*?, `t, )`day/, '$1`missing')
      const words = (await refusalOfScript(context, wrong)) ?? fail('it is accepted')
      const isLeft = numberOf(await context.ask(`existsDatabase("${database}")`)) === 1
      return `${isLeft ? 'the database' : 'nothing'}; ${words}`
    },
  },
  nameCheck('reserved words', reserved),
  nameCheck('Chinese words', chinese),
]
