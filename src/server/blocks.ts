/*
  Large results in blocks: with a fetchSize in its request, a table is answered as a tuple of tables, which clients
  read one by one (protocol notes §1.6). Python accepts nothing else then, so small tables are wrapped, too.
*/
import { encodeValue } from '../protocol/codec.js'
import { sliceColumn } from '../protocol/element.js'
import type { Table, Value } from '../protocol/value.js'
import { ByteWriter } from '../wire/writer.js'

/**
 * A table of no rows becomes one empty block, so that its columns are known all the same.
 * @param blockBytes  about as many bytes as one table of the result has on the wire
 */
export function inBlocks(table: Table, blockBytes: number): Value {
  const writer = new ByteWriter()
  encodeValue(writer, table)
  const bytesPerRow = writer.byteLength / Math.max(1, table.rows)
  const blockRows = Math.max(1, Math.floor(blockBytes / bytesPerRow))
  const data: Table[] = []
  let start = 0
  do {
    const end = Math.min(table.rows, start + blockRows)
    const columns = table.columns.map(column => sliceColumn(column, start, end))
    data.push({ ...table, rows: end - start, columns })
    start = end
  } while (start < table.rows)
  return { form: 'vector', type: 'ANY', length: data.length, data }
}
