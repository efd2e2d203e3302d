/* A rejects file on the disk, and the file of reasons next to it: what a later process may continue, what users have changed, and what was not
   certainly written. The first file has the header and the rejected records byte for byte; the second has a line for each. */
import { createHash } from 'node:crypto'
import { attempt, DdbError, messageOf } from '../../errors.js'
import type { RecordShape } from '../../parse/batch.js'
import type { FileLock, Files } from '../../platform/platform.js'
import { reasonsPath } from '../../source/data-files.js'
import { failureOf, lockPath, tryEach, writeAll } from '../journal/journal-file.js'
import type { JournaledRejects } from '../journal/journal-record.js'
import type { RecordedRun } from '../journal/recorded-run.js'
import type { RejectReason } from './retry.js'

/** A rejects file with its reasons, as the journal records it. */
export type KeptFile = JournaledRejects['files'][number]

const windowBytes = 1024 * 1024

/** A hash of a file's first bytes. @throws {DdbError} DDB_OUTPUT_WRITE */
export function hashOf(path: string, files: Files, sizeBytes: number) {
  const buffer = Buffer.alloc(Math.min(sizeBytes, windowBytes))
  const hash = createHash('sha1')
  try {
    for (let at = 0, bytes = -1; at < sizeBytes && bytes !== 0; at += bytes) {
      const left = buffer.subarray(0, sizeBytes - at)
      bytes = files.readNow(path, left, at)
      hash.update(left.subarray(0, bytes))
    }
  } catch (cause) {
    const message = `cannot read "${path}": ${messageOf(cause)}`
    throw new DdbError('DDB_OUTPUT_WRITE', message, { cause })
  }
  return hash
}

/**
 * A file that only grows, and is open only while it is written. @param sizeBytes  of what is certainly on the disk
 * @param isExact  whether nothing may be after that @param digest  of that, as an earlier process recorded it
 */
function appendedFile(
  path: string,
  files: Files,
  sizeBytes: number,
  isExact: boolean,
  digest?: string,
) {
  /** Of what is certainly in the file; undefined until an earlier process's part is read. */
  let hash = sizeBytes === 0 ? createHash('sha1') : undefined
  let inode = files.statusNow(path)?.inode
  let isMade = false
  const failure = (why: string, cause?: unknown): DdbError =>
    new DdbError('DDB_OUTPUT_WRITE', `cannot write "${path}": ${why}`, { cause })
  const changed = 'somebody has removed, cut, changed or replaced it'
  const file = {
    sizeBytes,
    has: (bytes: number): boolean => (files.statusNow(path)?.sizeBytes ?? -1) >= bytes,
    digest: (): string | undefined => hash?.copy().digest('hex') ?? digest,
    /** @throws {Error} the system's error */
    create(mayTakeEmpty: boolean): void {
      const cause = failureOf(() => files.create(path).close()) as NodeJS.ErrnoException | undefined
      isMade = cause === undefined
      if (mayTakeEmpty && cause?.code === 'EEXIST') files.openEmpty(path).close()
      else if (cause !== undefined) throw cause
      inode = files.statusNow(path)?.inode
    },
    /** @param reads  all of it @throws {DdbError} DDB_OUTPUT_WRITE */
    check(reads: boolean): void {
      const { inode: found, sizeBytes: size = -1 } = files.statusNow(path) ?? {}
      const isFit = isExact ? size === file.sizeBytes : size >= file.sizeBytes
      if (found !== inode || !isFit) throw failure(changed)
      if (!reads) return
      const content = hashOf(path, files, file.sizeBytes)
      const isSo = [undefined, content.copy().digest('hex')].includes(file.digest())
      if (!isSo) throw failure(changed)
      hash = content
    },
    wrote(bytes: Uint8Array): void {
      hash!.update(bytes)
      file.sizeBytes += bytes.length
      isExact = true
    },
    /** Replaces everything after `sizeBytes`, and waits for the disk. @throws {DdbError} DDB_OUTPUT_WRITE */
    write(bytes: Uint8Array): void {
      file.check(false)
      isExact = false
      try {
        const opened = files.reopen(path)
        try {
          opened.truncate(file.sizeBytes)
          writeAll(opened, bytes)
          if (bytes.length > 0) opened.sync()
        } finally {
          opened.close()
        }
      } catch (cause) {
        throw failure(messageOf(cause), cause)
      }
    },
    rename(to: string): void {
      // What takes the place of another process's file is not removed later: a link fails if there is one.
      isMade &&= failureOf(() => files.link(path, to)) === undefined
      const cause = failureOf(() => (isMade ? files.remove(path) : files.rename(path, to)))
      if (cause !== undefined) throw failure(messageOf(cause), cause)
      path = to
    },
    cutBack(): void {
      file.write(new Uint8Array(0))
      isExact = true
      if (file.sizeBytes === 0) file.remove()
    },
    /** Only if this process has made it, and nobody has replaced it. */
    remove(): void {
      if (isMade && files.statusNow(path)?.inode === inode) files.remove(path)
    },
  }
  return file
}

export type RejectsFile = ReturnType<typeof rejectsFile>

/** Whether a file may have rejects that the journal does not count, after as many reasons: a process was killed, or could not record all. */
export function mayHaveMore(found: RecordedRun, path: string, kept: KeptFile, files: Files) {
  const { rejected } = found.rows()
  const { sizeBytes = 0 } = files.statusNow(reasonsPath(path)) ?? {}
  if (sizeBytes <= kept.reasonsBytes) return false
  return found.begun.some(({ end }) => end === undefined || end.rows.rejected > rejected)
}

/**
 * @param kept  what is certainly on the disk @param isExact  whether nobody else may have added anything
 * @param place  the path until the file gets its name
 */
export function rejectsFile(kept: KeptFile, files: Files, isExact: boolean, place = kept.path) {
  const { key, path, isLeft = false, sizeBytes, reasonsBytes, digest } = kept
  const records = appendedFile(place, files, sizeBytes, isExact, digest)
  const reasons = appendedFile(reasonsPath(place), files, reasonsBytes, isExact)
  const parts = [records, reasons]
  /** What waits for each of them. */
  let texts: Uint8Array[] = []
  let lines = ''
  const file = {
    ...{ key, path, rows: kept.rows },
    /** Whether the run does not write to it any more. */
    isLeft,
    /** Whether a killed process may have written more than it recorded. */
    isTorn: false,
    lock: undefined as FileLock | undefined,
    /** Number of rows that wait. */
    waiting: 0,
    /** Two runs never share a file, because the run that creates the file of reasons owns it. @throws {Error} the system's error */
    create(mayTakeEmpty: boolean): void {
      try {
        reasons.create(false)
        records.create(mayTakeEmpty)
      } catch (error) {
        file.remove()
        throw error
      }
      file.begin()
    },
    /** Stops other commands from loading the file while this process writes it. In some folders, locks cannot be created. */
    begin(): void {
      const answer = attempt(() => files.lockNow(lockPath(place)))
      if (answer?.kind === 'held') file.lock = answer.lock
    },
    isEmpty: (): boolean => file.rows + file.waiting === 0,
    /** Lets a row wait. */
    add(record: Uint8Array, shape: RecordShape, reason: RejectReason): void {
      if (file.isEmpty()) texts.push(headOf(shape))
      // A copy, because the next chunk of the input overwrites the record.
      texts.push(Buffer.from(ended(record, shape.text.encoding)))
      lines += `${JSON.stringify(reason)}\n`
      file.waiting++
    },
    /** Appends the rows that wait, and waits for the disk. @throws {DdbError} DDB_OUTPUT_WRITE; `cutBack` then leaves neither file changed */
    append(): void {
      const bytes = Buffer.concat(texts)
      const ofReasons = Buffer.from(lines)
      const rows = file.waiting
      ;[texts, lines, file.waiting] = [[], '', 0]
      // Reasons first: they show whether a killed process has saved more than the journal counts.
      reasons.write(ofReasons)
      records.write(bytes)
      reasons.wrote(ofReasons)
      records.wrote(bytes)
      file.rows += rows
    },
    /** Checks that the files are as the run has made them. @throws {DdbError} DDB_OUTPUT_WRITE */
    check: (): void => tryEach(parts, part => part.check(true)),
    /** Removes what was not certainly written, and files without content that this process made. @throws {DdbError} DDB_OUTPUT_WRITE */
    cutBack: (): void => tryEach(parts, part => part.cutBack()),
    remove: (): void => parts.forEach(part => failureOf(() => part.remove())),
    /** Whether the files are there. @param isRepaired  by the user, who may have made them shorter */
    isThere: (isRepaired: boolean): boolean =>
      parts.every(part => part.has(isRepaired ? 0 : part.sizeBytes)),
    /** Gives it its name. @throws {DdbError} DDB_OUTPUT_WRITE */
    rename(): void {
      reasons.rename(reasonsPath(path))
      records.rename(path)
    },
    kept: (): KeptFile => ({
      ...{ key, path, rows: file.rows, sizeBytes: records.sizeBytes },
      ...{ reasonsBytes: reasons.sizeBytes, digest: records.digest() },
      ...(file.isLeft && { isLeft: true }),
    }),
  }
  return file
}

/** Removes files, to which the run writes no more. @returns how many rows they had */
export function drop(files: readonly RejectsFile[]): number {
  let rows = 0
  for (const file of files) {
    rows += file.rows + file.waiting
    file.lock?.release()
    file.remove()
    Object.assign(file, { rows: 0, waiting: 0, isLeft: true })
  }
  return rows
}

/** What a file begins with. Except for UTF-8, a reader needs the byte order mark to recognize the encoding. */
function headOf({ headerBytes, text: { encoding, mark } }: RecordShape): Buffer {
  const header = headerBytes === undefined ? [] : [ended(headerBytes, encoding)]
  return Buffer.concat(encoding === 'utf-8' ? header : [mark, ...header])
}

const usualEnds = ['\n', '\r'] as const
const lineEnds: Readonly<Record<string, readonly [string, string]>> = {
  'utf-16le': ['\n\0', '\r\0'],
  'utf-16be': ['\0\n', '\0\r'],
}

/** The record with a line end, which the last record of an input may lack. */
function ended(record: Uint8Array, encoding: string): Uint8Array {
  const [feed, other] = lineEnds[encoding] ?? usualEnds
  const tail = Buffer.from(record.subarray(-feed.length)).toString('latin1')
  // A record that is cut inside a character would shift those after it. With half a surrogate pair it stays bad.
  const isCut = record.length % feed.length === 1
  if (!isCut && (tail === feed || tail === other)) return record
  const rest = isCut ? (encoding === 'utf-16le' ? '\xd8' : '\0\xd8\0') : ''
  return Buffer.concat([record, Buffer.from(rest + feed, 'latin1')])
}
