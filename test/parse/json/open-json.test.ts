/*
  NDJSON and JSON: against JSON.parse, and what a loader promises about places, rejects and broken inputs.
*/
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { openReader } from '../../../src/parse/open-reader.js'
import { mappingFor, memorySource, read, type ReadOptions, type ReadResult } from '../reading.js'
import { runs } from '../../helpers/runs.js'

const lines = (
  text: string | Uint8Array,
  types: string,
  options: ReadOptions = {},
): Promise<ReadResult> => read(text, types, { format: 'ndjson', name: 'x.ndjson', ...options })
const array = (
  text: string | Uint8Array,
  types: string,
  options: ReadOptions = {},
): Promise<ReadResult> => read(text, types, { format: 'json', name: 'x.json', ...options })

t.test('members become columns by name, whatever their order', async t => {
  const text =
    '{"time":"2020-01-02T09:30:00.032","sym":"FHU","price":63.6,"id":5}\n{"id":6,"price":1e3,"sym":"E","time":null}\n'
  const { rows, reader } = await lines(text, 'time:TIMESTAMP,sym:SYMBOL,price:DOUBLE,id:INT')
  t.strictSame(rows, [
    ['2020.01.02T09:30:00.032', 'FHU', '63.6', '5'],
    ['', 'E', '1000', '6'],
  ])
  t.equal(reader.recordsRead, 2)
  t.equal(reader.headerBytes, undefined)
})

t.test('numbers keep every digit', async t => {
  const text =
    '{"a":9007199254740993,"b":"9223372036854775807","c":0.1234567890123456789,"d":123456789012345678.25}\n'
  const { rows } = await lines(text, 'a:LONG,b:LONG,c:DECIMAL128(19),d:DECIMAL128(2)')
  t.strictSame(rows, [
    ['9007199254740993', '9223372036854775807', '0.1234567890123456789', '123456789012345678.25'],
  ])
})

t.test('a value of the wrong kind rejects its record', async t => {
  const cases = [
    ['INT', '"5x"'],
    ['INT', '1.5'],
    ['INT', 'true'],
    ['INT', '[5]'],
    ['INT', '{"a":1}'],
    ['BOOL', '"yes"'],
    ['STRING', '[5]'],
    ['SYMBOL', '{}'],
    ['STRING', 'NaN'],
    ['DOUBLE', '-Infinity'],
    ['TIMESTAMP', '1577957400032'],
    ['DATE', '20200102'],
    ['INT[]', '5'],
    ['INT[]', '["5x"]'],
    ['DOUBLE[]', '[NaN]'],
    ['INT[]', '[[5]]'],
    ['UUID', '1'],
    ['SHORT', '"\\u0041"'],
    ['DATE[]', '["2020-01-02\\u001f2020-01-03"]'],
  ] as const
  for (const [type, value] of cases) {
    const { rejects } = await lines(`{"v":${value}}\n`, `v:${type}`)
    t.match(
      rejects,
      [{ code: 'DDB_INPUT_CELL', class: 'type', columnName: 'v', lineNumber: 1 }],
      `${type} ${value}`,
    )
  }
  const { rejects } = await lines('{"v":"x"}\n{"v":1e999}\n{"v":1.5}\n', 'v:DOUBLE')
  t.strictSame(
    rejects.map(reject => [reject.code, reject.lineNumber]),
    [
      ['DDB_INPUT_CELL', 1],
      ['DDB_INPUT_RANGE', 2],
    ],
  )
})

t.test('kinds that suit are taken', async t => {
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
})

t.test(
  'members that are missing, unknown or there twice reject their record unless told otherwise',
  async t => {
    const text =
      '{"id":1,"price":2,"extra":{"a":[1,{}]}}\n{"id":2}\n{"id":3,"prise":4}\n{"id":4,"id":5,"price":1}\n{}\n'
    const strict = await lines(text, 'id:INT,price:DOUBLE')
    t.strictSame(strict.rows, [])
    t.match(strict.rejects, [
      { code: 'DDB_INPUT_MEMBER', message: /"extra" goes nowhere/ },
      { code: 'DDB_INPUT_MEMBER', columnName: 'price', message: /no member "price"/ },
      { code: 'DDB_INPUT_MEMBER', message: /"prise" goes nowhere \(nearest: price\)/ },
      { code: 'DDB_INPUT_MEMBER', message: /"id" twice/ },
      { code: 'DDB_INPUT_MEMBER', columnName: 'id' },
    ])
    const loose = await lines(text, 'id:INT,price:DOUBLE', {
      ignoreExtra: true,
      allowMissing: true,
    })
    t.strictSame(loose.rows, [
      ['1', '2'],
      ['2', ''],
      ['3', ''],
      ['', ''],
    ])
  },
)

t.test(
  'one member may fill several columns, under another name or written with escapes',
  async t => {
    const { rows } = await lines(
      '{"\\u0078":1,"y":2}\n{"x":3,"y":4}\n',
      'a:INT,b:LONG,y:INT,s:SYMBOL',
      { map: { a: 'x', b: 'x' }, set: { s: 'c' } },
    )
    t.strictSame(rows, [
      ['1', '1', '2', 'c'],
      ['3', '3', '4', 'c'],
    ])
    const arrays = await lines('{"n":1}\n', 'n:INT,l:INT[]', { set: { l: '1,2' } })
    t.strictSame(arrays.rows, [['1', '[1,2]']])
  },
)

t.test('half of a surrogate pair is not text', async t => {
  for (const text of ['"\\ud83d"', '"\\ude00x"', '"\\ud83dx\\ude00"', '"\\ud83d\\ud83d\\ude00"']) {
    const { rejects } = await lines(`{"v":${text}}\n`, 'v:STRING')
    t.match(rejects, [{ code: 'DDB_INPUT_ENCODING', columnName: 'v' }], text)
  }
  const { rejects } = await lines('{"v":"a\\u0000b"}\n', 'v:STRING')
  t.match(rejects, [{ code: 'DDB_STRING_HAS_NUL' }])
})

/** Texts near JSON: most of them are, some are not. */
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
    .array(
      fc.constantFrom(
        '{',
        '}',
        '"v"',
        ':',
        ',',
        '1',
        '-0.5e3',
        'null',
        '[',
        ']',
        ' ',
        '"\\n"',
        '01',
        '1.',
        '"\t"',
      ),
      { maxLength: 9 },
    )
    .map(list => list.join('')),
)

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

t.test('a line is JSON exactly when JSON.parse thinks so', async t => {
  let refused = 0
  const agrees = fc.asyncProperty(
    near.filter(text => text.trim() !== '' && !/[\r\n]/.test(text)),
    fc.integer({ min: 1, max: 20 }),
    async (text, chunkBytes) => {
      // The line before it teaches the scanner its usual shape.
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
  await fc.assert(agrees, { numRuns: runs(250) })
  t.ok(refused > runs(250) / 8, `${refused} were refused`)
})

t.test('the values are those of JSON.parse', async t => {
  const record = fc.record({
    s: fc.option(fc.string({ unit: 'grapheme' }).filter(text => !text.includes('\0'))),
    n: fc.option(fc.integer({ min: -2147483647 })),
    d: fc.option(fc.double({ noNaN: true, min: -1e308, max: 1e308 })),
    b: fc.option(fc.boolean()),
    l: fc.option(fc.array(fc.option(fc.integer({ min: -99, max: 99 })), { minLength: 1 })),
  })
  const same = fc.asyncProperty(
    fc.array(record, { minLength: 1, maxLength: 20 }),
    fc.integer({ min: 1, max: 40 }),
    fc.boolean(),
    async (list, chunkBytes, pretty) => {
      const types = 's:STRING,n:INT,d:DOUBLE,b:BOOL,l:INT[]'
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
      const ndjson = await lines(list.map(row => JSON.stringify(row)).join('\n'), types, {
        chunkBytes,
      })
      const json = await array(JSON.stringify(list, undefined, pretty ? 2 : 0), types, {
        chunkBytes,
      })
      deepStrictEqual([ndjson.rejects, json.rejects], [[], []])
      deepStrictEqual(ndjson.rows, expected)
      deepStrictEqual(json.rows, expected)
    },
  )
  await fc.assert(same, { numRuns: runs(30) })
  t.pass()
})

t.test('rejects of lines have their place and their bytes', async t => {
  const text = '{"v":1}\n\n  \t\n{"v":x}\r\n{"v":2} trailing\n5\n[1]\n{"v":3}\n{"v"'
  const bytes = Buffer.from(text)
  for (let chunkBytes = 1; chunkBytes <= text.length; chunkBytes++) {
    const { rows, rejects, places } = await lines(text, 'v:INT', { chunkBytes })
    t.strictSame(rows, [['1'], ['3']])
    t.strictSame(
      places.map(place => place.lineNumber),
      [1, 8],
    )
    t.strictSame(
      rejects.map(reject => [reject.lineNumber, reject.code]),
      [
        [4, 'DDB_INPUT_JSON'],
        [5, 'DDB_INPUT_JSON'],
        [6, 'DDB_INPUT_JSON'],
        [7, 'DDB_INPUT_JSON'],
        [9, 'DDB_INPUT_JSON'],
      ],
    )
    for (const { offsetBytes, lengthBytes, bytes: own } of rejects) {
      t.strictSame(Buffer.from(own), bytes.subarray(offsetBytes, offsetBytes + lengthBytes))
    }
  }
})

t.test('a line that is too long is one reject', async t => {
  const text = `{"v":"a"}\n{"v":"${'x'.repeat(3000)}"}\n{"v":"c"}\n`
  for (const chunkBytes of [9, 700, 99_999]) {
    const { rows, rejects } = await lines(text, 'v:STRING', { maxRecordBytes: 500, chunkBytes })
    t.strictSame(rows, [['a'], ['c']])
    t.match(rejects, [{ code: 'DDB_INPUT_RECORD_TOO_LONG', lineNumber: 2, lengthBytes: 3009 }])
  }
})

t.test('elements of an array know their place, and rejected ones come as one line', async t => {
  const text = '[\n {"v": 1},\n {\n  "v": "x\\n"\n }\n,\n {"v":3}\n]\n'
  for (let chunkBytes = 1; chunkBytes <= text.length; chunkBytes++) {
    const { rows, rejects, places, reader } = await array(text, 'v:INT', { chunkBytes })
    t.strictSame(rows, [['1'], ['3']])
    t.equal(reader.recordsRead, 3)
    t.strictSame(
      places.map(({ offsetBytes, lengthBytes }) =>
        text.slice(offsetBytes, offsetBytes + lengthBytes),
      ),
      ['{"v": 1}', '{"v":3}'],
    )
    t.strictSame(
      places.map(place => place.lineNumber),
      [2, 7],
    )
    t.match(rejects, [{ code: 'DDB_INPUT_CELL', lineNumber: 3, offsetBytes: 14 }])
    t.strictSame(JSON.parse(Buffer.from(rejects[0]!.bytes).toString()), { v: 'x\n' })
    t.equal(Buffer.from(rejects[0]!.bytes).toString().indexOf('\n'), rejects[0]!.bytes.length - 1)
  }
})

t.test('a cell that its column cannot hold rejects the element as one line, too', async t => {
  const { rejects } = await array('[{"v":\n99999999999}]', 'v:INT')
  t.strictSame(Buffer.from(rejects[0]!.bytes).toString(), '{"v": 99999999999}\n')
  t.equal(rejects[0]!.code, 'DDB_INPUT_RANGE')
})

t.test('objects one after the other need no array', async t => {
  const { rows } = await array('{"v":1}\n{"v":2} {"v":\n3}', 'v:INT', { chunkBytes: 3 })
  t.strictSame(rows, [['1'], ['2'], ['3']])
})

t.test('a broken array is an error with its position, behind the elements before it', async t => {
  const cases: [text: string, rows: number, lineNumber: number, offsetBytes: number][] = [
    ['[{"v":1},\n{"v":2}', 2, 2, 17],
    ['[{"v":1},\n{"v":2', 1, 2, 10],
    ['[{"v":1},\n{"v":2,}]', 1, 2, 17],
    ['[{"v":1}\n{"v":2}]', 1, 2, 9],
    ['[{"v":1},]', 1, 1, 9],
    ['[{"v":1}] x', 1, 1, 10],
    ['[', 0, 1, 1],
    ['[,{"v":1}]', 0, 1, 1],
    ['nonsense', 0, 1, 1],
  ]
  for (const [text, rowCount, lineNumber, offsetBytes] of cases) {
    for (const chunkBytes of [1, 1000]) {
      let rows = 0
      const reader = await openReader(memorySource(text, { chunkBytes }), { format: 'json' })
      const batches = reader.batches({
        mapping: mappingFor(reader, 'v:INT'),
        batchRows: 9,
        batchBytes: 999,
        onReject: () => undefined,
      })
      const drained = (async () => {
        for await (const batch of batches) rows += batch.rowCount
      })()
      await t.rejects(
        drained,
        { code: 'DDB_INPUT_JSON', position: { lineNumber, offsetBytes } },
        text,
      )
      t.equal(rows, rowCount, text)
    }
  }
  await t.rejects(
    array(`[{"v":"${'x'.repeat(2000)}"}]`, 'v:STRING', { maxRecordBytes: 500, chunkBytes: 100 }),
    { code: 'DDB_INPUT_RECORD_TOO_LONG' },
  )
})

t.test('empty inputs and arrays have no rows', async t => {
  for (const text of ['', ' \n', '[]', ' [ \n ] '])
    t.strictSame((await array(text, 'v:INT')).rows, [])
  for (const text of ['', '\n \n']) t.strictSame((await lines(text, 'v:INT')).rows, [])
})

t.test(
  'deep nesting in a member that is passed over is refused, not followed for ever',
  async t => {
    const deep = `{"v":1,"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}\n{"v":2}\n`
    const { rows, rejects } = await lines(deep, 'v:INT', { ignoreExtra: true })
    t.strictSame(rows, [['2']])
    t.match(rejects, [{ code: 'DDB_INPUT_JSON' }])
  },
)
