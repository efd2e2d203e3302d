/*
  Converts journal records to events and back. Most records have the form of their event; records of batches keep the
  form of the first journals.
*/
import { foldDurable, type DurableState } from '../outcomes/durable-state.js'
import { isDurable, onlyLane, type BatchRange, type RunEvent } from '../outcomes/events.js'
import type { JournaledBatch, JournaledPart, JournalRecord } from './journal-record.js'

function eventOf(record: JournalRecord): RunEvent {
  switch (record.kind) {
    case 'batch':
    case 'part': {
      const { no, more = [] } = record
      const ranges = [record, ...more].map(rangeOf)
      const rows = sum(ranges.map(range => range.rows))
      const isNew = record.kind === 'batch'
      return { kind: 'numbered', lane: onlyLane, no, ranges, rows, bytes: 0, isNew }
    }
    case 'lanes': {
      const { no, perLane, by, more = [] } = record
      const ranges = [record, ...more].map(rangeOf)
      const rows = sum(ranges.map(range => range.rows))
      if (rows !== sum(perLane)) throw new Error(`lanes of batch ${no} have other rows than it has`)
      return { kind: 'laned', lane: onlyLane, no, ranges, rows, lanes: { perLane, by } }
    }
    case 'lanePart': {
      const { no, of: firstNo, start: firstRow, rows } = record
      const ofLanes = { firstNo, firstRow, isLane: false }
      const batch = { no, ranges: [], rows, bytes: 0, isNew: false, ofLanes }
      return { kind: 'numbered', lane: onlyLane, ...batch }
    }
    case 'ended':
      return { lane: onlyLane, ...record }
    case 'forgotten':
      return { kind: 'takenBack', reason: '', isCertain: true }
    default:
      return record
  }
}

/** The record of an event; undefined if journals do not keep the event, or keep it only as part of a later record. */
export function recordOfEvent(event: RunEvent): JournalRecord | undefined {
  switch (event.kind) {
    case 'laned': {
      const { no, ranges, lanes } = event
      const more = ranges.length === 1 ? {} : { more: ranges.slice(1).map(batchOf) }
      return { kind: 'lanes', no, ...batchOf(ranges[0]!), ...lanes, ...more }
    }
    case 'numbered': {
      const { no, ranges, rows, isNew, ofLanes } = event
      if (ofLanes !== undefined) {
        const { firstNo: of, firstRow: start, isLane } = ofLanes
        return isLane ? undefined : { kind: 'lanePart', no, of, start, rows }
      }
      // Most batches have rows of one input, so most records have no `more`.
      const more = ranges.length === 1 ? undefined : ranges.slice(1)
      if (!isNew) {
        return { kind: 'part', no, ...partOf(ranges[0]!), ...(more && { more: more.map(partOf) }) }
      }
      return { kind: 'batch', no, ...batchOf(ranges[0]!), ...(more && { more: more.map(batchOf) }) }
    }
    case 'takenBack':
      return event.isCertain ? { kind: 'forgotten' } : undefined
    default:
      return isDurable(event) ? event : undefined
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0)
}

function rangeOf(rows: JournaledPart | JournaledBatch): BatchRange {
  const { input, start: startBytes, end: endBytes, rows: count } = rows
  const { endLine, records } = 'endLine' in rows ? rows : { endLine: 0, records: 0 }
  const lines = { firstLine: 0, lastLine: 0, endLine }
  return { input, file: '', startBytes, endBytes, rows: count, ...lines, records }
}

function partOf({ input, startBytes: start, endBytes: end, rows }: BatchRange): JournaledPart {
  return { input, start, end, rows }
}

function batchOf({ endLine, records, ...range }: BatchRange): JournaledBatch {
  const { input, startBytes: start, endBytes: end, rows } = range
  return { input, start, end, endLine, rows, records }
}

/** Number of the last input that a record mentions; −1 if it mentions none. */
function lastInput(record: JournalRecord): number {
  if (record.kind === 'settled') return record.inputs.length - 1
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
