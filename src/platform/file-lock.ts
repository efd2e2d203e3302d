/*
  A lock that is one file which says what process holds it. It is created whole by a hard link, so nobody ever reads half of
  one; the lock of a process that is gone is taken over by exactly one other.
*/
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import type { FileLock, LockAnswer } from './platform.js'

/** Who holds a lock, as its file says. */
interface LockHolder {
  /** Tells this holding from every other. */
  token: string
  pid: number
  /** Of the boot, and of the process in clock ticks since then: a pid is used again. null without /proc. */
  bootId: string | null
  startTicks: string | null
  host: string
  since: string
}

/** How often a lock that changes hands under our eyes is looked at again. */
const maxTurns = 100

/** As `Files.lock`. */
export function takeFileLock(path: string): LockAnswer {
  const own = thisProcess()
  return withCandidate(path, own, candidate => acquire(path, candidate, own))
}

/** As `Files.lockHolder`. */
export function lockHolder(path: string): LockAnswer | undefined {
  const holder = readHolder(path)
  if (holder === undefined) return undefined
  if (holder === 'strange') return { kind: 'strange' }
  return isAlive(holder) ? takenBy(holder) : undefined
}

function thisProcess(): LockHolder {
  return {
    token: randomBytes(8).toString('hex'),
    pid: process.pid,
    bootId: bootId(),
    startTicks: processState(process.pid)?.startTicks ?? null,
    host: hostname(),
    since: new Date().toISOString(),
  }
}

/** Puts the content of a lock on disk under a name of its own for as long as `use` takes. */
function withCandidate<T>(path: string, own: LockHolder, use: (candidate: string) => T): T {
  // No lock can have this name: `+` is not allowed in names.
  const candidate = `${path}+${own.token}.new`
  const descriptor = openSync(candidate, 'wx', 0o600)
  try {
    try {
      writeFileSync(descriptor, `${JSON.stringify(own)}\n`)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    return use(candidate)
  } finally {
    unlinkIfThere(candidate)
  }
}

/**
 * Creates `path` out of the candidate, or replaces what a dead process left there. Who may replace is decided by a
 * lock in its turn, named after the dead holder's token: only one process gets it, and only while that very holding
 * is still there; should it die before it is done, the same rule finds the next one.
 */
function acquire(path: string, candidate: string, own: LockHolder): LockAnswer {
  for (let turn = 0; turn < maxTurns; turn++) {
    if (linkIfFree(candidate, path)) return heldLock(path, own)
    const holder = readHolder(path)
    if (holder === undefined) continue
    if (holder === 'strange') return { kind: 'strange' }
    if (isAlive(holder)) return takenBy(holder)
    const takeover = `${path}+${holder.token}`
    const answer = acquire(takeover, candidate, own)
    if (answer.kind !== 'held') return answer
    if (isHeldUnder(path, holder.token)) {
      // The takeover's own link is what moves: the lock is replaced in one step, and the takeover is over.
      renameSync(takeover, path)
      return heldLock(path, own)
    }
    unlinkIfThere(takeover)
  }
  return { kind: 'contended' }
}

function heldLock(path: string, { token }: LockHolder): { kind: 'held'; lock: FileLock } {
  let held = true
  const release = (): void => {
    if (!held) return
    held = false
    try {
      if (isHeldUnder(path, token)) unlinkIfThere(path)
    } catch {
      // A lock left behind is taken over once this process has ended: no reason to fail a run that is done.
    }
  }
  return { kind: 'held', lock: { path, release } }
}

function isHeldUnder(path: string, token: string): boolean {
  const holder = readHolder(path)
  return typeof holder === 'object' && holder.token === token
}

function takenBy({ pid, host, since }: LockHolder): LockAnswer {
  return { kind: 'taken', pid, host: host === hostname() ? undefined : host, since }
}

function linkIfFree(from: string, path: string): boolean {
  try {
    linkSync(from, path)
    return true
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    throw error
  }
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error
  }
}

/** undefined when the lock is gone, `strange` when the file is none. */
function readHolder(path: string): LockHolder | 'strange' | undefined {
  let text: string
  try {
    text = readShortFile(path)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
  try {
    const holder: unknown = JSON.parse(text)
    if (isHolder(holder)) return holder
  } catch {
    // Nobody here wrote it.
  }
  return 'strange'
}

/** Far more than a lock needs. */
const maxLockBytes = 4096

/** The file's text, cut where no lock would go on; opening waits for nobody. */
function readShortFile(path: string): string {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    if (!fstatSync(descriptor).isFile()) return ''
    const buffer = Buffer.alloc(maxLockBytes)
    return buffer.toString('utf8', 0, readSync(descriptor, buffer))
  } finally {
    closeSync(descriptor)
  }
}

function isHolder(value: unknown): value is LockHolder {
  const { token, pid, bootId, startTicks, host, since } = Object(value) as Record<string, unknown>
  return (
    typeof token === 'string' &&
    /^[0-9a-f]{16}$/.test(token) &&
    Number.isSafeInteger(pid) &&
    (pid as number) > 0 &&
    [bootId, startTicks].every(text => text === null || typeof text === 'string') &&
    [host, since].every(text => typeof text === 'string')
  )
}

/** Whether the holder still runs; one on another machine is taken to. */
function isAlive(holder: LockHolder): boolean {
  if (holder.host !== hostname()) return true
  if (holder.bootId !== null && holder.bootId !== bootId()) return false
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    // EPERM: it runs, under another user.
    if (systemCode(error) === 'ESRCH') return false
  }
  const state = processState(holder.pid)
  if (state === undefined || holder.startTicks === null) return true
  return state.startTicks === holder.startTicks && !state.ended
}

function bootId(): string | null {
  return readProc('/proc/sys/kernel/random/boot_id')?.trim() ?? null
}

/** State and start time of `/proc/PID/stat`; the program's name in it may hold anything, brackets included. */
function processState(pid: number): { startTicks: string; ended: boolean } | undefined {
  const stat = readProc(`/proc/${pid}/stat`)
  if (stat === undefined) return undefined
  // From the third field, the state, on; the start time is the 22nd.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const startTicks = fields[19]
  if (startTicks === undefined) return undefined
  return { startTicks, ended: fields[0] === 'Z' || fields[0] === 'X' }
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function systemCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}
