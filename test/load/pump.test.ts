import t from 'tap'
import { ConnectionError, InputError } from '../../src/errors.js'
import type { Delivery } from '../../src/load/delivery/delivery.js'
import type { Inputs } from '../../src/load/inputs.js'
import type { LoadOptions, LoadReport } from '../../src/load/options.js'
import { pump } from '../../src/load/pump.js'
import type { Batch } from '../../src/parse/input-reader.js'
import { batchOf } from '../helpers/batches.js'
import { testRun } from '../helpers/load-run.js'

interface Change {
  readonly options?: Partial<LoadOptions>
  readonly batches?: number
  /** What becomes of a batch, by its number. */
  readonly deliver?: (number: number) => void | Promise<void>
  /** Behind the last batch. */
  readonly readFailure?: Error
}

/** A run of batches of eight rows, and which of them were handed over. */
function scene({ options, batches = 3, deliver, readFailure }: Change = {}) {
  const phases: LoadReport['phase'][] = []
  const run = testRun({ onReport: ({ phase }) => phases.push(phase), ...options })
  const handed: Batch[] = []
  async function* read(): AsyncGenerator<Batch, void, void> {
    for (let i = 0; i < batches; i++) {
      run.counts.readUpTo(8 * (i + 1))
      await Promise.resolve()
      yield batchOf(8, 8 * i)
    }
    if (readFailure !== undefined) throw readFailure
  }
  const delivery = {
    inFlightBytes: 0,
    deliver(batch: Batch) {
      handed.push(batch)
      const given = deliver?.(handed.length)
      run.counts.sent(batch.rowCount)
      return given
    },
  }
  return {
    run,
    phases,
    handed,
    pump: () =>
      pump(
        run,
        { batches: read } as unknown as Inputs,
        { columns: [], keyed: false },
        delivery as unknown as Delivery,
      ),
  }
}

t.test('batches go to the delivery in order, until the inputs end', async t => {
  const { run, handed, phases, pump: go } = scene()
  await go()
  t.same(
    handed.map(({ first }) => first.lineNumber),
    [2, 10, 18],
  )
  t.equal(run.failure, undefined)
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
  t.match(run.failure, { code: 'DDB_CONNECTION_LOST' })
  t.match(run.counts.rows, { unsent: 16 }, 'the batch that was not taken, and the one behind it')
})

t.test('a batch that was taken and failed later is counted by the delivery', async t => {
  const { run, pump: go } = scene({
    deliver: number =>
      number === 2
        ? Promise.reject(new ConnectionError('DDB_CONNECTION_LOST', 'gone'))
        : Promise.resolve(),
  })
  await go()
  t.match(run.counts.rows, { unsent: 8 })
})

t.test('an input that cannot be read ends the run in order', async t => {
  const failure = new InputError('DDB_INPUT_READ', 'disk', { file: 'in.csv' })
  const { run, handed, pump: go } = scene({ readFailure: failure })
  await go()
  t.equal(handed.length, 3)
  t.equal(run.failure, failure)
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
  t.match(run.counts.rows, { unsent: 0 }, 'what is under way is counted by who ends the run')
})

t.test('rows pass no faster than was asked for', async t => {
  const { run, pump: go } = scene({
    options: { delivery: { rateLimit: { rowsPerSecond: 4 } } },
  })
  await go()
  // Three batches of two seconds each; the first goes out at once.
  t.ok(run.platform.clock.nowMs() >= 3_000, `${run.platform.clock.nowMs()} ms`)
})

t.test('a share of bad rows is looked at in the end, however short the input was', async t => {
  const { run, pump: go } = scene({
    batches: 1,
    options: { rejects: { onError: 'skip', maxErrors: '5%' } },
  })
  run.counts.rejected()
  await go()
  t.match(run.failure, { code: 'DDB_INPUT_LIMIT' })
})
