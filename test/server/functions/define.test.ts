import t from 'tap'
import {
  alias,
  binaryFunction,
  defineFunction,
  unaryFunction,
} from '../../../src/server/functions/define.js'
import { intScalar, voidValue } from '../../../src/server/values/scalar.js'
import { callContext, failureOf } from '../../helpers/call-context.js'

const context = callContext()
const [one, two, three] = [intScalar(1), intScalar(2), intScalar(3)]

t.test('a declaration tells how many arguments there may be, and what they are called', async t => {
  const nothing = (): typeof voidValue => voidValue
  const declared: [title: string, actual: object, wanted: object][] = [
    ['f(X)', unaryFunction('f', nothing), { parameters: ['X'], minArguments: 1, maxArguments: 1 }],
    [
      'f(X, Y)',
      binaryFunction('f', nothing),
      { parameters: ['X', 'Y'], minArguments: 2, maxArguments: 2 },
    ],
    [
      'f(X, [y])',
      defineFunction('f', ['X', 'y'], 1, nothing),
      { parameters: ['X', 'y'], minArguments: 1, maxArguments: 2 },
    ],
    [
      'f(X, …)',
      defineFunction('f', ['X', '...args'], 1, nothing),
      { minArguments: 1, maxArguments: Infinity },
    ],
    ['f()', defineFunction('f', [], 0, nothing), { minArguments: 0, maxArguments: 0 }],
  ]
  for (const [title, actual, wanted] of declared) t.match(actual, { name: 'f', ...wanted }, title)
  const plain = defineFunction('f', ['X'], 1, nothing)
  t.equal(plain.mutatesFirst, undefined)
  t.equal(plain.pace, undefined)
  const traits = { mutatesFirst: true, pace: 'own' } as const
  for (const builtin of [
    unaryFunction('f', nothing, traits),
    binaryFunction('f', nothing, traits),
    defineFunction('f', ['X'], 1, nothing, traits),
  ]) {
    t.match(builtin, traits)
  }
})

t.test('arguments and context come through, in their order', async t => {
  const seen: unknown[] = []
  unaryFunction('f', (...args) => (seen.push(...args), voidValue)).call(context, [one])
  binaryFunction('f', (...args) => (seen.push(...args), voidValue)).call(context, [one, two])
  defineFunction('f', ['X', 'y', 'z'], 1, (...args) => (seen.push(...args), voidValue)).call(
    context,
    [one, undefined, three],
  )
  t.strictSame(
    seen.map(value => (value === context ? 'context' : value)),
    [one, 'context', one, two, 'context', 'context', [one, undefined, three]],
  )
  t.equal(unaryFunction('f', x => x).call(context, [three]), three, 'what it computes is answered')
})

t.test('a required argument that is left open is refused by its name', async t => {
  const builtin = defineFunction('f', ['first', 'second', 'third'], 2, () => voidValue)
  const open: [args: Parameters<typeof builtin.call>[1], refusal: RegExp][] = [
    [[undefined, one], /\[first\] of function \[f\]/],
    [[one, undefined], /\[second\] of function \[f\]/],
    [[one], /\[second\] of function \[f\]/],
    [[], /\[first\] of function \[f\]/],
  ]
  for (const [args, refusal] of open) {
    t.match(
      failureOf(() => builtin.call(context, args)),
      refusal,
    )
  }
  t.equal(
    builtin.call(context, [one, voidValue]),
    voidValue,
    'NULL is given, and the rest may miss',
  )
})

t.test('an alias is the same function under another name', async t => {
  const builtin = unaryFunction('f', x => x, { pace: 'elementwise' })
  t.strictSame(alias(builtin, 'g'), { ...builtin, name: 'g' })
  t.equal(builtin.name, 'f')
})
