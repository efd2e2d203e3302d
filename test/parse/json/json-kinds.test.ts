/*
  Kinds of JSON values, in words.
*/
import t from 'tap'
import { jsonKinds, kindsText } from '../../../src/parse/json/json-kinds.js'

t.test('kinds are said in words, null last', async t => {
  const { null: nothing, boolean, number, string, array, object } = jsonKinds
  t.equal(kindsText(number | string), 'a number or a string')
  t.equal(kindsText(nothing | boolean), 'true or false or null')
  t.equal(kindsText(array | object), 'an array or an object')
  t.equal(kindsText(0), '')
})

t.test('no two kinds share a bit', async t => {
  const bits = Object.values(jsonKinds)
  t.equal(
    bits.reduce<number>((sum, bit) => sum | bit, 0),
    bits.reduce<number>((sum, bit) => sum + bit, 0),
  )
  t.ok(bits.every(bit => Number.isInteger(Math.log2(bit))))
})
