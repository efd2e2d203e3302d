/* Literals and constants. Manual, "Data Types" (table of types and literals), "Vector", "Tuple", "Pair", "Data Form". */
import t from 'tap'
import { testExamples } from '../../helpers/examples.js'
import { testSession } from '../../helpers/script.js'

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

t.test('every literal has the type and value from the manual', async t => {
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

t.test('00 with a type letter is the null of the type', async t => {
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
  '[1l, 00l, 2.5f]': ['FAST FLOAT VECTOR', '[1,,2.5]'],
  '[NULL, 1970.01.01]': ['FAST DATE VECTOR', '[,1970.01.01]'],
  '[1.50P, 1.500P]': ['ANY VECTOR', '[1.50,1.500]'],
  '[true, 2]': ['ANY VECTOR', '[true,2]'],
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

t.test('vectors, tuples, ranges and pairs have the common type of their elements', async t => {
  for (const [literal, [type, text]] of Object.entries(vectors)) {
    t.equal(await show(`x = ${literal}; typestr(x)`), type, `type of ${literal}`)
    t.equal(await show(literal), text, `text of ${literal}`)
  }
})

t.test('constants without a common type, separated by blanks, are refused by name', async t => {
  const expected = 'Syntax Error: [line #2] The elements of the vector [1 `a] have different types.'
  t.equal(await fail('x = 1\ny = 1 `a'), expected)
})

t.test('a backslash escapes in strings', async t => {
  t.equal(await show(String.raw`"a\tb\"c\\"`), 'a\tb"c\\')
})

t.test('a dictionary literal accepts bare words as keys', async t => {
  t.equal(await show('d = {a: 1, "b": 2}; d.a + d[`b]'), '3')
  t.match(await run('{k: 1}'), { form: 'dictionary' })
})

t.test('inherited JavaScript names such as toString are not suffixes of numbers', async t => {
  for (const script of ['1constructor', '00toString', '5valueOf']) {
    t.equal(await fail(script), `Syntax Error: [line #1] Cannot recognize the token ${script}`)
  }
})

testExamples(t, {
  // "Constants"; page createPartitionedTable, "Arguments".
  'words of the language have their numbers and names': {
    '[SCALAR, VECTOR, PAIR, SET, DICT, TABLE]': '[0,1,2,4,5,6]',
    '[SEQ, VALUE, RANGE, LIST, COMPO, HASH]': '[0,1,2,3,4,5]',
    '[VAR, SHARED, DEF]': '[0,1,2]',
    '[ALL, LAST, FIRST]': '[0,1,2]',
    '[TABLE_READ, DB_MANAGE, VIEW_EXEC]': '[TABLE_READ,DB_MANAGE,VIEW_EXEC]',
  },
})
