/*
  The lock of --lock NAME: one file that says which process holds it. It is created whole by a hard link, so nobody
  ever reads half of one; the lock of a process that is gone is taken over by exactly one other.
*/
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { DdbError } from '../../errors.js'
import { systemCode } from '../output/print-failure.js'
import { clean } from '../output/terminal-text.js'
import { stateFolder } from './state-folder.js'

/** Who holds a lock. */
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

/** A lock that this process holds. */
export interface Lock {
  readonly path: string
  /** Gives the lock back; a second call does nothing. */
  release(): void
}

type Environment = Readonly<Record<string, string | undefined>>

/** The file of a lock. */
export function lockPath(name: string, environment: Environment): string {
  return join(stateFolder(environment), 'locks', name)
}

/** How often a lock that changes hands under our eyes is looked at again. */
const maxTurns = 100

/**
 * Takes the lock.
 *
 * @param name  letters, digits and `. _ -`; checked where options are read
 * @throws {DdbError} DDB_LOCKED when a living process holds it; DDB_OUTPUT_CREATE when the state folder cannot be used
 */
export function takeLock(name: string, environment: Environment): Lock {
  const path = lockPath(name, environment)
  const own = thisProcess()
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    withCandidate(path, own, candidate => acquire(path, candidate, own, name))
  } catch (error) {
    if (error instanceof DdbError) throw error
    throw new DdbError(
      'DDB_OUTPUT_CREATE',
      `cannot keep the lock ${clean(path)} (${systemCode(error)}): set XDG_STATE_HOME to a folder that can be written`,
      { cause: error },
    )
  }
  let held = true
  return {
    path,
    release() {
      if (!held) return
      held = false
      try {
        if (readHolder(path)?.token === own.token) unlinkIfThere(path)
      } catch {
        // A lock left behind is taken over once this process has ended: no reason to fail a run that is done.
      }
    },
  }
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
function withCandidate(path: string, own: LockHolder, use: (candidate: string) => void): void {
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
    use(candidate)
  } finally {
    unlinkIfThere(candidate)
  }
}

/**
 * Creates `path` out of the candidate, or replaces what a dead process left there. Who may replace is decided by a
 * lock in its turn, named after the dead holder's token: only one process gets it, and only while that very holding
 * is still there; should it die before it is done, the same rule finds the next one.
 */
function acquire(path: string, candidate: string, own: LockHolder, name: string): void {
  for (let turn = 0; turn < maxTurns; turn++) {
    if (linkIfFree(candidate, path)) return
    const holder = readHolder(path)
    if (holder === undefined) continue
    if (isAlive(holder)) throw lockedError(path, holder, name)
    const takeover = `${path}+${holder.token}`
    acquire(takeover, candidate, own, name)
    if (readHolder(path)?.token === holder.token) {
      // The takeover's own link is what moves: the lock is replaced in one step, and the takeover is over.
      renameSync(takeover, path)
      return
    }
    unlinkIfThere(takeover)
  }
  throw new DdbError(
    'DDB_LOCKED',
    `the lock "${name}" changes hands faster than it can be taken: try again`,
  )
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

/** undefined when the lock is gone. */
function readHolder(path: string): LockHolder | undefined {
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
    // Not ours: said below.
  }
  throw new DdbError(
    'DDB_LOCKED',
    `${clean(path)} is not a lock of ddb-ingest: remove it when nothing uses it, then try again`,
  )
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

function lockedError(path: string, { pid, host, since }: LockHolder, name: string): DdbError {
  const where = host === hostname() ? '' : ` on ${clean(host)}, which cannot be asked from here`
  const remedy =
    where === '' ? 'Try again when it has ended' : `If it has ended, remove ${clean(path)}`
  return new DdbError(
    'DDB_LOCKED',
    `the lock "${name}" is held by process ${pid}${where} since ${clean(since)}. ${remedy}.`,
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
