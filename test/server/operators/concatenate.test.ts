import t from 'tap'
import { concatenate } from '../../../src/server/operators/arithmetic.js'
import type { ServerValue } from '../../../src/server/values/server-value.js'
import { int, text } from '../../helpers/values.js'
import { paired, scalar, shown, vector } from './values.js'

t.test('both sides are read as text', async t => {
  const examples: [ServerValue, ServerValue, string][] = [
    [text('a'), text('b'), 'STRING ab'],
    [text('a'), int(-1), 'STRING a-1'],
    [scalar('CHAR', 97), text('b'), 'STRING ab'],
    [scalar('DATE', 0), text('!'), 'STRING 1970.01.01!'],
    [text('a'), int(0), 'STRING a0'],
    [text('a'), scalar('INT', null), 'STRING a'],
    [scalar('VOID', null), text('a'), 'STRING a'],
    [text(''), text(''), 'STRING '],
    [vector('STRING', 'a', ''), text('c'), 'STRING ac,c'],
    [text('c'), vector('SYMBOL', 'a', ''), 'STRING ca,c'],
    [vector('STRING', 'a', 'b'), vector('INT', 1, null), 'STRING a1,b'],
    [vector('STRING'), text('a'), 'STRING '],
  ]
  for (const [left, right, wanted] of examples) {
    t.equal(shown(concatenate(paired(left, right))), wanted)
  }
})

t.test('no text grows beyond sixteen million characters', async t => {
  const half = 'a'.repeat(8_388_608)
  t.match(concatenate(paired(text(half), text(half))), { length: 1 })
  t.throws(() => concatenate(paired(text(half), text(`${half}b`))), {
    name: 'ScriptError',
    message: 'A text must not be longer than 16777216 characters.',
  })
})
