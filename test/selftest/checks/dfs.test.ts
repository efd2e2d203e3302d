import t from 'tap'
import { createChecks } from '../../../src/selftest/checks/create-scripts.js'
import { dfsChecks } from '../../../src/selftest/checks/dfs.js'
import { functionViewChecks } from '../../../src/selftest/checks/function-view.js'
import { keyedDfsChecks } from '../../../src/selftest/checks/keyed-dfs.js'
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
import { testChecks } from '../test-checks.js'

useTurnClock()

const names = dfsChecks.map(({ name }) => name)
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
    finds: {
      [outside]: 'a partition is added, tableInsert answers 3',
      [nullKey]: 'The column used for value-partitioning cannot contain NULL values. RefId: S01001',
      [refused]: 'The column [v] expects type of INT, but the actual type is STRING. RefId:S05004',
      'dfs: schema() tells atomic': 'TRANS',
      [contended]: /^(none was refused|<ChunkInTransaction>[^]*S00002)$/,
    },
  },
  {
    'users who may not create databases': {
      login: {},
      skips: Object.fromEntries(
        names.map(name => [name, /^the server refuses what the check needs: .*<NoPrivilege>/]),
      ),
    },
    'inserts that are dropped': {
      server: { faults: { beforeWrite: () => 'drop' } },
      fails: {
        'dfs: tableInsert': 'tableInsert answered 0, not 6',
        'dfs: upsert!': 'the values: 21,30, expected 10,21,30',
        'dfs: without an answer': 'no result within 15000 ms',
        [outside]: '0 rows',
        [refused]: 'it is accepted',
      },
      finds: { [nullKey]: 'tableInsert answers 0' },
    },
    'append! that appends nothing': {
      toServer: instead('append!{', 'eqObj{'),
      fails: { 'dfs: append!': 'rows: 0, expected 3' },
    },
    'values that are changed': {
      toClient: answering(
        'order by k, v',
        instead(int32Bytes(4) + int32Bytes(5), int32Bytes(7) + int32Bytes(5)),
      ),
      fails: { 'dfs: tableInsert': 'column v: row 4 is 7, not 4' },
    },
    'upsert! that keeps old rows': {
      toServer: instead('keyColNames=`k}', 'keyColNames=`v}'),
      fails: { 'dfs: upsert!': /^the values: 10,20,21,30, / },
    },
    'requests without answers that are executed twice': {
      server: {
        faults: { beforeExecute: ({ asynchronous }) => (asynchronous ? 'twice' : undefined) },
      },
      fails: { 'dfs: without an answer': 'rows: 6, expected 3' },
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
      fails: { [outside]: 'tableInsert answered 3, and 2 rows are there' },
    },
    'a null that is refused in other words': {
      toClient: each(
        instead('cannot contain NULL values', 'is not to have such things'),
        instead('S01001', 'S99999'),
      ),
      fails: { [nullKey]: /^not understood: The column used/ },
    },
    'a refusal in other words': {
      server: { faults: { beforeWrite: () => ({ error: 'no words for it' }) } },
      fails: { [refused]: /^understood as unknown, not rows: / },
    },
    'a refused insert that leaves rows': {
      toClient: answering('"refused")', instead(longBytes(0), longBytes(2))),
      fails: { [refused]: '2 rows of the refused batch are there' },
    },
    'columns of another name': {
      toServer: instead('`k`v, ', '`k`w, '),
      fails: {
        'dfs: schema() tells columns and scheme':
          'columns and scheme: k,w; k VALUE, expected k,v; k VALUE',
      },
    },
    'inserts that are divided': {
      toClient: answering('["atomic"]', instead('TRANS', 'CHUNK')),
      finds: { 'dfs: schema() tells atomic': 'CHUNK' },
    },
    'a server that does not tell': {
      toServer: instead('["atomic"]', '["aatomi"]'),
      fails: { 'dfs: schema() tells atomic': 'it does not tell' },
    },
    'partitions that are held': {
      server: refusing(transaction),
      finds: { [contended]: transaction },
    },
    'partitions that are refused in other words': {
      server: refusing('somebody sits on it'),
      fails: { [contended]: 'not understood: somebody sits on it' },
    },
    'answers of writers that count wrongly': {
      toClient: answering('\x01\0\0\0\x01\0\0\0\x01\0\0\0', instead(intBytes(3), intBytes(4))),
      fails: { [contended]: /^the answers count \d+ rows, the table has \d+$/ },
    },
  },
)

const [last, primary] = keyedDfsChecks.map(({ name }) => name) as [string, string]
const namesOfKeyedDfs = [last, primary]

testChecks(
  t,
  keyedDfsChecks,
  {
    finds: {
      [last]: /^3 rows, 2 of them known: the answer is \d, the table has 4 of 6 rows; upsert! /,
      [primary]: /^3 rows, 2 of them known: the answer is \d, the table has 4 of 6 rows; upsert! /,
    },
  },
  {
    'known keys that are not counted': {
      toClient: secondInsert(instead(intBytes(3), intBytes(1))),
      finds: Object.fromEntries(
        namesOfKeyedDfs.map(name => [name, /^3 rows, 2 of them known: the answer is 1,/]),
      ),
    },
    'servers without these engines': {
      toServer: instead('engine="', 'enjine="'),
      skips: Object.fromEntries(
        namesOfKeyedDfs.map(name => [name, /^the server refuses what the check needs: /]),
      ),
    },
    'inserts that answer too little': {
      server: { faults: { beforeWrite: () => 'drop' } },
      fails: Object.fromEntries(
        namesOfKeyedDfs.map(name => [name, 'an insert of 3 new rows answers 0']),
      ),
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
    finds: {
      [failed]: /^(the database|nothing); /,
      [reserved]: 'all of them',
      [chinese]: 'all of them',
    },
  },
  {
    'a server that takes none of the scripts': {
      toServer: instead('able(', 'able['),
      fails: Object.fromEntries(shapes.map(name => [name, /Syntax Error/])),
    },
    'a column of another type': {
      toServer: instead('DOUBLE]', 'FLOAT]'),
      fails: { 'create: TSDB': /^its columns: .*price FLOAT, expected .*price DOUBLE$/ },
    },
    'a table whose partition column may be missing': {
      toServer: instead('`missing', '`day'),
      fails: { [failed]: 'it is accepted' },
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
      skips: Object.fromEntries(
        [...shapes.filter(name => !name.includes('stream')), failed].map(name => [
          name,
          /^not permitted: /,
        ]),
      ),
    },
  },
)

const plain = 'function view: declared without mutable'
const namesOfFunctionView = functionViewChecks.map(({ name }) => name)

testChecks(
  t,
  functionViewChecks,
  {
    finds: { [plain]: /^a view that changes its argument: .*Read only object/ },
  },
  {
    'views that only a call reaches': {
      toServer: instead('ddbIngestTarget(data))', 'ddbIngestTarged(data))'),
      fails: { [plain]: /ddbIngestTarged/ },
    },
    'users who may not add views': {
      login: {},
      skips: Object.fromEntries(
        namesOfFunctionView.map(name => [
          name,
          /^the server refuses what the check needs: .*<NoPrivilege>/,
        ]),
      ),
    },
    'views that do not change what they are given': {
      toServer: instead('data[`id] + 1)', 'data[`id] + 0)'),
      fails: {
        'function view: called with an answer': 'the sum of the ids: 6, expected 10',
        'function view: R2, delivered with receipts':
          'outcome and sum: 1: 4 rows; 6, expected 1: 4 rows; 10',
      },
    },
    'views whose rows are dropped': {
      server: {
        faults: { beforeWrite: ({ table }) => (table.endsWith('_viewed') ? 'drop' : undefined) },
      },
      fails: {
        'function view: called with an answer': /^expected a number, got LONG scalar/,
        'function view: called without an answer': 'no result within 5000 ms',
      },
    },
    'views that refuse': {
      server: {
        faults: {
          beforeWrite: ({ table }) => (table.endsWith('_viewed') ? { error: 'no' } : undefined),
        },
      },
      fails: {
        'function view: called with an answer': /no$/,
        'function view: R2, delivered with receipts': /^expected a number|^outcome and sum/,
      },
    },
    'rows that are written twice': {
      server: {
        faults: { beforeExecute: ({ asynchronous }) => (asynchronous ? 'twice' : undefined) },
      },
      fails: { 'function view: called without an answer': 'rows: 8, expected 4' },
    },
    'functions of the session that are not known': {
      toClient: answering('DEF)', instead('\x01\0\x01', '\x01\0\0')),
      fails: { 'function view: R2, delivered with receipts': 'ddbIngestDeliver is not defined' },
    },
    'views that are not found': {
      toServer: instead('script\ntypestr(ddbIngestTest_', 'script\ntypestr(ddbIngestText_'),
      fails: { 'function view: found by typestr': /^the view is not found: / },
    },
    'names that are found though they are not there': {
      toServer: instead('viewMissing)', 'view)'),
      fails: { 'function view: found by typestr': 'a name that does not exist is found' },
    },
    'lists without the view': {
      toServer: instead('exec name from getFunctionViews()', 'array(STRING, 0)'),
      fails: { 'function view: listed': 'it is not in the list' },
    },
    'a list that is none': {
      toServer: instead('exec name from getFunctionViews()', '5'),
      fails: { 'function view: listed': 'the answer is not a list' },
    },
  },
)
