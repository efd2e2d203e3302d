import t from 'tap'
import { asCompleted } from '../../../src/client/pool/as-completed.js'
import { closedGate } from '../../helpers/gate.js'

t.test('results come in the order in which they are there', async t => {
  const gates = [closedGate(), closedGate(), closedGate()]
  const promises = gates.map((gate, i) => gate.opened.then(() => i))
  const results = asCompleted(promises)
  for (const i of [2, 0, 1]) {
    gates[i]!.open()
    t.strictSame(await results.next(), { done: false, value: i })
  }
  t.strictSame(await results.next(), { done: true, value: undefined })
  t.strictSame(await asCompleted([]).next(), { done: true, value: undefined })
})

t.test('a failure comes at its turn, and later ones are not unhandled rejections', async t => {
  const results = asCompleted([
    Promise.resolve(1),
    Promise.reject(new Error('first')),
    Promise.reject(new Error('second')),
  ])
  t.strictSame(await results.next(), { done: false, value: 1 })
  await t.rejects(results.next(), { message: 'first' })
  t.strictSame(await results.next(), { done: true, value: undefined })
})
