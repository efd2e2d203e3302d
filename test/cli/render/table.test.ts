/* eslint-disable no-control-regex -- control characters are what some of these are about */
import t from 'tap'
import { tableText } from '../../../src/cli/render/table.js'
import { displayWidth } from '../../../src/cli/output/terminal-text.js'
import type { Value } from '../../../src/protocol/value.js'
import { all, dictionary, ints, longTable, scalars, strings, table, trades } from './values.js'

t.test('a table is aligned, numbers to the right, with its row count', async t => {
  t.equal(
    all(tableText(trades, undefined)),
    ['sym   price  id', 'A       1.5   1', 'MSFT         22', '        300', '3 rows', ''].join(
      '\n',
    ),
  )
})

t.test('a terminal gets whole columns only, and is told of the others', async t => {
  const text = all(tableText(trades, 12))
  t.match(text, /^sym {3}price\n/)
  t.match(text, /3 rows \(1 column did not fit; --output csv has all\)/)
  const wide = table({ text: strings('x'.repeat(200)) })
  for (const line of all(tableText(wide, 30)).split('\n')) t.ok(displayWidth(line) <= 30, line)
})

t.test('wide characters keep columns aligned', async t => {
  const text = all(tableText(table({ 名: strings('价格', 'ab'), n: ints(1, 2) }), undefined))
  t.equal(text, ['名    n', '价格  1', 'ab    2', '2 rows', ''].join('\n'))
})

t.test('control characters of data never reach the table', async t => {
  const text = all(tableText(table({ 'a\u001b[2J': strings('x\u0007\ny\u009b1m') }), 80))
  t.notMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
  t.equal(text.split('\n')[1], 'x y')
})

t.test('a table without rows still shows its columns', async t => {
  t.equal(all(tableText(table({ a: ints(), b: strings() }), undefined)), 'a  b\n0 rows\n')
})

t.test('what has one cell is its bare text, and no result is nothing', async t => {
  for (const [value, text] of scalars) t.equal(all(tableText(value, 80)), `${text}\n`, value.type)
  t.equal(all(tableText({ form: 'pair', elements: ints(1, 5) }, 80)), '1 : 5\n')
  t.equal(all(tableText(undefined, 80)), '')
})

t.test('other forms are columns with the number of their elements', async t => {
  const set: Value = { form: 'set', elements: ints(1, 5) }
  t.equal(all(tableText(set, 80)), '1\n5\n2 elements\n')
  t.equal(all(tableText(ints(7), 80)), '7\n1 element\n')
  t.equal(
    all(tableText(dictionary, 80)),
    [
      'key      value',
      'rows     2',
      'colDefs  <table of 3 rows, 3 columns>',
      'list     [1,]',
      '3 elements',
      '',
    ].join('\n'),
  )
})

t.test('names are bold and the count is dim where there are colours', async t => {
  const text = all(tableText(table({ a: ints(1) }), 80, (style, part) => `<${style} ${part}>`))
  t.equal(text, '<bold a>\n1\n<dim 1 row>\n')
})

t.test('a long table comes in pieces, and whole', async t => {
  const pieces = [...tableText(longTable(1234), 80)]
  t.ok(pieces.length > 3)
  t.equal(all(pieces).split('\n').length, 1234 + 3)
})
