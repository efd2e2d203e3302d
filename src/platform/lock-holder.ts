/*
  Who holds a lock, as its file says: which process, of which boot and namespaces, and when it last renewed its hold. Whether
  a process lives can be asked only where its number means the same: in its own namespaces, until the next boot.
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

/** What the file of a lock says. */
export interface LockHolder {
  /** Tells this holding from every other. */
  readonly token: string
  readonly pid: number
  /** Of the boot, and of the process in clock ticks since then: a pid is used again. null without /proc. */
  readonly bootId: string | null
  readonly startTicks: string | null
  /** Of processes and of time: numbers and ticks mean nothing in others. Version 0.1.0 wrote none, and renewed nothing. */
  readonly namespaces?: string | null
  readonly host: string
  readonly since: string
}

/** A lock as it was seen. Two sightings with equal `stamp` are of a hold that was not renewed in between. */
export interface Sighting {
  readonly path: string
  readonly holder: LockHolder
  readonly stamp: string
}

/** `unsure`: it may run where it cannot be asked, or it was stopped. */
export type Life = 'alive' | 'dead' | 'unsure'

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

/** What the file of a lock holds, and when it was last changed. */
export interface LockText {
  readonly text: string
  readonly changedNs: bigint
}

/**
 * Looks at a lock.
 * @returns undefined when there is none, `strange` when the file is none
 * @throws the system's error
 */
export function seeLock(path: string, read = readLock): Sighting | 'strange' | undefined {
  const seen = read(path)
  if (typeof seen !== 'object') return seen
  const holder = holderOf(seen.text)
  return holder === undefined
    ? 'strange'
    : { path, holder, stamp: `${holder.token} ${seen.changedNs}` }
}

/** It is opened, because only what is opened is asked for again where files come over a network. */
export function readLock(path: string): LockText | 'strange' | undefined {
  let descriptor
  try {
    // Opening waits for nobody, be the file a pipe.
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

/** ESTALE: a file that comes over a network, and that another has replaced there. */
function isGone(error: unknown): boolean {
  return ['ENOENT', 'ESTALE'].includes(systemCode(error) ?? '')
}

/** Far more than a lock needs. */
const maxLockBytes = 4096

function shortText(descriptor: number): string {
  const buffer = Buffer.alloc(maxLockBytes)
  return buffer.toString('utf8', 0, readSync(descriptor, buffer))
}

/** undefined for what nobody here wrote. */
export function holderOf(text: string): LockHolder | undefined {
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

/** Whether a holder renews its hold. */
export function isRenewing({ namespaces }: LockHolder): boolean {
  return namespaces !== undefined
}

/** What is known of a holder without waiting. */
export function lifeOf(holder: LockHolder): Life {
  if (!isRenewing(holder)) return lifeOfEarlier(holder)
  if (!isHere(holder)) return 'unsure'
  if (!isNumberInUse(holder.pid)) return 'dead'
  const state = processState(holder.pid)
  if (state === undefined || holder.startTicks === null) return 'unsure'
  if (state.startTicks !== holder.startTicks || 'ZX'.includes(state.letter)) return 'dead'
  return 'Tt'.includes(state.letter) ? 'unsure' : 'alive'
}

/** Its number and its ticks mean here what they meant there. */
function isHere(holder: LockHolder): boolean {
  const here = [bootId(), namespaces()]
  return !here.includes(null) && here[0] === holder.bootId && here[1] === holder.namespaces
}

/** A lock of version 0.1.0, which nobody renews: one on another host is taken to live. */
function lifeOfEarlier(holder: LockHolder): Life {
  if (holder.host !== hostname()) return 'alive'
  if (holder.bootId !== null && holder.bootId !== bootId()) return 'dead'
  if (!isNumberInUse(holder.pid)) return 'dead'
  const state = processState(holder.pid)
  if (state === undefined || holder.startTicks === null) return 'alive'
  return state.startTicks === holder.startTicks && !'ZX'.includes(state.letter) ? 'alive' : 'dead'
}

/** `process 5 on HOST since …`; without a place where the number is one of this namespace's. */
export function whoIs(holder: LockHolder): string {
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
    // EPERM: it runs, under another user.
    return systemCode(error) !== 'ESRCH'
  }
}

function bootId(): string | null {
  return readProc('/proc/sys/kernel/random/boot_id')?.trim() ?? null
}

function namespaces(): string | null {
  const names = ['pid', 'time'].map(name => linkOf(`/proc/self/ns/${name}`))
  // Older systems have none for time.
  return names[0] === undefined ? null : names.join(' ')
}

/** State and start time of `/proc/PID/stat`; the program's name in it may hold anything, brackets included. */
function processState(pid: number | 'self'): { startTicks: string; letter: string } | undefined {
  // Another namespace's /proc may be mounted here, with other numbers.
  if (pid !== 'self' && linkOf('/proc/self') !== String(process.pid)) return undefined
  const stat = readProc(`/proc/${pid}/stat`)
  if (stat === undefined) return undefined
  // From the third field, the state, on; the start time is the 22nd.
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

/** The code of a system's error: ENOENT. */
export function systemCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}
