import fc from 'fast-check'
import t from 'tap'
import { wholeBatch, type BatchPart } from '../../../src/load/outcomes/batch-part.js'
import { newRecorder, type RecordedTarget } from '../../../src/load/outcomes/recorder.js'
import {
  hasUncertain,
  summaryNote,
  uncertainLines,
} from '../../../src/load/outcomes/projections.js'
import { equationError } from '../../../src/load/outcomes/row-counts.js'
import { vectorOf } from '../../../src/protocol/vector-of.js'
import { batchOf, type CountedBatch } from '../../helpers/batches.js'
import { testRun } from '../../helpers/load-run.js'
import { runs } from '../../helpers/runs.js'

const inMemory: RecordedTarget = {
  description: { columns: [], keyed: false },
  kind: 'table',
  allOrNothing: true,
  retries: 5,
  keyed: false,
  inMemory: true,
}
const onDisk: RecordedTarget = { ...inMemory, inMemory: false }
const keyed: RecordedTarget = { ...inMemory, keyed: true }

/** A recorder, and consecutive batches of ten rows. */
function scene(target: RecordedTarget) {
  const run = testRun({ rejects: { onError: 'skip', maxErrors: 1_000_000 } })
  const batches: CountedBatch[] = []
  const next = (): BatchPart => {
    const batch = batchOf(10, 10 * batches.length)
    batches.push(batch)
    run.emit({ kind: 'records', upTo: run.state.rows.read + 10 })
    return wholeBatch(batch)
  }
  return { run, batches, next, recorder: newRecorder(run, target) }
}

type Scene = ReturnType<typeof scene>

const steps: Readonly<Record<string, (scene: Scene) => void>> = {
  taken: ({ recorder, next }) => recorder.taken(next(), 10),
  'taken in part': ({ recorder, next }) => recorder.taken(next(), 7),
  rejected: ({ recorder, next }) => recorder.rejected(next(), 'Incompatible type'),
  uncertain: ({ recorder, next }) => recorder.uncertain(next(), 'no receipt'),
  refused: ({ recorder, next }) => void recorder.refused(next(), 'something new'),
  unsent: ({ recorder, next }) => recorder.unsent(next()),
  'taken back': ({ recorder }) => recorder.takeBack('the server is gone', true),
}

/** Steps; then rows confirmed, unconfirmed, rejected, unsent, for an in-memory table, a keyed table, one on disk. */
type Counts = readonly [number, number, number, number]
const table: readonly (readonly [readonly string[], Counts, Counts, Counts])[] = [
  [[], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]],
  [['taken'], [10, 0, 0, 0], [10, 0, 0, 0], [10, 0, 0, 0]],
  [['taken in part'], [7, 3, 0, 0], [10, 0, 0, 0], [7, 3, 0, 0]],
  [['rejected'], [0, 0, 10, 0], [0, 0, 10, 0], [0, 0, 10, 0]],
  [['uncertain'], [0, 10, 0, 0], [0, 10, 0, 0], [0, 10, 0, 0]],
  [['refused'], [0, 10, 0, 0], [0, 10, 0, 0], [0, 10, 0, 0]],
  [['unsent'], [0, 0, 0, 10], [0, 0, 0, 10], [0, 0, 0, 10]],
  [
    ['taken', 'taken', 'taken back'],
    [0, 20, 0, 0],
    [0, 20, 0, 0],
    [20, 0, 0, 0],
  ],
  [
    ['taken', 'taken back', 'taken'],
    [10, 10, 0, 0],
    [10, 10, 0, 0],
    [20, 0, 0, 0],
  ],
  [
    ['taken', 'taken back', 'taken back'],
    [0, 10, 0, 0],
    [0, 10, 0, 0],
    [10, 0, 0, 0],
  ],
]

t.test('every step counts its rows once, and rows in memory are lost with the server', async t => {
  for (const [names, ...expected] of table) {
    for (const [index, target] of [inMemory, keyed, onDisk].entries()) {
      const here = scene(target)
      for (const name of names) steps[name]!(here)
      const { confirmed, unconfirmed, rejected, unsent } = here.run.state.rows
      t.same(
        [confirmed, unconfirmed, rejected, unsent],
        expected[index],
        `${names.join(', ')}: ${['in memory', 'keyed', 'on disk'][index]}`,
      )
      t.ok(
        here.batches.every(({ releases }) => releases === 1),
        'every batch is released once',
      )
    }
  }
})

t.test('the rows add up after any steps in any order', async () => {
  const order = fc.array(fc.constantFrom(...Object.keys(steps)), { maxLength: 30 })
  fc.assert(
    fc.property(order, fc.constantFrom(inMemory, keyed, onDisk), (names, target) => {
      const here = scene(target)
      for (const name of names) steps[name]!(here)
      return (
        equationError(here.run.state.rows) === undefined &&
        here.batches.every(({ releases }) => releases === 1)
      )
    }),
    { numRuns: runs(100) },
  )
})

t.test('two equal refusals in a row end the run', async t => {
  const { recorder, next } = scene(inMemory)
  t.equal(recorder.refused(next(), 'new words about transaction 1'), undefined)
  t.match(recorder.refused(next(), 'new words about transaction 22'), {
    code: 'DDB_UNAVAILABLE',
    exitCode: 75,
    message: /new words about transaction 22/,
  })
})

t.test(
  'different refusals do not end the run, nor do equal ones around a stored batch',
  async t => {
    const { recorder, next } = scene(inMemory)
    t.equal(recorder.refused(next(), 'one thing'), undefined)
    t.equal(recorder.refused(next(), 'another'), undefined)
    t.equal(recorder.refused(next(), 'one thing'), undefined)
    recorder.taken(next(), 10)
    t.equal(recorder.refused(next(), 'one thing'), undefined)
  },
)

t.test('neighbouring batches with the same reason are one range', async t => {
  const { run, recorder, next } = scene(inMemory)
  t.notOk(hasUncertain(run.state))
  t.equal(summaryNote(run.state), undefined)
  for (let i = 0; i < 20; i++) recorder.uncertain(next(), 'no receipt came in time')
  t.same(uncertainLines(run.state), [
    {
      file: 'in.csv',
      firstLine: 2,
      lastLine: 201,
      batches: 20,
      reason: 'no receipt came in time',
    },
  ])
  t.ok(hasUncertain(run.state))
  t.equal(
    summaryNote(run.state),
    'uncertain: in.csv, lines 2 to 201 (20 batches): no receipt came in time',
  )
})

t.test('the note names five ranges and counts the rest; the list has all', async t => {
  const { run, recorder, next } = scene(inMemory)
  for (let i = 0; i < 8; i++) {
    recorder.uncertain(next(), 'lost')
    recorder.taken(next(), 10)
  }
  t.equal(uncertainLines(run.state).length, 8)
  t.match(summaryNote(run.state), /lines 2 to 11 \(1 batch\): lost; .*; and 3 batches more$/)
  t.equal(summaryNote(run.state)?.match(/lines/g)?.length, 5)
})

t.test('rows that are taken back are named as the lines that were confirmed', async t => {
  const { run, recorder, next } = scene(inMemory)
  recorder.taken(next(), 10)
  recorder.taken(next(), 10)
  t.ok(recorder.holdsMemory)
  recorder.unsent(next())
  recorder.takeBack('the server is gone', true)
  t.notOk(recorder.holdsMemory)
  t.match(uncertainLines(run.state), [
    { firstLine: 2, lastLine: 21, batches: 2, reason: 'the server is gone' },
  ])
  t.match(summaryNote(run.state), /^the server is gone\. uncertain: /)
  t.notOk(scene(onDisk).recorder.holdsMemory)
})

t.test('in a keyed target only rows outside its partition scheme are missing', async t => {
  const dimension = { columnName: 'id', columnIndex: 0, kind: 'RANGE', type: 'INT' } as const
  const scheme = vectorOf({ type: 'INT' }, [3, 100])
  const within = (change: object = {}): RecordedTarget => ({
    ...keyed,
    description: {
      columns: [{ name: 'id', type: { type: 'INT' } }],
      keyed: true,
      partition: { dimensions: [{ ...dimension, scheme }], ...change },
    },
  })
  // Three of the ten rows have ids outside the partition scheme.
  for (const [target, rows, expected] of [
    [within(), 10, [10, 0, 0]],
    [within(), 7, [7, 0, 3]],
    [within(), 4, [7, 0, 3]],
    // Three rows are outside the scheme, but the server reports two missing rows. These two count as unconfirmed.
    [within(), 8, [8, 2, 0]],
    [within({ unpredictable: true }), 8, [8, 2, 0]],
    [{ ...within(), keyed: false }, 7, [7, 0, 3]],
    [{ ...within(), keyed: false }, 4, [4, 6, 0]],
    [{ ...within({ unpredictable: true }), keyed: false }, 7, [7, 3, 0]],
  ] as const) {
    const { run, recorder, next } = scene(target)
    const part = next()
    const ids = vectorOf({ type: 'INT' }, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    recorder.taken({ ...part, batch: { ...part.batch, columns: [ids] } }, rows)
    const { confirmed, unconfirmed, rejected } = run.state.rows
    t.strictSame([confirmed, unconfirmed, rejected], expected, `${rows} of 10`)
  }
})
