/*
  Operators on types other than plain numbers, and on whole forms (DolphinDB manual, page of each operator).
*/
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { applyBinary } from '../../../src/server/operators/operators.js'
import type { ServerValue } from '../../../src/server/values/server-value.js'
import { runs } from '../../helpers/runs.js'
import { testSession } from '../../helpers/script.js'
import { int, text, ints } from '../../helpers/values.js'
import { paired, scalar, vector, decimal } from './values.js'
import { testExamples, testRefusals } from '../../helpers/examples.js'
import type { Scalar } from '../../../src/protocol/value.js'
import type { DataType } from '../../../src/protocol/data-type.js'
import type { ElementValue } from '../../../src/protocol/element.js'
import { logic, not, truthOf } from '../../../src/server/operators/comparison.js'
import { valuesOf, column } from '../columns/columns.js'
import { formatValue } from '../../../src/protocol/value-text.js'

const examples: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'nulls follow the manual': {
    '5 + NULL': '',
    'typestr(5 + NULL)': 'INT',
    '[true, false, 00b] ? 1 2 3 : 4 5 6': '[1,5,]',
    '[true, false, 00b] ? `a : `b`c`d': '[a,c,]',
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
  'join makes longer vectors': {
    '1 <- 3': '[1,3]',
    '4 <- 1 2 3': '[4,1,2,3]',
    '[1,2,3] <- [4,5,6]': '[1,2,3,4,5,6]',
    'typestr(1 2 <- 2.5)': 'FAST DOUBLE VECTOR',
    'typestr(1 2 <- `a)': 'ANY VECTOR',
  },
  'cast converts and reshapes': {
    '8.9$INT': '9',
    '`128.9$INT': '128',
    'typestr(`IBM`MS$SYMBOL)': 'FAST SYMBOL VECTOR',
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

t.test('errors of operators say which operation is impossible', async t => {
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
})

t.test('columns and lists are joined', async t => {
  const type: ServerValue = { form: 'type', column: { type: 'INT' } }
  const list: ServerValue = { form: 'list', elements: [type] }
  const longer = (...elements: ServerValue[]): ServerValue => ({ form: 'list', elements })
  t.strictSame(applyBinary('<-', list, int(2)), longer(type, int(2)))
  t.strictSame(applyBinary('<-', vector('INT', 1, 2), list), longer(int(1), int(2), type))
  t.strictSame(applyBinary('<-', list, list), longer(type, type))
  t.throws(() => applyBinary('<-', vector('INT', 1), { form: 'set', elements: vector('INT', 1) }), {
    category: 'SYSTEM_Operator',
    message: 'Arguments for join method must be vectors.',
  })
})

testExamples(t, {
  'text is read as far as it is a number': {
    '"12abc"$INT': '12',
    '"abc"$INT': '',
    '"-7"$LONG': '-7',
    '"x"$LONG': '',
    '"99999999999999999999"$LONG': '',
    '"40000"$SHORT': '',
    '"123"$SHORT': '123',
    '"a"$CHAR': "'a'",
    '"65"$CHAR': "'A'",
    '"2.5x"$DOUBLE': '2.5',
    '"abc"$FLOAT': '',
    '"true"$BOOL': 'true',
    '"0"$BOOL': 'false',
    '"maybe"$BOOL': '',
    '"1.2345"$DECIMAL32(2)': '1.23',
    '"192.168.1.13"$IPADDR': '192.168.1.13',
    'isNull("nonsense"$UUID)': 'true',
    '"13:30:10"$SECOND': '13:30:10',
    '"not a date"$DATE': '',
    '""$INT': '',
  },
  'everything can be text': {
    '1 2$STRING': '[1,2]',
    '2012.01.01$SYMBOL': '2012.01.01',
    'typestr(`a$BLOB)': 'BLOB',
    '(1, `a)$STRING': '[1,a]',
  },
  'times become coarser and finer': {
    '2012.06.13T13:30:10.008$DATE': '2012.06.13',
    '2012.06.13T13:30:10.008$TIME': '13:30:10.008',
    '2012.06.13$TIMESTAMP': '2012.06.13T00:00:00.000',
    '13:30:10$MINUTE': '13:30m',
    '0$MONTH': '0000.01M',
    '0l$TIMESTAMP': '1970.01.01T00:00:00.000',
    '1.6$DATE': '1970.01.03',
    '1970.01.02T00:00:00.000$LONG': '86400000',
    '1970.01.02$DOUBLE': '1',
  },
  'forms are kept, and opened by ANY': {
    '(1:2)$DOUBLE': '1:2',
    'typestr((1:2)$DOUBLE)': 'DOUBLE PAIR',
    'cast(5, ANY).size()': '1',
    'cast((sum, 1), ANY)[1]': '1',
    '(1, 2.6)$INT': '[1,3]',
    '(1 2, 3.6)$INT': '[[1,2],4]',
    'typestr(()$INT)': 'FAST INT VECTOR',
    'typestr(NULL$DATE)': 'DATE',
    'typestr(array(STRING,0)$INT)': 'FAST INT VECTOR',
  },
})

testRefusals(t, 'casts that have no meaning are refused', {
  '5$`nosuch': 'The right side of cast must be a data type.',
  '5$6': 'The right side of cast must be a data type.',
  'table(1 as x)$INT': "The object can't be converted to INT.",
  '"a"$COMPLEX': 'Incompatible type. Expected: COMPLEX, Actual: STRING',
  'cast(1 2, "INT[]")': 'Incompatible type.',
  'uuid("5d212a78-cc48-e3b1-4235-b4d91473ee87")$INT': 'Incompatible type.',
})

const no = scalar('BOOL', false)
const yes = scalar('BOOL', true)
const nothing = scalar('BOOL', null)

t.test('&& with a null is null, || takes the value of the known side', async t => {
  const rows: [ServerValue, ServerValue, boolean | null, boolean | null][] = [
    [no, no, false, false],
    [no, yes, false, true],
    [yes, yes, true, true],
    [no, nothing, null, false],
    [yes, nothing, null, true],
    [nothing, nothing, null, null],
    [scalar('VOID', null), yes, null, true],
    [int(0), int(-7), false, true],
    [int(2), int(4), true, true],
  ]
  for (const [a, b, both, either] of rows) {
    for (const [left, right] of [
      [a, b],
      [b, a],
    ] as const) {
      t.strictSame(valuesOf(logic('&&', paired(left, right))), [both])
      t.strictSame(valuesOf(logic('||', paired(left, right))), [either])
    }
  }
})

t.test('all values except zero and null are true', async t => {
  const types: [DataType, ElementValue[]][] = [
    ['BOOL', [false, true, null]],
    ['CHAR', [0, -127, null]],
    ['INT', [0, 2147483647, null]],
    ['LONG', [0n, 2n ** 40n, null]],
    ['FLOAT', [0, 0.1, null]],
    ['DOUBLE', [-0, 5e-324, null]],
    ['DATE', [0, 1, null]],
    ['NANOTIME', [0n, 1n, null]],
  ]
  for (const [type, values] of types) {
    t.same([...truthOf(vector(type, ...values), 'and')], [0, 1, -128], type)
    t.strictSame(valuesOf(not(vector(type, ...values)) as never), [true, false, null])
  }
  t.same([...truthOf({ form: 'vector', type: 'VOID', length: 2 }, 'and')], [-128, -128])
})

t.test('a value that is neither true nor false gives an error with its type', async t => {
  for (const [value, type] of [
    [text('a'), 'string'],
    [decimal(2, 1n), 'decimal64'],
  ] as const) {
    const refusal = (name: string): { category: string; message: string } => ({
      category: 'SYSTEM_Operator',
      message: `Arguments for ${name} method can not be ${type}.`,
    })
    t.throws(() => logic('&&', paired(value, yes)), refusal('and'))
    t.throws(() => logic('||', paired(yes, value)), refusal('or'))
    t.throws(() => not(value), refusal('not'))
  }
})

const scalarRange = (type: Scalar['type'], value: number | bigint | boolean | null): Scalar =>
  ({ form: 'scalar', type, value }) as Scalar

function shownRange(left: ServerValue, right: ServerValue): string {
  const made = applyBinary('..', left, right) as Extract<ServerValue, { form: 'vector' }>
  return `${made.type} ${formatValue(made)}`
}

t.test('a sequence includes both ends, up or down, in the type of the ends', async t => {
  const examples: [ServerValue, ServerValue, string][] = [
    [int(0), int(3), 'INT [0,1,2,3]'],
    [int(2), int(-1), 'INT [2,1,0,-1]'],
    [int(7), int(7), 'INT [7]'],
    [int(2147483646), int(2147483647), 'INT [2147483646,2147483647]'],
    [scalarRange('SHORT', 32767), scalarRange('SHORT', 32766), 'SHORT [32767,32766]'],
    [scalarRange('CHAR', 97), scalarRange('CHAR', 99), "CHAR ['a','b','c']"],
    [scalarRange('CHAR', 1), scalarRange('SHORT', 2), 'INT [1,2]'],
    [int(1), scalarRange('LONG', 2n), 'LONG [1,2]'],
    [scalarRange('BOOL', false), scalarRange('BOOL', true), 'INT [0,1]'],
    [scalarRange('DATE', 0), scalarRange('DATE', 1), 'DATE [1970.01.01,1970.01.02]'],
    [scalarRange('MONTH', 12), scalarRange('MONTH', 11), 'MONTH [0001.01M,0000.12M]'],
    [ints(3) as ServerValue, int(4), 'INT [3,4]'],
    [column('LONG', 2n ** 60n), scalarRange('LONG', 2n ** 60n), `LONG [${2n ** 60n}]`],
  ]
  for (const [left, right, wanted] of examples) t.equal(shownRange(left, right), wanted)
})

t.test('a sequence with a null at either end is empty', async t => {
  const nulls: [ServerValue, ServerValue][] = [
    [int(1), scalarRange('INT', null)],
    [scalarRange('INT', null), int(1)],
    [scalarRange('DATE', null), scalarRange('DATE', null)],
    [scalarRange('LONG', null), int(1)],
    [column('INT', null), int(1)],
  ]
  for (const [left, right] of nulls) {
    t.match(applyBinary('..', left, right), { form: 'vector', length: 0 })
  }
})

t.test('sequences count 64-bit numbers and nanoseconds one by one', async () => {
  const last = 2n ** 63n - 1n
  const start = fc.bigInt({ min: -last, max: last })
  fc.assert(
    fc.property(start, fc.integer({ min: -5, max: 5 }), (from, distance) => {
      const to = from + BigInt(distance)
      fc.pre(to >= -last && to <= last)
      for (const type of ['LONG', 'NANOTIMESTAMP'] as const) {
        const made = applyBinary('..', scalarRange(type, from), scalarRange(type, to))
        const wanted = Array.from({ length: Math.abs(distance) + 1 }, (_, i) =>
          distance < 0 ? from - BigInt(i) : from + BigInt(i),
        )
        assert.deepEqual(valuesOf(made as Extract<ServerValue, { form: 'vector' }>), wanted)
      }
    }),
    {
      numRuns: runs(100),
      examples: [
        [last, -1],
        [-last, 1],
        [2n ** 53n, 3],
      ],
    },
  )
})

t.test('no sequence is longer than the longest vector', async t => {
  t.throws(() => applyBinary('..', int(0), int(2147483647)), {
    message: 'The sequence 0..2147483647 is too long.',
  })
  const [from, to] = [scalarRange('LONG', 2n ** 62n), scalarRange('LONG', -(2n ** 62n))]
  t.throws(() => applyBinary('..', from, to), /too long/)
})

t.test('only integral and temporal scalars of one kind form a sequence', async t => {
  const refused: [ServerValue, ServerValue][] = [
    [text('a'), text('b')],
    [int(1), scalarRange('DOUBLE', 3)],
    [int(1), scalarRange('DATE', 3)],
    [scalarRange('DATE', 1), scalarRange('MONTH', 3)],
    [scalarRange('BOOL', true), int(3)],
    [ints(1, 2) as ServerValue, int(3)],
    [ints() as ServerValue, int(3)],
    [int(1), ints(3) as ServerValue],
    [column('ANY', ints(1)), int(3)],
    [column('STRING', 'a'), int(3)],
  ]
  for (const [left, right] of refused) {
    t.throws(() => applyBinary('..', left, right), {
      name: 'ScriptError',
      category: 'SYSTEM_Operator',
      message: 'Arguments for seq method must be integral or temporal scalars.',
    })
  }
})
