import t, { type Test } from 'tap'
import {
  newEvidence,
  type EarlierEvidence,
  type Evidence,
} from '../../../src/load/evidence/evidence.js'
import { claimsRows, checkAtEnd, noteFinished } from '../../../src/load/evidence/final-check.js'
import { askIdentity } from '../../../src/load/journal/target-identity.js'
import { askFinished } from '../../../src/load/marker/finished-runs.js'
import { describeTarget } from '../../../src/load/target/describe-target.js'
import type { Session } from '../../../src/client/open-session.js'
import { ended, testRun } from '../../helpers/load-run.js'
import { startLoadServer } from '../../helpers/load-server.js'

const none: EarlierEvidence = { samples: [], leastRows: undefined }
const timeoutMs = 60_000

interface Scene {
  readonly evidence: Evidence
  readonly session: Session
  readonly run: ReturnType<typeof testRun>
}

/** A table that already has two rows of other clients. */
async function scene(t: Test, make: string, earlier = none): Promise<Scene> {
  const { session } = await startLoadServer(t, make)
  await session.run('tableInsert(objByName("target"), [100, 101])')
  const run = testRun()
  const description = await describeTarget(session, run.plan, run.options)
  const identity = await askIdentity(session, run.plan, description)
  return { evidence: newEvidence(run, description, identity, earlier), session, run }
}

const plain = 'share table(1:0, [`a], [INT]) as target'
const stream = 'share streamTable(1:0, [`a], [INT]) as target'
const keyed = 'share keyedTable(`a, 1:0, [`a], [INT]) as target'

t.test('each stored row raises the expected row count of the table', async t => {
  for (const make of [plain, stream]) {
    const { evidence } = await scene(t, make)
    t.equal(evidence.leastRows, 2)
    t.equal(evidence.taken(3, 2, 5), undefined)
    t.equal(evidence.leastRows, 5)
    t.equal(evidence.taken(3, 5, 9), undefined, 'other clients may write, too')
    t.match(evidence.taken(3, 8, 10), /the table had 11 rows, and has 10: it was recreated/)
    t.equal(evidence.leastRows, 10, 'later counts are compared with the new table')
    t.equal(evidence.taken(1, 10, 11), undefined)
  }
})

t.test('receipts that are read late or out of order do not lower the expected count', async t => {
  const { evidence } = await scene(t, plain)
  t.equal(evidence.taken(3, 2, 8), undefined, 'the receipt of the second batch comes first')
  t.equal(evidence.taken(3, 2, 5), undefined)
  t.equal(evidence.leastRows, 8)
})

t.test('a stream table that had more rows is a different one, whoever wrote them', async t => {
  const { evidence, session } = await scene(t, stream)
  t.equal(evidence.taken(3, 2, 500), undefined)
  t.equal(evidence.leastRows, 500)
  t.match(await evidence.look(session), { change: /it had 500 rows, and has 2/, rows: 2 })
})

t.test('in a keyed table rows replace each other, so the row count proves nothing', async t => {
  const { evidence, session } = await scene(t, keyed)
  t.equal(evidence.leastRows, undefined)
  t.equal(evidence.taken(3, undefined, 1), undefined)
  t.match(await evidence.look(session), { change: undefined })
})

t.test('a table that is gone or can no longer be counted counts as changed', async t => {
  const { evidence, session } = await scene(t, plain)
  await session.run('undef("target", SHARED)')
  t.match(await evidence.look(session), { change: /\w/ })
})

t.test('row counts of a different node are not compared', async t => {
  const { evidence, session } = await scene(t, plain)
  evidence.taken(3, 2, 5)
  evidence.forget()
  t.equal(evidence.leastRows, undefined)
  t.match(await evidence.look(session), { change: undefined, rows: 2 })
})

t.test('rows confirmed by earlier processes count, too', async t => {
  const { evidence, session } = await scene(t, stream, { samples: [], leastRows: 7 })
  t.equal(evidence.leastRows, 7)
  t.match(await evidence.look(session), { change: /it had 7 rows, and has 2/ })
})

t.test(
  'a run without confirmed rows skips the final check; with confirmed rows, a failed check takes them back',
  async t => {
    const { evidence, session, run } = await scene(t, stream, { samples: [], leastRows: 7 })
    const taken: string[] = []
    const takeBack = (change: string): void => void taken.push(change)
    t.equal(claimsRows(run), false)
    t.equal(await checkAtEnd(run, session, evidence, takeBack), undefined)
    run.emit({ kind: 'records', upTo: 1 })
    run.emit({ kind: 'handedOver', rows: 1 })
    run.emit(ended({ confirmed: 1 }))
    t.equal(await checkAtEnd(run, session, undefined, takeBack), undefined)
    t.same(taken, [])
    await checkAtEnd(run, session, evidence, takeBack)
    t.match(taken, [/it had 7 rows/])
    await noteFinished(run, session, evidence, undefined, timeoutMs)
    t.equal(
      await askFinished(session, run.history.name, timeoutMs),
      false,
      'without a journal the server keeps no mark',
    )
  },
)
