/* Manual, "Vector", "Tuple", "Table", "Dictionary"; pages at and slice, "Details" and "Examples"; error codes S02008, S02009. */
import t from 'tap'
import type { Value } from '../../../src/protocol/value.js'
import { testExamples, testRefusals } from '../../helpers/examples.js'
import { testSession } from '../../helpers/script.js'

testExamples(t, {
  vectors: {
    'x=5 7 9; x[-1]': '',
    'x=1..5; x[2:2]': '[]',
    'x=5 7 9; x[00i]': '',
    'x=1 2 3; x[0]=9; y=x; x[1]=7; y': '[9,2,3]',
    'x=["a","b"]; y=x; x[0]="z"; y': '[a,b]',
    'x=["a","b"]; y=x; x.append!("z"); x[0]="q"; y': '[a,b]',
    'x=1 2; x.append!(3); y=x; x.append!(4); y.append!(5); x.append!(6); string(x)+string(y)[0]':
      '[11,21,31,41,61]',
    'x=1 2; x.append!(3); y=x[0:2]; y.append!(9); x.append!(4); x': '[1,2,3,4]',
    'x=array(INT, 0); for(i in 0..999){x.append!(i)}; sum(x)': '499500',
    'd=dict(INT, INT); typestr(d[9])': 'INT',
    'x=5 7 9; x[0 5 1]': '[5,,7]',
    'x=5 7 9; x[true false true]': '[5,9]',
    'x=5 7 9; x[1:]': '[7,9]',
    'x=5 7 9; x[5:9]': '[]',
    'x=`a`b; x[9]': '',
    'x=arrayVector(2 3, 1 2 3); x[0]': '[1,2]',
    'x=arrayVector(2 3, 1 2 3); x[0][1]': '2',
    'x=(1, `a, 2 3); x[2 0]': '[[2,3],1]',
    'x=(1, `a); typestr(x[9])': 'VOID',
    'x=5; x[0]': '5',
  },
  'lists of what is not a value of the wire': {
    'l=(sum, 5, table(1 as x)); l[1]': '5',
    'l=(sum, 5, 6); l[1:]': '[5,6]',
    'l=(sum, 5, 6); l[2 1]': '[6,5]',
    'l=(sum, 5); typestr(l[9])': 'VOID',
    'l=(sum, max); l[1](1 5)': '5',
  },
  tables: { 't=table(1 2 3 as a, `x`y`z as b); t[`b]': '[x,y,z]' },
  dictionaries: {
    'd={a: {b: 7}}; d.a.b': '7',
    'd={a: table(1 2 as x)}; size(values(d))': '1',
    'd=dict(1.5 2.5, 3 4); d[2.5]': '4',
    'd=dict(2012.01.01 2012.01.02, 3 4); d[2012.01.02]': '4',
  },
})

testRefusals(t, 'what cannot be indexed says so', {
  'x=1 2; x[`a]': 'An index must be an integer.',
  'x=1 2; x[1.5]': 'An index must be an integer.',
  'x=1 2; x[0.5:1.5]': 'An index must be an integer.',
  'arrayVector(2.5, NULL)': 'An index must be an integer.',
  'x=1 2; x[table(1 as x)]': 'Arguments for at method can not be table.',
  'x=1 2; x[]': 'An index is expected.',
  'db=database("",VALUE,1 2); db[0]': 'The object can not be indexed.',
  'x=1..5; x[-2:3]': 'The bounds of an index range must ascend from 0: -2:3.',
  'x=1..5; x[0:(-1)]': 'The bounds of an index range must ascend from 0: 0:-1.',
  't=table(1 as a); t[`b]': 'Unrecognized column name [b].',
  't=table(1 as a); t[0]': 't[i] for rows of a table: not in the embedded server',
  'x=1..5; x[3:1]': 'The bounds of an index range must ascend from 0: 3:1.',
  'x=5; x.y': 'The object has no member [y].',
  'x=5; x(1,2)': 'The object is not a function.',
  '5{1}': 'Cannot recognize the token {',
  'x=5; x{1}': 'Only a function can be applied partially.',
  'for(x in sum){x}': 'The object in a for statement must be a vector.',
})

t.test('dictionaries are received and sent back', async t => {
  const { run, session, node, show } = testSession()
  const { setVariables } = await import('../../../src/server/script/session/session.js')
  const typed = (await run('dict(`a`b, 1 2)')) as Value
  t.match(typed, {
    form: 'dictionary',
    keys: { type: 'STRING' },
    values: { type: 'INT', length: 2 },
  })
  const mixed = (await run('dict(`a`b, (1, table(1 2 as x)))')) as Value
  t.match(mixed, { form: 'dictionary', values: { type: 'ANY' } })
  setVariables(session, node, ['d', 'e'], [typed, mixed])
  t.equal(await show('d.b + size(e.b)'), '4')
  t.match(await run('dict(STRING, INT)'), {
    keys: { type: 'STRING', length: 0 },
    values: { type: 'INT', length: 0 },
  })
  const expected = { keys: { type: 'INT', length: 0 }, values: { type: 'ANY', length: 0 } }
  t.match(await run('dict(INT, ANY)'), expected)
})

t.test('functions, types and handles are sent as their names', async t => {
  const { show } = testSession()
  t.equal(await show('sum'), 'sum')
  t.equal(await show('def f(x){return x}\nf'), 'f')
  t.equal(await show('x->x+1'), 'x->x+1')
  t.equal(await show('add{1}'), 'add{…}')
  t.equal(await show('INT'), '4')
  t.equal(await show('database("dfs://wire", VALUE, 1 2)'), 'dfs://wire')
  t.equal(await show('(sum, INT)'), '[sum,4]')
})

const direct = 'Direct access using column names is not supported to retrieve data from a'
testRefusals(t, 'only SQL reads columns of stream and DFS tables', {
  't=streamTable(1 as a); t.a': `${direct} stream table. Please use a SQL query instead. RefId:S02009`,
  't=keyedStreamTable(`a, 1 as a); t[`a]': `${direct} stream table.`,
  't=createTable(database("dfs://d", VALUE, 1 2), table(1 as a), `t); t.a': `${direct} DFS table. Please use a SQL query instead. RefId:S02008`,
  't=streamTable(1 as a); t.b': 'Unrecognized column name [b].',
})
