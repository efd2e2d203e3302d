/*
  Divides the rows of a batch into the parts to send. A process that resumes divides them exactly as the earlier one did, so that each
  place keeps its rows.
*/
import type { Batch } from '../../parse/batch.js'
import type { Run } from '../run.js'
import { batchRanges, openParts, wholeBatch, type BatchPart, type OpenPart } from './batch-part.js'
import { divideByLane, type LaneRows } from './lane-batches.js'
import { cutOf } from './place.js'
import type { SentBatch } from './streams.js'

/**
 * @param known  the batch as an earlier process sent it
 * @returns undefined if the batch is not divided; `changed` if its rows cannot be divided as the earlier process divided them
 */
export function laneRows(
  { lanes: scheme, checked }: Pick<Run, 'lanes' | 'checked'>,
  batch: Batch,
  known: SentBatch | undefined,
): LaneRows | 'changed' | undefined {
  const count = known === undefined ? checked.connections : (known.lanes?.count ?? 1)
  if (known === undefined ? scheme === undefined || count === 1 : known.lanes === undefined) {
    return undefined
  }
  if (scheme === undefined || (known !== undefined && known.lanes?.by !== scheme.digest)) {
    return 'changed'
  }
  const lanes = divideByLane(batch, scheme.lanesOf(batch, count), count)
  return { lanes, count, by: scheme.digest }
}

/** The parts of a batch that no process has sent. Records the batch, which is about to be sent. */
export function newParts(
  { state, emit, checked }: Pick<Run, 'state' | 'emit' | 'checked'>,
  batch: Batch,
  lanes: LaneRows | undefined,
): readonly BatchPart[] {
  const ranges = batchRanges(batch)
  const of = lanes && { count: lanes.count, by: lanes.by }
  const isEarly = batch.endedBy !== 'full'
  const { stream, no } = batch.place!
  emit({ kind: 'batch', stream, no, ranges, rows: batch.rowCount, lanes: of, isEarly })
  const cut = cutOf(ranges, of)
  // Most batches have rows of one input, and their ranges need not be made again.
  if (lanes === undefined && ranges.length === 1) {
    return [wholeBatch(batch, { cut, ordinal: state.batchCount, ranges })]
  }
  return partsOf(checked, batch, lanes, cut, state.batchCount)
}

/** What the place of the batch stands for in this process. */
export function cutOfBatch(batch: Batch, lanes: LaneRows | undefined): bigint {
  return cutOf(batchRanges(batch), lanes)
}

/** The parts of a batch for which earlier processes have left something to do. */
export function leftParts(
  { checked }: Pick<Run, 'checked'>,
  batch: Batch,
  lanes: LaneRows | undefined,
  known: SentBatch,
): readonly OpenPart[] {
  const cut = cutOf(known.ranges, known.lanes)
  return partsOf(checked, batch, lanes, cut, 0).flatMap(part => openParts(part, known))
}

function partsOf(
  { connections }: Run['checked'],
  batch: Batch,
  lanes: LaneRows | undefined,
  cut: bigint,
  ordinal: number,
): readonly BatchPart[] {
  if (lanes === undefined) return [wholeBatch(batch, { cut, ordinal })]
  const isOurs = lanes.count === connections
  return lanes.lanes.map(({ batch: rows, lane: laneNo }) => {
    const lane = { index: isOurs ? laneNo : undefined, open: 1 }
    return wholeBatch(rows, { cut, ordinal, laneNo, lane })
  })
}
