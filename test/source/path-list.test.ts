/*
  Lists of paths that use little memory have the same content as arrays of texts.
*/
import fc from 'fast-check'
import t from 'tap'
import { newPathList } from '../../src/source/path-list.js'
import { runs } from '../helpers/runs.js'

/** Halves of surrogate pairs, and characters whose order differs between UTF-16 and UTF-8. */
const anyUnit = fc.constantFrom(
  ...['a', 'b', '~', '\u007f', '\u0080', '\u07ff', '\u0800', '\ud7ff'],
  ...['\ud800', '\udc80', '\udcff', '\udfff', '\ue000', '\ufffd', '\uffff', '\u{1f600}'],
)
const anyName = fc.oneof(
  fc.string({ unit: anyUnit, maxLength: 9 }),
  fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 9 }),
  fc.constantFrom('x'.repeat(40), `${'x'.repeat(40)}y`, 'line\nbreak'),
)
const anyFolder = fc.oneof(fc.constantFrom('', './', 'd/', 'd/aaaaaaaa/', 'é/'), anyName)
const anyPaths = fc.array(fc.tuple(anyFolder, fc.array(anyName, { maxLength: 40 })), {
  maxLength: 6,
})

t.test('paths come back unchanged, in the order of texts', async () => {
  fc.assert(
    fc.property(anyPaths, anyPaths, (before, sorted) => {
      const list = newPathList()
      const add = (paths: typeof before): string[] =>
        paths.flatMap(([folder, names]) =>
          names.map(name => {
            list.add(folder, name)
            return folder + name
          }),
        )
      const first = add(before)
      const others = add(sorted)
      list.sortFrom(first.length)
      same([...list], [...first, ...[...new Set(others)].sort()])
    }),
    { numRuns: runs(500) },
  )
})

t.test('paths that are removed from a list are gone, and the rest stays', async () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(anyName, fc.boolean())), names => {
      const list = newPathList()
      for (const [name] of names) list.add('d/', name)
      let kept = 0
      for (const [i, [, isKept]] of names.entries()) if (isKept) list.move(i, kept++)
      list.cut(kept)
      list.add('e/', 'last')
      const expected = names.filter(([, isKept]) => isKept).map(([name]) => `d/${name}`)
      same([...list], [...expected, 'e/last'])
      if (list.at(list.length) !== undefined || list.at(-1) !== undefined) throw new Error('more')
    }),
    { numRuns: runs(200) },
  )
})

t.test('names with a very long common beginning are also sorted', async t => {
  const list = newPathList()
  const names = Array.from({ length: 200 }, (_, i) => 'a'.repeat(20_000) + ((i * 77) % 200))
  for (const name of names) list.add('d/', name)
  list.sortFrom(0)
  t.strictSame([...list], names.map(name => `d/${name}`).sort())
})

function same(actual: readonly string[], expected: readonly string[]): void {
  const texts = [actual, expected].map(each => JSON.stringify(each))
  if (texts[0] !== texts[1]) throw new Error(`${texts[0]} is not ${texts[1]}`)
}
