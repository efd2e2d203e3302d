/*
  CHAR, SHORT, INT and LONG in text.
*/
import { readInt64 } from '../cells/read-whole.js'
import { readChar } from '../cells/read-logical.js'
import { LongColumn } from '../columns/int64-columns.js'
import { IntegerColumn, NumberColumn } from '../columns/number-columns.js'
import { int16Layout, int32Layout, int8Layout } from '../columns/number-layouts.js'
import { jsonKinds } from '../json/json-kinds.js'
import { longColumn, wholeColumn } from '../rows/value-columns.js'
import type { CellType } from './cell-type.js'

const char: CellType = {
  name: 'CHAR',
  takesNames: true,
  jsonKinds: jsonKinds.number | jsonKinds.string,
  hasArrays: true,
  column: ({ columnIndex, pool }) =>
    new NumberColumn(
      {
        ...int8Layout,
        expected: 'a number from -127 to 127 or one ASCII character',
        column: (data, length) => {
          return { form: 'vector', type: 'CHAR', length, data: data as Int8Array }
        },
      },
      columnIndex,
      pool,
      readChar,
    ),
}

const short: CellType = {
  name: 'SHORT',
  spelling: 'number',
  jsonKinds: jsonKinds.number | jsonKinds.string,
  hasArrays: true,
  values: ({ capacity }) => wholeColumn(capacity, int16Layout),
  column: ({ columnIndex, pool }) =>
    new IntegerColumn(
      {
        ...int16Layout,
        expected: 'a whole number from -32767 to 32767',
        column: (data, length) => {
          return { form: 'vector', type: 'SHORT', length, data: data as Int16Array }
        },
      },
      columnIndex,
      pool,
    ),
}

const int: CellType = {
  name: 'INT',
  spelling: 'number',
  jsonKinds: jsonKinds.number | jsonKinds.string,
  hasArrays: true,
  values: ({ capacity }) => wholeColumn(capacity, int32Layout),
  column: ({ columnIndex, pool }) =>
    new IntegerColumn(
      {
        ...int32Layout,
        expected: 'a whole number from -2147483647 to 2147483647',
        column: (data, length) => {
          return { form: 'vector', type: 'INT', length, data: data as Int32Array }
        },
      },
      columnIndex,
      pool,
    ),
}

const long: CellType = {
  name: 'LONG',
  spelling: 'number',
  jsonKinds: jsonKinds.number | jsonKinds.string,
  hasArrays: true,
  values: ({ capacity }) => longColumn(capacity),
  column: ({ columnIndex, pool }) =>
    new LongColumn(
      {
        expected: 'a whole number from -9223372036854775807 to 9223372036854775807',
        readCell: readInt64,
        column: (data, length) => ({ form: 'vector', type: 'LONG', length, data }),
      },
      columnIndex,
      pool,
    ),
}

export const integerTypes: readonly CellType[] = [char, short, int, long]
