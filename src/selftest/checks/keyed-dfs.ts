/*
  Checks DFS tables with one row per key: how the server answers rows whose key already exists, and what upserts do.
*/
import { vectorOf } from '../../protocol/element.js'
import type { Table } from '../../protocol/value.js'
import { numberOf, refusalText } from '../answers.js'
import { fail, pass, type Check } from '../check.js'
import { tableOfColumns } from '../compare.js'

interface Engine {
  readonly name: string
  readonly engine: 'TSDB' | 'PKEY'
  /** Arguments of createPartitionedTable that define the key. */
  readonly key: string
  readonly needs: string
}

const engines: readonly Engine[] = [
  {
    name: 'TSDB that keeps the last of equals',
    engine: 'TSDB',
    key: 'sortColumns=`v`k, keepDuplicates=LAST',
    needs: 'the right to create DFS databases, and a server from 2.00 on',
  },
  {
    name: 'a primary key',
    engine: 'PKEY',
    key: 'primaryKey=`k`v',
    needs: 'the right to create DFS databases, and a server from 3.00.1 on',
  },
]

/** Three rows, whose keys (k, v) are (1, 1), (2, 2) and (3, `third`). */
function rows(third: number): Table {
  const ints = (values: readonly number[]) => vectorOf({ type: 'INT' }, values)
  return tableOfColumns({ k: ints([1, 2, 3]), v: ints([1, 2, third]), w: ints([7, 8, 9]) })
}

export const keyedDfsChecks: readonly Check[] = engines.map(
  ({ name, engine, key, needs }): Check => ({
    name: `dfs: rows with known keys, ${name}`,
    does: 'inserts three rows, then three of which two are known, counts, and upserts with and without names of the key',
    dependsOnIt: 'what an answer with fewer rows means: known keys, or rows that are lost',
    needs,
    limitMs: 15_000,
    async run(context) {
      const { ask, call, prepare, databaseName } = context
      const database = databaseName(engine.toLowerCase())
      await prepare(`createPartitionedTable(database("${database}", VALUE, 1..3, engine="${engine}"),
    table(1:0, \`k\`v\`w, [INT, INT, INT]), "t", \`k, ${key})`)
      const expression = `loadTable("${database}","t")`
      const insert = async (third: number): Promise<number> =>
        numberOf(await call(`tableInsert{${expression}}`, [rows(third)]))
      const first = await insert(3)
      if (first !== 3) return fail(`an insert of 3 new rows answers ${first}`)
      const again = await insert(30)
      const count = numberOf(await ask(`exec count(*) from ${expression}`))
      const upsert = (rest: string): Promise<string> =>
        call(`upsert!{${expression}${rest}}`, [rows(3)]).then(() => 'taken', refusalText)
      const bare = await upsert(',')
      const named = await upsert(',,ignoreNull=false,keyColNames=`k`v')
      return pass(
        `3 rows, 2 of them known: the answer is ${again}, the table has ${count} of 6 rows; upsert! ${bare}, with keyColNames ${named}`,
      )
    },
  }),
)
