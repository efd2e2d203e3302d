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
import type { FoundRows, FoundRun } from '../../src/load/fate/found-run.js'
import type { KnownBatch } from '../../src/load/journal/resumed-input.js'
import { batchOf, type CountedBatch } from '../helpers/batches.js'
import { testRun } from '../helpers/load-run.js'

/** What a journal knows of batches, by their first line. */
interface Earlier {
  readonly known: Readonly<Record<number, KnownBatch>>
  readonly rejects?: JournaledRejects
}

interface Change {
  readonly earlier?: Earlier
  readonly options?: Partial<LoadOptions>
  readonly batches?: number
  /** What becomes of a batch, by its number. */
  readonly deliver?: (number: number) => void | Promise<void>
  /** Behind the last batch. */
  readonly readFailure?: Error
  readonly connections?: Connections
}

function standing(known: Earlier['known']): FoundRows {
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

/** A run of batches of eight rows, and which of them were handed over. */
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
      found: { inputs: [], rows: () => standing(known), sums: {}, rejects } as unknown as FoundRun,
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

t.test('batches go to the delivery in order, until the inputs end', async t => {
  const { run, handed, phases, pump: go } = scene()
  await go()
  t.same(
    handed.map(batch => batch.locate(0).lineNumber),
    [2, 10, 18],
  )
  t.equal(run.ending.failure, undefined)
  t.equal(phases[0], 'loading')
})

t.test('the next batch is not read before there is room for it', async t => {
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

t.test('a failure stops the run: what is read behind it is unsent', async t => {
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
  t.match(run.state.rows, { unsent: 16 }, 'the batch that was not taken, and the one behind it')
})

t.test('a batch that was taken and failed later is counted by the delivery', async t => {
  const { run, pump: go } = scene({
    deliver: number =>
      number === 2
        ? Promise.reject(new ConnectionError('DDB_CONNECTION_LOST', 'gone'))
        : Promise.resolve(),
  })
  await go()
  t.match(run.state.rows, { unsent: 8 })
})

t.test('connections that could not be opened are none, whatever went wrong', async t => {
  for (const [failure, code] of [
    [new ConnectionError('DDB_CONNECT', 'refused'), undefined],
    [new TypeError('a bug'), 'DDB_INTERNAL'],
  ] as const) {
    const { run, pump: go } = scene({
      options: { delivery: { connections: 'auto', unordered: true } },
      connections: { idle: () => Promise.resolve(), fit: () => Promise.reject(failure) },
    })
    // As if four were to be tried.
    Object.defineProperty(run.connectionCount, 'wanted', { value: 4 })
    await go()
    t.equal(run.plan.connections, 1)
    t.equal(run.ending.failure?.code, code)
  }
})

t.test('an input that cannot be read ends the run in order', async t => {
  const failure = new InputError('DDB_INPUT_READ', 'disk', { file: 'in.csv' })
  const { run, handed, pump: go } = scene({ readFailure: failure })
  await go()
  t.equal(handed.length, 3)
  t.equal(run.ending.failure, failure)
})

t.test('a run that leaves hands nothing more over', async t => {
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
  t.match(run.state.rows, { unsent: 0 }, 'what is under way is counted by who ends the run')
})

t.test('rows pass no faster than was asked for', async t => {
  const { run, pump: go } = scene({
    options: { delivery: { rateLimit: { rowsPerSecond: 4 } } },
  })
  await go()
  // Three batches of two seconds each.
  t.ok(run.platform.clock.nowMs() >= 6_000, `${run.platform.clock.nowMs()} ms`)
})

t.test('a share of bad rows is looked at in the end, however short the input was', async t => {
  const { run, pump: go } = scene({
    batches: 1,
    options: { rejects: { onError: 'skip', maxErrors: '5%' } },
  })
  run.emit({ kind: 'rejected' })
  await go()
  t.match(run.ending.failure, { code: 'DDB_INPUT_LIMIT' })
})

/** Batches 1, 2 and 3 were settled, sent as number 7, and never stored; the fourth one is new. */
const allKinds: Earlier['known'] = {
  2: { kind: 'settled' },
  10: { kind: 'sent', no: 7, rows: 8, isLost: false },
  18: { kind: 'unsent' },
}

t.test('what earlier processes did with a batch decides what becomes of it', async t => {
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
    'columns of a batch that is passed over go back',
  )
  t.match(run.state.rows, { read: 32, skipped: 8, unconfirmed: 0, unsent: 0 })
})

t.test('batches that are not handed over stay where the earlier process left them', async t => {
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

t.test('a row that stopped a run stops it again, and what was sent is asked for', async t => {
  const earlier = { known: allKinds, rejects }
  const { run, sentAs, pump: go } = scene({ batches: 4, earlier })
  t.equal(await go(), true, 'rows after them are for the end of the run to count')
  t.match(sentAs, [{ no: 7 }])
  t.match(run.ending.failure, {
    code: 'DDB_INPUT_CELL',
    message: 'in.csv, line 3: bad',
    position: { file: 'in.csv', lineNumber: 3 },
  })
  t.match(run.state.rows, { skipped: 8, unsent: 8 })
  const skipping = scene({ batches: 4, earlier, options: { rejects: { onError: 'skip' } } })
  await skipping.pump()
  t.equal(skipping.run.ending.failure, undefined, 'until the user decides otherwise')
  t.equal(skipping.handed.length, 3)
})

t.test('a row that stopped a run stops it also where nothing new is read', async t => {
  const { run, pump: go } = scene({ batches: 1, earlier: { known: allKinds, rejects } })
  await go()
  t.match(run.ending.failure, { code: 'DDB_INPUT_CELL' })
})
