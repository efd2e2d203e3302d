/*
  Rows that are in the table but not in the journal: the questions of a run, and the answers that prove nothing.
  test/end-to-end/time-and-copies.test.ts has whole runs.
*/
import t, { type Test } from 'tap'
import type { Evidence } from '../../../src/load/evidence/evidence.js'
import { newSampleRows } from '../../../src/load/evidence/sample-rows.js'
import { storedRowsCheck, type StoredRowsCheck } from '../../../src/load/evidence/unsent-rows.js'
import type { JournaledRun } from '../../../src/load/outcomes/journaled-run.js'
import type { Journal } from '../../../src/load/journal/journal.js'
import { readRun } from '../../helpers/journals.js'
import type { JournalRecord } from '../../../src/load/journal/journal-record.js'
import type { TargetIdentity } from '../../../src/load/journal/target-identity.js'
import type { DeliveryOptions } from '../../../src/load/options.js'
import type { LaneScheme } from '../../../src/load/target/lane-scheme.js'
import { elementAt, vectorOf } from '../../../src/protocol/element.js'
import type { Batch } from '../../../src/parse/batch.js'
import { batchOf } from '../../helpers/batches.js'
import { testRun } from '../../helpers/load-run.js'
import { startLoadServer } from '../../helpers/load-server.js'
import { RunModel } from '../outcomes/run-model.js'

const before: TargetIdentity = {
  name: 'trades',
  columns: 'id:INT',
  inMemory: true,
  physicalIndex: null,
  rows: 2,
  dropsDuplicates: false,
  chunkId: null,
  total: 'kept',
  adds: true,
}

interface Change {
  readonly identity?: Partial<TargetIdentity>
  readonly now?: Partial<TargetIdentity>
  readonly onServer?: Journal['onServer']
  readonly delivery?: DeliveryOptions
  readonly more?: readonly JournalRecord[]
  /** The option `connections` of the earlier process. If given, the id of a row decides its lane (connection). */
  readonly earlier?: NonNullable<DeliveryOptions['connections']>
}

const byId: LaneScheme = {
  digest: 'id',
  isOrdered: false,
  mostLanes: Infinity,
  lanesOf: ({ columns: [ids], rowCount }, lanes) =>
    Uint8Array.from({ length: rowCount }, (_, row) => {
      const id = elementAt(ids!, row)
      return id.form === 'scalar' ? Number(id.value) % lanes : 0
    }),
}

/** A run with three confirmed rows, into a table that now holds these ids. */
async function checkOf(t: Test, ids: string, change: Change = {}): Promise<StoredRowsCheck> {
  const { session, count } = await startLoadServer(t, `share table(${ids} as id) as trades`)
  const model = new RunModel()
  const records: readonly JournalRecord[] = [
    ...model.first,
    { kind: 'target', identity: { ...before, ...change.identity }, used: 'receipts' },
    ...model.step({ kind: 'batch', input: 0, rows: 3 }),
    ...model.step({ kind: 'ended', which: 0, how: 'confirmed' }),
    ...(change.more ?? []),
  ]
  const { earlier } = change
  const begun = { options: { delivery: { connections: earlier } } } as JournaledRun['run']
  const told = readRun(...records)
  const found: JournaledRun = earlier === undefined ? told : { ...told, run: begun }
  const run = testRun({ target: { table: 'trades' }, delivery: change.delivery ?? {} })
  if (earlier !== undefined) run.lanes = byId
  const journal = { onServer: change.onServer } as Journal
  const evidence = { samples: newSampleRows(['id'], [], []) } as unknown as Evidence
  const now = { ...before, ...change.now, rows: await count('trades') }
  const check = storedRowsCheck({ ...run, history: { ...run.history, found, journal } }, session, {
    evidence,
    now,
  })
  return check ?? (() => Promise.resolve())
}

const batch = (...ids: number[]): Batch => ({
  ...batchOf(ids.length),
  columns: [vectorOf({ type: 'INT' }, ids)],
})
const refusal = { code: 'DDB_UNPROVEN', message: /lists the rows from in\.csv:2 on as unsent/ }

t.test('if the table holds rows that the journal does not know, the run ends', async t => {
  await t.rejects((await checkOf(t, '1..8'))(batch(6, 7, 8)), refusal)
  await t.rejects((await checkOf(t, '1..8'))(batch(6, 7, 8, 9, 10, 11)), refusal, 'a longer batch')
  await t.rejects(
    (await checkOf(t, '1..8'))(batch(6, 99, 8)),
    refusal,
    'the server rejected one row then',
  )
  const persisted = await checkOf(t, '1..8', { now: { total: 'totalSize' } })
  await t.rejects(persisted(batch(6, 7, 8)), refusal, 'the latest rows of a persisted table')
  const check = await checkOf(t, '1..8')
  await check(batch(99))
  await t.rejects(check(batch(7, 8)), refusal, 'no row of a refused batch is there')
})

t.test('rows that are missing or known do not end the run', async t => {
  await (
    await checkOf(t, '1..8')
  )(batch(9, 10, 11))
  await (
    await checkOf(t, '1..5')
  )(batch(3, 4, 5))
  await (
    await checkOf(t, '1..3')
  )(batch(1, 2, 3))
  await (
    await checkOf(t, '1..8', { identity: { adds: false } })
  )(batch(6, 7, 8))
  await (
    await checkOf(t, '1..8', { now: { total: 'totalRows' } })
  )(batch(6, 7, 8))
  await (
    await checkOf(t, '1..8', { identity: { rows: null } })
  )(batch(6, 7, 8))
  await (
    await checkOf(t, '1..8', { delivery: { onDoubt: 'resend' } })
  )(batch(6, 7, 8))
})

t.test('if the server still has its memory of the run, no row is looked up', async t => {
  const knows = { owner: 1, ledgerNumber: 1, lastNo: undefined }
  await (
    await checkOf(t, '1..8', { onServer: knows })
  )(batch(6, 7, 8))
  await (
    await checkOf(t, '1..8', { onServer: { ...knows, ledgerNumber: 0, lastNo: 1 } })
  )(batch(6))
  for (const [onServer, more] of [
    [{ ...knows, ledgerNumber: 0 }, []],
    // The earlier process sent nothing, so only the server's record of the run counts.
    [knows, [{ kind: 'process', number: 2, startedAt: '' }]],
  ] as const) {
    await t.rejects((await checkOf(t, '1..8', { onServer, more }))(batch(6, 7, 8)), refusal)
  }
})

t.test(
  'if the number of connections was found, rows of one earlier lane are looked up together',
  async t => {
    const ids = Array.from({ length: 64 }, (_, row) => 100 + row)
    const ofLane4 = '1..5 join 100 join 116 join 132 join 148'
    for (const connections of [1, 8, 16, 20]) {
      const change = { earlier: 'auto', delivery: { connections } } as const
      await t.rejects((await checkOf(t, ofLane4, change))(batch(...ids)), refusal, `${connections}`)
      await (
        await checkOf(t, '1..5 join 200..203', change)
      )(batch(...ids))
    }
  },
)

t.test('at most sixteen rows are looked up', async t => {
  const check = await checkOf(t, '1..100')
  await check(batch(...Array.from({ length: 50 }, (_, row) => 200 + row)))
  await check(batch(...Array.from({ length: 50 }, (_, row) => 300 + row)))
  await check(batch(90, 91, 92))
})
