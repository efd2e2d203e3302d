import t from 'tap'
import type { Value } from '../../../src/protocol/value.js'
import { testExamples, testRefusals } from '../../helpers/examples.js'
import { testSession } from '../../helpers/script.js'

testExamples(t, {
  vectors: {
    'x=5 7 9; x[-1]': '',
    'x=5 7 9; x[3:1]': '[9,7]',
    'x=1..5; x[5:2]': '[5,4,3]',
    'x=1..5; x[2:2]': '[]',
    'x=(1, `a, 2 3); x[3:1]': '[[2,3],a]',
    'x=5 7 9; x[00i]': '',
    'x=5 7 9; x[0 5 1]': '[5,,7]',
    'x=5 7 9; x[true false true]': '[5,9]',
    'x=5 7 9; x[true]': '[5,7,9]',
    'x=5 7 9; x[false]': '[]',
    'x=5 7 9; x[1:]': '[7,9]',
    'x=5 7 9; x[5:9]': '[]',
    'x=`a`b; x[9]': '',
    'x=arrayVector(2 3, 1 2 3); x[0]': '[1,2]',
    'x=arrayVector(2 3, 1 2 3); x[0][1]': '2',
    'x=(1, `a, 2 3); x[2 0]': '[[2,3],1]',
    'x=(1, `a); typestr(x[9])': 'VOID',
    'x=(1 2, 3 4); x[0 1, 1]': '[2,4]',
    'x=5; x[0]': '5',
    'x=set(3); x[0]': '3',
  },
  'lists of what is not a value of the wire': {
    'l=(sum, 5, table(1 as x)); l[1]': '5',
    'l=(sum, 5, 6); l[1:]': '[5,6]',
    'l=(sum, 5, 6); l[2 1]': '[6,5]',
    'l=(sum, 5); typestr(l[9])': 'VOID',
    'l=(sum, max); l[1](1 5)': '5',
  },
  matrices: {
    'm=1..6$2:3; m[2]': '[5,6]',
    'm=1..6$2:3; (m[0 2])[1]': '[5,6]',
    'm=1..6$2:3; (m[1:3])[0]': '[3,4]',
    'm=1..6$2:3; (m[2:0])[0]': '[3,4]',
    'm=1..6$2:3; (m[2:0])[1]': '[1,2]',
    'm=1..6$2:3; m[0,1]': '3',
    'm=1..6$2:3; m[0:1,1]': '[3]',
    'm=1..6$2:3; m[:,2]': '[5,6]',
  },
  tables: {
    't=table(1 2 3 as a, `x`y`z as b); t[`b]': '[x,y,z]',
    't=table(1 2 3 as a, `x`y`z as b); t[`b`a]': 'x 1;y 2;z 3',
    't=table(1 2 3 as a, `x`y`z as b); t[1].b': 'y',
    't=table(1 2 3 as a, `x`y`z as b); t[0:2]': '1 x;2 y',
    't=table(1 2 3 as a, `x`y`z as b); t[1:]': '2 y;3 z',
    't=table(1 2 3 as a, `x`y`z as b); t[2 0]': '3 z;1 x',
    't=table(1 2 3 as a, `x`y`z as b); t[t.a>1]': '2 y;3 z',
    't=table(1 2 3 as a, `x`y`z as b); t[1, `b]': 'y',
    't=table(1 2 3 as a, `x`y`z as b); t[1, 0]': '2',
  },
  dictionaries: {
    'd=dict(`a`b, 1 2); d[`a`b`c]': '[1,2,]',
    'd=dict(`a`b, 1 2); d("b")': '2',
    'd={a: {b: 7}}; d.a.b': '7',
    'd={a: table(1 2 as x)}; size(values(d))': '1',
    'd=dict(1 2, 3 4); d.2': '4',
    'd=dict(1.5 2.5, 3 4); d[2.5]': '4',
    'd=dict(2012.01.01 2012.01.02, 3 4); d[2012.01.02]': '4',
  },
})

testRefusals(t, 'what cannot be indexed says so', {
  'x=1 2; x[`a]': 'An index must be an integer.',
  'x=1 2; x[1.5]': 'An index must be an integer.',
  'x=1 2; x[table(1 as x)]': 'An index must be a number or a vector.',
  'x=1 2; x[]': 'An index is expected.',
  'db=database("",VALUE,1 2); db[0]': 'The object can not be indexed.',
  'm=1..4$2:2; m[9]': 'The column index is out of range.',
  'm=1..4$2:2; m[0 2]': 'The column index is out of range.',
  'm=1..4$2:2; m[-1]': 'The column index is out of range.',
  'm=1..4$2:2; m[0, 0 1]': 'A cell of a matrix is chosen by a row and the number of one column.',
  'm=1..4$2:2; m[1:1]': 'A matrix needs at least one column.',
  'x=1..5; x[-2:3]': 'The bounds of an index range must not be negative: -2:3.',
  'x=1..5; x[0:(-1)]': 'The bounds of an index range must not be negative: 0:-1.',
  't=table(1 as a); t[`b]': 'Unrecognized column name [b].',
  't=table(1 as a); t[0, 9]': 'The column index is out of range.',
  'd={a: 1}; d[1:]': 'A dictionary can not be sliced.',
  'x=5; x.y': 'The object has no member [y].',
  'x=5; x(1,2)': 'The object is not a function.',
  '5{1}': 'Cannot recognize the token {',
  'x=5; x{1}': 'Only a function can be applied partially.',
  'for(x in sum){x}': 'The object in a for statement must be a vector, matrix or table.',
})

t.test('dictionaries come from the wire and go back', async t => {
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
  t.match(await run('dict(INT, ANY)'), {
    keys: { type: 'INT', length: 0 },
    values: { type: 'ANY', length: 0 },
  })
})

t.test('functions, types and handles travel by their names', async t => {
  const { show } = testSession()
  t.equal(await show('sum'), 'sum')
  t.equal(await show('def f(x){return x}\nf'), 'f')
  t.equal(await show('x->x+1'), 'x->x+1')
  t.equal(await show('add{1}'), 'add{…}')
  t.equal(await show('INT'), '4')
  t.equal(await show('database("dfs://wire", VALUE, 1 2)'), 'dfs://wire')
  t.equal(await show('(sum, INT)'), '[sum,4]')
})
