/*
  Creates or replaces a journal in one step. In a finished journal, how far each input was sent and totals by outcome
  replace the batches.
*/
import type { Files, OutputFile } from '../../platform/platform.js'
import type { DurableState } from '../outcomes/durable-state.js'
import {
  checksumDigits,
  recordLine,
  type JournaledRejects,
  type JournalRecord,
} from './journal-record.js'

const pieceBytes = 1 << 20
const lineFeed = 0x0a
/** Length of the checksum and the space before the JSON of a line. */
const checksumBytes = checksumDigits + 1

/** Lines to copy from the present journal. */
export interface KeptLines {
  /** How much of the present journal to copy, from its start. */
  readonly sizeBytes: number
  readonly without?: readonly JournalRecord['kind'][]
  /** Where to move the present journal; if left out, the new journal replaces it. */
  readonly asideTo?: string | undefined
}

/**
 * The new journal has the kept lines of the present journal, then further records. No process ever finds half a
 * journal. If a process still writes to the old file, its records have no effect.
 * @throws the system's error
 */
export async function replaceJournal(
  path: string,
  files: Files,
  kept: KeptLines,
  records: readonly JournalRecord[],
): Promise<void> {
  const draft = `${path}${draftEnding}`
  // No other process works on the run, so a killed process must have left this draft.
  if (files.statusNow(draft) !== undefined) files.remove(draft)
  const file = files.create(draft)
  try {
    try {
      for await (const bytes of kept.sizeBytes > 0 ? keptLines(path, files, kept) : []) {
        writeAll(file, bytes)
      }
      writeAll(file, Buffer.from(records.map(recordLine).join('')))
      file.sync()
    } finally {
      file.close()
    }
    if (kept.asideTo !== undefined) files.rename(path, kept.asideTo)
    files.rename(draft, path)
  } catch (error) {
    removeQuietly(draft, files)
    throw error
  }
}

const summedKinds = [...(['batch', 'ended', 'session', 'rejects', 'settled'] as const)] as const

/**
 * Shortens a finished journal.
 * @param end  the journal's last record
 * @param sizeBytes  size of everything before the last record
 * @throws the system's error, which leaves the journal unchanged
 */
export async function shrinkJournal(
  path: string,
  files: Files,
  {
    batchCount: batches,
    inputs,
    streams,
    sentTo,
    sums,
  }: Pick<DurableState, 'batchCount' | 'inputs' | 'streams' | 'sentTo' | 'sums'>,
  rejects: JournaledRejects | undefined,
  end: Extract<JournalRecord, { kind: 'end' }>,
  sizeBytes: number,
): Promise<void> {
  const records: JournalRecord[] = []
  const { filtered, ...others } = sums
  const all = filtered > 0 ? sums : others
  // A run that cannot learn the outcomes of single batches gives its batches no numbers.
  if (batches > 0) {
    const lasts = [...streams].map(([stream, { last }]) => ({ stream, ...last }))
    const sent = inputs.map((_, i) => sentTo.at(i))
    records.push({ kind: 'settled', batches, streams: lasts, inputs: sent, sums: all })
  }
  if (rejects !== undefined) records.push({ kind: 'rejects', ...rejects })
  await replaceJournal(path, files, { sizeBytes, without: summedKinds }, [...records, end])
}

const draftEnding = '.new'

async function* keptLines(
  path: string,
  files: Files,
  { sizeBytes, without = [] }: KeptLines,
): AsyncGenerator<Buffer, void, void> {
  const marks = without.map(kind => Buffer.from(`{"kind":"${kind}"`))
  const isKept = (line: Buffer): boolean =>
    !marks.some(
      mark => line.compare(mark, 0, mark.length, checksumBytes, checksumBytes + mark.length) === 0,
    )
  const file = await files.open(path)
  try {
    let rest: Buffer = Buffer.alloc(0)
    for (let at = 0; at < sizeBytes;) {
      const piece = Buffer.alloc(Math.min(pieceBytes, sizeBytes - at))
      const count = await file.readAt(piece, 0, piece.length, at)
      if (count === 0) throw new Error('it has become shorter')
      at += count
      rest = Buffer.concat([rest, piece.subarray(0, count)])
      const lines: Buffer[] = []
      let start = 0
      for (let end = rest.indexOf(lineFeed); end >= 0; end = rest.indexOf(lineFeed, start)) {
        const line = rest.subarray(start, end + 1)
        if (isKept(line)) lines.push(line)
        start = end + 1
      }
      rest = rest.subarray(start)
      yield Buffer.concat(lines)
    }
  } finally {
    await file.close()
  }
}

function removeQuietly(path: string, files: Files): void {
  try {
    if (files.statusNow(path) !== undefined) files.remove(path)
  } catch {
    // The caller reports the failed write of the journal, which matters more than a file left behind.
  }
}

export function writeAll(file: OutputFile, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += file.write(bytes.subarray(done))
}
