/* Bytes in the form that the scanners of JSON need: content, the line feed that stops every scan, and free space after the line feed. */
import { JsonScanner } from '../../../src/parse/json/json-scanner.js'
import { RecordBlock } from '../../../src/parse/record-block.js'

/** @param fieldCount  number of fields in the block, which has room for 8 rows */
export function scanned(text: string, fieldCount: number, manyLines = true) {
  const content = Buffer.from(text)
  const bytes = new Uint8Array(2 * content.length + 64)
  bytes.set(content)
  bytes[content.length] = 10
  const scanner = new JsonScanner(manyLines)
  scanner.bytes = bytes
  scanner.end = content.length
  scanner.scratch = content.length + 1
  const block = new RecordBlock(fieldCount, 8)
  block.bytes = bytes
  return { scanner, block, length: content.length }
}

export function cellText(block: RecordBlock, row: number, field: number): string {
  const cell = row * block.fieldCount + field
  return Buffer.from(block.bytes.subarray(block.starts[cell], block.ends[cell])).toString()
}
