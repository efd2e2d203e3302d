/* Everything that a tokenizer finds in a text: the cells of rows, and rejected records, with their places. */
import type { LineTokenizer } from '../../src/parse/line-tokenizer.js'
import { RecordBlock } from '../../src/parse/record-block.js'

export interface FoundRecord {
  /** The cells of a row, or the code of a reject. */
  readonly cells: string[] | string
  readonly record: Buffer
  readonly lengthBytes: number
  readonly lineNumber: number
  readonly offsetBytes: number
}

/** Reads everything in chunks of `chunkBytes`, in blocks of a few rows. */
export function recordsOf(
  tokenizer: LineTokenizer,
  bytes: Uint8Array,
  fieldCount: number,
  chunkBytes: number,
): FoundRecord[] {
  const block = new RecordBlock(fieldCount, 3)
  const found: FoundRecord[] = []
  const textOf = (start: number, end: number): Buffer => Buffer.from(block.bytes.slice(start, end))
  const drain = (): void => {
    for (let more = true; more;) {
      block.clear()
      more = tokenizer.fill(block, 2, 1 << 20)
      for (let row = 0; row < block.rowCount; row++) {
        const cells = Array.from({ length: fieldCount }, (_, field) => {
          const cell = row * fieldCount + field
          return textOf(block.starts[cell]!, block.ends[cell]!).toString()
        })
        const start = block.recordStarts[row]!
        const record = textOf(start, block.recordEnds[row]!)
        const lineNumber = block.lineNumbers[row]!
        const offsetBytes = block.bytesOffset + start
        found.push({ cells, record, lengthBytes: record.length, lineNumber, offsetBytes })
      }
      for (const { code, bytes: record, lengthBytes, lineNumber, offsetBytes } of block.faults) {
        const bytes = Buffer.from(record)
        found.push({ cells: code, record: bytes, lengthBytes, lineNumber, offsetBytes })
      }
    }
  }
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    tokenizer.push(bytes.slice(at, at + chunkBytes))
    drain()
  }
  tokenizer.end()
  drain()
  return found.sort((a, b) => a.offsetBytes - b.offsetBytes)
}
