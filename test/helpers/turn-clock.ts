/* Time that moves with the turns of the event loop, for tests in which timeouts and pauses pass. Client and server share this process, so
   an answer can arrive in every turn: even on a slow or busy machine, no timeout ends before an answer arrives. While there is nothing to
   do, a simulated second takes a fraction of a second. Not for endless scripts: within one turn, too little simulated time passes for a
   script to yield. */

/** The simulated time of a turn, however long the turn really took. */
const turnMs = 5

interface Timer {
  dueMs: number
  readonly delayMs: number
  readonly repeats: boolean
  readonly call: () => void
  holdsProcess: boolean
  ref(): Timer
  unref(): Timer
  hasRef(): boolean
}

const timers = new Set<Timer>()
const realNow = performance.now.bind(performance)
let turnBeganMs = 0
let turnReallyBeganMs = 0
let turns: NodeJS.Timeout

const nowMs = (): number => turnBeganMs + Math.min(realNow() - turnReallyBeganMs, turnMs)

/** Keeps the process alive while there is a timer on which `unref` was not called. */
function holdProcess(): void {
  if ([...timers].some(timer => timer.holdsProcess)) turns.ref()
  else turns.unref()
}

function startTimer(call: () => void, delayMs: number, repeats: boolean): Timer {
  const hold = (holdsProcess: boolean): Timer => {
    timer.holdsProcess = holdsProcess
    holdProcess()
    return timer
  }
  const timer: Timer = {
    dueMs: nowMs() + delayMs,
    delayMs,
    repeats,
    call,
    holdsProcess: true,
    ref: () => hold(true),
    unref: () => hold(false),
    hasRef: () => timer.holdsProcess,
  }
  timers.add(timer)
  holdProcess()
  return timer
}

function beginTurn(): void {
  turnBeganMs += turnMs
  turnReallyBeganMs = realNow()
  const due = [...timers].filter(({ dueMs }) => dueMs <= turnBeganMs)
  for (const timer of due.sort((a, b) => a.dueMs - b.dueMs)) {
    // A callback called earlier in this turn may have cleared this timer.
    if (!timers.has(timer)) continue
    if (timer.repeats) timer.dueMs = turnBeganMs + timer.delayMs
    else timers.delete(timer)
    timer.call()
  }
  holdProcess()
}

/** From now on, timers and `performance.now()` follow the turns. Call this once, before anything uses them. */
export function useTurnClock(): void {
  if (turns !== undefined) return
  type Call = (...args: unknown[]) => void
  const start =
    (repeats: boolean) =>
    (call: Call, delayMs = 1, ...args: unknown[]): Timer =>
      startTimer(() => call(...args), delayMs, repeats)
  const stop =
    (stopReal: (timer: NodeJS.Timeout) => void) =>
    (timer: unknown): void => {
      if (timers.delete(timer as Timer)) holdProcess()
      // The timer has finished, or is a real timer.
      else stopReal(timer as NodeJS.Timeout)
    }
  turnReallyBeganMs = realNow()
  turns = setInterval(beginTurn, 1).unref()
  performance.now = nowMs
  Object.assign(globalThis, {
    setTimeout: start(false),
    setInterval: start(true),
    clearTimeout: stop(clearTimeout),
    clearInterval: stop(clearInterval),
  })
}
