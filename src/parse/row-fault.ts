/*
  Messages about rejected rows: a column cannot hold a cell, or some bytes are not text.
*/
import { option } from '../errors.js'
import { isUtf8 } from './cells/cell-bytes.js'
import type { ColumnBuilder } from './columns/column-builder.js'
import type { Fault, RecordBlock } from './record-block.js'
import { clippedText } from './shown-text.js'

/** The properties of a column that messages about its cells need. */
export interface ReportedColumn {
  readonly name: string
  readonly typeText: string
  readonly builder: ColumnBuilder
  /** Indexes of the block's fields from which the cells come: several for combined texts, none for a constant. */
  readonly fields: readonly number[]
}

/** The fault of a row with a text in a field that neither a name nor a column uses. @param field  from 0 */
export function unnamedFault(
  { bytes, starts, ends, fieldCount }: RecordBlock,
  row: number,
  field: number,
): Fault {
  const cell = row * fieldCount + field
  const value = clippedText(bytes, starts[cell]!, ends[cell]!)
  return {
    code: 'DDB_INPUT_FIELD_COUNT',
    message: `field ${field + 1} has no name in the header, but this record has "${value}" there: name the column, or pass over it with ${option('mapping.ignoreExtra')}`,
    value,
  }
}

export function cellFault(column: ReportedColumn, block: RecordBlock, row: number): Fault {
  const { name, typeText, builder, fields } = column
  const { composed } = builder
  const { bytes, starts, ends } = composed ?? block
  const cell = composed === undefined ? row * block.fieldCount + fields[0]! : row
  const start = starts[cell]!
  const end = ends[cell]!
  const fault = isUtf8(bytes, start, end)
    ? builder.explain(bytes, start, end)
    : ({
        code: 'DDB_INPUT_ENCODING',
        expected: `text in the encoding that ${option('input.encoding')} names`,
      } as const)
  const value = clippedText(bytes, start, end)
  const { code, expected } = fault
  return {
    columnName: name,
    code,
    class: code === 'DDB_INPUT_ENCODING' ? 'parse' : 'type',
    message: `${typeText} column "${name}": expected ${expected}, got "${value}"`,
    value,
  }
}
