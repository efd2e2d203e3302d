import t from 'tap'
import { jsonToValue, parseMethod, parseTarget } from '../../../src/load/target/target.js'

t.test('DolphinDB spellings of the methods are accepted', async t => {
  t.equal(parseMethod('tableInsert'), 'insert')
  t.equal(parseMethod('append!'), 'append')
  t.equal(parseMethod('upsert!'), 'upsert')
  t.throws(() => parseMethod('constructor'), { code: 'DDB_USAGE' })
})

t.test('contradictory targets are refused', async t => {
  for (const [options, code, message] of [
    [{}, 'DDB_USAGE', /no target/],
    [{ table: 'a', function: 'f' }, 'DDB_USAGE', /not both/],
    [{ table: 't', keyColumns: ['a'] }, 'DDB_USAGE', /only for `target.method` upsert/],
    [{ table: 't', types: 'a:INT' }, 'DDB_USAGE', /`target.types` is only for `target.function`/],
    [{ table: 't', mayDrop: false }, 'DDB_USAGE', /`target.mayDrop` is only for/],
    [{ function: 'f' }, 'DDB_USAGE', /does not declare its columns/],
    [{ table: 't', types: '@u', transform: 'def(t){ return t }' }, 'DDB_USAGE', /target.types/],
    [{ function: 'f', types: 'a:INT', method: 'append' }, 'DDB_USAGE', /only for `target.table`/],
    [{ function: 'f', types: 'a:INT', partition: 'a' }, 'DDB_USAGE', /only for `target.table`/],
    [{ function: 'f(1)', types: 'a:INT' }, 'DDB_NAME', /not a function name/],
    [{ function: 'f', types: 'a:INT', confirmTable: 'no name' }, 'DDB_NAME', /not a table name/],
    [{ table: 'dfs://db/t', method: 'upsert', keyColumns: ['a`b'] }, 'DDB_NAME', /be a key/],
  ] as const) {
    t.throws(() => parseTarget(options), { code, message }, JSON.stringify(options))
  }
  const empty = { keyColumns: [], functionArguments: [] }
  t.doesNotThrow(() => parseTarget({ table: 't', ...empty }))
  t.doesNotThrow(() => parseTarget({ function: 'f', types: 'a:INT', ...empty }))
})

t.test('a JSON value becomes a DolphinDB value of its kind', async t => {
  for (const [json, value] of [
    ['true', { form: 'scalar', type: 'BOOL', value: true }],
    ['5', { form: 'scalar', type: 'INT', value: 5 }],
    ['-2147483648', { form: 'scalar', type: 'LONG', value: -2147483648n }],
    ['1.5', { form: 'scalar', type: 'DOUBLE', value: 1.5 }],
    ['"a"', { form: 'scalar', type: 'STRING', value: 'a' }],
    ['null', { form: 'scalar', type: 'VOID', voidKind: 1, value: null }],
    ['[true,false]', { form: 'vector', type: 'BOOL', length: 2, data: Int8Array.of(1, 0) }],
    ['[1,2]', { form: 'vector', type: 'INT', length: 2, data: Int32Array.of(1, 2) }],
    ['[1,4294967296]', { form: 'vector', type: 'LONG', data: BigInt64Array.of(1n, 4294967296n) }],
    ['[1,2.5]', { form: 'vector', type: 'DOUBLE', length: 2, data: Float64Array.of(1, 2.5) }],
    ['["a","b"]', { form: 'vector', type: 'STRING', data: ['a', 'b'] }],
    ['[1,"a"]', { form: 'vector', type: 'ANY', data: [{ type: 'INT' }, { type: 'STRING' }] }],
    ['[[1],[2]]', { form: 'vector', type: 'ANY', data: [{ type: 'INT' }, { type: 'INT' }] }],
  ] as const) {
    t.match(jsonToValue(JSON.parse(json)), value, json)
  }
})

t.test('an object is refused at any depth', async t => {
  for (const json of ['{}', '{"form":"scalar"}', '[{"a":1}]', '[[1,{"a":1}]]']) {
    t.throws(() => jsonToValue(JSON.parse(json)), { code: 'DDB_USAGE' }, json)
  }
})
