/*
  The file of a journal: records are put behind those that are there, and a tail that a power cut has torn is cut off.
  Every record is with the operating system before what it announces happens, so a killed process loses none; the disk has
  it a moment later.
*/
import { DdbError } from '../../errors.js'
import type { Clock, Files, OutputFile, Timer } from '../../platform/platform.js'
import { recordLine, recordOf, type JournalRecord } from './journal-record.js'

/** A journal that is being written. */
export interface JournalFile {
  readonly path: string
  /** Keeps a record back until the next `write`. */
  add(record: JournalRecord): void
  /**
   * Hands what was added to the operating system.
   * @throws {DdbError} DDB_OUTPUT_WRITE; the same ever after, as records that somebody counts on are missing
   */
  write(): void
  /** Writes, and waits for the disk: what comes next takes away what would tell of a loss. @throws {DdbError} DDB_OUTPUT_WRITE */
  sync(): void
  /** Set once something could not be written, or the file is not in its place any more. */
  readonly failure: DdbError | undefined
  /** Whether another process would find what was written. */
  isInPlace(): boolean
  /** Writes, waits for the disk and closes. @throws {DdbError} DDB_OUTPUT_WRITE */
  close(): void
}

/** How much of a journal can be read. */
export interface FoundJournal {
  /** Up to the end of the last whole record. */
  readonly sizeBytes: number
  /** Bytes behind it. */
  readonly tornBytes: number
  /** Whole records are among them: something in front of them was lost that was on the disk before they were. */
  readonly isDamaged: boolean
}

/** A power cut loses what was written within this time, and nothing else. */
const syncEveryMs = 500

const pieceBytes = 1 << 20
const lineFeed = 0x0a

/**
 * Reads a journal, record by record.
 * @throws the system's error, ENOENT when there is none
 */
export async function readJournal(
  path: string,
  files: Files,
  take: (record: JournalRecord) => void,
): Promise<FoundJournal> {
  const file = await files.open(path)
  let [sizeBytes, tornBytes] = [0, 0]
  let rest = Buffer.alloc(0)
  let [isTorn, isDamaged] = [false, false]
  try {
    for (;;) {
      const piece = Buffer.alloc(pieceBytes)
      const count = await file.read(piece, 0, piece.length)
      if (count === 0) return { sizeBytes, tornBytes: tornBytes + rest.length, isDamaged }
      rest = Buffer.concat([rest, piece.subarray(0, count)])
      let start = 0
      for (let end = rest.indexOf(lineFeed); end >= 0; end = rest.indexOf(lineFeed, start)) {
        const record = recordOf(rest.toString('utf8', start, end))
        if (record === undefined) isTorn = true
        else if (isTorn) isDamaged = true
        else take(record)
        const lineBytes = end + 1 - start
        if (isTorn) tornBytes += lineBytes
        else sizeBytes += lineBytes
        start = end + 1
      }
      rest = rest.subarray(start)
    }
  } finally {
    await file.close()
  }
}

/**
 * Opens a journal for writing.
 *
 * @param found  what it holds; undefined for one that is to be made
 * @throws {DdbError} DDB_OUTPUT_CREATE
 */
export function openJournalFile(
  path: string,
  found: FoundJournal | undefined,
  { files, clock }: { readonly files: Files; readonly clock: Clock },
): JournalFile {
  const file = openFile(path, found, files)
  const inode = files.statusNow(path)?.inode
  const guard = newGuard(path)
  let waiting = ''
  let sizeBytes = found?.sizeBytes ?? 0
  let timer: Timer | undefined
  let syncing: Promise<void> | undefined

  const isInPlace = (): boolean => files.statusNow(path)?.inode === inode
  const checkPlace = (): void => {
    if (!isInPlace()) throw new Error('somebody has removed it')
  }
  const syncSoon = (): void => {
    if (timer !== undefined || syncing !== undefined) return
    timer = clock.afterIfAlive(syncEveryMs, () => {
      timer = undefined
      syncing = file.syncMeanwhile().then(checkPlace).catch(guard.fail)
      void syncing.then(() => (syncing = undefined))
    })
  }
  const journal: JournalFile = {
    path,
    get failure() {
      return guard.failure
    },
    isInPlace() {
      try {
        return isInPlace()
      } catch {
        return false
      }
    },
    add(record) {
      waiting += recordLine(record)
    },
    write() {
      if (waiting === '' && guard.failure === undefined) return
      guard.run(() => {
        const bytes = Buffer.from(waiting)
        waiting = ''
        try {
          for (let done = 0; done < bytes.length;) done += file.write(bytes.subarray(done))
        } catch (cause) {
          cutQuietly(file, sizeBytes)
          throw cause
        }
        sizeBytes += bytes.length
      })
      syncSoon()
    },
    sync() {
      journal.write()
      guard.run(() => file.sync())
      guard.run(checkPlace)
    },
    close() {
      try {
        journal.sync()
      } finally {
        timer?.cancel()
        // A sync under way still needs the file.
        if (syncing === undefined) closeQuietly(file)
        else void syncing.then(() => closeQuietly(file))
      }
    },
  }
  return journal
}

/** Nothing goes on behind the first failure. */
interface Guard {
  readonly failure: DdbError | undefined
  fail(this: void, cause: unknown): void
  /** @throws {DdbError} DDB_OUTPUT_WRITE */
  run(action: () => void): void
}

function newGuard(path: string): Guard {
  let failure: DdbError | undefined
  const fail = (cause: unknown): void => {
    const message = `cannot write the journal "${path}": ${reasonOf(cause)}`
    failure ??= new DdbError('DDB_OUTPUT_WRITE', message, { cause })
  }
  return {
    get failure() {
      return failure
    },
    fail,
    run(action) {
      if (failure !== undefined) throw failure
      try {
        action()
      } catch (cause) {
        fail(cause)
        throw failure!
      }
    },
  }
}

function openFile(path: string, found: FoundJournal | undefined, files: Files): OutputFile {
  try {
    if (found === undefined) return files.create(path)
    const file = files.reopen(path)
    if (found.tornBytes > 0) file.truncate(found.sizeBytes)
    return file
  } catch (cause) {
    throw new DdbError(
      'DDB_OUTPUT_CREATE',
      `cannot open the journal "${path}": ${reasonOf(cause)}`,
      {
        cause,
      },
    )
  }
}

/** Half a record must not stand before a whole one; where it stays, nothing is written behind it, and readers pass it over. */
function cutQuietly(file: OutputFile, sizeBytes: number): void {
  try {
    file.truncate(sizeBytes)
  } catch {
    // Why the record could not be written says more.
  }
}

function closeQuietly(file: OutputFile): void {
  try {
    file.close()
  } catch {
    // What was written is on the disk; nobody needs the descriptor any more.
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
