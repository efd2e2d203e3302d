/*
  Blanks, hexadecimal digits and UTF-8 in bytes.
*/
import { strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import {
  hexDigit,
  isUtf8,
  latin1,
  trimmedEnd,
  trimmedStart,
  utf8Text,
} from '../../../src/parse/cells/cell-bytes.js'
import { runs } from '../../helpers/runs.js'
import { cellOf } from './cell.js'

t.test('blanks and tabs go from both ends, nothing else does', async t => {
  for (const text of [' a b\t', '\t', '', '\u00a0x ', 'x']) {
    const { bytes, start, end } = cellOf(text)
    const first = trimmedStart(bytes, start, end)
    const rest = Buffer.from(bytes.subarray(first, trimmedEnd(bytes, first, end))).toString()
    t.equal(rest, text.replace(/^[ \t]+|[ \t]+$/g, ''), JSON.stringify(text))
  }
})

t.test('a byte is a hexadecimal digit as for Number', async t => {
  for (let byte = 0; byte < 256; byte++) {
    const text = String.fromCharCode(byte)
    const value = /^[0-9a-f]$/i.test(text) ? Number(`0x${text}`) : -1
    t.equal(hexDigit(byte), value, `byte ${byte}`)
  }
})

t.test('bytes are UTF-8 exactly when TextDecoder takes them', async t => {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const takes = (bytes: Uint8Array): boolean => {
    try {
      decoder.decode(bytes)
      return true
    } catch {
      return false
    }
  }
  const edges = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef]
  const byte = fc.constantFrom(...edges, 0xf0, 0xf4, 0xf5, 0xff)
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 5 }), list => {
      const { bytes, start, end } = cellOf(Uint8Array.from(list))
      strictEqual(isUtf8(bytes, start, end), takes(Uint8Array.from(list)))
    }),
    { numRuns: runs(2000) },
  )
  const { bytes, start, end } = cellOf(Uint8Array.of(0x41, 0xe9))
  t.equal(latin1(bytes, start, end), 'A\u00e9')
  t.equal(utf8Text(Buffer.from('\ufeffé')), '\ufeffé')
  t.equal(utf8Text(Uint8Array.of(0x41, 0xe9)), 'A\ufffd')
})
