import t from 'tap'
import { passwordHider } from '../../../src/client/login/hide-password.js'
import { hideInValue } from '../../../src/cli/render/hide-value.js'
import { csvText } from '../../../src/cli/render/csv.js'
import { jsonText } from '../../../src/cli/render/json.js'
import { tableText } from '../../../src/cli/render/table.js'
import type { Value, Vector } from '../../../src/protocol/value.js'
import { int, text } from '../../helpers/values.js'

const hide = passwordHider('123456')
const strings: Vector = { form: 'vector', type: 'STRING', length: 2, data: ['a', 'x123456y'] }
const symbols: Vector = {
  form: 'vector',
  type: 'SYMBOL',
  length: 2,
  codes: Int32Array.of(1, 2),
  base: ['', '123456', 'b'],
}
const blobs: Vector = {
  form: 'vector',
  type: 'BLOB',
  length: 2,
  data: [Buffer.from([0xff, 0xfe]), Buffer.from('is 123456')],
}
const numbers: Vector = { form: 'vector', type: 'INT', length: 2, data: Int32Array.of(123456, 7) }
const tuple: Vector = { form: 'vector', type: 'ANY', length: 2, data: [text('123456'), int(1)] }

const holding: readonly Value[] = [
  text('123456'),
  { form: 'scalar', type: 'BLOB', value: Buffer.from('123456') },
  strings,
  symbols,
  blobs,
  tuple,
  { form: 'arrayVector', length: 1, offsets: Uint32Array.of(0, 2), cells: strings },
  { form: 'set', elements: strings },
  { form: 'pair', elements: strings },
  { form: 'matrix', rows: 2, columns: 1, elements: numbers, rowLabels: strings },
  { form: 'matrix', rows: 1, columns: 2, elements: numbers, columnLabels: symbols },
  { form: 'dictionary', keys: strings, values: numbers },
  { form: 'dictionary', keys: numbers, values: tuple },
  { form: 'table', name: '', rows: 2, columnNames: ['a'], columns: [symbols] },
  { form: 'table', name: '', rows: 2, columnNames: ['c123456'], columns: [strings] },
]

t.test('a password is in no text of a value, wherever it stands', t => {
  const written = (value: Value): string =>
    [csvText(value), jsonText(value), tableText(value, undefined)]
      .flatMap(parts => [...parts])
      .join('')
  for (const value of holding) {
    const safe = hideInValue(value, hide)
    t.not(safe, value)
    t.match(written(safe), /\*\*\*/, value.form)
    const texts = written(safe).replaceAll(/\b123456\b/g, '')
    t.notMatch(texts, /x123456|c123456|is 123456/)
    if (!JSON.stringify(value).includes('"0":123456')) t.notMatch(written(safe), '123456')
  }
  t.end()
})

t.test('numbers stay numbers, and what holds none of it is the value itself', t => {
  const clean: readonly Value[] = [
    int(123456),
    numbers,
    text('12345'),
    { form: 'table', name: '', rows: 2, columnNames: ['n'], columns: [numbers] },
    { form: 'dictionary', keys: numbers, values: numbers },
    { ...blobs, length: 1, data: [Buffer.from([0xff])] },
  ]
  for (const value of clean) t.equal(hideInValue(value, hide), value)
  t.end()
})
