/*
  One object into one row, against JSON.parse: members in any order, and what makes an object not a row.
*/
import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { elementSeparator } from '../../../src/parse/columns/array-column.js'
import { jsonKinds } from '../../../src/parse/json/json-kinds.js'
import type { JsonMember } from '../../../src/parse/json/json-members.js'
import type { Fault } from '../../../src/parse/record-block.js'
import { JsonRecords, type MemberRules } from '../../../src/parse/json/json-records.js'
import { runs } from '../../helpers/runs.js'
import { cellText, scanned } from './scanning.js'

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
  /** Text of each cell, undefined for what is not a row. */
  readonly cells: string[] | undefined
  readonly obstacle: Fault | undefined
}

/** Scans records one after the other, with what was learned from those before. */
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
    let next = records.scanUsual(block, 0, start)
    const isUsual = next >= 0
    if (!isUsual) next = records.scan(block, 0, start)
    const obstacle = isUsual ? undefined : records.obstacle
    if (next < 0) return { cells: undefined, obstacle }
    strictEqual(next, start + length)
    return { cells: members.map((_, field) => cellText(block, 0, field)), obstacle }
  })
}

const members = [member('a', number), member('b', string), member('ключ', boolean | string)]

t.test('cells are the values of JSON.parse, in whatever order the members come', async t => {
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
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 40 }), list => {
      const rows = rowsOf(
        list.map(({ text }) => text),
        members,
      )
      deepStrictEqual(
        rows,
        list.map(({ cells }) => ({ cells, obstacle: undefined })),
      )
    }),
    { numRuns: runs(150) },
  )
  t.pass()
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

t.test('what is not JSON has no obstacle: the scanner says where it stopped', async t => {
  for (const text of ['{"a" 1}', '{a:1}', '{"a":1', '{"a":1,}', '{"a":}', 'x']) {
    const { scanner, block } = scanned(text, 3)
    const records = new JsonRecords(scanner, members, lax)
    t.equal(records.scan(block, 0, 0), -1, text)
    t.equal(records.obstacle, undefined, text)
    t.ok(scanner.stoppedAt >= 0 && scanner.stoppedAt <= text.length, `at ${scanner.stoppedAt}`)
  }
})

t.test('members that no column takes are passed over when they may be, deep ones too', async t => {
  const texts = ['{"z":{"a":[1]},"a":1,"b":"x","ключ":true}', usual, '{"ключ":"n","a":null}']
  t.strictSame(
    rowsOf(texts, members, lax).map(({ cells }) => cells),
    [
      ['1', 'x', 'true'],
      ['1', 'x', 'true'],
      ['', '', 'n'],
    ],
  )
  t.strictSame(
    rowsOf([usual, '{}', usual], members, lax).map(({ cells }) => cells),
    [
      ['1', 'x', 'true'],
      ['', '', ''],
      ['1', 'x', 'true'],
    ],
  )
})

t.test('elements of an array are written one after the other, null as nothing', async t => {
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

t.test('members of objects inside have names with dots', async t => {
  const inner = [member('id', number), member('p.x', number), member('p.q.y', string)]
  const objects = fc.record({
    id: fc.integer(),
    x: fc.option(fc.integer()),
    y: fc.string(),
    shape: fc.constantFrom('nested', 'flat', 'mixed', 'turned'),
  })
  fc.assert(
    fc.property(fc.array(objects, { minLength: 1, maxLength: 40 }), list => {
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
      deepStrictEqual(
        rowsOf(texts, inner).map(({ cells }) => cells),
        list.map(({ id, x, y }) => [String(id), String(x ?? ''), y]),
      )
    }),
    { numRuns: runs(200) },
  )
  t.pass()
})

t.test('objects inside have their own members, once each', async t => {
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
  t.strictSame(
    rowsOf([good, '{"a":4,"p":null}', good], inner).map(({ cells }) => cells),
    [
      ['1', '2', '3'],
      ['4', '', ''],
      ['1', '2', '3'],
    ],
    'null stands for null in all members',
  )
  const rows = rowsOf(['{"a":1,"p":{"z":[],"y":3},"q":{"x":9}}', good], inner, lax)
  t.strictSame(rows[0]!.cells, ['1', '', '3'])
})

t.test('a member that fills a column may also be an object whose members do', async t => {
  const both = [member('p', number), member('p.x', number)]
  t.strictSame(rowsOf(['{"p":1,"p.x":2}'], both)[0]!.cells, ['1', '2'])
  t.strictSame(rowsOf(['{"p":{"x":2}}'], both, lax)[0]!.cells, ['', '2'])
})
