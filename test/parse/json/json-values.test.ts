/*
  Arrays of objects and objects one after the other, against JSON.stringify.
*/
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { oneLine } from '../../../src/parse/json/json-values.js'
import { runs } from '../../helpers/runs.js'
import { tokensOf } from './tokens.js'

const json = (text: string, chunkBytes = 1000) => tokensOf('json', text, { chunkBytes })

t.test('elements are rows, whatever stands between them and wherever chunks end', async t => {
  const blank = fc.constantFrom('', ' ', '\n', '\r\n', '\r', '\t \n')
  const element = fc.tuple(
    fc.oneof(fc.string({ unit: 'grapheme' }), fc.integer(), fc.constant(null)),
    fc.constantFrom(0, 2),
  )
  fc.assert(
    fc.property(
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
    ),
    { numRuns: runs(200) },
  )
  t.pass()
})

t.test('an element that is JSON but not a row is set aside in one line', async t => {
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
  ['text behind the array', '[{"v":1}]x', 1, /unexpected "x" behind the array/],
  ['two arrays', '[{"v":1}][{"v":1}]', 1, /unexpected "\[" behind the array/],
  ['something else', '{"v":1}\nhello', 1, /line 2, byte 8 on: unexpected "h"/],
] as const) {
  t.test(`${what} ends the reading behind the rows before it`, async t => {
    for (const chunkBytes of [1, 1000]) {
      const { tokens, failure } = json(text, chunkBytes)
      t.equal(tokens.length, rows)
      t.match(failure, { code: 'DDB_INPUT_JSON', message })
    }
  })
}

t.test('an input of blanks, or of nothing, has no rows and is whole', async t => {
  for (const text of ['', ' \n ', '[]', ' [ ] ']) {
    t.strictSame(json(text), { tokens: [], failure: undefined, otherBytes: text.length })
  }
})

t.test('an element beyond the limit ends the reading', async t => {
  for (const chunkBytes of [1, 1000]) {
    const options = { chunkBytes, maxRecordBytes: 11 }
    const { tokens, failure } = tokensOf('json', '[{"v":12345},{"v":123456}]', options)
    t.match(tokens, [{ cells: ['12345'] }])
    t.match(failure, { code: 'DDB_INPUT_RECORD_TOO_LONG', position: { offsetBytes: 13 } })
  }
})

t.test('an element over several lines is shown as one', async t => {
  const shown = (text: string) => Buffer.from(oneLine(Buffer.from(text))).toString()
  t.equal(shown('{\r\n\t"a": 1\n}'), '{   "a": 1 }\n')
  t.equal(shown(''), '')
})

t.test('an element in UTF-16 becomes one line of its characters', async t => {
  const text = '{"a":\r\n"\u0a0a\u0d00\u000a"}'
  const little = Buffer.from(text, 'utf16le')
  const wanted = Buffer.from(`${text.replace(/[\r\n]/g, ' ')}\n`, 'utf16le')
  t.ok(Buffer.from(oneLine(little, 'utf-16le')).equals(wanted))
  t.ok(Buffer.from(oneLine(Buffer.from(little).swap16(), 'utf-16be')).equals(wanted.swap16()))
})
