/*
  Values into cells where bad ones are let pass: null, counted once for each column, and the record stays a row.
*/
import t from 'tap'
import { read, type ReadOptions, type ReadResult } from '../reading.js'

const lenient = (text: string, types: string, options: ReadOptions = {}): Promise<ReadResult> =>
  read(text, types, { name: 'x.ndjson', batch: { cells: { lenient: true } }, ...options })

const counts = ({ reader }: ReadResult) => reader.columnCounts.map(({ coerced }) => coerced)

t.test('a value of the wrong kind is null and counted, in every column that takes it', async t => {
  const found = await lenient(
    '{"a":1,"b":"x"}\n{"a":{},"b":[1]}\n{"a":true,"b":"y"}\n{"a":2,"b":{"c":1}}\n',
    'a:INT,a2:LONG,b:STRING',
    { map: { a2: 'a' } },
  )
  t.strictSame(found.rows, [
    ['1', '1', 'x'],
    ['', '', ''],
    ['', '', 'y'],
    ['2', '2', ''],
  ])
  t.strictSame(counts(found), [2, 2, 2])
  t.strictSame(found.rejects, [])
})

t.test('a bare NaN or infinity is null and counted, and passed over where nobody asks', async t => {
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

t.test('records that are set aside count nothing, however often they are looked at', async t => {
  for (const chunkBytes of [1, 7, 1000]) {
    const found = await lenient(
      '{"a":[],"b":1}x\n{"a":{},"c":1}\n{"b":2,"a":{}}\n{"a":5,"b":3}\n{"a":true}\n',
      'a:INT,b:INT',
      { chunkBytes },
    )
    t.strictSame(found.rows, [
      ['', '2'],
      ['5', '3'],
    ])
    t.strictSame(counts(found), [1, 0])
    t.equal(found.rejects.length, 3)
  }
})

t.test('without that, NaN says that it is none of JSON', async t => {
  const strict = { name: 'x.json', format: 'json', ignoreExtra: true } as const
  const text = '[{"a":NaN},{"a":1},{"a":2,"z":{"y":Infinity}},{"a":3},{"a":"-inf"}]'
  const { rows, rejects } = await read(text, 'a:DOUBLE', strict)
  t.strictSame(rows, [['1'], ['3']])
  t.match(rejects, [
    { code: 'DDB_INPUT_CELL', class: 'type', columnName: 'a', message: /NaN, which JSON does not/ },
    { code: 'DDB_INPUT_JSON', message: /infinity, which JSON does not/ },
    { code: 'DDB_INPUT_RANGE', columnName: 'a' },
  ])
})
