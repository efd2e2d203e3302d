import t from 'tap'
import { isIdentifier } from '../../src/schema/identifier.js'

t.test('letters, Chinese characters, digits and _', async t => {
  for (const name of ['a', 'A1_', '日期', 'a日2']) t.ok(isIdentifier(name), name)
  for (const name of ['', '1a', '_a', 'a b', 'a`b', 'a"', 'é', 'a\n', '。']) {
    t.notOk(isIdentifier(name), name)
  }
})
