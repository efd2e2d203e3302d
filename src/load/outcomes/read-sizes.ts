/*
  The sizes of the batches to read, and the limit of bytes in flight.
*/
import type { Run } from '../run.js'

export interface ReadSizes {
  readonly batchRows: number
  readonly batchBytes: number
  /** While fewer bytes than this are in flight, a further batch may be handed over. */
  readonly roomBytes: number
}

/**
 * If batches are divided by lane, a batch is so large that each lane gets the requested size. But a batch takes at most
 * half of the bytes allowed in flight, because the run reads one batch while another is in flight.
 */
export function readSizes({
  checked: { connections, maxInFlightBytes, batchRows: rows, batchBytes: bytes },
  lanes,
}: Pick<Run, 'checked' | 'lanes'>): ReadSizes {
  if (lanes === undefined || connections === 1) {
    return { batchRows: rows, batchBytes: bytes, roomBytes: maxInFlightBytes }
  }
  const half = Math.max(1, Math.floor(maxInFlightBytes / 2))
  const batchBytes = Math.min(bytes * connections, half)
  return { batchRows: rows * connections, batchBytes, roomBytes: maxInFlightBytes - batchBytes + 1 }
}
