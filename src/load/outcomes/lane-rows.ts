/*
  Divides the rows of a batch by lane. A resumed run divides rows exactly as the earlier process did, so that each batch number
  keeps its rows.
*/
import type { Batch } from '../../parse/batch.js'
import type { KnownBatch, SentBefore } from '../journal/resumed-input.js'
import type { Run } from '../run.js'
import { isSettled, isUnderWay } from './covered-range.js'
import { divideByLane, type KnownLanes, type LaneBatch, type LaneRows } from './lane-batches.js'
import type { BatchPart, PartLane } from './batch-part.js'
import type { SendQueue } from './send-queue.js'

/** @returns undefined if the batch is not divided; `changed` if its rows cannot be divided as the earlier process divided them */
export function laneRows(
  { lanes: scheme, checked }: Pick<Run, 'lanes' | 'checked'>,
  batch: Batch,
  known: KnownBatch | undefined,
): LaneRows | 'changed' | undefined {
  if (known === undefined) {
    if (scheme === undefined || checked.connections === 1) return undefined
    const { connections } = checked
    const divided = divideByLane(batch, scheme.lanesOf(batch, connections), connections)
    return { ...divided, by: scheme.digest }
  }
  if (known.kind !== 'lanes') return undefined
  const { perLane, by } = known
  if (scheme?.digest !== by || known.rows !== batch.rowCount) return 'changed'
  const divided = divideByLane(batch, scheme.lanesOf(batch, perLane.length), perLane.length)
  const isSame = divided.rowCounts.every((count, lane) => count === perLane[lane])
  if (!isSame) return 'changed'
  const lanes = divided.lanes.filter(lane => partsOf(lane, known, false).length > 0)
  for (const lane of divided.lanes) if (!lanes.includes(lane)) lane.batch.release()
  return { ...divided, lanes, by, known }
}

/** Numbers of rows for which something is left to do, by their state in the journal. */
export function openRows({ parts, rows }: KnownLanes): { sent: number; unsent: number } {
  let settled = 0
  let sent = 0
  for (const { batch } of parts) {
    if (isSettled(batch)) settled += batch.rows
    else if (isUnderWay(batch)) sent += batch.rows
  }
  return { sent, unsent: rows - settled - sent }
}

/** Rows that are certainly not stored, according to the journal. */
export function unsentParts({ lanes, known }: LaneRows): BatchPart[] {
  if (known === undefined) return []
  const open = lanes.flatMap(lane => partsOf(lane, known, false))
  return open.filter(({ sent }) => sent === undefined).map(({ part }) => part)
}

/** Takes over rows under the number that an earlier process gave them. */
export type TakeUp = (part: BatchPart, sent: SentBefore) => void

/**
 * Hands over the rows of all lanes.
 * @returns whether there is room for more
 */
export function handOverLanes(
  { checked, emit }: Pick<Run, 'checked' | 'emit'>,
  batch: Batch,
  rows: LaneRows,
  queue: SendQueue,
  takeUp: TakeUp,
): boolean {
  const { lanes, known } = rows
  if (known === undefined) {
    const room = queue.addLanes(batch, rows)
    for (const { batch: each } of lanes) emit({ kind: 'handedOver', rows: each.rowCount })
    return room
  }
  const isOurs = known.perLane.length === checked.connections
  for (const lane of lanes) {
    for (const { part, sent } of partsOf(lane, known, isOurs)) {
      if (sent === undefined) queue.add(part)
      else takeUp(part, sent)
      emit({ kind: 'handedOver', rows: part.end - part.start })
    }
  }
  return queue.node.bufferedBytes < checked.maxInFlightBytes
}

interface OpenPart {
  readonly part: BatchPart
  /** undefined if the rows need a new batch number. */
  readonly sent: SentBefore | undefined
}

/** The rows of a lane for which something is left to do, in order. */
function partsOf(
  { batch, lane, firstRow }: LaneBatch,
  { no: firstNo, parts }: KnownLanes,
  isOurs: boolean,
): OpenPart[] {
  const of: PartLane = { index: isOurs ? lane : undefined, firstRow, firstNo, open: 0 }
  const open = { parts: 0 }
  const found: OpenPart[] = []
  const add = (start: number, end: number, sent?: SentBefore): void => {
    if (start >= end) return
    const encodedBytes = Math.ceil((batch.encodedBytes * (end - start)) / batch.rowCount)
    found.push({ part: { batch, start, end, encodedBytes, open, lane: of }, sent })
  }
  let next = 0
  for (const { batch: sent, firstRow: row } of parts) {
    const start = row - firstRow
    if (start < 0 || start >= batch.rowCount) continue
    add(next, start)
    next = start + sent.rows
    if (isSettled(sent)) continue
    add(start, next, isUnderWay(sent) ? sent : undefined)
  }
  add(next, batch.rowCount)
  open.parts = of.open = found.length
  return found
}
