/*
  Names that are near.
*/
import { strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { editDistance, nearestHint, nearestNames } from '../../src/schema/nearest.js'
import { runs } from '../helpers/runs.js'

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

/** The same count by its definition: what is left of both texts behind one edit, the cheapest way. */
function edits(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length
  const ways = [
    1 + edits(a.slice(1), b),
    1 + edits(a, b.slice(1)),
    Number(a[0] !== b[0]) + edits(a.slice(1), b.slice(1)),
  ]
  if (a.length > 1 && a[0] === b[1] && a[1] === b[0]) ways.push(1 + edits(a.slice(2), b.slice(2)))
  return Math.min(...ways)
}

t.test('the distance is the fewest edits', async t => {
  const word = fc.stringMatching(/^[abc]{0,5}$/)
  fc.assert(
    fc.property(word, word, (a, b) => strictEqual(editDistance(a, b), edits(a, b))),
    { numRuns: runs(200) },
  )
  t.pass()
})

t.test('at most three names, and of short ones those with one edit', async t => {
  t.strictSame(nearestNames('ab', ['abc', 'abd', 'abe', 'abf']), ['abc', 'abd', 'abe'])
  t.strictSame(nearestNames('a', ['b', 'bb']), ['b'])
  t.strictSame(nearestNames('Id', ['idx', 'ID']), ['ID', 'idx'], 'another case first')
  t.strictSame(nearestNames('a', []), [])
})
