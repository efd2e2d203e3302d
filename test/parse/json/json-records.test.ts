/* JSON objects and the cells of their members. */
import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { elementSeparator } from '../../../src/parse/columns/array-column.js'
import { type JsonMember, kindsOf, type MemberRules } from '../../../src/parse/json/json-members.js'

import { jsonKinds } from '../../../src/parse/json/json-kinds.js'
import { JsonRecords } from '../../../src/parse/json/json-records.js'
import type { Fault } from '../../../src/parse/batch.js'
import { forAll } from '../../helpers/runs.js'
import { cells } from '../../helpers/values.js'
import { read, type ReadOptions, type ReadResult } from '../reading.js'
import { cellText, scanned } from './scanning.js'

// Reads an object into a row, compared with JSON.parse: members in any order, and reasons why an object is not a row.

const { boolean, number, string, array } = jsonKinds

const member = (name: string, kinds: number, elementKinds = 0): JsonMember => ({
  name,
  kinds,
  elementKinds,
  columnName: name.toUpperCase(),
  typeText: 'T',
})

const strict: MemberRules = { ignoreExtra: false, allowMissing: false }
const lax: MemberRules = { ignoreExtra: true, allowMissing: true }

interface Row {
  /** Text of each cell; undefined if the record is not a row. */
  readonly cells: string[] | undefined
  readonly obstacle: Fault | undefined
}

/** Scans records one after another. The scanner uses what it has learned from earlier records. */
function rowsOf(
  texts: readonly string[],
  members: readonly JsonMember[],
  rules: MemberRules = strict,
): Row[] {
  const { scanner, block } = scanned(texts.join(' '), members.length)
  const records = new JsonRecords(scanner, members, rules)
  let at = 0
  return texts.map(text => {
    const start = at
    const length = Buffer.byteLength(text)
    at += length + 1
    const next = records.scan(block, 0, start)
    const { obstacle } = records
    if (next < 0) return { cells: undefined, obstacle }
    strictEqual(next, start + length)
    return { cells: members.map((_, field) => cellText(block, 0, field)), obstacle }
  })
}

const cellsOf = (...given: Parameters<typeof rowsOf>): unknown =>
  rowsOf(...given).map(({ cells }) => cells)

const members = [member('a', number), member('b', string), member('ключ', boolean | string)]

t.test('cells are the values of JSON.parse, for members in any order', async () => {
  const record = fc
    .record({
      a: fc.option(fc.integer()),
      b: fc.option(fc.string({ unit: 'grapheme' })),
      ключ: fc.oneof(fc.boolean(), fc.string()),
      order: fc.shuffledSubarray(['a', 'b', 'ключ'], { minLength: 3 }),
      blanks: fc.constantFrom(0, 0, 0, 1, 2),
    })
    .map(({ order, blanks, ...values }) => {
      const entries = order.map(name => [name, values[name as 'a' | 'b' | 'ключ']])
      const text = JSON.stringify(Object.fromEntries(entries), null, blanks)
      const cells = [values.a, values.b, values.ключ].map(value => String(value ?? ''))
      return { text, cells }
    })
  forAll(150)(fc.array(record, { minLength: 1, maxLength: 40 }), list => {
    const rows = rowsOf(
      list.map(({ text }) => text),
      members,
    )
    const expected = list.map(({ cells }) => ({ cells, obstacle: undefined }))
    deepStrictEqual(rows, expected)
  })
})

const usual = '{"a":1,"b":"x","ключ":true}'

for (const [what, text, obstacle] of [
  ['a number', '5', { code: 'DDB_INPUT_JSON', message: 'a record is an object, not a number' }],
  ['an array', '[{}]', { code: 'DDB_INPUT_JSON', message: 'a record is an object, not an array' }],
  [
    'a member that goes nowhere',
    '{"a":1,"bb":"x"}',
    {
      code: 'DDB_INPUT_MEMBER',
      message: /"bb" goes nowhere \(nearest: b.*`mapping.map`.*`mapping.ignoreExtra`/,
      value: 'bb',
    },
  ],
  [
    'a member twice',
    '{"a":1,"b":"x","a":2}',
    { code: 'DDB_INPUT_MEMBER', message: 'the record has member "a" twice', columnName: 'A' },
  ],
  [
    'a member missing',
    '{"b":"x","ключ":true}',
    { code: 'DDB_INPUT_MEMBER', message: /no member "a".*`mapping.allowMissing`/, columnName: 'A' },
  ],
  [
    'a value of another kind',
    '{"a":"1","b":"x","ключ":true}',
    {
      code: 'DDB_INPUT_CELL',
      class: 'type',
      message: 'T column "A": expected a number, got the string "1"',
      columnName: 'A',
      value: '1',
    },
  ],
  [
    'half of a surrogate pair',
    '{"a":1,"b":"\\ud800","ключ":true}',
    { code: 'DDB_INPUT_ENCODING', columnName: 'B' },
  ],
] as const) {
  t.test(`${what} is an obstacle, and the next record is read`, async t => {
    const [, bad, good] = rowsOf([usual, text, usual], members)
    t.equal(bad!.cells, undefined)
    t.match(bad!.obstacle, obstacle)
    t.strictSame(good!.cells, ['1', 'x', 'true'])
  })
}

t.test('text that is not JSON is no obstacle: the scanner returns where it stopped', async t => {
  for (const text of ['{"a" 1}', '{a:1}', '{"a":1', '{"a":1,}', '{"a":}', 'x']) {
    const { scanner, block } = scanned(text, 3)
    const records = new JsonRecords(scanner, members, lax)
    t.equal(records.scan(block, 0, 0), -1, text)
    t.equal(records.obstacle, undefined, text)
    t.ok(scanner.stoppedAt >= 0 && scanner.stoppedAt <= text.length, `at ${scanner.stoppedAt}`)
  }
})

t.test('members without a column are skipped if allowed, even deep members', async t => {
  const texts = ['{"z":{"a":[1]},"a":1,"b":"x","ключ":true}', usual, '{"ключ":"n","a":null}']
  t.strictSame(cellsOf(texts, members, lax), cells('1,x,true', '1,x,true', ',,n'))
  t.strictSame(cellsOf([usual, '{}', usual], members, lax), cells('1,x,true', ',,', '1,x,true'))
})

t.test('elements of an array are written one after another, null as an empty text', async t => {
  const lists = [member('l', array, number)]
  const separator = String.fromCharCode(elementSeparator)
  for (const [text, cells] of [
    ['{"l":[]}', ''],
    ['{"l":[1]}', '1'],
    ['{"l":[ 1 , null,-2.5e3 ]}', ['1', '', '-2.5e3'].join(separator)],
    ['{"l":[null]}', ''],
    ['{"l":null}', ''],
  ] as const) {
    t.strictSame(rowsOf([text], lists)[0]!.cells, [cells], text)
  }
  for (const [text, message] of [
    ['{"l":["1"]}', /expected a number, got the string "1"/],
    ['{"l":[[1]]}', /expected a number, got \[1\]/],
    ['{"l":1}', /expected an array, got 1/],
  ] as const) {
    t.match(rowsOf([text], lists)[0]!.obstacle, { code: 'DDB_INPUT_CELL', message }, text)
  }
  const texts = [member('l', array, string)]
  t.match(rowsOf(['{"l":["a\\u001fb"]}'], texts)[0]!.obstacle, { code: 'DDB_INPUT_CELL' })
  t.strictSame(rowsOf(['{"l":["é","\\u0061"]}'], texts)[0]!.cells, [`é${separator}a`])
})

t.test(
  'arrays of numbers take strings, unless numbers have a style, which elements would lose',
  async t => {
    const takesStrings = (
      type: 'DOUBLE' | 'DATE',
      cells: Parameters<typeof kindsOf>[1],
    ): boolean => {
      const column = {
        name: 'l',
        type: { type, array: true },
        source: { kind: 'member', name: 'l' },
      } as const
      return (kindsOf(column, cells).elementKinds & string) !== 0
    }
    t.ok(takesStrings('DOUBLE', {}))
    for (const style of [{ thousands: '.' }, { decimalComma: true }, { percentColumns: ['l'] }]) {
      t.notOk(takesStrings('DOUBLE', style))
      t.ok(takesStrings('DATE', style))
    }
  },
)

t.test('members of inner objects have names with dots', async () => {
  const inner = [member('id', number), member('p.x', number), member('p.q.y', string)]
  const objects = fc.record({
    id: fc.integer(),
    x: fc.option(fc.integer()),
    y: fc.string(),
    shape: fc.constantFrom('nested', 'flat', 'mixed', 'turned'),
  })
  forAll(200)(fc.array(objects, { minLength: 1, maxLength: 40 }), list => {
    const texts = list.map(({ id, x, y, shape }) => {
      switch (shape) {
        case 'nested':
          return JSON.stringify({ id, p: { x, q: { y } } })
        case 'flat':
          return JSON.stringify({ 'p.x': x, id, 'p.q.y': y })
        case 'mixed':
          return JSON.stringify({ id, 'p.q': { y }, p: { x } })
        case 'turned':
          return JSON.stringify({ p: { 'q.y': y, x }, id })
      }
    })
    const expected = list.map(({ id, x, y }) => [String(id), String(x ?? ''), y])
    deepStrictEqual(cellsOf(texts, inner), expected)
  })
})

t.test('inner objects have their own members, each once', async t => {
  const inner = [member('a', number), member('p.x', number), member('p.y', number)]
  for (const [text, obstacle] of [
    ['{"a":1,"p":{"x":1}}', { code: 'DDB_INPUT_MEMBER', message: /no member "p.y"/ }],
    [
      '{"a":1,"p":{"x":1,"y":2,"z":3}}',
      { code: 'DDB_INPUT_MEMBER', message: /"p.z" goes nowhere/ },
    ],
    ['{"a":1,"p":{"x":1,"y":2,"x":3}}', { message: 'the record has member "p.x" twice' }],
    ['{"a":1,"p":{"x":1},"p":{"y":2}}', { message: 'the record has member "p" twice' }],
    ['{"a":1,"p":{"x":1,"y":1},"p.y":2}', { message: 'the record has member "p.y" twice' }],
    ['{"a":1,"p":5}', { code: 'DDB_INPUT_CELL', message: /expected an object, got 5/ }],
    ['{"a":1,"p":[{"x":1}]}', { code: 'DDB_INPUT_CELL', message: /expected an object/ }],
    ['{"a":1,"q":{"x":1}}', { message: /"q" goes nowhere/ }],
  ] as const) {
    t.match(rowsOf([text], inner)[0]!.obstacle, obstacle, text)
  }
  const good = '{"a":1,"p":{"x":2,"y":3}}'
  const found = cellsOf([good, '{"a":4,"p":null}', good], inner)
  t.strictSame(found, cells('1,2,3', '4,,', '1,2,3'), 'null gives null for all members')
  const rows = rowsOf(['{"a":1,"p":{"z":[],"y":3},"q":{"x":9}}', good], inner, lax)
  t.strictSame(rows[0]!.cells, ['1', '', '3'])
})

t.test('a member that fills a column may be an object whose members fill columns', async t => {
  const both = [member('p', number), member('p.x', number)]
  t.strictSame(rowsOf(['{"p":1,"p.x":2}'], both)[0]!.cells, ['1', '2'])
  t.strictSame(rowsOf(['{"p":{"x":2}}'], both, lax)[0]!.cells, ['', '2'])
})

// With `lenient`, a refused value becomes null and counts once for each column. Its record stays a row.

const lenient = (text: string, types: string, options: ReadOptions = {}): Promise<ReadResult> =>
  read(text, types, { name: 'x.ndjson', batch: { cells: { lenient: true } }, ...options })

const counts = ({ reader }: ReadResult) => reader.columnCounts.map(({ coerced }) => coerced)

t.test('a value of the wrong kind is null and counted, in every column that uses it', async t => {
  const found = await lenient(
    '{"a":1,"b":"x"}\n{"a":{},"b":[1]}\n{"a":true,"b":"y"}\n{"a":2,"b":{"c":1}}\n',
    'a:INT,a2:LONG,b:STRING',
    { map: { a2: 'a' } },
  )
  t.strictSame(found.rows, cells('1,1,x', ',,', ',,y', '2,2,'))
  t.strictSame(counts(found), [2, 2, 2])
  t.strictSame(found.rejects, [])
})

t.test('a bare NaN or infinity is null and counted, and skipped without a column', async t => {
  const found = await lenient(
    '{"a":NaN}\n{"a":-Infinity}\n{"a":"NaN"}\n{"a":1,"z":[Infinity]}\n',
    'a:DOUBLE',
    { ignoreExtra: true },
  )
  t.strictSame(found.rows, [[''], [''], [''], ['1']])
  t.strictSame(counts(found), [3])
})

t.test('half of a surrogate pair, and wrong elements of arrays', async t => {
  const found = await lenient('{"s":"\\ud800","l":[1,"x",{},2]}\n', 's:STRING,l:INT[]')
  t.strictSame(found.rows, [['', '[1,,,2]']])
  t.strictSame(counts(found), [1, 2], 'one by its kind, one by its text')
})

t.test('rejected records change no counts, however often they are scanned', async t => {
  for (const chunkBytes of [1, 7, 1000]) {
    const found = await lenient(
      '{"a":[],"b":1}x\n{"a":{},"c":1}\n{"b":2,"a":{}}\n{"a":5,"b":3}\n{"a":true}\n',
      'a:INT,b:INT',
      { chunkBytes },
    )
    t.strictSame(found.rows, cells(',2', '5,3'))
    t.strictSame(counts(found), [1, 0])
    t.equal(found.rejects.length, 3)
  }
})

t.test('without tolerance, the reject says that NaN is neither a value nor a null', async t => {
  const strict = { name: 'x.json', format: 'json', ignoreExtra: true } as const
  const text = '[{"a":NaN},{"a":1},{"a":2,"z":{"y":Infinity}},{"a":3},{"a":"-inf"}]'
  const { rows, rejects } = await read(text, 'a:DOUBLE', strict)
  t.strictSame(rows, [['1'], ['3']])
  t.match(rejects, [
    { code: 'DDB_INPUT_CELL', class: 'type', columnName: 'a', message: /NaN, which is neither/ },
    { code: 'DDB_INPUT_JSON', message: /infinity, which is neither/ },
    { code: 'DDB_INPUT_RANGE', columnName: 'a' },
  ])
})

t.test('a member that fills several columns must fit all of them', async t => {
  const options = { name: 'x.ndjson', map: { a: 'n', b: 'n' } }
  for (const types of ['a:LONG,b:UUID', 'a:UUID,b:LONG']) {
    const { rejects } = await read('{"n":5}\n{"n":true}\n', types, options)
    t.match(rejects, [{ message: /a string, got 5/ }, { message: /a string, got true/ }], types)
  }
})

t.test('a name of 60 parts needs 60 levels, not one for each way to divide the name', async t => {
  const name = Array.from({ length: 60 }, (_, i) => `n${i}`).join('.')
  t.strictSame(cellsOf([`{"${name}":1}`], [member(name, number)]), [['1']])
})
