/*
  DECIMAL32, DECIMAL64 and DECIMAL128 in text. Nothing is rounded: a row with digits beyond the scale is refused.
*/
import { readDecimal128, readDecimal32, readDecimal64 } from '../cells/read-decimal.js'
import { Int64Column } from '../columns/int64-columns.js'
import { NumberColumn } from '../columns/number-columns.js'
import { int32Layout } from '../columns/number-layouts.js'
import { WideColumn } from '../columns/wide-column.js'
import { jsonKinds } from '../json/json-kinds.js'
import type { CellType } from './cell-type.js'

/** The null of DECIMAL128 as four 32-bit words, the least significant first. */
const null128: readonly number[] = [0, 0, 0, -2_147_483_648]

const expectedOf = (scale: number): string =>
  `a decimal number with at most ${scale} digits after the point`

const decimal32: CellType = {
  name: 'DECIMAL32',
  spelling: 'number',
  jsonKinds: jsonKinds.number | jsonKinds.string,
  hasArrays: true,
  column: ({ columnIndex, pool, scale }) =>
    new NumberColumn(
      {
        ...int32Layout,
        expected: expectedOf(scale),
        column: (data, length) => {
          return { form: 'vector', type: 'DECIMAL32', length, scale, data: data as Int32Array }
        },
      },
      columnIndex,
      pool,
      readDecimal32(scale),
    ),
}

const decimal64: CellType = {
  name: 'DECIMAL64',
  spelling: 'number',
  jsonKinds: jsonKinds.number | jsonKinds.string,
  hasArrays: true,
  column: ({ columnIndex, pool, scale }) =>
    new Int64Column(
      {
        expected: expectedOf(scale),
        readCell: readDecimal64(scale),
        column: (data, length) => ({ form: 'vector', type: 'DECIMAL64', length, scale, data }),
      },
      columnIndex,
      pool,
    ),
}

const decimal128: CellType = {
  name: 'DECIMAL128',
  spelling: 'number',
  jsonKinds: jsonKinds.number | jsonKinds.string,
  hasArrays: true,
  column: ({ columnIndex, pool, scale }) =>
    new WideColumn<Int32Array>(
      {
        bytesPerRow: 16,
        view: buffer => new Int32Array(buffer),
        nullElements: null128,
        readCell: readDecimal128(scale),
        expected: expectedOf(scale),
        column: ({ buffer }, length) => {
          return { form: 'vector', type: 'DECIMAL128', length, scale, data: new Uint8Array(buffer) }
        },
      },
      columnIndex,
      pool,
    ),
}

export const decimalTypes: readonly CellType[] = [decimal32, decimal64, decimal128]
