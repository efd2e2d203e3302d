/* A rejects file on the disk, and the file of reasons next to it: what a later process may continue, what users have changed, and what was not
   certainly written. The first file has the header and the rejected records byte for byte; the second has a line for each. */
import { createHash } from 'node:crypto'
import { DdbError, messageOf } from '../../errors.js'
import type { RecordShape } from '../../parse/batch.js'
import type { FileLock, Files } from '../../platform/platform.js'
import { reasonsPath } from '../../source/data-files.js'
import { failureOf, lockPath, tryEach, writeAll } from '../journal/journal-file.js'
import type { JournaledRejects } from '../journal/journal-record.js'
import type { RejectReason } from './retry.js'

/** A rejects file with its reasons, as the journal records it. */
export type KeptFile = JournaledRejects['files'][number]

const windowBytes = 1024 * 1024

/** A hash of a file's first bytes. @throws {DdbError} DDB_OUTPUT_WRITE */
export function hashOf(path: string, files: Files, sizeBytes: number) {
  const buffer = Buffer.alloc(Math.min(sizeBytes, windowBytes))
  const hash = createHash('sha1')
  for (let at = 0, bytes = -1; at < sizeBytes && bytes !== 0; at += bytes) {
    const left = buffer.subarray(0, sizeBytes - at)
    try {
      bytes = files.readNow(path, left, at)
    } catch (cause) {
      const message = `cannot read "${path}": ${messageOf(cause)}`
      throw new DdbError('DDB_OUTPUT_WRITE', message, { cause })
    }
    hash.update(left.subarray(0, bytes))
  }
  return hash
}

/**
 * A file that only grows, and is open only while it is written.
 * @param sizeBytes  of what is certainly on the disk @param digest  of that, as an earlier process recorded it
 */
function appendedFile(path: string, files: Files, sizeBytes: number, digest?: string) {
  /** Of what is certainly in the file; undefined until an earlier process's part is read. */
  let hash = sizeBytes === 0 ? createHash('sha1') : undefined
  /** Whether nothing may be after `sizeBytes`. */
  let isExact = sizeBytes === 0
  let inode = files.statusNow(path)?.inode
  let isMade = false
  const failure = (why: string, cause?: unknown): DdbError =>
    new DdbError('DDB_OUTPUT_WRITE', `cannot write "${path}": ${why}`, { cause })
  const isSame = (): boolean => files.statusNow(path)?.inode === inode
  const file = {
    path,
    sizeBytes,
    has: (bytes: number): boolean => (files.statusNow(path)?.sizeBytes ?? -1) >= bytes,
    digest: (): string | undefined => hash?.copy().digest('hex') ?? digest,
    /** @throws {Error} the system's error */
    create(mayTakeEmpty: boolean): void {
      try {
        files.create(path).close()
        isMade = true
      } catch (error) {
        if (!mayTakeEmpty || (error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
        files.openEmpty(path).close()
      }
      inode = files.statusNow(path)?.inode
    },
    isUnchanged(): boolean {
      const found = hashOf(path, files, file.sizeBytes)
      const isSo = [undefined, found.copy().digest('hex')].includes(file.digest())
      if (isSo) hash = found
      return isSo
    },
    /** @param reads  all of it @throws {DdbError} DDB_OUTPUT_WRITE */
    check(reads: boolean): void {
      const isFit = file.has(file.sizeBytes) && !(isExact && file.has(file.sizeBytes + 1))
      if (isFit && isSame() && (!reads || file.isUnchanged())) return
      throw failure('somebody has removed, cut, changed or replaced it')
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
    cutBack(): void {
      file.write(new Uint8Array(0))
      isExact = true
      if (file.sizeBytes === 0) file.remove()
    },
    /** Only if this process has made it, and nobody has replaced it. */
    remove(): void {
      if (isMade && isSame()) files.remove(path)
    },
  }
  return file
}

export type RejectsFile = ReturnType<typeof rejectsFile>

/** @param kept  what is certainly on the disk @param place  the path until the file gets its name */
export function rejectsFile(kept: KeptFile, files: Files, place = kept.path) {
  const { key, path, isLeft = false } = kept
  const records = appendedFile(place, files, kept.sizeBytes, kept.digest)
  const reasons = appendedFile(reasonsPath(place), files, kept.reasonsBytes)
  const parts = [records, reasons]
  const file = {
    ...{ key, path, rows: kept.rows },
    /** Whether the run does not write to it any more. */
    isLeft,
    /** Whether a killed process may have written more than it recorded. */
    isTorn: false,
    lock: undefined as FileLock | undefined,
    /** The bytes of rows that wait, for both files: an object for each row would take twice the memory. */
    texts: undefined as RejectTexts | undefined,
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
    /** Stops other commands from loading the file while this process writes it. */
    begin(): void {
      // In some folders, locks cannot be created. The run does not need them.
      failureOf(() => {
        const answer = files.lockNow(lockPath(path))
        if (answer.kind === 'held') file.lock = answer.lock
      })
    },
    /** Appends to both files, and waits for the disk. @throws {DdbError} DDB_OUTPUT_WRITE; `cutBack` then leaves neither changed */
    append(texts: RejectTexts, rows: number): void {
      const bytes = texts.map(text => text.take())
      for (const [i, part] of parts.entries()) part.write(bytes[i]!)
      for (const [i, part] of parts.entries()) part.wrote(bytes[i]!)
      file.rows += rows
    },
    /** Checks that the files are as the run has made them. @throws {DdbError} DDB_OUTPUT_WRITE */
    check: (): void => tryEach(parts, part => part.check(true)),
    /** Removes what was not certainly written, and files without content that this process made. @throws {DdbError} DDB_OUTPUT_WRITE */
    cutBack: (): void => tryEach(parts, part => part.cutBack()),
    remove: (): void => parts.forEach(part => failureOf(part.remove)),
    /** Whether the files are there. @param isRepaired  by the user, who may have made them shorter */
    isThere: (isRepaired: boolean): boolean =>
      parts.every(part => part.has(isRepaired ? 0 : part.sizeBytes)),
    /** Gives it its name. @param isOwn  whether the run made the file of that name @returns whether it is free @throws {Error} the system's error */
    rename(isOwn: boolean): boolean {
      const { sizeBytes } = (isOwn ? undefined : files.statusNow(path)) ?? {}
      const other = sizeBytes === undefined ? undefined : hashOf(path, files, sizeBytes)
      if (other !== undefined && other.digest('hex') !== records.digest()) return false
      files.rename(reasons.path, reasonsPath(path))
      files.rename(records.path, path)
      return true
    },
    kept: (): KeptFile => ({
      ...{ key, path, rows: file.rows, sizeBytes: records.sizeBytes },
      ...{ reasonsBytes: reasons.sizeBytes, digest: records.digest() },
      ...(file.isLeft && { isLeft: true }),
    }),
  }
  return file
}

export type RejectTexts = ReturnType<typeof newTexts>

/** Of the records, and of their reasons. */
export const newTexts = () => [growingBytes(), growingBytes()] as const

export const lineOf = (reason: RejectReason): Buffer => Buffer.from(`${JSON.stringify(reason)}\n`)

function growingBytes() {
  let bytes = Buffer.alloc(0)
  let length = 0
  return {
    add(part: Uint8Array): void {
      const all = length + part.length
      if (all > bytes.length) bytes = Buffer.concat([bytes], all + bytes.length)
      bytes.set(part, length)
      length = all
    },
    /** The bytes so far, which the next ones overwrite. */
    take(): Buffer {
      const taken = bytes.subarray(0, length)
      length = 0
      return taken
    },
  }
}

/** What a file begins with. Except for UTF-8, a reader needs the byte order mark to recognize the encoding. */
export function headOf({ headerBytes, text: { encoding, mark } }: RecordShape): Buffer {
  const header = headerBytes === undefined ? [] : [ended(headerBytes, encoding)]
  return Buffer.concat(encoding === 'utf-8' ? header : [mark, ...header])
}

const lineEnds: Readonly<Record<string, readonly string[] | undefined>> = {
  'utf-16le': ['\n\0', '\r\0'],
  'utf-16be': ['\0\n', '\0\r'],
}
const usualEnds = ['\n', '\r'] as const

/** The record with a line end, which the last record of an input may lack. */
export function ended(record: Uint8Array, encoding: string): Uint8Array {
  const ends = lineEnds[encoding] ?? usualEnds
  // A record that is cut inside a character would shift those after it. With half a surrogate pair it stays bad.
  if (ends !== usualEnds && record.length % 2 === 1) {
    const rest = encoding === 'utf-16le' ? [0xd8] : [0, 0xd8, 0]
    return ended(Buffer.concat([record, Buffer.from(rest)]), encoding)
  }
  const tail = Buffer.from(record.subarray(-ends[0]!.length)).toString('latin1')
  return ends.includes(tail) ? record : Buffer.concat([record, Buffer.from(ends[0]!, 'latin1')])
}
