/*
  JavaScript values for elements: which kinds each type takes.
*/
import t from 'tap'
import {
  bigintOf,
  numberOf,
  textOf,
  unsuitable,
} from '../../../src/protocol/types/element-value.js'

const refusal = (shown: string) => ({
  code: 'DDB_USAGE',
  message: `A INT column cannot take the ${shown}`,
})

t.test('null is null, and text without anything', async t => {
  t.equal(numberOf('INT', null), null)
  t.equal(bigintOf('INT', null), null)
  t.equal(textOf('INT', null), '')
})

t.test('each kind is taken by its own types', async t => {
  t.equal(numberOf('INT', 1.5), 1.5)
  t.equal(bigintOf('INT', 2n ** 70n), 2n ** 70n)
  t.equal(bigintOf('INT', -9007199254740991), -9007199254740991n)
  t.equal(textOf('INT', 'a'), 'a')
})

t.test('other kinds are refused as what they are', async t => {
  for (const [of, value, shown] of [
    [numberOf, 1n, 'bigint 1'],
    [numberOf, 'x', 'string x'],
    [bigintOf, 1.5, 'number 1.5'],
    [bigintOf, 2 ** 53, 'number 9007199254740992'],
    [textOf, true, 'boolean true'],
    [textOf, [1], 'list'],
    [textOf, new Uint8Array(1), 'object'],
  ] as const) {
    t.throws(() => of('INT', value), refusal(shown), shown)
  }
  t.match(unsuitable('INT', null), refusal('object'))
})
