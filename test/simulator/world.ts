/* Virtual time. Events run in the order of their time. Between two events, only the effects of the first event happen. */

export interface Scheduled {
  cancel(): void
}

interface Event {
  readonly atMs: number
  readonly order: number
  run: (() => void) | undefined
}

/** Number of events in a turn of the real event loop, because a turn takes longer than most events. */
const turnEvents = 100

/** Why events ended: as wanted, because none was left, or because time was up. */
export type Ended = 'over' | 'idle' | 'late'

/** All events of one simulation. */
export class World {
  nowMs = 0
  /** The events that have happened, one line each; undefined without tracing. */
  readonly trace: string[] | undefined
  eventCount = 0
  #order = 0
  readonly #queue: Event[] = []
  /** Number of immediates that this turn of the real event loop still has. */
  #immediates = 0
  #settle: () => void = () => undefined
  readonly #next = (): void => {
    this.#immediates--
    this.#settle()
  }

  constructor(traced: boolean) {
    this.trace = traced ? [] : undefined
  }

  note(text: () => string): void {
    this.trace?.push(`${this.nowMs.toFixed(3).padStart(11)} ${text()}`)
  }

  schedule(delayMs: number, run: () => void): Scheduled {
    return this.scheduleAt(this.nowMs + Math.max(0, delayMs), run)
  }

  /** Events with the same time run in the order in which they were scheduled. */
  scheduleAt(atMs: number, run: () => void): Scheduled {
    const event: Event = { atMs, order: this.#order++, run }
    this.#push(event)
    return { cancel: () => void (event.run = undefined) }
  }

  /**
   * Runs events until `isOver`, until none is left, or until time is up.
   * @returns why it ended
   */
  async run(isOver: () => boolean, endMs: number): Promise<Ended> {
    for (;;) {
      await this.#settled()
      if (isOver()) return 'over'
      const event = this.#pop()
      if (event === undefined) return 'idle'
      if (event.run === undefined) continue
      if (event.atMs > endMs) return 'late'
      this.nowMs = Math.max(this.nowMs, event.atMs)
      this.eventCount++
      event.run()
    }
  }

  /** Resolves when all promises and ticks of the last event have run, as Node runs them before the next immediate. */
  #settled(): Promise<void> {
    if (this.#immediates === 0) {
      this.#immediates = turnEvents
      for (let i = 0; i < turnEvents; i++) setImmediate(this.#next)
    }
    return new Promise(resolve => (this.#settle = resolve))
  }

  #push(event: Event): void {
    const queue = this.#queue
    let at = queue.push(event) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(event, queue[parent]!)) break
      queue[at] = queue[parent]!
      at = parent
    }
    queue[at] = event
  }

  #pop(): Event | undefined {
    const queue = this.#queue
    const first = queue[0]
    const last = queue.pop()
    if (first === undefined || last === undefined || first === last) return first
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= queue.length) break
      if (child + 1 < queue.length && isBefore(queue[child + 1]!, queue[child]!)) child++
      if (!isBefore(queue[child]!, last)) break
      queue[at] = queue[child]!
      at = child
    }
    queue[at] = last
    return first
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}
