/* Scripts of the official clients and their tests, word for word. */
import t from 'tap'
import { testSession } from '../../helpers/script.js'
import { int } from '../../helpers/values.js'

t.test('the functions that the JavaScript client defines for invoke and jsrpc run', async t => {
  const { run, show, call } = testSession()
  await run(
    'def invoke (func, args_json) {\n' +
      '    args = fromStdJson(args_json)\n' +
      '    func_ = func\n' +
      '    if (type(func) == STRING)\n' +
      '        func_ = funcByName(func)\n' +
      '    if (type(args) != ANY)\n' +
      '        args = cast(args, ANY)\n' +
      '    return unifiedCall(func_, args)\n' +
      '}\n',
  )
  t.equal(await show('invoke("add", "[1, 2]")'), '3')
  t.equal(await show('invoke("add", "[\\"a\\", \\"b\\"]")'), 'ab')
  await run(
    'def collect (func_name, args) {\n    nargs = size(args)\n    func = funcByName(func_name)\n    args_partial = array(any, 1 + nargs, 1 + nargs)\n    args_partial[0] = func\n    args_partial[1:] = args\n    return unifiedCall(partial, args_partial)()\n}',
  )
  t.equal(await show('collect("add", (1, 2))'), '3')
  t.match(await call('size', int(1)), { value: 1 })
})

t.test('idioms from the official tests run', async t => {
  const { run, show } = testSession()
  await run('try{undef(`t1,SHARED)}catch(ex){}\nt1 = 0')
  await run(
    'share table(1 2 as x) as t2\nobj = exec name from objs(true) where shared=true; for(s in obj){undef(s, SHARED);}',
  )
  t.equal(await show('exec count(*) from objs(true) where shared=1'), '0')
  await run('for(db in getClusterDFSDatabases()){dropDatabase(db)}')
  await run(`dbName = "dfs://kinds"
if(exists(dbName)){
  dropDatabase(dbName)
}
db = database(dbName, RANGE, 0 50 100,,'TSDB')
t = table(rand(100, 10) as id, take(now(), 10) as ts, rand(1.0, 10) as v)
pt = db.createPartitionedTable(t, \`pt, \`id, , \`id\`ts)
pt.append!(t)`)
  t.equal(await show('exec count(*) from pt'), '10')
})
