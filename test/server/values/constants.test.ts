import t from 'tap'
import { dataTypes } from '../../../src/protocol/data-type.js'
import { constantOf } from '../../../src/server/values/constants.js'
import { int, text } from '../../helpers/values.js'

t.test('every data type is a word', async t => {
  for (const type of Object.keys(dataTypes)) {
    t.strictSame(constantOf(type), { form: 'type', column: { type } }, type)
  }
  t.strictSame(constantOf('any'), { form: 'type', column: { type: 'ANY' } })
})

t.test('forms, partition types, kinds of objects and duplicates have their numbers', async t => {
  const numbers: Readonly<Record<string, readonly string[]>> = {
    0: ['SCALAR', 'SEQ', 'VAR', 'ALL'],
    1: ['VECTOR', 'VALUE', 'SHARED', 'LAST'],
    2: ['PAIR', 'RANGE', 'DEF', 'FIRST'],
    3: ['MATRIX', 'LIST'],
    4: ['SET', 'COMPO'],
    5: ['DICT', 'HASH'],
    6: ['TABLE'],
  }
  for (const [number, words] of Object.entries(numbers)) {
    for (const word of words) t.strictSame(constantOf(word), int(Number(number)), word)
  }
})

t.test('a right stands for its name', async t => {
  const actions = ['READ', 'WRITE', 'INSERT', 'UPDATE', 'DELETE']
  const rights = [
    ...actions.flatMap(action => [`TABLE_${action}`, `DB_${action}`]),
    ...['DBOBJ_CREATE', 'DBOBJ_DELETE', 'DB_MANAGE', 'DB_OWNER', 'VIEW_EXEC', 'VIEW_OWNER'],
    ...['SCRIPT_EXEC', 'TEST_EXEC', 'CREATE_SHARED_VAR'],
    ...['QUERY_RESULT_MEM_LIMIT', 'TASK_GROUP_MEM_LIMIT'],
  ]
  for (const word of rights) {
    t.strictSame(constantOf(word), text(word))
  }
})

t.test('two numbers have names', async t => {
  t.strictSame(constantOf('pi'), { form: 'scalar', type: 'DOUBLE', value: Math.PI })
  t.strictSame(constantOf('e'), { form: 'scalar', type: 'DOUBLE', value: Math.E })
})

t.test('every other name is free', async t => {
  for (const name of ['', 'x', 'int', 'Value', 'DFLT', 'constructor', 'toString', '__proto__']) {
    t.equal(constantOf(name), undefined, name)
  }
})
