/*
  BOOL and CHAR, in tables of what each text is.
*/
import t from 'tap'
import { readBool, readChar } from '../../../src/parse/cells/read-logical.js'
import { cellOf } from './cell.js'

const bool = (text: string): number => {
  const { bytes, start, end } = cellOf(text)
  return readBool(bytes, start, end)
}
const char = (text: string | Uint8Array): number => {
  const { bytes, start, end } = cellOf(text)
  return readChar(bytes, start, end)
}

t.test('true and false in any case, 1 and 0', async t => {
  for (const text of ['true', 'TRUE', 'True', 'tRuE', '1', ' true\t', ' 1']) {
    t.equal(bool(text), 1, text)
  }
  for (const text of ['false', 'FALSE', 'False', '0', '\tfalse ']) t.equal(bool(text), 0, text)
  for (const text of ['', ' ', 't', 'f', 'yes', '2', '01', 'truee', 'tru', 'falsE1', '-1']) {
    t.ok(Number.isNaN(bool(text)), JSON.stringify(text))
  }
})

t.test('a CHAR is a whole number or one ASCII character', async t => {
  for (const [text, value] of [
    ['0', 0],
    ['127', 127],
    ['-127', -127],
    ['128', 128],
    ['-128', -128],
    ['1000', 1000],
    [' 12 ', 12],
    ['5', 5],
    ["'5'", 53],
    ["'a'", 97],
    ["'''", 39],
    ["' '", 32],
    ['a', 97],
    ['~', 126],
    ["'", 39],
    ['-', 45],
    ['99999999999999999999', Infinity],
  ] as const) {
    t.equal(char(text), value, text)
  }
  for (const text of ['', 'ab', "'ab'", "''", "a'", '1.5', 'é', "'é'", '1e3x', '\0', "'\0'"]) {
    t.ok(Number.isNaN(char(text)), JSON.stringify(text))
  }
  t.ok(Number.isNaN(char(Uint8Array.of(0x80))), 'a byte that is not ASCII')
})

t.test('every ASCII character but digits and NUL stands for itself', async t => {
  for (let code = 1; code < 128; code++) {
    const text = String.fromCharCode(code)
    t.equal(char(text), /\d/.test(text) ? Number(text) : code, `character ${code}`)
  }
})
