import t from 'tap'
import { DdbError } from '../../src/errors.js'
import { newRunEnding } from '../../src/load/run-ending.js'
import { handClock } from '../helpers/clocks.js'

function scene() {
  const state: { lost: DdbError | undefined; naps: number; asked: number } = {
    lost: undefined,
    naps: 0,
    asked: 0,
  }
  const whyLost = (): DdbError | undefined => {
    state.asked++
    return state.lost
  }
  const clock = {
    ...handClock(),
    get naps() {
      return state.naps
    },
  }
  const ending = newRunEnding({ clock, options: {}, whyLost })
  return { ending, state }
}

t.test('rows may be sent as long as this process has the run', async t => {
  const { ending } = scene()
  t.ok(ending.maySend())
  t.notOk(ending.isLeaving)
  t.equal(ending.failure, undefined)
})

t.test('if a different process has the run, this process stops at once and for good', async t => {
  const { ending, state } = scene()
  const taken = new DdbError('DDB_LOCKED', 'taken')
  state.lost = taken
  t.notOk(ending.maySend())
  t.ok(ending.isLeaving)
  t.equal(ending.failure, taken)
  state.lost = undefined
  t.notOk(ending.maySend())
  t.equal(state.asked, 1, 'the journal is not asked again')
})

t.test('each suspension is reported once', async t => {
  const { ending, state } = scene()
  t.notOk(ending.hasSlept())
  state.naps = 2
  t.ok(ending.hasSlept())
  t.notOk(ending.hasSlept())
  state.naps = 3
  t.ok(ending.hasSlept())
})
