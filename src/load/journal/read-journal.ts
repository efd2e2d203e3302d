/*
  Reads the journal of a run and checks that it is complete, because rows whose records are missing would be sent again.
*/
import { messageOf } from '../../errors.js'
import type { Files } from '../../platform/platform.js'
import { faultOf, journalFormat, recordOf, type JournalRecord } from './journal-record.js'

export interface FoundJournal {
  /** Length up to the end of the last whole record before any damage. */
  readonly sizeBytes: number
  /** Bytes after the last whole record, as a power cut leaves them. */
  readonly tornBytes: number
  /** Why the run must not be resumed; completes a sentence. The caller receives the records before the damage. */
  readonly damage: string | undefined
}

const pieceBytes = 1 << 20
const lineFeed = 0x0a

/** @returns undefined without a journal */
export async function readJournal(
  path: string,
  runId: string,
  files: Files,
  take: (record: JournalRecord) => void,
): Promise<FoundJournal | undefined> {
  const reader = newReader(runId, take)
  try {
    const status = files.statusNow(path)
    if (status === undefined) return undefined
    // Opening a pipe would wait for a writer.
    if (!status.isFile) return reader.found('it is not a file')
    const file = await files.open(path)
    // Most journals are small, and zeroing 1 MiB takes longer than reading a small journal. The buffer is reused,
    // because the reader copies what it keeps.
    const piece = Buffer.alloc(Math.min(pieceBytes, status.sizeBytes + 1))
    try {
      for (;;) {
        const count = await file.read(piece, 0, piece.length)
        if (count === 0 || !reader.read(piece.subarray(0, count))) return reader.found()
      }
    } finally {
      await file.close()
    }
  } catch (error) {
    if (isMissing(error)) return undefined
    return reader.found(`it cannot be read (${messageOf(error)})`)
  }
}

/** Whether a text begins like a run's journal, even one of a different version. */
export function looksLikeJournal(text: string): boolean {
  return /^[0-9a-f]{8} \{"kind":"/.test(text)
}

function newReader(runId: string, take: (record: JournalRecord) => void) {
  let rest: Buffer = Buffer.alloc(0)
  let [lines, sizeBytes, tornBytes] = [0, 0, 0]
  let damage: string | undefined

  const takeLine = (text: string, lineBytes: number): void => {
    const record = recordOf(text)
    lines++
    if (record === undefined && lines > 1) tornBytes += lineBytes
    else damage = damageOf(record)
    if (damage === undefined && tornBytes === 0) sizeBytes += lineBytes
  }
  const damageOf = (record: JournalRecord | undefined): string | undefined => {
    if (record === undefined) return noRecord
    if (tornBytes > 0) return 'something in its middle is not a record'
    const fault = faultOf(record)
    if (fault !== undefined) return `its line ${lines} ${fault}`
    if (lines === 1 && record.kind !== 'run') return 'its first line is not that of a run'
    if (record.kind === 'run' && record.runId !== runId)
      return `it is that of run "${record.runId}"`
    try {
      take(record)
      // A run that starts over keeps the token of a journal of another format, because the server knows the run by it.
      const isOther = record.kind === 'run' && record.format !== journalFormat
      return isOther
        ? `another version of the program wrote it (format ${JSON.stringify(record.format)}; this version reads format ${journalFormat}): use that version`
        : undefined
    } catch {
      return `its line ${lines} does not fit the lines before it`
    }
  }
  return {
    /** @returns false once the rest of the file does not matter */
    read(piece: Buffer): boolean {
      rest = Buffer.concat([rest, piece])
      // The first line of a file that is not a journal may be gigabytes long.
      if (lines === 0 && !/^[0-9a-f]{0,8}( |$)/.test(rest.toString('latin1', 0, 9)))
        damage = noRecord
      let start = 0
      for (let end = rest.indexOf(lineFeed); end >= 0 && damage === undefined;) {
        takeLine(rest.toString('utf8', start, end), end + 1 - start)
        start = end + 1
        end = rest.indexOf(lineFeed, start)
      }
      rest = rest.subarray(start)
      return damage === undefined
    },
    found(because?: string): FoundJournal {
      if (lines === 0) damage ??= rest.length === 0 ? 'it is empty' : noRecord
      return { sizeBytes, tornBytes: tornBytes + rest.length, damage: because ?? damage }
    },
  }
}

const noRecord = 'its first line is not a record'

function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')
}
