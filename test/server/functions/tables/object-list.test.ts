import t from 'tap'
import { testSession } from '../../../helpers/script.js'

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
