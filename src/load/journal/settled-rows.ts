/*
  The records that replace the batches of a finished journal: how far each input was sent, and totals by outcome.
*/
import type { DurableState } from '../outcomes/durable-state.js'
import type { Files } from '../../platform/platform.js'
import type { JournaledRejects, JournalRecord } from './journal-record.js'
import { replaceJournal } from './replace-journal.js'

const summedKinds = [
  ...(['batch', 'part', 'lanes', 'lanePart', 'ended', 'session', 'rejects', 'settled'] as const),
] as const

/**
 * Shortens a finished journal.
 * @param end  the journal's last record
 * @param sizeBytes  size of everything before the last record
 * @throws the system's error, which leaves the journal unchanged
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
  const { duplicates, filtered, ...others } = sums
  const some = Object.entries({ duplicates, filtered }).filter(([, rows]) => rows > 0)
  const all = { ...others, ...Object.fromEntries(some) }
  // A run that cannot learn the outcomes of single batches gives its batches no numbers.
  if (lastNo > 0) {
    records.push({ kind: 'settled', lastNo, inputs: inputs.map((_, i) => sentTo.at(i)), sums: all })
  }
  if (rejects !== undefined) records.push({ kind: 'rejects', ...rejects })
  await replaceJournal(path, files, { sizeBytes, without: summedKinds }, [...records, end])
}
