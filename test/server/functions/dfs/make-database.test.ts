import t from 'tap'
import type { DatabaseHandle } from '../../../../src/server/tables/database-handle.js'
import { testSession } from '../../../helpers/script.js'

/** What a script's `database(…)` answers. */
async function handleOf(script: string, session = testSession()): Promise<DatabaseHandle> {
  await session.run(`made = ${script}`)
  return session.session.variables.get('made') as DatabaseHandle
}

const shown = ({ path, levels, engine, atomic }: DatabaseHandle): string =>
  [path, levels.map(({ type }) => type).join('+'), engine, atomic].join(' ')

t.test('schemes, engines and atomicities in every spelling', async t => {
  const [days, ids, names] = [
    'database(, VALUE, 2024.01.01..2024.01.03)',
    'database("", RANGE, 0 50 100)',
    'database("", HASH, [SYMBOL, 4])',
  ]
  const cases: Record<string, string> = {
    'database("dfs://d", VALUE, 1..3)': 'dfs://d VALUE OLAP TRANS',
    'database("dfs://d/", 1, 1..3)': 'dfs://d VALUE OLAP TRANS',
    'database("dfs://a/b//", "range", 0 5 10)': 'dfs://a/b RANGE OLAP TRANS',
    'database("dfs://d", 2, `A`M`Z)': 'dfs://d RANGE OLAP TRANS',
    'database("dfs://d", LIST, [`IBM`ORCL, `GOOG])': 'dfs://d LIST OLAP TRANS',
    'database("dfs://d", 5, [INT, 10])': 'dfs://d HASH OLAP TRANS',
    'database("dfs://d", VALUE, 1..3, , "TSDB")': 'dfs://d VALUE TSDB TRANS',
    'database("dfs://d", VALUE, 1..3, engine="pkey", atomic="chunk")': 'dfs://d VALUE PKEY CHUNK',
    'database(directory="dfs://d", partitionType=VALUE, partitionScheme=1..2, chunkGranularity="DATABASE")':
      'dfs://d VALUE OLAP TRANS',
    'database("", VALUE, 1..3)': ' VALUE OLAP TRANS',
    'database(, VALUE, 1..3)': ' VALUE OLAP TRANS',
    'database(NULL, VALUE, 1..3)': ' VALUE OLAP TRANS',
    [`database("dfs://c", COMPO, [${days}, ${ids}])`]: 'dfs://c VALUE+RANGE OLAP TRANS',
    [`database("dfs://c", 4, [${days}, ${ids}, ${names}], , "TSDB", "CHUNK")`]:
      'dfs://c VALUE+RANGE+HASH TSDB CHUNK',
  }
  for (const [script, wanted] of Object.entries(cases)) {
    t.equal(shown(await handleOf(script)), wanted, script)
  }
})

t.test('what cannot be a database fails when it is made, and leaves none', async t => {
  const db = 'database("", VALUE, 1..3)'
  const refused: Record<string, RegExp> = {
    'database()': /needs a partition scheme/,
    'database("")': /needs a partition scheme/,
    'database("dfs://none")':
      /^database\("dfs:\/\/none"\) => The database \[dfs:\/\/none\] does not exist\. RefId: S04001$/,
    'database("C:/db", VALUE, 1..3)': /must begin with dfs:/,
    'database(5, VALUE, 1..3)': /\[directory\] must be a string/,
    'database("dfs://d", SEQ, 8)': /must be VALUE, RANGE, HASH, LIST or COMPO/,
    'database("dfs://d", 0, 8)': /must be VALUE, RANGE, HASH, LIST or COMPO/,
    'database("dfs://d", 6, 8)': /must be VALUE, RANGE, HASH, LIST or COMPO/,
    'database("dfs://d", "VALUES", 1..3)': /must be VALUE, RANGE, HASH, LIST or COMPO/,
    'database("dfs://d", VALUE)': /\[partitionScheme\] must not be empty/,
    'database("dfs://d", VALUE, NULL)': /\[partitionScheme\] must not be empty/,
    'database("dfs://d", VALUE, 1)': /scheme should be a vector/,
    'database("dfs://d", RANGE, (1, `a))': /scheme should be a vector/,
    'database("dfs://d", HASH, [INT])': /HASH partition scheme/,
    'database("dfs://d", HASH, [INT, 0])': /HASH partition scheme/,
    'database("dfs://d", LIST, 5)': /LIST partition scheme/,
    [`database("dfs://d", COMPO, [${db}])`]: /must be 2 or 3 database handles/,
    [`database("dfs://d", COMPO, [${db}, ${db}, ${db}, ${db}])`]: /must be 2 or 3 database handles/,
    [`database("dfs://d", COMPO, [${db}, 5])`]: /must be a vector of database handles/,
    'database("dfs://d", VALUE, 1..3, engine="IOTDB")': /must be one of OLAP, TSDB, PKEY/,
    'database("dfs://d", VALUE, 1..3, engine=5)': /\[engine\] must be one of/,
    'database("dfs://d", VALUE, 1..3, atomic="ALL")': /must be one of TRANS, CHUNK/,
    'database("dfs://d", VALUE, 1..200000)': /at most 131072 partitions/,
  }
  for (const [script, message] of Object.entries(refused)) {
    const { fail, node } = testSession()
    t.match(await fail(script), message, script)
    t.equal(node.databases.size, 0, script)
  }
  t.equal((await handleOf('database("dfs://d", VALUE, 1..131072)')).levels.length, 1)
})

t.test('a database that is there is opened, and no other scheme replaces its own', async t => {
  const session = testSession()
  const { fail, run, node } = session
  const made = await handleOf('database("dfs://d", VALUE, 1..3, , "TSDB")', session)
  t.equal(await handleOf('database("dfs://d")', session), made)
  t.equal(await handleOf('database("dfs://d/", VALUE, 1..3)', session), made)
  for (const scheme of ['VALUE, 1..4', 'RANGE, 1..3', 'HASH, [INT, 3]']) {
    t.match(await fail(`database("dfs://d", ${scheme})`), /not allowed to overwrite/, scheme)
  }
  await run('database("", VALUE, 1..3)')
  t.strictSame([...node.databases.keys()], ['dfs://d'], 'without a directory there is no database')
})

t.test('databases of one scheme do not share the partitions added to it', async t => {
  const { run, show } = testSession()
  await run(`v = database("", VALUE, 1..2); h = database("", HASH, [INT, 2])
    one = database("dfs://one", COMPO, [v, h]); two = database("dfs://two", COMPO, [v, h])
    t = table(1:0, \`k\`i, [INT, INT]); pt = one.createPartitionedTable(t, "t", \`k\`i)
    tableInsert(pt, table(1 5 as k, 1 1 as i))`)
  t.equal(await show('schema(one).partitionSchema'), '[[1,2,5],2]')
  t.equal(await show('schema(two).partitionSchema'), '[[1,2],2]')
})

t.test('guests make none', async t => {
  const { fail } = testSession({ user: 'guest' })
  t.match(await fail('database("dfs://d", VALUE, 1..3)'), /=> <NoPrivilege>/)
  t.equal(await fail('database("", VALUE, 1..3)'), 'no error')
})
