import t from 'tap'
import {
  comparisonOperators,
  operatorNames,
  operatorOf,
} from '../../../src/server/operators/operator-names.js'

t.test('an operator is short for a function (manual, pages of the operators)', async t => {
  t.strictSame(operatorNames, {
    '+': 'add',
    '-': 'sub',
    '*': 'mul',
    '**': 'dot',
    '/': 'div',
    '\\': 'ratio',
    '%': 'mod',
    '|': 'bitOr',
    '^': 'bitXor',
    '&': 'bitAnd',
    '<<': 'lshift',
    '>>': 'rshift',
    '<': 'lt',
    '<=': 'le',
    '==': 'eq',
    '!=': 'ne',
    '>': 'gt',
    '>=': 'ge',
    '&&': 'and',
    '||': 'or',
    '<-': 'join',
    '..': 'seq',
    ':': 'pair',
    $: 'cast',
  })
})

t.test('text is an operator when it spells one', async t => {
  for (const operator of Object.keys(operatorNames)) t.equal(operatorOf(operator), operator)
  for (const other of ['', '=', '!', '<>', 'add', '+ ', 'constructor', '__proto__']) {
    t.equal(operatorOf(other), undefined, other)
  }
})

t.test('six operators compare', async t => {
  t.same([...comparisonOperators].sort(), ['!=', '<', '<=', '==', '>', '>='])
})
