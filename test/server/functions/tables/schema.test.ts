import t from 'tap'
import type { Column, Dictionary, Table, Value } from '../../../../src/protocol/value.js'
import { elementAt } from '../../../../src/protocol/element.js'
import { formatValue } from '../../../../src/protocol/value-text.js'
import {
  columnsText,
  rowsText,
  testSession,
  textsOf,
  type TestSession,
} from '../../../helpers/script.js'

async function schemaOf({ run }: TestSession, expression: string): Promise<Map<string, Value>> {
  const value = (await run(`schema(${expression})`)) as Dictionary
  t.match(value, { form: 'dictionary', keys: { type: 'STRING' }, values: { type: 'ANY' } })
  const names = textsOf(value.keys)
  return new Map(names.map((name, row) => [name, elementAt(value.values as Column, row)]))
}

t.test('a table that is not partitioned has no partitionColumnName at all', async t => {
  const session = testSession()
  await session.run(
    't = table(1:0, `sym`price`vol, [SYMBOL, DECIMAL32(2), INT[]]); share streamTable(1:0, [`a], [INT]) as st',
  )
  const schema = await schemaOf(session, 't')
  t.notOk(schema.has('partitionColumnName'))
  t.match(schema.get('partitionColumnIndex'), { form: 'scalar', type: 'INT', value: -1 })
  const definitions = schema.get('colDefs') as Table
  t.equal(
    columnsText(definitions),
    'name STRING, typeString STRING, typeInt INT, extra INT, comment STRING',
    'types that Java casts to',
  )
  t.equal(rowsText(definitions), 'sym SYMBOL 17  ;price DECIMAL32(2) 37 2 ;vol INT[] 68  ')
  t.notOk((await schemaOf(session, '"st"')).has('partitionColumnName'), 'also by name')
})

t.test('a table with one partition column tells it in scalars', async t => {
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
  t.equal(
    columnsText(schema.get('compressMethods') as Table),
    'name STRING, compressMethods STRING',
  )
})

t.test('several partition columns are told in vectors, their schemes in a tuple', async t => {
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

t.test('a dimension table is not partitioned', async t => {
  const session = testSession()
  await session.run(
    'db = database("dfs://d", VALUE, 1..3); dim = createTable(db, table(1 as k), "dim")',
  )
  const schema = await schemaOf(session, 'dim')
  t.notOk(schema.has('partitionColumnName'))
  t.equal(formatValue(schema.get('partitionColumnIndex')!), '-1')
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
  t.match(await session.fail('schema(5)'), /must be a table or a database handle/)
  t.match(
    await session.fail('schema()'),
    /^schema\(\) => The function \[schema\] expects 1 argument\(s\), but the actual number of arguments is: 0$/,
  )
})
