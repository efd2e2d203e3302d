/*
  The process that holds a lock, as recorded in the lock's file: its pid, boot and namespaces, and when it last renewed the lock. Only a
  process of the same boot and the same namespaces can query whether the holder is alive. Also what a lock needs from its machine:
  tests supply their own.
*/
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  futimesSync,
  linkSync,
  openSync,
  readFileSync,
  readlinkSync,
  readSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
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

/** A lock as this process saw it. If two sightings have equal stamps, the lock was not renewed in between. */
export interface Sighting {
  readonly path: string
  readonly holder: LockHolder
  readonly stamp: string
}

/** `unsure`: the holder is stopped by a signal or a debugger, or this process cannot query it. */
export type HolderState = 'alive' | 'dead' | 'unsure'

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

interface LockText {
  readonly text: string
  readonly changedNs: bigint
}

/**
 * Reads a lock. Throws the system's error.
 * @returns undefined if there is no file, `strange` if the file is not a lock
 */
export function seeLock(path: string, read = readLock): Sighting | 'strange' | undefined {
  const seen = read(path)
  if (typeof seen !== 'object') return seen
  const holder = parseHolder(seen.text)
  return holder === undefined
    ? 'strange'
    : { path, holder, stamp: `${holder.token} ${seen.changedNs}` }
}

/** Reads at most this many bytes of a lock's file; a lock has far fewer. */
const maxLockBytes = 4096

/**
 * Opens the file before reading its status, because only opening makes a network file system refresh the status.
 * @returns `strange` for anything but an ordinary file; undefined if nothing has this name
 */
function readLock(path: string): LockText | 'strange' | undefined {
  let descriptor
  try {
    // With this flag, opening never blocks, even if the file is a pipe.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
  try {
    const stats = fstatSync(descriptor, { bigint: true })
    if (!stats.isFile()) return 'strange'
    const buffer = Buffer.alloc(maxLockBytes)
    const text = buffer.toString('utf8', 0, readSync(descriptor, buffer))
    return { text, changedNs: stats.mtimeNs }
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  } finally {
    closeSync(descriptor)
  }
}

/** ESTALE means that a different client of a network file system has replaced the file. */
function isGone(error: unknown): boolean {
  return ['ENOENT', 'ESTALE'].includes(systemCode(error) ?? '')
}

/** The holder named by the text of a lock; undefined for a text that this program did not write. */
export function parseHolder(text: string): LockHolder | undefined {
  try {
    const holder: unknown = JSON.parse(text)
    return isHolder(holder) ? holder : undefined
  } catch {
    return undefined
  }
}

function isHolder(value: unknown): value is LockHolder {
  const { token, pid, host, since, ...ids } = Object(value) as Record<string, unknown>
  const { bootId, startTicks, namespaces } = ids
  return (
    typeof token === 'string' &&
    /^[0-9a-f]{16}$/.test(token) &&
    Number.isSafeInteger(pid) &&
    (pid as number) > 0 &&
    [bootId, startTicks, namespaces].every(text => text === null || typeof text === 'string') &&
    [host, since].every(text => typeof text === 'string')
  )
}

export function holderState(holder: LockHolder): HolderState {
  if (!isHere(holder)) return 'unsure'
  if (!isNumberInUse(holder.pid)) return 'dead'
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
  return `process ${holder.pid}${placeOf(holder)} since ${holder.since}`
}

function placeOf(holder: LockHolder): string {
  if (holder.host !== hostname()) return ` on ${holder.host}`
  if (isHere(holder)) return ''
  return holder.bootId === bootId() ? ' in another container' : ' on another machine of this name'
}

function isNumberInUse(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: the process exists, but belongs to another user.
    return systemCode(error) !== 'ESRCH'
  }
}

function bootId(): string | null {
  return readProc('/proc/sys/kernel/random/boot_id')?.trim() ?? null
}

function namespaces(): string | null {
  const names = ['pid', 'time'].map(name => linkOf(`/proc/self/ns/${name}`))
  // Older systems have no time namespace.
  return names[0] === undefined ? null : names.join(' ')
}

/** State and start time from `/proc/PID/stat`. The program's name in that line may contain anything, even parentheses. */
function processState(pid: number | 'self'): { startTicks: string; letter: string } | undefined {
  // The mounted /proc may belong to a different namespace, which has different pids.
  if (pid !== 'self' && linkOf('/proc/self') !== String(process.pid)) return undefined
  const stat = readProc(`/proc/${pid}/stat`)
  if (stat === undefined) return undefined
  // These fields begin with field 3 of the line, the state. The start time is field 22 of the line.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [letter, startTicks] = [fields[0], fields[19]]
  return letter === undefined || startTicks === undefined ? undefined : { startTicks, letter }
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

/** The code of a system error, such as ENOENT; undefined for other errors. */
export function systemCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}

/** The open file of a lock. It stays the same file even if a different file later gets its name. */
export interface LockFile {
  /** Sets the file's modification time, ms since the epoch. */
  stamp(ms: number): void
  close(): void
}

/** Methods that access files throw the system's error if they fail. */
export interface LockMachine {
  /** This process as the holder of a lock, with a new token. */
  self(): LockHolder
  /** Determines, without waiting, whether the holder is alive. */
  lifeOf(holder: LockHolder): HolderState
  /** Reads a lock's file. Returns undefined if there is no file, `strange` if it is not an ordinary file. */
  read(this: void, path: string): LockText | 'strange' | undefined
  /** Creates a new file, and waits until the file is on disk. */
  create(path: string, text: string): LockFile
  /** Gives a file a second name; EEXIST if that name exists. */
  link(from: string, to: string): void
  rename(from: string, to: string): void
  unlink(path: string): void
}

export const thisMachine: LockMachine = {
  self: thisProcess,
  lifeOf: holderState,
  read: readLock,
  create(path, text) {
    const descriptor = openSync(path, 'wx', 0o600)
    try {
      writeFileSync(descriptor, text)
      fsyncSync(descriptor)
    } catch (error) {
      closeSync(descriptor)
      unlinkSync(path)
      throw error
    }
    return {
      stamp: ms => void futimesSync(descriptor, ms / 1000, ms / 1000),
      close: () => void closeSync(descriptor),
    }
  },
  link: linkSync,
  rename: renameSync,
  unlink: unlinkSync,
}
