import { EventEmitter } from 'node:events'
import t from 'tap'
import { catchSignals, signalExitCode } from '../../src/cli/interruption.js'

function setup(): {
  signals: EventEmitter
  left: number[]
  seen: string[]
  tick: (ms: number) => void
  interruption: ReturnType<typeof catchSignals>
} {
  const signals = new EventEmitter()
  const left: number[] = []
  const seen: string[] = []
  let nowMs = 0
  const interruption = catchSignals(
    { signals, leave: code => left.push(code) },
    { onFirst: name => void seen.push(name), now: () => nowMs },
  )
  return { signals, left, seen, interruption, tick: ms => void (nowMs += ms) }
}

t.test('the first signal aborts in order, a second one leaves at once', async t => {
  const { signals, left, seen, interruption, tick } = setup()
  t.notOk(interruption.signal.aborted)
  signals.emit('SIGINT', 'SIGINT')
  t.ok(interruption.signal.aborted)
  t.equal(interruption.exitCode, 130)
  t.strictSame(left, [])
  tick(1000)
  signals.emit('SIGTERM', 'SIGTERM')
  t.strictSame(left, [130], 'with the code of the first')
  t.strictSame(seen, ['SIGINT'])
})

t.test('one key that arrives twice is one signal', async t => {
  const { signals, left, tick } = setup()
  signals.emit('SIGINT', 'SIGINT')
  tick(20)
  signals.emit('SIGINT', 'SIGINT')
  t.strictSame(left, [])
})

t.test('SIGHUP counts as SIGTERM', async t => {
  const { signals, interruption } = setup()
  signals.emit('SIGHUP', 'SIGHUP')
  t.equal(interruption.exitCode, 143)
  t.equal(signalExitCode('SIGTERM'), 143)
})

t.test('after release signals are left to the process', async t => {
  const { signals, interruption } = setup()
  interruption.release()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) t.equal(signals.listenerCount(name), 0)
  t.equal(interruption.exitCode, undefined)
})
