/*
  What a sample says of header, decimal commas and delimiters behind the last field.
*/
import t from 'tap'
import { detectLayout, type Layout } from '../../../src/parse/csv/detect-layout.js'

const layout = (text: string, delimiter = ','): Layout =>
  detectLayout(Buffer.from(text), 0, true, {
    delimiter,
    quote: '"',
    escape: '"',
    comment: '',
    trim: false,
  })

t.test('a first record stands out from columns of numbers and dates', async t => {
  for (const [text, standsOut] of [
    ['id,name\n1,a\n', true],
    ['day,name\n2024-01-02,a\n,b\n', true],
    ['name,city\na,b\nc,d\n', false],
    ['a,2024\nb,c\n', false],
    ['name,price\na,1\nb,n/a\n', false],
    ['name,price\n', false],
    ['', false],
  ] as const) {
    t.equal(layout(text).standsOut, standsOut, JSON.stringify(text))
  }
})

t.test('a decimal comma is one where it cannot be anything else', async t => {
  for (const [text, decimalComma] of [
    ['a;b\n1,5;x\n2;y\n', true],
    ['a;b\n-1,25;x\n1,250;y\n', true],
    ['a;b\n1,250;x\n3,125;y\n', false],
    ['a;b\n1,5;1.5\n', false],
    ['a;b\n1,5;x\nn/a;y\n', false],
    ['a;b\n"1,5";x\n', true],
    ['a;b\n1,2,3;x\n', false],
    ['a;b\n15;x\n', false],
  ] as const) {
    t.equal(layout(text, ';').decimalComma, decimalComma, JSON.stringify(text))
  }
})

t.test('most records end with a delimiter that the first one does not have', async t => {
  for (const [text, trailing] of [
    ['a,b\n1,2,\n3,4,\n', true],
    ['a,b\n1,2,\n3,4,\n5,6\n', true],
    ['a,b\n1,2,\n3,4\n', false],
    ['a,b,\n1,2,\n', false],
    ['a,b\n1,2,3\n', false],
    ['a,b\n1,2,""\n', false],
    ['a,b\n1,\n', false],
  ] as const) {
    t.equal(layout(text).trailingDelimiter, trailing, JSON.stringify(text))
  }
})
