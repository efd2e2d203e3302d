import t from 'tap'
import { Delays } from '../../src/server/delays.js'

t.test('even a sleep of no time lets others go first', async t => {
  const delays = new Delays()
  let isOver = false
  const slept = delays.wait(0).then(() => (isOver = true))
  for (let turn = 0; turn < 100; turn++) await Promise.resolve()
  t.equal(isOver, false)
  await slept
  delays.stop()
})

t.test('a sleep that its server interrupts never ends', async t => {
  const delays = new Delays()
  let isOver = false
  void delays.wait(0).then(() => (isOver = true))
  delays.stop()
  // Set later, so it would fire later.
  await new Delays().wait(0)
  t.equal(isOver, false)
})
