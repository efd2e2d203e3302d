/*
  What a finished journal keeps instead of its batches: how far each input was sent, and what became of the rows in sum.
*/
import type { DurableState } from '../fate/durable.js'
import type { Files } from '../../platform/platform.js'
import type { JournaledRejects, JournalRecord } from './journal-record.js'
import { replaceJournal } from './replace-journal.js'

/** Kinds of records whose sum stands for them. */
const summedKinds = [
  ...(['batch', 'part', 'lanes', 'lanePart', 'ended', 'session', 'rejects', 'settled'] as const),
] as const

/**
 * Makes a journal short, once everything is told.
 *
 * @param end  its last record
 * @param sizeBytes  of what stands before that one
 * @throws the system's error: then it is as long as it was
 */
export async function shrinkJournal(
  path: string,
  files: Files,
  { lastNo, inputs, sentTo, sums }: Pick<DurableState, 'lastNo' | 'inputs' | 'sentTo' | 'sums'>,
  rejects: JournaledRejects | undefined,
  end: Extract<JournalRecord, { kind: 'end' }>,
  sizeBytes: number,
): Promise<void> {
  const records: JournalRecord[] = []
  const { duplicates, ...others } = sums
  const all = duplicates === 0 ? others : sums
  // Where nobody knows of single batches no row was sent under a number.
  if (lastNo > 0) {
    records.push({ kind: 'settled', lastNo, inputs: inputs.map((_, i) => sentTo.at(i)), sums: all })
  }
  if (rejects !== undefined) records.push({ kind: 'rejects', ...rejects })
  await replaceJournal(path, files, { sizeBytes, without: summedKinds }, [...records, end])
}
