/* Classifies refusals, and decides how to treat the refused batch. The texts come from DolphinDB's documentation, error pages and client
   tests (docs/server-semantics.md#refusals). */
import t from 'tap'
import { ServerError } from '../../../src/errors.js'
import {
  classifyRefusal,
  decideRefusal,
  refusalShape,
  refusalText,
  type Decision,
  type Refusal,
  type TargetTraits,
} from '../../../src/load/outcomes/refusals.js'

const texts: Record<Refusal, readonly string[]> = {
  transient: [
    "<ChunkInTransaction>The openChunks operation failed because the chunk '/testDB/1/2' is currently locked and in use by transaction 8. RefId:S00002",
    "<ChunkInTransaction>filepath '/db/20221125/Key0/5ncmg' has been owned by transaction 9702796 RefId:S00002",
    'creating new value partitions failed RefId:S01019',
    'ChunkCacheEngine is out of memory, possibly due to a transaction that tries to write data larger than the available memory',
    '<ChunkInTransaction>busy',
    '<ChunkInRecovery>the chunk is being recovered',
    ...['<DataNodeNotAvail>node1', '<DataNodeNotReady>node1', '<ControllerNotAvail>'],
    ...['<ControllerNotReady>', '<CacheInvalid>', '<NotLeader>'],
    'SYSTEM_Runtime: <NotLeader>',
    "The datanode isn't initialized yet. Please try again later",
    'Cannot accept new task <xxx> during a graceful shutdown of the server.RefId: S00005',
    'Maximum connections 512 reached. Close unused connections or increase maxConnections limit. RefId:S00006',
    'the stream table is busy. RefId: S03020',
    'RefId: S01012',
    'RefId: S01070',
    'RefId:S01071',
  ],
  redirect: ['<NotLeader>10.0.0.2:8902', '<NotLeader>10.0.0.2:8902:node2'],
  privilege: [
    '<NotAuthenticated>Not granted to read table dfs://db/pt',
    '<NotAuthenticated>Not granted to write table dfs://db/pt',
    '<NoPrivilege>Not granted to write data to table dfs://db/pt',
    'schema(loadTable("dfs://db", "pt")) => <NotAuthenticated>Not granted to read table dfs://db/pt',
    'No access to table [trades]',
    'No access to shared table [trades]',
    'Login is required for script execution with client authentication enabled. RefId: S04009',
    'getGroupList() => Only administrators execute function getGroupList',
  ],
  target: [
    '<DataCorruption>chunk 5',
    'DFS is not enabled',
    "Can't find the object with name absent",
    "Can't recognize function name C",
    'Cannot recognize function: aws::version. RefId: S00015',
    "remoteRun(conn, aws::version) => Can't recognize function: aws::version",
    'The feature of publish is not enabled. RefId: S00001',
    "Syntax Error: [line #3] Can't recognize table st",
    'Syntax Error: [line #1] Cannot recognize the token tt',
    'table file does not exist: t1/t1.tbl',
    'The function view [xxx] does not exist. RefId: S04002',
    'The table [dim] does not exist. RefId: S04001',
    'The database [dfs://db] does not exist. RefId: S04001',
    "getFileBlocksMeta on path '/db/pt.tbl' failed, reason: path does not exist",
    "Can't modify read only table. RefId: S02054",
    'The number of columns of the table to insert must be the same as that of the original table.',
    "The number of table columns doesn't match the number of columns to append.",
    "Data insertion failed: Number of columns in the data to insert doesn't match the target table. RefId: S03012",
    'The number of columns of the current table must match that of the target table. RefId:S01015',
    'Number of table columns differs.',
    'No space left on device',
    'the disk is full',
    'Out of memory',
    'The data to append contains fewer columns than the schema.',
    "An in-memory table can't exceed 2 billion rows. RefId: S05016",
  ],
  tooLarge: [
    'Memory size of append transaction 2000000216 exceeds max limit (429496729) for OLAP. Please split data into batches.',
    'Memory size of append data (383901844) exceeds max limit (214748364) for TSDB/IOTDB. Please split data into batches.',
    'The volume of data exceeds the compression limit. Try inserting data in smaller batches. RefId: S03019',
  ],
  rows: [
    "Failed to append data to column 'col1' with error: Incompatible type. Expected: INT, Actual: STRING",
    "Failed to append data to column 'col1' with error: Incompatible type. Expected: INT, Actual: STRING RefId:S03017",
    'Incompatible type. Expected: INT, Actual: STRING',
    "Failed to append data to column 'col1' with error: Out of range",
    'The column [ZZZ] expects type of XXX, but the actual type is YYY. RefId:S05004',
    'castTemporal from TIME to DATE not supported ',
    'Inconsistent length of values to insert.',
    'The column used for value-partitioning cannot contain NULL values. RefId: S01001',
    'A STRING or SYMBOL column used for value-partitioning cannot contain invisible characters. RefId:S01018',
    "A value-partition column can't contain null values.",
    "A string or symbol value-partitioning column can't contain any invisible character.",
    'Writing to chunk 2059a13f-00d7-1c9e-a644-7a23ca7bbdc2 is not allowed.',
    'Some of the data being written is not defined in the partitioning scheme of the target database. RefId:S01016',
    "One symbase's size can't exceed 2097152. RefId: S00003",
  ],
  unknown: ['', 'not this time', 'SYSTEM_Runtime: something new in version 4', 'RefId: S99999'],
}

for (const [kind, examples] of Object.entries(texts)) {
  t.test(`refusals of class ${kind}`, async t => {
    for (const text of examples) {
      t.equal(classifyRefusal(text), kind, text)
      t.equal(classifyRefusal(`SYSTEM_Runtime: ${text}`), kind, `in a catch: ${text}`)
      const inScript = `put(t) => put: tableInsert(trades, t) [line #3] => ${text}`
      t.equal(classifyRefusal(inScript), kind, inScript)
    }
  })
}

t.test('older servers send the words without a number, and words may change', async t => {
  // The number alone identifies these refusals.
  const numberAlone = /RefId:\s*(S01019|S03020|S01012|S01070|S01071|S99999)/
  for (const [kind, examples] of Object.entries(texts)) {
    for (const text of examples.filter(one => one.includes('RefId'))) {
      const number = /RefId:\s*S\d+/.exec(text)![0]
      t.equal(classifyRefusal(`Other words. ${number}`), kind, `the number of ${text}`)
      if (numberAlone.test(text)) continue
      t.equal(classifyRefusal(text.replace(number, '')), kind, `the words of ${text}`)
      const untagged = classifyRefusal(text.replace(/^<\w+>/, '').replace(number, ''))
      t.equal(untagged, kind, `no tag: ${text}`)
    }
  }
})

t.test('refusals that differ only in a number have the same shape', async t => {
  t.equal(refusalShape('owned by transaction 12'), refusalShape('owned by transaction 9702796'))
  t.not(refusalShape('owned by transaction 12'), refusalShape('owned by nobody'))
})

t.test('the reason is the text of a refusal without the repeated statement', async t => {
  const reason = 'The feature of publish is not enabled. RefId: S00001'
  t.equal(refusalText(new ServerError(`share(t, "x") => ${reason}`)), reason)
  t.equal(refusalText(new ServerError(`f: g(1) => share(t, "x") => ${reason}. `)), reason)
  t.equal(refusalText(new ServerError(reason)), reason)
  t.equal(refusalText(new ServerError('', 'DDB_SERVER', 'it did not say.')), 'it did not say')
})

type RefusedBatch = Parameters<typeof decideRefusal>[1]
const batch: RefusedBatch = { rows: 10, resends: 0, text: 'a.csv, lines 2 to 11' }
const oneRow: RefusedBatch = { ...batch, rows: 1 }
const worn: RefusedBatch = { ...batch, resends: 5 }

const whole: TargetTraits = { kind: 'table', allOrNothing: true, retries: 5 }
const chunks: TargetTraits = { ...whole, allOrNothing: false }
const view: TargetTraits = { ...chunks, kind: 'function' }

const busy = '<ChunkInTransaction>owned by transaction 1 RefId:S00002'
const unknown = 'something new'
const type = 'Incompatible type. Expected: INT, Actual: STRING'
const large = 'Memory size of append transaction 5 exceeds max limit (4) for OLAP.'
const rights = '<NoPrivilege>Not granted to write data to table dfs://db/pt'
const gone = "Can't find the object with name trades"
const leader = '<NotLeader>node2:8902'

const stops: Decision = { kind: 'leave', isUnwritten: false, stops: 'atSecond' }
const goesOn = { kind: 'leave', isUnwritten: false, stops: undefined }
const notStored = { kind: 'leave', isUnwritten: true, stops: Error }
const perhapsStored = { kind: 'leave', isUnwritten: false, stops: Error }

/** Error text, batch; the decision for an all-or-nothing table, a table with atomic='CHUNK', and a function. */
const table: readonly (readonly [string, RefusedBatch, object, object, object])[] = [
  [busy, batch, { kind: 'again' }, stops, stops],
  [busy, worn, stops, stops, stops],
  ['expired. RefId: S01070', batch, stops, stops, stops],
  ['put(t) => The task was cancelled', batch, stops, stops, stops],
  [unknown, batch, { kind: 'again' }, stops, stops],
  [unknown, worn, stops, stops, stops],
  [type, batch, { kind: 'divide' }, goesOn, goesOn],
  [type, oneRow, { kind: 'reject' }, goesOn, goesOn],
  [type, worn, { kind: 'divide' }, goesOn, goesOn],
  [large, batch, { kind: 'divide' }, goesOn, goesOn],
  [large, oneRow, { kind: 'reject' }, goesOn, goesOn],
  [rights, batch, notStored, notStored, perhapsStored],
  [gone, batch, notStored, perhapsStored, perhapsStored],
  [
    leader,
    batch,
    { kind: 'follow', to: { host: 'node2', port: 8902 } },
    perhapsStored,
    perhapsStored,
  ],
]

t.test('each refusal leads to its decision', async t => {
  for (const [text, refused, ...expected] of table) {
    for (const [index, traits] of [whole, chunks, view].entries()) {
      const name = `${text}, ${refused.rows} rows, sent again ${refused.resends} times, ${JSON.stringify(traits)}`
      t.match(decideRefusal(text, refused, traits), expected[index]!, name)
    }
  }
})

t.test('rows that a transform refuses were not written; their batch is not divided', async t => {
  const again = { kind: 'again' }
  const reject = { kind: 'reject' }
  for (const traits of [whole, chunks]) {
    for (const [text, refused, expected] of [
      [busy, batch, again],
      [busy, worn, { ...notStored, stops: { code: 'DDB_UNAVAILABLE', exitCode: 75 } }],
      [unknown, batch, reject],
      [unknown, worn, reject],
      [type, batch, reject],
      [large, batch, reject],
      [rights, batch, { ...notStored, stops: { code: 'DDB_PRIVILEGE' } }],
      [
        gone,
        batch,
        { ...notStored, stops: { code: 'DDB_TARGET', message: /: in the transform: Can't/ } },
      ],
      [leader, batch, { kind: 'follow', to: { host: 'node2', port: 8902 } }],
    ] as const) {
      t.match(decideRefusal(text, refused, traits, true), expected, text)
    }
  }
})

t.test('without retries nothing is sent again', async t => {
  t.match(decideRefusal(busy, batch, { ...whole, retries: 0 }), stops)
})

t.test('the error that stops a run names the batch and quotes the server', async t => {
  t.match(decideRefusal(rights, batch, whole), {
    stops: { code: 'DDB_PRIVILEGE', exitCode: 77, message: /a\.csv, lines 2 to 11: <NoPrivilege>/ },
  })
  t.match(decideRefusal(gone, batch, whole), { stops: { code: 'DDB_TARGET', exitCode: 78 } })
  t.match(decideRefusal(leader, batch, view), {
    stops: { code: 'DDB_CONNECT', message: /node2:8902/ },
  })
})
