/*
  Records of one shape, against JSON.stringify and JSON.parse.
*/
import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { jsonKinds } from '../../../src/parse/json/json-kinds.js'
import { JsonTemplate, type TemplateValue } from '../../../src/parse/json/json-template.js'
import { runs } from '../../helpers/runs.js'
import { cellText, scanned } from './scanning.js'

const anyKind = jsonKinds.boolean | jsonKinds.number | jsonKinds.string

/** A template of `{"k0":1,"k1":1…}` with blanks between as given, where field i is member i. */
function templateOf(pieces: readonly string[], kinds = anyKind): JsonTemplate {
  let text = pieces[0]!
  const values: TemplateValue[] = []
  for (const [i, piece] of pieces.slice(1).entries()) {
    const start = Buffer.byteLength(text)
    text += '1'
    values.push({ start, end: start + 1, field: i, kinds })
    text += piece
  }
  const bytes = Buffer.from(text)
  return new JsonTemplate(bytes, 0, bytes.length, values)
}

const pieces = ['{"id":', ', "name" : ', ',"数":', '}']

const spelled = (values: readonly string[]): string =>
  pieces.map((piece, i) => piece + (values[i] ?? '')).join('')

/** What the template makes of a record with these values: their texts, or undefined when it is another shape. */
function scan(values: readonly string[], template = templateOf(pieces)): string[] | undefined {
  const text = spelled(values)
  const { block, length } = scanned(text, values.length)
  const next = template.scan(block, 1, 0)
  if (next < 0) return undefined
  strictEqual(next, length)
  return values.map((_, field) => cellText(block, 1, field))
}

t.test('values of one token are found whatever their lengths', async t => {
  const plain = fc.string({ unit: 'grapheme', maxLength: 20 }).filter(s => !/["\\]|\p{Cc}/u.test(s))
  const value = fc.oneof(
    plain.map(text => [`"${text}"`, text]),
    fc.integer().map(n => [String(n), String(n)]),
    fc
      .double({ min: -1e6, max: 1e6, noNaN: true })
      .filter(x => !String(x).includes('e') && !Object.is(x, -0))
      .map(x => [String(x), String(x)]),
    fc.constantFrom(
      ['true', 'true'],
      ['false', 'false'],
      ['null', ''],
      ['-0', '-0'],
      ['0.0', '0.0'],
    ),
  )
  fc.assert(
    fc.property(fc.array(value, { minLength: 3, maxLength: 3 }), values => {
      JSON.parse(spelled(values.map(([json]) => json)))
      deepStrictEqual(
        scan(values.map(([json]) => json)),
        values.map(([, text]) => text),
      )
    }),
    { numRuns: runs(500) },
  )
  t.pass()
})

t.test('what is not JSON, and what takes more than one token, is left', async t => {
  for (const value of [
    ...[
      '',
      '-',
      '01',
      '1.',
      '.5',
      '+1',
      '-a',
      'nul',
      'nulls',
      'True',
      'fals',
      'falsy',
      'truf',
      'NaN',
    ],
    ...['1e5', '1E-3', '[]', '{}', '"a', '"a\\n"', '"a\nb"', '"\t"', "'a'", '1 ', ' 1', '1,2'],
  ]) {
    for (let field = 0; field < 3; field++) {
      const values = ['1', '1', '1']
      values[field] = value
      t.equal(scan(values), undefined, `${JSON.stringify(value)} in field ${field}`)
    }
  }
})

t.test('another shape is left', async t => {
  const template = templateOf(pieces)
  const usual = spelled(['1', '2', '3'])
  for (let at = 0; at < usual.length; at++) {
    const text = usual.slice(0, at) + '_' + usual.slice(at + 1)
    const { block } = scanned(text, 3)
    t.equal(template.scan(block, 0, 0), -1, text)
  }
  for (const text of [usual.slice(0, -1), usual.slice(1), `${usual.slice(0, -1)},"x":1}`, '']) {
    const { block } = scanned(text, 3)
    t.equal(template.scan(block, 0, 0), -1, text)
  }
})

t.test('a value of another kind than its field takes is left, null never is', async t => {
  for (const [kinds, taken, left] of [
    [jsonKinds.number, '1', '"1"'],
    [jsonKinds.string, '"1"', '1'],
    [jsonKinds.boolean, 'true', '1'],
  ] as const) {
    const template = templateOf(pieces, kinds)
    t.ok(scan([taken, taken, taken], template), taken)
    t.ok(scan(['null', taken, 'null'], template), 'null')
    t.equal(scan([taken, left, taken], template), undefined, left)
  }
})

t.test('a member that fills no field is passed over, whatever its kind', async t => {
  const bytes = Buffer.from('{"a":1,"b":2}')
  const template = new JsonTemplate(bytes, 0, bytes.length, [
    { start: 5, end: 6, field: -1, kinds: 0 },
    { start: 11, end: 12, field: 0, kinds: jsonKinds.number },
  ])
  const { block, length } = scanned('{"a":"x","b":7}', 1)
  t.equal(template.scan(block, 0, 0), length)
  t.equal(cellText(block, 0, 0), '7')
})
