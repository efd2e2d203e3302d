import t from 'tap'
import type { Table } from '../../../../src/protocol/value.js'
import { columnsText, testSession } from '../../../helpers/script.js'

t.test('objs lists the variables of the session and what is shared', async t => {
  const { run, show, node } = testSession()
  await run(`n = 5; v = 1.5 2.5; s = set(1 2 3); z = dict(1 2, 3.5 4.5); m = matrix(1 2 3, 4 5 6); p = 1:2
t = table(1 2 as x, 3 4 as y); tup = (1, \`a); l = (sum, 1); f = add; a = arrayVector(2 3, 1 2 3); ty = INT
db = database("dfs://listdb", VALUE, 1 2)
pt = db.createPartitionedTable(t, \`pt, \`x)
share table(1 2 3 as x) as shared1
share streamTable(1:0, [\`x], [INT]) as shared2`)
  t.equal(
    await show('select name, type, form, rows, columns, shared, extra from objs()'),
    [
      'n INT SCALAR 1 1 false ',
      'v DOUBLE VECTOR 2 1 false ',
      's INT SET 3 1 false ',
      'z DOUBLE DICTIONARY 2 1 false ',
      'm INT MATRIX 3 2 false ',
      'p INT PAIR 2 1 false ',
      't BASIC TABLE 2 2 false ',
      'tup ANY VECTOR 2 1 false ',
      'l ANY VECTOR 2 1 false ',
      'f FUNCTIONDEF SCALAR 1 1 false ',
      'a INT[] VECTOR 2 1 false ',
      'ty INT SCALAR 1 1 false ',
      'db HANDLE SCALAR 1 1 false dfs://listdb',
      'pt ALIAS TABLE 0 2 false dfs://listdb/pt',
    ].join(';'),
  )
  const other = testSession({ node })
  t.equal(
    await other.show('select name, type, rows, owner from objs(true) where shared=true'),
    'shared1 BASIC 3 admin;shared2 REALTIME 0 admin',
  )
})

t.test('bytes of vectors, pairs and matrices are those of the manual', async t => {
  const { run, show } = testSession()
  await run('n = 1000000; x = 1 2 3; y = 4.5 7.8 4.3; m = matrix(1 2 3, 4 5 6); p = 1:2')
  await run('ticker = take(`MSFT`GOOG$SYMBOL, 1000000); time = take(2021.08.20 00:00:00, 40)')
  t.equal(
    await show('select name, bytes from objs()'),
    'n 16;x 12;y 24;m 24;p 8;ticker 4000000;time 160',
  )
  await run('undef all; db = database("dfs://listdb", VALUE, 1 2); none = array(INT, 0)')
  t.equal(await show('select name, bytes, form from objs()'), 'db 24 SCALAR;none 0 VECTOR')
})

t.test('every kind of table has its word', async t => {
  const { show, run } = testSession()
  await run(`k = keyedTable(\`a, 1 as a); i = indexedTable(\`a, 1 as a); s = streamTable(1 as a)
ks = keyedStreamTable(\`a, 1:0, [\`a], [INT])
g = createPartitionedTable(database("", VALUE, 1 2), table(1 as a), \`g, \`a)
d = createPartitionedTable(database("dfs://d", VALUE, 1 2), table(1 as a), \`d, \`a)
d.append!(table(1 2 as a)); any = dict(INT, ANY)`)
  t.equal(
    await show('select name, type, form, rows, extra from objs()'),
    [
      'k KEYED TABLE 1 ',
      'i INDEXED TABLE 1 ',
      's REALTIME TABLE 1 ',
      'ks REALTIME TABLE 0 ',
      'g SEGMENTED TABLE 0 ',
      'd ALIAS TABLE 0 dfs://d/d',
      'any ANY DICTIONARY 0 ',
    ].join(';'),
  )
})

t.test('who shared a table is told where shared ones are asked for', async t => {
  const { run, node } = testSession()
  const other = testSession({ node, user: 'joe' })
  const names =
    'name STRING, type STRING, form STRING, rows INT, columns INT, bytes LONG, shared BOOL'
  for (const script of ['objs()', 'objs(false)', 'objs(NULL)']) {
    t.equal(columnsText((await run(script)) as Table), `${names}, extra STRING`, script)
  }
  await other.run('v = 1; share table(1 as x) as st')
  t.match(await run('objs()'), { rows: 0 }, 'neither shared tables nor those of others')
  const all = (await run('objs(true)')) as Table
  t.equal(columnsText(all), `${names}, extra STRING, owner STRING`)
  t.equal(
    await other.show('select name, shared, owner from objs(shared=true)'),
    'v false ;st true joe',
  )
})
