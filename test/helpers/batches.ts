/* Batches without a reader: rows of ten bytes, one per line. */
import type { Batch, RecordShape } from '../../src/parse/batch.js'
import { utf8Source } from './utf8-source.js'

const rowBytes = 10

export interface CountedBatch extends Batch {
  /** How often the batch was released. */
  releases: number
}

const shape: RecordShape = {
  format: 'csv',
  delimiter: ',',
  fieldNames: ['id'],
  fieldCount: 1,
  headerBytes: new Uint8Array(),
  text: utf8Source,
}

/** Rows of a file with a header. Row 0 is in line 2. */
export function batchOf(rowCount: number, firstRow = 0, file = 'in.csv'): CountedBatch {
  const locate = (row: number) => ({
    file,
    lineNumber: firstRow + row + 2,
    offsetBytes: (firstRow + row) * rowBytes,
    lengthBytes: rowBytes,
  })
  const batch: CountedBatch = {
    place: { stream: 1, no: 1 },
    rowCount,
    columns: [],
    encodedBytes: rowCount * rowBytes,
    ranges: [
      {
        file,
        firstRow: 0,
        rowCount,
        recordCount: 0,
        startOffsetBytes: firstRow * rowBytes,
        endOffsetBytes: (firstRow + rowCount) * rowBytes,
        endLineNumber: firstRow + rowCount + 2,
        shape,
        place: undefined,
      },
    ],
    endedBy: 'full',
    locate,
    record: () => new Uint8Array(),
    releases: 0,
    release: () => void batch.releases++,
  }
  return batch
}
