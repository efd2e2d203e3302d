/*
  Names that are near.
*/
import t from 'tap'
import { editDistance, nearestHint, nearestNames } from '../../src/schema/nearest.js'

t.test('near names are those a person could have meant', t => {
  t.strictSame(nearestNames('prise', ['size', 'price', 'time', 'sym', 'prices']), [
    'price',
    'prices',
  ])
  t.strictSame(nearestNames('PRICE', ['price']), ['price'])
  t.strictSame(nearestNames('zzz', ['price', 'size']), [])
  t.equal(nearestHint('tiem', ['time', 'sym']), ' (nearest: time)')
  t.equal(nearestHint('zzz', ['price']), '')
  t.end()
})

t.test('a swap of neighbours is one edit', t => {
  t.equal(editDistance('tiem', 'time'), 1)
  t.equal(editDistance('', 'abc'), 3)
  t.equal(editDistance('abc', ''), 3)
  t.equal(editDistance('kitten', 'sitting'), 3)
  t.equal(editDistance('same', 'same'), 0)
  t.end()
})
