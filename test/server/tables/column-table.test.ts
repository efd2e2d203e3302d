/* Tables by kind: what they keep, refuse and count. Manual, pages insert_data, keyedTable, keyedStreamTable, upsert!, update and delete;
   error codes S03012, S05012, S05017. */
import t from 'tap'
import { testExamples, testRefusals } from '../../helpers/examples.js'
import { testSession } from '../../helpers/script.js'

const columns = '0:0, `id`sym`price, [INT,SYMBOL,DOUBLE])'
const keyed = `t = keyedTable(\`sym\`id, ${columns}`
const batch = (ids: string, syms: string, prices: string): string =>
  `table(${ids} as id, ${syms} as sym, ${prices} as price)`

testExamples(t, {
  'keyed tables: the last row of a key stays, and only new keys count': {
    [`${keyed}; tableInsert(t, ${batch('1 1', '`A`B', '1.0 2')})`]: '2',
    [`${keyed}; tableInsert(t, ${batch('1 1', '`A`B', '1.0 2')}); tableInsert(t, ${batch('1 2 2', '`A`A`A', '3.0 4 5')})`]:
      '1',
    [`${keyed}; tableInsert(t, ${batch('1 1', '`A`B', '1.0 2')}); tableInsert(t, ${batch('1 2 2', '`A`A`A', '3.0 4 5')}); t`]:
      '1 A 3;1 B 2;2 A 5',
    't = indexedTable(`a, 0:0, `a`b, [LONG,INT]); insert into t values(1 2 1, 1 2 3); t': '1 3;2 2',
    't = keyedTable(`u, 0:0, `u`v, [UUID,INT]); u = take(uuid("5d212a78-cc48-e3b1-4235-b4d91473ee87"), 2); insert into t values(u, 1 2); rows(t)':
      '1',
    't = keyedTable(`d, 0:0, `d`v, ["DECIMAL64(2)",INT]); insert into t values(decimal64(`1.5`1.50, 2), 1 2); t':
      '1.50 2',
  },
  'keyed tables: keys survive the removal of rows': {
    't = keyedTable(`s, `A`B`C as s, 1 2 3 as v); delete from t where s="A"; tableInsert(t, `A`C, 7 8)':
      '1',
    't = keyedTable(`s, `A`B`C as s, 1 2 3 as v); delete from t where s="A"; tableInsert(t, `A`C, 7 8); t':
      'B 2;C 8;A 7',
  },
  'keyed stream tables: the first row of a key stays, also within one batch': {
    't = keyedStreamTable(`a, 0:0, `a`b, [INT,INT]); tableInsert(t, 1 1 2, 1 2 3)': '2',
    't = keyedStreamTable(`a, 0:0, `a`b, [INT,INT]); tableInsert(t, 1 1 2, 1 2 3); tableInsert(t, 2 3, 4 5); t':
      '1 1;2 3;3 5',
    'keyedStreamTable(`a, table(1 1 as a, 2 3 as b))': '1 2',
  },
  'tableInsert: the forms of the manual': {
    't = table(0:0, `n`a, [STRING,INT]); tableInsert(t, table(`Tom`Jerry as x, 24 25 as y)); t':
      'Tom 24;Jerry 25',
    't = table(0:0, `n`a, [STRING,INT]); tableInsert(t, (`George, 29)); t': 'George 29',
    't = table(0:0, `n`a, [STRING,INT]); tableInsert(t, (`Frank`Henry, 31 32)); t':
      'Frank 31;Henry 32',
    't = table(0:0, `n`a, [STRING,INT]); tableInsert(t, `Nicole`Nancy, 28 29)': '2',
    't = table(0:0, `n`a, [STRING,INT]); tableInsert(t, `One, 1)': '1',
    't = table(0:0, `i`v, [INT,DOUBLE[]]); tableInsert(t, 1, 1 2); tableInsert(t, 2 3, [[3], [4,5]]); t':
      '1 [1,2];2 [3];3 [4,5]',
  },
  'update and delete convert values before anything changes': {
    't = table(1 2 as a, 1.0 2 as b); update t set b=7 where a=1; t': '1 7;2 2',
    't = table(1 2 as a, 1.0 2 as b); try { update t set a=9, b="x" } catch(ex) {}; t': '1 1;2 2',
    'delete from table(1 2 3 as a) where a=2': '',
  },
})

const people = 't = table(0:0, `n`a, [STRING,INT]);'
const wrongCount = "The number of table columns doesn't match the number of columns to append."
testRefusals(t, 'tableInsert: values that do not fit (page insert_data, questions 1 and 3)', {
  [`${people} tableInsert(t, (\`a))`]: wrongCount,
  [`${people} tableInsert(t, \`a, 1, 2)`]: wrongCount,
  [`${people} tableInsert(t, \`a\`b, [1])`]: 'Inconsistent length of values to insert.',
  [`${people} tableInsert(t, \`a\`b, 1)`]: 'Inconsistent length of values to insert.',
  [`${people} tableInsert(t, \`a, \`b)`]:
    "Failed to append data to column 'a' with error: Incompatible type. Expected: INT, Actual: STRING",
  'tableInsert(streamTable(1 as a, 2 as b), 1)': 'RefId: S03012',
  'tableInsert(streamTable(1 as a), table(1 as a, 2 as b))': 'RefId: S03012',
})

testRefusals(t, 'changes that a table refuses', {
  'delete from streamTable(1 as a)': 'stream table',
  't = streamTable(1 as a); update t set a=2': 'stream table',
  'keyedTable(`a, 1 1 as a)': "A keyed/indexed table can't contain duplicated keys. RefId: S05012",
  'keyedTable(`x, 1 as a)': 'The key column [x] does not exist in the table.',
  'keyedTable(`v, 0:0, [`v], ["INT[]"])': "A column of type INT[] can't be a key column.",
  't = keyedTable(`a, 1 as a); update t set a=2': "Can't update a key column.",
  't = keyedTable(`a, 1 as a); replaceColumn!(t, `a, [2])': "Can't update a key column.",
  'table(1 as a, 2 as a)': 'duplicate name: a.RefId: S05017',
})

t.test('a batch with one bad column leaves nothing (server-semantics.md)', async t => {
  for (const kind of ['table(', 'streamTable(', 'keyedTable(`id, ', 'keyedStreamTable(`id, ']) {
    const { run, show, fail } = testSession()
    await run(`t = ${kind}${columns}; insert into t values(1, \`A, 1.5)`)
    const refusal = await fail(`tableInsert(t, ${batch('1 2', '`B`B', '2020.01.01 2020.01.02')})`)
    t.match(refusal, /Actual: DATE/)
    t.equal(await show('select * from t'), '1 A 1.5', kind)
  }
})

t.test('a result keeps its rows, whatever happens to the table', async t => {
  const { run } = testSession()
  await run('t = keyedTable(`a, 1 2 as a, 1 2 as v)')
  const before = await run('t')
  const copy = structuredClone(before)
  await run('insert into t values(2 3, 9 9); update t set v=7; delete from t where a=1')
  t.strictSame(before, copy)
})
