import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { columnTypeText } from '../../../src/protocol/data-type.js'
import { concatColumns, vectorOf } from '../../../src/protocol/element.js'
import type { Vector } from '../../../src/protocol/value.js'
import { appendElements, ownStrings } from '../../../src/server/elements/append-elements.js'
import { ownsArray } from '../../../src/server/values/ownership.js'
import { runs } from '../../helpers/runs.js'
import { textsOf } from '../../helpers/script.js'
import { ints } from '../../helpers/values.js'
import { column, elements, storedTypes } from '../columns/columns.js'

const growing = storedTypes.filter(type => !type.array && !['SYMBOL', 'BLOB'].includes(type.type))

t.test('elements stand behind the others, and what shared the array keeps its own', async t => {
  for (const type of growing) {
    const some = fc.array(elements(type), { maxLength: 12 })
    fc.assert(
      fc.property(some, fc.array(some, { maxLength: 5 }), (first, batches) => {
        const target = vectorOf(type, first) as Vector
        const shared = { ...target }
        const before = textsOf(shared)
        let all = vectorOf(type, first)
        for (const batch of batches) {
          const more = vectorOf(type, batch) as Vector
          assert.equal(appendElements(target, more), true)
          all = concatColumns(all, more)
          assert.equal(target.length, all.length)
          assert.deepEqual(textsOf(target), textsOf(all))
        }
        assert.deepEqual(textsOf(shared), before)
        appendElements(shared, vectorOf(type, first) as Vector)
        assert.deepEqual(textsOf(shared), [...before, ...before])
        assert.deepEqual(textsOf(target), textsOf(all))
      }),
      { numRuns: runs(30) },
    )
    t.pass(columnTypeText(type))
  }
})

t.test('an array of its own is filled before a larger one is made', async t => {
  const target = ints(1, 2, 3) as Extract<Vector, { type: 'INT' }>
  appendElements(target, ints(4) as Vector)
  t.equal(target.data.length, 16)
  t.ok(ownsArray(target))
  const { data } = target
  for (let i = 5; i <= 16; i++) appendElements(target, ints(i) as Vector)
  t.equal(target.data, data)
  appendElements(target, ints(17) as Vector)
  t.equal(target.data.length, 24, 'half as many again')
  t.same(
    textsOf(target),
    Array.from({ length: 17 }, (_, at) => String(at + 1)),
  )
})

t.test('only the elements of a vector are appended, not what lies behind them', async t => {
  const more = { ...ints(2, 3, 4), length: 2 } as Vector
  const target = ints(1) as Vector
  appendElements(target, more)
  t.same(textsOf(target), ['1', '2', '3'])
  const strings = { ...column('STRING', 'a', 'b'), length: 1 } as Vector
  appendElements(strings, { ...column('STRING', 'c', 'd'), length: 1 } as Vector)
  t.same(textsOf(strings), ['a', 'c'])
  const encoded: Vector = {
    form: 'vector',
    type: 'STRING',
    length: 1,
    encoded: Uint8Array.of(97, 0),
  }
  appendElements(encoded, strings)
  t.same(textsOf(encoded), ['a', 'a', 'c'])
})

t.test('a vector is appended to itself', async t => {
  for (const target of [ints(1, 2), column('STRING', 'a', 'b'), column('ANY', ints(1), ints(2))]) {
    const before = textsOf(target as Vector)
    appendElements(target as Vector, target as Vector)
    t.same(textsOf(target as Vector), [...before, ...before])
  }
})

t.test('vectors of other kinds do not grow in place', async t => {
  for (const type of ['SYMBOL', 'BLOB', 'VOID'] as const) {
    const target = vectorOf({ type }, [null]) as Vector
    t.equal(appendElements(target, vectorOf({ type }, [null]) as Vector), false, type)
    t.equal(target.length, 1)
  }
})

t.test('texts become the own of a vector once', async t => {
  const shared = ['a', 'b', 'behind']
  const target = { ...column('STRING'), data: shared, length: 2 } as Extract<
    Vector,
    { type: 'STRING' }
  >
  const own = ownStrings(target)
  t.strictSame(own, ['a', 'b'])
  t.not(own, shared)
  t.equal(ownStrings(target), own)
})
