/* A file that is read as it grows. At its end, the reader waits for more until reading is stopped, or the file was renamed or removed and
   no longer grows. When the file changes, and at the end, the first and last bytes read are compared with it, to notice another file. */
import { dirname } from 'node:path'
import { DdbError, InputError, messageOf, option } from '../../errors.js'
import { wait } from '../../platform/clocks.js'
import { fileKey } from '../../platform/file-name.js'
import type { Clock, DatedFileStatus, Files, InputFile } from '../../platform/platform.js'
import type { Chunks } from '../byte-source.js'
import { bytesAt, chunkBytes } from '../file-chunks.js'

/** How often to check whether a file has grown: often enough for users, rarely enough for hundreds of files. */
export const lookEveryMs = 250

/** How long a renamed file must stay quiet before its end is final, because the file's writer may continue for a moment. */
export const quietMs = 30_000

/** How many of the first and last bytes are compared. Even files with similar lines differ within this length. */
export const keptBytes: number = 16 * 1024

export interface Following {
  readonly files: Pick<Files, 'status' | 'open'>
  readonly clock: Clock
  readonly turns: Turns
  /** Aborted when reading must stop. */
  readonly ended: AbortSignal
}

/** A part of a file, from its start, and the state of the file when the part was read. */
export interface ReadPart {
  sizeBytes: number
  /** The first and the last bytes of the part, at most `keptBytes` each. */
  head: Uint8Array
  tail: Uint8Array
  /** Undefined before the first look. */
  status: DatedFileStatus | undefined
}

const nothing = new Uint8Array(0)

export class FollowedFile {
  /** The name under which the file was found. */
  readonly path: string
  /** Device and inode, which no other file has while this one is open. */
  readonly key: string
  readonly file: InputFile
  readonly read: ReadPart = { sizeBytes: 0, head: nothing, tail: nothing, status: undefined }
  /** True if the whole content was read and the file's name leads to another file, or nowhere. */
  isReplaced = false
  /** Of the folder in which the file had its name. */
  #disk: bigint | undefined

  /** @param status  of the opened file */
  constructor(path: string, file: InputFile, status: DatedFileStatus) {
    this.path = path
    this.file = file
    this.key = fileKey(path, status)
  }

  /**
   * The bytes from the file's start, readable once. While a chunk is used, no other file gets a turn; `return` ends that.
   * @throws {InputError} DDB_INPUT_TRUNCATED if the file has become shorter, or its content was replaced
   * @throws {DdbError} DDB_INTERRUPTED if reading is stopped
   */
  async *chunks({ files, clock, turns, ended }: Following): Chunks {
    const { file, read } = this
    let quietSinceMs = clock.nowMs()
    for (;;) {
      const hasName = await this.#isNamed(files)
      const status = await file.status()
      const { sizeBytes } = status
      const hasMore = sizeBytes > read.sizeBytes
      if (status.changedNs !== read.status?.changedNs || sizeBytes !== read.sizeBytes) {
        await this.#check()
      }
      read.status = status
      if (hasName || hasMore) quietSinceMs = clock.nowMs()
      if (hasMore) {
        const pass = await turns()
        try {
          if (ended.aborted) throw stopped()
          const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, sizeBytes - read.sizeBytes))
          for (;;) {
            const count = await file.read(buffer, 0, buffer.length)
            if (count === 0) break
            this.#add(buffer.subarray(0, count))
            yield buffer.subarray(0, count)
            if (ended.aborted) throw stopped()
          }
        } finally {
          pass()
        }
        continue
      }
      this.isReplaced = !hasName
      if (!hasName && clock.nowMs() - quietSinceMs >= quietMs) return
      await wait(clock, lookEveryMs, ended)
      if (ended.aborted) throw stopped()
    }
  }

  /** Checks the file again, after the last chunk. @throws {InputError} DDB_INPUT_TRUNCATED as `chunks`; DDB_INPUT_READ if reading fails */
  async checkRead(): Promise<void> {
    const { path: file } = this
    try {
      await this.#check()
    } catch (cause) {
      if (cause instanceof DdbError) throw cause
      const message = `"${file}" cannot be checked again after its end was reached: ${messageOf(cause)}`
      throw new InputError('DDB_INPUT_READ', message, { file }, { cause })
    }
  }

  /** Whether another file begins as this one, as a copy does that is still being written; false if less than `keptBytes` were read. */
  async isCopiedTo(file: InputFile): Promise<boolean> {
    const { head } = this.read
    return head.length === keptBytes && holds(file, head, 0)
  }

  close(): Promise<void> {
    return this.file.close()
  }

  #add(chunk: Uint8Array): void {
    const { read } = this
    const { head, tail } = read
    read.sizeBytes += chunk.length
    if (head.length < keptBytes) {
      read.head = Buffer.concat([head, chunk.subarray(0, keptBytes - head.length)])
    }
    read.tail = Buffer.concat([tail, chunk.subarray(-keptBytes)]).subarray(-keptBytes)
  }

  /** @throws {InputError} DDB_INPUT_TRUNCATED if the file no longer holds the part that was read */
  async #check(): Promise<void> {
    const { sizeBytes: position } = this.read
    const { sizeBytes } = await this.file.status()
    if (sizeBytes < position) {
      const what = `was cut short while it was followed: ${position} bytes of it were read, and it has ${sizeBytes}`
      throw this.#truncated(what, sizeBytes)
    }
    if (await this.#isIn(this.file)) return
    const what = `was overwritten while it was followed: the bytes before ${position} are not those that were read`
    throw this.#truncated(what, position)
  }

  #truncated(what: string, offsetBytes: number): InputError {
    const { path: file } = this
    const advice =
      'A file that is followed may only grow: rotate it by renaming it and creating another (logrotate: `create`, not ' +
      `\`copytruncate\`). Find out with \`audit\` which of its rows are missing in the table, and load these. Before a run with another ` +
      `${option('runId')} begins, move away all of its copies that have loaded rows`
    return new InputError('DDB_INPUT_TRUNCATED', `"${file}" ${what}. ${advice}`, {
      file,
      offsetBytes,
    })
  }

  async #isIn(file: InputFile): Promise<boolean> {
    const { sizeBytes, head, tail } = this.read
    return (await holds(file, head, 0)) && holds(file, tail, sizeBytes - tail.length)
  }

  async #isNamed(files: Following['files']): Promise<boolean> {
    try {
      const status = await files.status(this.path)
      if (fileKey(this.path, status) !== this.key) return false
      this.#disk ??= await diskOf(this.path, files)
      if (status.inode !== 0n || this.read.status === undefined) return true
      // Without inode numbers, only the content and the time of creation distinguish files.
      const born = knownBirthNs(this.read.status)
      if (born !== undefined && born !== status.bornNs) return false
      const named = await files.open(this.path)
      try {
        return await this.#isIn(named)
      } finally {
        await named.close()
      }
    } catch (error) {
      // Other errors prove nothing: the folder may be unreadable for a while although the file is still in it.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return true
      // Nor does another disk in the place of the file's own, which is unmounted.
      return this.#disk !== undefined && (await diskOf(this.path, files)) !== this.#disk
    }
  }
}

/** The device of the folder of a path, or of what is left of it. */
async function diskOf(path: string, files: Following['files']): Promise<bigint | undefined> {
  const folder = dirname(path)
  const status = await files.status(folder).catch(() => undefined)
  return status === undefined && folder !== path ? diskOf(folder, files) : status?.device
}

/** When a file was created. Systems without creation times report the time of the last change, which a rename changes, too. */
export function knownBirthNs({ bornNs, changedNs }: DatedFileStatus): bigint | undefined {
  return bornNs === 0n || bornNs === changedNs ? undefined : bornNs
}

async function holds(file: InputFile, bytes: Uint8Array, start: number): Promise<boolean> {
  return Buffer.compare(bytes, await bytesAt(file, start, bytes.length)) === 0
}

function stopped(): DdbError {
  return new DdbError('DDB_INTERRUPTED', 'reading was stopped')
}

/** Lets a run read one file at a time: memory does not grow with their number. Each call waits for its turn. @returns passes the turn on */
export type Turns = () => Promise<() => void>

export function newTurns(): Turns {
  let last = Promise.resolve()
  return async () => {
    const mine = last
    let pass = (): void => undefined
    last = new Promise(resolve => (pass = resolve))
    await mine
    return pass
  }
}
