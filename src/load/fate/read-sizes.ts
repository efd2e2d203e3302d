/*
  Sizes of the batches to read, and limits of bytes in flight.
*/
import type { Run } from '../run.js'

export interface ReadSizes {
  readonly batchRows: number
  readonly batchBytes: number
  /** Another batch may be handed over while fewer bytes than this are in flight. */
  readonly roomBytes: number
}

/**
 * Makes batches that will be divided by lane so large that each lane gets the requested size, but at most half of the limit in flight.
 * While one batch is read another is in flight, and together they keep the limit.
 */
export function readSizes({
  plan: { connections, maxInFlightBytes },
  lanes,
  batchSize: { rows, bytes, mostInFlightBytes },
}: Pick<Run, 'plan' | 'lanes' | 'batchSize'>): ReadSizes {
  if (lanes === undefined || connections === 1) {
    return { batchRows: rows, batchBytes: bytes, roomBytes: mostInFlightBytes }
  }
  const half = Math.max(1, Math.floor(maxInFlightBytes / 2))
  const batchBytes = Math.min(bytes * connections, half)
  return { batchRows: rows * connections, batchBytes, roomBytes: maxInFlightBytes - batchBytes + 1 }
}
