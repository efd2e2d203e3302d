/*
  How large batches are read, and how much of them may be out.
*/
import type { Run } from '../run.js'

export interface ReadSizes {
  readonly batchRows: number
  readonly batchBytes: number
  /** Another batch may be handed over while less than this is out. */
  readonly roomBytes: number
}

/**
 * Batches that are divided by lane are read so large that each lane has one of the size asked for, but no more than half of what may
 * be out: one is read while another is on its way, and both together keep the bound.
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
