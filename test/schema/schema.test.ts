/* Columns of a target, and the input columns that fill them. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import type { Dictionary, Value, Vector } from '../../src/protocol/value.js'
import { vectorOf } from '../../src/protocol/element.js'
import type { InputShape, MappingRules } from '../../src/schema/cell-source.js'
import { mapColumns } from '../../src/schema/column-mapping.js'
import { isIdentifier } from '../../src/schema/field-names.js'
import { nearestHint, nearestNames } from '../../src/schema/nearest.js'
import {
  isBefore,
  limitedColumns,
  limitsTexts,
  misreads,
  type PartitionDimension,
  limitText,
  parseVersion,
  schemaFromServer,
  schemaFromTypes,
  typesText,
} from '../../src/schema/target-schema.js'
import { deepTest, forAll } from '../helpers/runs.js'
import { tupleOf } from '../../src/protocol/types/tuples.js'
import { int, ints, tableOf } from '../helpers/values.js'

// The columns and partitions of a target, read from the dictionary that the server returns.

const strings = (...data: string[]) => vectorOf({ type: 'STRING' }, data) as Vector

function dictionary(entries: Record<string, Value>): Dictionary {
  return {
    form: 'dictionary',
    keys: strings(...Object.keys(entries)),
    values: tupleOf(Object.values(entries)),
  }
}

const defs = tableOf({
  name: strings('id', 'amount', 'levels', 'sym'),
  typeString: strings('INT', 'DECIMAL64(4)', 'DOUBLE[]', 'SYMBOL'),
  typeInt: ints(4, 38, 80, 17),
  extra: ints(null, 4, null, null),
  comment: strings('', '', '', ''),
})

const columns = [
  { name: 'id', type: { type: 'INT' } },
  { name: 'amount', type: { type: 'DECIMAL64', scale: 4 } },
  { name: 'levels', type: { type: 'DOUBLE', array: true } },
  { name: 'sym', type: { type: 'SYMBOL' } },
]

t.test('columns are read from colDefs', async t => {
  const others = { chunkPath: strings(''), partitionColumnIndex: int(-1) }
  t.strictSame(schemaFromServer(dictionary({ colDefs: defs, ...others })), { columns })
})

t.test('the schema of an old server, which gives types only as numbers, is read', async t => {
  const old = tableOf({
    name: strings('id', 'amount', 'levels', 'sym'),
    typeInt: ints(4, 38, 80, 17),
    extra: ints(null, 4, null, null),
  })
  t.strictSame(schemaFromServer(dictionary({ colDefs: old })), { columns })
  const masked = tableOf({
    ...{ name: strings('id', 'x'), typeInt: ints(4, 4) },
    sensitive: vectorOf({ type: 'BOOL' }, [false, true]),
  })
  const [plain, secret] = schemaFromServer(dictionary({ colDefs: masked })).columns
  t.strictSame([plain?.sensitive, secret?.sensitive], [undefined, true])
})

t.test('one partition column is described by scalars', async t => {
  const schema = dictionary({
    colDefs: defs,
    partitionColumnName: { form: 'scalar', type: 'STRING', value: 'sym' },
    partitionColumnIndex: int(3),
    partitionType: int(1),
    partitionColumnType: int(17),
    partitionSchema: strings('A', 'B'),
  })
  const sym = { columnName: 'sym', columnIndex: 3, kind: 'VALUE', type: 'SYMBOL' }
  const dimensions = [{ ...sym, scheme: strings('A', 'B') }]
  t.strictSame(schemaFromServer(schema).partition, { dimensions })
})

t.test('several partition columns are described by vectors', async t => {
  const schema = dictionary({
    colDefs: defs,
    partitionColumnName: strings('id', 'sym'),
    partitionColumnIndex: ints(0, 3),
    partitionType: ints(2, 5),
    partitionColumnType: ints(4, 17),
    partitionSchema: tupleOf([ints(0, 5, 10), int(40)]),
  })
  t.strictSame(schemaFromServer(schema).partition, {
    dimensions: [
      { columnName: 'id', columnIndex: 0, kind: 'RANGE', type: 'INT', scheme: ints(0, 5, 10) },
      { columnName: 'sym', columnIndex: 3, kind: 'HASH', type: 'SYMBOL', scheme: int(40) },
    ],
  })
})

t.test('if a function computes the partitions, they are unknown', async t => {
  const described = (names: Value, functions: Value): boolean => {
    const { partition } = schemaFromServer(
      dictionary({
        colDefs: defs,
        partitionColumnName: names,
        partitionType: ints(2, 5),
        partitionColumnType: ints(4, 17),
        partitionSchema: tupleOf([ints(0, 5, 10), int(40)]),
        partitionFunction: functions,
      }),
    )
    return partition?.unpredictable === true
  }
  const both = strings('id', 'sym')
  t.equal(described(both, strings('asis', 'asis')), false)
  t.equal(described(both, strings('myPartitionFunc{, 6, 8}', 'asis')), true)
  t.equal(described(both, strings('asis', 'myPartitionFunc{, 6, 8}')), true)
  t.equal(described(both, { form: 'scalar', type: 'STRING', value: 'myFunc' }), true)
  t.equal(described(strings('f(id)', 'sym'), strings()), true, 'a missing column')
})

t.test('an empty or missing partition column means that the table is not partitioned', async t => {
  const partitionColumnName = { form: 'scalar', type: 'STRING', value: '' } as const
  const none = dictionary({ colDefs: defs, partitionColumnName })
  t.equal(schemaFromServer(none).partition, undefined)
})

t.test('a value that is not a schema is an error', async t => {
  const wrong = [{}, { colDefs: int(1) }, { colDefs: tableOf({ name: strings() }) }]
  for (const value of [int(1), ...wrong.map(dictionary)])
    t.throws(() => schemaFromServer(value), { code: 'DDB_PROTOCOL' })
  const unknown = tableOf({ name: strings('x'), typeString: strings('TENSOR'), typeInt: ints(63) })
  const message = /column "x" has type TENSOR/
  t.throws(() => schemaFromServer(dictionary({ colDefs: unknown })), { message })
})

// Columns given by `target.types`.

t.test('types are parsed from text, and written as the same text', async t => {
  const text = 'time:TIMESTAMP,a:b:INT,amount:DECIMAL64(4),levels:DOUBLE[]'
  const schema = schemaFromTypes(' time : timestamp,a:b:INT,amount:decimal64( 4 ),levels:DOUBLE[]')
  t.equal(typesText(schema), text)
  t.strictSame(schema.columns[1], { name: 'a:b', type: { type: 'INT' } })
  for (const bad of 'time|:INT|a:FOO|a:DECIMAL32|a:DECIMAL32(10)|a:INT,|a:INT,a:INT|a:INT(3)'.split(
    '|',
  )) {
    t.throws(() => schemaFromTypes(bad), { code: 'DDB_USAGE', exitCode: 64 }, bad)
  }
})

// Limits for texts in DFS tables (docs/server-semantics.md#conversions-on-insert).

t.test('texts have the limit of the column that stores them, which is found by name', async t => {
  const { columns } = schemaFromTypes('a:SYMBOL,b:STRING,c:BLOB,d:INT,e:STRING')
  const { columns: stored } = schemaFromTypes('A:SYMBOL,b:BLOB,c:STRING,d:STRING,e:INT')
  t.strictSame(
    limitedColumns(columns, stored).map(({ name, maxBytes }) => [name, maxBytes]),
    [
      ['a', 255],
      ['b', 67_108_863],
      ['c', 65_535],
      ['d', undefined],
      ['e', undefined],
    ],
  )
})

t.test('a refusal names the type that would accept the text', async t => {
  t.match(limitText(255, 65_535), /SYMBOL column \(a STRING column would take/)
  t.match(limitText(255, 65_536), /SYMBOL column \(a BLOB column would take/)
  t.match(limitText(65_535, 65_536), /STRING column \(a BLOB column would take/)
  t.match(limitText(65_535, 67_108_864), /\(no column takes the 67108864 bytes\)/)
})

// The input column for each target column.

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
        : source.kind === 'constant'
          ? `=${source.text}`
          : source.parts,
  )

/** @param names  with blanks between them */
const named = (names: string, rules?: MappingRules): unknown[] =>
  map({ names: names.split(' ') }, rules)

/** Names, rules, and the code and text of the error. */
type Refused = readonly [names: string, rules: MappingRules, code: string, message: RegExp]

function checkRefused(t: Test, refused: readonly Refused[]): void {
  for (const [names, rules, code, message] of refused)
    t.throws(() => named(names, rules), { code, message }, `${names} ${JSON.stringify(rules)}`)
}

t.test('if the input has names, columns are matched by name', async t => {
  t.strictSame(named('price time sym'), [1, 2, 0])
  t.strictSame(named('price time sym', { match: 'position' }), [0, 1, 2])
})

t.test('a name in a different case matches if it is unambiguous', async t => {
  t.strictSame(named('Price TIME sym'), [1, 2, 0])
  t.strictSame(named('Price TIME Sym', { match: 'name' }), [1, 2, 0])
  t.strictSame(named('Price T Sym', { map: { time: 't' } }), [1, 2, 0])
  const ignoreExtra = { ignoreExtra: true }
  t.strictSame(named('price PRICE time sym', ignoreExtra), [2, 3, 0])
  t.throws(() => named('Price PRICE time sym', ignoreExtra), { code: 'DDB_INPUT_COLUMN' })
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
})

deepTest(t, 'each of any number of columns is matched in any case if unambiguous', async t => {
  const name = fc.constantFrom('a', 'A', 'b', 'B', 'bb', 'Bb', 'c')
  const like = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()
  forAll(200)(fc.uniqueArray(name), fc.uniqueArray(name, { minLength: 1 }), (names, wanted) => {
    const schema = schemaFromTypes(wanted.map(one => `${one}:INT`).join())
    const input = { file: 'x.csv', kind: 'fields', fieldCount: names.length, names } as const
    const rules = { ignoreExtra: true, allowMissing: true, match: 'name' } as const
    const expected = wanted.map(one => {
      if (names.length === 0) return undefined
      const exact = names.indexOf(one)
      if (exact >= 0) return exact
      const alike = names.filter(other => like(one, other))
      const isSure = alike.length === 1 && wanted.filter(other => like(one, other)).length === 1
      return isSure ? names.indexOf(alike[0]!) : undefined
    })
    const found = (): unknown[] =>
      mapColumns(schema, input, rules).columns.map(({ source }) =>
        source.kind === 'field' ? source.index : undefined,
      )
    const fits = names.length === 0 || expected.some(index => index !== undefined)
    if (fits) assert.deepEqual(found(), expected)
    else assert.throws(found, { code: 'DDB_INPUT_COLUMN' })
  })
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
})

t.test('if the input has no names, columns are matched by position', async t => {
  t.strictSame(map({ fieldCount: 3 }), [0, 1, 2])
  t.strictSame(map({ fieldCount: 2 }, { set: { sym: 'A' } }), [0, '=A', 1])
  t.strictSame(map({ fieldCount: 2 }, { allowMissing: true }), [0, 1, '='])
  t.strictSame(map({ fieldCount: 5 }, { ignoreExtra: true }), [0, 1, 2])
  t.strictSame(map({ fieldCount: 3 }, { map: { sym: '3', price: '2' } }), [0, 2, 1])
  t.strictSame(map({ fieldCount: 3 }, { map: { price: '1' } }), [1, 2, 0])
  const twoOfThree = { map: { price: '1', sym: '2' }, allowMissing: true }
  t.strictSame(map({ fieldCount: 2 }, twoOfThree), ['=', 1, 0])
  t.throws(() => map({ fieldCount: 2 }), {
    code: 'DDB_INPUT_COLUMN',
    message: /2 fields, none for column "price": set/,
  })
  t.throws(() => map({ fieldCount: 2 }, { set: { price: '{2}.5' } }), {
    message: /none for column "sym" \(`mapping.set` uses field 2: .* the same field\)/,
  })
  const refusal = { code: 'DDB_INPUT_COLUMN', message: /field 4 .* goes nowhere/ }
  t.throws(() => map({ fieldCount: 4 }), refusal)
  t.throws(() => map({ fieldCount: 3 }, { map: { sym: 'x' } }), { code: 'DDB_USAGE' })
  const error = { code: 'DDB_USAGE', message: /no header/ }
  t.throws(() => map({ fieldCount: 3 }, { match: 'name' }), error)
})

t.test('map, set, ignore-extra and allow-missing change the matching by name', async t => {
  t.strictSame(named('ts ticker price', { map: { time: 'ts', sym: 'ticker' } }), [0, 1, 2])
  t.strictSame(named('time price', { set: { sym: 'A=B' } }), [0, '=A=B', 1])
  t.strictSame(named('time price', { allowMissing: true }), [0, '=', 1])
  t.strictSame(named('time sym price venue', { ignoreExtra: true }), [0, 1, 2])
  t.strictSame(
    map(
      { names: ['t', 'sym', 'price'] },
      { map: { time: 't', sym: 't', price: 't' }, ignoreExtra: true },
    ),
    [0, 0, 0],
  )
})

t.test('a matching error names similar columns, the line and the remedy', async t => {
  t.throws(() => map({ names: ['tiem', 'sym', 'price'], headerLineNumber: 3 }), {
    code: 'DDB_INPUT_COLUMN',
    exitCode: 65,
    message: /no column "time" \(nearest: tiem.*`mapping.map` time=SOURCE/,
    position: { file: 'x.csv', lineNumber: 3, columnName: 'time' },
  })
  const set = { price: '1' }
  const code = 'DDB_INPUT_COLUMN'
  checkRefused(t, [
    ['TIMES sym price', {}, code, /nearest: TIMES/],
    [
      'time sym price pricee',
      {},
      code,
      /"pricee" of x.csv goes nowhere \(nearest: price\).*`mapping.ignoreExtra`/,
    ],
    ['time sym price ', {}, code, /"" of x.csv goes nowhere: map it with .*`mapping.ignoreExtra`/],
    ['time sym pricee', { set }, code, /^column "pricee" of x.csv goes nowhere: map it with/],
    [
      'time sym price',
      { set },
      code,
      /goes nowhere: leave out `mapping.set` price, .*`mapping.ignoreExtra`$/,
    ],
    ['time sym price price', { ignoreExtra: true }, code, /twice/],
    ['time sym', { map: { price: 'prize' }, allowMissing: true }, code, /./],
    ['time sym price', { map: { symbol: 'sym' } }, 'DDB_USAGE', /nearest: sym/],
    ['time sym price', { set: { nope: '1' } }, 'DDB_USAGE', /./],
    ['time sym price', { set: { sym: '1' }, map: { sym: 'sym' } }, 'DDB_USAGE', /./],
  ])
})

t.test('JSON members are matched by name, elements of arrays by number', async t => {
  const expected = ['ts', 'sym', '=1']
  t.strictSame(map({ kind: 'members' }, { map: { time: 'ts' }, set: { price: '1' } }), expected)
  const byPosition = { match: 'position' } as const
  t.strictSame(
    map({ kind: 'members' }, { ...byPosition, map: { time: '3' }, set: { price: '1' } }),
    ['3', '1', '=1'],
  )
  t.strictSame(map({ kind: 'members' }, { ...byPosition, map: { price: '1' } }), ['2', '3', '1'])
  const halves = { ...byPosition, set: { time: '{1} {2}' } }
  t.strictSame(map({ kind: 'members' }, halves).slice(1), ['3', '4'])
  const error = { code: 'DDB_USAGE', message: /arrays have no names/ }
  t.throws(() => map({ kind: 'members' }, { ...byPosition, map: { time: 'ts' } }), error)
})

t.test('an input without records fits every target', async t => {
  t.strictSame(map({ fieldCount: 0 }, { match: 'name' }), ['=', '=', '='])
})

t.test('names like those of Object.prototype are valid', async t => {
  const odd = schemaFromTypes('constructor:INT,toString:INT')
  const { columns } = mapColumns(odd, {
    file: 'x',
    kind: 'fields',
    names: ['toString', 'constructor'],
    fieldCount: 2,
  })
  const sources = columns.map(({ source }) => source)
  t.strictSame(sources, [
    { kind: 'field', index: 1 },
    { kind: 'field', index: 0 },
  ])
})

t.test('valid names consist of letters, Chinese characters, digits and _', async t => {
  for (const name of ['a', 'A1_', '日期', 'a日2']) t.ok(isIdentifier(name), name)
  for (const name of [
    '',
    '1a',
    '_a',
    'a b',
    'a`b',
    'a"',
    'é',
    'a\n',
    '。',
    'null',
    'NULL',
    'true',
  ]) {
    t.notOk(isIdentifier(name), name)
  }
})

t.test('similar names are those that a person could have meant', async t => {
  const expected = ['price', 'prices']
  t.strictSame(nearestNames('prise', ['size', 'price', 'time', 'sym', 'prices']), expected)
  t.strictSame(nearestNames('PRICE', ['price']), ['price'])
  t.strictSame(nearestNames('zzz', ['price', 'size']), [])
  t.equal(nearestHint('tiem', ['time', 'sym']), ' (nearest: time)')
  t.equal(nearestHint('zzz', ['price']), '')
})

t.test('at most three names are suggested; for short names, only with one edit', async t => {
  t.strictSame(nearestNames('ab', ['abc', 'abd', 'abe', 'abf']), ['abc', 'abd', 'abe'])
  t.strictSame(nearestNames('a', ['b', 'bb']), ['b'])
  t.strictSame(nearestNames('Id', ['idx', 'ID']), ['ID', 'idx'], 'another case first')
  t.strictSame(nearestNames('a', []), [])
})

t.test('the leading numbers are the version', async t => {
  t.same(parseVersion('2.00.10 2023.09.12'), [2, 0, 10])
  t.same(parseVersion('3.00.3.1 2025.06.01 LINUX_ABI x86_64'), [3, 0, 3, 1])
  t.same(parseVersion('v1.30.22.4'), [1, 30, 22, 4])
  for (const text of ['', 'three', '3', '3.00', '1.2.3.4.5', '99999.0.0']) {
    t.equal(parseVersion(text), undefined, text)
  }
})

t.test('versions compare number by number', async t => {
  t.ok(isBefore([1, 30, 9], [1, 30, 19]))
  t.ok(isBefore([2, 0, 7], [2, 0, 7, 1]))
  t.notOk(isBefore([2, 0, 7, 0], [2, 0, 7]))
  t.notOk(isBefore([3, 0, 0], [2, 0, 12]))
})

t.test('only some versions misread a partition column', async t => {
  const of = (type: 'MONTH' | 'SYMBOL') => ({ kind: 'VALUE', type }) as PartitionDimension
  for (const version of ['1.30.21', '2.00.9.2']) t.ok(misreads(of('MONTH'), version))
  for (const version of ['1.30.21.3', '2.00.9.3', undefined])
    t.notOk(misreads(of('MONTH'), version))
  for (const version of ['3.00.0 2024.03.31', '3.00.0.1']) t.ok(misreads(of('SYMBOL'), version))
  for (const version of ['2.00.12', '3.00.0.2', undefined]) t.notOk(misreads(of('SYMBOL'), version))
})

// Limits begin with versions 1.30.23 and 2.00.11 (docs/server-semantics.md#conversions-on-insert).
t.test('DFS tables limit texts from certain versions on, or if it is unknown', async t => {
  for (const version of ['1.30.22', '2.00.10 2023.09.12', '1.20.6']) t.notOk(limitsTexts(version))
  for (const version of ['1.30.23', '2.00.11', '3.00.0', 'new', undefined])
    t.ok(limitsTexts(version))
})
