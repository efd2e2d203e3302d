/* Manual, page of the function that a script calls, "Details" and "Examples"; docs/server-semantics.md#small-functions. */
import t from 'tap'
import { testExamples, testRefusals } from '../../helpers/examples.js'
import { testSession } from '../../helpers/script.js'
import { formatTemporal } from '../../../src/protocol/types/temporals.js'

testExamples(t, {
  'typestr spells every form': {
    'typestr(3)': 'INT',
    'typestr(1 2)': 'FAST INT VECTOR',
    'isNull(long(1e19))': 'true',
    'typestr(`a`b)': 'STRING VECTOR',
    'typestr(`a`b$SYMBOL)': 'FAST SYMBOL VECTOR',
    'typestr((`a`b$SYMBOL)[0])': 'STRING',
    't=table(`a`b$SYMBOL as s); typestr(exec first(s) from t)': 'STRING',
    'typestr("a"$SYMBOL)': 'STRING',
    'typestr((1, `a))': 'ANY VECTOR',
    'typestr(array(DOUBLE[], 0))': 'FAST DOUBLE[] VECTOR',
    'typestr(1:2)': 'INT PAIR',
    'typestr(set(1 2))': 'INT SET',
    'typestr(dict(LONG, ANY))': 'LONG->ANY DICTIONARY',
    'typestr(table(1 as x))': 'IN-MEMORY TABLE',
    'typestr(streamTable(1:0, [`x], [INT]))': 'STREAMING TABLE',
    'typestr(keyedStreamTable(`x, 1:0, [`x], [INT]))': 'STREAMING TABLE',
    'typestr(sum)': 'FUNCTIONDEF',
    'typestr((sum, 1))': 'ANY VECTOR',
    'typestr(NULL)': 'VOID',
    'db=database("dfs://ty", VALUE, 1 2); typestr(db)': 'HANDLE',
    'db=database("dfs://ty", VALUE, 1 2); typestr(db.createPartitionedTable(table(1 as x), `t, `x))':
      'SEGMENTED DFS TABLE',
    'typestr(INT)': 'INT',
  },
  'type and form are numbers': {
    'type(3l)': '5',
    'type(`a)': '18',
    'type((1, `a))': '25',
    'type(array(INT[], 0))': '68',
    'type(dict(INT, DOUBLE))': '16',
    'type(sum)': '20',
    'x=3; if(type(x) == INT){y=10}; y': '10',
    'x=(`ABC, 123); type(x) == ANY': 'true',
    'form(false)': '0',
    'form(1 2)': '1',
    'form(1:2)': '2',
    'form(set(1 2))': '4',
    'form(dict(INT, INT))': '5',
    'form(table(1 as x))': '6',
    'x=1 2 3; if(form(x) == VECTOR){y=1}; y': '1',
  },
  'nulls are told apart': {
    'isNull(1 NULL)': '[false,true]',
    'isNull(00i)': 'true',
    'isNull("")': 'true',
    'isValid(1 NULL)': '[true,false]',
    'isNull(arrayVector(2 3, [00i, 00i, 1]))': '[true,false]',
    'isNull(table(1 as x))': 'false',
  },

  'conversions from the manual pages': {
    'int(`10.9)': '10',
    'int(2147483647)': '2147483647',
    'int(2147483648)': '',
    'long(`10.9)': '10',
    'double(`10.9)': '10.9',
    'bool(`true`false)': '[true,false]',
    'bool(100.2)': 'true',
    'bool(0)': 'false',
    'short(40000)': '',
    'float(1.5)': '1.5',
    'string(2012.06.13)': '2012.06.13',
    'string(1 2 NULL)': '[1,2,]',
    'string(0c)': '0',
    "string(['a', char(7), char(-1), char(126), char(127), char()])": '[a,7,-1,~,127,]',
    'symbol(`XOM`y)': '[XOM,y]',
    'decimal32(142, 2)': '142.00',
    'decimal32("3.1415926535", 4)': '3.1415',
    'decimal64(1\\7, 6)': '0.142857',
    'decimal128("1.5" "", 3)': '[1.500,]',
    'uuid("5d212a78-cc48-e3b1-4235-b4d91473ee87")': '5d212a78-cc48-e3b1-4235-b4d91473ee87',
    'uuid("no uuid")': '',
    'ipaddr("192.168.1.13")': '192.168.1.13',
    'ipaddr("0.0.0.0")': '',
    'int128("e1671797c52e15f763380b45e841ec32")': 'e1671797c52e15f763380b45e841ec32',
    'date(1)': '1970.01.02',
    'date(`2011.10.12)': '2011.10.12',
    'date(2016.03M)': '2016.03.01',
    'date(2012.12.03 01:22:01)': '2012.12.03',
    'month(2012.12.03)': '2012.12M',
    'datetime(2009.12.05)': '2009.12.05T00:00:00',
    'timestamp(2009.12.05T10:20:30)': '2009.12.05T10:20:30.000',
    'nanotimestamp(2009.12.05T10:20:30.123)': '2009.12.05T10:20:30.123000000',
    'nanotime(2009.12.05T10:20:30.123)': '10:20:30.123000000',
    'datehour(2012.06.13T13:30:10)': '2012.06.13T13',
    'time(1969.12.31T23:59:59.999)': '23:59:59.999',
    'minute(13:30:10)': '13:30m',
    'second("13:30:10")': '13:30:10',
    'date(["2012.06.13", "nonsense"])': '[2012.06.13,]',
  },
})

t.test('conversions to bytes and to pairs of numbers', async t => {
  const { run } = testSession()
  t.match(await run('blob("é")'), { type: 'BLOB', value: Uint8Array.of(0xc3, 0xa9) })
  t.match(await run('complex(2.3, 4)'), { type: 'COMPLEX', value: [2.3, 4] })
  t.match(await run('point(1 2, 3 4)'), { type: 'POINT', data: Float64Array.of(1, 3, 2, 4) })
  t.match(await run('blob(`a`b)'), { form: 'vector', type: 'BLOB', length: 2 })
})

t.test('without an argument a conversion gives the null of its type', async t => {
  const { run } = testSession()
  for (const [name, type] of [
    ['int', 'INT'],
    ['double', 'DOUBLE'],
    ['date', 'DATE'],
    ['uuid', 'UUID'],
    ['bool', 'BOOL'],
    ['char', 'CHAR'],
  ] as const) {
    t.match(await run(`${name}()`), { form: 'scalar', type, value: null }, name)
    t.match(await run(`${name}(NULL)`), { type, value: null }, name)
  }
  t.match(await run('string()'), { type: 'STRING', value: '' })
  t.match(await run('blob()'), { type: 'BLOB', value: { length: 0 } })
})

testRefusals(t, 'values that cannot be converted', {
  'decimal32(1, 10)': /Scale out of bounds \(valid range: \[0, 9\], but get: 10\). RefId: S05010$/,
  'decimal32(`1000000000, 0)': /decimal overflow$/,
  'decimal32(21474836470, 0)': /DECIMAL math overflow RefId:S05003$/,
  'decimal32(2147483648l, 0)': /DECIMAL math overflow RefId:S05003$/,
  'decimal32(-2147483648l, 0)': /DECIMAL math overflow RefId:S05003$/,
  'complex(1 2, 3 4 5)': /Incompatible vector size/,
})

testExamples(t, {
  'eqObj compares type and content': {
    'eqObj(2, 2.0)': 'false',
    'eqObj(symbol(`a`b), `a`b)': 'true',
    'eqObj(`a`b, symbol(`a`c))': 'false',
    'eqObj(table(symbol(`a`b) as s), table(`a`b as s))': 'true',
    'all(each(eqObj, values(table(1 2 as a, `x`y as b)), values(table(1 2 as a, `x`y as b))))':
      'true',
    'each(eqObj, values(table(1 2 as a, `x`y as b)), values(table(1 2 as a, `x`z as b)))':
      '[true,false]',
    'eqObj(1.1, 1.2, 0)': 'true',
    'eqObj(1.1, 1.2)': 'false',
    'eqObj(1 2 3, 1 2)': 'false',
    'eqObj(1 2, 1l 2l)': 'false',
    'eqObj(NULL, NULL)': 'true',
    'eqObj(00i, 1)': 'false',
    'eqObj(1:2, 1:2)': 'true',
    'eqObj((1, `a), (1, `a))': 'true',
    'eqObj({a: 1}, {a: 1})': 'true',
    'eqObj({a: 1}, {a: 2})': 'false',
    'eqObj(table(1 as x), table(1 as y))': 'false',
    'eqObj(set(1 2), set(1 2))': 'true',
    'eqObj(arrayVector(2 3, 1 2 3), arrayVector(2 3, 1 2 3))': 'true',
    'eqObj(1.5P, 1.5P)': 'true',
    'eqObj(uuid(), uuid())': 'true',
    'eqObj(INT, INT)': 'true',
    'eqObj(3M, 3M)': 'true',
  },
})

t.test('now follows the wall clock', async t => {
  const ms = Date.UTC(2026, 1, 3, 4, 5, 6, 789)
  const { show } = testSession({ now: () => ms })
  const local = ms - new Date(ms).getTimezoneOffset() * 60_000
  t.equal(await show('now()'), formatTemporal('TIMESTAMP', BigInt(local)))
  t.equal(await show('now(true)'), formatTemporal('NANOTIMESTAMP', BigInt(local) * 1_000_000n))
})

// Pages left, fromStdJson and print.
testExamples(t, {
  'the first characters of a text': {
    'left("hello", 2)': 'he',
    'left("hello", 99)': 'hello',
    'left(`abc`de, 1)': '[a,d]',
  },
  'JSON becomes values': {
    'fromStdJson("[1, 2, 3]")': '[1,2,3]',
    'typestr(fromStdJson("[1, 2, 3]"))': 'FAST DOUBLE VECTOR',
    [String.raw`fromStdJson("\"\\u4e2d\\u6587\"")`]: '中文',
    [String.raw`fromStdJson("[1, null, false, [\"x\"]]")`]: '[1,,false,[x]]',
    [String.raw`d=fromStdJson("{\"1\": \"a\",\"0\": 5}"); d["1"]`]: 'a',
    'typestr(fromStdJson("null"))': 'VOID',
    'fromStdJson("true")': 'true',
    'fromStdJson("[]").size()': '0',
  },
})

const printed: Readonly<Record<string, string>> = {
  '5': '5',
  '"text"': 'text',
  '`a`b': '[a,b]',
  '(1, `a, 2 3)': '[1,a,[2,3]]',
  'dict(1 2, 3 4)': '1->3\n2->4',
  'table(1 20 as id, `a`b as name)': 'id name\n1 a\n20 b',
  sum: 'sum',
}

t.test('print sends values and the first rows of tables as text', async t => {
  for (const [value, text] of Object.entries(printed)) {
    const { session, run } = testSession()
    const lines: string[] = []
    session.print = line => lines.push(line)
    await run(`print(${value})`)
    t.same(lines, [text], value)
  }
})
