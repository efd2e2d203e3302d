/*
  The target's columns and partitions out of the server's dictionary.
*/
import t from 'tap'
import type { Dictionary, Value } from '../../src/protocol/value.js'
import { vectorOf } from '../../src/protocol/vector-of.js'
import { schemaFromServer } from '../../src/schema/server-schema.js'

const strings = (...data: string[]): Value => ({
  form: 'vector',
  type: 'STRING',
  length: data.length,
  data,
})
const ints = (...data: (number | null)[]): Value => vectorOf({ type: 'INT' }, data)
const int = (value: number): Value => ({ form: 'scalar', type: 'INT', value })

function dictionary(entries: Record<string, Value>): Dictionary {
  const data = Object.values(entries)
  return {
    form: 'dictionary',
    keys: { form: 'vector', type: 'STRING', length: data.length, data: Object.keys(entries) },
    values: { form: 'vector', type: 'ANY', length: data.length, data },
  }
}

function colDefs(columns: Record<string, Value>): Value {
  return {
    form: 'table',
    name: '',
    rows: 4,
    columnNames: Object.keys(columns),
    columns: Object.values(columns) as Extract<Value, { form: 'vector' }>[],
  }
}

const defs = colDefs({
  name: strings('id', 'amount', 'levels', 'sym'),
  typeString: strings('INT', 'DECIMAL64(4)', 'DOUBLE[]', 'SYMBOL'),
  typeInt: ints(4, 38, 80, 17),
  extra: ints(null, 4, null, null),
  comment: strings('', '', '', ''),
})

const columns = [
  { name: 'id', type: { type: 'INT' } },
  { name: 'amount', type: { type: 'DECIMAL64', scale: 4 } },
  { name: 'levels', type: { type: 'DOUBLE', array: true } },
  { name: 'sym', type: { type: 'SYMBOL' } },
]

t.test('columns come out of colDefs', t => {
  t.strictSame(
    schemaFromServer(
      dictionary({ chunkPath: strings(''), colDefs: defs, partitionColumnIndex: int(-1) }),
    ),
    { columns },
  )
  t.end()
})

t.test('an old server that tells types by number only is understood', t => {
  const old = colDefs({
    name: strings('id', 'amount', 'levels', 'sym'),
    typeInt: ints(4, 38, 80, 17),
    extra: ints(null, 4, null, null),
  })
  t.strictSame(schemaFromServer(dictionary({ colDefs: old })), { columns })
  t.end()
})

t.test('one partition column is told by scalars', t => {
  const schema = dictionary({
    colDefs: defs,
    partitionColumnName: { form: 'scalar', type: 'STRING', value: 'sym' },
    partitionColumnIndex: int(3),
    partitionType: int(1),
    partitionColumnType: int(17),
    partitionSchema: strings('A', 'B'),
  })
  t.strictSame(schemaFromServer(schema).partition, {
    dimensions: [
      {
        columnName: 'sym',
        columnIndex: 3,
        kind: 'VALUE',
        type: 'SYMBOL',
        scheme: strings('A', 'B'),
      },
    ],
  })
  t.end()
})

t.test('several partition columns are told by vectors', t => {
  const schema = dictionary({
    colDefs: defs,
    partitionColumnName: strings('id', 'sym'),
    partitionColumnIndex: ints(0, 3),
    partitionType: ints(2, 5),
    partitionColumnType: ints(4, 17),
    partitionSchema: { form: 'vector', type: 'ANY', length: 2, data: [ints(0, 5, 10), int(40)] },
  })
  t.strictSame(schemaFromServer(schema).partition, {
    dimensions: [
      { columnName: 'id', columnIndex: 0, kind: 'RANGE', type: 'INT', scheme: ints(0, 5, 10) },
      { columnName: 'sym', columnIndex: 3, kind: 'HASH', type: 'SYMBOL', scheme: int(40) },
    ],
  })
  t.end()
})

t.test('where a function divides the rows their places cannot be told', t => {
  const described = (names: Value, functions: Value): boolean => {
    const { partition } = schemaFromServer(
      dictionary({
        colDefs: defs,
        partitionColumnName: names,
        partitionType: ints(2, 5),
        partitionColumnType: ints(4, 17),
        partitionSchema: {
          form: 'vector',
          type: 'ANY',
          length: 2,
          data: [ints(0, 5, 10), int(40)],
        },
        partitionFunction: functions,
      }),
    )
    return partition?.unpredictable === true
  }
  const both = strings('id', 'sym')
  t.equal(described(both, strings('asis', 'asis')), false)
  t.equal(described(both, strings('myPartitionFunc{, 6, 8}', 'asis')), true)
  t.equal(described(both, strings('asis', 'myPartitionFunc{, 6, 8}')), true)
  t.equal(described(both, { form: 'scalar', type: 'STRING', value: 'myFunc' }), true)
  t.equal(described(strings('f(id)', 'sym'), strings()), true, 'a column that is not there')
  t.end()
})

t.test('an empty or missing partition column means that the table is not partitioned', t => {
  const none = dictionary({
    colDefs: defs,
    partitionColumnName: { form: 'scalar', type: 'STRING', value: '' },
  })
  t.equal(schemaFromServer(none).partition, undefined)
  t.end()
})

t.test('what is not a schema is an error', t => {
  for (const value of [
    int(1),
    dictionary({}),
    dictionary({ colDefs: int(1) }),
    dictionary({ colDefs: colDefs({ name: strings() }) }),
  ]) {
    t.throws(() => schemaFromServer(value), { code: 'DDB_PROTOCOL' })
  }
  const unknown = colDefs({ name: strings('x'), typeString: strings('TENSOR'), typeInt: ints(63) })
  t.throws(() => schemaFromServer(dictionary({ colDefs: unknown })), {
    message: /column "x" has type TENSOR/,
  })
  t.end()
})
