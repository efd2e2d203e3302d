/* A simulated process. Its platform counts every call, so the process can be killed at any call. After its death its code has no effects
   and gets no callbacks. */
import type { Clock, Files, Network, Platform, Timer } from '../../src/platform/platform.js'
import type { Chance } from './random.js'
import type { World } from './world.js'

/** The parts of a machine that its processes share. */
export interface SimEnvironment {
  readonly world: World
  readonly chance: Chance
  network(process: SimProcess): Network
  files(process: SimProcess): Files
  /** The error of a host's wall clock. */
  wallOffsetMs?(hostName: string): number
}

// Time passes while code runs: a microsecond each time the code reads the clock, and rarely much more.
const lookMs = 0.001
const pauseOneIn = 2_000
const longestPauseMs = 40

export class SimProcess {
  readonly name: string
  readonly platform: Platform
  isAlive = true
  /** Number of calls of the platform so far. */
  calls = 0
  /** The process dies when `calls` reaches this number. */
  killAtCall = Infinity
  /** Called once, when the process dies. */
  onDeath: () => void = () => undefined
  /** When the process last received a byte over the network. */
  lastHeardMs = 0
  /** When the other end last got bytes of this process. */
  lastReachedMs = 0
  /** When the other end wrote that byte. */
  heardFromMs = 0
  /** Timers that keep the process alive. */
  timers = 0
  /** Until this time the process is suspended and gets no callbacks. */
  frozenUntilMs = 0
  /** Whether the process has ever been suspended. Other processes may have concluded that it was dead. */
  get hasSlept(): boolean {
    return this.frozenUntilMs > 0
  }
  /** How long a turn of its event loop takes. */
  turnMs = 0
  readonly #world: World
  readonly #chance: Chance

  constructor(name: string, environment: SimEnvironment, hostName = 'simulated') {
    this.name = name
    this.#world = environment.world
    this.#chance = environment.chance.fork()
    const chance = this.#chance.fork()
    this.platform = {
      clock: this.#clock(() => environment.wallOffsetMs?.(hostName) ?? 0),
      random: {
        number: () => this.step(() => chance.number(), 0),
        bytes: length => this.step(() => chance.bytes(length), new Uint8Array(length)),
      },
      network: environment.network(this),
      files: environment.files(this),
      hostName,
    }
  }

  /**
   * Counts a call of the platform and executes it. If the process is dead or dies at this call, returns `otherwise`
   * instead.
   */
  step<T>(act: () => T, otherwise: T): T {
    if (!this.isAlive) return otherwise
    if (++this.calls === this.killAtCall) {
      this.kill()
      return otherwise
    }
    return act()
  }

  /** Calls the process back after a while, unless the process is dead by then. */
  later(delayMs: number, callback: () => void): { cancel(): void } {
    const call = (): void => {
      if (!this.isAlive) return
      if (this.#world.nowMs < this.frozenUntilMs) {
        scheduled = this.#world.scheduleAt(this.frozenUntilMs, call)
      } else callback()
    }
    let scheduled = this.#world.schedule(delayMs, call)
    return { cancel: () => scheduled.cancel() }
  }

  kill(): void {
    if (!this.isAlive) return
    this.isAlive = false
    this.#world.note(() => `${this.name} is killed at call ${this.calls}`)
    this.onDeath()
  }

  #clock(wallOffsetMs: () => number): Clock {
    const world = this.#world
    const noTimer: Timer = { cancel: () => undefined }
    const start = (delayMs: number, callback: () => void, counted: 0 | 1): Timer => {
      let open = true
      const end = (): void => {
        if (open) this.timers -= counted
        open = false
      }
      this.timers += counted
      const scheduled = this.later(delayMs, () => {
        end()
        callback()
      })
      return {
        cancel: () => {
          end()
          scheduled.cancel()
        },
      }
    }
    return {
      nowMs: () =>
        this.step(() => {
          world.nowMs += this.#chance.oneIn(pauseOneIn)
            ? this.#chance.number() * longestPauseMs
            : lookMs
          return world.nowMs
        }, world.nowMs),
      wallMs: () => Date.UTC(2026, 0, 1) + Math.floor(world.nowMs + wallOffsetMs()),
      after: (delayMs, callback) => this.step(() => start(delayMs, callback, 1), noTimer),
      afterIfAlive: (delayMs, callback) => this.step(() => start(delayMs, callback, 0), noTimer),
      nextTurn: callback => this.step(() => void this.later(this.turnMs, callback), undefined),
    }
  }
}
