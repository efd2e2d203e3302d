/*
  Follows one file from its discovery to its end: opens the file, reads it as it grows, and records it in the journal.
*/
import { type UsageError, DdbError, option, usageError } from '../../../errors.js'
import { openReader, type InputFormat, type ReaderOptions } from '../../../parse/formats.js'
import { type Batch, batchesAmong } from '../../../parse/batch.js'
import { Cuts } from '../../../parse/cuts.js'
import type { InputFile } from '../../../platform/platform.js'
import { followedChunks, type Turns } from '../../../source/follow/followed-chunks.js'
import { openGrowing } from '../../../source/open-source.js'
import { newSummary, type InputReading, type InputSummary } from '../input-reading.js'
import { placer, streamOf } from '../../journal/resumption.js'
import { endBytes, followedFingerprint, type Fingerprint } from '../../journal/fingerprint.js'
import type { Detected } from '../../options.js'
import { dialectAsFound } from '../detected.js'
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
  number: number | undefined
  fingerprint: Fingerprint | undefined
  /** True once the file's name leads to another file, or nowhere. */
  hasLostName: boolean
  /** True if the whole content was read since the file lost its name. */
  isReadSince: boolean
  /** Records that no earlier process has read. */
  newRecords: number
  /** Bytes that were read, but belong to no record yet, such as an incomplete last line. */
  leftBytes: number
  /** When the file's length was last recorded in the journal, by the platform's clock. */
  notedMs: number
}

export interface Following {
  readonly run: Run
  readonly target: TargetDescription
  readonly reading: InputReading
  readonly turns: Turns
  readonly ended: AbortSignal
  /** Called when a file has further records or bytes. @param more  records that no earlier process has read */
  readonly onProgress: (more: number) => void
}

export function newFollowedFile(
  path: string,
  key: string,
  file: InputFile,
  known?: { readonly number: number; readonly fingerprint: Fingerprint },
): FollowedFile {
  return {
    path,
    key,
    file,
    summary: newSummary(path),
    number: known?.number,
    fingerprint: known?.fingerprint,
    hasLostName: false,
    isReadSince: false,
    newRecords: 0,
    leftBytes: 0,
    notedMs: -Infinity,
  }
}

/**
 * Iterates once over the rows of a file, until the file has lost its name and nothing more comes.
 * @throws {DdbError} DDB_INTERRUPTED if reading is stopped before there is a row; any error of reading an input
 */
export async function* batchesOf(
  followed: FollowedFile,
  following: Following,
): AsyncGenerator<Batch, void, void> {
  const { path, file, summary } = followed
  const { run, target, reading, turns, ended } = following
  const { platform, options } = run
  const { clock } = platform
  const content = followedChunks({
    file,
    name: path,
    clock,
    turns,
    ended,
    hasLostName: () => followed.hasLostName,
    onEnd: () => (followed.isReadSince ||= followed.hasLostName),
  })
  const before =
    followed.number === undefined ? undefined : run.history.found.inputs[followed.number]
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
      followed.fingerprint ??= await followedFingerprint(file)
      const steps = reading.steps(run, target, {
        cuts: run.cutSizes && new Cuts(run.cutSizes),
        source,
        reader,
        summary,
        number: () => (followed.number ??= newNumber(run, path, followed.fingerprint!)),
        detected: known?.detected,
        maxRecords: Infinity,
        flushes: true,
        progress(newRecords) {
          const more = newRecords - followed.newRecords
          followed.newRecords = newRecords
          following.onProgress(more)
        },
        beforeBatch: () => noteGrowth(followed, run),
      })
      // The file has its number once its first batch is read.
      yield* batchesAmong(
        steps,
        placer(run.history.resumption, () => streamOf(followed.number!, true)),
      )
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
    if (isWhole && followed.number !== undefined) {
      await noteFingerprint(followed, run)
      run.record({ kind: 'input', input: followed.number, summary, readAt: timeText(run) })
      run.commit()
    }
  } finally {
    await noteFingerprint(followed, run).catch(() => undefined)
    await file.close()
  }
}

/** Whether the error means that a file no longer holds content that was read. */
export function isTruncated(error: unknown): error is DdbError {
  return error instanceof DdbError && error.code === 'DDB_INPUT_TRUNCATED'
}

function newNumber({ history, record }: Run, path: string, fingerprint: Fingerprint): number {
  record({ kind: 'inputs', inputs: [{ path, fingerprint }] })
  return history.now.inputs.length - 1
}

/** Records the file's present state, which distinguishes the file from later files with the same inode number. */
async function noteFingerprint(followed: FollowedFile, { record }: Run): Promise<void> {
  if (followed.fingerprint === undefined) return
  followed.fingerprint = await followedFingerprint(followed.file)
  const { number: input, fingerprint } = followed
  if (input !== undefined) record({ kind: 'input', input, fingerprint })
}

/** Records the fingerprint of a growing file often, so that no other file is mistaken for it. */
function noteGrowth(followed: FollowedFile, run: Run): Promise<void> | undefined {
  const { number, fingerprint, file } = followed
  const { clock } = run.platform
  if (run.history.journal === undefined || number === undefined) return undefined
  const isLong = fingerprint!.sizeBytes >= endBytes
  if (isLong && clock.nowMs() - followed.notedMs < noteEveryMs) return undefined
  return file.status().then(async ({ sizeBytes }) => {
    if (!isLong && sizeBytes < Math.min(endBytes, 2 * fingerprint!.sizeBytes)) return
    await noteFingerprint(followed, run)
    followed.notedMs = clock.nowMs()
  })
}

/** Pause between records of a growing file's fingerprint, which take half a megabyte a day in the journal. */
const noteEveryMs = 60_000

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
  return { detected, dialect: { format, ...dialectAsFound(detected) } }
}

function isDocument(path: string): UsageError {
  return usageError(
    `"${path}" is a JSON document, and ${option('input.follow')} needs NDJSON, an object a line`,
  )
}
