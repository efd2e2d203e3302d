/*
  Time that moves with the turns of the event loop, for tests in which limits and pauses pass. Client and server share
  this process, so whoever owes an answer can give it in any turn: on a slow or busy machine no limit passes before the
  answer does, and where nobody has anything to do, a second takes a fraction of a second. Not for scripts without an
  end: they give way to others after more time than there is in a turn.
*/

/** What a turn counts, however long it took. */
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

/** Timers keep the process alive unless they were told not to. */
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
    // The one before it may have cleared it.
    if (!timers.has(timer)) continue
    if (timer.repeats) timer.dueMs = turnBeganMs + timer.delayMs
    else timers.delete(timer)
    timer.call()
  }
  holdProcess()
}

/** From now on timers and `performance.now()` of this process go by turns. To be called once, before they are used. */
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
      // Timers of the time before, and those that are over.
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
