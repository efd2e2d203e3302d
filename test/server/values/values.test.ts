import t from 'tap'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  dataTypes,
  type DataType,
  columnTypeText,
  type ColumnType,
} from '../../../src/protocol/data-type.js'
import {
  emptyVector,
  columnTypeOf,
  vectorOf,
  type ElementValue,
} from '../../../src/protocol/element.js'
import { type Scalar, explicitNull, type Vector } from '../../../src/protocol/value.js'
import {
  boolScalar,
  doubleScalar,
  integerOf,
  intScalar,
  isTrue,
  isVoid,
  longScalar,
  nullOf,
  stringScalar,
  stringVector,
  textOf,
  textsOf,
  voidValue,
  newUuid,
} from '../../../src/server/values/scalar.js'
import type {
  ServerValue,
  FunctionValue,
  PartialFunction,
} from '../../../src/server/values/server-value.js'
import { ints, int, text, yes } from '../../helpers/values.js'
import { column, valuesOf } from '../columns/columns.js'
import {
  testSession,
  textsOf as textsOfVectorLiteral,
  textsOf as textsOfJoinVectors,
} from '../../helpers/script.js'
import {
  commonScalarType,
  isWireValue,
  tupleElements,
  tupleOf,
  vectorOfElements,
  vectorOfLiterals,
  vectorOfScalars,
  joinAll,
  joinColumns,
  joinVectors,
} from '../../../src/server/values/vector-literal.js'
import { runs } from '../../helpers/runs.js'
import { constantOf } from '../../../src/server/values/constants.js'
import {
  claimArray,
  overwrite,
  ownsArray,
  releaseArray,
  shallowCopy,
} from '../../../src/server/values/ownership.js'
import {
  filled,
  mergedKeywords,
  partialOf,
  type CallArguments,
} from '../../../src/server/values/partial-function.js'
import { systemPlatform } from '../../../src/platform/system.js'

const char = (value: number | null): Scalar => ({ form: 'scalar', type: 'CHAR', value })
const symbol = (value: string): Scalar => ({ form: 'scalar', type: 'SYMBOL', value })
const blob: Scalar = { form: 'scalar', type: 'BLOB', value: Uint8Array.of(0xc3, 0xa9) }
const encoded = {
  form: 'vector',
  type: 'STRING',
  length: 2,
  encoded: Uint8Array.of(97, 0, 0),
} as const

t.test('scalars have the type they are named after', async t => {
  t.strictSame(boolScalar(null), { form: 'scalar', type: 'BOOL', value: null })
  t.strictSame(intScalar(-1), { form: 'scalar', type: 'INT', value: -1 })
  t.strictSame(longScalar(2n), { form: 'scalar', type: 'LONG', value: 2n })
  t.strictSame(doubleScalar(0.5), { form: 'scalar', type: 'DOUBLE', value: 0.5 })
  t.strictSame(stringVector(['a', '']), column('STRING', 'a', ''))
})

t.test('every type has a null scalar, of the scale that is asked for', async t => {
  const types = (Object.keys(dataTypes) as DataType[]).filter(type => type !== 'ANY')
  for (const type of types) {
    const { form, type: made, value } = nullOf(type)
    t.same([form, made], ['scalar', type])
    const wanted =
      type === 'STRING' || type === 'SYMBOL' ? '' : type === 'BLOB' ? new Uint8Array(0) : null
    t.strictSame(value, wanted, type)
  }
  for (const type of ['DECIMAL32', 'DECIMAL64', 'DECIMAL128'] as const) {
    t.match(nullOf(type, 4), { scale: 4 })
  }
  t.match(nullOf('DECIMAL128'), { scale: 0 })
  t.notOk('scale' in nullOf('INT', 4))
})

t.test('nothing has no type; a typed null is a value', async t => {
  t.equal(isVoid(voidValue), true)
  t.equal(isVoid(nullOf('VOID')), true)
  for (const value of [intScalar(null), stringScalar(''), emptyVector({ type: 'VOID' }, 0)]) {
    t.equal(isVoid(value as ServerValue), false)
  }
})

t.test('text is read from what is text', async t => {
  const examples: [ServerValue | undefined, string | undefined][] = [
    [stringScalar('a'), 'a'],
    [stringScalar(''), ''],
    [symbol('s'), 's'],
    [char(97), 'a'],
    [char(null), ''],
    [blob, 'é'],
    [intScalar(1), undefined],
    [voidValue, undefined],
    [stringVector(['a']), undefined],
    [undefined, undefined],
  ]
  for (const [value, wanted] of examples) t.equal(textOf(value), wanted)
})

t.test('texts are read from every form a list of text comes in', async t => {
  const examples: [ServerValue | undefined, readonly string[] | undefined][] = [
    [stringScalar('a'), ['a']],
    [stringVector([]), []],
    [{ ...stringVector(['a', 'b']), length: 1 }, ['a']],
    [encoded, ['a', '']],
    [column('SYMBOL', 'b', '', 'b'), ['b', '', 'b']],
    [column('CHAR', 97, null, 98), ['a', '', 'b']],
    [column('ANY', stringScalar('a'), symbol('b'), char(99)), ['a', 'b', 'c']],
    [column('ANY', stringScalar('a'), intScalar(1)), undefined],
    [column('ANY', stringVector(['a'])), undefined],
    [ints(1) as ServerValue, undefined],
    [{ form: 'list', elements: [stringScalar('a')] }, undefined],
    [undefined, undefined],
  ]
  for (const [value, wanted] of examples) t.strictSame(textsOf(value), wanted)
})

t.test('whole numbers are those of integral scalars', async t => {
  const examples: [ServerValue | undefined, number | undefined][] = [
    [intScalar(0), 0],
    [intScalar(null), undefined],
    [char(-127), -127],
    [{ form: 'scalar', type: 'SHORT', value: 7 }, 7],
    [longScalar(2n ** 40n), 2 ** 40],
    [longScalar(null), undefined],
    [boolScalar(true), 1],
    [boolScalar(false), 0],
    [boolScalar(null), undefined],
    [doubleScalar(1), undefined],
    [stringScalar('1'), undefined],
    [ints(1) as ServerValue, undefined],
    [undefined, undefined],
  ]
  for (const [value, wanted] of examples) t.equal(integerOf(value), wanted)
})

t.test('a condition is true unless it is zero or null', async t => {
  for (const value of [boolScalar(true), intScalar(-1), doubleScalar(0.1), longScalar(1n)]) {
    t.equal(isTrue(value), true)
  }
  const untrue = [boolScalar(false), intScalar(0), doubleScalar(-0), longScalar(0n), voidValue]
  for (const value of [...untrue, boolScalar(null), intScalar(null), nullOf('DATE')]) {
    t.equal(isTrue(value), false)
  }
  for (const value of [ints(1) as ServerValue, stringScalar('a')]) {
    t.throws(() => isTrue(value), {
      message: 'A scalar object is expected. But the actual object is not a scalar.',
    })
  }
})

const { run, show, fail } = testSession()

/** Literal → type and text. */
const literals: Readonly<Record<string, readonly [string, string]>> = {
  '21': ['INT', '21'],
  '2147483647': ['INT', '2147483647'],
  '2147483648': ['LONG', '2147483648'],
  '-2147483648': ['LONG', '-2147483648'],
  '22l': ['LONG', '22'],
  '9223372036854775807l': ['LONG', '9223372036854775807'],
  '122h': ['SHORT', '122'],
  '97c': ['CHAR', "'a'"],
  "'a'": ['CHAR', "'a'"],
  "'ab'": ['STRING', 'ab'],
  '"a"': ['STRING', 'a'],
  '`a': ['STRING', 'a'],
  '`': ['STRING', ''],
  '1b': ['BOOL', 'true'],
  true: ['BOOL', 'true'],
  '3i': ['INT', '3'],
  '2.1f': ['FLOAT', '2.1'],
  '2.1': ['DOUBLE', '2.1'],
  '3F': ['DOUBLE', '3'],
  '1e3': ['DOUBLE', '1000'],
  '1.5e-2': ['DOUBLE', '0.015'],
  '.5': ['DOUBLE', '0.5'],
  '3.141P': ['DECIMAL64', '3.141'],
  '3P': ['DECIMAL64', '3'],
  '2013.06.13': ['DATE', '2013.06.13'],
  '2013.06.13d': ['DATE', '2013.06.13'],
  '2012.06.13T13:30:10D': ['DATETIME', '2012.06.13T13:30:10'],
  '2012.06.13T13:30:10.008T': ['TIMESTAMP', '2012.06.13T13:30:10.008'],
  '2012.06.13T13:30:10.008007006N': ['NANOTIMESTAMP', '2012.06.13T13:30:10.008007006'],
  '13:30:10.008t': ['TIME', '13:30:10.008'],
  '2012.06M': ['MONTH', '2012.06M'],
  '13:30:10.008': ['TIME', '13:30:10.008'],
  '13:30m': ['MINUTE', '13:30m'],
  '13:30:10': ['SECOND', '13:30:10'],
  '10:30:01s': ['SECOND', '10:30:01'],
  '2012.06.13T13:30:10': ['DATETIME', '2012.06.13T13:30:10'],
  '2012.06.13 13:30:10': ['DATETIME', '2012.06.13T13:30:10'],
  '2012.06.13T13:30:10.008': ['TIMESTAMP', '2012.06.13T13:30:10.008'],
  '2012.06.13 13:30:10.008': ['TIMESTAMP', '2012.06.13T13:30:10.008'],
  '13:30:10.008007006': ['NANOTIME', '13:30:10.008007006'],
  '2012.06.13T13:30:10.008007006': ['NANOTIMESTAMP', '2012.06.13T13:30:10.008007006'],
  '3M': ['DURATION', '3M'],
  '200ms': ['DURATION', '200ms'],
  '1H': ['DURATION', '1H'],
  NULL: ['VOID', ''],
  null: ['VOID', ''],
}

t.test('every literal has the type and the value that the manual gives it', async t => {
  for (const [literal, [type, text]] of Object.entries(literals)) {
    t.equal(await show(`typestr(${literal})`), type, `type of ${literal}`)
    t.equal(await show(literal), text, `text of ${literal}`)
  }
})

const nulls: Readonly<Record<string, string>> = {
  '00b': 'BOOL',
  '00c': 'CHAR',
  '00h': 'SHORT',
  '00i': 'INT',
  '00l': 'LONG',
  '00f': 'FLOAT',
  '00F': 'DOUBLE',
  '00d': 'DATE',
  '00M': 'MONTH',
  '00t': 'TIME',
  '00m': 'MINUTE',
  '00s': 'SECOND',
  '00D': 'DATETIME',
  '00T': 'TIMESTAMP',
  '00n': 'NANOTIME',
  '00N': 'NANOTIMESTAMP',
}

t.test('00 with a type letter is the null of that type', async t => {
  for (const [literal, type] of Object.entries(nulls)) {
    t.equal(await show(`typestr(${literal})`), type, literal)
    t.equal(await show(`isNull(${literal})`), 'true', literal)
  }
})

t.test('the smallest value of a type is its null', async t => {
  t.equal(await show('x = -128c; isNull(x)'), 'true')
})

const vectors: Readonly<Record<string, readonly [string, string]>> = {
  '1 2 3': ['FAST INT VECTOR', '[1,2,3]'],
  '10 2.5': ['FAST DOUBLE VECTOR', '[10,2.5]'],
  '3 NULL 6 1 NULL 9': ['FAST INT VECTOR', '[3,,6,1,,9]'],
  '1 -1 1 -2 2': ['FAST INT VECTOR', '[1,-1,1,-2,2]'],
  '-1 2 6': ['FAST INT VECTOR', '[-1,2,6]'],
  'true true false': ['FAST BOOL VECTOR', '[true,true,false]'],
  '`IBM`MS`GOOG': ['STRING VECTOR', '[IBM,MS,GOOG]'],
  '"Goldman Sachs" \'Morgan Stanley\'': ['STRING VECTOR', '[Goldman Sachs,Morgan Stanley]'],
  '`a`b `c "d"': ['STRING VECTOR', '[a,b,c,d]'],
  '`a`b"c d"': ['STRING VECTOR', '[a,b,c d]'],
  '2012.01.01 2012.01.02': ['FAST DATE VECTOR', '[2012.01.01,2012.01.02]'],
  '10:30:01s 10:30:03s': ['FAST SECOND VECTOR', '[10:30:01,10:30:03]'],
  '[1, 2.5, 3]': ['FAST DOUBLE VECTOR', '[1,2.5,3]'],
  '[1, 2,\n  3]': ['FAST INT VECTOR', '[1,2,3]'],
  '[1, NULL]': ['FAST INT VECTOR', '[1,]'],
  "['a', 'b']": ['FAST CHAR VECTOR', "['a','b']"],
  '[1, `a]': ['ANY VECTOR', '[1,a]'],
  '[3 6 1 5 9]': ['ANY VECTOR', '[[3,6,1,5,9]]'],
  '(1, 2, 3)': ['ANY VECTOR', '[1,2,3]'],
  '5..9': ['FAST INT VECTOR', '[5,6,7,8,9]'],
  '3..1': ['FAST INT VECTOR', '[3,2,1]'],
  '2015.11M..2016.01M': ['FAST MONTH VECTOR', '[2015.11M,2015.12M,2016.01M]'],
  '3:6': ['INT PAIR', '3:6'],
  '[1.23$DECIMAL32(4), 3$DECIMAL32(4)]': ['FAST DECIMAL32 VECTOR', '[1.2300,3.0000]'],
}

t.test('vectors, tuples, ranges and pairs have the type that their elements agree on', async t => {
  for (const [literal, [type, text]] of Object.entries(vectors)) {
    t.equal(await show(`x = ${literal}; typestr(x)`), type, `type of ${literal}`)
    t.equal(await show(literal), text, `text of ${literal}`)
  }
})

t.test('blank-separated constants without a common type are refused by name', async t => {
  t.equal(
    await fail('x = 1\ny = 1 `a'),
    'Syntax Error: [line #2] The elements of the vector [1 `a] have different types.',
  )
})

t.test('a backslash escapes in strings', async t => {
  t.equal(await show(String.raw`"a\tb\"c\\"`), 'a\tb"c\\')
})

t.test('a dictionary literal takes bare words as keys', async t => {
  t.equal(await show('d = {a: 1, "b": 2}; d.a + d[`b]'), '3')
  t.match(await run('{k: 1}'), { form: 'dictionary' })
})

t.test('words that every object knows are not suffixes', async t => {
  for (const script of ['1constructor', '00toString', '5valueOf']) {
    t.equal(await fail(script), `Syntax Error: [line #1] Cannot recognize the token ${script}`)
  }
})

const scalar = (type: Scalar['type'], value: unknown): Scalar =>
  ({ form: 'scalar', type, value }) as Scalar
const decimal = (scale: number, value: bigint | null): Scalar => ({
  form: 'scalar',
  type: 'DECIMAL64',
  scale,
  value,
})
const typeName: ServerValue = { form: 'type', column: { type: 'INT' } }
const shown = (value: ServerValue | undefined): string => {
  if (value?.form !== 'vector') return value?.form ?? 'nothing'
  return `${columnTypeText(columnTypeOf(value))} ${textsOfVectorLiteral(value).join()}`
}

t.test('numbers meet in the wider type, text in STRING, nulls in anything', async t => {
  const order: ColumnType['type'][] = ['CHAR', 'SHORT', 'INT', 'LONG', 'FLOAT', 'DOUBLE']
  for (const [a, narrow] of order.entries()) {
    for (const wide of order.slice(a)) {
      t.strictSame(commonScalarType({ type: narrow }, { type: wide }), { type: wide })
      t.strictSame(commonScalarType({ type: wide }, { type: narrow }), { type: wide })
    }
  }
  const examples: [ColumnType, ColumnType, ColumnType | undefined][] = [
    [{ type: 'SYMBOL' }, { type: 'STRING' }, { type: 'STRING' }],
    [{ type: 'BLOB' }, { type: 'SYMBOL' }, { type: 'STRING' }],
    [{ type: 'SYMBOL' }, { type: 'SYMBOL' }, { type: 'SYMBOL' }],
    [{ type: 'VOID' }, { type: 'UUID' }, { type: 'UUID' }],
    [{ type: 'BOOL' }, { type: 'INT' }, undefined],
    [{ type: 'INT' }, { type: 'DATE' }, undefined],
    [{ type: 'DATE' }, { type: 'MONTH' }, undefined],
    [{ type: 'INT' }, { type: 'STRING' }, undefined],
    [
      { type: 'DECIMAL32', scale: 2 },
      { type: 'DECIMAL32', scale: 2 },
      { type: 'DECIMAL32', scale: 2 },
    ],
    [{ type: 'DECIMAL32', scale: 2 }, { type: 'DECIMAL32', scale: 3 }, undefined],
  ]
  for (const [a, b, wanted] of examples) {
    t.strictSame(commonScalarType(a, b), wanted, `${a.type} ${b.type}`)
    t.strictSame(commonScalarType(b, a), wanted)
  }
})

t.test('scalars of one kind make a vector of it', async t => {
  const examples: [Scalar[], string][] = [
    [[], 'VOID '],
    [[explicitNull, explicitNull], 'VOID ,'],
    [[int(1), explicitNull, int(-2)], 'INT 1,,-2'],
    [[int(1), scalar('LONG', 2n), scalar('CHAR', null)], 'LONG 1,2,'],
    [[scalar('LONG', 2n), scalar('DOUBLE', 0.5)], 'DOUBLE 2,0.5'],
    [[scalar('LONG', 2n), scalar('FLOAT', 0.5), int(1)], 'FLOAT 2,0.5,1'],
    [[yes, explicitNull], 'BOOL true,'],
    [[text('a'), explicitNull, text('')], 'STRING a,,'],
    [[scalar('SYMBOL', 'a'), text('b')], 'STRING a,b'],
    [[scalar('BLOB', Uint8Array.of(97)), text('b')], 'STRING a,b'],
    [[decimal(2, 150n), explicitNull, decimal(2, null)], 'DECIMAL64(2) 1.50,,'],
    [[scalar('DATE', 0), nullOf('DATE')], 'DATE 1970.01.01,'],
  ]
  for (const [scalars, wanted] of examples) t.equal(shown(vectorOfScalars(scalars)), wanted)
  const refused: Scalar[][] = [
    [int(1), text('a')],
    [yes, int(1)],
    [decimal(2, 1n), decimal(3, 1n)],
    [scalar('DURATION', { count: 1, unit: 4 })],
    [scalar('HANDLE', 'dfs://db')],
  ]
  for (const scalars of refused) t.equal(vectorOfScalars(scalars), undefined)
})

t.test('constants beside each other are one vector, chains of symbols among them', async t => {
  const chain = column('SYMBOL', 'a', 'b') as Vector
  t.equal(shown(vectorOfLiterals([chain, text('c')])), 'STRING a,b,c')
  t.equal(shown(vectorOfLiterals([int(1), scalar('DOUBLE', 2.5)])), 'DOUBLE 1,2.5')
  t.equal(vectorOfLiterals([int(1), chain]), undefined)
})

t.test('what no vector holds is a tuple, and what no tuple holds a list', async t => {
  t.equal(shown(vectorOfElements([int(1), int(2)])), 'INT 1,2')
  t.equal(shown(vectorOfElements([])), 'ANY ')
  t.equal(shown(vectorOfElements([int(1), text('a')])), 'ANY 1,a')
  t.equal(shown(vectorOfElements([ints(1) as ServerValue])), 'ANY [1]')
  t.equal(shown(vectorOfElements([int(1), typeName])), 'list')
  t.equal(shown(tupleOf([int(1), int(2)])), 'ANY 1,2')
})

t.test('the elements of a tuple or list are read again', async t => {
  const tuple = tupleOf([int(1), text('a')])
  t.strictSame(tupleElements(tuple), [int(1), text('a')])
  t.strictSame(tupleElements({ ...tuple, length: 1 } as ServerValue), [int(1)])
  t.strictSame(tupleElements(tupleOf([typeName])), [typeName])
  for (const other of [int(1), ints(1) as ServerValue, typeName]) {
    t.equal(tupleElements(other), undefined)
  }
})

t.test('what lives on the server only does not travel as it is', async t => {
  const onServer: ServerValue[] = [
    typeName,
    { form: 'list', elements: [] },
    {
      form: 'serverDictionary',
      keyType: { type: 'INT' },
      valueType: undefined,
      entries: new Map(),
    },
    { form: 'database', path: '', levels: [], engine: 'OLAP', atomic: 'TRANS' },
  ]
  for (const value of onServer) t.equal(isWireValue(value), false, value.form)
  const pair: ServerValue = { form: 'pair', elements: ints(1, 2) as Vector }
  for (const value of [int(1), ints(1) as ServerValue, pair]) t.equal(isWireValue(value), true)
})

const array: ColumnType = { type: 'INT', array: true }
const decimalJoinVectors = (scale: number): ColumnType => ({ type: 'DECIMAL64', scale })

t.test('the rows follow each other in the type that holds both', async t => {
  const examples: [ColumnType, ElementValue[], ColumnType, ElementValue[], string, string[]][] = [
    [{ type: 'INT' }, [1, null], { type: 'INT' }, [2], 'INT', ['1', '', '2']],
    [{ type: 'INT' }, [1], { type: 'LONG' }, [2n, null], 'LONG', ['1', '2', '']],
    [{ type: 'LONG' }, [1n, null], { type: 'FLOAT' }, [2.5], 'FLOAT', ['1', '', '2.5']],
    [{ type: 'FLOAT' }, [0.5], { type: 'DOUBLE' }, [2.5], 'DOUBLE', ['0.5', '2.5']],
    [{ type: 'CHAR' }, [65], { type: 'SHORT' }, [2], 'SHORT', ['65', '2']],
    [{ type: 'SYMBOL' }, ['a', ''], { type: 'STRING' }, ['b'], 'SYMBOL', ['a', '', 'b']],
    [{ type: 'STRING' }, ['a'], { type: 'SYMBOL' }, ['b', ''], 'STRING', ['a', 'b', '']],
    [{ type: 'VOID' }, [null], { type: 'DATE' }, [0], 'DATE', ['', '1970.01.01']],
    [{ type: 'DATE' }, [0], { type: 'VOID' }, [null, null], 'DATE', ['1970.01.01', '', '']],
    [array, [[1, 2]], { type: 'DOUBLE', array: true }, [[2.5]], 'DOUBLE[]', ['[1,2]', '[2.5]']],
    [decimalJoinVectors(2), [150n], decimalJoinVectors(2), [null], 'DECIMAL64(2)', ['1.50', '']],
    [decimalJoinVectors(2), [150n], decimalJoinVectors(3), [150n], 'ANY', ['1.50', '0.150']],
    [{ type: 'INT' }, [1], { type: 'STRING' }, ['a'], 'ANY', ['1', 'a']],
    [{ type: 'BOOL' }, [true], { type: 'INT' }, [2], 'ANY', ['true', '2']],
    [{ type: 'DATE' }, [0], { type: 'MONTH' }, [0], 'ANY', ['1970.01.01', '0000.01M']],
    [{ type: 'INT' }, [3], array, [[1, 2]], 'ANY', ['3', '[1,2]']],
    [{ type: 'INT' }, [], { type: 'DOUBLE' }, [], 'DOUBLE', []],
  ]
  for (const [leftType, left, rightType, right, type, texts] of examples) {
    const joined = joinColumns(vectorOf(leftType, left), vectorOf(rightType, right))
    t.equal(columnTypeText(columnTypeOf(joined)), type)
    t.strictSame(
      textsOfJoinVectors(joined),
      texts,
      `${columnTypeText(leftType)} ${columnTypeText(rightType)}`,
    )
  }
})

t.test('a tuple stays one, and takes anything', async t => {
  const one = { form: 'scalar', type: 'INT', value: 1 } as const
  const joined = joinVectors(column('ANY', one) as Vector, column('STRING', 'a', '') as Vector)
  t.match(joined, { type: 'ANY', length: 3, data: [one, { value: 'a' }, { value: '' }] })
  t.strictSame(textsOfJoinVectors(joined), ['1', 'a', ''])
})

t.test('many vectors join as they would one after the other', async () => {
  const vector = fc.oneof(
    fc.array(fc.integer({ min: -9, max: 9 })).map(values => column('INT', ...values)),
    fc.array(fc.bigInt({ min: -9n, max: 9n })).map(values => column('LONG', ...values)),
    fc.array(fc.integer({ min: -9, max: 9 })).map(values => column('DOUBLE', ...values)),
  )
  fc.assert(
    fc.property(fc.array(vector, { minLength: 1, maxLength: 9 }), vectors => {
      const joined = joinAll(vectors)
      assert.deepEqual(valuesOf(joined).map(Number), vectors.flatMap(valuesOf).map(Number))
      const types = vectors.map(one => columnTypeOf(one).type)
      const wanted = types.includes('DOUBLE') ? 'DOUBLE' : types.includes('LONG') ? 'LONG' : 'INT'
      assert.equal(columnTypeOf(joined).type, wanted)
    }),
    { numRuns: runs(50) },
  )
})

t.test('every data type is a word', async t => {
  for (const type of Object.keys(dataTypes)) {
    t.strictSame(constantOf(type), { form: 'type', column: { type } }, type)
  }
  t.strictSame(constantOf('any'), { form: 'type', column: { type: 'ANY' } })
})

t.test('forms, partition types, kinds of objects and duplicates have their numbers', async t => {
  const numbers: Readonly<Record<string, readonly string[]>> = {
    0: ['SCALAR', 'SEQ', 'VAR', 'ALL'],
    1: ['VECTOR', 'VALUE', 'SHARED', 'LAST'],
    2: ['PAIR', 'RANGE', 'DEF', 'FIRST'],
    3: ['MATRIX', 'LIST'],
    4: ['SET', 'COMPO'],
    5: ['DICT', 'HASH'],
    6: ['TABLE'],
  }
  for (const [number, words] of Object.entries(numbers)) {
    for (const word of words) t.strictSame(constantOf(word), int(Number(number)), word)
  }
})

t.test('a right stands for its name', async t => {
  const actions = ['READ', 'WRITE', 'INSERT', 'UPDATE', 'DELETE']
  const rights = [
    ...actions.flatMap(action => [`TABLE_${action}`, `DB_${action}`]),
    ...['DBOBJ_CREATE', 'DBOBJ_DELETE', 'DB_MANAGE', 'DB_OWNER', 'VIEW_EXEC', 'VIEW_OWNER'],
    ...['SCRIPT_EXEC', 'TEST_EXEC', 'CREATE_SHARED_VAR'],
    ...['QUERY_RESULT_MEM_LIMIT', 'TASK_GROUP_MEM_LIMIT'],
  ]
  for (const word of rights) {
    t.strictSame(constantOf(word), text(word))
  }
})

t.test('two numbers have names', async t => {
  t.strictSame(constantOf('pi'), { form: 'scalar', type: 'DOUBLE', value: Math.PI })
  t.strictSame(constantOf('e'), { form: 'scalar', type: 'DOUBLE', value: Math.E })
})

t.test('every other name is free', async t => {
  for (const name of ['', 'x', 'int', 'Value', 'DFLT', 'constructor', 'toString', '__proto__']) {
    t.equal(constantOf(name), undefined, name)
  }
})

t.test('an array belongs to one vector, until something else may keep it', async t => {
  const mine = ints(1, 2) as Vector
  t.notOk(ownsArray(mine), 'nobody has claimed it')
  claimArray(mine)
  t.ok(ownsArray(mine))
  const copy = shallowCopy(mine) as Vector
  t.notOk(ownsArray(copy), 'a copy over the same array does not own it')
  releaseArray(copy)
  t.notOk(ownsArray(mine), 'and once the copy is seen, nobody does')
})

t.test('a value that is overwritten is another one for all who refer to it', async t => {
  const target: ServerValue = { form: 'scalar', type: 'DECIMAL64', scale: 2, value: 1n }
  const referrer = target as ServerValue
  overwrite(target, ints(7) as ServerValue)
  t.strictSame(referrer, ints(7))
  t.notOk('scale' in target, 'nothing of the old value is left')
})

t.test('a shallow copy is changed without changing the original', async t => {
  const pair: ServerValue = { form: 'pair', elements: ints(1, 2) as Vector }
  const copy = shallowCopy(pair)
  overwrite(copy, ints(9) as ServerValue)
  t.strictSame(pair, { form: 'pair', elements: ints(1, 2) })
  const list: ServerValue = { form: 'list', elements: [ints(1) as ServerValue] }
  t.not((shallowCopy(list) as typeof list).elements, list.elements)
})

const f: FunctionValue = {
  form: 'function',
  kind: 'builtin',
  name: 'f',
  builtin: {
    name: 'f',
    parameters: ['...rest'],
    minArguments: 0,
    maxArguments: 9,
    call: () => int(0),
  },
}

const args = (...values: (number | undefined)[]): CallArguments =>
  values.map(value => (value === undefined ? undefined : int(value)))

const partial = (...bound: (number | undefined)[]): PartialFunction => partialOf(f, args(...bound))

t.test('open places take the arguments of the call, the rest goes behind', async t => {
  const _ = undefined
  const examples: [(number | undefined)[], (number | undefined)[], (number | undefined)[]][] = [
    [[], [], []],
    [[], [1, 2], [1, 2]],
    [[1], [2], [1, 2]],
    [[_, 2], [1], [1, 2]],
    [
      [_, 2],
      [1, 3],
      [1, 2, 3],
    ],
    [[_, 2, _], [1], [1, 2, _]],
    [
      [_, 2, _],
      [_, 3],
      [_, 2, 3],
    ],
    [[_, _], [], [_, _]],
    [
      [1, 2],
      [_, 4],
      [1, 2, _, 4],
    ],
  ]
  for (const [bound, given, wanted] of examples) {
    t.strictSame(filled(partial(...bound), args(...given)), args(...wanted))
  }
})

t.test('a partial application keeps the name and the arguments as they were written', async t => {
  const made = partialOf(f, args(1, undefined), new Map([['k', int(7)]]))
  t.match(made, { kind: 'partial', name: 'f', bound: args(1, undefined) })
  t.equal(made.target, f)
  t.strictSame([...made.keywords], [['k', int(7)]])
})

t.test('a partial application of another one is one application', async t => {
  let chain = partial(undefined, 2)
  for (let i = 0; i < 1000; i++) chain = partialOf(chain, [])
  chain = partialOf(chain, args(1), new Map([['k', int(1)]]))
  chain = partialOf(chain, args(3), new Map([['k', int(2)]]))
  t.equal(chain.target, f)
  t.strictSame(chain.bound, args(1, 2, 3))
  t.strictSame([...chain.keywords], [['k', int(2)]])
})

t.test('of one name the keyword of the call counts', async t => {
  const made = partialOf(
    f,
    [],
    new Map([
      ['a', int(1)],
      ['b', int(2)],
    ]),
  )
  const merged = mergedKeywords(
    made,
    new Map([
      ['b', int(3)],
      ['c', int(4)],
    ]),
  )
  t.strictSame(
    [...merged],
    [
      ['a', int(1)],
      ['b', int(3)],
      ['c', int(4)],
    ],
  )
  t.strictSame([...made.keywords.values()], [int(1), int(2)], 'the application stays what it is')
  const given = new Map([['c', int(4)]])
  t.equal(mergedKeywords(partial(), given), given)
})

function uuidOf(byteAt: (at: number) => number): string {
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => byteAt(at))
  return newUuid({ number: () => 0, bytes })
}

t.test('version and variant are set, all other bits are chance', async t => {
  t.equal(
    uuidOf(() => 0x00),
    '00000000-0000-4000-8000-000000000000',
  )
  t.equal(
    uuidOf(() => 0xff),
    'ffffffff-ffff-4fff-bfff-ffffffffffff',
  )
  t.equal(
    uuidOf(at => at * 0x11),
    '00112233-4455-4677-8899-aabbccddeeff',
  )
})

t.test('two are different', async t => {
  const uuids = Array.from({ length: 50 }, () => newUuid(systemPlatform.random))
  t.equal(new Set(uuids).size, 50)
})
