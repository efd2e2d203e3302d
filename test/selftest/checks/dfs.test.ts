import t from 'tap'
import { createChecks } from '../../../src/selftest/checks/create-scripts.js'
import { dfsChecks } from '../../../src/selftest/checks/dfs.js'
import { functionViewChecks } from '../../../src/selftest/checks/views.js'
import type { ServerOptions } from '../../../src/server/index.js'
import {
  answering,
  each,
  instead,
  int32Bytes,
  intBytes,
  longBytes,
  type Rewrite,
} from '../../helpers/rewriting-proxy.js'
import { useTurnClock } from '../../helpers/turn-clock.js'
import { testChecks, type Reasons } from '../test-checks.js'

useTurnClock()

const names = dfsChecks.map(({ name }) => name)
const known = names.filter(name => name.includes('known keys'))
const findingKnown = (finding: RegExp): Reasons =>
  Object.fromEntries(known.map(name => [name, finding]))
const outside = 'dfs: rows outside the partition scheme'
const nullKey = 'dfs: a null in the partition column'
const refused = 'dfs: R10, a refused insert leaves nothing'
const contended = 'dfs: two writers of one partition'
const transaction =
  "<ChunkInTransaction>The openChunks operation failed because the chunk '/d/1' is currently locked and in use by transaction 8. RefId:S00002"

/** Refuses every second write. In the check `contended`, these writes come from the second session. */
const refusing = (error: string): ServerOptions => {
  let writes = 0
  return { faults: { beforeWrite: () => (++writes % 2 === 0 ? { error } : undefined) } }
}

testChecks(
  t,
  dfsChecks,
  {
    [outside]: 'a partition is added, tableInsert answers 3',
    [nullKey]: 'The column used for value-partitioning cannot contain NULL values. RefId: S01001',
    [refused]: 'The column [v] expects type of INT, but the actual type is STRING. RefId:S05004',
    'dfs: schema() tells atomic': 'TRANS',
    [contended]: /^(none was refused|<ChunkInTransaction>[^]*S00002)$/,
    ...findingKnown(
      /^3 rows, 2 of them known: the answer is \d, the table has 4 of 6 rows; upsert! /,
    ),
  },
  {
    'users who may not create databases': {
      login: {},
      skips: names,
    },
    'inserts that are dropped': {
      server: { faults: { beforeWrite: () => 'drop' } },
      fails: [
        'dfs: tableInsert',
        'dfs: upsert!',
        'dfs: without an answer',
        outside,
        refused,
        ...known,
      ],
      finds: { [nullKey]: 'tableInsert answers 0' },
    },
    'append! that appends nothing': {
      toServer: instead('append!{', 'eqObj{'),
      fails: ['dfs: append!'],
    },
    'values that are changed': {
      toClient: answering(
        'order by k, v',
        instead(int32Bytes(4) + int32Bytes(5), int32Bytes(7) + int32Bytes(5)),
      ),
      fails: ['dfs: tableInsert'],
    },
    'upsert! that keeps old rows': {
      toServer: instead('keyColNames=`k}', 'keyColNames=`v}'),
      fails: ['dfs: upsert!'],
    },
    'requests without answers that are executed twice': {
      server: {
        faults: { beforeExecute: ({ asynchronous }) => (asynchronous ? 'twice' : undefined) },
      },
      fails: ['dfs: without an answer'],
    },
    'new values that are dropped': {
      server: { newValuePartitions: 'skip' },
      finds: { [outside]: 'the row is dropped, tableInsert answers 2' },
    },
    'new values that are refused': {
      server: { newValuePartitions: 'fail' },
      finds: { [outside]: /^refused: .*S01016/ },
    },
    'answers that count what was dropped': {
      server: { newValuePartitions: 'skip' },
      toClient: answering('\x02\0\0\0\x63\0\0\0', instead(intBytes(2), intBytes(3))),
      fails: [outside],
    },
    'a null that is refused in other words': {
      toClient: each(
        instead('cannot contain NULL values', 'is not to have such things'),
        instead('S01001', 'S99999'),
      ),
      fails: [nullKey],
    },
    'a refusal in other words': {
      server: { faults: { beforeWrite: () => ({ error: 'no words for it' }) } },
      fails: [refused],
    },
    'a refused insert that leaves rows': {
      toClient: answering('leavesnothing")', instead(longBytes(0), longBytes(2))),
      fails: [refused],
    },
    'columns of another name': {
      toServer: instead('`k`v, ', '`k`w, '),
      fails: ['dfs: schema() tells columns and scheme'],
    },
    'inserts that are divided': {
      toClient: answering('["atomic"]', instead('TRANS', 'CHUNK')),
      finds: { 'dfs: schema() tells atomic': 'CHUNK' },
    },
    'a server that does not tell': {
      toServer: instead('["atomic"]', '["aatomi"]'),
      fails: ['dfs: schema() tells atomic'],
    },
    'partitions that are held': {
      server: refusing(transaction),
      finds: { [contended]: transaction },
    },
    'partitions that are refused in other words': {
      server: refusing('somebody sits on it'),
      fails: [contended],
    },
    'answers of writers that count wrongly': {
      toClient: answering('\x01\0\0\0\x01\0\0\0\x01\0\0\0', instead(intBytes(3), intBytes(4))),
      fails: [contended],
    },
    'known keys that are not counted': {
      toClient: secondInsert(instead(intBytes(3), intBytes(1))),
      finds: findingKnown(/^3 rows, 2 of them known: the answer is 1,/),
    },
    'servers without these engines': {
      toServer: instead('engine="', 'enjine="'),
      skips: known,
    },
  },
)

/** Rewrites the answer to the second insert into each table. */
function secondInsert(rewrite: (chunk: string) => string): Rewrite {
  return (chunk, sent) =>
    sent.split('tableInsert{').length % 2 === 1 &&
    /tableInsert\{[^}]*$|tableInsert/.test(sent.slice(-400))
      ? rewrite(chunk)
      : chunk
}

const namesOfCreateScripts = createChecks.map(({ name }) => name)
const shapes = namesOfCreateScripts.filter(name => !/leaves|words/.test(name))
const failed = 'create: what a script that fails leaves'
const reserved = 'create: reserved words as names of columns'
const chinese = 'create: Chinese words as names of columns'
testChecks(
  t,
  createChecks,
  {
    [failed]: /^(the database|nothing); /,
    [reserved]: 'all of them',
    [chinese]: 'all of them',
  },
  {
    'a server that takes none of the scripts': {
      toServer: instead('able(', 'able['),
      fails: shapes,
    },
    'a column of another type': {
      toServer: instead('DOUBLE]', 'FLOAT]'),
      fails: ['create: TSDB'],
    },
    'a table whose partition column may be missing': {
      toServer: instead('`missing', '`day'),
      fails: [failed],
    },
    'a server that knows ASCII alone': {
      toServer: instead('\xe4\xbb\xb7', '((('),
      finds: { [chinese]: /refused: / },
    },
    'words that are reserved': {
      toServer: each(instead('[`HASH]', '[(HASH]'), instead('first(pi)', 'first(e )')),
      finds: { [reserved]: /^HASH refused: .*; pi (refused: |it is another value)/ },
    },
    'a user who may make no databases': {
      login: {},
      skips: [...shapes.filter(name => !name.includes('stream')), failed],
    },
  },
)

const plain = 'function view: declared without mutable'
const namesOfFunctionView = functionViewChecks.map(({ name }) => name)

testChecks(
  t,
  functionViewChecks,
  { [plain]: /^a view that changes its argument: .*Read only object/ },
  {
    'views that only a call reaches': {
      toServer: instead('ddbIngestTarget(data))', 'ddbIngestTarged(data))'),
      fails: [plain],
    },
    'users who may not add views': {
      login: {},
      skips: namesOfFunctionView,
    },
    'views that do not change what they are given': {
      toServer: instead('data[`id] + 1)', 'data[`id] + 0)'),
      fails: ['function view: called with an answer', 'function view: R2, delivered with receipts'],
    },
    'views whose rows are dropped': {
      server: {
        faults: { beforeWrite: ({ table }) => (table.endsWith('_viewed') ? 'drop' : undefined) },
      },
      fails: ['function view: called with an answer', 'function view: called without an answer'],
    },
    'views that refuse': {
      server: {
        faults: {
          beforeWrite: ({ table }) => (table.endsWith('_viewed') ? { error: 'no' } : undefined),
        },
      },
      fails: ['function view: called with an answer', 'function view: R2, delivered with receipts'],
    },
    'rows that are written twice': {
      server: {
        faults: { beforeExecute: ({ asynchronous }) => (asynchronous ? 'twice' : undefined) },
      },
      fails: ['function view: called without an answer'],
    },
    'functions of the session that are not known': {
      toClient: answering('DEF)', instead('\x01\0\x01', '\x01\0\0')),
      fails: ['function view: R2, delivered with receipts'],
    },
    'views that are not found': {
      toServer: instead('script\ntypestr(ddbIngestTest_', 'script\ntypestr(ddbIngestText_'),
      fails: ['function view: found by typestr'],
    },
    'names that are found though they are not there': {
      toServer: instead('viewMissing)', 'view)'),
      fails: ['function view: found by typestr'],
    },
    'lists without the view': {
      toServer: instead('exec name from getFunctionViews()', 'array(STRING, 0)'),
      fails: ['function view: listed'],
    },
    'a list that is none': {
      toServer: instead('exec name from getFunctionViews()', '5'),
      fails: ['function view: listed'],
    },
  },
)
