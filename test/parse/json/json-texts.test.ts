/* JSON texts: documents, lines, and the path to the records in them. */
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { parseJsonPath } from '../../../src/parse/json/open-json.js'
import { byteText } from '../../../src/parse/json/json-scanner.js'
import { forAll, forAllAsync, runs } from '../../helpers/runs.js'
import { cells } from '../../helpers/values.js'
import { read, type ReadOptions, type ReadResult } from '../reading.js'
import { type Token, tokensOf } from './tokens.js'

// Arrays of objects, and consecutive objects, compared with JSON.stringify.

const json = (text: string, chunkBytes = 1000) => tokensOf('json', text, { chunkBytes })

t.test('elements are rows, with any text between them and for any chunks', async () => {
  const blank = fc.constantFrom('', ' ', '\n', '\r\n', '\r', '\t \n')
  const element = fc.tuple(
    fc.oneof(fc.string({ unit: 'grapheme' }), fc.integer(), fc.constant(null)),
    fc.constantFrom(0, 2),
  )
  forAll(200)(
    fc.array(element, { maxLength: 20 }),
    blank,
    blank,
    fc.boolean(),
    fc.integer({ min: 1, max: 40 }),
    (list, before, behind, isArray, chunkBytes) => {
      let text = isArray ? `${before}[` : before
      const expected = list.map(([v, indent], i) => {
        if (isArray && i > 0) text += `${behind},`
        text += before
        const record = JSON.stringify({ v }, null, indent)
        const token = {
          cells: [String(v ?? '')],
          record,
          lineNumber: text.split(/\r\n|\n|\r/).length,
          offsetBytes: Buffer.byteLength(text),
        }
        text += record
        return token
      })
      text += isArray ? `${behind}]${before}` : behind
      const records = expected.reduce((sum, { record }) => sum + Buffer.byteLength(record), 0)
      deepStrictEqual(json(text, chunkBytes), {
        tokens: expected,
        failure: undefined,
        otherBytes: Buffer.byteLength(text) - records,
      })
    },
  )
})

t.test('an element that is JSON but not a row is rejected as one line', async t => {
  for (const chunkBytes of [1, 1000]) {
    t.match(json('[{"v":1},\n[2,\n3], 45 ,{"w":1},{"v":2}]', chunkBytes).tokens, [
      { cells: ['1'], lineNumber: 1 },
      { cells: 'DDB_INPUT_JSON', record: '[2, 3]\n', lineNumber: 2, offsetBytes: 10 },
      { cells: 'DDB_INPUT_JSON', record: '45\n', lineNumber: 3 },
      { cells: 'DDB_INPUT_MEMBER', record: '{"w":1}\n', lineNumber: 3 },
      { cells: ['2'], lineNumber: 3 },
    ])
  }
})

for (const [what, text, rows, message] of [
  ['a missing comma', '[{"v":1} {"v":2}]', 1, /line 1, byte 9 on: unexpected "\{" between the/],
  ['a comma too many', '[{"v":1},]', 1, /byte 9 on: unexpected "\]"/],
  [
    'an array without its end',
    '[{"v":1}\n',
    1,
    /line 2, byte 9 on: the input ends before the array/,
  ],
  ['an array that has just begun', '[', 0, /the input ends before the array does/],
  ['half an element', '[{"v":1},\n{"v"', 1, /line 2, byte 10 on: the input ends in the middle/],
  ['text after the array', '[{"v":1}]x', 1, /unexpected "x" after the array/],
  ['two arrays', '[{"v":1}][{"v":1}]', 1, /unexpected "\[" after the array/],
  ['something else', '{"v":1}\nhello', 1, /line 2, byte 8 on: unexpected "h"/],
  ['a member too few', '[{"v":1},\n{"v":2,}]', 1, /line 2, byte 17 on: unexpected "\}"/],
  ['an element too few', '[,{"v":1}]', 0, /line 1, byte 1 on: unexpected ","/],
  ['text that is not JSON', 'nonsense', 0, /line 1, byte 1 on: unexpected "o"/],
] as const) {
  t.test(`${what} ends reading after the earlier rows`, async t => {
    for (const chunkBytes of [1, 1000]) {
      const { tokens, failure } = json(text, chunkBytes)
      t.equal(tokens.length, rows)
      t.match(failure, { code: 'DDB_INPUT_JSON', message })
    }
  })
}

t.test('an input that is blank or empty has no rows and is complete', async t => {
  for (const text of ['', ' \n ', '[]', ' [ ] ']) {
    t.strictSame(json(text), { tokens: [], failure: undefined, otherBytes: text.length })
  }
})

t.test('an element beyond the limit ends reading', async t => {
  for (const chunkBytes of [1, 1000]) {
    const options = { chunkBytes, maxRecordBytes: 11 }
    const { tokens, failure } = tokensOf('json', '[{"v":12345},{"v":123456}]', options)
    t.match(tokens, [{ cells: ['12345'] }])
    t.match(failure, { code: 'DDB_INPUT_RECORD_TOO_LONG', position: { offsetBytes: 13 } })
  }
})

// One object per line, compared with JSON.parse of each line.

/** The cells of a line, or the code of its fault, for a table with the one column `v`. */
function cellsOf(line: string): string[] | string {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'DDB_INPUT_JSON'
    const { v } = value as { v: string | number | null }
    return [String(v ?? '')]
  } catch {
    return 'DDB_INPUT_JSON'
  }
}

t.test('each line is a separate row or reject, in any chunks', async () => {
  const line = fc.oneof(
    fc.string({ unit: 'grapheme' }).map(v => JSON.stringify({ v })),
    fc.integer().map(v => ` {"v" : ${v} }\t`),
    fc.constantFrom('{"v":null}', '{"v":1', '{"v":1}}', '{"v":1} x', '5', '[1]', 'null', '{,}'),
    fc.constantFrom('', ' ', '\t'),
  )
  const ends = fc.constantFrom('\n', '\r\n', '\r')
  forAll(200)(
    fc.array(fc.tuple(line, ends), { maxLength: 30 }),
    fc.integer({ min: 1, max: 40 }),
    (list, chunkBytes) => {
      // Each LF becomes CRLF, because an LF after a CR would otherwise form one line end instead of an empty line.
      const lines = list.map(([content, end]) => [content, end === '\n' ? '\r\n' : end] as const)
      const expected: Token[] = []
      let offsetBytes = 0
      let otherBytes = 0
      for (const [i, [content, end]] of lines.entries()) {
        const record = content + end
        if (content.trim() === '') otherBytes += record.length
        else expected.push({ cells: cellsOf(content), record, lineNumber: i + 1, offsetBytes })
        offsetBytes += Buffer.byteLength(record)
      }
      const text = lines.map(([content, end]) => content + end).join('')
      deepStrictEqual(tokensOf('ndjson', text, { chunkBytes }), {
        tokens: expected,
        failure: undefined,
        otherBytes,
      })
    },
  )
})

t.test('a line beyond the limit is rejected, a line at the limit is a row', async t => {
  for (const chunkBytes of [1, 5, 100]) {
    const options = { chunkBytes, maxRecordBytes: 12 }
    const { tokens } = tokensOf('ndjson', '{"v":12345}\n{"v":123456}\n{"v":1}', options)
    const expected = [
      { cells: ['12345'], lineNumber: 1 },
      { cells: 'DDB_INPUT_RECORD_TOO_LONG', record: '{"v":123456}', lineNumber: 2 },
      { cells: ['1'], lineNumber: 3, record: '{"v":1}' },
    ]
    t.match(tokens, expected, `${chunkBytes} bytes at a time`)
  }
})

t.test('the message names the unexpected text', async t => {
  for (const [byte, text] of [
    [0x78, '"x"'],
    [0x7e, '"~"'],
    [10, 'end of the line'],
    [13, 'end of the line'],
    [32, 'byte 0x20'],
    [1, 'byte 0x01'],
    [0xff, 'byte 0xff'],
  ] as const) {
    t.equal(byteText(byte), text)
  }
})

// The path to records inside documents, compared with JSON.parse and JSON.stringify.

const rowsAt = (text: string, jsonPath: string, chunkBytes = 1 << 20): Promise<ReadResult> =>
  read(text, 'v:STRING', { name: 'x.json', jsonPath, chunkBytes })

t.test('a path consists of names with dots, in three spellings', async t => {
  for (const [text, names] of [
    ['data', ['data']],
    ['data.items', ['data', 'items']],
    ['$.data.items[*]', ['data', 'items']],
    ['data[]', ['data']],
    ['/data/a.b', ['data', 'a.b']],
    ['/a~1b/~0', ['a/b', '~']],
    ['/', ['']],
  ] as const) {
    t.strictSame(parseJsonPath(text), names, text)
  }
  for (const text of ['', '$', '.', 'a..b', 'a.', 'a[0].b', 'a["b"]']) {
    t.throws(() => parseJsonPath(text), { code: 'DDB_USAGE' }, text)
  }
})

t.test('records are found in any document, for any chunks', async () => {
  const values = fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 5 })
  const others = fc.dictionary(
    fc.string({ maxLength: 3 }).filter(key => key !== 'a' && key !== '__proto__'),
    fc.jsonValue({ maxDepth: 3 }),
    { maxKeys: 3 },
  )
  await forAllAsync(100)(
    fc.record({
      values,
      depth: fc.integer({ min: 1, max: 3 }),
      before: others,
      behind: others,
      indent: fc.constantFrom(0, 1),
      copies: fc.integer({ min: 1, max: 2 }),
      chunkBytes: fc.integer({ min: 1, max: 60 }),
    }),
    async ({ values, depth, before, behind, indent, copies, chunkBytes }) => {
      let document: unknown = values.map(v => ({ v }))
      for (let level = 0; level < depth; level++) {
        document = {
          ...before,
          a: document,
          ...Object.fromEntries(
            Object.entries(behind).filter(([key]) => !Object.hasOwn(before, key)),
          ),
        }
      }
      const one = JSON.stringify(document, null, indent)
      const text = Array.from({ length: copies }, () => one).join('\n')
      const path = Array.from({ length: depth }, () => 'a').join('.')
      const { rows, rejects, reader } = await rowsAt(text, path, chunkBytes)
      const expected = Array.from({ length: copies }, () => values.map(v => [v])).flat()
      deepStrictEqual([rows, rejects.length], [expected, 0])
      // Every byte belongs to a row or to the text around the rows.
      const { rows: rowBytes, other } = reader.byteCounts
      deepStrictEqual(rowBytes + other, Buffer.byteLength(text))
    },
  )
})

t.test('rows as arrays are read by position or by name, for any chunks', async () => {
  const cell = fc.oneof(fc.constantFrom('a', 'é"\\', ',]', ''), fc.constant(null))
  await forAllAsync(200)(
    // The smallest INT is the null of its type.
    fc.array(fc.tuple(cell, fc.oneof(fc.integer({ min: -(2 ** 31) + 1 }), fc.constant(null))), {
      maxLength: 20,
    }),
    fc.constantFrom(0, 2),
    fc.boolean(),
    fc.integer({ min: 1, max: 40 }),
    async (list, indent, isNamed, chunkBytes) => {
      const text = isNamed
        ? JSON.stringify({ a: { columns: ['s', 'V'], n: 1, items: list } }, null, indent)
        : JSON.stringify(list, null, indent)
      const options = isNamed ? { jsonPath: 'a.items' } : { match: 'position' as const }
      const types = isNamed ? 'v:INT,s:STRING' : 's:STRING,v:INT'
      const { rows, rejects } = await read(text, types, { name: 'a.json', chunkBytes, ...options })
      const expected = list.map(([s, v]) => [s ?? '', String(v ?? '')])
      deepStrictEqual(rejects, [])
      deepStrictEqual(rows, isNamed ? expected.map(row => row.reverse()) : expected)
    },
  )
})

t.test('a rejected array keeps its names, or its order', async t => {
  const options = { name: 'a.json', chunkBytes: 3 }
  const text = '{"fields":["v","s\\""],"items":[["1 ",\n"b\\n"],[1.0e9999,[2,{"c":null}]],[]]}'
  const named = await read(text, 'v:INT,s:INT', { ...options, jsonPath: 'items', map: { s: 's"' } })
  t.strictSame(
    named.rejects.map(({ bytes }) => Buffer.from(bytes).toString()),
    ['{"v":"1 ","s\\"":"b\\n"}\n', '{"v":1.0e9999,"s\\"":[2,{"c":null}]}\n', '{}\n'],
  )
  const ordered = await read('[["x"],\n[1, \n2]]', 'v:INT', { ...options, match: 'position' })
  const records = ordered.rejects.map(({ bytes }) => Buffer.from(bytes).toString())
  t.strictSame(records, ['["x"]\n', '[1,  2]\n'])
})

t.test('an object at the end of the path is one record, null is none', async t => {
  t.strictSame((await rowsAt('{"a":{"v":"x"}}\n{"a":{"v":"y"}}', 'a')).rows, [['x'], ['y']])
  t.strictSame((await rowsAt('{"a":null} {"a":[]}', 'a')).rows, [])
  t.strictSame((await rowsAt('', 'a')).rows, [])
})

t.test('a wrong path ends reading, and the error gives the reason', async t => {
  for (const [text, path, message] of [
    ['{"b":[]}', 'a', /no "a".*`input.jsonPath`/],
    ['{"date":[]}', 'data', /nearest: date/],
    ['{"data":{"itms":[]},"item":1}', 'data.items', /no "data.items" \(nearest: itms\)/],
    ['{"data":{"date":[]}}', 'data.items', /no "data.items"(?!.*nearest)/],
    ['{}', 'a', /no "a"/],
    ['{"b":{"a":[]}}', 'a', /no "a"/],
    ['{"a":{"c":[]}}', 'a.b', /no "a.b"/],
    ['{"a":[{"b":1}]}', 'a.b', /"a" is an object, not "\["/],
    ['{"a":null}', 'a.b', /"a" is an object/],
    ['[1]', 'a', /a document is an object/],
    ['5', 'a', /a document is an object/],
    ['{"a":7}', 'a', /neither an array nor an object/],
    ['{"a":[],"a":[]}', 'a', /twice/],
    ['{"a":[]', 'a', /ends before the document/],
    ['{"a":[', 'a', /ends before the array/],
    ['{"b":"x', 'a', /ends in the middle/],
    ['{"a":[]]', 'a', /unexpected "\]"/],
    ['{"a" []}', 'a', /unexpected "\["/],
    ['{"b":tru,"a":[]}', 'a', /unexpected ","/],
    ['{"b":[1}', 'a', /unexpected "\}"/],
    ['{"a":[]},', 'a', /a document is an object/],
    [`{"b":${'['.repeat(600)}`, 'a', /more than 512 levels deep/],
  ] as const) {
    for (const chunkBytes of [1, 1000]) {
      await t.rejects(rowsAt(text, path, chunkBytes), { code: 'DDB_INPUT_JSON', message }, text)
    }
  }
})

t.test('rows before the fault are read, and records that are not rows are rejected', async t => {
  const rejects: string[] = []
  const text = '{"a":[{"v":"x"},{"w":1},{"v":"y"}],"b":]}'
  const found: string[][] = []
  await t.rejects(
    read(text, 'v:STRING', {
      name: 'x.json',
      jsonPath: 'a',
      batch: { batchRows: 1, onReject: ({ code }) => void rejects.push(code) },
    }).then(({ rows }) => found.push(...rows)),
    { code: 'DDB_INPUT_JSON' },
  )
  t.strictSame(rejects, ['DDB_INPUT_MEMBER'])
})

t.test('no member beside the records may be longer than a record', async t => {
  for (const chunkBytes of [1, 50, 5000]) {
    const options = { name: 'x.json', jsonPath: 'a', maxRecordBytes: 100, chunkBytes }
    for (const long of [`"${'x'.repeat(200)}"`, `[${'"xxxxxxxxx",'.repeat(20)}]`]) {
      await t.rejects(read(`{"b":${long},"a":[]}`, 'v:STRING', options), {
        code: 'DDB_INPUT_RECORD_TOO_LONG',
      })
    }
    const many = `{${'"b":[1,{"c":"xxxxxxxxx"}],'.repeat(100)}"a":[{"v":"z"}]}`
    t.strictSame((await read(many, 'v:STRING', options)).rows, [['z']])
  }
})

t.test('records of JSON are not skipped as lines', async t => {
  for (const name of ['x.json', 'x.ndjson']) {
    const reading = read('{"v":1}\n{"v":2}\n', 'v:INT', { name, skipLines: 1 })
    await t.rejects(reading, { code: 'DDB_USAGE', message: /is for delimited text/ })
  }
})

t.test('a path implies JSON, even for a document on one line', async t => {
  await t.rejects(read('v\n1\n', 'v:INT', { jsonPath: 'a' }), { code: 'DDB_USAGE' })
  const { rows, reader } = await read('{"a":[{"v":1}]}\n', 'v:INT', { name: '-', jsonPath: 'a' })
  t.strictSame([rows, reader.format], [[['1']], 'json'])
})

// NDJSON and JSON, compared with JSON.parse, including positions, rejects and broken inputs.

const lines = (text: string | Uint8Array, types: string, options: ReadOptions = {}) =>
  read(text, types, { format: 'ndjson', name: 'x.ndjson', ...options })
const array = (text: string | Uint8Array, types: string, options: ReadOptions = {}) =>
  read(text, types, { format: 'json', name: 'x.json', ...options })

t.test('numbers keep every digit', async t => {
  const text =
    '{"a":9007199254740993,"b":"9223372036854775807","c":0.1234567890123456789,"d":123456789012345678.25}\n'
  const { rows } = await lines(text, 'a:LONG,b:LONG,c:DECIMAL128(19),d:DECIMAL128(2)')
  t.strictSame(rows, [
    ['9007199254740993', '9223372036854775807', '0.1234567890123456789', '123456789012345678.25'],
  ])
})

t.test('a value of the wrong kind rejects its record', async t => {
  for (const [type, ...values] of [
    ['INT', '"5x"', '1.5', 'true', '[5]', '{"a":1}'],
    ['BOOL', '"yes"'],
    ['STRING', '[5]', 'NaN'],
    ['SYMBOL', '{}'],
    ['DOUBLE', '-Infinity'],
    ['TIMESTAMP', '1577957400032'],
    ['DATE', '20200102'],
    ['INT[]', '5', '["5x"]', '["[5]"]', '[[5]]'],
    ['DOUBLE[]', '[NaN]'],
    ['UUID', '1'],
    ['SHORT', '"\\u0041"'],
    ['DATE[]', '["2020-01-02\\u001f2020-01-03"]'],
  ] as const) {
    const cell = { code: 'DDB_INPUT_CELL', class: 'type', columnName: 'v' }
    for (const value of values) {
      const { rejects } = await lines(`{"v":${value}}\n`, `v:${type}`)
      t.match(rejects, [{ ...cell, lineNumber: 1 }], `${type} ${value}`)
    }
  }
  const array = await lines('{"v":[1,22,"x"]}\n', 'v:INT[]')
  t.match(array.rejects, [{ message: /expected element 3 to be .*, got "1,22,x"/ }])
  const { rejects } = await lines('{"v":"x"}\n{"v":1e999}\n{"v":1.5}\n', 'v:DOUBLE')
  t.strictSame(
    rejects.map(reject => [reject.code, reject.lineNumber]),
    [
      ['DDB_INPUT_CELL', 1],
      ['DDB_INPUT_RANGE', 2],
    ],
  )
})

t.test('values of a fitting kind are accepted', async t => {
  const cases = [
    ['BOOL', 'true', 'true'],
    ['BOOL', '0', 'false'],
    ['CHAR', '"a"', "'a'"],
    ['CHAR', '97', "'a'"],
    ['BOOL', '"true"', 'true'],
    ['INT', '"5"', '5'],
    ['INT', '1.0', '1'],
    ['SHORT', '1e2', '100'],
    ['LONG', '9.007199254740993e15', '9007199254740993'],
    ['STRING', '1.50', '1.50'],
    ['STRING', '-1e2', '-1e2'],
    ['SYMBOL', 'false', 'false'],
    ['INT[]', '["5",1.0]', '[5,1]'],
    ['FLOAT', '-1.5', '-1.5'],
    ['DECIMAL64(2)', '"1.50"', '1.50'],
    ['DATE', '"2020-01-02"', '2020.01.02'],
    ['STRING', '""', ''],
    ['STRING', '"a\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00"', 'a"\\/\b\f\n\r\té😀'],
    ['INT[]', '[1, null ,3]', '[1,,3]'],
    ['INT[]', '[]', '[]'],
    ['INT[]', 'null', '[]'],
    ['INT[]', '""', '[]'],
    ['DOUBLE[]', '[1.5,"2.5"]', '[1.5,2.5]'],
    ['DATE[]', '["2020-01-02","2020\\u002d01-03"]', '[2020.01.02,2020.01.03]'],
    ['POINT', '"(1.5, 2)"', '(1.5, 2)'],
    ['UUID', '"5d212a78-cc48-e3b1-4235-b4d91473ee87"', '5d212a78-cc48-e3b1-4235-b4d91473ee87'],
  ] as const
  for (const [type, value, expected] of cases) {
    const { rows, rejects } = await lines(`{"v":${value}}\n`, `v:${type}`)
    t.strictSame(rejects, [])
    t.strictSame(rows, [[expected]], `${type} ${value}`)
  }
  const epoch = await lines('{"v":1577957400032}\n{"v":"1577957400033"}\n', 'v:TIMESTAMP', {
    batch: { cells: { dateFormats: { v: 'epoch:ms' } } },
  })
  t.strictSame(epoch.rows, [['2020.01.02T09:30:00.032'], ['2020.01.02T09:30:00.033']])
  const nulls = await lines('{"v":" NA"}\n{"v":"na"}\n', 'v:INT[]', {
    batch: { cells: { nullTexts: ['NA'] } },
  })
  t.strictSame(nulls.rows, [['[]']], 'a text that means null is no array')
  t.equal(nulls.rejects.length, 1)
})

t.test('one member may fill several columns, under a different name or with escapes', async t => {
  const { rows } = await lines(
    '{"\\u0078":1,"y":2}\n{"x":3,"y":4}\n',
    'a:INT,b:LONG,y:INT,s:SYMBOL',
    { map: { a: 'x', b: 'x' }, set: { s: 'c' } },
  )
  t.strictSame(rows, cells('1,1,2,c', '3,3,4,c'))
  const arrays = await lines('{"n":1}\n', 'n:INT,l:INT[]', { set: { l: '1,2' } })
  t.strictSame(arrays.rows, [['1', '[1,2]']])
})

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Texts that resemble JSON. Most of them are JSON, some are not. */
const near = fc.oneof(
  fc.json({ maxDepth: 2 }).map(text => `{"v":${text}}`),
  fc
    .tuple(fc.json({ maxDepth: 2 }), fc.nat(), fc.constantFrom(...',:{}[]"\\0-.e+1 tx\u00e9'))
    .map(([json, at, c]) => {
      const text = `{"v":${json}}`
      const p = at % text.length
      return text.slice(0, p) + c + text.slice(p + 1)
    }),
  fc
    .array(fc.constantFrom(' ', ...'{ } "v" : , 1 -0.5e3 null [ ] "\\n" 01 1. "\t"'.split(' ')), {
      maxLength: 9,
    })
    .map(list => list.join('')),
)

t.test('a line is JSON exactly if JSON.parse accepts it', async t => {
  let refused = 0
  await forAllAsync(250)(
    near.filter(text => text.trim() !== '' && !/[\r\n]/.test(text)),
    fc.integer({ min: 1, max: 20 }),
    async (text, chunkBytes) => {
      // The scanner learns the usual shape of lines from the first line.
      const { rows, rejects } = await lines(`{"v":"a"}\n${text}`, 'v:STRING', {
        ignoreExtra: true,
        allowMissing: true,
        chunkBytes,
      })
      const broken = rejects.some(
        reject => reject.code === 'DDB_INPUT_JSON' && !/is an object, not/.test(reject.message),
      )
      if (rows.length + rejects.length !== 2) return false
      if (isJson(text)) return !broken
      refused++
      return rejects.length === 1
    },
  )
  t.ok(refused > runs(250) / 8, `${refused} were refused`)
})

t.test('the values are those of JSON.parse', async () => {
  const record = fc.record({
    s: fc.option(fc.string({ unit: 'grapheme' }).filter(text => !text.includes('\0'))),
    n: fc.option(fc.integer({ min: -2147483647 })),
    d: fc.option(fc.double({ noNaN: true, min: -1e308, max: 1e308 })),
    b: fc.option(fc.boolean()),
    l: fc.option(fc.array(fc.option(fc.integer({ min: -99, max: 99 })), { minLength: 1 })),
  })
  await forAllAsync(30)(
    fc.array(record, { minLength: 1, maxLength: 20 }),
    fc.integer({ min: 1, max: 40 }),
    fc.boolean(),
    fc.boolean(),
    async (list, chunkBytes, pretty, isEscaped) => {
      const types = 's:STRING,n:INT,d:DOUBLE,b:BOOL,l:INT[]'
      const escaped = (text: string): string =>
        text.replace(/[^\n -~]/g, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
      const spelled = (text: string): string => (isEscaped ? escaped(text) : text)
      const values = list.map(row => JSON.parse(JSON.stringify(row)) as typeof row)
      const expected = values.map(({ s, n, d, b, l }) => [
        s ?? '',
        String(n ?? ''),
        d === null ? '' : Object.is(d, -0) ? '0' : String(d),
        String(b ?? ''),
        l === null
          ? '[]'
          : l.length === 1 && l[0] === null
            ? '[]'
            : `[${l.map(value => value ?? '').join(',')}]`,
      ])
      const ndjson = await lines(spelled(list.map(row => JSON.stringify(row)).join('\n')), types, {
        chunkBytes,
      })
      const json = await array(spelled(JSON.stringify(list, undefined, pretty ? 2 : 0)), types, {
        chunkBytes,
      })
      deepStrictEqual([ndjson.rejects, json.rejects], [[], []])
      deepStrictEqual(ndjson.rows, expected)
      deepStrictEqual(json.rows, expected)
    },
  )
})

t.test('if a column cannot hold a cell, the element is rejected as one line', async t => {
  const { rejects } = await array('[{"v":\n99999999999}]', 'v:INT')
  t.strictSame(Buffer.from(rejects[0]!.bytes).toString(), '{"v": 99999999999}\n')
  t.equal(rejects[0]!.code, 'DDB_INPUT_RANGE')
})

t.test('deep nesting in a skipped member is refused, not followed forever', async t => {
  const deep = `{"v":1,"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}\n{"v":2}\n`
  const { rows, rejects } = await lines(deep, 'v:INT', { ignoreExtra: true })
  t.strictSame(rows, [['2']])
  t.match(rejects, [{ code: 'DDB_INPUT_JSON', message: /512 levels.*jq/ }])
  const nested = `{"v":1,"x":${'['.repeat(511)}${']'.repeat(511)}}\n`
  t.strictSame((await lines(nested, 'v:INT', { ignoreExtra: true })).rows, [['1']])
})
