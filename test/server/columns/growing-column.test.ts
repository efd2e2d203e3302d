/*
  Columns of tables. Rows that other sessions append during a query are not in its result (docs/server-semantics.md#sessions).
*/
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { vectorOf } from '../../../src/protocol/element.js'
import { GrowingColumn } from '../../../src/server/columns/growing-column.js'
import { column, valuesOf } from './columns.js'

t.test('a query reads the rows that were there when it began', t => {
  const batches = fc.array(fc.array(fc.string(), { maxLength: 3 }), { maxLength: 40 })
  fc.assert(
    fc.property(batches, rows => {
      const growing = new GrowingColumn(column('STRING'))
      const views = rows.map((batch, at) => {
        growing.append(vectorOf({ type: 'STRING' }, batch))
        return { view: growing.snapshot(), expected: rows.slice(0, at + 1).flat() }
      })
      for (const { view, expected } of views) assert.deepEqual(valuesOf(view()), expected)
    }),
  )
  t.end()
})
