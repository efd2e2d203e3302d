/*
  How arrays store the numbers of each width, and which number is the null.
*/
import { nullDouble, nullFloat, nullInt16, nullInt32, nullInt8 } from '../../protocol/null-value.js'
import type { FixedType, NumberArray } from './number-columns.js'

type NumberLayout<A extends NumberArray> = Omit<FixedType<A>, 'expected' | 'column'>

export const int8Layout: NumberLayout<Int8Array> = {
  bytesPerRow: 1,
  view: buffer => new Int8Array(buffer),
  nullValue: nullInt8,
  min: -127,
  max: 127,
}

export const int16Layout: NumberLayout<Int16Array> = {
  bytesPerRow: 2,
  view: buffer => new Int16Array(buffer),
  nullValue: nullInt16,
  min: -32_767,
  max: 32_767,
}

export const int32Layout: NumberLayout<Int32Array> = {
  bytesPerRow: 4,
  view: buffer => new Int32Array(buffer),
  nullValue: nullInt32,
  min: -2_147_483_647,
  max: 2_147_483_647,
}

/** Numbers beyond `min` and `max` may fit the type, too. A slower reader then checks the cell's text. */
export const floatLayout: NumberLayout<Float32Array> = {
  bytesPerRow: 4,
  view: buffer => new Float32Array(buffer),
  nullValue: nullFloat,
  min: -1e38,
  max: 1e38,
}

/** Numbers beyond `min` and `max` may fit the type, too. A slower reader then checks the cell's text. */
export const doubleLayout: NumberLayout<Float64Array> = {
  bytesPerRow: 8,
  view: buffer => new Float64Array(buffer),
  nullValue: nullDouble,
  min: -1e308,
  max: 1e308,
}
