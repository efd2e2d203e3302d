/*
  Converts journal records to events and back. Most records have the form of their event.
*/
import { foldDurable, type DurableState } from '../outcomes/durable-state.js'
import { isDurable, type RunEvent } from '../outcomes/events.js'
import type { BatchRange } from '../outcomes/place.js'
import type { JournaledRange, JournalRecord } from './journal-record.js'

function eventOf(record: JournalRecord): RunEvent {
  switch (record.kind) {
    case 'batch': {
      const { stream, no, more = [], lanes, early = false } = record
      const ranges = [record, ...more].map(rangeOf)
      const rows = ranges.reduce((sum, range) => sum + range.rows, 0)
      return { kind: 'batch', stream, no, ranges, rows, lanes, isEarly: early }
    }
    case 'ended': {
      const { stream, no, lane = 0, part = 1, ...rows } = record
      return { ...rows, no: undefined, place: { stream, no, lane, part } }
    }
    case 'forgotten':
      return { kind: 'takenBack', reason: '', isCertain: true }
    default:
      return record
  }
}

/** The record of an event; undefined if journals do not keep the event, or keep it only as part of a later record. */
export function recordOfEvent(event: RunEvent): JournalRecord | undefined {
  switch (event.kind) {
    case 'batch': {
      const { stream, no, ranges, lanes, isEarly } = event
      // Most batches have rows of one input, so most records have no `more`.
      return {
        ...{ kind: 'batch', stream, no, ...journaled(ranges[0]!) },
        ...(ranges.length === 1 ? {} : { more: ranges.slice(1).map(journaled) }),
        ...(lanes && { lanes }),
        ...(isEarly && { early: true }),
      }
    }
    case 'takenBack':
      return event.isCertain ? { kind: 'forgotten' } : undefined
    default:
      return isDurable(event) ? event : undefined
  }
}

function rangeOf({ input, start, end, rows, endLine, records }: JournaledRange): BatchRange {
  const lines = { firstLine: 0, lastLine: 0, endLine }
  return { input, file: '', startBytes: start, endBytes: end, rows, ...lines, records }
}

function journaled(range: BatchRange): JournaledRange {
  const { input, startBytes: start, endBytes: end, rows, endLine, records } = range
  return { input, start, end, rows, endLine, records }
}

/** Number of the last input that a record mentions; −1 if it mentions none. */
function lastInput(record: JournalRecord): number {
  if (record.kind === 'settled') {
    return Math.max(record.inputs.length - 1, ...record.streams.map(({ input }) => input))
  }
  if (!('input' in record)) return -1
  const { more = [] } = 'more' in record ? record : {}
  return Math.max(record.input, ...more.map(({ input }) => input))
}

/** @throws if the record does not fit the earlier ones */
export function readRecord(state: DurableState, record: JournalRecord): void {
  const last = lastInput(record)
  if (last >= state.inputs.length) throw new Error(`there is no input ${last}`)
  foldDurable(state, eventOf(record))
}
