/*
  Large results in blocks: with a fetchSize in its request, a table is answered as a tuple of tables, which clients
  read one by one (docs/protocol.md#blocks). Python accepts nothing else then, so small tables are wrapped, too.
*/
import { encodeValue } from '../../protocol/codec.js'
import { sliceColumn } from '../../protocol/element.js'
import type { Column, Table, Value } from '../../protocol/value.js'
import { ByteWriter } from '../../wire/byte-writer.js'

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
  const cutters = table.columns.map(cutterOf)
  let start = 0
  do {
    const end = Math.min(table.rows, start + blockRows)
    data.push({ ...table, rows: end - start, columns: cutters.map(cut => cut(start, end)) })
    start = end
  } while (start < table.rows)
  return { form: 'vector', type: 'ANY', length: data.length, data }
}

/** Cuts rows out of a column, each time those behind the last ones. */
function cutterOf(column: Column): (start: number, end: number) => Column {
  if (column.form !== 'vector' || column.type !== 'STRING' || !('encoded' in column)) {
    return (start, end) => sliceColumn(column, start, end)
  }
  // Text in wire form has no places: what was cut off is not gone through again.
  let { encoded } = column
  return (start, end) => {
    let at = 0
    for (let row = start; row < end; row++) at = encoded.indexOf(0, at) + 1
    const cut = { ...column, length: end - start, encoded: encoded.subarray(0, at) }
    encoded = encoded.subarray(at)
    return cut
  }
}
