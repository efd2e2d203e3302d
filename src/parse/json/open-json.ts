/*
  Opens NDJSON and JSON. Members are matched by name, so the columns are known before an input is read.
*/
import type { ByteSource } from '../../source/byte-source.js'
import { jsonColumns, jsonLinesFor } from './json-lines-for.js'
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
      if (!isDocument) {
        const plain = { kind: 'ndjson', maxRecordBytes } as const
        const lines = jsonLinesFor(name, mapping, cells, maxRecordBytes, startOffsetBytes, text)
        return { ...lines, chunks, plain }
      }
      const { scanner, records, ...columns } = jsonColumns(mapping, cells, true)
      return {
        tokenizer: new JsonValues(
          name,
          scanner,
          records,
          maxRecordBytes,
          startOffsetBytes,
          text,
          pathNames,
        ),
        chunks,
        ...columns,
        showRecord: record => oneLine(record, text.encoding),
      }
    },
  })
}
