import t from 'tap'
import { arithmetic } from '../../../src/server/operators/arithmetic.js'
import type { ServerValue } from '../../../src/server/values/server-value.js'
import { int, text } from '../../helpers/values.js'
import { decimal, paired, scalar, shown, vector } from './values.js'

t.test('the types decide how it is calculated', async t => {
  const examples: [ServerValue, '+' | '-', ServerValue, string][] = [
    [int(1), '+', int(2), 'INT 3'],
    [text('1'), '+', int(2), 'STRING 12'],
    [int(1), '+', vector('SYMBOL', '2'), 'STRING 12'],
    [scalar('BLOB', Uint8Array.of(97)), '+', text('b'), 'STRING ab'],
    [text('a'), '+', decimal(1, 15n), 'STRING a1.5'],
    [scalar('DATE', 0), '+', text('!'), 'STRING 1970.01.01!'],
    [decimal(1, 15n), '+', int(2), 'DECIMAL64(1) 3.5'],
    [int(2), '-', decimal(1, 15n), 'DECIMAL64(1) 0.5'],
    [scalar('DATE', 0), '+', int(1), 'DATE 1970.01.02'],
    [int(1), '+', scalar('DATE', 0), 'DATE 1970.01.02'],
    [scalar('DATE', 3), '-', scalar('DATE', 1), 'INT 2'],
  ]
  for (const [left, operator, right, wanted] of examples) {
    t.equal(shown(arithmetic(operator, paired(left, right))), wanted)
  }
})

t.test('text is added only', async t => {
  for (const [operator, name] of [
    ['-', 'sub'],
    ['*', 'mul'],
    ['/', 'div'],
    ['%', 'mod'],
  ] as const) {
    const refusal = {
      category: 'SYSTEM_Operator',
      message: `Arguments for ${name} method can not be string.`,
    }
    t.throws(() => arithmetic(operator, paired(text('1'), int(2))), refusal)
    t.throws(() => arithmetic(operator, paired(int(1), text('2'))), refusal)
  }
})
