/*
  The words that are constants: data types, data forms, partition types, kinds of objects (manual, "Constants").
*/
import { dataTypes, type DataType } from '../../protocol/data-type.js'
import { dataForms } from '../../protocol/value.js'
import { doubleScalar, intScalar, stringScalar } from './scalar.js'
import type { ServerValue } from './server-value.js'

/** Kinds of objects, as `undef` and `defined` number them. */
export const objectKinds = { VAR: 0, SHARED: 1, DEF: 2 } as const

/** Partition types, as `database` and `schema` number them (docs/server-semantics.md#partition-schemes). */
export const partitionTypeIds = { SEQ: 0, VALUE: 1, RANGE: 2, LIST: 3, COMPO: 4, HASH: 5 } as const

/** Values of the argument keepDuplicates of createPartitionedTable. */
export const duplicatePolicies = { ALL: 0, LAST: 1, FIRST: 2 } as const

/** Rights for grant, deny and revoke. The value of each word is its own name. */
const privileges = [
  'TABLE_READ', 'TABLE_WRITE', 'TABLE_INSERT', 'TABLE_UPDATE', 'TABLE_DELETE', 'DBOBJ_CREATE', 'DBOBJ_DELETE', 'DB_READ',
  'DB_WRITE', 'DB_INSERT', 'DB_UPDATE', 'DB_DELETE', 'DB_MANAGE', 'DB_OWNER', 'VIEW_EXEC', 'VIEW_OWNER', 'SCRIPT_EXEC',
  'TEST_EXEC', 'CREATE_SHARED_VAR', 'QUERY_RESULT_MEM_LIMIT', 'TASK_GROUP_MEM_LIMIT',
] // prettier-ignore

function namedIntegers(names: Readonly<Record<string, number>>): [string, ServerValue][] {
  return Object.entries(names).map(([name, id]) => [name, intScalar(id)])
}

const formWords = {
  SCALAR: dataForms.scalar,
  VECTOR: dataForms.vector,
  PAIR: dataForms.pair,
  MATRIX: dataForms.matrix,
  SET: dataForms.set,
  DICT: dataForms.dictionary,
  TABLE: dataForms.table,
}

const constants: ReadonlyMap<string, ServerValue> = new Map<string, ServerValue>([
  ...Object.keys(dataTypes).map((name): [string, ServerValue] => [
    name,
    { form: 'type', column: { type: name as DataType } },
  ]),
  // The names of all other types are names of conversion functions. ANY has no such function, so it is a constant.
  ['any', { form: 'type', column: { type: 'ANY' } }],
  ...namedIntegers(formWords),
  ...namedIntegers(partitionTypeIds),
  ...namedIntegers(objectKinds),
  ...namedIntegers(duplicatePolicies),
  ...privileges.map((name): [string, ServerValue] => [name, stringScalar(name)]),
  ['pi', doubleScalar(Math.PI)],
  ['e', doubleScalar(Math.E)],
])

/** The value of a reserved word; undefined for every other name. */
export function constantOf(name: string): ServerValue | undefined {
  return constants.get(name)
}

/** The argument `DFLT` selects the default value, like an omitted argument. */
export const defaultWord = 'DFLT'
