/* Collects everything that a JSON tokenizer finds in a text: cells of rows, and rejected records, with their positions. */
import type { JsonMember } from '../../../src/parse/json/json-members.js'
import { oneLine } from '../../../src/parse/json/open-json.js'
import { JsonTokenizer } from '../../../src/parse/json/json-tokenizer.js'
import { JsonRecords } from '../../../src/parse/json/json-records.js'
import { JsonScanner } from '../../../src/parse/json/json-scanner.js'
import { recordsOf } from '../records-of.js'

export interface Token {
  /** The cells of a row, or the code of a reject. */
  readonly cells: string[] | string
  /** The record as it is in the input; for a reject, the form in which a rejects file shows the record. */
  readonly record: string
  readonly lineNumber: number
  readonly offsetBytes: number
}

const anyKind = 0xff

export interface TokenOptions {
  readonly members?: readonly string[]
  readonly chunkBytes?: number
  readonly maxRecordBytes?: number
}

/** Reads `text`, whose objects have the members `members`. */
export function tokensOf(
  format: 'ndjson' | 'json',
  text: string,
  { members = ['v'], chunkBytes = 1 << 20, maxRecordBytes = 1000 }: TokenOptions = {},
) {
  const scanner = new JsonScanner(format === 'json')
  const records = new JsonRecords(
    scanner,
    members.map((name): JsonMember => ({
      name,
      kinds: anyKind,
      elementKinds: 0,
      columnName: name,
      typeText: 'T',
    })),
    { ignoreExtra: false, allowMissing: false },
  )
  const input = { file: 'x', maxRecordBytes, offsetBytes: 0 }
  const tokenizer = new JsonTokenizer(input, scanner, records)
  const found = recordsOf(tokenizer, Buffer.from(text), members.length, chunkBytes)
  const tokens = found.map(({ cells, record, lineNumber, offsetBytes }): Token => {
    const isShown = typeof cells === 'string' && format === 'json'
    const shown = Buffer.from(isShown ? oneLine(record) : record).toString()
    return { cells, record: shown, lineNumber, offsetBytes }
  })
  return { tokens, failure: tokenizer.failure, otherBytes: tokenizer.otherBytes }
}
