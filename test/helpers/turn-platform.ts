/* A platform whose time moves with the turns of the event loop, and whose connection attempts a test can refuse. Time passes slowly while a
   server may answer, on machines of any speed, and in leaps while no server listens. It stands still while a file is read or written,
   because a slow disk lets thousands of turns pass. */
import { Duplex } from 'node:stream'
import type { Test } from 'tap'
import type { Clock, Platform, Socket, Timer } from '../../src/platform/platform.js'
import { systemPlatform } from '../../src/platform/system-files.js'

/** The simulated time of a turn, however long the turn really took. */
const turnMs = 0.1
/** The simulated time of a turn while no server listens. */
const idleTurnMs = 20

export interface TurnPlatform extends Platform {
  /** Times of all connection attempts, in ms. */
  readonly dialledAtMs: number[]
  /** Stops the time of the platform. Callbacks that wait for time are never called. */
  stop(): void
}

/** @param isUp  called at each connection attempt; false: no server listens */
export function turnPlatform(isUp: (nowMs: number) => boolean = () => true): TurnPlatform {
  const dialledAtMs: number[] = []
  let isRefused = false
  const { clock, stop } = turnClock(() => (isRefused ? idleTurnMs : turnMs))
  return {
    ...systemPlatform,
    clock,
    network: {
      ...systemPlatform.network,
      dial(host, port, tls) {
        dialledAtMs.push(clock.nowMs())
        isRefused = !isUp(clock.nowMs())
        return isRefused ? refusedSocket(port) : systemPlatform.network.dial(host, port, tls)
      },
    },
    dialledAtMs,
    stop,
  }
}

/** A platform whose time stops with the test. */
export function turnPlatformFor(t: Test, isUp?: (nowMs: number) => boolean): TurnPlatform {
  const platform = turnPlatform(isUp)
  t.teardown(() => platform.stop())
  return platform
}

function turnClock(nextTurnMs: () => number): { clock: Clock; stop: () => void } {
  let nowMs = 0
  let running = true
  const timers = new Map<Timer, { atMs: number; callback: () => void }>()
  const turn = (): void => {
    if (!fileIsAwaited()) nowMs += nextTurnMs()
    for (const [timer, { atMs, callback }] of timers) {
      if (atMs > nowMs) continue
      timers.delete(timer)
      callback()
    }
    if (running) setImmediate(turn)
  }
  setImmediate(turn)
  const after = (delayMs: number, callback: () => void): Timer => {
    const timer = { cancel: () => void timers.delete(timer) }
    timers.set(timer, { atMs: nowMs + delayMs, callback })
    return timer
  }
  const clock: Clock = {
    nowMs: () => nowMs,
    wallMs: () => nowMs,
    after,
    afterIfAlive: after,
    nextTurn: callback => void setImmediate(callback),
  }
  return { clock, stop: () => (running = false) }
}

function fileIsAwaited(): boolean {
  return process.getActiveResourcesInfo().some(name => name.startsWith('FSReq'))
}

/** A socket that fails as if nothing listened on the port. */
export function refusedSocket(port: number): Socket {
  const socket = new Duplex({ read: () => undefined, write: (_, __, done) => done() })
  const error = new Error(`connect ECONNREFUSED 127.0.0.1:${port}`)
  setImmediate(() => socket.destroy(Object.assign(error, { code: 'ECONNREFUSED' })))
  return Object.assign(socket, { bytesRead: 0 })
}
