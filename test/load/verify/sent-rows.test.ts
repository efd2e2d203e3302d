import t from 'tap'
import { wholeBatch } from '../../../src/load/outcomes/batch-part.js'
import { cutterOf, mostRowsOf, piecesOf } from '../../../src/load/verify/sent-rows.js'
import { vectorOf } from '../../../src/protocol/element.js'
import { formatElement } from '../../../src/protocol/value-text.js'
import { batchOf } from '../../helpers/batches.js'

t.test('all: pieces without gaps, of 10,000 narrow rows or 4 MiB of wide rows', async t => {
  t.strictSame(piecesOf(wholeBatch(batchOf(25_000)), 'all', 7, Math.random), [
    { start: 0, end: 10_000 },
    { start: 10_000, end: 20_000 },
    { start: 20_000, end: 25_000 },
  ])
  const wide = { ...batchOf(10), encodedBytes: 10 * 1024 * 1024 * 1.5 }
  t.equal(mostRowsOf({ batch: wide }), 2)
  t.equal(piecesOf(wholeBatch(wide), 'all', 0, Math.random).length, 5)
  t.equal(mostRowsOf({ batch: { ...wide, encodedBytes: 1e12 } }), 1)
})

t.test('sample: 100 of every 10,000 rows of the run, wherever batches end', async t => {
  for (const batchRows of [100, 3_000, 10_000, 50_000]) {
    for (const random of [() => 0, () => 0.999_999]) {
      let sampled = 0
      for (let before = 0; before < 150_000; before += batchRows) {
        for (const { start, end } of piecesOf(
          wholeBatch(batchOf(batchRows)),
          'sample',
          before,
          random,
        )) {
          t.ok(start >= 0 && start < end && end <= batchRows)
          sampled += end - start
        }
      }
      t.equal(sampled, 1_500, String(batchRows))
    }
  }
})

t.test('the first part is always checked', async t => {
  t.strictSame(piecesOf(wholeBatch(batchOf(1)), 'sample', 0, Math.random), [{ start: 0, end: 1 }])
})

t.test('columns are cut in the order of the plan, with the types of the table', async t => {
  const batch = {
    ...batchOf(4),
    columns: [
      vectorOf({ type: 'STRING' }, ['a', 'bb', '', 'dddd']),
      vectorOf({ type: 'INT' }, [1, 2, 3, 4]),
    ],
  }
  const column = (sentIndex: number, type: 'LONG' | 'STRING') => ({
    name: '',
    sentIndex,
    storedIndex: 0,
    storedType: { type },
  })
  const cut = cutterOf({ batch }, { columns: [column(1, 'LONG'), column(0, 'STRING')] })
  const texts = (start: number, end: number) =>
    cut(start, end).map(one =>
      Array.from({ length: one.length }, (_, row) => formatElement(one, row)),
    )
  t.strictSame(texts(0, 2), [
    ['1', '2'],
    ['a', 'bb'],
  ])
  t.strictSame(texts(2, 4), [
    ['3', '4'],
    ['', 'dddd'],
  ])
  t.strictSame(texts(1, 2), [['2'], ['bb']], 'also backwards')
})
