/*
  The rejects file and its `.reasons.ndjson`: rejected records byte for byte behind the input's own header, so that
  the repaired file can be loaded like the input. Both are created at the first reject, and are on disk before the
  batch behind them is sent.
*/
import { DdbError, UsageError } from '../../errors.js'
import type { Files, FileStatus, OutputFile } from '../../platform/platform.js'

/** Why one record was refused; a line of the reasons file. */
export interface RejectReason {
  runId: string
  file: string
  /** From 1. */
  lineNumber: number
  /** Of the record, from 0, in the decoded input. */
  offsetBytes: number
  columnName: string | null
  code: string
  class: 'parse' | 'type' | 'server'
  message: string
  /** The offending text, clipped; null when the whole record is at fault. */
  value: string | null
}

/** Queues in memory; only `flush` touches the disk, apart from creating the files. */
export interface RejectFile {
  readonly path: string
  /** Puts the record and its reason in the queue; `headerBytes` opens the file when it is the first. */
  add(record: Uint8Array, headerBytes: Uint8Array | undefined, reason: RejectReason): void
  /** Writes what is queued and waits for the disk. @throws {DdbError} DDB_OUTPUT_WRITE */
  flush(): void
  /** Flushes and closes. */
  close(): void
}

const lineFeed = Uint8Array.of(10)

/**
 * Checks that `path` can take rejects without destroying anything.
 * @throws {UsageError} DDB_USAGE when it is one of the inputs
 * @throws {DdbError} DDB_OUTPUT_CREATE when it holds something already
 */
export function checkRejectPath(path: string, inputPaths: readonly string[], files: Files): void {
  for (const name of [path, reasonsPath(path)]) {
    const status = files.statusNow(name)
    if (status === undefined) continue
    if (inputPaths.some(input => isFile(input, status, files))) {
      throw new UsageError(
        'DDB_USAGE',
        `the rejects file "${name}" is an input of this run: name another`,
      )
    }
    if (status.isFolder || status.sizeBytes > 0) {
      throw new DdbError(
        'DDB_OUTPUT_CREATE',
        `the rejects file "${name}" exists and is not empty: load or move it first, or name another`,
      )
    }
  }
}

function isFile(path: string, { device, inode }: FileStatus, files: Files): boolean {
  const status = files.statusNow(path)
  return status?.device === device && status.inode === inode
}

function reasonsPath(path: string): string {
  return `${path}.reasons.ndjson`
}

/**
 * Creates nothing yet: a run without rejects leaves no file. `add` throws {DdbError} DDB_OUTPUT_CREATE, and
 * DDB_OUTPUT_WRITE for an input with another header.
 */
export function openRejectFile(path: string, files: Files): RejectFile {
  let records: AppendFile | undefined
  let reasons: AppendFile | undefined
  let header: Uint8Array | undefined
  return {
    path,
    add(record, headerBytes, reason) {
      if (records === undefined || reasons === undefined) {
        records = openAppendFile(path, files)
        reasons = openAppendFile(reasonsPath(path), files)
        header = headerBytes
        if (headerBytes !== undefined) writeRecord(records, headerBytes)
      } else if (!sameBytes(header, headerBytes)) {
        throw new DdbError(
          'DDB_OUTPUT_WRITE',
          `"${reason.file}" has another header than the rejects in "${path}": load files of different shape in runs of their own`,
        )
      }
      writeRecord(records, record)
      reasons.write(Buffer.from(`${JSON.stringify(reason)}\n`))
    },
    flush() {
      records?.flush()
      reasons?.flush()
    },
    close() {
      records?.close()
      reasons?.close()
    },
  }
}

function writeRecord(file: AppendFile, record: Uint8Array): void {
  file.write(record)
  if (record.at(-1) !== 10) file.write(lineFeed)
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && Buffer.compare(a, b) === 0)
}

interface AppendFile {
  write(bytes: Uint8Array): void
  flush(): void
  close(): void
}

function openAppendFile(path: string, files: Files): AppendFile {
  let file: OutputFile
  try {
    file = files.append(path)
  } catch (cause) {
    throw new DdbError('DDB_OUTPUT_CREATE', `cannot create "${path}": ${reasonOf(cause)}`, {
      cause,
    })
  }
  let queued: Uint8Array[] = []
  const flush = (): void => {
    if (queued.length === 0) return
    const bytes = Buffer.concat(queued)
    queued = []
    try {
      for (let done = 0; done < bytes.length;) done += file.write(bytes.subarray(done))
      file.sync()
    } catch (cause) {
      throw new DdbError('DDB_OUTPUT_WRITE', `cannot write "${path}": ${reasonOf(cause)}`, {
        cause,
      })
    }
  }
  return {
    write: bytes => queued.push(bytes),
    flush,
    close() {
      try {
        flush()
      } finally {
        file.close()
      }
    },
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
