import t from 'tap'
import { batch, batchColumns, wrongBatch } from '../../../src/selftest/checks/batches.js'
import { columnsText, rowsText, testSession } from '../../helpers/script.js'

t.test('rows tell their number, with nulls in both other columns', async t => {
  const rows = batch(0, 6)
  t.equal(columnsText(rows), 'id INT, sym SYMBOL, price DOUBLE')
  t.equal(rowsText(rows), '0 IBM ;1  0.25;2 A 0.5;3 中 0.75;4 IBM 1;5  ')
  t.equal(rowsText(batch(7, 2)), '7 中 1.75;8 IBM 2')
  t.equal(batch(0, 0).rows, 0)
  t.equal(columnsText(batch(0, 0)), columnsText(rows))
  t.equal(
    rowsText(batch(3, 3)),
    rowsText(rows).split(';').slice(3).join(';'),
    'a row does not depend on where its batch begins',
  )
})

t.test('a wrong batch has text in the place of prices', async t => {
  const rows = wrongBatch(2)
  t.equal(columnsText(rows), 'id INT, sym SYMBOL, price STRING')
  t.equal(rowsText(rows), '0 IBM none;1  none')
})

t.test('the tables that are made for them take one and refuse the other', async t => {
  for (const kind of ['table(', 'streamTable(', 'keyedTable(`id, ']) {
    const { run, call, show } = testSession()
    await run(`share(${kind}${batchColumns}), "t")`)
    t.match(await call('tableInsert{t}', batch(0, 3)), { value: 3 }, kind)
    await t.rejects(async () => call('tableInsert{t}', wrongBatch(1)), /Incompatible type/, kind)
    t.equal(await show('exec count(*) from t'), '3')
  }
})
