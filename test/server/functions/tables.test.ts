/* Tables in memory, shared names, schema and objs. Manual, pages table, keyedTable, indexedTable, streamTable, share, undef, objByName,
   schema, objs and replaceColumn!, "Arguments", "Details" and "Examples"; error codes S02010, S05008, S05012, S05017.
   docs/protocol.md#schema-dictionary names what clients read. */
import t from 'tap'
import type { Table, Column, Dictionary, Value } from '../../../src/protocol/value.js'
import {
  columnsText,
  testSession,
  rowsText,
  textsOf,
  type TestSession,
} from '../../helpers/script.js'
import { elementAt, formatValue } from '../../../src/protocol/element.js'

t.test('table names its columns after aliases and variables', async t => {
  const { run, show } = testSession()
  const named = await run('id=`XOM`GS`AAPL; x=102.1 33.4 73.6; table(id, x)')
  t.equal(columnsText(named as Table), 'id STRING, x DOUBLE')
  t.equal(await show('table(`XOM`GS as id, 102.1 33.4 as x)'), 'XOM 102.1;GS 33.4')
  t.equal(await show('table(1..3 as id, 0 as v)'), '1 0;2 0;3 0', 'a scalar fills its column')
})

t.test('table creates rows of zeros if it gets a size', async t => {
  const { show, fail } = testSession()
  t.equal(await show('table(100:2, `name`id`value, [STRING,INT,DOUBLE])'), ' 0 0; 0 0')
  t.equal(await show('table(100:1, `name`id`value, `STRING`INT`DOUBLE)'), ' 0 0')
  t.equal(await show('table(5:1, ["d"], ["DECIMAL32(2)"])'), '0.00')
  t.match(await fail('table(5:1, [`v], ["INT[]"])'), /must be 0/)
  t.match(await fail('table(5:0, `a`b, [INT])'), /number of column names/)
  t.match(await fail('table(5:0, [`a], [DECIMAL32])'), /Must specify scale .* RefId: S05008$/)
  t.match(await fail('table(5:0, [`a], ["INTT"])'), /INTT/)
  t.match(await fail('table(1 2 as a, 3 4 5 as b)'), /same length. RefId:S02010$/)
})

t.test('keyed and indexed tables are created in the three documented ways', async t => {
  const { show, fail } = testSession()
  for (const name of ['keyedTable', 'indexedTable']) {
    t.equal(await show(`sym=\`A\`B; id=5 4; t=${name}(\`sym\`id, sym, id); t`), 'A 5;B 4')
    const shown = await show(
      `t=${name}(\`sym,1:0,\`sym\`id,[SYMBOL,INT]); insert into t values(\`A\`B\`A,5 4 3); t`,
    )
    t.equal(shown, 'A 3;B 4')
    t.equal(await show(`${name}(\`sym, table(\`A\`B as sym, 1 2 as id))`), 'A 1;B 2')
    const duplicate = await fail(`${name}(\`id, 1 2 3 1 as id)`)
    t.match(duplicate, /can't contain duplicated keys. RefId: S05012$/)
    t.match(await fail(`${name}(\`nope, 1 as id)`), /nope/)
  }
})

t.test('types are given by words, functions with that name, or strings', async t => {
  const { run } = testSession()
  for (const types of ['[INT, DOUBLE]', '[int, double]', '`INT`DOUBLE', '["int", "double"]']) {
    const table = (await run(`table(1:0, \`a\`b, ${types})`)) as Table
    t.equal(columnsText(table), 'a INT, b DOUBLE', types)
  }
  t.equal(columnsText((await run('table(1:0, [`a], int)')) as Table), 'a INT')
  const wrong = await testSession().fail('table(1:0, `a`b, [int, sum])')
  t.match(wrong, /The argument \[colTypes\] must be data types, but sum is none\.$/)
})

t.test('no table has columns of DURATION or of functions', async t => {
  const { run, fail } = testSession()
  const refusal = /The column \[d\] can't be of type DURATION: tables don't support it\.$/
  for (const script of [
    'table(1s as d)',
    'keyedTable(`a, 1:0, `a`d, [INT, DURATION])',
    't = table(1 2 as a); t[`d] = 1s',
    't = table(1 as d); t.replaceColumn!(`d, 1s)',
  ]) {
    t.match(await fail(script), refusal, script)
  }
  t.match(await run('table([1s, 2s] as d)'), { columns: [{ type: 'ANY' }] }, 'as a tuple')
  t.match(await fail('table(1:0, [`f], [FUNCTIONDEF])'), /can't be of type FUNCTIONDEF/)
  t.match(await run('table(NULL as v)'), { columns: [{ type: 'VOID' }] })
})

t.test('a column is replaced', async t => {
  const { run, show, fail } = testSession()
  await run('t = table(09:34:07 09:36:42 as timestamp, `C`MS as sym, 49.6 29.5 as price)')
  const replaced = await run('replaceColumn!(t, `price, int(t.price)); t')
  t.equal(columnsText(replaced as Table), 'timestamp SECOND, sym STRING, price INT')
  t.equal(await show('t'), '09:34:07 C 50;09:36:42 MS 30')
  t.match(await fail('t.replaceColumn!(`y, 1 2 3)'), /same length. RefId:S02010$/)
  t.match(await fail('t.replaceColumn!(`nope, 1 2)'), /nope/)
})

async function schemaOf({ run }: TestSession, expression: string): Promise<Map<string, Value>> {
  const value = (await run(`schema(${expression})`)) as Dictionary
  t.match(value, { form: 'dictionary', keys: { type: 'STRING' }, values: { type: 'ANY' } })
  const names = textsOf(value.keys)
  return new Map(names.map((name, row) => [name, elementAt(value.values as Column, row)]))
}

t.test('a table without partitions has no partitionColumnName', async t => {
  const session = testSession()
  await session.run(
    't = table(1:0, `sym`price`vol, [SYMBOL, DECIMAL32(2), INT[]]); share streamTable(1:0, [`a], [INT]) as st',
  )
  const schema = await schemaOf(session, 't')
  t.notOk(schema.has('partitionColumnName'))
  t.match(schema.get('partitionColumnIndex'), { form: 'scalar', type: 'INT', value: -1 })
  const definitions = schema.get('colDefs') as Table
  const expected = 'name STRING, typeString STRING, typeInt INT, extra INT, comment STRING'
  t.equal(columnsText(definitions), expected, 'types that Java expects')
  t.equal(rowsText(definitions), 'sym SYMBOL 17  ;price DECIMAL32(2) 37 2 ;vol INT[] 68  ')
  t.notOk((await schemaOf(session, '"st"')).has('partitionColumnName'), 'also by name')
})

t.test('a table with one partition column returns it as scalars', async t => {
  const session = testSession()
  await session.run(
    'db = database("dfs://r", RANGE, 0 5 10); pt = db.createPartitionedTable(table(1:0, `ID`x, [INT, DOUBLE]), `pt, `ID)',
  )
  const schema = await schemaOf(session, 'loadTable("dfs://r", "pt")')
  const expected: Record<string, [string, string]> = {
    partitionColumnName: ['scalar STRING', 'ID'],
    partitionColumnIndex: ['scalar INT', '0'],
    partitionColumnType: ['scalar INT', '4'],
    partitionType: ['scalar INT', '2'],
    partitionTypeName: ['scalar STRING', 'RANGE'],
    partitionSchema: ['vector INT', '[0,5,10]'],
    dbUrl: ['scalar STRING', 'dfs://r'],
    tableName: ['scalar STRING', 'pt'],
    tableOwner: ['scalar STRING', 'admin'],
    engineType: ['scalar STRING', 'OLAP'],
  }
  for (const [key, [type, text]] of Object.entries(expected)) {
    const value = schema.get(key)!
    t.equal(`${value.form} ${'type' in value ? value.type : ''}`, type, key)
    t.equal(formatValue(value), text, key)
  }
  const methods = columnsText(schema.get('compressMethods') as Table)
  t.equal(methods, 'name STRING, compressMethods STRING')
})

t.test('several partition columns are returned as vectors, their schemes as a tuple', async t => {
  const session = testSession()
  await session.run(
    'db = database("dfs://c", COMPO, [database("", VALUE, 1..3), database("", HASH, [SYMBOL, 40])], engine="TSDB"); pt = db.createPartitionedTable(table(1:0, `v`id`deviceId, [DOUBLE, INT, SYMBOL]), `pt, `id`deviceId, sortColumns=`deviceId`id, keepDuplicates=LAST)',
  )
  const schema = await schemaOf(session, 'pt')
  const expected: Record<string, [string, string]> = {
    partitionColumnName: ['STRING', '[id,deviceId]'],
    partitionColumnIndex: ['INT', '[1,2]'],
    partitionColumnType: ['INT', '[4,17]'],
    partitionType: ['INT', '[1,5]'],
    partitionTypeName: ['STRING', '[VALUE,HASH]'],
    partitionSchema: ['ANY', '[[1,2,3],40]'],
    sortColumns: ['STRING', '[deviceId,id]'],
  }
  for (const [key, [type, text]] of Object.entries(expected)) {
    t.match(schema.get(key), { form: 'vector', type }, key)
    t.equal(formatValue(schema.get(key)!), text, key)
  }
  t.equal(formatValue(schema.get('keepDuplicates')!), 'LAST')
  t.notOk(schema.has('keyColumn'))
})

t.test('the schema of a database and of a keyed table', async t => {
  const session = testSession()
  await session.run(
    'db = database("dfs://d", VALUE, 1..3, , "TSDB", "CHUNK"); kt = keyedTable(`a`b, 1 as a, 2 as b)',
  )
  const database = await schemaOf(session, 'db')
  const expected: Record<string, string> = {
    databaseDir: 'dfs://d',
    partitionSchema: '[1,2,3]',
    partitionType: '1',
    partitionTypeName: 'VALUE',
    atomic: 'CHUNK',
    engineType: 'TSDB',
    databaseOwner: 'admin',
  }
  for (const [key, text] of Object.entries(expected)) {
    t.equal(formatValue(database.get(key)!), text, key)
  }
  t.equal(formatValue((await schemaOf(session, 'kt')).get('keyColumn')!), '[a,b]')
  t.match(await session.fail('schema(5)'), /A table object or table name is expected/)
  t.match(
    await session.fail('schema()'),
    /^schema\(\) => The function \[schema\] expects 1 argument\(s\), but the actual number of arguments is: 0$/,
  )
})

t.test('a shared stream table has one name', async t => {
  const { fail, run } = testSession()
  await run('st = streamTable(1 as a); share(st, "x")')
  t.match(await fail('share(st, "y")'), /=> This stream has already been shared as 'x'\.$/)
  t.equal(await fail('share(st, "x")'), 'no error')
  t.match(await fail('share(table(1 as a), "not a name")'), /not a valid variable name/)
})

t.test('objByName can look only for variables or only for shared tables', async t => {
  const { run, show, fail } = testSession()
  await run('share table(1 as a) as both; share table(2 as a) as st; v = 5')
  await run('both = 6')
  t.equal(await show('objByName("both")'), '6')
  t.equal(await show('objByName("both", true)'), '1')
  t.equal(await show('objByName("both", false)'), '6')
  t.equal(await show('objByName(name="st", sharedVar=true)'), '2')
  for (const call of ['objByName("st", false)', 'objByName("v", true)']) {
    t.match(await fail(call), /Can't find the object with name (st|v)$/, call)
  }
})

t.test('undef removes variables, functions and shared tables', async t => {
  const { run, fail, show, session, node } = testSession()
  await run(
    'def f(){ return 1 }\nx = 1; y = 2; share table(1 as a) as st; share table(1 as a) as su',
  )
  await run('undef(`st, SHARED)')
  t.match(await fail('select * from st'), /st/)
  await run('undef(["su"], SHARED); undef(`x)')
  t.equal(node.shared.size, 0)
  t.match(await fail('undef(`x)'), /Can't find the object with name x$/)
  t.match(await fail('undef(`su, SHARED)'), /Can't find the object with name su$/)
  await run('undef(`f, DEF)')
  t.equal(session.functions.size, 0)
  t.equal(await show('y'), '2')
  await run('share table(1 as a) as sv\ndef g(){ return 1 }')
  await run('undef all')
  t.equal(session.variables.size + session.functions.size, 0)
  t.equal(await show('sv'), '1', 'undef all affects only the session')
  t.match(await fail('undef("sv", "EVERYTHING")'), /VAR, SHARED or DEF/)
})

t.test('objs lists the variables of the session and shared objects', async t => {
  const { run, show, node } = testSession()
  await run(`n = 5; v = 1.5 2.5; s = set(1 2 3); z = dict(1 2, 3.5 4.5); p = 1:2
t = table(1 2 as x, 3 4 as y); tup = (1, \`a); l = (sum, 1); f = add; a = arrayVector(2 3, 1 2 3); ty = INT
db = database("dfs://listdb", VALUE, 1 2)
pt = db.createPartitionedTable(t, \`pt, \`x)
share table(1 2 3 as x) as shared1
share streamTable(1:0, [\`x], [INT]) as shared2`)
  t.equal(
    await show('select name, type, form, rows, columns, shared, extra from objs()'),
    [
      'n INT SCALAR 1 1 false ',
      'v DOUBLE VECTOR 2 1 false ',
      's INT SET 3 1 false ',
      'z DOUBLE DICTIONARY 2 1 false ',
      'p INT PAIR 2 1 false ',
      't BASIC TABLE 2 2 false ',
      'tup ANY VECTOR 2 1 false ',
      'l ANY VECTOR 2 1 false ',
      'f FUNCTIONDEF SCALAR 1 1 false ',
      'a INT[] VECTOR 2 1 false ',
      'ty INT SCALAR 1 1 false ',
      'db HANDLE SCALAR 1 1 false dfs://listdb',
      'pt ALIAS TABLE 0 2 false dfs://listdb/pt',
    ].join(';'),
  )
  const other = testSession({ node })
  const shown = await other.show('select name, type, rows, owner from objs(true) where shared=true')
  t.equal(shown, 'shared1 BASIC 3 admin;shared2 REALTIME 0 admin')
})

t.test('every kind of table has a separate word', async t => {
  const { show, run } = testSession()
  await run(`k = keyedTable(\`a, 1 as a); i = indexedTable(\`a, 1 as a); s = streamTable(1 as a)
ks = keyedStreamTable(\`a, 1:0, [\`a], [INT])
g = createPartitionedTable(database("", VALUE, 1 2), table(1 as a), \`g, \`a)
d = createPartitionedTable(database("dfs://d", VALUE, 1 2), table(1 as a), \`d, \`a)
d.append!(table(1 2 as a)); any = dict(INT, ANY)`)
  t.equal(
    await show('select name, type, form, rows, extra from objs()'),
    [
      'k KEYED TABLE 1 ',
      'i INDEXED TABLE 1 ',
      's REALTIME TABLE 1 ',
      'ks REALTIME TABLE 0 ',
      'g SEGMENTED TABLE 0 ',
      'd ALIAS TABLE 0 dfs://d/d',
      'any ANY DICTIONARY 0 ',
    ].join(';'),
  )
})
