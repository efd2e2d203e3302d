/*
  What a finished journal keeps instead of its batches: how far each input was sent, and what became of the rows in sum.
*/
import type { Files } from '../../platform/platform.js'
import type { BatchEnd } from './covered-range.js'
import type { EndedRows } from './journal-record.js'
import type { JournalRecord } from './journal-record.js'
import { rejectsWith, type JournalState } from './journal-state.js'
import { replaceJournal } from './replace-journal.js'

type RecordOf<Kind extends JournalRecord['kind']> = Extract<JournalRecord, { kind: Kind }>

/** Kinds of records whose sum stands for them. */
const summedKinds = ['batch', 'part', 'ended', 'session', 'rejects', 'settled'] as const

/** Told of what the journal is told; what it knew before is in it. */
export interface SettledRows {
  /** A batch goes out that nobody has sent before. */
  sent(input: number, end: BatchEnd, rows: number): void
  /** Rows get a number. */
  numbered(no: number): void
  ended(rows: EndedRows): void
  rejects(record: RecordOf<'rejects'>): void
  /**
   * Makes the journal short, once everything is told.
   *
   * @param end  its last record
   * @param sizeBytes  of what stands before that one
   * @throws the system's error: then it is as long as it was
   */
  shrink(path: string, files: Files, end: RecordOf<'end'>, sizeBytes: number): Promise<void>
}

export function newSettledRows(found: JournalState, past: JournalState): SettledRows {
  const inputs = found.inputs.map(({ covered: { ends, rows } }) => ({ ...ends.at(-1)!, rows }))
  const sums = { ...found.sums, duplicates: found.duplicates ?? 0 }
  let { lastNo } = past
  let rejects: RecordOf<'rejects'> | undefined = found.rejects && {
    kind: 'rejects',
    ...found.rejects,
    byInput: { ...found.rejects.byInput },
  }
  return {
    sent(input, end, rows) {
      while (inputs.length <= input) inputs.push({ ...beginning })
      inputs[input] = { ...end, rows: inputs[input]!.rows + rows }
    },
    numbered(no) {
      lastNo = Math.max(lastNo, no)
    },
    ended({ confirmed, rejected, unconfirmed, duplicates = 0 }) {
      sums.confirmed += confirmed
      sums.rejected += rejected
      sums.unconfirmed += unconfirmed
      sums.duplicates += duplicates
    },
    rejects(record) {
      rejects = { ...record, ...rejectsWith(rejects, record) }
    },
    async shrink(path, files, end, sizeBytes) {
      const records: JournalRecord[] = []
      // Where nobody knows of single batches no row was sent under a number.
      const { duplicates, ...others } = sums
      const all = duplicates === 0 ? others : sums
      if (lastNo > 0) records.push({ kind: 'settled', lastNo, inputs, sums: all })
      if (rejects !== undefined) records.push(rejects)
      await replaceJournal(path, files, { sizeBytes, without: summedKinds }, [...records, end])
    },
  }
}

const beginning = { offsetBytes: 0, lineNumber: 1, records: 0, rows: 0 }
