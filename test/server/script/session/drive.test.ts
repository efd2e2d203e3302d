import t from 'tap'
import { drive, type Waiting } from '../../../../src/server/script/session/drive.js'
import type { Evaluation, Suspension } from '../../../../src/server/values/builtin.js'
import { closedGate, type Gate } from '../../../helpers/gate.js'

/** Whoever waits, and what it was told. */
interface Watch extends Waiting {
  readonly events: string[]
  cancel: (reason: unknown) => void
}

function watch(): Watch {
  const events: string[] = []
  return {
    events,
    cancel: () => undefined,
    onWait(cancel) {
      events.push('wait')
      this.cancel = cancel
    },
    onResume: () => void events.push('resume'),
  }
}

const waitFor = (until: Promise<unknown>): Suspension => ({ until })

t.test('what waits for nothing gives its value at once', async t => {
  const waiting = watch()
  // eslint-disable-next-line require-yield -- it waits for nothing
  const evaluation = (function* (): Evaluation<number> {
    return 7
  })()
  t.equal(drive(evaluation, waiting), 7)
  t.strictSame(waiting.events, [])
  // eslint-disable-next-line require-yield -- it waits for nothing
  const failing = (function* (): Evaluation<number> {
    throw new Error('no')
  })()
  t.throws(() => drive(failing, waiting), { message: 'no' })
})

t.test('an evaluation goes on with what it has waited for, in its order', async t => {
  const gates: Gate[] = [closedGate(), closedGate()]
  const waiting = watch()
  const evaluation = (function* (): Evaluation<string> {
    const first = yield waitFor(gates[0]!.opened.then(() => 'a'))
    waiting.events.push(`got ${String(first)}`)
    const second = yield waitFor(gates[1]!.opened.then(() => 'b'))
    return `${String(first)}${String(second)}`
  })()
  const pending = drive(evaluation, waiting)
  t.ok(pending instanceof Promise)
  t.strictSame(waiting.events, ['wait'])
  gates[1]!.open()
  await gates[1]!.opened
  t.strictSame(waiting.events, ['wait'], 'the second wait has not begun')
  gates[0]!.open()
  t.equal(await pending, 'ab')
  t.strictSame(waiting.events, ['wait', 'resume', 'got a', 'wait', 'resume'])
})

t.test('a wait that fails is an error where the script waits', async t => {
  const waiting = watch()
  const evaluation = (function* (): Evaluation<string> {
    try {
      yield waitFor(Promise.reject(new Error('late')))
    } catch (error) {
      const after = yield waitFor(Promise.resolve('caught'))
      return `${String(after)} ${(error as Error).message}`
    }
    return 'not reached'
  })()
  t.equal(await drive(evaluation, waiting), 'caught late')
  const uncaught = (function* (): Evaluation<void> {
    yield waitFor(Promise.reject(new Error('late')))
  })()
  await t.rejects(Promise.resolve(drive(uncaught, waiting)), { message: 'late' })
  t.strictSame(waiting.events, ['wait', 'resume', 'wait', 'resume', 'wait', 'resume'])
})

t.test(
  'a wait that is cancelled ends with the reason, and nobody asks what it waited for',
  async t => {
    const waiting = watch()
    const gate = closedGate()
    const evaluation = (function* (): Evaluation<void> {
      yield waitFor(gate.opened)
    })()
    const pending = drive(evaluation, waiting)
    waiting.cancel(new Error('cancelled'))
    await t.rejects(Promise.resolve(pending), { message: 'cancelled' })
    gate.open()
    await gate.opened
    t.strictSame(waiting.events, ['wait', 'resume'])
  },
)
