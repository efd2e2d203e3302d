import t from 'tap'
import type { Vector } from '../../../src/protocol/value.js'
import { chooseElements } from '../../../src/server/operators/operate.js'
import type { ServerValue } from '../../../src/server/values/server-value.js'
import { int, text } from '../../helpers/values.js'
import { scalar, shown, vector } from './values.js'

const condition = vector('BOOL', true, false, null)

t.test('each condition picks from its own side, a null condition a null', async t => {
  const examples: [ServerValue, ServerValue, ServerValue, string][] = [
    [condition, vector('INT', 1, 2, 3), vector('INT', 4, 5, 6), 'INT 1,5,'],
    [condition, int(1), vector('INT', 4, 5, 6), 'INT 1,5,'],
    [condition, vector('INT', 1, 2, 3), int(9), 'INT 1,9,'],
    [condition, int(1), int(2), 'INT 1,2,'],
    [vector('INT', 7, 0, null), int(1), int(2), 'INT 1,2,'],
    [condition, int(1), scalar('DOUBLE', 0.5), 'DOUBLE 1,0.5,'],
    [condition, text('a'), scalar('SYMBOL', 'b'), 'STRING a,b,'],
    [condition, int(1), text('b'), 'ANY 1,b,'],
    [condition, int(1), scalar('VOID', null), 'INT 1,,'],
    [condition, vector('INT', null, 2, 3), int(9), 'INT ,9,'],
    [vector('BOOL', null, true, false), vector('INT', 1, 2, 3), vector('INT', 4, 5, 6), 'INT ,2,6'],
    [vector('BOOL', null, true, false), int(1), int(2), 'INT ,1,2'],
    [vector('BOOL'), int(1), int(2), 'INT '],
  ]
  for (const [when, whenTrue, whenFalse, wanted] of examples) {
    t.equal(shown(chooseElements(when, whenTrue, whenFalse) as Vector), wanted)
  }
})

t.test('the result has the form of the condition', async t => {
  t.strictSame(chooseElements(scalar('BOOL', false), int(1), int(2)), int(2))
  const matrix: ServerValue = { form: 'matrix', rows: 3, columns: 1, elements: condition }
  const chosen = chooseElements(matrix, int(1), int(2))
  t.strictSame(chosen, { ...matrix, elements: vector('INT', 1, 2, null) })
})

t.test('sides of another length are refused, and so are conditions of text', async t => {
  const refusal = { category: 'SYSTEM_Operator', message: 'Incompatible vector size' }
  t.throws(() => chooseElements(condition, vector('INT', 1, 2), int(3)), refusal)
  t.throws(() => chooseElements(condition, int(3), vector('INT', 1, 2, 3, 4)), refusal)
  t.throws(() => chooseElements(text('a'), int(1), int(2)), {
    message: 'Arguments for iif method can not be string.',
  })
})
