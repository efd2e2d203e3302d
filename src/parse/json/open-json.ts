/*
  Opens NDJSON and JSON: members are matched by name, so nothing has to be read before the columns are known.
*/
import type { ByteSource } from '../../source/byte-source.js'
import { hasNumberStyle } from '../cells/number-style.js'
import { elementSeparator } from '../columns/array-column.js'
import { jsonLines } from './json-lines.js'
import { jsonMembers } from './json-members.js'
import { parseJsonPath } from './json-path.js'
import { JsonRecords } from './json-records.js'
import { JsonScanner } from './json-scanner.js'
import { JsonValues, oneLine } from './json-values.js'
import type { InputReader } from '../input-reader.js'
import { RecordBlock } from '../record-block.js'
import { recordReader } from '../record-reader.js'
import { defaultMaxRecordBytes } from '../tokenizer.js'

/** What is known of JSON besides its kind. */
export interface JsonOptions {
  /** Where the records are in each document; makes it `json`, whatever its lines. */
  readonly jsonPath?: string
  /** Longer objects are rejected; in `json` they end the reading. */
  readonly maxRecordBytes?: number
}

/**
 * Opens JSON of either kind; nothing is read before `batches` is called.
 *
 * @throws {UsageError} DDB_USAGE when the path is not one
 */
export function openJson(
  source: ByteSource,
  format: 'ndjson' | 'json',
  { jsonPath, maxRecordBytes = defaultMaxRecordBytes }: JsonOptions = {},
): InputReader<'ndjson' | 'json'> {
  const isDocument = format === 'json' || jsonPath !== undefined
  const pathNames = jsonPath === undefined ? [] : parseJsonPath(jsonPath)
  const { name, startOffsetBytes, text } = source
  return recordReader({
    source,
    format: isDocument ? 'json' : 'ndjson',
    recordKind: 'members',
    dialect: undefined,
    isHeaderGuessed: false,
    fieldNames: undefined,
    fieldCount: 0,
    headerBytes: undefined,
    headerLineNumber: undefined,
    records: ({ mapping, cells = {} }) => {
      const members = jsonMembers(mapping, cells)
      const scanner = new JsonScanner(isDocument)
      const { ignoreExtra, allowMissing } = mapping
      const { lenient = false } = cells
      const records = new JsonRecords(scanner, members, { ignoreExtra, allowMissing, lenient })
      const block = new RecordBlock(members.length)
      // The style of numbers in texts is not that of JSON's own.
      if (hasNumberStyle(cells)) block.numberCells = new Uint8Array(block.starts.length)
      return {
        tokenizer: isDocument
          ? new JsonValues(
              name,
              scanner,
              records,
              maxRecordBytes,
              startOffsetBytes,
              text,
              pathNames,
            )
          : jsonLines(name, scanner, records, maxRecordBytes, startOffsetBytes, text),
        chunks: source.chunks(),
        block,
        fieldOf: ({ source: from }) =>
          from.kind === 'member' ? members.findIndex(({ name }) => name === from.name) : -1,
        ...(isDocument ? { showRecord: record => oneLine(record, text.encoding) } : {}),
        arrayDelimiter: String.fromCharCode(elementSeparator),
      }
    },
  })
}
