import t from 'tap'
import { retryRules } from '../../../src/load/connection/retry.js'
import { wholeBatch, type BatchPart } from '../../../src/load/outcomes/batch-part.js'
import { hasUncertain, uncertainLines } from '../../../src/load/outcomes/projections.js'
import { newRecorder } from '../../../src/load/outcomes/recorder.js'
import type { LedgerRow } from '../../../src/load/transport/receipts/ledger.js'
import { OutcomeHandler } from '../../../src/load/outcomes/outcome-handler.js'
import type { OpenBatch } from '../../../src/load/outcomes/fold.js'
import { SendQueue } from '../../../src/load/outcomes/send-queue.js'
import { readReceipt } from '../../../src/load/transport/receipts/link.js'
import { equationError } from '../../../src/load/outcomes/row-counts.js'
import { ConnectionError, DdbError } from '../../../src/errors.js'
import { batchOf } from '../../helpers/batches.js'
import { handClock } from '../../helpers/clocks.js'
import { testRun } from '../../helpers/load-run.js'
import { claim, outcome } from '../../helpers/receipt-node.js'

const took = (rows: number) => ({ rows, errText: '' })
const refusal = (errText: string) => ({ rows: -1, errText })

const busy = '<ChunkInTransaction>owned by transaction 1 RefId:S00002'
const typeError = 'Incompatible type. Expected: INT, Actual: STRING'
const noRights = '<NoPrivilege>Not granted to write data to table dfs://d/t'
const leader = '<NotLeader>node2:8902'
const longestRestMs = 10_000

interface Change {
  readonly allOrNothing?: boolean
  readonly onDoubt?: 'report' | 'resend'
  readonly retries?: number
}

/** Three batches of eight rows. Their connection records the number, attempt and row count of each sent batch. */
function scene({ allOrNothing = true, onDoubt = 'report', retries = 5 }: Change = {}) {
  const clock = handClock()
  const run = testRun(
    { delivery: { onDoubt, retries }, rejects: { onError: 'skip', maxErrors: 1_000 } },
    { clock },
  )
  const sent: [number, number, number][] = []
  const node = {
    isLost: false,
    bufferedBytes: 0,
    send: ({ no, attempt, rows }: OpenBatch) => {
      sent.push([no, attempt, rows])
      return true
    },
  }
  const recorder = newRecorder(run, {
    description: { columns: [], keyed: false },
    kind: 'table',
    allOrNothing,
    retries,
    keyed: false,
    inMemory: true,
  })
  const queue = new SendQueue(run, node, error => run.ending.fail(error))
  const failures: unknown[] = []
  const fail = (error: unknown): void => {
    failures.push(error)
    run.ending.fail(error)
  }
  const outcomes = new OutcomeHandler({ run, recorder, rules: retryRules(run), fail }, queue)
  const batches = [0, 8, 16].map(first => {
    run.emit({ kind: 'records', upTo: run.state.rows.read + 8 })
    run.emit({ kind: 'handedOver', rows: 8 })
    return queue.add(wholeBatch(batchOf(8, first))).batch
  })
  sent.length = 0
  const counts = (): number[] => {
    const { confirmed, unconfirmed, rejected, unsent } = run.state.rows
    return [confirmed, unconfirmed, rejected, unsent]
  }
  return { run, clock, node, queue, outcomes, recorder, batches, sent, counts, failures }
}

t.test('the outcome of a batch is counted and the batch closed in the same step', async t => {
  const { outcomes, batches, counts, run } = scene()
  outcomes.apply(batches[1]!, took(8))
  t.same(counts(), [8, 0, 0, 0])
  t.same([...run.state.open.keys()], [1, 3])
  t.throws(() => outcomes.apply(batches[1]!, took(8)), { code: 'DDB_INTERNAL' })
  t.same(counts(), [8, 0, 0, 0], 'each row is counted once')
})

t.test(
  'after a temporary refusal the batch rests, longer each time, and is sent as a new attempt',
  async t => {
    const { outcomes, batches, counts, sent, clock } = scene()
    const longestMs = [100, 400, 1_600, 6_400, 10_000]
    for (const [i, ms] of longestMs.entries()) {
      outcomes.apply(batches[0]!, refusal(busy))
      t.equal(sent.length, i, 'not at once')
      clock.advance(ms / 2 - 1)
      t.equal(sent.length, i, 'the rest lasts at least half of its maximum')
      clock.advance(ms / 2 + 1)
      t.same(sent.at(-1), [1, i + 1, 8])
    }
    t.same(counts(), [0, 0, 0, 0])
    outcomes.apply(batches[0]!, took(8))
    t.same(counts(), [8, 0, 0, 0])
  },
)

t.test(
  'if the obstacle stays too long, the batch is unconfirmed and the run continues',
  async t => {
    const { outcomes, batches, counts, clock, sent, failures, run } = scene({ retries: 2 })
    for (let i = 0; i < 3; i++) {
      outcomes.apply(batches[0]!, refusal(busy))
      clock.advance(longestRestMs)
    }
    t.equal(sent.length, 2)
    t.same(counts(), [0, 8, 0, 0])
    t.same(failures, [])
    t.match(uncertainLines(run.state), [{ firstLine: 2, lastLine: 9, reason: `refused: ${busy}` }])
  },
)

t.test('two equal refusals in a row end the run; other outcomes still count', async t => {
  const { outcomes, batches, counts, failures, clock, sent } = scene({ allOrNothing: false })
  outcomes.apply(batches[0]!, refusal('something new'))
  t.same(failures, [])
  outcomes.apply(batches[1]!, refusal('something new'))
  t.match(failures, [{ code: 'DDB_UNAVAILABLE' }])
  outcomes.apply(batches[2]!, took(8))
  clock.advance(longestRestMs)
  t.same(sent, [], 'nothing is sent again')
  t.same(counts(), [8, 16, 0, 0])
})

t.test('halves are sent one at a time until each bad row is alone', async t => {
  const { outcomes, batches, counts, sent, queue, run } = scene()
  outcomes.apply(batches[0]!, refusal(typeError))
  outcomes.apply(batches[1]!, took(8))
  outcomes.apply(batches[2]!, took(8))
  t.same(sent, [[4, 0, 4]])
  // Row 5 is bad.
  for (let i = 0; run.state.open.size > 0; i++) {
    const [part] = [...run.state.open.values()]
    const { start, end } = queue.partOf(part!)
    outcomes.apply(part!, start <= 5 && 5 < end ? refusal(typeError) : took(end - start))
    t.ok(i < 10 && run.state.open.size <= 1)
  }
  t.same(
    sent.map(([, , rows]) => rows),
    [4, 4, 2, 1, 1, 2],
  )
  t.same(counts(), [23, 0, 1, 0])
})

t.test('if part of a batch may be stored, the run does not search for bad rows', async t => {
  const { outcomes, batches, counts, sent } = scene({ allOrNothing: false })
  outcomes.apply(batches[0]!, refusal(typeError))
  outcomes.apply(batches[1]!, refusal(typeError))
  t.same(counts(), [0, 16, 0, 0])
  t.same(sent, [])
})

t.test('without permission nothing is stored and the run sends no more', async t => {
  const { outcomes, batches, counts, run, sent } = scene()
  outcomes.apply(batches[0]!, refusal(noRights))
  t.match(run.ending.failure, { code: 'DDB_PRIVILEGE', exitCode: 77 })
  for (const batch of batches.slice(1)) outcomes.apply(batch, refusal(noRights))
  t.same(counts(), [0, 0, 0, 24])
  t.same(sent, [])
})

t.test('a batch waits for the node that leads', async t => {
  const { outcomes, batches, queue, counts } = scene()
  outcomes.apply(batches[0]!, refusal(leader))
  t.same(queue.leader, { host: 'node2', port: 8902 })
  t.same(
    queue.held().map(({ no }) => no),
    [1],
  )
  outcomes.drop(batches[0]!)
  t.same(counts(), [0, 0, 0, 8], 'the node that refused the batch has stored nothing')
})

t.test('a batch that arrives while the run searches for the leader is not forgotten', async t => {
  const { outcomes, batches, queue, counts, run, sent, failures } = scene()
  for (const batch of batches) outcomes.apply(batch, refusal(leader))
  const moved = await outcomes.moveToLeader(async () => {
    run.emit({ kind: 'records', upTo: 32 })
    run.emit({ kind: 'handedOver', rows: 8 })
    queue.add(wholeBatch(batchOf(8, 24)))
    throw await Promise.resolve(new ConnectionError('DDB_CONNECT', 'nobody leads'))
  })
  t.equal(moved, false)
  t.match(failures, [{ code: 'DDB_CONNECT' }])
  t.same(counts(), [0, 0, 0, 32])
  t.equal(run.state.open.size, 0, 'the run waits for nothing')
  t.same(sent, [])
})

t.test(
  'a batch in doubt is resent as often as --retries allows, then it is unconfirmed',
  async t => {
    const { outcomes, batches, counts, sent } = scene({ onDoubt: 'resend', retries: 2 })
    for (let i = 0; i < 3; i++) outcomes.leaveUncertain(batches[0]!, 'begun')
    t.same(sent, [
      [1, 1, 8],
      [1, 2, 8],
    ])
    t.same(counts(), [0, 8, 0, 0])
  },
)

t.test('a resent batch in doubt may be stored, whatever the outcome of the copy', async t => {
  for (const answer of [noRights, typeError, leader]) {
    const { outcomes, batches, counts, run, sent } = scene({ onDoubt: 'resend' })
    outcomes.leaveUncertain(batches[0]!, 'begun')
    outcomes.apply(batches[0]!, refusal(answer))
    // The loader searches for the refused rows, but the rest of the batch stays uncertain.
    for (let i = 0; i < 20; i++) {
      const part = [...run.state.open.values()].find(({ no }) => no > 3)
      if (part !== undefined) outcomes.apply(part, refusal(answer))
    }
    if (answer === leader) outcomes.drop(batches[0]!)
    t.same(counts(), [0, 8, 0, 0], answer)
    t.ok(hasUncertain(run.state))
    t.ok(sent.length > 0)
  }
})

t.test('a batch in doubt is resent only if the user chose so', async t => {
  const reporting = scene()
  reporting.outcomes.leaveUncertain(reporting.batches[0]!, 'begun')
  t.same(reporting.counts(), [0, 8, 0, 0])
  t.same(reporting.sent, [])
  const resending = scene({ onDoubt: 'resend' })
  resending.outcomes.leaveUncertain(resending.batches[0]!, 'begun')
  t.same(resending.counts(), [0, 0, 0, 0])
  t.same(resending.sent, [[1, 1, 8]], 'as the next attempt')
})

t.test('a copy keeps its attempt, and there are at most as many copies as retries', async t => {
  const { outcomes, batches, sent, counts } = scene({ retries: 2 })
  for (let i = 0; i < 3; i++) outcomes.repeat(batches[0]!, 'lost each time')
  t.same(sent, [
    [1, 0, 8],
    [1, 0, 8],
  ])
  t.same(counts(), [0, 8, 0, 0])
})

/** Last state of a batch, the steps to it, and the rows at the end: confirmed, unconfirmed, rejected, unsent. */
const lastStates: readonly (readonly [
  string,
  (here: ReturnType<typeof scene>) => void,
  number[],
])[] = [
  ['sent', () => undefined, [0, 8, 0, 0]],
  ['taken', ({ outcomes, batches }) => outcomes.apply(batches[0]!, took(8)), [8, 0, 0, 0]],
  ['refused', ({ outcomes, batches }) => outcomes.apply(batches[0]!, refusal(busy)), [0, 8, 0, 0]],
  [
    'sent again while the connection is lost',
    ({ outcomes, batches, node, clock }) => {
      outcomes.apply(batches[0]!, refusal(busy))
      node.isLost = true
      clock.advance(longestRestMs)
    },
    [0, 0, 0, 8],
  ],
  [
    'divided',
    ({ outcomes, batches }) => outcomes.apply(batches[0]!, refusal(typeError)),
    // The batch was halved. Its first half is in flight, its second half has not been sent again.
    [0, 4, 0, 4],
  ],
]

for (const [name, happen, expected] of lastStates) {
  t.test(`a run that ends counts every open batch: ${name}`, async t => {
    const here = scene()
    happen(here)
    here.outcomes.apply(here.batches[1]!, took(8))
    here.outcomes.apply(here.batches[2]!, took(8))
    here.outcomes.endAll('the connection was lost')
    here.outcomes.endBisecting()
    const [confirmed, ...rest] = here.counts()
    t.same([confirmed! - 16, ...rest], expected)
    t.equal(equationError(here.run.state.rows), undefined)
    t.equal(here.clock.timers, 0, 'nothing rests')
  })
}

t.test('a run that stops waits for batches in flight, and drops those never sent', async t => {
  const { outcomes, batches, node, queue, run, counts } = scene()
  node.isLost = true
  run.emit({ kind: 'records', upTo: run.state.rows.read + 8 })
  run.emit({ kind: 'handedOver', rows: 8 })
  queue.add(wholeBatch(batchOf(8, 24)))
  outcomes.apply(batches[0]!, refusal(busy))
  outcomes.stop(new DdbError('DDB_UNAVAILABLE', 'enough'))
  t.same(counts(), [0, 8, 0, 8])
  t.same([...run.state.open.keys()], [2, 3])
  t.equal(run.state.sentRows, 24)
})

/**
 * Each case: the ledger's rows about a batch from an earlier process; whether the run resends a batch in doubt; the
 * numbers of rows confirmed, unconfirmed, rejected, unsent; and the batches sent.
 */
const takenUp: readonly (readonly [
  string,
  readonly LedgerRow[] | undefined,
  resends: boolean,
  counts: number[],
  sent: [number, number, number][],
])[] = [
  ['it took all', [claim(9, 0), outcome(9, 0)], false, [8, 0, 0, 0], []],
  ['it has begun', [claim(9, 0)], false, [0, 0, 0, 0], []],
  ['it never came', [], false, [0, 0, 0, 0], [[9, 0, 8]]],
  ['the ledger is lost', undefined, false, [0, 8, 0, 0], []],
  ['the ledger is lost, and a copy is wanted', undefined, true, [0, 0, 0, 0], [[9, 0, 8]]],
  [
    'it was refused for good',
    [claim(9, 0), { ...outcome(9, 0), rowCount: -1, errText: noRights }],
    false,
    [0, 0, 0, 8],
    [],
  ],
  [
    'its rows were refused',
    [claim(9, 0), { ...outcome(9, 0), rowCount: -1, errText: typeError }],
    false,
    [0, 0, 0, 0],
    [[4, 0, 4]],
  ],
]

type Scene = ReturnType<typeof scene>

/**
 * @param receipts the ledger's rows about the last attempt of the batch; undefined if the server has lost the ledger
 */
function takeUp(
  { run, outcomes }: Scene,
  part: BatchPart,
  no: number,
  receipts: readonly LedgerRow[] | undefined,
  resends: boolean,
): void {
  const isLost = receipts === undefined ? 'the ledger is lost' : undefined
  outcomes.takeUp(part, no, { attempt: receipts?.at(-1)?.attempt, isLost, resends })
  for (const row of receipts ?? []) {
    const found = readReceipt(run, row)
    if (found !== undefined) outcomes.apply(found.batch, found.outcome)
  }
}

for (const [name, receipts, resends, expected, out] of takenUp) {
  t.test(`a batch of an earlier process is resumed: ${name}`, async t => {
    const here = scene()
    const { counts, sent, run } = here
    const part = wholeBatch(batchOf(8, 24))
    takeUp(here, part, 9, receipts, resends)
    t.equal(part.no, 9)
    t.same(counts(), expected)
    t.same(sent, out)
    t.equal(run.state.sentRows, 24, 'handing over counts the rows sent')
  })
}

t.test('a batch of an earlier process rests after a temporary refusal', async t => {
  const here = scene()
  const { counts, sent, clock } = here
  const refused = { ...outcome(9, 0, 3), rowCount: -1, errText: busy }
  takeUp(here, wholeBatch(batchOf(8, 24)), 9, [claim(9, 0, 3), refused], false)
  t.same(sent, [])
  clock.advance(longestRestMs)
  t.same(sent, [[9, 4, 8]], 'and goes out as the attempt after its last one')
  t.same(counts(), [0, 0, 0, 0])
})

t.test('a copy of a batch that may be stored stays in doubt, whatever its outcome', async t => {
  const here = scene()
  const { outcomes, counts, run } = here
  takeUp(here, wholeBatch(batchOf(8, 24)), 9, undefined, true)
  outcomes.apply(run.state.open.get(9)!, refusal(noRights))
  t.same(counts(), [0, 8, 0, 0])
})

t.test('if the journal cannot record the halves of a batch, no half is sent', async t => {
  const { outcomes, batches, counts, queue, sent } = scene()
  const add = queue.add.bind(queue)
  queue.add = part => {
    if (part.end - part.start < 8) throw new DdbError('DDB_OUTPUT_WRITE', 'full')
    return add(part)
  }
  t.throws(() => outcomes.apply(batches[0]!, refusal(typeError)), { code: 'DDB_OUTPUT_WRITE' })
  t.same(sent, [])
  outcomes.endBisecting()
  t.same(counts(), [0, 0, 0, 8])
})
