/*
  Splits a piece into records, according to its format.
*/
import type { TextSource } from '../../schema/cell-source.js'
import { CsvScanner } from '../csv/csv-scanner.js'
import { CsvTokenizer } from '../csv/csv-tokenizer.js'
import { jsonLinesFor } from '../json/json-lines-for.js'
import type { LineTokenizer } from '../line-tokenizer.js'
import { RecordBlock } from '../record-block.js'
import type { PieceReading } from './piece-reading.js'

export interface PieceLines {
  readonly lines: LineTokenizer
  readonly block: RecordBlock
  readonly fieldOf: (source: TextSource) => number
  readonly arrayDelimiter: string | undefined
  /** Number of records that were padded or cut so far. */
  readonly raggedRecords: () => number
}

/** @returns a tokenizer that has no input yet, and the block that it fills */
export function pieceLines({ format, mapping, cells }: PieceReading): PieceLines {
  if (format.kind === 'ndjson') {
    const { tokenizer, ...records } = jsonLinesFor('', mapping, cells, format.maxRecordBytes, 0)
    return { ...records, lines: tokenizer, raggedRecords: () => 0 }
  }
  const { dialect, fieldCount } = format
  const tokenizer = new CsvTokenizer('', dialect, 0, lines => new CsvScanner(lines, dialect))
  tokenizer.emptyLines = fieldCount === 1 ? 'rows' : 'passed'
  const block = new RecordBlock(fieldCount)
  tokenizer.markQuotes(block)
  return {
    lines: tokenizer.lines,
    block,
    fieldOf: source => (source.kind === 'field' ? source.index : -1),
    arrayDelimiter: undefined,
    raggedRecords: () => tokenizer.raggedRecords,
  }
}
