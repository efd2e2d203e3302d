/*
  A lock is a file that names the process that holds the lock (the holder). The file is created whole by a hard link, so
  no process ever reads half of it. The holder renews the lock every few seconds by setting the file's modification
  time, which works even on a full disk. If a process cannot determine whether the holder is alive, it watches the lock.
  If the holder then fails to renew the lock for several renewal periods, exactly one of the watching processes takes
  the lock over (docs/decisions/0030-a-lock-is-a-lease.md).
*/
import {
  holderText,
  seeLock,
  systemCode,
  thisMachine,
  type LockFile,
  type LockHolder,
  type LockMachine,
  type Sighting,
} from './lock-holder.js'
import type { Clock, FileLock, LockAnswer, Timer } from './platform.js'
import { wait } from './wait.js'

/** How often a holder renews its lock. A watching process takes over a lock that stays unrenewed for `staleMs`. */
export const renewEveryMs = 3_000
export const staleMs = 5 * renewEveryMs
/** For this long after a renewal, no watching process can have taken the lock over, because all of them wait longer. */
const safeMs = 3 * renewEveryMs
const lookEveryMs = 250
/** If the monotonic and the wall clock drift apart by this much, the machine was suspended or its wall clock was changed. */
const jumpMs = 1_000
/** Limit of attempts to take or examine a lock whose holder keeps changing. */
const maxTurns = 100

/** The state of a lock at one moment. `unsure`: the lock must be watched to determine whether the holder is alive. */
type Look = LockAnswer | { readonly kind: 'unsure'; readonly sighting: Sighting }

/** Stamps of the locks that this process has watched for `staleMs` without a renewal. */
type Stale = ReadonlySet<string>

/** Like `Files.lock`, with waits measured by the given clock. */
export async function takeFileLock(
  path: string,
  clock: Clock,
  machine = thisMachine,
): Promise<LockAnswer> {
  const stale = new Set<string>()
  for (let turn = 0; turn < maxTurns; turn++) {
    const look = tryToTake(path, clock, machine, stale)
    if (look.kind !== 'unsure') return look
    const { sighting } = look
    if (!(await changes(sighting, clock, machine))) stale.add(sighting.stamp)
    else if (isStill(machine, sighting.path, sighting.holder.token)) return takenBy(sighting.holder)
  }
  return { kind: 'contended' }
}

/** Like `Files.lockNow`. */
export function takeFileLockNow(path: string, clock: Clock, machine = thisMachine): LockAnswer {
  const look = tryToTake(path, clock, machine, new Set())
  return look.kind === 'unsure' ? takenBy(look.sighting.holder) : look
}

/** Like `Files.lockHolder`, with waits measured by the given clock. */
export async function lockHolder(
  path: string,
  clock: Clock,
  machine = thisMachine,
): Promise<LockAnswer | undefined> {
  for (let turn = 0; turn < maxTurns; turn++) {
    const seen = seeLock(path, machine.read)
    if (seen === undefined) return undefined
    if (seen === 'strange') return { kind: 'strange' }
    const life = machine.lifeOf(seen.holder)
    if (life === 'alive') return takenBy(seen.holder)
    if (life === 'dead' || !(await changes(seen, clock, machine))) return undefined
    if (isStill(machine, path, seen.holder.token)) return takenBy(seen.holder)
  }
  return { kind: 'contended' }
}

/** Watches a lock. Returns false once the lock is stale, which means neither renewed nor released. */
async function changes(
  { path, stamp }: Sighting,
  clock: Clock,
  { read }: LockMachine,
): Promise<boolean> {
  let unchangedMs = 0
  for (let atMs = clock.nowMs(); unchangedMs < staleMs;) {
    await wait(clock, lookEveryMs)
    const nowMs = clock.nowMs()
    // Counts at most twice `lookEveryMs` of the passed time: if more has passed, this process slept and could not
    // observe the holder.
    unchangedMs += Math.min(nowMs - atMs, 2 * lookEveryMs)
    atMs = nowMs
    const seen = seeLock(path, read)
    if (typeof seen !== 'object' || seen.stamp !== stamp) return true
  }
  return false
}

function tryToTake(path: string, clock: Clock, machine: LockMachine, stale: Stale): Look {
  // Checks the lock before creating a file, so a process that cannot get the lock needs no disk space.
  const first = lookAt(path, machine, stale)
  if (first.kind !== 'free' && first.kind !== 'dead') return first
  const own = machine.self()
  // No lock has this name: names of second locks end in a token, names of all other locks in `.lock`.
  const candidate = `${path}+${own.token}.new`
  const file = machine.create(candidate, `${JSON.stringify(own)}\n`)
  let isHeld = false
  try {
    const answer = acquire(path, candidate, own, machine, stale)
    isHeld = answer.kind === 'held'
    return answer.kind === 'held'
      ? { ...answer, lock: heldLock(path, own, file, clock, machine) }
      : answer
  } finally {
    ifThere(() => machine.unlink(candidate))
    if (!isHeld) file.close()
  }
}

type Seen =
  | Exclude<Look, { readonly kind: 'held' }>
  | { readonly kind: 'free' }
  | { readonly kind: 'dead'; readonly sighting: Sighting; readonly isStale: boolean }

function lookAt(path: string, machine: LockMachine, stale: Stale): Seen {
  const sighting = seeLock(path, machine.read)
  if (sighting === undefined) return { kind: 'free' }
  if (sighting === 'strange') return { kind: 'strange' }
  const life = machine.lifeOf(sighting.holder)
  if (life === 'alive') return takenBy(sighting.holder)
  const isStale = stale.has(sighting.stamp)
  return life === 'dead' || isStale
    ? { kind: 'dead', sighting, isStale: life !== 'dead' }
    : { kind: 'unsure', sighting }
}

type Acquired = { readonly kind: 'held'; readonly from: 'nobody' | 'dead' | 'stale' }

/**
 * Creates `path` from the candidate, or replaces the lock of a dead holder. A second lock, named after the dead
 * holder's token, decides who may replace the first lock. Only one process gets the second lock, and it replaces the
 * first only if that lock was not renewed meanwhile. If this process dies, its second lock is taken over likewise.
 */
function acquire(
  path: string,
  candidate: string,
  own: LockHolder,
  machine: LockMachine,
  stale: Stale,
): Acquired | Exclude<Look, { readonly kind: 'held' }> {
  for (let turn = 0; turn < maxTurns; turn++) {
    if (linkIfFree(machine, candidate, path, own)) return { kind: 'held', from: 'nobody' }
    const seen = lookAt(path, machine, stale)
    if (seen.kind === 'free') continue
    if (seen.kind !== 'dead') return seen
    const { holder, stamp } = seen.sighting
    const takeover = `${path}+${holder.token}`
    const answer = acquire(takeover, candidate, own, machine, stale)
    if (answer.kind !== 'held') return answer
    const again = seeLock(path, machine.read)
    if (typeof again === 'object' && again.stamp === stamp) {
      // Renames the second lock to `path`. This one step replaces the dead holder's lock and ends the takeover.
      ifThere(() => machine.rename(takeover, path))
      const from = seen.isStale ? 'stale' : 'dead'
      if (isStill(machine, path, own.token)) return { kind: 'held', from }
    } else ifThere(() => machine.unlink(takeover))
  }
  return { kind: 'contended' }
}

function heldLock(
  path: string,
  own: LockHolder,
  file: LockFile,
  clock: Clock,
  machine: LockMachine,
): FileLock {
  /** The last time at which this process certainly held the lock. */
  let sure = { ms: clock.nowMs(), wallMs: clock.wallMs() }
  const beganAt = sure
  let loss: string | undefined
  let timer: Timer | undefined
  let isOver = false

  /** Sets a later modification time even if the wall clock stood still, because an equal time would not count as a renewal. */
  const renew = (): void => {
    const now = { ms: clock.nowMs(), wallMs: clock.wallMs() }
    const stampMs = beganAt.wallMs + (now.ms - beganAt.ms)
    file.stamp(stampMs)
    if (isStill(machine, path, own.token)) sure = now
    else loss = lossOf(machine, path, own)
  }
  /** Runs `action` while holding the gate, which is the second lock that every process needs to take over this lock. */
  const withGate = (action: () => void): void => {
    const gate = `${path}+${own.token}`
    // By now, a lock with this name may belong to a different process. Such a lock must be neither renewed nor removed.
    const isOurs =
      isStill(machine, path, own.token) &&
      acquire(gate, path, own, machine, new Set()).kind === 'held'
    if (isOurs && isStill(machine, path, own.token)) action()
    else loss = lossOf(machine, path, own)
    if (isOurs) ifThere(() => machine.unlink(gate))
  }
  const isSafe = (): boolean => {
    const awakeMs = clock.nowMs() - sure.ms
    return awakeMs < safeMs && Math.abs(clock.wallMs() - sure.wallMs - awakeMs) < jumpMs
  }
  const tick = (): void => {
    try {
      if (isSafe()) renew()
      else withGate(renew)
    } catch {
      // The next tick tries again. If every tick fails, `lost` reports the loss before any other process may assume that
      // this process is dead.
    }
    timer = loss === undefined ? clock.afterIfAlive(renewEveryMs, tick) : undefined
  }
  timer = clock.afterIfAlive(renewEveryMs, tick)

  return {
    path,
    lost() {
      if (loss !== undefined || isOver || isSafe()) return loss
      try {
        withGate(renew)
      } catch (error) {
        loss = `its file "${path}" cannot be renewed (${systemCode(error)})`
      }
      return loss
    },
    release() {
      if (isOver) return
      isOver = true
      timer?.cancel()
      try {
        if (loss === undefined) withGate(() => ifThere(() => machine.unlink(path)))
      } catch {
        // A lock that remains must not fail a finished run. It can be taken over once this process has ended.
      }
      file.close()
    },
  }
}

/** Why the lock was lost, as the end of a sentence. */
function lossOf({ read }: LockMachine, path: string, own: LockHolder): string {
  const seen = seeLock(path, read)
  if (typeof seen !== 'object') return `its file "${path}" was removed`
  if (seen.holder.token === own.token) return 'another process is about to take it over'
  return `${holderText(seen.holder)} has it`
}

function isStill({ read }: LockMachine, path: string, token: string): boolean {
  const seen = seeLock(path, read)
  return typeof seen === 'object' && seen.holder.token === token
}

function takenBy(holder: LockHolder): Extract<LockAnswer, { readonly kind: 'taken' }> {
  const { pid, since } = holder
  return { kind: 'taken', pid, since, who: holderText(holder) }
}

function linkIfFree(machine: LockMachine, from: string, path: string, own: LockHolder): boolean {
  try {
    machine.link(from, path)
    return true
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error
    // The existing link may be our own, because a file server may repeat a request whose answer was lost.
    return isStill(machine, path, own.token)
  }
}

/** Runs an action on a file that another process may have removed. */
function ifThere(action: () => void): void {
  try {
    action()
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error
  }
}
