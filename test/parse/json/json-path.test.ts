/*
  The way to records inside documents, against JSON.parse and JSON.stringify.
*/
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { parseJsonPath } from '../../../src/parse/json/json-path.js'
import { runs } from '../../helpers/runs.js'
import { read, type ReadResult } from '../reading.js'

const rowsAt = (text: string, jsonPath: string, chunkBytes = 1 << 20): Promise<ReadResult> =>
  read(text, 'v:STRING', { name: 'x.json', jsonPath, chunkBytes })

t.test('a path is names with dots, in three spellings', async t => {
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

t.test('records are found in any document, wherever its chunks end', async t => {
  const values = fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 5 })
  const others = fc.dictionary(
    fc.string({ maxLength: 3 }).filter(key => key !== 'a' && key !== '__proto__'),
    fc.jsonValue({ maxDepth: 3 }),
    { maxKeys: 3 },
  )
  await fc.assert(
    fc.asyncProperty(
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
        // Every byte is a row's or stands around them.
        const { rows: rowBytes, other } = reader.byteCounts
        deepStrictEqual(rowBytes + other, Buffer.byteLength(text))
      },
    ),
    { numRuns: runs(100) },
  )
  t.pass()
})

t.test('an object at the end of the way is one record, null is none', async t => {
  t.strictSame((await rowsAt('{"a":{"v":"x"}}\n{"a":{"v":"y"}}', 'a')).rows, [['x'], ['y']])
  t.strictSame((await rowsAt('{"a":null} {"a":[]}', 'a')).rows, [])
  t.strictSame((await rowsAt('', 'a')).rows, [])
})

t.test('what is not a way to records ends the reading and says why', async t => {
  for (const [text, path, message] of [
    ['{"b":[]}', 'a', /no "a".*`input.jsonPath`/],
    ['{"date":[]}', 'data', /nearest: date/],
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
    [`{"b":${'['.repeat(600)}`, 'a', /more than 512 times/],
  ] as const) {
    for (const chunkBytes of [1, 1000]) {
      await t.rejects(rowsAt(text, path, chunkBytes), { code: 'DDB_INPUT_JSON', message }, text)
    }
  }
})

t.test('rows before the fault are read, and records that are none are set aside', async t => {
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

t.test('a text around the records is not longer than a record may be', async t => {
  const options = { name: 'x.json', jsonPath: 'a', maxRecordBytes: 100, chunkBytes: 50 }
  await t.rejects(read(`{"b":"${'x'.repeat(200)}","a":[]}`, 'v:STRING', options), {
    code: 'DDB_INPUT_RECORD_TOO_LONG',
  })
  const many = `{"b":[${'"xxxxxxxxx",'.repeat(100)}0],"a":[{"v":"z"}]}`
  t.strictSame((await read(many, 'v:STRING', options)).rows, [['z']])
})

t.test('a path is for JSON, whatever its lines', async t => {
  await t.rejects(read('v\n1\n', 'v:INT', { jsonPath: 'a' }), { code: 'DDB_USAGE' })
  const { rows, reader } = await read('{"a":[{"v":1}]}\n', 'v:INT', { name: '-', jsonPath: 'a' })
  t.strictSame([rows, reader.format], [[['1']], 'json'])
})
