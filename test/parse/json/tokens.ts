/*
  Collects everything that a JSON tokenizer finds in a text: cells of rows, and rejected records, with their positions.
*/
import type { InputError } from '../../../src/errors.js'
import type { JsonMember } from '../../../src/parse/json/json-members.js'
import { jsonLines } from '../../../src/parse/json/json-lines.js'
import { JsonRecords } from '../../../src/parse/json/json-records.js'
import { JsonScanner } from '../../../src/parse/json/json-scanner.js'
import { JsonValues } from '../../../src/parse/json/json-values.js'
import { RecordBlock } from '../../../src/parse/record-block.js'
import { cellText } from './scanning.js'

export interface Token {
  /** The cells of a row, or the code of a reject. */
  readonly cells: string[] | string
  /** The record as it is in the input; for a reject, the form in which messages show the record. */
  readonly record: string
  readonly lineNumber: number
  readonly offsetBytes: number
}

export interface Tokens {
  readonly tokens: readonly Token[]
  readonly failure: InputError | undefined
  readonly otherBytes: number
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
): Tokens {
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
  const tokenizer =
    format === 'json'
      ? new JsonValues('x', scanner, records, maxRecordBytes, 0)
      : jsonLines('x', scanner, records, maxRecordBytes, 0)
  const block = new RecordBlock(members.length, 3)
  const tokens: Token[] = []
  const drain = (): void => {
    for (let more = true; more;) {
      block.clear()
      more = tokenizer.fill(block, 2, 1 << 20)
      for (let row = 0; row < block.rowCount; row++) {
        const start = block.recordStarts[row]!
        tokens.push({
          cells: members.map((_, field) => cellText(block, row, field)),
          record: Buffer.from(block.bytes.subarray(start, block.recordEnds[row])).toString(),
          lineNumber: block.lineNumbers[row]!,
          offsetBytes: block.bytesOffset + start,
        })
      }
      for (const { code, record, lineNumber, offsetBytes } of block.faults) {
        const shown = Buffer.from(record).toString()
        tokens.push({ cells: code, record: shown, lineNumber, offsetBytes })
      }
    }
  }
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    tokenizer.push(bytes.subarray(at, at + chunkBytes))
    drain()
  }
  tokenizer.end()
  drain()
  tokens.sort((a, b) => a.offsetBytes - b.offsetBytes)
  return { tokens, failure: tokenizer.failure, otherBytes: tokenizer.otherBytes }
}
