/*
  The process that holds a lock, as recorded in the lock's file, and what locks need from their machine: tests supply their own.
*/
import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { hostname } from 'node:os'

export interface LockHolder {
  /** Random; different each time a lock is taken. */
  readonly token: string
  readonly pid: number
  /** Id of the boot, and ticks from the boot to the process's start. They distinguish equal pids. null without /proc. */
  readonly bootId: string | null
  readonly startTicks: string | null
  /** The namespaces in which pid and ticks are valid. */
  readonly namespaces: string | null
  readonly host: string
  readonly since: string
}

/** `unsure`: the holder is stopped by a signal or a debugger, or this process cannot query it. */
export type HolderState = 'alive' | 'dead' | 'unsure'

/** The open file of a lock. It stays the same file even if a different file later gets its name. */
export interface LockFile {
  /** Sets the file's modification time, ms since the epoch. */
  stamp(ms: number): void
  close(): void
}

/** What locks need from their machine. Methods that access files throw the system's error if they fail. */
export interface LockMachine {
  /** This process as the holder of a lock, with a new token. */
  self(): LockHolder
  /** Determines, without waiting, whether the holder is alive. */
  lifeOf(holder: LockHolder): HolderState
  /** Reads a lock's file. Returns undefined if there is no file, `strange` if it is not an ordinary file. */
  read(path: string): { readonly text: string; readonly changedNs: bigint } | 'strange' | undefined
  /** Creates a new file, and waits until the file is on disk. */
  create(path: string, text: string): LockFile
  /** Gives a file a second name; EEXIST if that name exists. */
  link(from: string, to: string): void
  /** Neither does anything to a file that another process has removed. */
  rename(from: string, to: string): void
  unlink(path: string): void
}

/** The code of a system error, such as ENOENT. */
export const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

const orNull = <T>(look: () => T): T | null => {
  try {
    return look()
  } catch {
    return null
  }
}

/** The holder named by the text of a lock; undefined for a text that this program did not write. */
export function parseHolder(text: string): LockHolder | undefined {
  const found = Object(orNull((): unknown => JSON.parse(text))) as Record<string, unknown>
  const { token, pid, bootId, startTicks, namespaces, host, since } = found
  const isHolder =
    typeof token === 'string' &&
    /^[0-9a-f]{16}$/.test(token) &&
    Number.isSafeInteger(pid) &&
    Number(pid) > 0 &&
    [bootId, startTicks, namespaces].every(one => one === null || typeof one === 'string') &&
    [host, since].every(one => typeof one === 'string')
  return isHolder ? (found as unknown as LockHolder) : undefined
}

export function thisProcess(): LockHolder {
  return {
    token: randomBytes(8).toString('hex'),
    pid: process.pid,
    bootId: bootId(),
    startTicks: processState('self')?.startTicks ?? null,
    namespaces: namespaces(),
    host: hostname(),
    since: new Date().toISOString(),
  }
}

/** Only a process of the same boot and the same namespaces can query whether the holder is alive. */
export function holderState(holder: LockHolder): HolderState {
  if (!isHere(holder)) return 'unsure'
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    // Any other error, such as EPERM, means that the process exists.
    if (codeOf(error) === 'ESRCH') return 'dead'
  }
  const state = processState(holder.pid)
  if (state === undefined || holder.startTicks === null) return 'unsure'
  if (state.startTicks !== holder.startTicks || 'ZX'.includes(state.letter)) return 'dead'
  return 'Tt'.includes(state.letter) ? 'unsure' : 'alive'
}

/** Whether the holder's pid and ticks are valid for this process: same boot, same namespaces. */
function isHere(holder: LockHolder): boolean {
  const here = [bootId(), namespaces()]
  return !here.includes(null) && here[0] === holder.bootId && here[1] === holder.namespaces
}

/** `process 5 on HOST since …`. Omits the name of this host, but mentions a different container or machine. */
export function holderText(holder: LockHolder): string {
  const where =
    holder.host !== hostname()
      ? ` on ${holder.host}`
      : isHere(holder)
        ? ''
        : holder.bootId === bootId()
          ? ' in another container'
          : ' on another machine of this name'
  return `process ${holder.pid}${where} since ${holder.since}`
}

const bootId = (): string | null =>
  orNull(() => fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())

const linkOf = (path: string): string | null => orNull(() => fs.readlinkSync(path))

function namespaces(): string | null {
  const pid = linkOf('/proc/self/ns/pid')
  // Older systems have no time namespace.
  return pid === null ? null : `${pid} ${linkOf('/proc/self/ns/time') ?? ''}`
}

/** State and start time from `/proc/PID/stat`. The program's name in that line may contain anything, even parentheses. */
function processState(pid: number | 'self'): { startTicks: string; letter: string } | undefined {
  // The mounted /proc may belong to a different namespace, which has different pids.
  if (pid !== 'self' && linkOf('/proc/self') !== String(process.pid)) return undefined
  const stat = orNull(() => fs.readFileSync(`/proc/${pid}/stat`, 'utf8'))
  if (stat === null) return undefined
  // These fields begin with field 3 of the line, the state. The start time is field 22 of the line.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [letter, startTicks] = [fields[0], fields[19]]
  return letter === undefined || startTicks === undefined ? undefined : { startTicks, letter }
}

/** Reads at most this many bytes of a lock's file; a lock has far fewer. */
const maxLockBytes = 4096

export const thisMachine: LockMachine = {
  self: thisProcess,
  lifeOf: holderState,
  read(path) {
    let descriptor: number | undefined
    try {
      // Opens the file before reading its status, because only opening makes a network file system refresh the status. With
      // this flag, opening never blocks, even if the file is a pipe.
      descriptor = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
      const stats = fs.fstatSync(descriptor, { bigint: true })
      if (!stats.isFile()) return 'strange'
      const buffer = Buffer.alloc(maxLockBytes)
      const text = buffer.toString('utf8', 0, fs.readSync(descriptor, buffer))
      return { text, changedNs: stats.mtimeNs }
    } catch (error) {
      // ESTALE means that a different client of a network file system has replaced the file.
      if (['ENOENT', 'ESTALE'].includes(codeOf(error) ?? '')) return undefined
      throw error
    } finally {
      if (descriptor !== undefined) fs.closeSync(descriptor)
    }
  },
  create(path, text) {
    const descriptor = fs.openSync(path, 'wx', 0o600)
    try {
      fs.writeFileSync(descriptor, text)
      fs.fsyncSync(descriptor)
    } catch (error) {
      fs.closeSync(descriptor)
      fs.unlinkSync(path)
      throw error
    }
    return {
      stamp: ms => void fs.futimesSync(descriptor, ms / 1000, ms / 1000),
      close: () => void fs.closeSync(descriptor),
    }
  },
  link: fs.linkSync,
  rename(from, to) {
    try {
      fs.renameSync(from, to)
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error
    }
  },
  unlink: path => fs.rmSync(path, { force: true }),
}
