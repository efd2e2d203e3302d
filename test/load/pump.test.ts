import t from 'tap'
import { ConnectionError, InputError } from '../../src/errors.js'
import type { SentBefore } from '../../src/load/journal/resumed-input.js'
import type { Connections, Delivery } from '../../src/load/transport/delivery.js'
import type { Inputs } from '../../src/load/inputs/input-reading.js'
import type { LoadOptions, LoadReport } from '../../src/load/options.js'
import { pump } from '../../src/load/pump.js'
import type { Batch } from '../../src/parse/batch.js'
import type { Journal } from '../../src/load/journal/journal.js'
import type { JournaledRejects } from '../../src/load/journal/journal-record.js'
import type { JournaledRows, JournaledRun } from '../../src/load/outcomes/journaled-run.js'
import type { KnownBatch } from '../../src/load/journal/resumed-input.js'
import { batchOf, type CountedBatch } from '../helpers/batches.js'
import { testRun } from '../helpers/load-run.js'

/** The batches in the journal, by the number of their first line. */
interface Earlier {
  readonly known: Readonly<Record<number, KnownBatch>>
  readonly rejects?: JournaledRejects
}

interface Change {
  readonly earlier?: Earlier
  readonly options?: Partial<LoadOptions>
  readonly batches?: number
  /** Called with the number (from 1) of each batch that is handed over. */
  readonly deliver?: (number: number) => void | Promise<void>
  /** The error that reading throws after the last batch. */
  readonly readFailure?: Error
  readonly connections?: Connections
}

function standing(known: Earlier['known']): JournaledRows {
  const count = (kind: KnownBatch['kind']): number =>
    8 * Object.values(known).filter(one => one.kind === kind).length
  return {
    confirmed: count('settled'),
    unconfirmed: count('sent'),
    unsent: count('unsent'),
    rejected: 0,
    filtered: 0,
  }
}

/** A run of eight-row batches, and a record of the batches that were handed over. */
function scene({ options, batches = 3, deliver, readFailure, earlier, connections }: Change = {}) {
  const phases: LoadReport['phase'][] = []
  const run = testRun({ onReport: ({ phase }) => phases.push(phase), ...options })
  const handed: Batch[] = []
  const sentAs: (SentBefore | undefined)[] = []
  const read: CountedBatch[] = []
  async function* readAll(): AsyncGenerator<Batch, void, void> {
    for (let i = 0; i < batches; i++) {
      run.emit({ kind: 'records', upTo: 8 * (i + 1) })
      await Promise.resolve()
      read.push(batchOf(8, 8 * i))
      yield read.at(-1)!
    }
    if (readFailure !== undefined) throw readFailure
  }
  const delivery = {
    inFlightBytes: 0,
    connections,
    deliver(batch: Batch, no?: SentBefore) {
      handed.push(batch)
      sentAs.push(no)
      const given = deliver?.(handed.length)
      run.emit({ kind: 'handedOver', rows: batch.rowCount })
      return given
    },
  }
  if (earlier !== undefined) {
    const { known, rejects } = earlier
    run.history.goOn({
      found: {
        inputs: [],
        rows: () => standing(known),
        sums: {},
        rejects,
      } as unknown as JournaledRun,
      inputs: [{ path: 'in.csv' }],
      lastNo: 0,
      take: () => undefined,
      follow: () => undefined,
      lost: () => undefined,
    } as unknown as Journal)
    const knownOf = (batch: Batch): KnownBatch | undefined => known[batch.locate(0).lineNumber]
    const { history } = run
    const resumption = { ...history.resumption, knownOf }
    Object.assign(run, { history: { ...history, resumption } })
  }
  return {
    run,
    phases,
    handed,
    sentAs,
    read,
    pump: () =>
      pump(
        run,
        { batches: readAll } as unknown as Inputs,
        { columns: [], keyed: false },
        delivery as unknown as Delivery,
      ),
  }
}

t.test('batches are handed to the delivery in order until the inputs end', async t => {
  const { run, handed, phases, pump: go } = scene()
  await go()
  t.same(
    handed.map(batch => batch.locate(0).lineNumber),
    [2, 10, 18],
  )
  t.equal(run.ending.failure, undefined)
  t.equal(phases[0], 'loading')
})

t.test('the next batch is read only when the delivery has room for it', async t => {
  let inside = 0
  const { handed, pump: go } = scene({
    deliver: async () => {
      inside++
      for (let i = 0; i < 10; i++) await Promise.resolve()
      t.equal(inside, 1)
      inside--
    },
  })
  await go()
  t.equal(handed.length, 3)
})

t.test('a failure stops the run, and rows read after it are unsent', async t => {
  const {
    run,
    handed,
    pump: go,
  } = scene({
    deliver: number => {
      if (number === 2) throw new ConnectionError('DDB_CONNECTION_LOST', 'gone')
    },
  })
  await go()
  t.equal(handed.length, 2)
  t.match(run.ending.failure, { code: 'DDB_CONNECTION_LOST' })
  t.match(run.state.rows, { unsent: 16 }, 'the batch that was not accepted, and the one after it')
})

t.test('the delivery counts a batch that it accepted and that failed later', async t => {
  const { run, pump: go } = scene({
    deliver: number =>
      number === 2
        ? Promise.reject(new ConnectionError('DDB_CONNECTION_LOST', 'gone'))
        : Promise.resolve(),
  })
  await go()
  t.match(run.state.rows, { unsent: 8 })
})

t.test('if more connections cannot be opened, the run keeps one connection', async t => {
  for (const [failure, code] of [
    [new ConnectionError('DDB_CONNECT', 'refused'), undefined],
    [new TypeError('a bug'), 'DDB_INTERNAL'],
  ] as const) {
    const { run, pump: go } = scene({
      options: { delivery: { connections: 'auto', unordered: true } },
      connections: { idle: () => Promise.resolve(), fit: () => Promise.reject(failure) },
    })
    // Pretends that the loader wants to try four connections.
    Object.defineProperty(run.connectionCount, 'wanted', { value: 4 })
    await go()
    t.equal(run.plan.connections, 1)
    t.equal(run.ending.failure?.code, code)
  }
})

t.test('an unreadable input ends the run cleanly', async t => {
  const failure = new InputError('DDB_INPUT_READ', 'disk', { file: 'in.csv' })
  const { run, handed, pump: go } = scene({ readFailure: failure })
  await go()
  t.equal(handed.length, 3)
  t.equal(run.ending.failure, failure)
})

t.test('a run that leaves hands over no more batches', async t => {
  const leaving = new AbortController()
  const {
    run,
    handed,
    pump: go,
  } = scene({
    options: { leave: leaving.signal },
    deliver: () => leaving.abort(),
  })
  await go()
  t.equal(handed.length, 1)
  t.match(run.state.rows, { unsent: 0 }, 'the batch in flight is counted when the run ends')
})

t.test('rows pass no faster than the rate limit', async t => {
  const { run, pump: go } = scene({
    options: { delivery: { rateLimit: { rowsPerSecond: 4 } } },
  })
  await go()
  // Three batches, two seconds each.
  t.ok(run.platform.clock.nowMs() >= 6_000, `${run.platform.clock.nowMs()} ms`)
})

t.test('a limit on the share of bad rows is checked at the end of any input', async t => {
  const { run, pump: go } = scene({
    batches: 1,
    options: { rejects: { onError: 'skip', maxErrors: '5%' } },
  })
  run.emit({ kind: 'rejected' })
  await go()
  t.match(run.ending.failure, { code: 'DDB_INPUT_LIMIT' })
})

/** Batch 1 is settled. Batch 2 was sent as number 7. Batch 3 was not stored. Batch 4 is new. */
const allKinds: Earlier['known'] = {
  2: { kind: 'settled' },
  10: { kind: 'sent', no: 7, rows: 8, hasNoReceipt: false },
  18: { kind: 'unsent' },
}

t.test('each batch is treated in the state in which earlier processes left it', async t => {
  const {
    run,
    handed,
    sentAs,
    read,
    pump: go,
  } = scene({ batches: 4, earlier: { known: allKinds } })
  t.match(run.state.rows, { read: 24, skipped: 8, unconfirmed: 8, unsent: 8 })
  await go()
  t.same(
    handed.map(batch => batch.locate(0).lineNumber),
    [10, 18, 26],
  )
  t.match(sentAs, [{ no: 7 }, undefined, undefined])
  t.same(
    read.map(({ releases }) => releases),
    [1, 0, 0, 0],
    'columns of a skipped batch are reused',
  )
  t.match(run.state.rows, { read: 32, skipped: 8, unconfirmed: 0, unsent: 0 })
})

t.test('batches that are not handed over keep their state from earlier processes', async t => {
  for (const [failing, rows] of [
    [1, { skipped: 8, unconfirmed: 8, unsent: 16 }],
    [2, { skipped: 8, unconfirmed: 0, unsent: 16 }],
    [3, { skipped: 8, unconfirmed: 0, unsent: 8 }],
  ] as const) {
    const { run, pump: go } = scene({
      batches: 4,
      earlier: { known: allKinds },
      deliver: number => {
        if (number === failing) throw new ConnectionError('DDB_CONNECTION_LOST', 'gone')
      },
    })
    await go()
    t.match(run.state.rows, rows, `${failing}`)
  }
})

const rejects: JournaledRejects = {
  byClass: { parse: 2, type: 0, server: 0 },
  byCode: { DDB_INPUT_CELL: 2 },
  unplaced: 0,
  files: [],
  byInput: {
    'in.csv': {
      rejected: 2,
      firstError: { code: 'DDB_INPUT_CELL', message: 'bad', lineNumber: 3 },
    },
  },
  upTo: { input: 0, offsetBytes: 1 },
}

t.test('a row that stopped a run stops it again, and the run looks up sent batches', async t => {
  const earlier = { known: allKinds, rejects }
  const { run, sentAs, pump: go } = scene({ batches: 4, earlier })
  t.equal(await go(), true, 'rows after the batch are counted when the run ends')
  t.match(sentAs, [{ no: 7 }])
  t.match(run.ending.failure, {
    code: 'DDB_INPUT_CELL',
    message: 'in.csv, line 3: bad',
    position: { file: 'in.csv', lineNumber: 3 },
  })
  t.match(run.state.rows, { skipped: 8, unsent: 8 })
  const skipping = scene({ batches: 4, earlier, options: { rejects: { onError: 'skip' } } })
  await skipping.pump()
  t.equal(skipping.run.ending.failure, undefined, 'unless the user decides otherwise')
  t.equal(skipping.handed.length, 3)
})

t.test('a row that stopped a run stops it again even if no new row is read', async t => {
  const { run, pump: go } = scene({ batches: 1, earlier: { known: allKinds, rejects } })
  await go()
  t.match(run.ending.failure, { code: 'DDB_INPUT_CELL' })
})
