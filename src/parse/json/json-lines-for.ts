/*
  Makes the tokenizer of NDJSON for the columns of a target.
*/
import type { ColumnMapping, TextSource } from '../../schema/cell-source.js'
import type { SourceText } from '../../source/encoding/text-origin.js'
import type { CellRules } from '../cell-rules.js'
import { hasNumberStyle } from '../cells/number-style.js'
import { elementSeparator } from '../columns/array-column.js'
import type { LineTokenizer } from '../line-tokenizer.js'
import { RecordBlock } from '../record-block.js'
import { jsonLines } from './json-lines.js'
import { jsonMembers } from './json-members.js'
import { JsonRecords } from './json-records.js'
import { JsonScanner } from './json-scanner.js'

/** The scanner of records, and how columns find their cells in a block. */
export interface JsonColumns {
  readonly scanner: JsonScanner
  readonly records: JsonRecords
  readonly block: RecordBlock
  readonly fieldOf: (source: TextSource) => number
  readonly arrayDelimiter: string
}

/** @param isDocument  true for ordinary JSON, in which line ends are blanks */
export function jsonColumns(
  mapping: ColumnMapping,
  cells: CellRules,
  isDocument: boolean,
): JsonColumns {
  const members = jsonMembers(mapping, cells)
  const scanner = new JsonScanner(isDocument)
  const { ignoreExtra, allowMissing } = mapping
  const { lenient = false } = cells
  const records = new JsonRecords(scanner, members, { ignoreExtra, allowMissing, lenient })
  const block = new RecordBlock(members.length)
  // The number style of `cells` applies only to texts, so the block marks the cells that are JSON's own numbers.
  if (hasNumberStyle(cells)) block.numberCells = new Uint8Array(block.starts.length)
  return {
    scanner,
    records,
    block,
    fieldOf: from =>
      from.kind === 'member' ? members.findIndex(({ name }) => name === from.name) : -1,
    arrayDelimiter: String.fromCharCode(elementSeparator),
  }
}

/** The tokenizer of NDJSON, and the block that it fills. */
export function jsonLinesFor(
  file: string,
  mapping: ColumnMapping,
  cells: CellRules,
  maxRecordBytes: number,
  offsetBytes: number,
  text?: SourceText,
): Pick<JsonColumns, 'block' | 'fieldOf' | 'arrayDelimiter'> & { tokenizer: LineTokenizer } {
  const { scanner, records, ...columns } = jsonColumns(mapping, cells, false)
  const tokenizer = jsonLines(file, scanner, records, maxRecordBytes, offsetBytes, text)
  return { tokenizer, ...columns }
}
