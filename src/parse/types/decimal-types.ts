/*
  DECIMAL32, DECIMAL64 and DECIMAL128 columns of one scale.
*/
import type { DecimalType } from '../../protocol/data-type.js'
import { nullInt32 } from '../../protocol/null-value.js'
import type { BufferPool } from '../columns/buffer-pool.js'
import { readDecimal128, readDecimal32, readDecimal64 } from '../cells/read-decimal.js'
import type { ColumnBuilder } from '../columns/column-builder.js'
import { NumberColumn } from '../columns/number-columns.js'
import { Int64Column } from '../columns/int64-columns.js'
import { WideColumn } from '../columns/wide-column.js'

/** 16 bytes, the most significant one last. */
const null128: readonly number[] = Array.from({ length: 16 }, (_, i) => (i === 15 ? 0x80 : 0))

/** The builder of a decimal column. Digits that its scale cannot hold refuse the row: nothing is rounded. */
export function decimalColumn(
  type: DecimalType,
  scale: number,
  columnIndex: number,
  pool: BufferPool,
): ColumnBuilder {
  const expected = `a decimal number with at most ${scale} digits behind the point`
  switch (type) {
    case 'DECIMAL32':
      return new NumberColumn(
        {
          bytesPerRow: 4,
          view: buffer => new Int32Array(buffer),
          nullValue: nullInt32,
          min: -2_147_483_647,
          max: 2_147_483_647,
          expected,
          column: (data, length) => ({
            form: 'vector',
            type,
            length,
            scale,
            data: data as Int32Array,
          }),
        },
        columnIndex,
        pool,
        readDecimal32(scale),
      )
    case 'DECIMAL64':
      return new Int64Column(
        {
          expected,
          readCell: readDecimal64(scale),
          column: (data, length) => ({ form: 'vector', type, length, scale, data }),
        },
        columnIndex,
        pool,
      )
    case 'DECIMAL128':
      return new WideColumn<Uint8Array>(
        {
          bytesPerRow: 16,
          view: buffer => new Uint8Array(buffer),
          nullElements: null128,
          readCell: readDecimal128(scale),
          expected,
          column: (data, length) => ({ form: 'vector', type, length, scale, data }),
        },
        columnIndex,
        pool,
      )
  }
}
