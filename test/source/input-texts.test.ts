/* Values for rows that come from the names of inputs. Patterns are compared with JavaScript's regular expressions, which try every way to
   divide a name. */
import fc from 'fast-check'
import t from 'tap'
import { InputError, UsageError } from '../../src/errors.js'
import { newPathReader } from '../../src/source/data-files.js'
import { forAll } from '../helpers/runs.js'

/** The texts of the pattern's parts, or how the path does not match. */
function match(pattern: string, path: string): unknown {
  try {
    const { parts, texts } = newPathReader({ path: pattern }).read(path)
    return parts.map(name => texts[name])
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    return /in more than one way/.test(error.message) ? 'unclear' : 'none'
  }
}

t.test('each name is mapped to its file, whatever else is requested', async t => {
  const expected = { parts: [], texts: { filename: 'c.csv', dirname: 'a/b', path: 'a/b/c.csv' } }
  t.strictSame(newPathReader().read('a/b/c.csv'), expected)
  for (const [path, dirname] of [
    ['c.csv', '.'],
    ['/c.csv', '/'],
  ] as const) {
    t.match(newPathReader().read(path).texts, { filename: 'c.csv', dirname })
  }
  t.strictSame(newPathReader({ path: '{day}.csv' }).read('x/2024.csv'), {
    parts: ['day'],
    texts: { filename: '2024.csv', dirname: 'x', path: 'x/2024.csv', day: '2024' },
  })
})

t.test('folders in the form of Hive', async t => {
  const { read } = newPathReader({ path: 'hive' })
  const { parts, texts } = read('/data/day=2024-01-02/sym=a%3Ab/x=1.csv')
  t.strictSame(parts, ['day', 'sym'], 'a file is not a folder')
  t.match(texts, { day: '2024-01-02', sym: 'a:b' })
  t.equal(read('day=__HIVE_DEFAULT_PARTITION__/a.csv').texts['day'], undefined)
  t.equal(read('day=100%/a.csv').texts['day'], '100%', 'no percent-encoding')
  t.throws(() => read('a/b.csv'), { constructor: InputError, code: 'DDB_INPUT_COLUMN' })
  t.throws(() => read('day=1/day=2/b.csv'), { message: /two folders "day=/ })
})

t.test('paths that do not match', async t => {
  t.throws(() => newPathReader({ path: 'd{day}.csv' }).read('x.csv'), {
    code: 'DDB_INPUT_COLUMN',
    message:
      /^the path "x.csv" does not match `input.path` "d\{day\}.csv": name only files that match/,
  })
  t.throws(() => newPathReader({ path: '{a}_{b}' }).read('1_2_3'), {
    message: /matches `input.path` in more than one way, as \{a\} may be several texts/,
  })
})

t.test('a pattern describes the end of a path in parts, starting at a separator', async t => {
  const level2 = 'level2/{day}/{symbol}.csv'
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
  t.strictSame(match('[st]h?{code}.csv', 'd/sh-600000.csv'), ['600000'])
  t.equal(match('[!s]h?{code}.csv', 'd/sh-600000.csv'), 'none')
  t.equal(match('[z-a]{code}', 'z1'), 'none', 'a range without characters')
})

t.test('an ambiguous text is unclear, and an unnamed part may be anything', async t => {
  t.equal(match('{symbol}_{day}.csv', 'SH_600000_20240102.csv'), 'unclear')
  t.equal(match('{a}{b}', 'xyz'), 'unclear')
  t.strictSame(match('{a}{b}', 'xy'), ['x', 'y'])
  t.strictSame(match('*x*_{day}', 'xxxx_1'), ['1'], 'in many ways, and one text')
})

t.test('an invalid pattern is refused with an explanation', async t => {
  const refusals: Record<string, RegExp> = {
    'a.csv': /names no part of a path/,
    '{day}/{day}.csv': /names two parts "day"/,
    '{day': /"\{" without a "\}"/,
    '{}/a': /the part \{\}: .*\* for a part that is not needed/,
    '{day:\\d{8}}': /write only its own name/,
    '{a/b}': /within one name/,
    '{a{b}': /the part \{a\{b\}/,
  }
  for (const [pattern, message] of Object.entries(refusals)) {
    t.throws(() => newPathReader({ path: pattern }), { constructor: UsageError, message }, pattern)
  }
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

t.test('matching agrees with regular expressions and every way to divide a name', async () => {
  forAll(500)(
    fc.array(piece, { minLength: 1, maxLength: 4 }),
    fc.string({ unit: fc.constantFrom('a', 'b', '1', '_', '-'), maxLength: 7 }),
    (pieces, name) => {
      if (!pieces.includes(undefined)) return
      const pattern = pieces.map((one, i) => one ?? `{p${i}}`).join('')
      const oracle = pieces.map(one => (one === undefined ? /^.+$/s : one === '*' ? /^.*$/s : one))
      // A text that occurs at two positions also makes the match unclear.
      const named = (way: string[]): [number, string][] =>
        pieces.flatMap((one, i) =>
          one === undefined ? [[way.slice(0, i).join('').length, way[i]!] as [number, string]] : [],
        )
      const ways = [...new Set(divisions(oracle, name).map(way => JSON.stringify(named(way))))]
      const found = match(pattern, name)
      if (ways.length === 0) return found === 'none'
      if (ways.length > 1) return found === 'unclear'
      const expected = named(divisions(oracle, name)[0]!).map(([, text]) => text)
      return JSON.stringify(found) === JSON.stringify(expected)
    },
  )
})

t.test('wildcards in a row take no longer than one', async t => {
  // Tried one by one, they would take longer than the age of the universe.
  t.equal(match(`{x}${'*'.repeat(50)}b`, 'a'.repeat(4000)), 'none')
})
