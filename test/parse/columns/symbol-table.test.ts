/*
  Symbols by their bytes, against a Map.
*/
import { strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { noSymbol, SymbolTable } from '../../../src/parse/columns/symbol-table.js'
import { runs } from '../../helpers/runs.js'
import { cellOf } from '../cells/cell.js'

const find = (table: SymbolTable, text: string | Uint8Array): number => {
  const { bytes, view, start, end } = cellOf(text)
  return table.find(bytes, view, start, end)
}

t.test('each text has one number, in order of first appearance', async t => {
  const text = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 9 })
    .filter(s => !s.includes('\0'))
  fc.assert(
    fc.property(
      fc.array(fc.oneof(text, fc.stringMatching(/^[ab]{1,9}$/)), { maxLength: 200 }),
      texts => {
        const table = new SymbolTable()
        const numbers = new Map<string, number>()
        for (const symbol of texts) {
          if (!numbers.has(symbol)) numbers.set(symbol, numbers.size)
          strictEqual(find(table, symbol), numbers.get(symbol))
        }
        strictEqual(JSON.stringify(table.texts), JSON.stringify([...numbers.keys()]))
      },
    ),
    { numRuns: runs(100) },
  )
  t.pass()
})

t.test('the table grows, and forgets when it is cleared', async t => {
  const table = new SymbolTable()
  const count = 70_000
  for (let i = 0; i < count; i++) find(table, `symbol ${i}`)
  t.equal(table.size, count)
  t.ok(table.isFull)
  t.equal(find(table, 'symbol 0'), 0)
  t.equal(find(table, `symbol ${count - 1}`), count - 1)
  table.clear()
  t.notOk(table.isFull)
  t.equal(find(table, `symbol ${count - 1}`), 0)
})

t.test('bytes that are not text have no number', async t => {
  const table = new SymbolTable()
  t.equal(find(table, Uint8Array.of(0xff)), noSymbol)
  t.equal(find(table, 'a\0b'), noSymbol)
  t.equal(table.size, 0)
})
