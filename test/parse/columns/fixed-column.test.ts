/* Columns whose elements have one size. The tests in ../cells/ test which texts are values. */
import t from 'tap'
import { BufferPool } from '../../../src/parse/columns/fixed-column.js'
import { columnBuilder } from '../../../src/parse/types/column-types.js'
import { parseColumnType } from '../../../src/protocol/data-type.js'
import { blockOf, field } from './block.js'

t.test('elements of each type, compared with the null values of docs/protocol.md', async t => {
  const long = '0000000000000080'
  for (const [types, bytesPerRow, nullBytes] of [
    [['BOOL', 'CHAR'], 1, '80'],
    [['SHORT'], 2, '0080'],
    [['INT', 'DECIMAL32(2)', 'DATE', 'MONTH', 'TIME', 'DATEHOUR'], 4, '00000080'],
    [['LONG', 'DECIMAL64(2)', 'TIMESTAMP', 'NANOTIME', 'NANOTIMESTAMP'], 8, long],
    [['DECIMAL128(2)'], 16, '00'.repeat(8) + long],
    [['UUID', 'IPADDR', 'INT128'], 16, '00'.repeat(16)],
    [['FLOAT'], 4, 'ffff7fff'],
    [['DOUBLE'], 8, 'ffffffffffffefff'],
    [['COMPLEX', 'POINT'], 16, 'ffffffffffffefff'.repeat(2)],
    [['DURATION'], 8, '0000008000000000'],
  ] as const) {
    for (const type of types) {
      const column = { name: 'c', type: parseColumnType(type)! }
      const builder = columnBuilder(column, new BufferPool(), {})
      builder.read(blockOf(['']), field, 0)
      t.equal(builder.encodedBytes(7), 7 * bytesPerRow)
      const { data } = builder.take(1, []) as unknown as { data: Uint8Array }
      t.equal(Buffer.from(data.buffer, 0, bytesPerRow).toString('hex'), nullBytes, type)
    }
  }
})
