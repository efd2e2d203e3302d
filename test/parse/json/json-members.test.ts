/*
  Which members fill columns, and which kinds of values each may have.
*/
import t from 'tap'
import { jsonKinds } from '../../../src/parse/json/json-kinds.js'
import { jsonMembers } from '../../../src/parse/json/json-members.js'
import type { CellRules } from '../../../src/parse/cell-rules.js'
import { mapColumns, type MappingRules } from '../../../src/schema/column-mapping.js'
import { schemaFromTypes } from '../../../src/schema/target-schema.js'

const { boolean, number, string, array } = jsonKinds

const members = (types: string, rules: MappingRules = {}, cells: CellRules = {}) =>
  jsonMembers(
    mapColumns(schemaFromTypes(types), { file: 'x', kind: 'members', fieldCount: 0 }, rules),
    cells,
  )

t.test('kinds are those of the type', async t => {
  for (const [type, kinds] of [
    ['CHAR', number | string],
    ['LONG', number | string],
    ['DOUBLE', number | string],
    ['FLOAT', number | string],
    ['DECIMAL64(2)', number | string],
    ['TIMESTAMP', string],
    ['DATE', string],
    ['INT', number | string],
    ['BOOL', boolean | number | string],
    ['STRING', string | number | boolean],
    ['UUID', string],
    ['COMPLEX', string],
  ] as const) {
    t.strictSame(members(`c:${type}`), [
      { name: 'c', kinds, elementKinds: 0, columnName: 'c', typeText: type },
    ])
  }
})

t.test('an array column takes arrays, whose elements are of the type', async t => {
  t.match(members('c:DATE[]'), [{ kinds: array, elementKinds: string, typeText: 'DATE[]' }])
})

t.test('a date may be a number when a format says how it is read', async t => {
  const dateFormats = { a: 'epoch:ms', b: 'yyyyMMdd' }
  t.match(members('a:TIMESTAMP,b:TIMESTAMP,c:TIMESTAMP', {}, { dateFormats }), [
    { name: 'a', kinds: string | number },
    { name: 'b', kinds: string | number },
    { name: 'c', kinds: string },
  ])
  const every = { dateFormats: { '*': 'epoch:ms' } }
  t.match(members('a:TIMESTAMP,b:TIME', {}, every), [
    { name: 'a', kinds: string | number },
    { name: 'b', kinds: string },
  ])
})

t.test('names come from the mapping, constants need no member', async t => {
  const rules = { map: { a: 'x' }, set: { b: '1' } }
  t.strictSame(
    members('a:INT,b:INT,c:INT', rules).map(({ name, columnName }) => [name, columnName]),
    [
      ['x', 'a'],
      ['c', 'c'],
    ],
  )
})

t.test('a member of several columns must suit them all', async t => {
  t.strictSame(members('a:LONG,b:UUID', { map: { a: 'n', b: 'n' } }), [
    { name: 'n', kinds: string, elementKinds: 0, columnName: 'a', typeText: 'LONG' },
  ])
  t.match(members('a:BOOL,b:UUID', { map: { a: 'n', b: 'n' } }), [{ kinds: string }])
  t.match(members('a:LONG[],b:UUID[]', { map: { a: 'n', b: 'n' } }), [{ elementKinds: string }])
})
