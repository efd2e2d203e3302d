/*
  A server that behaves otherwise fails, and the check that fails says so: one behaviour is switched at a time, by a
  fault of the embedded server or in the bytes between the two.
*/
import t from 'tap'
import { useTurnClock } from '../helpers/turn-clock.js'
import { trySelftest } from './run-selftest.js'

useTurnClock()

const swap =
  (from: string, to: string) =>
  (chunk: string): string => {
    if (from.length !== to.length) throw new Error('lengths in headers would be wrong')
    return chunk.replaceAll(from, to)
  }

const intNull = '\x00\x00\x00\x80'

t.test('inserts that are dropped', async t => {
  const names = ['insert: tableInsert into a table', 'insert: scalars, one for each column']
  const { failed } = await trySelftest(t, {
    names,
    server: { faults: { beforeWrite: () => 'drop' } },
  })
  t.strictSame(failed, names)
})

t.test('requests without answers that are dropped', async t => {
  const names = ['asynchronous: a batch arrives', 'receipts: R1, three batches, one of them wrong']
  const { failed, of } = await trySelftest(t, {
    names,
    server: {
      faults: { beforeExecute: ({ asynchronous }) => (asynchronous ? 'drop' : undefined) },
    },
  })
  t.strictSame(failed, names)
  t.equal(of(names[0]!)?.reason, 'no result within 5000 ms')
})

t.test('one of a thousand requests without answers that is dropped', async t => {
  const name = 'asynchronous: R9, the order of requests of one session'
  let seen = 0
  const { failed } = await trySelftest(t, {
    names: [name],
    server: {
      faults: {
        beforeExecute: ({ asynchronous }) => (asynchronous && ++seen === 500 ? 'drop' : undefined),
      },
    },
  })
  t.strictSame(failed, [name])
})

t.test('requests without answers that are executed twice', async t => {
  const names = ['asynchronous: a batch arrives', 'asynchronous: mixed-flags on one session']
  const { failed, of } = await trySelftest(t, {
    names,
    server: {
      faults: { beforeExecute: ({ asynchronous }) => (asynchronous ? 'twice' : undefined) },
    },
  })
  t.strictSame(failed, names)
  t.equal(of(names[0]!)?.reason, 'rows: 100, expected 50')
})

t.test('answers of another session', async t => {
  const names = [
    'connection: a script is answered',
    'connection: every answer carries the session id',
  ]
  const { failed, of } = await trySelftest(t, {
    names,
    login: {},
    toClient: chunk =>
      chunk.replace(/^\d+ 1 1\n/, header =>
        header.replace(/\d(?= )/, last => `${9 - Number(last)}`),
      ),
  })
  t.strictSame(failed, names)
  t.match(of(names[0]!)?.reason, /has forgotten this session/)
  t.match(of(names[1]!)?.reason, /^a script of session \d+ was answered by \d+$/)
})

t.test('a server that answers under a session id it never gave', async t => {
  const name = 'connection: an unknown session id'
  const { failed } = await trySelftest(t, {
    names: [name],
    toClient: (chunk, sent) =>
      sent.includes('API2 987654321 ') ? chunk.replace(/^\d+/, '987654321') : chunk,
  })
  t.strictSame(failed, [name])
})

t.test('a refusal in other words', async t => {
  const names = [
    'refusals: R10, a refused insert into a stream table leaves nothing',
    'receipts: R1, three batches, one of them wrong',
  ]
  const { failed, of } = await trySelftest(t, {
    names,
    toClient: chunk =>
      swap(
        'Failed to append data to column',
        'Cannot take the value of column',
      )(
        swap('Incompatible type', 'Unsuitable values')(swap('RefId:S03017', 'RefId:S99999')(chunk)),
      ),
  })
  t.strictSame(failed, names)
  t.match(of(names[0]!)?.reason, /^understood as unknown, not rows: /)
})

t.test('a refused insert that leaves rows', async t => {
  const name = 'refusals: R10, a refused insert into a table leaves nothing'
  // The refused batch has five rows; the good one before it becomes larger by one.
  const { failed, of } = await trySelftest(t, {
    names: [name],
    toClient: (chunk, sent) =>
      sent.endsWith('_refused') && sent.includes('exec count(*)')
        ? chunk.replace('\x02\x00\x00\x00', '\x07\x00\x00\x00')
        : chunk,
  })
  t.strictSame(failed, [name])
  t.equal(of(name)?.reason, '5 rows of the refused batch are there')
})

t.test('requests without answers that are answered', async t => {
  const names = [
    'asynchronous: nothing is answered',
    'asynchronous: errors are not answered either',
  ]
  const { failed, of } = await trySelftest(t, {
    names,
    toServer: swap(' / 36_1_', ' / 32_1_'),
  })
  t.strictSame(failed, names)
  t.equal(of(names[0]!)?.reason, 'the first answer: INT scalar 1111, expected INT scalar 2222')
})

t.test('nulls that become values', async t => {
  const names = ['types: INT column', 'types: INT[] column', 'types: INT scalar']
  const { failed, of } = await trySelftest(t, {
    names,
    toClient: swap(intNull, '\x01\x00\x00\x00'),
  })
  t.strictSame([...failed].sort(), [...names].sort())
  t.equal(of('types: INT column')?.reason, 'row 2 is 1, not null')
})

t.test('values that lose a bit', async t => {
  const name = 'types: DOUBLE column'
  const { failed, of } = await trySelftest(t, {
    names: [name, 'types: LONG column'],
    // 0.1
    toClient: swap('\x9a\x99\x99\x99\x99\x99\xb9\x3f', '\x99\x99\x99\x99\x99\x99\xb9\x3f'),
  })
  t.strictSame(failed, [name])
  t.match(of(name)?.reason, /^row 6 is /)
})

t.test('flag 16 that clears nothing', async t => {
  const name = 'connection: flag 16 clears variables'
  const { failed } = await trySelftest(t, { names: [name], toServer: swap(' / 48_', ' / 32_') })
  t.strictSame(failed, [name])
})

t.test('keyed stream tables that overwrite', async t => {
  const names = [
    'insert: a keyed stream table keeps the first row of a key',
    'receipts: R4, the first row of a key stays',
  ]
  const { failed } = await trySelftest(t, {
    names,
    toServer: swap('keyedStreamTable(', '      keyedTable('),
  })
  t.strictSame(failed, names)
})

t.test('keyed stream tables that let every claim in', async t => {
  const name = 'receipts: R5, a claim is one step'
  const { failed, of } = await trySelftest(t, {
    names: [name],
    toServer: swap('keyedStreamTable(`k, ', '     streamTable(    '),
  })
  t.strictSame(failed, [name])
  t.equal(of(name)?.reason, '4000 rows with 500 keys were written, not 500')
})

t.test('sessions that are forgotten between two requests', async t => {
  const name = 'connection: functions belong to one session'
  const { failed } = await trySelftest(t, {
    names: [name, 'connection: a script is answered'],
    server: {
      faults: { beforeExecute: ({ text }) => (text === 'ddbIngestTestOwn' ? 'forget' : undefined) },
    },
  })
  t.strictSame(failed, [name])
})

t.test('a login refused in other words', async t => {
  const name = 'login: a wrong one is refused in known words'
  const { failed } = await trySelftest(t, {
    names: [name],
    toClient: swap('user name or password', 'combination you gave '),
  })
  t.strictSame(failed, [name])
})

t.test('requests of a closed session that are lost', async t => {
  const name = 'receipts: R14, requests of a session that is closed are executed'
  let seen = 0
  const { failed, of } = await trySelftest(t, {
    names: [name],
    server: {
      faults: {
        beforeExecute: ({ text }) =>
          text === 'ddbIngestDeliver' && ++seen > 60 ? 'drop' : undefined,
      },
    },
  })
  t.strictSame(failed, [name])
  t.equal(of(name)?.reason, '40 of 100 were not executed')
})

t.test('what a server may do in several ways is found, and does not fail', async t => {
  const name = 'dfs: rows outside the partition scheme'
  const found: unknown[] = []
  for (const policy of ['skip', 'add', 'fail'] as const) {
    const { failed, of } = await trySelftest(t, {
      names: [name],
      prepare: ({ node }) => (node.config.newValuePartitionPolicy = policy),
    })
    t.strictSame(failed, [], policy)
    found.push(of(name)?.reason)
  }
  t.match(found, [
    'the row is dropped, tableInsert answers 2',
    'a partition is added, tableInsert answers 3',
    /^refused: .*S01016/,
  ])
})
