import t from 'tap'
import { newMerge } from '../../../../src/load/inputs/follow/merge.js'
import { closedGate } from '../../../helpers/gate.js'

t.test('values arrive in the order in which they come, and so do failures and ends', async t => {
  const merge = newMerge<string, number>()
  const gate = closedGate()
  merge.add(
    'slow',
    (async function* () {
      await gate.opened
      yield 1
      throw new Error('broken')
    })(),
  )
  merge.add(
    'fast',
    (async function* () {
      yield 2
      yield 3
    })(),
  )
  t.same(await merge.next(), { kind: 'value', from: 'fast', value: 2 })
  t.same(await merge.next(), { kind: 'value', from: 'fast', value: 3 })
  t.same(await merge.next(), { kind: 'ended', from: 'fast' })
  t.equal(merge.size, 1)
  gate.open()
  t.same(await merge.next(), { kind: 'value', from: 'slow', value: 1 })
  t.match(await merge.next(), { kind: 'failed', from: 'slow', error: { message: 'broken' } })
  t.equal(merge.size, 0)
})

t.test(
  'a waiting reader can be woken, and no new value is requested before the last one is taken',
  async t => {
    const merge = newMerge<string, number>()
    let asked = 0
    merge.add('one', {
      next: async () => ({ done: false, value: ++asked }),
    })
    t.match(await merge.next(), { value: 1 })
    await new Promise(resolve => setImmediate(resolve))
    t.equal(asked, 1)
    t.match(await merge.next(), { value: 2 })
    const empty = newMerge<string, number>()
    const waiting = empty.next()
    empty.wake()
    t.equal(await waiting, undefined)
    empty.wake()
    t.equal(await empty.next(), undefined, 'also before it waits')
  },
)
