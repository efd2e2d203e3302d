import t from 'tap'
import { DdbError } from '../../src/errors.js'
import { newHold } from '../../src/load/hold.js'
import type { Journal } from '../../src/load/journal/journal.js'
import { handClock } from '../helpers/clocks.js'

function scene(beforeSending?: () => void) {
  const failures: unknown[] = []
  const state: { lost: DdbError | undefined; naps: number; asked: number } = {
    lost: undefined,
    naps: 0,
    asked: 0,
  }
  const journal = {
    lost() {
      state.asked++
      return state.lost
    },
  } as Journal
  const clock = {
    ...handClock(),
    get naps() {
      return state.naps
    },
  }
  const options = beforeSending === undefined ? {} : { beforeSending }
  const run = { whyLost: () => journal.lost(), fail: (error: unknown) => void failures.push(error) }
  return { hold: newHold(clock, options, () => run), state, failures }
}

t.test('rows may go out while the run is this process\u2019s', async t => {
  const { hold, failures } = scene(() => undefined)
  t.ok(hold.maySend())
  t.notOk(hold.lost.aborted)
  t.strictSame(failures, [])
})

t.test('a run that another process has ends at once, for good', async t => {
  const { hold, state, failures } = scene()
  const taken = new DdbError('DDB_LOCKED', 'taken')
  state.lost = taken
  t.notOk(hold.maySend())
  t.ok(hold.lost.aborted)
  t.strictSame(failures, [taken])
  state.lost = undefined
  t.notOk(hold.maySend())
  t.equal(state.asked, 1, 'the journal is not asked again')
})

t.test('what the caller throws ends the run in order', async t => {
  const error = new Error('enough')
  const { hold, failures } = scene(() => {
    throw error
  })
  t.notOk(hold.maySend())
  t.notOk(hold.lost.aborted)
  t.strictSame(failures, [error])
})

t.test('each sleep is told once', async t => {
  const { hold, state } = scene()
  t.notOk(hold.hasSlept())
  state.naps = 2
  t.ok(hold.hasSlept())
  t.notOk(hold.hasSlept())
  state.naps = 3
  t.ok(hold.hasSlept())
})
