/* eslint-disable no-control-regex -- control characters are what some of these are about */
import fc from 'fast-check'
import t from 'tap'
import { jsonText } from '../../../src/cli/render/json.js'
import { vectorOf } from '../../../src/protocol/element.js'
import type { Value } from '../../../src/protocol/value.js'
import {
  all,
  dictionary,
  ints,
  longTable,
  matrix,
  scalar,
  scalars,
  strings,
  table,
  trades,
} from './values.js'

const json = (value: Value | undefined): unknown => JSON.parse(all(jsonText(value)))

t.test('a row of a table is an object, a null is null', async t => {
  t.strictSame(json(trades), [
    { sym: 'A', price: 1.5, id: 1 },
    { sym: 'MSFT', price: null, id: 22 },
    { sym: null, price: 300, id: null },
  ])
})

t.test('a scalar is its value; what a JSON number cannot hold is text', async t => {
  for (const [value, , expected] of scalars) t.strictSame(json(value), expected, value.type)
  t.equal(json(undefined), null)
})

t.test('other forms are arrays, or an object of their keys', async t => {
  t.strictSame(json({ form: 'pair', elements: ints(1, 5) }), [1, 5])
  t.strictSame(json({ form: 'set', elements: ints(1, 5) }), [1, 5])
  t.strictSame(json(matrix), [
    [1, 3],
    [2, null],
  ])
  t.strictSame(json(dictionary), {
    rows: 2,
    colDefs: json(trades),
    list: [1, null],
  })
  const numbered: Value = { form: 'dictionary', keys: ints(5), values: strings('a') }
  t.strictSame(json(numbered), { 5: 'a' })
})

t.test('an array column is an array in each row, a point two numbers', async t => {
  const array = vectorOf({ type: 'INT', array: true }, [[1, 2], null])
  t.strictSame(json(table({ a: array })), [{ a: [1, 2] }, { a: null }])
  t.strictSame(json(scalar({ type: 'POINT', value: [1.5, NaN] })), [1.5, 'NaN'])
})

t.test('json has no character a terminal would act on', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      const line = all(jsonText(scalar({ type: 'STRING', value: text })))
      const back: unknown = JSON.parse(line)
      return (
        (text === '' || back === text) && !/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.test(line)
      )
    }),
  )
})

t.test('a long table comes in pieces, and whole; one without rows is an empty array', async t => {
  t.ok([...jsonText(longTable(1234))].length > 2)
  t.equal((json(longTable(1234)) as unknown[]).length, 1234)
  t.equal(all(jsonText(table({ a: ints() }))), '[]\n')
})
