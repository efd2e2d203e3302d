/* Records everything that a reader of inputs reports, in order. Two ways of reading the same inputs must report the same. */
import type { Batch, InputRange, Reject } from '../../src/parse/batch.js'
import { openReader, type ReaderOptions } from '../../src/parse/formats.js'
import type { BatchOptions } from '../../src/parse/input-reader.js'
import type { ColumnMapping, MappingRules } from '../../src/schema/cell-source.js'
import type { ByteSource } from '../../src/source/byte-source.js'
import { mappingFor, rowsOf } from './reading.js'

export interface TraceOptions {
  readonly types: string
  readonly dialect: ReaderOptions
  readonly rules?: MappingRules
  /** Options for each input, in order. */
  readonly batch: (input: number) => Partial<BatchOptions>
}

const bytesText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

function plainRange(range: InputRange): unknown {
  const { file, firstRow, rowCount, startOffsetBytes, endOffsetBytes, endLineNumber } = range
  const { format } = range.shape
  return { file, format, firstRow, rowCount, startOffsetBytes, endOffsetBytes, endLineNumber }
}

function plainBatch(batch: Batch, mapping: ColumnMapping): unknown {
  const { rowCount, columns, encodedBytes, ranges } = batch
  return {
    kind: 'batch',
    rowCount,
    encodedBytes,
    names: mapping.columns.map(({ name }) => name),
    ranges: ranges.map(plainRange),
    rows: rowsOf(batch),
    symbols: columns.map(column =>
      column.form === 'vector' && column.type === 'SYMBOL'
        ? { codes: Array.from(column.codes.subarray(0, rowCount)), base: [...column.base] }
        : undefined,
    ),
    places: Array.from({ length: rowCount }, (_, row) => batch.locate(row)),
    records: Array.from({ length: rowCount }, (_, row) => bytesText(batch.record(row))),
  }
}

const plainReject = ({ bytes, ...reject }: Reject): unknown => ({
  kind: 'reject',
  ...reject,
  bytes: bytesText(bytes),
})

/** Reads inputs one after another. Releases batches late and reuses their arrays. */
export async function trace(
  sources: readonly ByteSource[],
  { types, dialect, rules = {}, batch }: TraceOptions,
): Promise<unknown[]> {
  const events: unknown[] = []
  const held: Batch[] = []
  let mapping: ColumnMapping | undefined
  for (const [input, source] of sources.entries()) {
    try {
      const reader = await openReader(source, dialect)
      mapping ??= mappingFor(reader, types, rules)
      const options = batch(input)
      const batches = reader.batches({
        mapping,
        batchRows: 1000,
        batchBytes: 1 << 20,
        keepRecords: true,
        ...options,
        onReject: reject => {
          events.push(plainReject(reject))
          return options.onReject?.(reject)
        },
      })
      try {
        for await (const found of batches) {
          events.push(plainBatch(found, mapping), { recordsRead: reader.recordsRead })
          held.push(found)
          if (held.length > 2) held.shift()!.release()
        }
      } finally {
        const { recordsRead, byteCounts, columnCounts, raggedRecords, readToEnd } = reader
        const lastRange = reader.lastRange && plainRange(reader.lastRange)
        const counts = columnCounts.map(count => ({ ...count }))
        events.push({ recordsRead, byteCounts, counts, raggedRecords, readToEnd, lastRange })
      }
    } catch (error) {
      const { code, message } = error as { code?: string; message: string }
      events.push({ kind: 'failure', code, message })
    }
  }
  return events
}
