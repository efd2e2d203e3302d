import t from 'tap'
import type { Table } from '../../../../src/protocol/value.js'
import { columnsText, testSession } from '../../../helpers/script.js'

t.test('table names its columns after aliases and variables', async t => {
  const { run, show } = testSession()
  const named = await run('id=`XOM`GS`AAPL; x=102.1 33.4 73.6; table(id, x)')
  t.equal(columnsText(named as Table), 'id STRING, x DOUBLE')
  t.equal(await show('table(`XOM`GS as id, 102.1 33.4 as x)'), 'XOM 102.1;GS 33.4')
  t.equal(await show('table(1..3 as id, 0 as v)'), '1 0;2 0;3 0', 'a scalar fills its column')
})

t.test('table makes columns of tuples and keeps mixed tuples as they are', async t => {
  const { run } = testSession()
  const made = await run(
    'id = 1 2 3; val = [[1,2,3],[4,5,6],[7,8,9]]; metrics = [`A,[2.2, 3.2],3.2]; table(id, val, metrics)',
  )
  t.equal(columnsText(made as Table), 'id INT, col1 INT, col2 INT, col3 INT, metrics ANY')
})

t.test('table makes rows of zeros for a size', async t => {
  const { show, fail } = testSession()
  t.equal(await show('table(100:2, `name`id`value, [STRING,INT,DOUBLE])'), ' 0 0; 0 0')
  t.equal(await show('table(100:1, `name`id`value, `STRING`INT`DOUBLE)'), ' 0 0')
  t.equal(await show('table(5:1, ["d"], ["DECIMAL32(2)"])'), '0.00')
  t.match(await fail('table(5:1, [`v], ["INT[]"])'), /must be 0/)
  t.match(await fail('table(5:0, `a`b, [INT])'), /number of column names/)
  t.match(await fail('table(5:0, [`a], [DECIMAL32])'), /Must specify scale .* RefId: S05008$/)
  t.match(await fail('table(5:0, [`a], ["INTT"])'), /INTT/)
  t.match(await fail('table(1 2 as a, 3 4 as a)'), /duplicate name: a\.RefId: S05017$/)
  t.match(await fail('table(1 2 as a, 3 4 5 as b)'), /same length. RefId:S02010$/)
})

t.test('keyed and indexed tables are made in the three documented ways', async t => {
  const { show, fail } = testSession()
  for (const name of ['keyedTable', 'indexedTable']) {
    t.equal(await show(`sym=\`A\`B; id=5 4; t=${name}(\`sym\`id, sym, id); t`), 'A 5;B 4')
    t.equal(
      await show(
        `t=${name}(\`sym,1:0,\`sym\`id,[SYMBOL,INT]); insert into t values(\`A\`B\`A,5 4 3); t`,
      ),
      'A 3;B 4',
    )
    t.equal(await show(`${name}(\`sym, table(\`A\`B as sym, 1 2 as id))`), 'A 1;B 2')
    t.match(
      await fail(`${name}(\`id, 1 2 3 1 as id)`),
      /can't contain duplicated keys. RefId: S05012$/,
    )
    t.match(await fail(`${name}(\`nope, 1 as id)`), /nope/)
  }
  t.match(
    await fail('t=keyedTable(`sym,`A`B as sym, 1 2 as x); update t set sym="C"'),
    /Can't update a key column\.$/,
  )
})

t.test('rows and columns of values', async t => {
  const { show } = testSession()
  const expected: [string, string][] = [
    ['rows(table(1 2 3 as a))', '3'],
    ['rows(1 2 3 4)', '4'],
    ['rows(5)', '1'],
    ['rows((1,"a"))', '2'],
    ['columns(table(1 as a, 2 as b))', '2'],
    ['columns(1 2 3)', '1'],
  ]
  for (const [script, text] of expected) t.equal(await show(script), text, script)
})

t.test('types are words, the functions of that name, strings or numbers', async t => {
  const { run } = testSession()
  for (const types of [
    '[INT, DOUBLE]',
    '[int, double]',
    '`INT`DOUBLE',
    '["int", "double"]',
    '4 16',
  ]) {
    const table = (await run(`table(1:0, \`a\`b, ${types})`)) as Table
    t.equal(columnsText(table), 'a INT, b DOUBLE', types)
  }
  t.equal(columnsText((await run('table(1:0, [`a], int)')) as Table), 'a INT')
  t.match(
    await testSession().fail('table(1:0, `a`b, [int, sum])'),
    /The argument \[colTypes\] must be data types, but sum is none\.$/,
  )
})

t.test('no table has columns of DURATION or of functions', async t => {
  const { run, fail } = testSession()
  const refusal = /The column \[d\] can't be of type DURATION: tables don't support it\.$/
  for (const script of [
    'table(1:0, [`d], [DURATION])',
    'table(1s as d)',
    'streamTable(1:0, `a`d, [INT, DURATION])',
    'keyedTable(`a, 1:0, `a`d, [INT, DURATION])',
    'create table made(d DURATION)',
    't = table(1 2 as a); t[`d] = 1s',
    't = table(1 as d); t.replaceColumn!(`d, 1s)',
  ]) {
    t.match(await fail(script), refusal, script)
  }
  t.match(await run('table([1s, 2s] as d)'), { columns: [{ type: 'ANY' }] }, 'as a tuple')
  t.match(await fail('table(1:0, [`f], [FUNCTIONDEF])'), /can't be of type FUNCTIONDEF/)
  t.match(await run('table(NULL as v)'), { columns: [{ type: 'VOID' }] })
})
