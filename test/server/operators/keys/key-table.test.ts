import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { KeyTable, type Key } from '../../../../src/server/operators/keys/row-keys.js'
import { runs } from '../../../helpers/runs.js'

const key: fc.Arbitrary<Key> = fc.oneof(
  fc.integer({ min: -9, max: 9 }),
  fc.double({ noNaN: true }),
  fc.bigInt({ min: -9n, max: 9n }),
  fc.bigInt(),
  fc.string({ maxLength: 6 }),
  fc.constant(null),
)

t.test('it knows what a Map knows, and the first value of a key stays', async () => {
  fc.assert(
    fc.property(fc.array(key, { maxLength: 60 }), keys => {
      const table = new KeyTable<number>()
      const model = new Map<Key, number>()
      keys.forEach((one, index) => {
        assert.equal(table.add(one, index), !model.has(one))
        if (!model.has(one)) model.set(one, index)
      })
      assert.equal(table.size, model.size)
      for (const one of keys) assert.equal(table.get(one), model.get(one))
    }),
    { numRuns: runs(200) },
  )
})

t.test('keys of different kinds are different keys', async t => {
  const table = new KeyTable<string>()
  for (const one of [1, 1n, '1', null]) t.ok(table.add(one, typeof one))
  t.equal(table.size, 4)
  t.equal(table.get(1n), 'bigint')
  t.equal(table.get(2), undefined)
})
