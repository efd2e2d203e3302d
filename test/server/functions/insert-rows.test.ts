/* Manual, pages tableInsert, append!, upsert! and tableUpsert, "Arguments", "Details" and "Examples"; docs/server-semantics.md #inserting
   names the sources of texts and counts. */
import t from 'tap'
import { testSession } from '../../helpers/script.js'

t.test('tableInsert returns an INT, for a shared name and a partial application', async t => {
  const { run, call } = testSession()
  await run('share table(10:0, `id`sym, [INT, SYMBOL]) as trades')
  const batch = await run('table(1 2 as id, `a`b as sym)')
  for (const name of ['tableInsert{trades}', 'tableInsert{"trades"}', 'tableInsert{trades, }']) {
    t.same(await call(name, batch!), { form: 'scalar', type: 'INT', value: 2 }, name)
  }
  t.same(await run('rows(trades)'), { form: 'scalar', type: 'INT', value: 6 })
})

t.test('append! returns the table or vector that it extended', async t => {
  const { show, fail } = testSession()
  t.equal(
    await show('t = table(1 2 as id); t.append!(table(3 as x)).append!(table(4 as y)); t'),
    '1;2;3;4',
  )
  t.equal(await show('x = 1 2 3; x.append!(7.2); x'), '[1,2,3,7]')
  t.match(await fail('x.append!(`XOM)'), / => Incompatible type. Expected: INT, Actual: STRING$/)
  t.equal(await show('y = x; y.append!(5); x'), '[1,2,3,7]', 'another variable does not change')
  t.equal(await show('y'), '[1,2,3,7,5]')
})

t.test('tableUpsert returns a LONG pair of inserted and updated rows', async t => {
  const { run, show } = testSession()
  await run(
    't = keyedTable(`sym, `A`B`C as sym, 1 2 3 as x, 5 6 7 as y)\n' +
      'n = table(`A`B`C`D as sym, NULL NULL 300 400 as x, NULL 600 700 800 as y)',
  )
  const expected = { form: 'pair', elements: { type: 'LONG', data: BigInt64Array.of(1n, 2n) } }
  t.match(await run('tableUpsert(t, n, ignoreNull=true)'), expected)
  t.equal(await show('select * from t'), 'A 1 5;B 2 600;C 300 700;D 400 800')
  t.equal(await show('select * from upsert!(t, n)'), 'A  ;B  600;C 300 700;D 400 800')
})

t.test('an upsert into a PKEY table names no keys', async t => {
  const { run, show, fail } = testSession()
  await run(`db = database("dfs://p", VALUE, 1..3, engine="PKEY")
    pt = db.createPartitionedTable(table(1:0, \`id\`k\`v, [INT, INT, INT]), "t", "id", primaryKey=\`id\`k)`)
  t.equal(await show('tableUpsert(pt, table(1 1 as id, 5 6 as k, 7 8 as v))'), '2:0')
  t.equal(await show('tableUpsert(pt, table(1 2 as id, 5 6 as k, 9 9 as v))'), '1:1')
  await run('upsert!(pt, table(1 as id, 6 as k, 0 as v))')
  t.equal(await show('select v from pt order by id, k'), '9;0;9')
  for (const more of ['false', ', "id"', 'false, "id"', 'ignoreNull=true']) {
    t.match(await fail(`upsert!(pt, table(1 as id, 5 as k, 7 as v), ${more})`), /PKEY/, more)
  }
})

t.test('tableUpsert exists since 2.00.10', async t => {
  const keyed = 't = keyedTable(`a, 1 2 as a); n = table(2 3 as a);'
  t.equal(await testSession({ version: '2.00.10' }).show(`${keyed} tableUpsert(t, n)`), '1:1')
  const older = testSession({ version: '2.00.9' })
  t.match(await older.fail(`${keyed} tableUpsert(t, n)`), /Cannot recognize the token tableUpsert/)
  t.equal(await older.show(`${keyed} upsert!(t, n); t`), '1;2;3')
})
