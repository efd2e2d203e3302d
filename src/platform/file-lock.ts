/* A lock is a file that names the process that holds the lock (the holder). A hard link creates the file whole, so no process ever reads
   half of it. The holder renews the lock every few seconds by setting the file's modification time, which works even on a full disk. A
   process that cannot determine whether the holder is alive watches the lock. If the holder then does not renew it for several periods,
   exactly one of the watching processes takes it over (docs/decisions/0030-a-lock-is-a-lease.md). */
import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { hostname } from 'node:os'
import { threadId } from 'node:worker_threads'
import { attempt } from '../errors.js'
import type { Clock, FileLock, HeldLock, LockAnswer, Timer } from './platform.js'
import { wait } from './clocks.js'

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

/** The process that holds a lock, as recorded in the lock's file. */
export type LockHolder = Readonly<ReturnType<typeof thisProcess>>

/** `unsure`: the holder is a worker thread or stopped by a signal or a debugger, or this process cannot query it. */
export type HolderState = 'alive' | 'dead' | 'unsure'

/** What locks need from their machine; tests supply their own. Methods that access files throw the system's error if they fail. */
export type LockMachine = typeof thisMachine

/** A lock as seen; equal stamps: not renewed in between. `unsure`: must be watched; `stale`: was watched, without a renewal. */
interface Sighting {
  readonly kind: 'stale' | HolderState
  readonly path: string
  readonly holder: LockHolder
  readonly stamp: string
}

type Look =
  | Sighting
  | { readonly kind: 'free' | 'strange' | 'contended'; holder?: undefined; stamp?: undefined }

/** The locks of `Files`: `take` is its `lock`, `takeNow` its `lockNow`, `holderOf` its `lockHolder`. The clock measures the waits. */
export class FileLocks {
  readonly #clock: Clock
  readonly #machine: LockMachine
  /** Stamps of the locks that were watched without a renewal, which would change the stamp. */
  readonly #stale = new Set<string>()

  constructor(clock: Clock, machine: LockMachine = thisMachine) {
    this.#clock = clock
    this.#machine = machine
  }

  readonly take = (path: string, ended?: AbortSignal) =>
    this.#watch(() => this.#tryToTake(path), ended) as Promise<LockAnswer>
  readonly takeNow = (path: string) => answerOf(this.#tryToTake(path))!
  readonly holderOf = (path: string) => this.#watch(() => this.#look(path))

  /** Asks again until the answer is certain, and watches locks in between. A lock whose watch has `ended` counts as taken. */
  async #watch(ask: () => HeldLock | Look, ended?: AbortSignal): Promise<LockAnswer | undefined> {
    for (let turn = 0; turn < maxTurns; turn++) {
      const found = ask()
      if (found.kind !== 'unsure') return answerOf(found)
      const last = await this.#lookOften(found, ended)
      if (ended?.aborted === true) return answerOf(found)
      if (last.stamp === found.stamp) this.#stale.add(found.stamp)
      else if (last.holder?.token === found.holder.token) return answerOf(found)
    }
    return { kind: 'contended' }
  }

  #look(path: string): Look {
    const seen = this.#machine.read(path)
    if (typeof seen !== 'object') return { kind: seen ?? 'free' }
    const holder = parseHolder(seen.text)
    if (holder === undefined) return { kind: 'strange' }
    const stamp = `${holder.token} ${seen.changedNs}`
    const life = this.#machine.lifeOf(holder)
    const kind = life === 'unsure' && this.#stale.has(stamp) ? 'stale' : life
    return { kind, path, holder, stamp }
  }

  /** Looks at a lock until it changes or is stale, and returns the last look. */
  async #lookOften({ path, stamp }: Sighting, ended?: AbortSignal): Promise<Look> {
    let unchangedMs = 0
    for (let atMs = this.#clock.nowMs(); ;) {
      await wait(this.#clock, lookEveryMs, ended)
      const nowMs = this.#clock.nowMs()
      // Counts at most twice `lookEveryMs`: if more has passed, this process slept and could not observe the holder.
      unchangedMs += Math.min(nowMs - atMs, 2 * lookEveryMs)
      atMs = nowMs
      const seen = this.#look(path)
      const isOver = ended?.aborted === true || unchangedMs >= staleMs
      if (seen.stamp !== stamp || isOver) return seen
    }
  }

  #tryToTake(path: string): HeldLock | Look {
    // Looks before creating a file, so a process that cannot get the lock needs no disk space.
    const first = this.#look(path)
    if (!['free', 'dead', 'stale'].includes(first.kind)) return first
    const own = this.#machine.self()
    // No lock has this name: names of second locks end in a token, names of all other locks in `.lock`.
    const candidate = `${path}+${own.token}.new`
    try {
      this.#machine.create(candidate, `${JSON.stringify(own)}\n`)
      const from = this.#acquire(path, candidate, own)
      return typeof from === 'string' ? { kind: 'held', from, lock: this.#held(path, own) } : from
    } finally {
      this.#machine.unlink(candidate)
    }
  }

  /**
   * Creates `path` from the candidate, or replaces the lock of a dead holder. A second lock, named after the dead
   * holder's token, decides who may replace the first lock. Only one process gets the second lock, and it replaces the
   * first only if that lock was not renewed meanwhile. If this process dies, its second lock is taken over likewise.
   */
  #acquire(path: string, candidate: string, own: LockHolder): HeldLock['from'] | Look {
    for (let turn = 0; turn < maxTurns; turn++) {
      if (this.#machine.link(candidate, path)) return 'nobody'
      const seen = this.#look(path)
      // A file server may repeat a request whose answer was lost, and then refuse it because of our own link.
      if (seen.holder?.token === own.token) return 'nobody'
      if (seen.kind === 'free') continue
      if (seen.kind !== 'dead' && seen.kind !== 'stale') return seen
      const takeover = `${path}+${seen.holder.token}`
      const found = this.#acquire(takeover, candidate, own)
      if (typeof found !== 'string') return found
      if (this.#look(path).stamp === seen.stamp) {
        // Renames the second lock to `path`. This one step replaces the dead holder's lock and ends the takeover.
        this.#machine.rename(takeover, path)
        if (this.#look(path).holder?.token === own.token) return seen.kind
      } else this.#machine.unlink(takeover)
    }
    return { kind: 'contended' }
  }

  #held(path: string, own: LockHolder): FileLock {
    const now = () => ({ ms: this.#clock.nowMs(), wallMs: this.#clock.wallMs() })
    const began = now()
    /** The last time at which this process certainly held the lock. */
    let sure = began
    let loss: string | undefined
    let timer: Timer | undefined
    let isOver = false
    /** Does something while this process holds the lock; otherwise remembers how it lost the lock. */
    const ifHeld = (action: () => void): void => {
      const { holder } = this.#look(path)
      if (holder?.token === own.token) action()
      else loss = holder ? `${holderText(holder)} has it` : `its file "${path}" was removed`
    }
    /** Sets a later modification time even if the wall clock stood still, because an equal time would not count as a renewal. */
    const renew = (): void => {
      const at = now()
      ifHeld(() => {
        this.#machine.stamp(path, began.wallMs + (at.ms - began.ms))
        sure = at
      })
    }
    /** Runs `action` while holding the gate, which is the second lock that every process needs to take over this lock. */
    const withGate = (action: () => void): void => {
      const gate = `${path}+${own.token}`
      // By now, a lock with this name may belong to a different process. Such a lock must be neither renewed nor removed.
      ifHeld(() => {
        if (typeof this.#acquire(gate, path, own) === 'string') {
          ifHeld(action)
          this.#machine.unlink(gate)
        } else ifHeld(() => (loss = 'another process is about to take it over'))
      })
    }
    const isSafe = (): boolean => {
      const at = now()
      const awakeMs = at.ms - sure.ms
      return awakeMs < safeMs && Math.abs(at.wallMs - sure.wallMs - awakeMs) < jumpMs
    }
    const stayHolder = (): void => (isSafe() ? renew() : withGate(renew))
    /** If every tick fails, `lost` reports the loss before any other process may assume that this process is dead. */
    const tick = (): void => {
      attempt(stayHolder)
      timer = loss === undefined ? this.#clock.afterIfAlive(renewEveryMs, tick) : undefined
    }
    timer = this.#clock.afterIfAlive(renewEveryMs, tick)
    return {
      path,
      lost() {
        if (loss !== undefined || isOver || isSafe()) return loss
        try {
          stayHolder()
        } catch (error) {
          loss = `its file "${path}" cannot be renewed (${codeOf(error)})`
        }
        return loss
      },
      release: () => {
        if (isOver) return
        isOver = true
        timer?.cancel()
        // A lock that remains must not fail a finished run. It can be taken over once this process has ended.
        if (loss === undefined) attempt(() => withGate(() => this.#machine.unlink(path)))
      },
    }
  }
}

/** undefined if no living process holds the lock. */
function answerOf(found: HeldLock | Look): LockAnswer | undefined {
  if (found.kind === 'held') return found
  const { kind, holder } = found
  if (kind === 'strange' || kind === 'contended') return { kind }
  if (holder === undefined || kind === 'dead' || kind === 'stale') return undefined
  return { kind: 'taken', pid: holder.pid, since: holder.since, who: holderText(holder) }
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

/** The holder named by the text of a lock; undefined for a text that this program did not write. */
export function parseHolder(text: string): LockHolder | undefined {
  const read = attempt((): unknown => JSON.parse(text))
  const found = Object(read) as Record<keyof LockHolder, unknown>
  const { token, pid, place, startTicks, host, since } = found
  const isHolder =
    /^[0-9a-f]{16}$/.test(String(token)) &&
    Number.isSafeInteger(pid) &&
    Number(pid) > 0 &&
    [place, startTicks].every(one => one === null || typeof one === 'string') &&
    [token, host, since].every(one => typeof one === 'string')
  return isHolder ? (found as LockHolder) : undefined
}

/** This process as the holder of a lock, with a new token. */
export function thisProcess() {
  return {
    token: randomBytes(8).toString('hex'),
    pid: process.pid,
    /** 0 for the main thread, which ends with its process; missing in locks of older versions. */
    thread: threadId,
    /** The boot and the namespaces in which pid and ticks are valid; null without /proc. */
    place: here(),
    /** Ticks from the boot to the process's start, which distinguish equal pids; null without /proc. */
    startTicks: processState('self')?.startTicks ?? null,
    host: hostname(),
    since: new Date().toISOString(),
  }
}

/** Determines, without waiting, whether the holder is alive. Only a process of the same boot and the same namespaces can query that. */
export function holderState(holder: LockHolder): HolderState {
  if (holder.place === null || holder.place !== here()) return 'unsure'
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    // Any other error, such as EPERM, means that the process exists.
    if (codeOf(error) === 'ESRCH') return 'dead'
  }
  const state = processState(holder.pid)
  if (state === undefined || holder.startTicks === null) return 'unsure'
  if (state.startTicks !== holder.startTicks || 'ZX'.includes(state.letter)) return 'dead'
  // A worker thread may have ended before its process.
  return holder.thread || 'Tt'.includes(state.letter) ? 'unsure' : 'alive'
}

/** `process 5 on HOST since …`. Omits the name of this host, but mentions a different container or boot. */
export function holderText({ pid, place, host, since }: LockHolder): string {
  const elsewhere = place === here() ? '' : ' in another container or machine of this name'
  return `process ${pid}${host === hostname() ? elsewhere : ` on ${host}`} since ${since}`
}

const textOf = (path: string) => attempt(() => fs.readFileSync(path, 'utf8'))
const linkOf = (path: string) => attempt(() => fs.readlinkSync(path))

function here(): string | null {
  const bootId = textOf('/proc/sys/kernel/random/boot_id')?.trim()
  const pid = linkOf('/proc/self/ns/pid')
  // Older systems have no time namespace.
  const time = linkOf('/proc/self/ns/time') ?? ''
  return bootId && pid ? `${bootId} ${pid} ${time}` : null
}

/** State and start time from `/proc/PID/stat`. The program's name in that line may contain anything, even parentheses. */
function processState(pid: number | 'self') {
  // The mounted /proc may belong to a different namespace, which has different pids.
  if (pid !== 'self' && linkOf('/proc/self') !== String(process.pid)) return undefined
  const stat = textOf(`/proc/${pid}/stat`) ?? ''
  // Fields 3 (the state) and 22 (the start time) of the line.
  const fields = /.*\) (?<letter>\S)(?: \S+){18} (?<startTicks>\d+)/s.exec(stat)
  return fields?.groups as { readonly letter: string; readonly startTicks: string } | undefined
}

function didUnless(code: string, action: () => void): boolean {
  try {
    action()
    return true
  } catch (error) {
    if (codeOf(error) === code) return false
    throw error
  }
}

const thisMachine = {
  self: thisProcess,
  lifeOf: holderState,
  /** Reads a lock's file. Returns undefined if there is no file, `strange` if it is not an ordinary file. */
  read(path: string): { text: string; changedNs: bigint } | 'strange' | undefined {
    let descriptor: number | undefined
    try {
      // Opens the file before reading its status, because only opening makes a network file system refresh the status. With
      // this flag, opening never blocks, even if the file is a pipe.
      descriptor = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
      const stats = fs.fstatSync(descriptor, { bigint: true })
      if (!stats.isFile()) return 'strange'
      const buffer = Buffer.alloc(4096)
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
  /** Creates a file and waits until it is on disk. */
  create: (path: string, text: string) =>
    fs.writeFileSync(path, text, { flag: 'wx', mode: 0o600, flush: true }),
  /** Sets the modification time, in ms since the epoch. */
  stamp: (path: string, ms: number) => fs.utimesSync(path, ms / 1000, ms / 1000),
  /** Gives a file a second name. Returns false if that name exists. */
  link: (from: string, to: string) => didUnless('EEXIST', () => fs.linkSync(from, to)),
  /** Like `unlink`, does nothing to a file that another process has removed. */
  rename: (from: string, to: string) => didUnless('ENOENT', () => fs.renameSync(from, to)),
  unlink: (path: string) => fs.rmSync(path, { force: true }),
}
