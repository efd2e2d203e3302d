import t from 'tap'
import { startsStructureStatement } from '../../../../src/server/script/parse/parse-structure.js'
import type { Assignment } from '../../../../src/server/script/parse/syntax.js'
import { testSession } from '../../../helpers/script.js'
import { cursorOn, sourceOf, statementsOf, treesOf } from '../../../helpers/syntax.js'

const trees: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'create database is a call of database, with handles for several levels': {
    'create database "dfs://d" partitioned by VALUE(1..10)':
      '&database(directory="dfs://d", partitionType=VALUE, partitionScheme=(1 .. 10))',
    "CREATE DATABASE `d\nPARTITIONED BY range(0 10),\nhash([SYMBOL,\n40]), engine='TSDB', atomic='CHUNK'":
      '&database(directory="d", partitionType=COMPO, partitionScheme=[&database("", RANGE, [0,10]), ' +
      '&database("", HASH, [SYMBOL, 40])], engine="TSDB", atomic="CHUNK")',
  },
  'create table in a database is partitioned or one piece': {
    'create table "dfs://d"."t"(id INT, day DATE[comment="x", compress="delta"], p DECIMAL64(4), v INT[])\npartitioned by id, `day, sortColumns=["id"]':
      '&createPartitionedTable(dbHandle=&database("dfs://d"), table=&table(1:0, ["id", "day", "p", "v"], ' +
      '["INT", "DATE", "DECIMAL64(4)", "INT[]"]), tableName="t", partitionColumns=["id", "day"], sortColumns=["id"])',
    'create table `d.`t(\nid INT,\nv DECIMAL32(2)[],\n)':
      '&createDimensionTable(dbHandle=&database("d"), table=&table(1:0, ["id", "v"], ["INT", "DECIMAL32(2)[]"]), tableName="t")',
  },
  'create table with a name alone is an assignment': {
    'create table t(id INT)': '&t = &table(1:0, ["id"], ["INT"])',
    'create table f(id INT)\nf -1': '&f = &table(1:0, ["id"], ["INT"]); (f - 1)',
  },
  'drop is a call, behind a condition where it may be missing': {
    'drop database "dfs://d"': '&dropDatabase("dfs://d")',
    'DROP DATABASE IF EXISTS `d': 'if(&existsDatabase("d")) {&dropDatabase("d")}',
    'drop table "dfs://d"."t"': '&dropTable(&database("dfs://d"), "t")',
    'drop table if exists `d.`t': 'if(&existsTable("d", "t")) {&dropTable(&database("d"), "t")}',
    'drop table t': '&undef("t")',
    'drop table if exists t; a': 'if(&defined("t")) {&undef("t")}; a',
  },
}

for (const [title, cases] of Object.entries(trees)) {
  t.test(title, async t => {
    for (const [source, tree] of Object.entries(cases)) t.equal(treesOf(source), tree, source)
  })
}

t.test('create and drop are names everywhere else', async t => {
  const starts = (source: string): boolean => startsStructureStatement(cursorOn(source))
  for (const source of ['create table t', 'DROP Database d']) t.ok(starts(source), source)
  for (const source of ['create = 1', 'drop(table)', 'create view v', 'table', '1']) {
    t.notOk(starts(source), source)
  }
})

const failures: Readonly<Record<string, string>> = {
  'create database "d"': "'partitioned' is expected before the end of the script.",
  'create database "d" partitioned VALUE(1)': 'Cannot recognize the token VALUE',
  'create database "d" partitioned by VALUE': "'(' is expected before the end of the script.",
  'create database "d" partitioned by VALUE(1 x': 'Cannot recognize the token x',
  'create database 5 partitioned by VALUE(1)': 'Cannot recognize the token 5',
  'create table t': "'(' is expected before the end of the script.",
  'create table t(id)': 'Cannot recognize the token )',
  'create table t(id INT': "')' is expected before the end of the script.",
  'create table t(id INT[x])': 'Cannot recognize the token ]',
  'create table t(id INT) x': 'Cannot recognize the token x',
  'create table "d".(id INT)': 'Cannot recognize the token (',
  'drop table': 'A name is expected before the end of the script.',
  'drop table if "d"': 'Cannot recognize the token "d"',
  'drop view v': 'Cannot recognize the token view',
}

t.test('what is missing, or one too many, is named', async t => {
  for (const [source, message] of Object.entries(failures)) {
    const wanted = `Syntax Error: [line #2] ${message}`
    t.throws(() => treesOf(`\n${source}`), { message: wanted }, source)
  }
})

t.test('the calls carry the text of the statement, for errors to quote', async t => {
  const source = 'drop table if exists "dfs://d"."t"'
  const [node] = statementsOf(source)
  t.equal(sourceOf(node!), source)
  t.equal(node!.kind === 'if' && sourceOf(node.then[0]!), source)
  const [table] = statementsOf('create table t(id INT) ; a')
  t.equal(sourceOf(table!), 'create table t(id INT)')
  t.equal(sourceOf((table as Assignment).values[0]!), 'create table t(id INT)')
  t.equal((table as Assignment).needsGo, true)
})

t.test('the calls create and drop what they say', async t => {
  const { run, show } = testSession()
  await run(`create database "dfs://test" partitioned by VALUE(1..10), HASH([SYMBOL, 40]), engine='TSDB'
CREATE TABLE "dfs://test"."pt"(id INT, deviceId SYMBOL, day DATE[comment="time_col", compress="delta"],
    value DOUBLE)
  partitioned by id, deviceId, sortColumns=[\`deviceId,\`day], keepDuplicates=ALL`)
  t.equal(
    await show('exec typeString from schema(loadTable("dfs://test","pt")).colDefs'),
    '[INT,SYMBOL,DATE,DOUBLE]',
  )
  t.equal(await show('schema(database("dfs://test")).partitionTypeName'), '[VALUE,HASH]')
  await run(
    'create table tb(id SYMBOL, val DECIMAL32(2), v INT[])\ngo\ninsert into tb values(`a, 1.25, 1 2)',
  )
  t.equal(await show('tb'), 'a 1.25 [1,2]')
  await run('drop table if exists "dfs://test"."pt"\ndrop table if exists "dfs://test"."pt"')
  t.equal(await show('existsTable("dfs://test", "pt")'), 'false')
  await run('drop database if exists "dfs://test"')
  t.equal(await show('existsDatabase("dfs://test")'), 'false')
})
