import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { ColumnType } from '../../../src/protocol/data-type.js'
import type { ElementValue } from '../../../src/protocol/element.js'
import type { Vector } from '../../../src/protocol/value.js'
import {
  decimalOfText,
  numbersOfText,
  textColumn,
} from '../../../src/server/columns/convert-column.js'
import { runs } from '../../helpers/runs.js'
import { textsOf } from '../../helpers/script.js'
import { column, valuesOf } from './columns.js'

const strings = (...texts: string[]): Vector => column('STRING', ...texts) as Vector

t.test('STRING, SYMBOL and BLOB hold the same text', async t => {
  const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
  const kept: Vector[] = [
    strings('é', '', 'a', 'é', 'behind'),
    {
      form: 'vector',
      type: 'SYMBOL',
      length: 5,
      codes: Int32Array.of(2, 0, 1, 2, 0),
      base: ['', 'a', 'é'],
    },
    column('BLOB', utf8('é'), utf8(''), utf8('a'), utf8('é'), utf8('')) as Vector,
  ]
  for (const given of kept) {
    const rows = { ...given, length: 4 } as Vector
    for (const type of ['STRING', 'SYMBOL', 'BLOB'] as const) {
      if (type === given.type) continue
      const made = textColumn(rows, { type })
      t.match(made, { type, length: 4 })
      const wanted = ['é', '', 'a', 'é']
      if (type === 'BLOB') t.same(valuesOf(made), wanted.map(utf8))
      else t.same(textsOf(made), wanted, `${given.type} as ${type}`)
    }
  }
  const symbols = textColumn(kept[2]!, { type: 'SYMBOL' })
  t.match(symbols, { base: ['', 'é', 'a'], codes: Int32Array.of(1, 0, 2, 1, 0) })
})

t.test('text is read as a number when all of it is one', async t => {
  const examples: [ColumnType, string[], ElementValue[]][] = [
    [
      { type: 'DOUBLE' },
      ['1', '-1.5', '+.5', '5.', ' 2e3\t', '1E-2'],
      [1, -1.5, 0.5, 5, 2000, 0.01],
    ],
    [{ type: 'DOUBLE' }, ['', '  ', '1e400', '-1e400'], [null, null, null, null]],
    [{ type: 'FLOAT' }, ['1.5', '1e39', '1e400', ''], [1.5, null, null, null]],
    [{ type: 'DECIMAL32', scale: 2 }, ['1', '-0.5', '', ' 7.129 '], [100n, -50n, null, 712n]],
  ]
  for (const [type, texts, values] of examples) {
    t.strictSame(valuesOf(numbersOfText(strings(...texts), type)), values, `${texts}`)
  }
  t.equal(numbersOfText(strings(), { type: 'DOUBLE' }).length, 0)
})

t.test('one text that is no number refuses all of them', async t => {
  for (const text of ['x', '1x', '.', '-', 'e5', '1e', '0x10', 'NaN', 'Infinity', '1 2', '1,5']) {
    t.throws(() => numbersOfText(strings('1', text), { type: 'DOUBLE' }), {
      name: 'ScriptError',
      message: 'Incompatible type. Expected: DOUBLE, Actual: STRING',
    })
    t.equal(decimalOfText(text, { type: 'DECIMAL32', scale: 2 }), null, text)
  }
  const symbols = column('SYMBOL', 'x') as Vector
  t.throws(() => numbersOfText(symbols, { type: 'DECIMAL64', scale: 4 }), {
    message: 'Incompatible type. Expected: DECIMAL64(4), Actual: SYMBOL',
  })
})

t.test('digits behind the scale are cut off', async t => {
  const examples: [string, number, bigint][] = [
    ['3.1415926535', 4, 31_415n],
    ['-3.99', 0, -3n],
    ['+0.999', 2, 99n],
    ['.5', 0, 0n],
    ['-0', 3, 0n],
    ['0.001', 2, 0n],
    ['00012', 2, 1200n],
    ['12e-1', 2, 120n],
    ['1.5e3', 1, 15_000n],
    ['5e-9', 2, 0n],
  ]
  for (const [text, scale, wanted] of examples) {
    t.equal(decimalOfText(text, { type: 'DECIMAL64', scale }), wanted, `${text} of scale ${scale}`)
  }
  const amount = fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n })
  fc.assert(
    fc.property(amount, fc.nat({ max: 20 }), fc.nat({ max: 18 }), (value, digits, scale) => {
      const all = String(value < 0n ? -value : value).padStart(digits + 1, '0')
      const point = all.length - digits
      const text = `${value < 0n ? '-' : ''}${all.slice(0, point)}.${all.slice(point)}`
      const wanted = (value * 10n ** BigInt(scale)) / 10n ** BigInt(digits)
      const type: ColumnType = { type: 'DECIMAL128', scale }
      if (String(wanted).replace('-', '').length > 38) {
        assert.throws(() => decimalOfText(text, type), /decimal overflow/)
      } else assert.equal(decimalOfText(text, type), wanted)
    }),
    { numRuns: runs(200) },
  )
})

t.test('a decimal has as many digits as its type', async t => {
  const limits: [ColumnType, number][] = [
    [{ type: 'DECIMAL32', scale: 0 }, 9],
    [{ type: 'DECIMAL64', scale: 0 }, 18],
    [{ type: 'DECIMAL128', scale: 0 }, 38],
  ]
  for (const [type, digits] of limits) {
    const largest = '9'.repeat(digits)
    t.equal(decimalOfText(largest, type), BigInt(largest))
    for (const text of [`1${'0'.repeat(digits)}`, `1e${digits}`, '1e999']) {
      t.throws(() => decimalOfText(text, type), {
        name: 'ScriptError',
        message: `Can't convert STRING to ${type.type}(0): parse ${text} to ${type.type}(0) failed: decimal overflow`,
      })
    }
  }
})
