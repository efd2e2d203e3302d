/*
  The values that columns of times read, and the texts that they leave to the general reader.
*/
import { strictEqual } from 'node:assert/strict'
import { BufferPool } from '../../../src/parse/columns/buffer-pool.js'
import {
  int64Layout,
  type WideColumn,
  type WideType,
} from '../../../src/parse/columns/fixed-columns.js'
import { blockOf, field, refusedRows } from './block.js'

/** Reads texts. Refuses the texts that the fast reader leaves to the general reader, and lists them in `others`. */
export function readTimes(
  texts: readonly string[],
  Column: typeof WideColumn<Int32Array>,
): { values: bigint[]; others: string[]; refused: number[] } {
  const others: string[] = []
  const kind: WideType<Int32Array> = {
    ...{ ...int64Layout, name: 'TIMESTAMP', expected: 'a time' },
    readCell(bytes, _view, start, end) {
      others.push(Buffer.from(bytes.subarray(start, end)).toString())
      return NaN
    },
  }
  const column = new Column(kind, 0, new BufferPool())
  const block = blockOf(texts)
  const nulls = column.read(block, field, 0)
  const refused = refusedRows(block)
  strictEqual(nulls, refused.length + texts.filter(text => text === '').length)
  const { data } = column.take(texts.length, []) as { data: BigInt64Array }
  return { values: Array.from(data.subarray(0, texts.length)), others, refused }
}
