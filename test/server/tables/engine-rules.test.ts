/*
  What the manual says of engines: pages createPartitionedTable (Chinese) and array vector.
*/
import t from 'tap'
import { testSession } from '../../helpers/script.js'

const columns =
  '`i`l`d`dt`ts`nt`s`y`m`a`f, [INT,LONG,DATE,DATETIME,TIMESTAMP,NANOTIME,STRING,SYMBOL,DECIMAL64(2),INT[],DOUBLE]'

/** The error of a table in a database of the engine; 'no error' where it is made. */
async function making(engine: string, rest: string, version?: string): Promise<string> {
  const { fail } = testSession({ version })
  return fail(`db = database("dfs://d", VALUE, 1..3, engine="${engine}")
    db.createPartitionedTable(table(1:0, ${columns}), "t", "i"${rest})`)
}

t.test('arrays are for TSDB and memory', async t => {
  t.match(await making('OLAP', ''), /OLAP.*array.*\[a\]/)
  t.equal(await making('TSDB', ', sortColumns=`s`ts'), 'no error')
  const { fail } = testSession()
  t.equal(await fail(`share streamTable(1:0, ${columns}) as st`), 'no error')
})

t.test('what a TSDB table is sorted by', async t => {
  const taken = ['s`ts', 'y`d', 'i`nt', 'm`l', 'i', 'd', 'dt', 's', 'y', 'm', 'l']
  for (const names of taken) t.equal(await making('TSDB', `, sortColumns=\`${names}`), 'no error')
  const refused = { ts: 'ts', nt: 'nt', a: 'a', f: 'f', 'ts`i': 'ts', 'i`s': 's', 'i`m': 'm' }
  for (const [names, wrong] of Object.entries({ ...refused, 'i`a': 'a', 'nt`ts': 'nt' })) {
    const words = await making('TSDB', `, sortColumns=\`${names}`)
    t.match(words, new RegExp(`column \\[${wrong}\\]`), names)
  }
  t.match(await making('TSDB', ''), /\[sortColumns\] must be given/)
  t.match(await making('TSDB', ', sortColumns=`nosuch`ts'), /\[nosuch\] does not exist/)
})

t.test('the primary key has the partitioning columns', async t => {
  t.equal(await making('PKEY', ', primaryKey=`i`ts'), 'no error')
  t.match(await making('PKEY', ''), /primary key/)
  t.match(await making('PKEY', ', primaryKey=`s`ts'), /primary key/)
})

t.test('engines and types that came later', async t => {
  t.match(await making('OLAP', '', '1.30.22'), /no argument \[engine\]/)
  t.match(await making('PKEY', ', primaryKey=`i', '3.00.0'), /\[engine\] must be one of OLAP, TSDB/)
  const old = testSession({ version: '1.30.22' })
  t.equal(await old.fail('database("dfs://d", VALUE, 1..3)'), 'no error')
  t.match(await old.fail('table(1:0, `a`b, [INT, DECIMAL64(2)])'), /token DECIMAL64/)
  t.match(await old.fail('table(1:0, `a`b, [INT, INT[]])'), /token INT\[\]/)
  t.equal(await old.fail('table(1:0, `a`b, [INT, DOUBLE])'), 'no error')
})
