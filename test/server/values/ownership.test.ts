import t from 'tap'
import type { Vector } from '../../../src/protocol/value.js'
import {
  claimArray,
  overwrite,
  ownsArray,
  releaseArray,
  shallowCopy,
} from '../../../src/server/values/ownership.js'
import type { ServerValue } from '../../../src/server/values/server-value.js'
import { ints } from '../../helpers/values.js'

t.test('an array belongs to one vector, until something else may keep it', async t => {
  const mine = ints(1, 2) as Vector
  t.notOk(ownsArray(mine), 'nobody has claimed it')
  claimArray(mine)
  t.ok(ownsArray(mine))
  const copy = shallowCopy(mine) as Vector
  t.notOk(ownsArray(copy), 'a copy over the same array does not own it')
  releaseArray(copy)
  t.notOk(ownsArray(mine), 'and once the copy is seen, nobody does')
})

t.test('a value that is overwritten is another one for all who refer to it', async t => {
  const target: ServerValue = { form: 'scalar', type: 'DECIMAL64', scale: 2, value: 1n }
  const referrer = target as ServerValue
  overwrite(target, ints(7) as ServerValue)
  t.strictSame(referrer, ints(7))
  t.notOk('scale' in target, 'nothing of the old value is left')
})

t.test('a shallow copy is changed without changing the original', async t => {
  const pair: ServerValue = { form: 'pair', elements: ints(1, 2) as Vector }
  const copy = shallowCopy(pair)
  overwrite(copy, ints(9) as ServerValue)
  t.strictSame(pair, { form: 'pair', elements: ints(1, 2) })
  const list: ServerValue = { form: 'list', elements: [ints(1) as ServerValue] }
  t.not((shallowCopy(list) as typeof list).elements, list.elements)
})
