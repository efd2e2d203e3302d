/*
  Boundaries of pieces in the order in which a reader comes to them.
*/
import t from 'tap'
import { PieceBounds } from '../../src/parse/piece-bounds.js'

t.test('pieces and what lies between them take turns', async t => {
  const bounds = new PieceBounds([
    { startBytes: 10, endBytes: 20 },
    { startBytes: 20, endBytes: 30 },
    { startBytes: 40, endBytes: 40 },
  ])
  const found: [number, boolean][] = []
  for (; bounds.boundaryBytes < Infinity; bounds.cross()) {
    found.push([bounds.boundaryBytes, bounds.isInside])
  }
  t.strictSame(found, [
    [10, false],
    [20, true],
    [20, false],
    [30, true],
    [40, false],
    [40, true],
  ])
  t.equal(bounds.isInside, false)
})

t.test('without pieces there are no bounds', async t => {
  t.equal(new PieceBounds([]).boundaryBytes, Infinity)
})
