import t from 'tap'
import { receiptChecks } from '../../../src/selftest/checks/receipts.js'
import { requestedFaults } from '../../../src/server/index.js'
import { answering, each, instead, intBytes, type Rewrite } from '../../helpers/rewriting-proxy.js'
import { useTurnClock } from '../../helpers/turn-clock.js'
import { testChecks } from '../test-checks.js'

useTurnClock()

const three = 'receipts: R1, three batches, one of them wrong'
const twice = 'receipts: a batch that is sent twice is written once'
const changed = 'receipts: R2, a function changes the table that comes with a call'
const left = 'receipts: a transform leaves rows out before they are written'
const defined = 'receipts: defined tells of functions'
const firstRow = 'receipts: R4, the first row of a key stays'
const cursor = 'receipts: R8, a cursor reads each row once while others write'
const limit = 'receipts: limit at and beyond the end'
const longText = 'receipts: a row of the ledger holds 4,000 characters of an error'
const removed = 'receipts: R11, undef by the user who shared'
const who = 'receipts: R12, this user may run scripts'
const forgotten = 'receipts: the words of a forgotten function'
const connected = 'receipts: a server tells who is connected'
const time = 'receipts: now() is a TIMESTAMP'

const yes = '\x01\0\x01'
const no = '\x01\0\0'
const users = 'getCurrentSessionAndUser()'

testChecks(
  t,
  receiptChecks,
  {
    [firstRow]: 'a known key is answered with 0',
    [forgotten]: "Can't recognize function name ddbIngestDeliver: not in the embedded server",
    [who]: 'as the user that was given',
    [limit]: 'at the end: 0 rows; beyond it: 0 rows',
  },
  {
    'keyed stream tables that overwrite': {
      toServer: instead('keyedStreamTable(', 'keyedTable('),
      fails: [firstRow, twice],
    },
    'ledgers without keys': {
      toServer: instead('keyedStreamTable(`lane`batchNo`attempt`phase, ', 'streamTable('),
      fails: [firstRow],
      passes: [twice],
    },
    'servers that count known keys': {
      toClient: answering('now())', instead(intBytes(0), intBytes(1))),
      finds: { [firstRow]: 'a known key is answered with 1' },
    },
    'answers that cannot be': {
      toClient: answering('now())', instead(intBytes(0), intBytes(5))),
      fails: [firstRow],
    },
    'refusals in other words': {
      toClient: each(
        instead('Failed to append data to column', 'Cannot take the value of column'),
        instead('Incompatible type', 'Unsuitable values'),
        instead('RefId:S03017', 'RefId:S99999'),
      ),
      fails: [three],
    },
    'requests without answers that are dropped': {
      server: {
        faults: { beforeExecute: ({ asynchronous }) => (asynchronous ? 'drop' : undefined) },
      },
      fails: [three, cursor],
    },
    'rows that are dropped': {
      server: {
        faults: { beforeWrite: ({ table }) => (table.endsWith('_target') ? 'drop' : undefined) },
      },
      fails: [three, twice, left],
    },
    'tables that a function may not change': {
      toServer: instead('data[`id] + 1)\n    return exec', 'data[`id])    \n    return exec'),
      fails: [changed],
    },
    'arguments that are read-only': {
      toServer: instead('a, b, c, mutable data)', 'a, b, c, data)'),
      fails: [changed],
    },
    'functions that are not told of': {
      toClient: answering(', DEF)', instead(yes, no)),
      fails: [defined],
    },
    'functions that are told of though they are not there': {
      toClient: answering(', DEF)', instead(no, yes)),
      fails: [defined],
    },
    'rows that are read twice': {
      toServer: oneRowBack(),
      fails: [cursor],
    },
    'a table that is asked for more than it has': {
      server: { faults: requestedFaults('limitEnd') },
      finds: { [limit]: /^at the end: refused: .*The offset 1 .*; beyond it: refused: / },
    },
    'slices that may not end behind the table': {
      server: {
        faults: {
          beforeSlice: ({ rows }) => (rows === 1 ? { error: 'too many' } : undefined),
        },
      },
      fails: [limit],
    },
    'texts that are damaged': {
      toClient: instead('e\xc3\xa9e', 'f\xc3\xa9e'),
      fails: [longText],
    },
    'tables that stay': {
      toClient: answering(', SHARED)', instead(no, yes)),
      fails: [removed],
    },
    'another user': {
      toClient: answering(users, instead('admin\0', 'other\0')),
      fails: [who],
    },
    'wrong results': {
      toClient: answering('1+1', instead(intBytes(2), intBytes(3))),
      fails: [who],
    },
    'a guest': { login: {}, finds: { [who]: 'as guest' } },
    'a refusal in other words': {
      toClient: instead("Can't recognize function name", 'Nothing here has the name of'),
      fails: [forgotten],
    },
    'a function that is there': {
      server: {
        initScript: 'def ddbIngestDeliver(x) { return 1 }\naddFunctionView(ddbIngestDeliver)',
      },
      fails: [forgotten],
    },
    'a server that does not tell who is connected': {
      toServer: instead('getSessionMemoryStat()', 'getSessionMemoryStut()'),
      skips: [connected],
    },
    'a list without the session': {
      toServer: instead('exec sessionId from getSessionMemoryStat()', 'array(LONG, 0)'),
      fails: [connected],
    },
    'another type of time': {
      toServer: instead('typestr(now())', 'typestr(1)'),
      fails: [time],
    },
  },
)

/** Makes a slice begin a row too early: the row before the slice comes twice, and the last row never. */
function oneRowBack(): Rewrite {
  let isDone = false
  return chunk =>
    chunk.replace(/limit (\d+), 8$/, (query, offset: string) => {
      // The first row is the probe, which is not counted.
      if (isDone || Number(offset) < 3) return query
      isDone = true
      return `limit ${String(Number(offset) - 1).padStart(offset.length)}, 8`
    })
}
