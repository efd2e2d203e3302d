/*
  A simulated disk: files by path, read in pieces of any size, written until it is full.
*/
import type {
  Files,
  FileStatus,
  InputFile,
  LockAnswer,
  OutputFile,
} from '../../src/platform/platform.js'
import type { SimProcess } from './process.js'
import type { Chance } from './random.js'
import type { World } from './world.js'

interface SimFile {
  bytes: Uint8Array
  /** What will happen to it, after so many reads. */
  cut?: { reads: number; readonly share: number } | undefined
  readonly inode: bigint
  readonly modifiedMs: number
}

const noOutput: OutputFile = {
  write: bytes => bytes.length,
  truncate: () => undefined,
  sync: () => undefined,
  syncMeanwhile: () => Promise.resolve(),
  close: () => undefined,
}

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code })
}

/** One machine's files; they outlive its processes. */
export class SimDisk {
  readonly #world: World
  readonly #chance: Chance
  readonly #files = new Map<string, SimFile>()
  readonly #locks = new Map<string, SimProcess>()
  /** Bytes that can still be written. */
  freeBytes = Infinity
  /** Bytes that a read gives at most. */
  pieceBytes = Infinity
  /** A read in so many fails. */
  badReadOneIn = Infinity
  #lastInode = 1n

  constructor(world: World, chance: Chance) {
    this.#world = world
    this.#chance = chance
  }

  put(path: string, text: string): void {
    this.#files.set(path, {
      bytes: new TextEncoder().encode(text),
      inode: ++this.#lastInode,
      modifiedMs: this.#world.nowMs,
    })
  }

  text(path: string): string | undefined {
    const file = this.#files.get(path)
    return file && new TextDecoder().decode(file.bytes)
  }

  /** Cuts a file to a share of its bytes once it has been read from so often. */
  cutAfter(path: string, reads: number, share: number): void {
    const file = this.#files.get(path)
    if (file !== undefined) file.cut = { reads, share }
  }

  #count(file: SimFile, path: string): void {
    if (file.cut === undefined || --file.cut.reads > 0) return
    const toBytes = Math.floor(file.bytes.length * file.cut.share)
    this.#world.note(() => `${path} is cut to ${toBytes} bytes`)
    file.bytes = file.bytes.subarray(0, toBytes)
    file.cut = undefined
  }

  /** The files as one process sees them. */
  of(process: SimProcess): Files {
    const find = (path: string): SimFile => {
      const file = this.#files.get(path)
      if (file === undefined) throw systemError('ENOENT', path)
      return file
    }
    const holderOf = (path: string): LockAnswer | undefined =>
      this.#locks.get(path)?.isAlive === true
        ? { kind: 'taken', pid: 1, since: '', who: 'process 1', isRenewed: true }
        : undefined
    const lockNow = (path: string): LockAnswer => {
      const answer = holderOf(path)
      if (answer !== undefined) return answer
      const from = this.#locks.has(path) ? 'dead' : 'nobody'
      this.#locks.set(path, process)
      const release = (): void => void (process.isAlive && this.#locks.delete(path))
      return { kind: 'held', from, lock: { path, lost: () => undefined, release } }
    }
    const slowly = <T>(act: () => T): Promise<T> =>
      new Promise((resolve, reject) => {
        process.step(() => {
          process.later(this.#chance.number() * 0.2, () => {
            try {
              resolve(act())
            } catch (error) {
              reject(error instanceof Error ? error : new Error(String(error)))
            }
          })
        }, undefined)
      })
    return {
      open: path => slowly(() => this.#input(find(path), path, slowly)),
      status: path => slowly(() => statusOf(find(path))),
      statusNow: path => {
        const file = this.#files.get(path)
        return file && statusOf(file)
      },
      checkReadable: path => slowly(() => void find(path)),
      readFolder: () => slowly(() => []),
      create: path => process.step(() => this.#create(path, process), noOutput),
      openEmpty: path =>
        process.step(() => {
          if (find(path).bytes.length > 0) throw systemError('EEXIST', path)
          return this.#output(find(path), path, process)
        }, noOutput),
      reopen: path => process.step(() => this.#output(find(path), path, process), noOutput),
      makeFolder: () => process.step(() => undefined, undefined),
      lock: path => Promise.resolve(lockNow(path)),
      lockNow,
      lockHolder: path => Promise.resolve(holderOf(path)),
      remove: path =>
        process.step(() => {
          this.freeBytes += find(path).bytes.length
          this.#files.delete(path)
        }, undefined),
      rename: (from, to) =>
        process.step(() => {
          const file = find(from)
          this.freeBytes += this.#files.get(to)?.bytes.length ?? 0
          this.#files.set(to, file)
          this.#files.delete(from)
        }, undefined),
    }
  }

  #input(file: SimFile, path: string, slowly: <T>(act: () => T) => Promise<T>): InputFile {
    let position = 0
    return {
      status: () => slowly(() => statusOf(file)),
      read: (buffer, offset, length) =>
        slowly(() => {
          if (this.#chance.oneIn(this.badReadOneIn)) throw systemError('EIO', path)
          const most = Math.min(length, this.pieceBytes, file.bytes.length - position)
          const count = most <= 0 ? 0 : this.#chance.oneIn(4) ? this.#chance.between(1, most) : most
          buffer.set(file.bytes.subarray(position, position + count), offset)
          position += count
          this.#count(file, path)
          return count
        }),
      readAt: (buffer, offset, length, positionBytes) =>
        slowly(() => {
          const bytes = file.bytes.subarray(positionBytes, positionBytes + length)
          buffer.set(bytes, offset)
          return bytes.length
        }),
      close: () => slowly(() => undefined),
    }
  }

  #create(path: string, process: SimProcess): OutputFile {
    if (this.#files.has(path)) throw systemError('EEXIST', path)
    const inode = ++this.#lastInode
    const file = { bytes: new Uint8Array(0), inode, modifiedMs: this.#world.nowMs }
    this.#files.set(path, file)
    return this.#output(file, path, process)
  }

  #output(file: SimFile, path: string, process: SimProcess): OutputFile {
    return {
      write: bytes =>
        process.step(() => {
          const count = Math.min(bytes.length, this.freeBytes)
          if (count === 0 && bytes.length > 0) throw systemError('ENOSPC', path)
          this.freeBytes -= count
          file.bytes = Buffer.concat([file.bytes, bytes.subarray(0, count)])
          return count
        }, bytes.length),
      truncate: sizeBytes =>
        process.step(() => {
          this.freeBytes += file.bytes.length - sizeBytes
          file.bytes = file.bytes.subarray(0, sizeBytes)
        }, undefined),
      sync: () => process.step(() => undefined, undefined),
      syncMeanwhile: () => process.step(() => Promise.resolve(), Promise.resolve()),
      close: () => process.step(() => undefined, undefined),
    }
  }
}

function statusOf({ bytes, inode, modifiedMs }: SimFile): FileStatus {
  const sizeBytes = bytes.length
  const changedNs = BigInt(Math.round(modifiedMs * 1e6))
  const times = { modifiedMs, bornNs: 0n, changedNs }
  return { isFile: true, isFolder: false, sizeBytes, device: 1n, inode, ...times }
}
