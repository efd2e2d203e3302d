/*
  Follows one file from its discovery to its end: opens the file, reads it as it grows, and records it in the journal.
*/
import { type UsageError, DdbError, option, usageError } from '../../../errors.js'
import { openReader, type InputFormat, type ReaderOptions } from '../../../parse/formats.js'
import { type Batch, batchesAmong } from '../../../parse/batch.js'
import { Cuts } from '../../../parse/cuts.js'
import { fileKey } from '../../../platform/file-name.js'
import type { Files, InputFile } from '../../../platform/platform.js'
import { followedChunks, type Turns } from '../../../source/follow/followed-chunks.js'
import { openGrowing } from '../../../source/open-source.js'
import { newSummary, type InputReading, type InputSummary } from '../input-reading.js'
import { placer, streamOf } from '../../journal/resumption.js'
import { followedFingerprint, isSameGrown, type Fingerprint } from '../../journal/fingerprint.js'
import type { Detected } from '../../options.js'
import { readAsFound } from '../detected.js'
import { dialectOf, rowTarget } from '../reader-options.js'
import { timeText, type Run } from '../../run.js'
import type { TargetDescription } from '../../target/describe-target.js'

export interface FollowedFile {
  /** The name under which the file was found. */
  readonly path: string
  /** Device and inode, which no other file has while this one is open. */
  readonly key: string
  readonly file: InputFile
  readonly summary: InputSummary
  /** The file's number in the journal; undefined without a journal, and until the format is known. */
  number?: number
  /** Of the part that was read, as last recorded. */
  fingerprint?: Fingerprint
  /** True if the whole content was read and the file's name leads to another file, or nowhere. */
  isReplaced: boolean
  /** Bytes that were read, but belong to no record yet, such as an incomplete last line. */
  leftBytes: number
}

export interface Following {
  readonly run: Run
  readonly target: TargetDescription
  readonly reading: InputReading
  readonly turns: Turns
  readonly ended: AbortSignal
  /** Called when a file has further records or bytes. */
  readonly onProgress: () => void
}

/** @param known  if an earlier process has read the file */
export async function newFollowedFile(
  path: string,
  file: InputFile,
  known: { readonly number?: number; readonly fingerprint?: Fingerprint } = {},
): Promise<FollowedFile> {
  const key = fileKey(path, await file.status())
  return { path, key, file, summary: newSummary(path), isReplaced: false, leftBytes: 0, ...known }
}

/**
 * Iterates once over the rows of a file, until the file has lost its name and nothing more comes.
 * @throws {DdbError} DDB_INTERRUPTED if reading is stopped before there is a row; any error of reading an input
 */
export async function* batchesOf(
  followed: FollowedFile,
  { run, target, reading, turns, ended, onProgress }: Following,
): AsyncGenerator<Batch, void, void> {
  const { path, file, summary } = followed
  const { platform, options, history } = run
  const { clock, files } = platform
  const content = followedChunks({
    ...{ file, name: path, clock, turns, ended },
    isNamed: () => isNamed(followed, files),
    onEnd: isNamed => (followed.isReplaced = !isNamed),
  })
  /** Records what was read so far, which distinguishes the file from later files with the same inode number. */
  const note = (): void => {
    const { number: input, fingerprint: before } = followed
    // An earlier process may have read more.
    if (before === undefined || content.read.sizeBytes < before.sizeBytes) return
    followed.fingerprint = followedFingerprint(content.read)
    if (input === undefined) return
    run.record({ kind: 'input', input, fingerprint: followed.fingerprint })
  }
  const noteGrowth = (): void => {
    const isDouble = content.read.sizeBytes >= 2 * followed.fingerprint!.sizeBytes
    if (isDouble && history.file !== undefined) note()
  }
  const newNumber = (): number => {
    run.record({ kind: 'inputs', inputs: [{ path, fingerprint: followed.fingerprint! }] })
    return history.now.inputs.length - 1
  }
  const before = followed.number === undefined ? undefined : history.found.inputs[followed.number]
  const known = before?.detected === undefined ? undefined : journaledReading(before.detected)
  try {
    const encoding = options.input?.encoding ?? 'auto'
    const source = await openGrowing(path, content.chunks, encoding, () => file.close())
    try {
      summary.compression = source.compression
      const reader = await openReader(source, {
        ...dialectOf(options),
        target: rowTarget(options, target, path),
        ...known?.dialect,
        clock,
      })
      if (reader.format === 'json') throw isDocument(path)
      followed.fingerprint ??= followedFingerprint(content.read)
      const steps = reading.steps(target, {
        cuts: run.cutSizes && new Cuts(run.cutSizes),
        source,
        reader,
        summary,
        number: () => (followed.number ??= newNumber()),
        detected: known?.detected,
        maxRecords: Infinity,
        flushes: true,
        progress: onProgress,
        beforeBatch: noteGrowth,
      })
      // The file has its number once its first batch is read.
      const place = placer(history.resumption, () => streamOf(followed.number!, true))
      yield* batchesAmong(steps, place)
    } catch (error) {
      // If unread data is gone, the loss is the error to report, whatever ended the reading.
      const loss = await content.checkRead().catch((found: unknown) => found)
      throw isTruncated(loss) ? loss : error
    } finally {
      followed.leftBytes = source.contentBytesRead - accounted(summary)
    }
    // Determined before the check, because a signal that arrives during the check must not change the outcome.
    const isWhole = !run.ending.stopped
    await content.checkRead()
    note()
    if (isWhole && followed.number !== undefined) {
      run.record({ kind: 'input', input: followed.number, summary, readAt: timeText(run) })
      run.commit()
    }
  } finally {
    // Not awaited: a look for more bytes may be under way, and the error must not wait for it.
    void content.chunks.return()
    await file.close()
  }
}

/** Whether the file's name still leads to it. */
async function isNamed({ path, key, fingerprint }: FollowedFile, files: Files): Promise<boolean> {
  try {
    const status = await files.status(path)
    if (fileKey(path, status) !== key) return false
    return status.inode !== 0n || (await isOnDisk(fingerprint, path, files))
  } catch (error) {
    // Other errors prove nothing: the folder may be unreadable for a while although the file is still in it.
    return (error as NodeJS.ErrnoException).code !== 'ENOENT'
  }
}

/** Whether the file with this name is the one being read; for systems without inode numbers. */
async function isOnDisk(
  fingerprint: Fingerprint | undefined,
  path: string,
  files: Files,
): Promise<boolean> {
  if (fingerprint === undefined) return true
  const named = await files.open(path)
  try {
    return await isSameGrown(fingerprint, named)
  } finally {
    await named.close()
  }
}

/** Whether the error means that a file no longer holds content that was read. */
export function isTruncated(error: unknown): error is DdbError {
  return error instanceof DdbError && error.code === 'DDB_INPUT_TRUNCATED'
}

function accounted({ contentBytes }: InputSummary): number {
  const { rows, rejected, header, other, skipped } = contentBytes
  return rows + rejected + header + other + skipped
}

/** Returns the rules that an earlier process detected in a file's first lines; they apply to all later lines. */
function journaledReading(text: string): {
  readonly detected: Detected
  readonly dialect: ReaderOptions
} {
  const {
    format,
    compression: _,
    ...detected
  } = JSON.parse(text) as Detected & {
    format: InputFormat
    compression: string
  }
  return { detected, dialect: { format, ...readAsFound(detected) } }
}

function isDocument(path: string): UsageError {
  return usageError(
    `"${path}" is a JSON document, and ${option('input.follow')} needs NDJSON, an object a line`,
  )
}
