/* Reads hostile bytes. Every record that a reader counts must be a row or a reject, and every byte must be accounted for. */
import fc from 'fast-check'
import { DdbError } from '../../src/errors.js'
import { openReader, type ReaderOptions } from '../../src/parse/formats.js'
import { mappingFor, memorySource } from './reading.js'

export const types = [
  'a:INT,b:STRING,c:SYMBOL',
  'a:DOUBLE,b:TIMESTAMP,c:UUID',
  'a:DECIMAL128(3),b:INT[],c:BLOB',
  'a:DATE,b:IPADDR,c:POINT',
  'a:LONG,b:NANOTIMESTAMP,c:DECIMAL64(2)[]',
]

export const dialects: ReaderOptions[] = [
  { format: 'csv' },
  { format: 'csv', header: 'no', comment: '#', skipLines: 1 },
  { format: 'csv', delimiter: '||' },
  { format: 'csv', escape: '\\', ragged: 'pad' },
  { format: 'csv', trim: true, quotes: 'lax', ragged: 'cut' },
  { format: 'csv', quote: '«' },
  { format: 'tsv', quote: '' },
  { format: 'ndjson' },
  { format: 'json' },
]

const byte = fc.oneof(
  fc.constantFrom(...Buffer.from(',"\n\r\t|{}[]:abc0123456789.-+eE\\ ntu#T')),
  fc.integer({ min: 0, max: 255 }),
)
const part = fc.oneof(
  { weight: 6, arbitrary: fc.array(byte, { maxLength: 6 }).map(list => Buffer.from(list)) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(
        '1,x,y\n',
        '{"a":1,"b":"x","c":"y"}\n',
        '[{"a":1},',
        '2020-01-02,1.2.3.4,"(1, 2)"\n',
        '||',
        '""',
      )
      .map(text => Buffer.from(text)),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 400 }).map(length => Buffer.alloc(length, 'x')),
  },
)
/** At most `mostParts` parts one after another: fields, records, and bytes that belong to neither. */
export const hostileBytes = (mostParts: number): fc.Arbitrary<Buffer> =>
  fc.array(part, { maxLength: mostParts }).map(list => Buffer.concat(list))

/**
 * The sum of rows and rejects, and the reader's own count of records; undefined if reading fails with a `DdbError`.
 * Throws if the byte counts do not add up.
 */
export async function outcome(
  bytes: Uint8Array,
  columns: string,
  dialect: ReaderOptions,
  chunkBytes: number,
): Promise<[number, number] | undefined> {
  let rows = 0
  let rejects = 0
  try {
    const reader = await openReader(memorySource(bytes, { chunkBytes }), {
      maxRecordBytes: 200,
      ...dialect,
    })
    const mapping = mappingFor(reader, columns, {
      match: reader.format === 'csv' || reader.format === 'tsv' ? 'position' : 'name',
      ignoreExtra: true,
      allowMissing: true,
    })
    const batches = reader.batches({
      mapping,
      batchRows: 3,
      batchBytes: 500,
      keepRecords: true,
      onReject: () => void rejects++,
    })
    for await (const batch of batches) {
      rows += batch.rowCount
      for (let row = 0; row < batch.rowCount; row++) batch.record(row)
      batch.release()
    }
    const counts = reader.byteCounts
    const sum = counts.rows + counts.rejected + counts.header + counts.other
    if (sum !== bytes.length) throw new Error(`${sum} of ${bytes.length} bytes are accounted for`)
    return [rows + rejects, reader.recordsRead]
  } catch (error) {
    if (error instanceof DdbError && error.code !== 'DDB_INTERNAL') return undefined
    throw error
  }
}
