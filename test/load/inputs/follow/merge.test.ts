import t from 'tap'
import { newMerge } from '../../../../src/load/inputs/follow/merge.js'

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
