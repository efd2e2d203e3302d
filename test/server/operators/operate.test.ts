import t from 'tap'
import type { DataType } from '../../../src/protocol/data-type.js'
import { vectorOf, type ElementValue } from '../../../src/protocol/element.js'
import { formatValue } from '../../../src/protocol/value-text.js'
import type { Value, Vector } from '../../../src/protocol/value.js'
import { chooseElements } from '../../../src/server/operators/choose.js'
import { choose, operate, operateUnary } from '../../../src/server/operators/operate.js'
import { applyBinary, applyUnary } from '../../../src/server/operators/operators.js'
import type { BinaryOperator } from '../../../src/server/script/parse/syntax.js'
import { pieceRows } from '../../../src/server/values/pieces.js'
import type { Evaluation } from '../../../src/server/values/builtin.js'
import type { ServerValue } from '../../../src/server/values/server-value.js'
import { callContext, finish, valueOf } from '../../helpers/evaluation.js'
import { int, text } from '../../helpers/values.js'
import { scalar, vector } from './values.js'

const rows = 2 * pieceRows + 3
const each = (type: DataType, of: (row: number) => ElementValue): Vector =>
  vectorOf(
    { type },
    Array.from({ length: rows }, (_, row) => of(row)),
  ) as Vector
const long = each('INT', row => (row % 1000 === 0 ? null : row))
const other = each('INT', row => rows - row)
const texts = each('STRING', row => `t${row % 7}`)
const conditions = each('BOOL', row => [true, false, null][row % 3]!)
const typeOf = (name: 'DOUBLE' | 'STRING'): ServerValue => ({
  form: 'type',
  column: { type: name },
})
const list = (...elements: ServerValue[]): ServerValue => ({ form: 'list', elements })
const shown = (value: ServerValue): string => formatValue(value as Value)

t.test('long operands give what short ones give, piece by piece', async t => {
  const examples: [BinaryOperator, ServerValue, ServerValue][] = [
    ['+', long, other],
    ['-', long, int(7)],
    ['*', int(3), long],
    ['<', long, other],
    ['==', texts, text('t3')],
    ['+', text('x'), texts],
    ['&&', long, conditions],
    ['..', int(1), int(rows)],
    ['..', int(rows), int(1)],
    ['$', long, typeOf('DOUBLE')],
    ['$', other, typeOf('STRING')],
    ['<-', long, other],
    ['<-', texts, vector('STRING', 'last')],
    ['+', { form: 'matrix', rows, columns: 1, elements: long }, int(1)],
  ]
  for (const [operator, left, right] of examples) {
    const work = operate(callContext(), operator, left, right)
    t.notOk('form' in work, operator)
    const { value, turns } = finish(work as Evaluation<ServerValue>)
    t.ok(turns >= 3, `${operator} gives way`)
    const wanted = applyBinary(operator, left, right)
    t.equal(value.form, wanted.form)
    t.ok(formatElements(value) === formatElements(wanted), operator)
  }
})

/** A matrix shows its elements, too. */
function formatElements(value: ServerValue): string {
  return shown(value.form === 'matrix' ? value.elements : value)
}

t.test('short operands are worked on at once', async t => {
  const short = vector('INT', 1, 2, 3)
  for (const operator of ['+', '<', '..', '<-', '**', ':'] as const) {
    const left = operator === '..' || operator === ':' ? int(1) : short
    const right = operator === '..' || operator === ':' ? int(3) : short
    const made = operate(callContext(), operator, left, right)
    t.strictSame(made, applyBinary(operator, left, right), operator)
  }
  const joined = operate(callContext(), '<-', long, vector('DOUBLE', 0.5)) as ServerValue
  t.match(joined, { type: 'DOUBLE', length: rows + 1 }, 'of two types what is not too long')
  t.ok('form' in operate(callContext(), '..', int(1), int(pieceRows)))
  t.notOk('form' in operate(callContext(), '..', int(0), int(pieceRows)))
  t.strictSame(operateUnary(callContext(), '-', short), vector('INT', -1, -2, -3))
})

t.test('one operand works on long vectors as well', async t => {
  for (const operator of ['-', '!'] as const) {
    const { value, turns } = finish(
      operateUnary(callContext(), operator, long) as Evaluation<ServerValue>,
    )
    t.equal(turns, 3)
    t.ok(shown(value) === shown(applyUnary(operator, long)))
  }
  const tuple = vector('ANY', long, int(1))
  const negated = valueOf(operateUnary(callContext(), '-', tuple))
  t.ok(shown(negated) === shown(applyUnary('-', tuple)))
})

t.test('a tuple computes element by element, each of them a turn', async t => {
  const tuple = vector('ANY', long, int(1), int(2))
  const { value, turns } = finish(
    operate(callContext(), '+', tuple, int(1)) as Evaluation<ServerValue>,
  )
  t.equal(turns, 1 + 3 + 2, 'three elements, one of three pieces')
  t.ok(shown(value) === shown(applyBinary('+', tuple, int(1))))
  const told = valueOf(operate(callContext(), '<', vector('ANY', int(1), int(3)), int(2)))
  t.strictSame(told, vector('BOOL', true, false))
  const inside = valueOf(operate(callContext(), '+', list(int(1), list(int(2))), int(1)))
  t.strictSame(inside, applyBinary('+', list(int(1), list(int(2))), int(1)))
  t.throws(() => valueOf(operate(callContext(), '+', list(int(1)), list(int(1), int(2)))), {
    message: 'Incompatible vector size',
  })
})

t.test('what does not work in pieces is refused when it is too long', async t => {
  const most = 1_048_576
  const nothing = (length: number): Vector => ({ form: 'vector', type: 'VOID', length })
  const refused: [BinaryOperator, ServerValue, ServerValue, string][] = [
    ['**', nothing(most), int(1), 'dot'],
    ['<-', nothing(most), int(1), 'join'],
    ['$', vector('ANY', nothing(most)), typeOf('DOUBLE'), 'cast'],
    ['|', { form: 'set', elements: nothing(most) }, { form: 'set', elements: nothing(1) }, 'bitOr'],
  ]
  for (const [operator, left, right, name] of refused) {
    t.throws(() => valueOf(operate(callContext(), operator, left, right)), {
      message: `The embedded server's function [${name}] takes at most 1048576 elements at once.`,
    })
  }
  t.throws(() => choose(callContext(), list(nothing(most)), int(1), int(2)), { message: /\[iif\]/ })
})

t.test('a result that does not fit into the memory of the request is not made', async t => {
  const refusal = { message: 'Out of memory. One request may take 200000 bytes.' }
  for (const [operator, left, right] of [
    ['+', long, other],
    ['..', int(1), int(rows)],
  ] as const) {
    t.throws(() => valueOf(operate(callContext(200_000), operator, left, right)), refusal)
  }
  const tuple = list(...Array.from({ length: 4000 }, () => int(1)))
  t.throws(() => valueOf(operate(callContext(200_000), '+', tuple, int(1))), refusal)
  t.throws(() => valueOf(operateUnary(callContext(200_000), '-', tuple)), refusal)
})

t.test('long conditions choose piece by piece', async t => {
  const sides: [ServerValue, ServerValue][] = [
    [long, other],
    [int(1), other],
    [long, scalar('DOUBLE', 0.5)],
  ]
  for (const [a, b] of sides) {
    const { value, turns } = finish(
      choose(callContext(), conditions, a, b) as Evaluation<ServerValue>,
    )
    t.equal(turns, 3)
    t.ok(shown(value) === shown(chooseElements(conditions, a, b)))
  }
  t.throws(() => choose(callContext(), conditions, vector('INT', 1), int(2)), {
    category: 'SYSTEM_Operator',
    message: 'Incompatible vector size',
  })
  t.throws(() => choose(callContext(), conditions, int(1), vector('INT', 1)), /Incompatible/)
  const short = choose(callContext(), vector('BOOL', true, null), int(1), int(2))
  t.strictSame(short, vector('INT', 1, null))
})
