/* A simulated disk: files by path. Reads return pieces of any size, and writes work until the disk is full. */
import { FileLocks, type HolderState, type LockMachine } from '../../src/platform/file-lock.js'
import type { Files, DatedFileStatus, InputFile, OutputFile } from '../../src/platform/platform.js'
import type { SimProcess } from './process.js'
import type { Chance } from './random.js'
import type { World } from './world.js'

interface SimFile {
  bytes: Uint8Array
  /** After `reads` more reads the file is cut to this share of its bytes. */
  cut?: { reads: number; readonly share: number } | undefined
  readonly inode: bigint
  modifiedMs: number
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

/** The files of one machine. The files outlive the processes. */
export class SimDisk {
  readonly #world: World
  readonly #chance: Chance
  readonly #files = new Map<string, SimFile>()
  /** Indexed by process number minus one; the numbers are unique over all hosts. */
  readonly #processes: SimProcess[] = []
  /** Bytes that can still be written. */
  freeBytes = Infinity
  /** Largest number of bytes that a read returns. */
  pieceBytes = Infinity
  /** One in this many reads fails. */
  badReadOneIn = Infinity
  #lastInode = 1n

  constructor(world: World, chance: Chance) {
    this.#world = world
    this.#chance = chance
  }

  put(path: string, content: string | Uint8Array): void {
    this.#files.set(path, {
      bytes: typeof content === 'string' ? new TextEncoder().encode(content) : content,
      inode: ++this.#lastInode,
      modifiedMs: this.#world.nowMs,
    })
  }

  text(path: string): string | undefined {
    const file = this.#files.get(path)
    return file && new TextDecoder().decode(file.bytes)
  }

  /** Removes the files whose paths begin like this. */
  clear(start: string): void {
    for (const path of this.#files.keys()) if (path.startsWith(start)) this.#files.delete(path)
  }

  link(path: string, name: string): void {
    const file = this.#files.get(path)
    if (file !== undefined) this.#files.set(name, file)
  }

  bytes(path: string): Uint8Array | undefined {
    return this.#files.get(path)?.bytes
  }

  /** The process that holds a lock; undefined if no process holds it. */
  lockOwner(path: string): SimProcess | undefined {
    const text = this.text(path)
    if (text === undefined) return undefined
    return this.#processes[(JSON.parse(text) as { pid: number }).pid - 1]
  }

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

  of(process: SimProcess): Files {
    const find = (path: string): SimFile => {
      const file = this.#files.get(path)
      if (file === undefined) throw systemError('ENOENT', path)
      return file
    }
    const pid = this.#processes.push(process)
    const machine = this.#lockMachine(process, pid)
    const locks = () => new FileLocks(process.platform.clock, machine)
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
      readNow: (path, buffer, fromBytes = 0, found) =>
        process.step(() => {
          if (this.#chance.oneIn(this.badReadOneIn)) throw systemError('EIO', path)
          const file = find(path)
          found?.(statusOf(file))
          const start = file.bytes.subarray(fromBytes, fromBytes + buffer.length)
          buffer.set(start)
          this.#count(file, path)
          return start.length
        }, 0),
      status: path => slowly(() => statusOf(find(path))),
      statusNow: path => {
        const file = this.#files.get(path)
        return file && statusOf(file)
      },
      checkReadable: path => slowly(() => void find(path)),
      readFolder: () => slowly(() => undefined),
      create: path => process.step(() => this.#create(path, process), noOutput),
      openEmpty: path =>
        process.step(() => {
          if (find(path).bytes.length > 0) throw systemError('EEXIST', path)
          return this.#output(find(path), path, process)
        }, noOutput),
      reopen: path => process.step(() => this.#output(find(path), path, process), noOutput),
      scratch() {
        let file = Buffer.alloc(0)
        return {
          write(bytes) {
            file = Buffer.concat([file, bytes])
            return file.length - bytes.length
          },
          read: (buffer, from) => buffer.set(file.subarray(from, from + buffer.length)),
          close: () => undefined,
        }
      },
      makeFolder: () => process.step(() => undefined, undefined),
      lock: (path, ended) => locks().take(path, ended),
      lockNow: path => locks().takeNow(path),
      lockHolder: path => locks().holderOf(path),
      remove: path =>
        process.step(() => {
          this.freeBytes += find(path).bytes.length
          this.#files.delete(path)
        }, undefined),
      link: (from, to) =>
        process.step(() => {
          if (this.#files.has(to)) throw systemError('EEXIST', to)
          this.#files.set(to, find(from))
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

  /** Lock files use no disk space, so that the lock of a run does not affect its behaviour on a full disk. */
  #lockMachine(process: SimProcess, pid: number): LockMachine {
    const files = this.#files
    const act = <T>(action: () => T, otherwise: T): T => process.step(action, otherwise)
    const added = (path: string, file: SimFile): void => {
      if (files.has(path)) throw systemError('EEXIST', path)
      files.set(path, file)
    }
    const found = (path: string): SimFile => {
      const file = files.get(path)
      if (file === undefined) throw systemError('ENOENT', path)
      return file
    }
    return {
      self: () => {
        const { hostName, random, clock } = process.platform
        const token = Buffer.from(random.bytes(8)).toString('hex')
        const since = new Date(clock.wallMs()).toISOString()
        const ids = { place: hostName, startTicks: '1', thread: 0 }
        return { token, pid, ...ids, host: hostName, since }
      },
      lifeOf: (holder): HolderState => {
        const other = this.#processes[holder.pid - 1]
        if (holder.host !== process.platform.hostName || other === undefined) return 'unsure'
        if (!other.isAlive) return 'dead'
        return this.#world.nowMs < other.frozenUntilMs ? 'unsure' : 'alive'
      },
      read: path =>
        act(() => {
          const file = files.get(path)
          if (file === undefined) return undefined
          const text = new TextDecoder().decode(file.bytes)
          return { text, changedNs: BigInt(Math.round(file.modifiedMs * 1e6)) }
        }, undefined),
      create: (path, text) =>
        act(() => {
          const bytes = new TextEncoder().encode(text)
          const modifiedMs = process.platform.clock.wallMs()
          added(path, { bytes, inode: ++this.#lastInode, modifiedMs })
        }, undefined),
      stamp: (path, ms) => act(() => void (found(path).modifiedMs = ms), undefined),
      link: (from, to) =>
        act(() => {
          const file = found(from)
          if (files.has(to)) return false
          files.set(to, file)
          return true
        }, false),
      rename: (from, to) =>
        act(() => {
          const file = files.get(from)
          if (file === undefined) return false
          files.delete(from)
          files.set(to, file)
          return true
        }, false),
      unlink: path => act(() => void files.delete(path), undefined),
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

function statusOf({ bytes, inode, modifiedMs }: SimFile): DatedFileStatus {
  const sizeBytes = bytes.length
  const changedNs = BigInt(Math.round(modifiedMs * 1e6))
  const times = { modifiedMs, bornNs: 0n, changedNs }
  return { isFile: true, isFolder: false, sizeBytes, device: 1n, inode, ...times }
}
