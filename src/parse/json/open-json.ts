/*
  Opens NDJSON and JSON. Members are matched by name, so the columns are known before an input is read.
*/
import type { ColumnMapping, TextSource } from '../../schema/cell-source.js'
import type { ByteSource } from '../../source/byte-source.js'
import type { CellRules } from '../cell-rules.js'
import { hasNumberStyle } from '../cells/number-style.js'
import { elementSeparator } from '../columns/array-column.js'
import { RecordBlock } from '../record-block.js'
import { jsonLines } from './json-lines.js'
import { jsonMembers } from './json-members.js'
import { JsonRecords } from './json-records.js'
import { JsonScanner } from './json-scanner.js'
import { parseJsonPath } from './json-path.js'
import { JsonValues, oneLine } from './json-values.js'
import type { InputReader } from '../input-reader.js'
import { recordReader } from '../record-reader.js'
import { defaultMaxRecordBytes } from '../tokenizer.js'

export interface JsonOptions {
  /** Path to the records in each document. With a path the format is `json`, even if each line is a value. */
  readonly jsonPath?: string
  /** Limit of an object in bytes. A longer object is rejected; in `json`, reading ends there. */
  readonly maxRecordBytes?: number
}

/**
 * Opens NDJSON or JSON documents. Reads nothing before the caller reads batches.
 * @throws {UsageError} DDB_USAGE for an invalid path
 */
export function openJson(
  source: ByteSource,
  format: 'ndjson' | 'json',
  { jsonPath, maxRecordBytes = defaultMaxRecordBytes }: JsonOptions = {},
): InputReader<'ndjson' | 'json'> {
  const isDocument = format === 'json' || jsonPath !== undefined
  const pathNames = jsonPath === undefined ? [] : parseJsonPath(jsonPath)
  const { name, startOffsetBytes, text } = source
  const found = {
    format: isDocument ? 'json' : 'ndjson',
    recordKind: 'members',
    dialect: undefined,
    isHeaderGuessed: false,
    fieldNames: undefined,
    fieldCount: 0,
    headerBytes: undefined,
    headerLineNumber: undefined,
  } as const
  return recordReader<'ndjson' | 'json'>(found, {
    source,
    records: ({ mapping, cells = {} }) => {
      const chunks = source.chunks()
      const { scanner, records, ...columns } = jsonColumns(mapping, cells, isDocument)
      const setup = [name, scanner, records, maxRecordBytes, startOffsetBytes, text] as const
      if (!isDocument) return { tokenizer: jsonLines(...setup), chunks, ...columns }
      return {
        tokenizer: new JsonValues(...setup, pathNames),
        chunks,
        ...columns,
        showRecord: record => oneLine(record, text.encoding),
      }
    },
  })
}

/** The scanner of records, and how columns find their cells in a block. */
interface JsonColumns {
  readonly scanner: JsonScanner
  readonly records: JsonRecords
  readonly block: RecordBlock
  readonly fieldOf: (source: TextSource) => number
  readonly arrayDelimiter: string
}

/** @param isDocument  true for ordinary JSON, in which line ends are blanks */
function jsonColumns(mapping: ColumnMapping, cells: CellRules, isDocument: boolean): JsonColumns {
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
