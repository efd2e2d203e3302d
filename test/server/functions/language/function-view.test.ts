import t from 'tap'
import type { Table } from '../../../../src/protocol/value.js'
import { columnsText, rowsText, testSession } from '../../../helpers/script.js'

t.test('seed: a view converts what an asynchronous client sends', async t => {
  const admin = testSession({ user: 'guest' })
  await admin.run(
    [
      'login("admin","123456")',
      'share streamTable(10000:0,`time`sym`price`id, [DATE,SYMBOL,DOUBLE,INT]) as trades',
      'def appendStreamingData(mutable data){',
      '    tableInsert(trades, data.replaceColumn!(`time, date(data.time)))',
      '}',
      'addFunctionView(appendStreamingData)',
    ].join('\n'),
  )
  const client = testSession({ node: admin.node, user: 'guest' })
  const frame = await client.run(
    'table(nanotimestamp(2020.02.29 2020.12.31) as time, ["FHU","IBN"] as sym, 1.5 2.5 as price, 1 2 as id)',
  )
  await client.call('appendStreamingData', frame!)
  t.equal(await admin.show('select * from trades'), '2020.02.29 FHU 1.5 1;2020.12.31 IBN 2.5 2')
})

t.test('views are listed and dropped', async t => {
  const { run, show, fail } = testSession({ now: () => 1_770_000_000_000 })
  await run('def f1(){return 1}\ndef f2(){return 2}\naddFunctionView((f1, f2))')
  const views = (await run('getFunctionViews()')) as Table
  t.equal(columnsText(views), 'name STRING, body STRING, owner STRING, createTime TIMESTAMP')
  t.equal(
    rowsText(views),
    'f1 def f1(){return 1} admin 2026.02.02T02:40:00.000;f2 def f2(){return 2} admin 2026.02.02T02:40:00.000',
  )
  t.equal(
    await fail('addFunctionView(f1)'),
    'addFunctionView(f1) => The FunctionView [f1] already exists, please drop it before adding a new one',
  )
  await run('dropFunctionView(`f1)')
  t.equal(await show('exec name from getFunctionViews()'), '[f2]')
  t.match(
    await fail('dropFunctionView("f1")'),
    /The function view \[f1\] does not exist. RefId: S04002$/,
  )
})

t.test('only named functions become views, all of them or none', async t => {
  const { fail, node } = testSession()
  t.match(await fail('def g(){return 1}\naddFunctionView((g, sum))'), /user-defined function/)
  t.match(await fail('addFunctionView(x -> x)'), /user-defined function/)
  t.equal(node.functionViews.size, 0)
})

t.test('who may own views', async t => {
  const admin = testSession()
  await admin.run('createUser("joe", "x")')
  const joe = testSession({ node: admin.node, user: 'joe' })
  const add = 'def h(){return 3}\naddFunctionView(h)'
  t.match(await joe.fail(add), /VIEW_OWNER/)
  await admin.run('grant("joe", VIEW_OWNER)')
  t.equal(await joe.fail(add), 'no error')
  t.equal(await admin.show('h()'), '3')
  t.match(
    await admin.fail('grant("joe", VIEW_EXEC, "nothing")'),
    /The function view \[nothing\] does not exist. RefId: S04002$/,
  )
  t.equal(await admin.fail('grant("joe", VIEW_EXEC, "h")'), 'no error')
})
