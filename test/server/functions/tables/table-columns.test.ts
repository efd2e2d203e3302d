import t from 'tap'
import type { Table } from '../../../../src/protocol/value.js'
import { columnsText, testSession } from '../../../helpers/script.js'

t.test('columns are replaced and renamed', async t => {
  const { run, show, fail } = testSession()
  await run('t = table(09:34:07 09:36:42 as timestamp, `C`MS as sym, 49.6 29.5 as price)')
  const replaced = await run(
    'replaceColumn!(t, `price`timestamp, (int(t.price), minute(t.timestamp))); t',
  )
  t.equal(columnsText(replaced as Table), 'timestamp MINUTE, sym STRING, price INT')
  t.equal(await show('t'), '09:34m C 50;09:36m MS 30')
  t.equal(await show('t.rename!(`a`b); keys(t)'), '[a,b,price]')
  t.equal(await show('t.rename!(`price`b, `y`z); keys(t)'), '[a,z,y]')
  t.match(await fail('t.replaceColumn!(`y, 1 2 3)'), /same length. RefId:S02010$/)
  t.match(
    await fail('t.replaceColumn!(`a`y, (1 2 3))'),
    /must match the number of columns .* RefId:S05006$/,
  )
  t.match(await fail('t.replaceColumn!(`nope, 1 2 3)'), /nope/)
  t.match(await fail('t.rename!(`a`b`c`d`e)'), /more names/)
  t.match(await fail('t.rename!(`x`x)'), /S05017/)
})

t.test('a single value is a column of a table of one row, an array vector too', async t => {
  const { run, show, fail } = testSession()
  await run('t = table(1 as a, 2 as b); t.replaceColumn!(`a, 2.5).replaceColumn!(["b"], `x)')
  t.equal(await show('t'), '2.5 x')
  await run('t = table(1 2 as a); replaceColumn!(t, `a, arrayVector(2 3, 1 2 3))')
  t.equal(columnsText((await run('t')) as Table), 'a INT[]')
  t.match(await fail('replaceColumn!(t, `a, set(1 2))'), /must be a vector/)
  t.match(await fail('replaceColumn!(t, `a, 5)'), /same length. RefId:S02010$/)
  t.match(await fail('replaceColumn!("absent", `a, 5)'), /Can't find the object with name absent$/)
  t.match(await fail('t.rename!(`a, `b`c)'), /same number of names/)
  t.match(await fail('t.rename!(`nope, `b)'), /Unrecognized column name nope\. RefId:S02005$/)
})

t.test('nothing is replaced where one of several columns cannot be', async t => {
  const { run, show, fail } = testSession()
  await run('t = table(1 2 as a, 3 4 as b)')
  t.match(await fail('t.replaceColumn!(`a`b, (5 6, 7 8 9))'), /S02010$/)
  t.match(await fail('t.replaceColumn!(`a`nope, (5 6, 7 8))'), /nope/)
  t.equal(await show('t'), '1 3;2 4')
})

const stored = (
  types: string,
  engine = 'OLAP',
): string => `db = database("dfs://d", VALUE, 1..3, , "${engine}")
  template = table(1:0, \`k\`v, [INT, ${types}])
  pt = db.createPartitionedTable(template, "pt", "k", sortColumns="k")`

t.test('a column of a DFS table changes its type alone', async t => {
  const { run, show } = testSession()
  await run(stored('DOUBLE'))
  await run('pt.tableInsert(table(1 2 3 as k, 1.5 2.4 NULL as v))')
  await run('replaceColumn!(pt, `v, array(INT, 0))')
  t.equal(await show('exec typeString from schema(pt).colDefs'), '[INT,INT]')
  t.equal(await show('select * from pt'), '1 2;2 2;3 ')
  await run('pt.rename!("v", "w")')
  t.equal(await show('exec name from schema(loadTable("dfs://d", "pt")).colDefs'), '[k,w]')
  await run('pt.tableInsert(table(1 as k, 7 as w))')
  t.equal(await show('exec sum(w) from pt'), '11')
})

t.test('which types become which in a DFS table, as the manual says', async t => {
  const types = ['INT', 'LONG', 'DOUBLE', 'FLOAT', 'DATE', 'TIMESTAMP', 'STRING', 'SYMBOL', 'BOOL']
  const may = {
    INT: 'INT LONG DOUBLE FLOAT STRING',
    LONG: 'INT LONG DOUBLE FLOAT STRING',
    DOUBLE: 'INT LONG DOUBLE FLOAT STRING',
    DATE: 'DATE TIMESTAMP STRING',
    STRING: 'STRING',
    SYMBOL: '',
    BOOL: 'BOOL',
    'DECIMAL32(2)': '',
  }
  for (const [from, wanted] of Object.entries(may)) {
    const found: string[] = []
    for (const to of [...types, 'DECIMAL32(2)', 'INT[]']) {
      const { run, fail } = testSession()
      await run(stored(from))
      const words = await fail(`replaceColumn!(pt, \`v, array(${to}, 0))`)
      if (words === 'no error') found.push(to)
      else t.match(words, /\[v\]/)
    }
    t.equal(found.join(' '), wanted, from)
  }
})

t.test('what DFS tables refuse', async t => {
  const { run, fail } = testSession()
  await run(stored('INT'))
  for (const script of ['pt.rename!("v")', 'pt.rename!(`k`v, `a`b)', 'pt.rename!(`k`v)']) {
    t.match(await fail(script), /one old and one new name/, script)
  }
  const tsdb = testSession()
  await tsdb.run(stored('INT', 'TSDB'))
  for (const script of ['replaceColumn!(pt, `v, array(LONG, 0))', 'pt.rename!("v", "w")']) {
    t.match(await tsdb.fail(script), /TSDB/, script)
  }
})

t.test('columns change only for those who may write', async t => {
  const admin = testSession()
  await admin.run(stored('INT'))
  const joe = testSession({ node: admin.node, user: 'joe' })
  const pt = 'loadTable("dfs://d", "pt")'
  for (const script of [`replaceColumn!(${pt}, "v", array(LONG, 0))`, `rename!(${pt}, "v", "w")`]) {
    t.match(
      await joe.fail(script),
      /<NoPrivilege>Not granted to write data to table dfs:\/\/d\/pt$/,
    )
  }
})

t.test('columns that are put into tables count until the request ends', async t => {
  const { run, fail } = testSession({ maxRequestBytes: 2_000_000 })
  await run('t = table(1..100000 as a)')
  const replace = 't.replaceColumn!(`a, 1..100000)\n'
  t.equal(await fail(replace.repeat(2)), 'no error')
  t.match(await fail(replace.repeat(9)), /Out of memory/)
})

t.test('the columns of a shared table stay', async t => {
  const { run, fail } = testSession()
  await run('share table(1 as a) as st')
  t.match(await fail('replaceColumn!(st, `a, 5)'), /shared table \[st\]/)
  t.match(await fail('rename!(st, `b)'), /shared table \[st\]/)
})
