import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Table } from '../../../../src/protocol/value.js'
import { columnsText, rowsText, testSession } from '../../../helpers/script.js'

function file(t: { testdir(): string }, text: string | Uint8Array): string {
  const path = join(t.testdir(), 'in.csv')
  writeFileSync(path, text)
  return path
}

t.test('types are found, names repaired, empty fields are null', async t => {
  const path = file(
    t,
    '\uFEFFid,_2nd,price in $,day,at,sym\n1,3000000000,1.5,2024-01-02,2024.01.02 09:30:00.123,A\n,2,2,2024/1/3,,"B,""x"""\n',
  )
  const { run, show } = testSession()
  const table = (await run(`loadText("${path}")`)) as Table
  t.equal(
    columnsText(table),
    'id INT, c_2nd LONG, price_in__ DOUBLE, day DATE, at TIMESTAMP, sym SYMBOL',
  )
  t.equal(
    rowsText(table),
    '1 3000000000 1.5 2024.01.02 2024.01.02T09:30:00.123 A; 2 2 2024.01.03  B,"x"',
  )
  t.equal(
    await show(`exec type from extractTextSchema("${path}")`),
    '[INT,LONG,DOUBLE,DATE,TIMESTAMP,SYMBOL]',
  )
})

t.test('a first line with a field that begins with a digit is a row', async t => {
  const path = file(t, 'a;1\nb;2\n')
  const { show } = testSession()
  t.equal(await show(`loadText("${path}", ";")`), 'a 1;b 2')
  t.equal(await show(`exec col1 from loadText("${path}", ";", , 1)`), '[2]')
  const schema = 'table(["x", "y"] as name, ["STRING", "DOUBLE"] as type)'
  t.equal(await show(`typestr(loadText("${path}", ";", ${schema}).y)`), 'FAST DOUBLE VECTOR')
})

t.test('loadTextEx makes the table, appends to it, and transforms', async t => {
  const path = file(t, 'day,x\n2024.01.01,1\n2024.01.02,2\n')
  const { run, show } = testSession()
  await run('db = database("dfs://d", VALUE, 2024.01.01..2024.01.02)')
  await run(`loadTextEx(db, "t", "day", "${path}")`)
  await run(
    `loadTextEx(db, "t", "day", "${path}", transform=def(mutable t){ return select day, x * 10 as x from t })`,
  )
  t.equal(await show('exec x from loadTable("dfs://d", "t") order by x'), '[1,2,10,20]')
})

t.test('what cannot be read', async t => {
  const path = file(t, '')
  const { fail, node } = testSession()
  t.match(await fail(`loadText("${path}")`), /The file \[.*\] is empty/)
  t.match(await fail(`loadText("${path}.none")`), /Failed to open file \[.*ENOENT/)
  t.match(await fail(`loadText("${join(path, '..')}")`), /not a file/)
  t.match(await fail('loadText(1)'), /\[filename\] must be a string/)
  t.match(await fail(`loadText("${path}", ",", 1)`), /must be a table with the columns/)
  t.match(
    await testSession({ node, user: 'guest' }).fail(`loadText("${path}")`),
    /Only administrators execute function loadText/,
  )
})
