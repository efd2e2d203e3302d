/*
  Patterns for paths, compared with JavaScript's regular expressions, which try every way to divide a name.
*/
import fc from 'fast-check'
import t from 'tap'
import { UsageError } from '../../../src/errors.js'
import { pathPattern, type PathMatch } from '../../../src/source/path/path-pattern.js'
import { runs } from '../../helpers/runs.js'

const texts = (match: PathMatch): unknown => (match.kind === 'texts' ? match.texts : match.kind)
const match = (pattern: string, path: string): unknown => texts(pathPattern(pattern).match(path))

t.test('a pattern describes the end of a path in parts, starting at a separator', t => {
  const level2 = 'level2/{day}/{symbol}.csv'
  t.strictSame(pathPattern(level2).names, ['day', 'symbol'])
  t.strictSame(match(level2, '/data/level2/20240102/SH501000.csv'), ['20240102', 'SH501000'])
  t.strictSame(match(level2, 'level2/20240102/SH501000.csv'), ['20240102', 'SH501000'])
  t.equal(match(level2, '/data/xlevel2/20240102/SH501000.csv'), 'none')
  t.equal(match(level2, '20240102/SH501000.csv'), 'none')
  t.equal(match(level2, 'level2/20240102/SH501000.csv.gz'), 'none')
  t.strictSame(match('{symbol}_{day}.csv', 'x/SZ399985_20130104.csv'), ['SZ399985', '20130104'])
  t.strictSame(match('{day}/*.csv', 'a/2024-01-02/whatever.csv'), ['2024-01-02'])
  t.strictSame(match('{年}/{代码}.csv', '数据/2024/平安.csv'), ['2024', '平安'])
  t.strictSame(match('/{top}/{name}', '/a/b'), ['a', 'b'], 'from the root')
  t.equal(match('/{top}/{name}', 'x/a/b'), 'none')
  t.strictSame(match('{{{name}}.csv', '{x}.csv'), ['x'], 'a brace')
  t.end()
})

t.test('an ambiguous text is unclear, and an unnamed part may be anything', t => {
  t.equal(match('{symbol}_{day}.csv', 'SH_600000_20240102.csv'), 'unclear')
  t.equal(match('{a}{b}', 'xyz'), 'unclear')
  t.strictSame(match('{a}{b}', 'xy'), ['x', 'y'])
  t.strictSame(match('*x*_{day}', 'xxxx_1'), ['1'], 'in many ways, and one text')
  t.end()
})

t.test('an invalid pattern is refused with an explanation', t => {
  const refusals: Record<string, RegExp> = {
    'a.csv': /names no part of a path/,
    '{day}/{day}.csv': /names two parts "day"/,
    '{day': /"\{" without a "\}"/,
    '{}/a': /a part without a name/,
    '{day:\\d{8}}': /write only its name/,
    '{a/b}': /within one name/,
    '{a{b}': /a brace in the name/,
  }
  for (const [pattern, message] of Object.entries(refusals)) {
    t.throws(() => pathPattern(pattern), { constructor: UsageError, message }, pattern)
  }
  t.end()
})

/** Every way to divide `name` so that each part matches its piece, according to JavaScript's regular expressions. */
function divisions(pieces: readonly (RegExp | string)[], name: string): string[][] {
  const [piece, ...rest] = pieces
  if (piece === undefined) return name === '' ? [[]] : []
  if (typeof piece === 'string') {
    if (!name.startsWith(piece)) return []
    return divisions(rest, name.slice(piece.length)).map(tail => [piece, ...tail])
  }
  const found: string[][] = []
  for (let length = 0; length <= name.length; length++) {
    const head = name.slice(0, length)
    if (!piece.test(head)) continue
    for (const tail of divisions(rest, name.slice(length))) found.push([head, ...tail])
  }
  return found
}

const piece = fc.constantFrom('_', 'a', '-', '*', undefined)

t.test('matching agrees with regular expressions, and with every way to divide the name', t => {
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 1, maxLength: 4 }),
      fc.string({ unit: fc.constantFrom('a', 'b', '1', '_', '-'), maxLength: 7 }),
      (pieces, name) => {
        if (!pieces.includes(undefined)) return
        const pattern = pieces.map((one, i) => one ?? `{p${i}}`).join('')
        const oracle = pieces.map(one =>
          one === undefined ? /^.+$/s : one === '*' ? /^.*$/s : one,
        )
        // A text that occurs at two positions also makes the match unclear.
        const named = (way: string[]): [number, string][] =>
          pieces.flatMap((one, i) =>
            one === undefined
              ? [[way.slice(0, i).join('').length, way[i]!] as [number, string]]
              : [],
          )
        const ways = [...new Set(divisions(oracle, name).map(way => JSON.stringify(named(way))))]
        const found = pathPattern(pattern).match(name)
        if (ways.length === 0) return found.kind === 'none'
        if (ways.length > 1) return found.kind === 'unclear'
        const expected = named(divisions(oracle, name)[0]!).map(([, text]) => text)
        return found.kind === 'texts' && JSON.stringify(found.texts) === JSON.stringify(expected)
      },
    ),
    { numRuns: runs(500) },
  )
  t.end()
})

t.test('no pattern takes longer than its size and the name allow', t => {
  // A matcher with backtracking would take longer than the age of the universe.
  const name = 'a'.repeat(4000)
  t.equal(match(`${'{p}'.replace('p', 'x')}${'*'.repeat(50)}b`, name), 'none')
  t.equal(match('{x}', 'a'.repeat(5000)), 'none', 'longer than any file name')
  t.end()
})
