import t from 'tap'
import { testExamples, testRefusals } from '../../../helpers/examples.js'
import type { Scalar, Vector } from '../../../../src/protocol/value.js'
import { testSession } from '../../../helpers/script.js'
import { vectorOf, type ElementValue } from '../../../../src/protocol/element.js'
import type { DataType } from '../../../../src/protocol/data-type.js'
import { dictionaryOf, tableOfColumns } from '../../../../src/server/functions/result-table.js'
import { printText } from '../../../../src/server/functions/text/text.js'
import { RequestMemory } from '../../../../src/server/values/request-memory.js'
import {
  intScalar,
  stringScalar,
  stringVector,
  voidValue,
} from '../../../../src/server/values/scalar.js'
import type { ServerValue } from '../../../../src/server/values/server-value.js'
import { failureOf } from '../../../helpers/call-context.js'

testExamples(t, {
  parts: {
    'left("hello", 2)': 'he',
    'left("hello", 99)': 'hello',
    'split("xyz 1")': "['x','y','z',' ','1']",
    'split("xyz 1", " ")': '[xyz,1]',
    "split('a,b', ',')": '[a,b]',
    'split("a::b", "::")[1]': 'b',
    'split("a b" "c d", " ")': '[[a,b],[c,d]]',
    'left(`abc`de, 1)': '[a,d]',
  },
})

testRefusals(t, 'text functions take text', {
  'left("a", `b)': 'must be an integer',
  'split(5)': 'str must be a string',
})

testExamples(t, {
  'JSON becomes values': {
    'fromStdJson("[1, 2, 3]")': '[1,2,3]',
    'typestr(fromStdJson("[1, 2, 3]"))': 'FAST DOUBLE VECTOR',
    [String.raw`fromStdJson("\"\\u4e2d\\u6587\"")`]: '中文',
    [String.raw`fromStdJson("[1, null, false, \"2012.06.13 13:30:10\", [\"x\"]]")`]:
      '[1,,false,2012.06.13T13:30:10,[x]]',
    [String.raw`d=fromStdJson("{\"1\": \"2017.07.10 14:10:12\",\"0\": 5}"); d["1"]`]:
      '2017.07.10T14:10:12',
    'typestr(fromStdJson("null"))': 'VOID',
    'fromStdJson("true")': 'true',
    'fromStdJson("[]").size()': '0',
    'fromStdJson("1" "2")': '[1,2]',
  },
})

testRefusals(t, 'what is not JSON is refused', {
  'fromStdJson("{")': 'the string is not valid JSON',
  'fromStdJson(5)': 'X must be a string',
})

const printed: Readonly<Record<string, string>> = {
  '5': '5',
  '"text"': 'text',
  '1 2 3': '[1,2,3]',
  '`a`b': '["a","b"]',
  '(1, `a, 2 3)': '(1,"a",[2,3])',
  '1:2': '1 : 2',
  'set(1 2)': 'set(1,2)',
  'dict(1 2, 3 4)': '1->3\n2->4',
  'table(1 20 as id, `a`b as name)': 'id name\n-- ----\n1  a\n20 b',
  sum: 'sum',
  'x->x+1': 'x->x+1',
  INT: 'INT',
  '(sum, 1)': '(sum,1)',
  'take(1, 200)': `[${'1,'.repeat(100)}...]`,
  'array(INT[],0).append!([1 2, 3])': '[[1,2],[3]]',
  'database("dfs://pr", VALUE, 1 2)': 'DB[dfs://pr]',
}

t.test('print sends values as the server shows them', async t => {
  for (const [value, text] of Object.entries(printed)) {
    const { session, run } = testSession()
    const lines: string[] = []
    session.print = line => lines.push(line)
    await run(`print(${value})`)
    t.same(lines, [text], value)
  }
})

t.test('a long table is printed by its first rows', async t => {
  const { session, run } = testSession()
  let text = ''
  session.print = line => (text = line)
  await run('print table(1..100 as x)')
  t.equal(text.split('\n').length, 33)
  t.match(text, /\n30\n\.\.\.$/)
})

const vector = (type: DataType, ...values: ElementValue[]): Vector =>
  vectorOf({ type }, values) as Vector
const ints = (length: number): Vector => vector('INT', ...Array.from({ length }, (_, i) => i))
const print = (value: ServerValue, bytes = 1e6): string =>
  printText(value, new RequestMemory(bytes))

t.test('values of every form', async t => {
  const decimal: Scalar = { form: 'scalar', type: 'DECIMAL64', scale: 2, value: -5n }
  const dictionary = dictionaryOf({ a: intScalar(1), b: stringVector(['x']), c: voidValue })
  const cases: [title: string, value: ServerValue, wanted: string][] = [
    ['null', intScalar(null), ''],
    ['empty text', stringScalar(''), ''],
    ['decimal', decimal, '-0.05'],
    ['date', { form: 'scalar', type: 'DATE', value: 0 }, '1970.01.01'],
    ['nulls in a vector', vector('INT', 1, null), '[1,]'],
    ['text in a vector', stringVector(['a', '']), '["a",""]'],
    ['symbols', vector('SYMBOL', 'a'), '["a"]'],
    ['no elements', vector('INT'), '[]'],
    ['shorter than its array', { ...vector('INT', 1, 2), length: 1 }, '[1]'],
    ['array vector', vectorOf({ type: 'INT', array: true }, [[1, 2], []]), '[[1,2],[]]'],
    ['tuple', vector('ANY', intScalar(1), stringScalar('a'), vector('INT', 2)), '(1,"a",[2])'],
    ['pair', { form: 'pair', elements: vector('STRING', 'a', 'b') }, '"a" : "b"'],
    ['set', { form: 'set', elements: vector('STRING', 'a', 'b') }, 'set("a","b")'],
    ['dictionary', dictionary, 'a->1\nb->["x"]\nc->'],
    ['empty dictionary', dictionaryOf({}), ''],
    [
      'list',
      { form: 'list', elements: [dictionaryOf({ a: intScalar(1) }), intScalar(2)] },
      '(a->1,2)',
    ],
    [
      'type',
      { form: 'type', column: { type: 'DECIMAL64', scale: 4, array: true } },
      'DECIMAL64(4)[]',
    ],
    [
      'database',
      { form: 'database', path: 'dfs://d', levels: [], engine: 'OLAP', atomic: 'TRANS' },
      'DB[dfs://d]',
    ],
  ]
  for (const [title, value, wanted] of cases) t.equal(print(value), wanted, title)
})

t.test('columns stand side by side, as wide as their widest cell', async t => {
  const table = tableOfColumns({
    identifier: vector('INT', 1, null),
    s: vector('STRING', 'longer than its name', ''),
    a: vectorOf({ type: 'INT', array: true }, [[1, 2], []]),
    any: vector('ANY', stringScalar('x'), vector('STRING', 'q')),
  })
  const wanted = [
    'identifier s                    a     any',
    '---------- -------------------- ----- -----',
    '1          longer than its name [1,2] x',
    '                                []    ["q"]',
  ]
  t.equal(print(table), wanted.join('\n'))
  t.equal(print(tableOfColumns({ a: vector('INT') })), 'a\n-')
})

t.test('what is too long ends after a hundred elements, or thirty rows', async t => {
  t.notMatch(print(ints(100)), /\.\.\./)
  t.equal(print(ints(101)), `[${[...Array(100).keys()].join()},...]`)
  t.equal(print({ form: 'set', elements: ints(101) }).slice(-8), ',99,...)')
  t.equal(print(tableOfColumns({ a: ints(30) })).split('\n').length, 32)
  const long = print(tableOfColumns({ a: ints(31) })).split('\n')
  t.strictSame(long.slice(31), ['29', '...'])
})

t.test('the room of many wide columns is asked for', async t => {
  const wide = stringVector(['x'.repeat(1_000), ...Array<string>(29).fill('')])
  const columns = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`c${i}`, wide]))
  t.match(
    failureOf(() => print(tableOfColumns(columns), 500_000)),
    /^Out of memory/,
  )
  t.equal(print(tableOfColumns(columns), 700_000).split('\n').length, 32)
})
