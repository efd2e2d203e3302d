/*
  Operators on types other than plain numbers, and on whole forms (DolphinDB manual, pages of the operators).
*/
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { comparisonOperators } from '../../../src/server/operators/operator-names.js'
import {
  applyBinary,
  applyUnary,
  assembleTuple,
  computePairing,
  tuplePairs,
  type ElementwiseOperator,
} from '../../../src/server/operators/operators.js'
import { scalarAt } from '../../../src/server/operators/operands/pairing.js'
import type { ServerValue } from '../../../src/server/values/server-value.js'
import { runs } from '../../helpers/runs.js'
import { testSession } from '../../helpers/script.js'
import { int, text } from '../../helpers/values.js'
import { paired, scalar, vector } from './values.js'

const examples: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'nulls follow the manual': {
    '5 + NULL': '',
    'typestr(5 + NULL)': 'INT',
    'x=1.0+5.6*3+NULL+3; x==NULL': 'true',
    'false || 00i': 'false',
    'true && 00i': '',
    'NULL or true': 'true',
    'typestr(NULL or NULL)': 'BOOL',
    'NULL==NULL': 'true',
    '!NULL==NULL': 'true',
    '1 < NULL': 'false',
    '1 > NULL': 'true',
    'x=1 2 NULL NULL 3; y=2 NULL NULL 3 4; x+y': '[3,,,,7]',
    'x=1 2 NULL NULL 3; y=2 NULL NULL 3 4; x<y': '[true,false,false,true,true]',
    'x=(1, NULL); x+1': '[2,]',
    'int()==NULL': 'true',
  },
  'types are promoted': {
    'typestr(1+2l)': 'LONG',
    'typestr(1+2.0)': 'DOUBLE',
    'typestr(1f+2)': 'FLOAT',
    'typestr(1f+2.0)': 'DOUBLE',
    'typestr(1h+2h)': 'INT',
    'typestr(5/2)': 'INT',
    'typestr(5\\2)': 'DOUBLE',
    '5\\2': '2.5',
    '5.0/2': '2.5',
    '-10%3': '2',
    '-10%-3': '-1',
    '1/0': '',
    '9/2:5': '4:1',
    'true+true': '2',
  },
  bits: { '6 & 3': '2', '6 | 3': '7', '6 ^ 3': '5', '1 << 4': '16', '10 >> 2': '2' },
  logic: {
    '1 && 3': 'true',
    'x=1 2 3; x && 0': '[false,false,false]',
    '!1.5': 'false',
    'not 0': 'true',
  },
  'temporal values move by their own unit': {
    '2018.02.17+100': '2018.05.28',
    '2016.02M-13': '2015.01M',
    '01:20:15+200': '01:23:35',
    '23:59m+10': '00:09m',
    '00:00:01-2': '23:59:59',
    '23:59:59.900+200': '00:00:00.100',
    '2012.01.03-2012.01.01': '2',
    'typestr(2012.01.03T00:00:00.000-2012.01.01T00:00:00.000)': 'LONG',
    '2012.01.01 + 0..2': '[2012.01.01,2012.01.02,2012.01.03]',
    '01:02:03.456 % 1000': '456',
    '2012.01.01 == 2012.01.01T00:00:00': 'true',
    '2012.01.01T00:00:01 > 2012.01.01': 'true',
    '00d + 1': '',
    '2012.01.01 + 1l': '2012.01.02',
  },
  'text is joined by +': {
    '"a" + "b"': 'ab',
    '"a" + 1': 'a1',
    '`a`b + "c"': '[ac,bc]',
    '"day " + 2012.01.01': 'day 2012.01.01',
    "'a' + `b": 'ab',
    '"x" + NULL': 'x',
  },
  'text compares by its characters': {
    '`a < `b': 'true',
    '`a`b == "a"': '[true,false]',
    '(`a`b`a$SYMBOL) == `a': '[true,false,true]',
    "'a' == `a": 'true',
    '"" == NULL': 'true',
  },
  'decimals keep their digits': {
    'a=decimal32(142, 2); b=decimal32(1\\7, 6); a': '142.00',
    'a=decimal64(142, 2); b=decimal64(1\\7, 6); a+b': '142.142857',
    'a=decimal64(142, 2); b=decimal64(1\\7, 6); a*b': '20.28569400',
    '1.50P + 1': '2.50',
    '1.5P == 1.50P': 'true',
    '2.5P > 2': 'true',
    'typestr(1.5P + 1.0)': 'DOUBLE',
    '-1.5P': '-1.5',
    '7.00P/2': '3.50',
  },
  'pairs, sets and matrices': {
    '1:2+6': '7:8',
    '1:2+3:4': '4:6',
    '1:2==1:6': 'true:false',
    'm=1..6$2:3; sum(m*2)': '[6,14,22]',
  },
  'join makes longer vectors': {
    '1 <- 3': '[1,3]',
    '4 <- 1 2 3': '[4,1,2,3]',
    '[1,2,3] <- [4,5,6]': '[1,2,3,4,5,6]',
    'typestr(1 2 <- 2.5)': 'FAST DOUBLE VECTOR',
    'typestr(1 2 <- `a)': 'ANY VECTOR',
    'm=1..4$2:2 <- [7,8]; m[2]': '[7,8]',
  },
  'cast converts and reshapes': {
    '8.9$INT': '9',
    '`128.9$INT': '128',
    'typestr(`IBM`MS$SYMBOL)': 'FAST SYMBOL VECTOR',
    'm=1..8$2:4; m[3]': '[7,8]',
    'm=1..8$2:4; n=m$4:2; n[1]': '[5,6,7,8]',
    'cast(1.1,`int)': '1',
    'typestr(cast(1 2, ANY))': 'ANY VECTOR',
    '18262$DATE': '2020.01.01',
    '2020.01.01$INT': '18262',
    '`true`false$BOOL': '[true,false]',
    'typestr((1, 2.5)$DOUBLE)': 'FAST DOUBLE VECTOR',
    '"2020.01.01"$DATE': '2020.01.01',
  },
}

for (const [title, cases] of Object.entries(examples)) {
  t.test(title, async t => {
    for (const [script, shown] of Object.entries(cases)) {
      t.equal(await testSession().show(script), shown, script)
    }
  })
}

t.test('operators name what they cannot do', async t => {
  const { fail } = testSession()
  t.equal(await fail('1/`7'), '1/`7 => Arguments for div method can not be string.')
  t.match(await fail('1 2 3 + 1 2'), 'Incompatible vector size')
  t.match(await fail('table(1 2 as x) + 1'), 'Arguments for add method can not be table.')
  t.match(await fail('2012.01.01 + 2012.01.02'), 'Arguments for add method can not be temporal.')
  t.match(await fail('1.0 & 2.0'), 'Arguments for bitAnd method can not be double.')
  t.match(await fail('uuid() + 1'), 'Arguments for add method can not be uuid.')
  t.match(await fail('1 == `a'), "Can't compare INT with STRING.")
  t.match(
    await fail('1.5P$DECIMAL128(38) * 1.5P'),
    'Scale out of bound (valid range: [0, 38], but get: 39)',
  )
  t.match(await fail('1:`a'), 'Both arguments of a pair must be scalars of the same type.')
  t.match(await fail('1..`a'), 'Arguments for seq method')
  t.match(await fail('1 2 3 $ 2:2'), 'does not match the dimensions')
})

const elementwise: readonly ElementwiseOperator[] = [
  ...(['+', '-', '*', '/', '\\', '%', '&&', '||'] as const),
  ...([...comparisonOperators] as ElementwiseOperator[]),
]

t.test('a scalar computes as a vector of one element does', async () => {
  const whole = fc.option(
    fc.oneof(
      fc.integer({ min: -3, max: 3 }),
      fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 - 1 }),
    ),
  )
  const double = fc.option(fc.double({ min: -1e300, max: 1e300 }))
  fc.assert(
    fc.property(
      fc.constantFrom(...elementwise),
      whole,
      whole,
      double,
      double,
      (operator, a, b, x, y) => {
        const rows: ['INT' | 'DOUBLE', number | null, number | null][] = [
          ['INT', a, b],
          ['DOUBLE', x, y],
        ]
        for (const [type, left, right] of rows) {
          const one = applyBinary(operator, scalar(type, left), scalar(type, right))
          const many = computePairing(operator, paired(vector(type, left), vector(type, right)))
          assert.deepEqual(one, scalarAt(many, 0), operator)
        }
      },
    ),
    {
      numRuns: runs(300),
      examples: [
        ['-', -2147483647, 1, 0, 0],
        ['+', 2147483647, 1, 0, 0],
      ],
    },
  )
})

t.test('a tuple computes with a tuple, a vector or a value beside each', async t => {
  const tuple = vector('ANY', int(1), text('a'))
  const pairsOf = (left: ServerValue, right: ServerValue): unknown => {
    const pairs = tuplePairs(left, right)
    return pairs && Array.from({ length: pairs.length }, (_, at) => pairs.at(at))
  }
  t.strictSame(pairsOf(tuple, int(7)), [
    [int(1), int(7)],
    [text('a'), int(7)],
  ])
  t.strictSame(pairsOf(int(7), tuple), [
    [int(7), int(1)],
    [int(7), text('a')],
  ])
  t.strictSame(pairsOf(tuple, vector('INT', 3, 4)), [
    [int(1), int(3)],
    [text('a'), int(4)],
  ])
  t.strictSame(pairsOf(tuple, tuple), [
    [int(1), int(1)],
    [text('a'), text('a')],
  ])
  t.equal(tuplePairs(int(1), vector('INT', 1)), undefined)
  t.throws(() => tuplePairs(tuple, vector('ANY', int(1))), {
    category: 'SYSTEM_Operator',
    message: 'Incompatible vector size',
  })
  t.strictSame(assembleTuple('+', [int(1), int(2)]), vector('ANY', int(1), int(2)))
  t.strictSame(assembleTuple('<=', [int(1), int(2)]), vector('INT', 1, 2))
  t.strictSame(
    applyUnary('-', vector('ANY', int(1), vector('INT', 2))),
    vector('ANY', int(-1), vector('INT', -2)),
  )
  t.strictSame(applyUnary('!', int(3)), scalar('BOOL', false))
})

t.test('what is joined are columns, lists and matrices', async t => {
  const type: ServerValue = { form: 'type', column: { type: 'INT' } }
  const list: ServerValue = { form: 'list', elements: [type] }
  const longer = (...elements: ServerValue[]): ServerValue => ({ form: 'list', elements })
  t.strictSame(applyBinary('<-', list, int(2)), longer(type, int(2)))
  t.strictSame(applyBinary('<-', vector('INT', 1, 2), list), longer(int(1), int(2), type))
  t.strictSame(applyBinary('<-', list, list), longer(type, type))
  t.throws(() => applyBinary('<-', vector('INT', 1), { form: 'set', elements: vector('INT', 1) }), {
    category: 'SYSTEM_Operator',
    message: 'Arguments for join method must be vectors, matrices or tables.',
  })
  const matrix: ServerValue = { form: 'matrix', rows: 2, columns: 1, elements: vector('INT', 1, 2) }
  t.strictSame(applyBinary('<-', matrix, matrix), {
    form: 'matrix',
    rows: 2,
    columns: 2,
    elements: vector('INT', 1, 2, 1, 2),
  })
  t.throws(() => applyBinary('<-', matrix, vector('INT', 1)), {
    message: 'Incompatible vector size',
  })
})
