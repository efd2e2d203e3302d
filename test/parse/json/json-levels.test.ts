/*
  Where members stand in a record, by their names.
*/
import t from 'tap'
import { jsonLevels } from '../../../src/parse/json/json-levels.js'

/** Each level as its prefix, its keys with fields, and the prefixes that its keys lead to. */
const shown = (names: readonly string[]) =>
  jsonLevels(names).map(({ prefix, entries, fields }) => ({
    prefix,
    fields,
    entries: Object.fromEntries(
      [...entries].map(([key, { field, level }]) => [key, [field, level?.prefix]]),
    ),
  }))

t.test('names without dots stand in the record itself', async t => {
  t.strictSame(shown(['a', 'b']), [
    { prefix: '', fields: [0, 1], entries: { a: [0, undefined], b: [1, undefined] } },
  ])
})

t.test('a name with dots is a member of that name, or one inside objects', async t => {
  t.strictSame(shown(['a', 'p.x', 'p.y.z']), [
    {
      prefix: '',
      fields: [0, 1, 2],
      entries: {
        a: [0, undefined],
        'p.x': [1, undefined],
        p: [-1, 'p.'],
        'p.y.z': [2, undefined],
        'p.y': [-1, 'p.y.'],
      },
    },
    {
      prefix: 'p.',
      fields: [1, 2],
      entries: { x: [1, undefined], 'y.z': [2, undefined], y: [-1, 'p.y.'] },
    },
    { prefix: 'p.y.', fields: [2], entries: { z: [2, undefined] } },
  ])
})

t.test('one key may be a member itself and hold others', async t => {
  t.match(shown(['p', 'p.x'])[0]!.entries, { p: [0, 'p.'] })
  t.match(shown(['p.x', 'p'])[0]!.entries, { p: [1, 'p.'] })
})

t.test('a name of many dots takes a level for each, not one for each way to divide it', async t => {
  const name = Array.from({ length: 60 }, (_, i) => `n${i}`).join('.')
  t.equal(jsonLevels([name]).length, 60)
})
