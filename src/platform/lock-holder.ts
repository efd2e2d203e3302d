/*
  The process that holds a lock, according to the lock's file: its pid, boot and namespaces, and when it last renewed
  the lock. Only processes of the same boot and the same namespaces can query whether the holder lives.
*/
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  readSync,
} from 'node:fs'
import { hostname } from 'node:os'

export interface LockHolder {
  /** A new token each time a lock is taken. */
  readonly token: string
  readonly pid: number
  /** Id of the boot, and ticks from the boot to the process's start: they tell equal pids apart. null without /proc. */
  readonly bootId: string | null
  readonly startTicks: string | null
  /** The namespaces in which pid and ticks are valid. Undefined for version 0.1.0, which did not renew locks. */
  readonly namespaces?: string | null
  readonly host: string
  readonly since: string
}

/** A lock as this process saw it. If two sightings have equal stamps, nobody renewed the lock in between. */
export interface Sighting {
  readonly path: string
  readonly holder: LockHolder
  readonly stamp: string
}

/** `unsure`: a signal or debugger has stopped the holder, or this process cannot query it. */
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

export interface LockText {
  readonly text: string
  readonly changedNs: bigint
}

/**
 * Looks at a lock. Throws the system's error.
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

/** Opens the file before reading its status, because network file systems refresh the status only then. */
export function readLock(path: string): LockText | 'strange' | undefined {
  let descriptor
  try {
    // Opening never blocks, even if the file is a pipe.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
  try {
    const stats = fstatSync(descriptor, { bigint: true })
    if (!stats.isFile()) return 'strange'
    return { text: shortText(descriptor), changedNs: stats.mtimeNs }
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  } finally {
    closeSync(descriptor)
  }
}

/** ESTALE: another client has replaced the file on a network file system. */
function isGone(error: unknown): boolean {
  return ['ENOENT', 'ESTALE'].includes(systemCode(error) ?? '')
}

/** Limit of the bytes to read from a lock's file; a lock has far fewer. */
const maxLockBytes = 4096

function shortText(descriptor: number): string {
  const buffer = Buffer.alloc(maxLockBytes)
  return buffer.toString('utf8', 0, readSync(descriptor, buffer))
}

/** The holder that the text of a lock names; undefined for a text that this program did not write. */
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
  const { bootId, startTicks, namespaces = null } = ids
  return (
    typeof token === 'string' &&
    /^[0-9a-f]{16}$/.test(token) &&
    Number.isSafeInteger(pid) &&
    (pid as number) > 0 &&
    [bootId, startTicks, namespaces].every(text => text === null || typeof text === 'string') &&
    [host, since].every(text => typeof text === 'string')
  )
}

/** Whether the holder renews its lock; false for a holder of version 0.1.0. */
export function isRenewing({ namespaces }: LockHolder): boolean {
  return namespaces !== undefined
}

/** Finds out, without waiting, whether the holder lives; `unsure` if a query cannot tell. */
export function holderState(holder: LockHolder): HolderState {
  if (!isRenewing(holder)) return lifeOfEarlier(holder)
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

/** For a lock of version 0.1.0, which is not renewed: a holder on another host is assumed to live. */
function lifeOfEarlier(holder: LockHolder): HolderState {
  if (holder.host !== hostname()) return 'alive'
  if (holder.bootId !== null && holder.bootId !== bootId()) return 'dead'
  if (!isNumberInUse(holder.pid)) return 'dead'
  const state = processState(holder.pid)
  if (state === undefined || holder.startTicks === null) return 'alive'
  return state.startTicks === holder.startTicks && !'ZX'.includes(state.letter) ? 'alive' : 'dead'
}

/** `process 5 on HOST since …`. Leaves out this host's own name, but still tells of another container or machine. */
export function holderText(holder: LockHolder): string {
  return `process ${holder.pid}${placeOf(holder)} since ${holder.since}`
}

function placeOf(holder: LockHolder): string {
  if (holder.host !== hostname()) return ` on ${holder.host}`
  if (!isRenewing(holder) || isHere(holder)) return ''
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

/** State and start time from `/proc/PID/stat`. The program's name in that line may contain anything, even brackets. */
function processState(pid: number | 'self'): { startTicks: string; letter: string } | undefined {
  // The mounted /proc may be that of another namespace, with other pids.
  if (pid !== 'self' && linkOf('/proc/self') !== String(process.pid)) return undefined
  const stat = readProc(`/proc/${pid}/stat`)
  if (stat === undefined) return undefined
  // Field 3 of the line, the state, comes first here. The start time is field 22 of the line.
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

/** The code of a system error, such as ENOENT. */
export function systemCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}
