/*
  FLOAT and DOUBLE in text.
*/
import { readDouble, readFloat } from '../cells/read-number.js'
import { FloatingColumn } from '../columns/number-columns.js'
import { doubleLayout, floatLayout } from '../columns/number-layouts.js'
import { jsonKinds } from '../json/json-kinds.js'
import { doubleColumn, floatColumn } from '../rows/value-columns.js'
import type { CellType } from './cell-type.js'

const float: CellType = {
  name: 'FLOAT',
  values: ({ capacity }) => floatColumn(capacity, floatLayout),
  spelling: 'number',
  jsonKinds: jsonKinds.number | jsonKinds.string,
  hasArrays: true,
  column: ({ columnIndex, pool }) =>
    new FloatingColumn(
      {
        ...floatLayout,
        expected: 'a number in the range of single precision',
        column: (data, length) => {
          return { form: 'vector', type: 'FLOAT', length, data: data as Float32Array }
        },
      },
      columnIndex,
      pool,
      readFloat,
    ),
}

const double: CellType = {
  name: 'DOUBLE',
  values: ({ capacity }) => doubleColumn(capacity, doubleLayout),
  spelling: 'number',
  jsonKinds: jsonKinds.number | jsonKinds.string,
  hasArrays: true,
  column: ({ columnIndex, pool }) =>
    new FloatingColumn(
      {
        ...doubleLayout,
        expected: 'a number',
        column: (data, length) => {
          return { form: 'vector', type: 'DOUBLE', length, data: data as Float64Array }
        },
      },
      columnIndex,
      pool,
      readDouble,
    ),
}

export const floatingTypes: readonly CellType[] = [float, double]
