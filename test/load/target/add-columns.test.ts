/*
  Runs that add to their target the columns that it lacks.
*/
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startLoadServer } from '../../helpers/load-server.js'

const script = `
share streamTable(1:0, \`id\`sym, [INT, SYMBOL]) as target
share(streamTable(1:0, ["a b", "date"], [INT, DATE]), "odd")
insert into target values(0, \`old)
db = database("dfs://d", VALUE, \`A\`B)
db.createPartitionedTable(table(1:0, \`id\`sym, [INT, SYMBOL]), \`t, \`sym)`

async function scene(t: Test, files: Record<string, string>) {
  const notices: string[] = []
  const here = await startLoadServer(t, script)
  const dir = t.testdir(files)
  return {
    ...here,
    notices,
    run: (name: string, target: object, more: object = {}) => {
      notices.length = 0
      const onNotice = (notice: string): void => void notices.push(notice)
      return here.load(join(dir, name), { target, onNotice, ...more })
    },
  }
}

t.test('new columns are added once, are null in earlier rows, and are filled', async t => {
  const csv = 'id,sym,price,day\n1,A,1.50,2024-01-02\n2,B,2,2024-01-03\n'
  const { run, rows, notices } = await scene(t, {
    'a.csv': csv,
    'a.ndjson': '{"id":3,"sym":"A"}\n{"id":4,"sym":"A","price":4,"more":[1,2]}\n',
  })
  for (const table of ['target', 'dfs://d/t']) {
    const name = table === 'target' ? table : 'loadTable("dfs://d", "t")'
    t.match(await run('a.csv', { table, addColumns: true }), {
      exitCode: 0,
      rows: { confirmed: 2 },
    })
    const added = `adding columns: addColumn(${name}, ["price", "day"], [DOUBLE, DATE])`
    t.ok(notices.includes(added), notices.join('\n'))
    t.strictSame(await rows(`select price, day from ${name} where id > 0 order by id`), [
      ['1.5', '2024.01.02'],
      ['2', '2024.01.03'],
    ])
    t.match(await run('a.csv', { table, addColumns: true }), { exitCode: 0 })
    t.notOk(
      notices.some(notice => notice.includes('addColumn')),
      'the second time none is missing',
    )
  }
  t.strictSame(await rows('select price from target where id = 0'), [['']])
  const mapping = { allowMissing: true }
  t.match(await run('a.ndjson', { table: 'target', addColumns: true }, { mapping }), {
    ...{ exitCode: 0, rows: { confirmed: 2 } },
  })
  t.ok(
    notices.some(notice => notice.includes('["more"], [INT[]]')),
    notices.join('\n'),
  )
})

t.test('existing columns with unusual names, such as "a b" and date, are recognized', async t => {
  const { run, rows } = await scene(t, { 'a.csv': 'a b,date,w\n1,2024-01-02,2\n' })
  t.match(await run('a.csv', { table: 'odd', addColumns: true }), { exitCode: 0 })
  t.strictSame(await rows('select * from odd'), [['1', '2024.01.02', '2']])
})

t.test('if a column cannot be added, none is added and nothing is loaded', async t => {
  const { run, rows } = await scene(t, {
    'odd.csv': 'id,sym,a b\n1,A,5\n',
    'dated.csv': 'id,sym,d\n1,A,31/12/2020\n',
    'bare.csv': '1,A,5\n2,B,6\n',
    'good.csv': 'id,sym,x\n1,A,5\n',
  })
  const table = 'target'
  for (const [name, target, why] of [
    ['odd.csv', { table }, /mapping.map` a_b=a b/],
    ['dated.csv', { table }, /cells.dateFormats` d=dd\/MM\/yyyy/],
    ['bare.csv', { table }, /needs a header/],
  ] as const) {
    const result = await run(name, { ...target, addColumns: true })
    t.match(result, { exitCode: 64, error: { message: why } }, name)
  }
  for (const [target, more, why] of [
    [{ table }, { input: { follow: true } }, /add the columns first/],
    [{ function: 'f', types: 'id:INT' }, {}, /goes with `target.table`/],
  ] as const) {
    await t.rejects(run('good.csv', { ...target, addColumns: true }, more), { message: why })
  }
  t.match(await run('good.csv', { table }), { exitCode: 65, error: { code: 'DDB_INPUT_COLUMN' } })
  t.strictSame(await rows('select * from target'), [['0', 'old']])
})
