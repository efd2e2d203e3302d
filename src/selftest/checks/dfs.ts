/*
  Checks tables in DFS databases: in the run's own, partitioned by the values 1 to 3, and with one row per key.
*/
import { askAtomic } from '../../load/connection/server-queries.js'
import { classifyRefusal } from '../../load/outcomes/refusal.js'
import { vectorOf } from '../../protocol/element.js'
import { schemaFromServer } from '../../schema/server-schema.js'
import { numberOf, refusalOf, refusalText, tableOfColumns } from '../answers.js'
import { expectText, fail, type Check } from '../check.js'
import { ask, call, dfsTable, ints, pairs, send, stepsCheck } from './steps.js'

const dependsOnIt = 'load --table dfs://…'
const table = 'dfs'
const limitMs = 15_000

/** Writes rows with these keys. @returns the number that the server answers, or its refusal, and the table's rows */
function dropping(name: string, keys: readonly (number | null)[], found: Found): Check {
  return {
    name: `dfs: ${name}`,
    dependsOnIt: 'naming rows that a DFS table has dropped',
    limitMs,
    async run(context) {
      const { expression } = await dfsTable(context, `keys${keys.length}`)
      const request = context.call(`tableInsert{${expression}}`, [pairs(keys)])
      const answer = await request.then(numberOf, refusalText)
      if (typeof answer === 'string') return found(answer.replace('refused: ', ''))
      const count = numberOf(await context.ask(`exec count(*) from ${expression}`))
      if (answer !== count) fail(`tableInsert answers ${answer}, the table has ${count} rows`)
      return found(count)
    },
  }
}

type Found = (countOrRefusal: number | string) => string

/** How a table has one row per key: arguments of createPartitionedTable. */
const engines = [
  {
    name: 'TSDB that keeps the last of equals',
    engine: 'TSDB',
    key: 'sortColumns=`v`k, keepDuplicates=LAST',
  },
  { name: 'a primary key', engine: 'PKEY', key: 'primaryKey=`k`v' },
]

/** Three rows, whose keys (k, v) are (1, 1), (2, 2) and (3, `third`). */
const threeRows = (third: number) =>
  tableOfColumns({ k: ints([1, 2, 3]), v: ints([1, 2, third]), w: ints([7, 8, 9]) })

function knownKeys({ name, engine, key }: (typeof engines)[number]): Check {
  return {
    name: `dfs: rows with known keys, ${name}`,
    dependsOnIt: 'what an answer with fewer rows means: known keys, or rows that are lost',
    limitMs,
    async run({ ask, call, prepare, databaseName }) {
      const database = databaseName(engine.toLowerCase())
      await prepare(`createPartitionedTable(database("${database}", VALUE, 1..3, engine="${engine}"),
    table(1:0, \`k\`v\`w, [INT, INT, INT]), "t", \`k, ${key})`)
      const expression = `loadTable("${database}","t")`
      const insert = async (third: number): Promise<number> =>
        numberOf(await call(`tableInsert{${expression}}`, [threeRows(third)]))
      const first = await insert(3)
      if (first !== 3) fail(`an insert of 3 new rows answers ${first}`)
      const again = await insert(30)
      const count = numberOf(await ask(`exec count(*) from ${expression}`))
      const upsert = (rest: string): Promise<string> =>
        call(`upsert!{${expression}${rest}}`, [threeRows(3)]).then(() => 'taken', refusalText)
      const bare = await upsert(',')
      const named = await upsert(',,ignoreNull=false,keyColNames=`k`v')
      return `3 rows, 2 of them known: the answer is ${again}, the table has ${count} of 6 rows; upsert! ${bare}, with keyColNames ${named}`
    },
  }
}

export const dfsChecks: readonly Check[] = [
  stepsCheck({
    name: 'dfs: tableInsert',
    dependsOnIt,
    table,
    steps: [
      call('tableInsert{T}', pairs([1, 1, 2, 2, 3, 3], [1, null, 3, 4, 5, 6]), 6),
      ask('select * from T order by k, v', pairs([1, 1, 2, 2, 3, 3], [null, 1, 3, 4, 5, 6])),
    ],
  }),
  stepsCheck({
    name: 'dfs: append!',
    dependsOnIt,
    table,
    steps: [call('append!{T}', pairs([1, 2, 3])), ask('exec count(*) from T', 3)],
  }),
  stepsCheck({
    name: 'dfs: upsert!',
    dependsOnIt: 'load --method upsert into dfs://…',
    table,
    steps: [
      call('tableInsert{T}', pairs([1, 2], [10, 20])),
      call('upsert!{T,,ignoreNull=false,keyColNames=`k}', pairs([2, 3], [21, 30])),
      ask('select * from T order by k', pairs([1, 2, 3], [10, 21, 30])),
    ],
  }),
  stepsCheck({
    name: 'dfs: without an answer',
    dependsOnIt,
    table,
    steps: [send('tableInsert{T}', pairs([1, 2, 3]))],
    rows: 3,
  }),
  dropping('rows outside the partition scheme', [1, 2, 99], found => {
    if (typeof found === 'string') return `refused: ${found}`
    if (found === 2) return 'the row is dropped, tableInsert answers 2'
    return found === 3 ? 'a partition is added, tableInsert answers 3' : fail(`${found} rows`)
  }),
  dropping('a null in the partition column', [1, null], found => {
    if (typeof found === 'number') return `tableInsert answers ${found}`
    return classifyRefusal(found) === 'rows' ? found : fail(`not understood: ${found}`)
  }),
  stepsCheck({
    name: 'dfs: R10, a refused insert leaves nothing',
    dependsOnIt: 'receipts into dfs://…: a refused batch is sent again in halves',
    table,
    steps: [
      call(
        'tableInsert{T}',
        tableOfColumns({ k: ints([1, 2]), v: vectorOf({ type: 'STRING' }, ['a', 'b']) }),
        { refused: 'rows' },
      ),
      ask('exec count(*) from T', 0),
    ],
  }),
  stepsCheck({
    name: 'dfs: schema() tells columns and scheme',
    dependsOnIt: 'load --table dfs://…: columns and partitions come from there',
    table,
    steps: [
      ask('schema(T)', answer => {
        const { columns, partition } = schemaFromServer(answer ?? fail('there is no answer'))
        const names = columns.map(({ name }) => name).join()
        const scheme = partition?.dimensions.map(({ columnName, kind }) => `${columnName} ${kind}`)
        expectText('columns and scheme', `${names}; ${scheme?.join()}`, 'k,v; k VALUE')
      }),
    ],
  }),
  {
    name: 'dfs: schema() tells atomic',
    dependsOnIt: 'receipts into dfs://…: only then is a refused batch sent again',
    limitMs,
    async run(context) {
      const asking = { session: context.control, timeoutMs: 5_000 }
      return (await askAtomic(asking, await context.database())) ?? fail('it does not tell')
    },
  },
  {
    name: 'dfs: two writers of one partition',
    dependsOnIt: 'receipts into dfs://…: a run waits while another writer holds a partition',
    limitMs,
    async run(context) {
      const { expression } = await dfsTable(context, 'contended')
      const sessions = [await context.open(), await context.open()]
      const words: string[] = []
      let kept = 0
      const write = async (session: (typeof sessions)[number]): Promise<void> => {
        const request = context.call(`tableInsert{${expression}}`, [pairs([1, 1, 1])], session)
        const refused = await refusalOf(request)
        if (refused === undefined) kept += numberOf(await request)
        else words.push(refused)
      }
      await Promise.all(Array.from({ length: 6 }, (_, i) => write(sessions[i % 2]!)))
      const count = numberOf(await context.ask(`exec count(*) from ${expression}`))
      if (count !== kept) fail(`the answers count ${kept} rows, the table has ${count}`)
      const unknown = words.find(text => classifyRefusal(text) !== 'transient')
      if (unknown !== undefined) fail(`not understood: ${unknown}`)
      return words[0] ?? 'none was refused'
    },
  },
  ...engines.map(knownKeys),
]
