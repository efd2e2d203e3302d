import fc from 'fast-check'
import t from 'tap'
import type { ColumnType } from '../../../src/protocol/data-type.js'
import { vectorOf, type ElementValue } from '../../../src/protocol/element.js'
import { KeyIndex } from '../../../src/server/tables/key-index.js'
import { textsOf } from '../../helpers/script.js'
import { elements } from '../columns/columns.js'

const keyTypes: readonly (readonly ColumnType[])[] = [
  [{ type: 'INT' }],
  [{ type: 'BOOL' }, { type: 'SHORT' }],
  [{ type: 'SYMBOL' }, { type: 'LONG' }],
  [{ type: 'STRING' }, { type: 'UUID' }],
]

/** Few different values, so that keys repeat. */
function fewElements(type: ColumnType): fc.Arbitrary<ElementValue> {
  return fc
    .array(elements(type), { minLength: 3, maxLength: 3 })
    .chain(few => fc.constantFrom(...few))
}

t.test('a key is found at the first row that has it, in every combination of types', t => {
  for (const types of keyTypes) {
    const row = fc.tuple(...types.map(fewElements))
    const batches = fc.array(fc.array(row, { maxLength: 80 }), { maxLength: 4 })
    const property = fc.property(batches, given => {
      const index = new KeyIndex(types)
      const firstRows = new Map<string, number>()
      let rows = 0
      for (const batch of given) {
        const columns = types.map((type, at) =>
          vectorOf(
            type,
            batch.map(values => values[at]!),
          ),
        )
        const words = index.read(columns, batch.length)
        const texts = columns.map(textsOf)
        for (let at = 0; at < batch.length; at++) {
          const key = JSON.stringify(texts.map(column => column[at]))
          const expected = firstRows.get(key) ?? -1
          if (index.find(words, at) !== expected || index.add(words, at) !== expected) return false
          if (expected < 0) firstRows.set(key, rows)
          rows++
        }
      }
      return index.rows === rows
    })
    fc.assert(property)
    t.pass(types.map(type => type.type).join())
  }
  t.end()
})

t.test('a cleared index knows nothing and can be filled again', t => {
  const index = new KeyIndex([{ type: 'INT' }])
  const keys = index.read([vectorOf({ type: 'INT' }, [7, 8])], 2)
  index.add(keys, 0)
  index.clear()
  t.equal(index.rows, 0)
  t.equal(index.find(keys, 0), -1)
  t.equal(index.add(keys, 1), -1)
  t.equal(index.find(keys, 1), 0)
  t.end()
})

t.test('columns that cannot tell rows apart cannot be key columns', t => {
  const refused: readonly ColumnType[] = [
    { type: 'ANY' },
    { type: 'BLOB' },
    { type: 'INT', array: true },
  ]
  for (const type of refused) {
    t.throws(() => new KeyIndex([type]), { message: /can't be a key column/ })
  }
  t.end()
})
