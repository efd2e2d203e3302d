import t from 'tap'
import { dfsChecks } from '../../../src/selftest/checks/dfs.js'
import type { ServerOptions } from '../../../src/server/index.js'
import {
  answering,
  each,
  instead,
  int32Bytes,
  intBytes,
  longBytes,
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

/** Refuses writes of the last check alone, the second of two sessions' each time. */
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
      'dfs: DOUBLE into INT':
        'The column [v] expects type of INT, but the actual type is DOUBLE. RefId:S05004',
      'dfs: schema() tells atomic': 'TRANS',
      [contended]: /^(none was refused|<ChunkInTransaction>[^]*S00002)$/,
    },
  },
  {
    'users who may not create databases': {
      login: {},
      skips: Object.fromEntries(
        names.map(name => [name, /^the server refuses what it needs: .*<NoPrivilege>/]),
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
    'columns of another type': {
      toServer: instead('[INT, INT]', '[4,DOUBLE]'),
      finds: { 'dfs: DOUBLE into INT': 'it is converted' },
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
      fails: { [contended]: /^\d+ rows were answered, \d+ are there$/ },
    },
  },
)
