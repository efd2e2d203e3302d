/*
  The sizes of the batches to read, and the limit of bytes in flight.
*/
import type { CutSizes } from '../../parse/cuts.js'
import { dataTypes, type ColumnType } from '../../protocol/data-type.js'
import type { TargetColumn } from '../../schema/target-schema.js'
import type { Run } from '../run.js'

/**
 * `roomBytes`: while fewer bytes than this are in flight, a further batch may be handed over. If batches are divided by lane, a batch is so large that each lane gets the requested size. But a batch takes at most
 * half of the bytes allowed in flight, because the run reads one batch while another is in flight.
 */
export function readSizes({
  checked: { connections, maxInFlightBytes, batchRows: rows, batchBytes: bytes },
  lanes,
}: Pick<Run, 'checked' | 'lanes'>) {
  if (lanes === undefined || connections === 1) {
    return { batchRows: rows, batchBytes: bytes, roomBytes: maxInFlightBytes }
  }
  const half = Math.max(1, Math.floor(maxInFlightBytes / 2))
  const batchBytes = Math.min(bytes * connections, half)
  return { batchRows: rows * connections, batchBytes, roomBytes: maxInFlightBytes - batchBytes + 1 }
}

/**
 * Where batches of inputs end: as the first process of the run has decided, because the place of a batch depends on it. A batch takes at
 * most `batchBytes` of input, and at most as many records as fill `batchBytes` on the wire without their texts.
 */
export function fixedSizes(run: Run, columns: readonly TargetColumn[]): CutSizes {
  const { sizes } = run.history.found
  if (sizes !== undefined) return { records: sizes.records, bytes: sizes.bytes }
  const { batchRows, batchBytes: bytes } = readSizes(run)
  const set = run.options.mapping?.set ?? {}
  const rowBytes = columns.reduce((sum, { name, type }) => {
    return sum + leastBytes(type) + Buffer.byteLength(set[name] ?? '')
  }, 0)
  const records = Math.max(1, Math.min(batchRows, Math.floor(bytes / Math.max(1, rowBytes))))
  run.note({ sizes: { records, bytes } })
  return { records, bytes }
}

/** The size of a cell on the wire without its text or its elements. */
function leastBytes({ type, array = false }: ColumnType): number {
  return array ? 1 : Math.max(1, dataTypes[type].bytesPerValue)
}
