import t from 'tap'
import { keyTexts, rowKeys } from '../../../src/load/verify/key-texts.js'
import { vectorOf } from '../../../src/protocol/element.js'

t.test('equal cells have the same text, different cells have different texts', async t => {
  const uuid = (last: number) => Uint8Array.from({ length: 16 }, (_, i) => (i === 0 ? last : 1))
  const columns = [
    vectorOf({ type: 'LONG' }, [1n, 1n, 2n]),
    vectorOf({ type: 'STRING' }, ['a', 'a', 'b']),
    vectorOf({ type: 'SYMBOL' }, ['a', 'a', 'b']),
    vectorOf({ type: 'UUID' }, [uuid(1), uuid(1), uuid(2)]),
    vectorOf({ type: 'DATE' }, [0, 0, null]),
  ]
  for (const column of columns) {
    const text = keyTexts(column)
    t.equal(text(0), text(1))
    t.not(text(0), text(2))
  }
  t.equal(
    keyTexts(columns[1]!)(0),
    keyTexts(columns[2]!)(0),
    'a SYMBOL is compared like other texts',
  )
})

t.test('cells of several columns have distinct texts, whatever their boundaries', async t => {
  const key = rowKeys([
    vectorOf({ type: 'STRING' }, ['1:', '1']),
    vectorOf({ type: 'STRING' }, ['a', ':a']),
  ])
  t.not(key(0), key(1))
})
