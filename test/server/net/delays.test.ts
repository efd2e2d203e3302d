import t from 'tap'
import { systemClock } from '../../../src/platform/system.js'
import { Delays } from '../../../src/server/net/delays.js'

t.test('even a sleep of no time lets others go first', async t => {
  const delays = new Delays(systemClock)
  let isOver = false
  const slept = delays.wait(0).then(() => (isOver = true))
  for (let turn = 0; turn < 100; turn++) await Promise.resolve()
  t.equal(isOver, false)
  await slept
  delays.stop()
})

t.test('a sleep that its server interrupts never ends', async t => {
  const delays = new Delays(systemClock)
  let isOver = false
  void delays.wait(0).then(() => (isOver = true))
  delays.stop()
  // Set later, so it would fire later.
  await new Delays(systemClock).wait(0)
  t.equal(isOver, false)
})
