/* A cell as the parsers get it: between bytes that would mislead a parser that reads too far. */
import { deepStrictEqual } from 'node:assert/strict'
import type { CellRules } from '../../../src/parse/cell-rules.js'
import { BufferPool } from '../../../src/parse/columns/fixed-column.js'
import { columnBuilder } from '../../../src/parse/types/column-types.js'
import { parseColumnType } from '../../../src/protocol/data-type.js'
import type { Column } from '../../../src/protocol/value.js'
import { blockOf, field, refusedRows } from '../columns/block.js'

export interface Cell {
  bytes: Uint8Array
  start: number
  end: number
}

export function cellOf(text: string | Uint8Array): Cell {
  const content = typeof text === 'string' ? Buffer.from(text) : text
  const bytes = Uint8Array.from(
    Buffer.concat([Buffer.from('99-'), content, Buffer.from('99999999')]),
  )
  return { bytes, start: 3, end: 3 + content.length }
}

/**
 * What a column of the type makes of a text: its raw number or numbers, 16 bytes in hexadecimal digits, or null; `cell` if the
 * text is not a value, `range` if the type cannot hold it.
 */
export type Reading = number | bigint | string | null | readonly number[]

const codes: Readonly<Record<string, string>> = { DDB_INPUT_CELL: 'cell', DDB_INPUT_RANGE: 'range' }

/** Reads the texts in one block and, to compare, each in a block of its own. */
export function readTexts(
  type: string,
  texts: readonly (string | Uint8Array)[],
  rules: CellRules = {},
): Reading[] {
  const column = { name: 'c', type: parseColumnType(type)! }
  const builder = columnBuilder(column, new BufferPool(), rules)
  const readBlock = (list: readonly (string | Uint8Array)[]): Reading[] => {
    const block = blockOf(list)
    builder.read(block, field, 0)
    const refused = new Set(refusedRows(block))
    const { bytes, starts, ends } = block
    const reasons = list.map((_, row) => {
      if (!refused.has(row)) return undefined
      const { code } = builder.explain(bytes, starts[2 * row + 1]!, ends[2 * row + 1]!)
      return codes[code] ?? code
    })
    const column = builder.take(list.length, [])
    return list.map((text, row) => reasons[row] ?? (text.length === 0 ? null : rawOf(column, row)))
  }
  const readings = readBlock(texts)
  const single = texts.flatMap(text => readBlock([text]))
  deepStrictEqual(single, readings)
  return readings
}

export function readText(type: string, text: string | Uint8Array, rules?: CellRules): Reading {
  return readTexts(type, [text], rules)[0]!
}

function rawOf(column: Column, row: number): Reading {
  const { type, data } = column as unknown as { type: string; data: Int32Array | Uint8Array }
  if (type === 'DECIMAL128') {
    const view = new DataView(data.buffer)
    return (view.getBigInt64(16 * row + 8, true) << 64n) | view.getBigUint64(16 * row, true)
  }
  if (data instanceof Uint8Array)
    return Buffer.from(data.subarray(16 * row, 16 * row + 16)).toString('hex')
  const isPair = ['COMPLEX', 'POINT', 'DURATION'].includes(type)
  return isPair ? [data[2 * row]!, data[2 * row + 1]!] : data[row]!
}
