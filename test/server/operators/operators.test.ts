/* Operators on all types and forms. The comments name the pages and headings of the DolphinDB manual. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { DataType } from '../../../src/protocol/data-type.js'
import type { ElementValue } from '../../../src/protocol/element.js'
import type { Vector } from '../../../src/protocol/value.js'
import { sortRows } from '../../../src/server/operators/comparison.js'
import type { BinaryOperator } from '../../../src/server/operators/operands.js'
import { applyBinary } from '../../../src/server/operators/operators.js'
import type { ServerValue } from '../../../src/server/values/server-value.js'
import { testExamples, testRefusals } from '../../helpers/examples.js'
import { forAll, runs } from '../../helpers/runs.js'
import { int } from '../../helpers/values.js'
import { column, valuesOf } from '../columns/columns.js'

const vector = (type: DataType, ...values: ElementValue[]): Vector =>
  column(type, ...values) as Vector

const computed = (operator: BinaryOperator, a: ServerValue, b: ServerValue): ElementValue[] =>
  valuesOf(applyBinary(operator, a, b) as Vector)

testExamples(t, {
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
  // Page seq, "Details": both ends belong to the sequence; it may count down.
  'a sequence has the type of its ends': {
    '0..3': '[0,1,2,3]',
    '2..-1': '[2,1,0,-1]',
    'typestr(1h..3l)': 'FAST LONG VECTOR',
    'typestr(1h..3h)': 'FAST SHORT VECTOR',
    'typestr(false..true)': 'FAST INT VECTOR',
    '2012.01.01..2011.12.31': '[2012.01.01,2011.12.31]',
    '2012.01M..2012.02M': '[2012.01M,2012.02M]',
    '9223372036854775806l..9223372036854775807l': '[9223372036854775806,9223372036854775807]',
    '1..00i': '[]',
    '(3)..4': '[3,4]',
  },
  // "Functions and NULL", logicOrIgnoreNull=true.
  '&& with a null is null, || takes the value of the known side': {
    '[false,true,00b] && [false,false,false]': '[false,false,]',
    '[false,true,00b] && [true,true,true]': '[false,true,]',
    '[false,true,00b] || 00b': '[false,true,]',
    '[false,true,00b] || true': '[true,true,true]',
    '!(0 -7 00i)': '[true,false,]',
    '!(0.0 5e-324)': '[true,false]',
  },
  // Page neg, "Details".
  'negation keeps the type': {
    '-(127c)': '-127',
    'typestr(-(127c))': 'CHAR',
    'typestr(-(1h 2h))': 'FAST SHORT VECTOR',
    'typestr(-true)': 'INT',
    '-(1 00i)': '[-1,]',
    '-(0.0)': '-0',
  },
  // "Temporal Object Manipulation": operands of different types are compared as the finer type.
  'moments of different types are in the order of time, also at the limits of a type': {
    '2012.06.13 < 2012.06.13T00:00:01': 'true',
    '(100000000$DATE) > 2147483647$DATETIME': 'true',
    '(-100000000$DATE) < -2147483647$DATEMINUTE': 'true',
    '(100000000$DATE) == 8640000000000000l$TIMESTAMP': 'true',
    '(100000000$DATE) > 2262.01.01T00:00:00.000000000': 'true',
    '00d < 1970.01.01T00:00:00.000000000': 'true',
    '00:00:00.001 == 00:00:00.001000000': 'true',
    '12:00:00 > 11:59m': 'true',
    '1970.01.02 == 1': 'true',
  },
  // Page lt, "Details"; "Null values in sorting".
  'null comes first, and numbers compare by value': {
    '(1 00i 3) < 2': '[true,true,false]',
    '2 < (1 00i 3)': '[false,false,true]',
    '9007199254740993l > 9007199254740992l': 'true',
    '9007199254740993l > 9007199254740992': 'true',
    'true == 1': 'true',
    '0.5f == 0.5': 'true',
    '1.50P == 1.5': 'true',
    '1.50P < 2': 'true',
    '`B < `a': 'true',
    '(`b`a$SYMBOL) < `b': '[false,true]',
    'uuid("00000000-0000-0000-0000-000000000100") > uuid("00000000-0000-0000-0000-000000000002")':
      'true',
    'uuid() < uuid("00000000-0000-0000-0000-000000000001")': 'true',
  },
  // Pages add and mod, "Details".
  'operators have the type that both operands need': {
    'typestr(100c + 100c)': 'INT',
    'typestr(7h * 2l)': 'LONG',
    '3e38f * 2': '',
    '1f \\ 0': '',
    'typestr(1l - NULL)': 'LONG',
    '00:00:00.005 % 3': '2',
    '"a" + 1.5P': 'a1.5',
    'blob("a") + "b"': 'ab',
  },
})

// The vendor's texts (docs/server-semantics.md#error-texts).
testRefusals(t, 'errors of operators say which operation is impossible', {
  '1/`7': '1/`7 => Arguments for div method can not be string.',
  '"1" - 2': 'Arguments for sub method can not be string.',
  '1 2 3 + 1 2': 'Incompatible vector size',
  'table(1 2 as x) + 1': 'Arguments for add method can not be table.',
  '2012.01.01 + 2012.01.02': 'Arguments for add method can not be temporal.',
  '1 - 2012.01.01': 'Arguments for sub method can not be temporal.',
  '2012.01.01 + 1.5': 'Arguments for add method can not be double.',
  '2012.01.01 - 00:00:00.000': 'Incompatible type. Expected: TIME, Actual: DATE',
  'uuid() + 1': 'Arguments for add method can not be uuid.',
  '-`a': 'Arguments for mul method can not be string.',
  '1 == `a': "Can't compare INT with STRING.",
  '1.5P % 1': 'Arguments for mod method can not be decimal: not in the embedded server',
  '"a" && true': 'Arguments for and method can not be string.',
  '!1.5P': 'Arguments for not method can not be decimal64.',
  '1:`a': 'Both arguments of a pair must be scalars of the same type.',
  '1..`a': 'Arguments for seq method must be integral or temporal scalars.',
  '1..2012.01.01': 'Arguments for seq method must be integral or temporal scalars.',
  '(1 2)..3': 'Arguments for seq method must be integral or temporal scalars.',
  '0..2147483647': 'The sequence 0..2147483647 is too long.',
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

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient
}

type Exact = (a: bigint, b: bigint) => bigint | null

const exact: Readonly<Partial<Record<BinaryOperator, Exact>>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => (b === 0n ? null : floorDivide(a, b)),
  '%': (a, b) => (b === 0n ? null : a - b * floorDivide(a, b)),
}

const whole = (width: bigint): fc.Arbitrary<bigint | null> => {
  const max = 2n ** (width - 1n) - 1n
  return fc.option(fc.oneof(fc.bigInt({ min: -50n, max: 50n }), fc.bigInt({ min: -max, max })))
}
const narrow = (value: bigint | null): number | null => (value === null ? null : Number(value))

// Pages add, sub, mul, div, mod, "Details"; "Functions and NULL".
t.test('integers wrap at their width, and an operation with null gives null', async () => {
  const rows = fc.array(fc.tuple(whole(32n), whole(32n), whole(64n)), { maxLength: 12 })
  const expected = (compute: Exact, a: bigint | null, b: bigint | null, width: 32 | 64) => {
    const value = a === null || b === null ? null : compute(a, b)
    const wrapped = value === null ? null : BigInt.asIntN(width, value)
    return wrapped === -(2n ** BigInt(width - 1)) ? null : wrapped
  }
  const big = (values: ElementValue[]): unknown[] =>
    values.map(value => (value === null ? null : BigInt(value as number)))
  for (const [operator, compute] of Object.entries(exact) as [BinaryOperator, Exact][]) {
    forAll(40)(rows, row => {
      const ints = vector('INT', ...row.map(([a]) => narrow(a)))
      const others = vector('INT', ...row.map(([, b]) => narrow(b)))
      const longs = vector('LONG', ...row.map(([, , c]) => c))
      const ofInts = row.map(([a, b]) => expected(compute, a, b, 32))
      assert.deepEqual(big(computed(operator, ints, others)), ofInts)
      const ofLongs = row.map(([a, , c]) => expected(compute, a, c, 64))
      assert.deepEqual(big(computed(operator, ints, longs)), ofLongs)
    })
  }
})

// "Temporal Object Manipulation".
t.test('a time of day restarts at midnight', async () => {
  const perDay: [DataType, bigint][] = [
    ['MINUTE', 1440n],
    ['SECOND', 86_400n],
    ['TIME', 86_400_000n],
    ['NANOTIME', 86_400_000_000_000n],
  ]
  for (const [type, units] of perDay) {
    const start = fc.bigInt({ min: 0n, max: units - 1n })
    fc.assert(
      fc.property(start, fc.integer({ min: -9e8, max: 9e8 }), (at, moved) => {
        const time = vector(type, type === 'NANOTIME' ? at : Number(at))
        const [made] = computed('+', time, int(moved))
        const wanted = (((at + BigInt(moved)) % units) + units) % units
        assert.equal(BigInt(made as number | bigint), wanted)
      }),
      { numRuns: runs(50), examples: [[units - 1n, 1]] },
    )
  }
})

// Page sort, "Details"; "Null values in sorting".
t.test('sorting by several keys in either direction keeps the order of equal rows', async () => {
  const row = fc.record({ a: fc.option(fc.nat({ max: 3 })), b: fc.nat({ max: 3 }) })
  forAll(100)(fc.array(row, { maxLength: 40 }), fc.boolean(), (rows, descending) => {
    const columns = [
      { column: vector('INT', ...rows.map(one => one.a)), descending },
      { column: vector('INT', ...rows.map(one => one.b)), descending: false },
    ]
    const rank = (value: number | null): number => value ?? -1
    const expected = rows
      .map((one, index) => ({ ...one, index }))
      .sort((x, y) => (descending ? -1 : 1) * (rank(x.a) - rank(y.a)) || x.b - y.b)
      .map(({ index }) => index)
    assert.deepStrictEqual([...sortRows(columns, rows.length)], expected)
  })
})
