/*
  Which input column fills which target column.
*/
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { mapColumns, type InputShape, type MappingRules } from '../../src/schema/column-mapping.js'
import { schemaFromTypes } from '../../src/schema/target-schema.js'
import { runs } from '../helpers/runs.js'

const target = schemaFromTypes('time:TIMESTAMP,sym:SYMBOL,price:DOUBLE')

const map = (input: Partial<InputShape>, rules: MappingRules = {}): unknown[] =>
  mapColumns(
    target,
    { file: 'x.csv', kind: 'fields', fieldCount: input.names?.length ?? 0, ...input },
    rules,
  ).columns.map(({ source }) =>
    source.kind === 'field'
      ? source.index
      : source.kind === 'member'
        ? source.name
        : `=${source.text}`,
  )

t.test('names decide when there are names', t => {
  t.strictSame(map({ names: ['price', 'time', 'sym'] }), [1, 2, 0])
  t.strictSame(map({ names: ['price', 'time', 'sym'] }, { match: 'position' }), [0, 1, 2])
  t.end()
})

t.test('a name in another case will do where nothing else can be meant', t => {
  t.strictSame(map({ names: ['Price', 'TIME', 'sym'] }), [1, 2, 0])
  t.strictSame(map({ names: ['Price', 'TIME', 'Sym'] }, { match: 'name' }), [1, 2, 0])
  t.strictSame(map({ names: ['Price', 'T', 'Sym'] }, { map: { time: 't' } }), [1, 2, 0])
  const ignoreExtra = { ignoreExtra: true }
  t.strictSame(map({ names: ['price', 'PRICE', 'time', 'sym'] }, ignoreExtra), [2, 3, 0])
  t.throws(() => map({ names: ['Price', 'PRICE', 'time', 'sym'] }, ignoreExtra), {
    code: 'DDB_INPUT_COLUMN',
  })
  const twins = schemaFromTypes('a:INT,A:INT')
  const input = { file: 'x.csv', kind: 'fields', fieldCount: 1 } as const
  t.throws(() => mapColumns(twins, { ...input, names: ['a'] }), { code: 'DDB_INPUT_COLUMN' })
  t.strictSame(
    mapColumns(twins, { ...input, fieldCount: 2, names: ['A', 'a'] }).columns.map(
      ({ source }) => source,
    ),
    [
      { kind: 'field', index: 1 },
      { kind: 'field', index: 0 },
    ],
  )
  t.end()
})

t.test('of each column it is looked what could be meant, however many there are', t => {
  const name = fc.constantFrom('a', 'A', 'b', 'B', 'bb', 'Bb', 'c')
  const like = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()
  fc.assert(
    fc.property(fc.uniqueArray(name), fc.uniqueArray(name, { minLength: 1 }), (names, wanted) => {
      const schema = schemaFromTypes(wanted.map(one => `${one}:INT`).join())
      const input = { file: 'x.csv', kind: 'fields', fieldCount: names.length, names } as const
      const rules = { ignoreExtra: true, allowMissing: true, match: 'name' } as const
      const found = mapColumns(schema, input, rules).columns.map(({ source }) =>
        source.kind === 'field' ? source.index : undefined,
      )
      const expected = wanted.map(one => {
        if (names.length === 0) return undefined
        const exact = names.indexOf(one)
        if (exact >= 0) return exact
        const alike = names.filter(other => like(one, other))
        const isSure = alike.length === 1 && wanted.filter(other => like(one, other)).length === 1
        return isSure ? names.indexOf(alike[0]!) : undefined
      })
      assert.deepEqual(found, expected)
    }),
    { numRuns: runs(200) },
  )
  const many = Array.from({ length: 60_000 }, (_, index) => `c${index}`)
  const schema = { columns: many.map(one => ({ name: one, type: { type: 'INT' as const } })) }
  const names = many.map(one => one.toUpperCase())
  const { columns } = mapColumns(schema, {
    file: 'x.csv',
    kind: 'fields',
    fieldCount: names.length,
    names,
  })
  t.match(columns.at(-1), { source: { kind: 'field', index: 59_999 } })
  t.end()
})

t.test('positions decide when the input has no names', t => {
  t.strictSame(map({ fieldCount: 3 }), [0, 1, 2])
  t.strictSame(map({ fieldCount: 2 }, { set: { sym: 'A' } }), [0, '=A', 1])
  t.strictSame(map({ fieldCount: 2 }, { allowMissing: true }), [0, 1, '='])
  t.strictSame(map({ fieldCount: 5 }, { ignoreExtra: true }), [0, 1, 2])
  t.strictSame(map({ fieldCount: 3 }, { map: { sym: '3', price: '2' } }), [0, 2, 1])
  t.throws(() => map({ fieldCount: 2 }), {
    code: 'DDB_INPUT_COLUMN',
    message: /2 fields, none for column "price"/,
  })
  t.throws(() => map({ fieldCount: 4 }), {
    code: 'DDB_INPUT_COLUMN',
    message: /field 4 .* goes nowhere/,
  })
  t.throws(() => map({ fieldCount: 3 }, { map: { sym: 'x' } }), { code: 'DDB_USAGE' })
  t.throws(() => map({ fieldCount: 3 }, { match: 'name' }), {
    code: 'DDB_USAGE',
    message: /no header/,
  })
  t.end()
})

t.test('map, set, ignore-extra and allow-missing change what names decide', t => {
  t.strictSame(
    map({ names: ['ts', 'ticker', 'price'] }, { map: { time: 'ts', sym: 'ticker' } }),
    [0, 1, 2],
  )
  t.strictSame(map({ names: ['time', 'price'] }, { set: { sym: 'A=B' } }), [0, '=A=B', 1])
  t.strictSame(map({ names: ['time', 'price'] }, { allowMissing: true }), [0, '=', 1])
  t.strictSame(map({ names: ['time', 'sym', 'price', 'venue'] }, { ignoreExtra: true }), [0, 1, 2])
  t.strictSame(
    map(
      { names: ['t', 'sym', 'price'] },
      { map: { time: 't', sym: 't', price: 't' }, ignoreExtra: true },
    ),
    [0, 0, 0],
  )
  t.end()
})

t.test('columns that do not fit name what is near, the line and the way out', t => {
  t.throws(() => map({ names: ['tiem', 'sym', 'price'], headerLineNumber: 3 }), {
    code: 'DDB_INPUT_COLUMN',
    exitCode: 65,
    message: /no column "time" \(nearest: tiem.*`mapping.map` time=SOURCE/,
    position: { file: 'x.csv', lineNumber: 3, columnName: 'time' },
  })
  t.throws(() => map({ names: ['TIMES', 'sym', 'price'] }), { message: /nearest: TIMES/ })
  t.throws(() => map({ names: ['time', 'sym', 'price', 'pricee'] }), {
    code: 'DDB_INPUT_COLUMN',
    message: /"pricee" of x.csv goes nowhere \(nearest: price\).*`mapping.ignoreExtra`/,
  })
  t.throws(() => map({ names: ['time', 'sym', 'price', ''] }), {
    message: /"" of x.csv goes nowhere: map it with .*`input.trailingDelimiter` if each line ends/,
  })
  const set = { price: '1' }
  t.throws(() => map({ names: ['time', 'sym', 'pricee'] }, { set }), {
    code: 'DDB_INPUT_COLUMN',
    message: /^column "pricee" of x.csv goes nowhere: map it with/,
  })
  t.throws(() => map({ names: ['time', 'sym', 'price'] }, { set }), {
    code: 'DDB_INPUT_COLUMN',
    message: /goes nowhere: leave out `mapping.set` price, .*`mapping.ignoreExtra`$/,
  })
  t.throws(() => map({ names: ['time', 'sym', 'price', 'price'] }, { ignoreExtra: true }), {
    code: 'DDB_INPUT_COLUMN',
    message: /twice/,
  })
  t.throws(() => map({ names: ['time', 'sym'] }, { map: { price: 'prize' }, allowMissing: true }), {
    code: 'DDB_INPUT_COLUMN',
  })
  t.throws(() => map({ names: ['time', 'sym', 'price'] }, { map: { symbol: 'sym' } }), {
    code: 'DDB_USAGE',
    message: /nearest: sym/,
  })
  t.throws(() => map({ names: ['time', 'sym', 'price'] }, { set: { nope: '1' } }), {
    code: 'DDB_USAGE',
  })
  t.throws(
    () => map({ names: ['time', 'sym', 'price'] }, { set: { sym: '1' }, map: { sym: 'sym' } }),
    { code: 'DDB_USAGE' },
  )
  t.end()
})

t.test('members of JSON are matched by name only', t => {
  t.strictSame(map({ kind: 'members' }, { map: { time: 'ts' }, set: { price: '1' } }), [
    'ts',
    'sym',
    '=1',
  ])
  t.throws(() => map({ kind: 'members' }, { match: 'position' }), { code: 'DDB_USAGE' })
  t.end()
})

t.test('an input without records fits every target', t => {
  t.strictSame(map({ fieldCount: 0 }, { match: 'name' }), ['=', '=', '='])
  t.end()
})

t.test('names like those of Object.prototype are names', t => {
  const odd = schemaFromTypes('constructor:INT,toString:INT')
  const { columns } = mapColumns(odd, {
    file: 'x',
    kind: 'fields',
    names: ['toString', 'constructor'],
    fieldCount: 2,
  })
  t.strictSame(
    columns.map(({ source }) => source),
    [
      { kind: 'field', index: 1 },
      { kind: 'field', index: 0 },
    ],
  )
  t.end()
})
