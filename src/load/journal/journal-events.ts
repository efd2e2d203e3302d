/*
  Records of a journal as what happened, and back. Most are the same; those of batches stand in journals as they always did.
*/
import { foldDurable, type DurableState } from '../fate/durable.js'
import { isDurable, onlyLane, type RunEvent } from '../fate/events.js'
import type { JournalRecord } from './journal-record.js'

/** What a record says. */
function eventOf(record: JournalRecord): RunEvent {
  switch (record.kind) {
    case 'batch':
    case 'part': {
      const { no, input, start: startBytes, end: endBytes, rows } = record
      const isNew = record.kind === 'batch'
      const { endLine, records } = isNew ? record : { endLine: 0, records: 0 }
      const lines = { firstLine: 0, lastLine: 0, endLine }
      const ranges = [{ input, file: '', startBytes, endBytes, rows, ...lines, records }]
      return { kind: 'numbered', lane: onlyLane, no, ranges, rows, bytes: 0, isNew }
    }
    case 'ended':
      return { lane: onlyLane, ...record }
    case 'forgotten':
      return { kind: 'takenBack', reason: '', isCertain: true }
    default:
      return record
  }
}

/**
 * How it stands in a journal; undefined for what does not. An event of which `ended` tells later stands there with the rejects of
 * its batch.
 */
export function recordOfEvent(event: RunEvent): JournalRecord | undefined {
  switch (event.kind) {
    case 'numbered': {
      const { no, ranges, isNew } = event
      const { input, startBytes: start, endBytes: end, rows, endLine, records } = ranges[0]!
      if (!isNew) return { kind: 'part', no, input, start, end, rows }
      return { kind: 'batch', no, input, start, end, endLine, rows, records }
    }
    case 'takenBack':
      return event.isCertain ? { kind: 'forgotten' } : undefined
    default:
      return isDurable(event) ? event : undefined
  }
}

/** @throws when it does not fit to those before */
export function readRecord(state: DurableState, record: JournalRecord): void {
  const last =
    record.kind === 'settled' ? record.inputs.length - 1 : 'input' in record ? record.input : -1
  if (last >= state.inputs.length) throw new Error(`there is no input ${last}`)
  foldDurable(state, eventOf(record))
}
