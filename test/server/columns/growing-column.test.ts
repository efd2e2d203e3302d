/*
  Columns of tables. Rows that other sessions append during a query are not in its result (docs/server-semantics.md#sessions).
*/
import fc from 'fast-check'
import t from 'tap'
import { columnTypeText } from '../../../src/protocol/data-type.js'
import { concatColumns, emptyVector, vectorOf } from '../../../src/protocol/element.js'
import { GrowingColumn } from '../../../src/server/columns/growing-column.js'
import { deepTest } from '../../helpers/runs.js'
import { textsOf } from '../../helpers/script.js'
import { elements, storedTypes } from './columns.js'

deepTest(
  t,
  'a column contains all appended rows, and a query reads those that were there when it began',
  t => {
    for (const type of storedTypes) {
      const batches = fc.array(fc.array(elements(type), { maxLength: 3 }), { maxLength: 40 })
      fc.assert(
        fc.property(batches, rows => {
          const growing = new GrowingColumn(emptyVector(type, 0))
          const views = []
          let all = emptyVector(type, 0)
          for (const batch of rows) {
            const column = vectorOf(type, batch)
            growing.append(column)
            all = concatColumns([all, column])
            views.push({ view: growing.snapshot(), expected: textsOf(all) })
          }
          for (const { view, expected } of views) {
            if (textsOf(view()).join('|') !== expected.join('|')) return false
          }
          return true
        }),
      )
      t.pass(columnTypeText(type))
    }
    t.end()
  },
)
