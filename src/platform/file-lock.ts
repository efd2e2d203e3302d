/*
  A lock is a file that names the process that holds the lock (the holder). The file is created whole by a hard link, so
  no process ever reads half of it. The holder renews the lock every few seconds by setting the file's modification
  time, which works even on a full disk. If a process cannot determine whether the holder is alive, it watches the lock.
  If the holder then fails to renew the lock for several renewal periods, exactly one of the watching processes takes
  the lock over (docs/decisions/0030-a-lock-is-a-lease.md).
*/
import {
  codeOf,
  holderText,
  parseHolder,
  thisMachine,
  type HolderState,
  type LockFile,
  type LockHolder,
  type LockMachine,
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

/** A lock as this process saw it. If two sightings have equal stamps, the lock was not renewed in between. */
interface Sighting {
  readonly path: string
  readonly holder: LockHolder
  readonly stamp: string
}

/** `unsure`: the lock must be watched to determine whether the holder is alive. `stale`: it was, without a renewal. */
interface Look {
  readonly kind: 'free' | 'strange' | 'contended' | 'stale' | HolderState
  /** If there is a lock. */
  readonly sighting?: Sighting
}

/** Stamps of the locks that this process has watched for `staleMs` without a renewal. */
type Stale = ReadonlySet<string>

type Held = Extract<LockAnswer, { readonly kind: 'held' }>

/** The locks of `Files`, with waits measured by the given clock. */
export class FileLocks {
  readonly #clock: Clock
  readonly #machine: LockMachine

  constructor(clock: Clock, machine: LockMachine = thisMachine) {
    this.#clock = clock
    this.#machine = machine
  }

  /** As `Files.lock`. */
  async take(path: string): Promise<LockAnswer> {
    return (await this.#watch(stale => this.#tryToTake(path, stale)))!
  }

  /** As `Files.lockNow`. */
  takeNow(path: string): LockAnswer {
    const found = this.#tryToTake(path, new Set())
    return found.kind === 'held' ? found : answerOf(found)!
  }

  /** As `Files.lockHolder`. */
  holderOf(path: string): Promise<LockAnswer | undefined> {
    return this.#watch(stale => this.#look(path, stale))
  }

  /** Repeats the attempt until the answer is certain, and watches locks in between. */
  async #watch(attempt: (stale: Stale) => Held | Look): Promise<LockAnswer | undefined> {
    const stale = new Set<string>()
    for (let turn = 0; turn < maxTurns; turn++) {
      const found = attempt(stale)
      if (found.kind === 'held') return found
      if (found.kind !== 'unsure' || found.sighting === undefined) return answerOf(found)
      const { path, holder, stamp } = found.sighting
      if (!(await this.#changes(found.sighting))) stale.add(stamp)
      else if (this.#isHeldBy(path, holder)) return answerOf(found)
    }
    return { kind: 'contended' }
  }

  /** @returns undefined if there is no file, `strange` if the file is not a lock @throws the system's error */
  #see(path: string): Sighting | 'strange' | undefined {
    const seen = this.#machine.read(path)
    if (typeof seen !== 'object') return seen
    const holder = parseHolder(seen.text)
    return holder ? { path, holder, stamp: `${holder.token} ${seen.changedNs}` } : 'strange'
  }

  #look(path: string, stale: Stale): Look {
    const sighting = this.#see(path)
    if (typeof sighting !== 'object') return { kind: sighting ?? 'free' }
    const life = this.#machine.lifeOf(sighting.holder)
    return { kind: life === 'unsure' && stale.has(sighting.stamp) ? 'stale' : life, sighting }
  }

  #isHeldBy(path: string, { token }: LockHolder): boolean {
    const seen = this.#see(path)
    return typeof seen === 'object' && seen.holder.token === token
  }

  /** Watches a lock. Returns false once the lock is stale, which means neither renewed nor released. */
  async #changes({ path, stamp }: Sighting): Promise<boolean> {
    let unchangedMs = 0
    for (let atMs = this.#clock.nowMs(); unchangedMs < staleMs;) {
      await wait(this.#clock, lookEveryMs)
      const nowMs = this.#clock.nowMs()
      // Counts at most twice `lookEveryMs` of the passed time: if more has passed, this process slept and could not
      // observe the holder.
      unchangedMs += Math.min(nowMs - atMs, 2 * lookEveryMs)
      atMs = nowMs
      const seen = this.#see(path)
      if (typeof seen !== 'object' || seen.stamp !== stamp) return true
    }
    return false
  }

  #tryToTake(path: string, stale: Stale): Held | Look {
    // Looks before creating a file, so a process that cannot get the lock needs no disk space.
    const first = this.#look(path, stale)
    if (!['free', 'dead', 'stale'].includes(first.kind)) return first
    const own = this.#machine.self()
    // No lock has this name: names of second locks end in a token, names of all other locks in `.lock`.
    const candidate = `${path}+${own.token}.new`
    const file = this.#machine.create(candidate, `${JSON.stringify(own)}\n`)
    let found: Held['from'] | Look | undefined
    try {
      found = this.#acquire(path, candidate, own, stale)
      if (typeof found !== 'string') return found
      return { kind: 'held', from: found, lock: this.#held(path, own, file) }
    } finally {
      this.#machine.unlink(candidate)
      if (typeof found !== 'string') file.close()
    }
  }

  /**
   * Creates `path` from the candidate, or replaces the lock of a dead holder. A second lock, named after the dead
   * holder's token, decides who may replace the first lock. Only one process gets the second lock, and it replaces the
   * first only if that lock was not renewed meanwhile. If this process dies, its second lock is taken over likewise.
   */
  #acquire(path: string, candidate: string, own: LockHolder, stale: Stale): Held['from'] | Look {
    for (let turn = 0; turn < maxTurns; turn++) {
      if (this.#linkIfFree(candidate, path, own)) return 'nobody'
      const seen = this.#look(path, stale)
      const { kind, sighting } = seen
      if (kind === 'free') continue
      if (sighting === undefined || (kind !== 'dead' && kind !== 'stale')) return seen
      const { holder, stamp } = sighting
      const takeover = `${path}+${holder.token}`
      const found = this.#acquire(takeover, candidate, own, stale)
      if (typeof found !== 'string') return found
      const again = this.#see(path)
      if (typeof again === 'object' && again.stamp === stamp) {
        // Renames the second lock to `path`. This one step replaces the dead holder's lock and ends the takeover.
        this.#machine.rename(takeover, path)
        if (this.#isHeldBy(path, own)) return kind
      } else this.#machine.unlink(takeover)
    }
    return { kind: 'contended' }
  }

  #linkIfFree(from: string, path: string, own: LockHolder): boolean {
    try {
      this.#machine.link(from, path)
      return true
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
      // The existing link may be our own, because a file server may repeat a request whose answer was lost.
      return this.#isHeldBy(path, own)
    }
  }

  #held(path: string, own: LockHolder, file: LockFile): FileLock {
    const now = () => ({ ms: this.#clock.nowMs(), wallMs: this.#clock.wallMs() })
    const began = now()
    /** The last time at which this process certainly held the lock. */
    let sure = began
    let loss: string | undefined
    let timer: Timer | undefined
    let isOver = false
    /** Sets a later modification time even if the wall clock stood still, because an equal time would not count as a renewal. */
    const renew = (): void => {
      const at = now()
      file.stamp(began.wallMs + (at.ms - began.ms))
      if (this.#isHeldBy(path, own)) sure = at
      else loss = this.#lossOf(path, own)
    }
    /** Runs `action` while holding the gate, which is the second lock that every process needs to take over this lock. */
    const withGate = (action: () => void): void => {
      const gate = `${path}+${own.token}`
      // By now, a lock with this name may belong to a different process. Such a lock must be neither renewed nor removed.
      const isOurs =
        this.#isHeldBy(path, own) && typeof this.#acquire(gate, path, own, new Set()) === 'string'
      if (isOurs && this.#isHeldBy(path, own)) action()
      else loss = this.#lossOf(path, own)
      if (isOurs) this.#machine.unlink(gate)
    }
    const isSafe = (): boolean => {
      const at = now()
      const awakeMs = at.ms - sure.ms
      return awakeMs < safeMs && Math.abs(at.wallMs - sure.wallMs - awakeMs) < jumpMs
    }
    const tryToRenew = (): unknown => {
      try {
        return isSafe() ? renew() : withGate(renew)
      } catch (error) {
        return error
      }
    }
    /** If every tick fails, `lost` reports the loss before any other process may assume that this process is dead. */
    const tick = (): void => {
      tryToRenew()
      timer = loss === undefined ? this.#clock.afterIfAlive(renewEveryMs, tick) : undefined
    }
    timer = this.#clock.afterIfAlive(renewEveryMs, tick)
    return {
      path,
      lost() {
        if (loss !== undefined || isOver || isSafe()) return loss
        const error = tryToRenew()
        if (error !== undefined) loss = `its file "${path}" cannot be renewed (${codeOf(error)})`
        return loss
      },
      release: () => {
        if (isOver) return
        isOver = true
        timer?.cancel()
        try {
          if (loss === undefined) withGate(() => this.#machine.unlink(path))
        } catch {
          // A lock that remains must not fail a finished run. It can be taken over once this process has ended.
        }
        file.close()
      },
    }
  }

  /** Why the lock was lost, as the end of a sentence. */
  #lossOf(path: string, own: LockHolder): string {
    const seen = this.#see(path)
    if (typeof seen !== 'object') return `its file "${path}" was removed`
    if (seen.holder.token === own.token) return 'another process is about to take it over'
    return `${holderText(seen.holder)} has it`
  }
}

/** undefined if no living process holds the lock. */
function answerOf({ kind, sighting }: Look): LockAnswer | undefined {
  if (kind === 'strange' || kind === 'contended') return { kind }
  if (sighting === undefined || kind === 'dead' || kind === 'stale') return undefined
  const { pid, since } = sighting.holder
  return { kind: 'taken', pid, since, who: holderText(sighting.holder) }
}
