import fc from 'fast-check'
import t from 'tap'
import { columnTypeText } from '../../../src/protocol/data-type.js'
import { concatColumns, emptyVector, takeRows, vectorOf } from '../../../src/protocol/element.js'
import { type SymbolVector } from '../../../src/protocol/value.js'
import { growingColumn } from '../../../src/server/columns/growing-column.js'
import { deepTest } from '../../helpers/runs.js'
import { textsOf } from '../../helpers/script.js'
import { elements, storedTypes, symbolColumns } from './columns.js'

deepTest(t, 'a growing column contains all appended rows, and a view keeps its rows', t => {
  for (const type of storedTypes) {
    const batches = fc.array(fc.array(elements(type), { maxLength: 12 }), { maxLength: 6 })
    fc.assert(
      fc.property(batches, fc.nat({ max: 8 }), (rows, capacity) => {
        const growing = growingColumn(type, capacity)
        const views = []
        let all = emptyVector(type, 0)
        for (const batch of rows) {
          const column = vectorOf(type, batch)
          growing.append(column)
          all = concatColumns(all, column)
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

t.test('changed rows appear only in new views', t => {
  for (const type of storedTypes) {
    const property = fc.property(
      fc.array(elements(type), { minLength: 1, maxLength: 10 }),
      fc.array(fc.tuple(fc.nat(), elements(type)), { minLength: 1, maxLength: 10 }),
      (rows, changes) => {
        const growing = growingColumn(type, 0)
        growing.append(vectorOf(type, rows))
        const before = growing.view()
        const textsBefore = textsOf(before)
        const targets = changes.map(([target]) => target % rows.length)
        const values = vectorOf(
          type,
          changes.map(([, value]) => value),
        )
        growing.assign(Int32Array.from(targets), values)
        const expected = textsBefore.slice()
        const texts = textsOf(values)
        targets.forEach((target, index) => (expected[target] = texts[index]!))
        return (
          textsOf(before).join('|') === textsBefore.join('|') &&
          textsOf(growing.view()).join('|') === expected.join('|')
        )
      },
    )
    fc.assert(property)
    t.pass(columnTypeText(type))
  }
  t.end()
})

t.test(
  'SYMBOL columns with different bases merge into one base without losing or repeating text',
  t => {
    fc.assert(
      fc.property(fc.array(symbolColumns, { maxLength: 6 }), columns => {
        const growing = growingColumn({ type: 'SYMBOL' }, 0)
        const expected: string[] = []
        for (const column of columns) {
          growing.append(column)
          expected.push(...Array.from(column.codes, code => column.base[code]!))
        }
        const view = growing.view() as SymbolVector
        const codes = view.codes.subarray(0, view.length)
        const texts = Array.from(codes, code => view.base[code]!)
        return (
          view.base[0] === '' &&
          new Set(view.base).size === view.base.length &&
          texts.join('\n') === expected.join('\n')
        )
      }),
    )
    t.end()
  },
)

t.test('if a slice of a column is appended, only its rows are appended', t => {
  const growing = growingColumn({ type: 'INT', array: true }, 0)
  const rows = vectorOf({ type: 'INT', array: true }, [[1, 2], [3], [4, 5, 6]])
  growing.append(takeRows(rows, Int32Array.of(2, 0)))
  growing.append(rows)
  t.same(textsOf(growing.view()), ['[4,5,6]', '[1,2]', '[1,2]', '[3]', '[4,5,6]'])
  t.end()
})

t.test('a VOID column counts its rows', t => {
  const growing = growingColumn({ type: 'VOID' }, 0)
  growing.append({ form: 'vector', type: 'VOID', length: 3 })
  growing.assign(Int32Array.of(0), { form: 'vector', type: 'VOID', length: 1 })
  t.equal(growing.view().length, 3)
  t.end()
})
