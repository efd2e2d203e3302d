import fc from 'fast-check'
import t from 'tap'
import { columnTypeText } from '../../../src/protocol/data-type.js'
import { concatColumns, emptyVector, vectorOf } from '../../../src/protocol/element.js'
import { GrowingColumn } from '../../../src/server/columns/growing-column.js'
import { deepTest } from '../../helpers/runs.js'
import { textsOf } from '../../helpers/script.js'
import { elements, storedTypes } from './columns.js'

deepTest(t, 'a growing column contains all appended rows, and a view keeps its rows', t => {
  for (const type of storedTypes) {
    const batches = fc.array(fc.array(elements(type), { maxLength: 12 }), { maxLength: 6 })
    fc.assert(
      fc.property(batches, rows => {
        const growing = new GrowingColumn(emptyVector(type, 0))
        const views = []
        let all = emptyVector(type, 0)
        for (const batch of rows) {
          const column = vectorOf(type, batch)
          growing.append(column)
          all = concatColumns([all, column])
          views.push({ view: growing.view(), expected: textsOf(all) })
        }
        for (const { view, expected } of views) {
          if (textsOf(view).join('|') !== expected.join('|')) return false
        }
        return true
      }),
    )
    t.pass(columnTypeText(type))
  }
  t.end()
})
