/* Shared by tests of readers: an input in memory, in chunks of any size, and everything that a reader returns for it. */
import { openReader, type ReaderOptions } from '../../src/parse/formats.js'
import type { Batch, Reject } from '../../src/parse/batch.js'
import type { BatchOptions } from '../../src/parse/input-reader.js'
import { type InputReader, inputShape } from '../../src/parse/record-reader.js'
import { formatElement } from '../../src/protocol/element.js'
import type { ColumnMapping, MappingRules } from '../../src/schema/cell-source.js'
import { mapColumns } from '../../src/schema/column-mapping.js'
import { schemaFromTypes } from '../../src/schema/target-schema.js'
import type { ByteSource } from '../../src/source/byte-source.js'
import { utf8Source } from '../helpers/utf8-source.js'

export function bytesOf(text: string | Uint8Array): Uint8Array {
  return typeof text === 'string' ? new TextEncoder().encode(text) : text
}

/** The chunks of `bytes`. As with a file, each chunk is overwritten when the next chunk is requested. */
async function* pieces(
  bytes: Uint8Array,
  chunkBytes: number,
  failure: Error | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const chunk = Uint8Array.from(bytes.subarray(at, at + chunkBytes))
    yield chunk
    chunk.fill(0x23)
  }
  await Promise.resolve()
  if (failure !== undefined) throw failure
}

export interface MemoryOptions {
  readonly name?: string
  readonly chunkBytes?: number
  /** The error after the last byte. */
  readonly failure?: Error
}

export function memorySource(
  content: string | Uint8Array,
  { name = 'input.csv', chunkBytes = 1 << 20, failure }: MemoryOptions = {},
): ByteSource {
  const bytes = bytesOf(content)
  return {
    name,
    compression: 'none',
    text: utf8Source,
    totalBytes: bytes.length,
    bytesRead: bytes.length,
    contentBytesRead: bytes.length,
    startOffsetBytes: 0,
    head: bytes.slice(0, 4),
    chunks: () => pieces(bytes, chunkBytes, failure),
    close: () => Promise.resolve(),
  }
}

export interface ReadOptions extends ReaderOptions, MappingRules {
  name?: string
  chunkBytes?: number
  batch?: Partial<BatchOptions>
}

export interface ReadResult {
  /** Every row in the form in which DolphinDB would print it; '' for null. */
  rows: string[][]
  batches: { rowCount: number; startOffsetBytes: number; endOffsetBytes: number }[]
  places: { lineNumber: number; offsetBytes: number; lengthBytes: number }[]
  rejects: Reject[]
  reader: InputReader
}

export function rowsOf(batch: Batch): string[][] {
  return Array.from({ length: batch.rowCount }, (_, row) =>
    batch.columns.map(column => formatElement(column, row)),
  )
}

export function mappingFor(
  reader: InputReader,
  types: string,
  rules: MappingRules = {},
): ColumnMapping {
  return mapColumns(schemaFromTypes(types), inputShape(reader, 'input'), rules)
}

/** @param columns  their types, or what fills them */
export const batchesFrom = (
  reader: InputReader,
  columns: string | ColumnMapping,
  options: Partial<BatchOptions> = {},
) =>
  reader.batches({
    mapping: typeof columns === 'string' ? mappingFor(reader, columns) : columns,
    batchRows: 100,
    batchBytes: 1 << 20,
    onReject: () => undefined,
    ...options,
  })

/** Reads the whole input. Releases batches at once, so that a wrong reuse of their arrays would show. */
export async function read(
  content: string | Uint8Array,
  types: string,
  options: ReadOptions = {},
): Promise<ReadResult> {
  const { name, chunkBytes, ...dialect } = options
  const source = memorySource(content, {
    ...(name === undefined ? {} : { name }),
    ...(chunkBytes === undefined ? {} : { chunkBytes }),
  })
  const reader = await openReader(source, dialect)
  return readAll(reader, types, options)
}

/** Reads the rest of the input from an open reader. */
export async function readAll(
  reader: InputReader,
  types: string,
  options: ReadOptions = {},
): Promise<ReadResult> {
  const { batch, match, map, set, parts, ignoreExtra, allowMissing } = options
  const rules = { match, map, set, parts, ignoreExtra, allowMissing }
  const given = Object.fromEntries(Object.entries(rules).filter(([, value]) => value !== undefined))
  const result: ReadResult = { rows: [], batches: [], places: [], rejects: [], reader }
  const batches = batchesFrom(reader, mappingFor(reader, types, given), {
    batchRows: 1000,
    onReject: reject => void result.rejects.push(reject),
    ...batch,
  })
  for await (const found of batches) {
    result.rows.push(...rowsOf(found))
    const { rowCount } = found
    const { startOffsetBytes, endOffsetBytes } = found.ranges[0]!
    result.batches.push({ rowCount, startOffsetBytes, endOffsetBytes })
    for (let row = 0; row < rowCount; row++) {
      const { lineNumber, offsetBytes, lengthBytes } = found.locate(row)
      result.places.push({ lineNumber, offsetBytes, lengthBytes })
    }
    found.release()
  }
  return result
}
