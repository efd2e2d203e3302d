/*
  BOOL in text.
*/
import { readBool } from '../cells/read-logical.js'
import { NumberColumn } from '../columns/number-columns.js'
import { int8Layout } from '../columns/number-layouts.js'
import { jsonKinds } from '../json/json-kinds.js'
import { boolColumn } from '../rows/value-columns.js'
import type { CellType } from './cell-type.js'

export const logicalTypes: readonly CellType[] = [
  {
    name: 'BOOL',
    spelling: 'truth',
    jsonKinds: jsonKinds.boolean | jsonKinds.number | jsonKinds.string,
    hasArrays: true,
    values: ({ capacity }) => boolColumn(capacity, int8Layout),
    column: ({ columnIndex, pool }) =>
      new NumberColumn(
        {
          ...int8Layout,
          min: 0,
          max: 1,
          expected: 'true or false',
          column: (data, length) => {
            return { form: 'vector', type: 'BOOL', length, data: data as Int8Array }
          },
        },
        columnIndex,
        pool,
        readBool,
      ),
  },
]
