/*
  Defects that a change could introduce into the program. The simulator must find each of them. docs/reliability.md
  gives the number of seeds that the simulator needed.
*/

import { firstAroundSeed, firstOldJournalSeed } from './around-scenario.js'
import { firstCutSeed } from './scenario.js'
import { firstSeveralAroundSeed, firstSeveralSeed } from './several.js'
import { firstShardsSeed } from './shards.js'

/** Replaces one text of a file by another. */
interface Change {
  readonly file: string
  readonly from: string
  readonly to: string
}

export interface Defect {
  readonly name: string
  /** The first seed to try. */
  readonly from: number
  readonly changes: readonly Change[]
}

const defect = (name: string, file: string, from: string, to: string): Defect => ({
  name,
  from: 1,
  changes: [{ file: `src/load/${file}`, from, to }],
})

/** A defect that shows only with events around runs. */
const around = (name: string, file: string, from: string, to: string): Defect => ({
  ...defect(name, file, from, to),
  from: firstAroundSeed,
})

/** A defect that shows only if an old journal is restored. */
const ofOldJournal = (name: string, file: string, from: string, to: string): Defect => ({
  ...defect(name, file, from, to),
  from: firstOldJournalSeed,
})

/** A defect in src/platform/ that shows only with events around runs. */
const ofPlatform = (name: string, file: string, from: string, to: string): Defect => ({
  name,
  from: firstAroundSeed,
  changes: [{ file: `src/platform/${file}`, from, to }],
})

/** A defect that shows only if shards load a run. */
const ofShards = (name: string, file: string, from: string, to: string): Defect => ({
  ...defect(name, file, from, to),
  from: firstShardsSeed,
})

export const defects: readonly Defect[] = [
  {
    ...defect(
      'rows stay confirmed when the server that held them is gone',
      'outcomes/recorder.ts',
      'if (!this.holdsMemory) return',
      'if (true) return',
    ),
    from: 550_000_000,
  },
  defect(
    'the run assumes that a restarted server still has its memory',
    'register/register.ts',
    'const hasLedger = ledger !== undefined &&',
    'const hasLedger = ledger !== undefined ||',
  ),
  defect(
    'a claim is written and not checked',
    'transport/script.ts',
    'if(${claimRow} != 1) { ${taken} }',
    '${claimRow}',
  ),
  defect(
    'a refused batch is resent although part of it may be stored',
    'outcomes/refusals.ts',
    'if (storesNothing && resends < traits.retries)',
    'if (resends < traits.retries)',
  ),
  defect(
    'a batch with an unknown outcome is resent as a new attempt',
    'outcomes/batches.ts',
    'else if (!isCarried) this.#transmit(piece)',
    'else if (!isCarried) this.#sendAgain(piece)',
  ),
  {
    name: 'a receipt is read again, and counts for a later attempt to send the batch',
    from: 1,
    changes: [
      { file: 'src/load/transport/receipt-node.ts', from: 'ledger.seen += answer.rows', to: '' },
      {
        file: 'src/load/transport/receipts.ts',
        from: 'if (piece.attempt !== attempt) return',
        to: '',
      },
    ],
  },
  defect(
    'rejected rows count as confirmed',
    'outcomes/recorder.ts',
    'this.#reject(piece, row, errText)',
    'this.#run.state.rows.confirmed += errText.length > 0 ? 1 : 0',
  ),
  {
    ...defect(
      'half of a refused batch is forgotten',
      'outcomes/batches.ts',
      'this.#halves.push(...halvesOf(this.#close(piece)).reverse())',
      'this.#halves.push(halvesOf(this.#close(piece))[0])',
    ),
    from: 10_000,
  },
  defect(
    'rows that the target dropped count as confirmed',
    'outcomes/recorder.ts',
    'const missing = missingRows(target, short, outside?.length)',
    'const missing = 0 * short',
  ),
  defect(
    'a refused batch is divided although part of it may be stored',
    'outcomes/refusals.ts',
    "if (!storesNothing) return { kind: 'uncertain', stops: false }",
    '',
  ),
  defect(
    'a batch that a different copy has taken counts as stored',
    'transport/link.ts',
    'if (row === false || row.rowCount === takenByOther) this.isInDoubt = true',
    'if (row === false) this.isInDoubt = true\n    else if (row.rowCount === takenByOther) this.receipts.take([{ ...row, rowCount: null }])',
  ),
  defect('reconnecting never gives up', 'connection/connect.ts', 'isLate ||', ''),
  defect(
    'batches in flight are not limited',
    'outcomes/turns.ts',
    'state.openBytes < readSizes(run).roomBytes',
    'state.openBytes >= 0 && readSizes(run).roomBytes > 0',
  ),
  defect(
    'rejects are not written before the run ends',
    'pipeline.ts',
    '[run.rejects, { close: run.commit }]',
    '[{ close: run.commit }]',
  ),
  {
    name: 'the end of a file that was cut counts as a record',
    from: firstCutSeed,
    changes: [
      {
        file: 'src/parse/line-tokenizer.ts',
        from: 'if (cutOff !== undefined) {',
        to: 'if (false) {',
      },
    ],
  },
  {
    name: 'a connection attempt without an answer is not given up',
    from: 1,
    changes: [
      {
        file: 'src/client/open-session.ts',
        from: 'const timer = clock.after(timeoutMs, ',
        to: 'const timer = clock.after(1e9 * timeoutMs, ',
      },
    ],
  },
  defect(
    'a run that ends early forgets batches that no session had sent',
    'pipeline.ts',
    'if (run.ending.isLeaving || run.leavesRest === true) leaveRest(run.state)',
    '',
  ),
  {
    name: 'the final check compares neither the number of rows nor their values',
    from: firstAroundSeed,
    changes: [
      {
        file: 'src/load/evidence/evidence.ts',
        from: 'if (before !== null && now.rows! < least) {',
        to: 'if (before !== null && now.rows! < 0) {',
      },
      {
        file: 'src/load/evidence/evidence.ts',
        from: 'if (isTelling && found?.includes(false)',
        to: 'if (isTelling && found === undefined',
      },
      {
        file: 'src/load/evidence/evidence.ts',
        from: 'return now.rows === 0 &&',
        to: 'return now.rows === -1 &&',
      },
    ],
  },
  around(
    'the final check of the target is left out',
    'outcomes/recorder.ts',
    'if (!this.#claimsRows) return\n    const',
    'if (session !== undefined) return\n    const',
  ),
  around(
    'rows stay confirmed although the final check of the table failed',
    'transport/link.ts',
    'else if (!isLooked) recorder.replaced',
    'else if (isLooked && !isLooked) recorder.replaced',
  ),
  around(
    'rows that are looked up by value always count as found',
    'evidence/sample-rows.ts',
    'counts.includes(false) ? undefined : found',
    'counts.includes(false) ? undefined : found.map(() => true)',
  ),
  ofOldJournal(
    'the run does not look for its end in the register',
    'register/sole-process.ts',
    '(mayBeOld && known.finished !== undefined)',
    '(mayBeOld && !mayBeOld)',
  ),
  ofOldJournal(
    'a journal restored from an earlier time is trusted',
    'register/sole-process.ts',
    'if (isOld || known.isReplaced || (mayBeOld',
    'if (isOld && !isOld && (mayBeOld',
  ),
  around(
    'a run with a damaged journal starts over',
    'journal/open-journal.ts',
    'if (size?.damage !== undefined && !restart)',
    'if (size?.damage !== undefined && restart && !restart)',
  ),
  around(
    '--restart does not start over',
    'journal/open-journal.ts',
    'let found = restart || past.run === undefined ? new RecordedRun() : past',
    'let found = past.run === undefined ? new RecordedRun() : past',
  ),
  {
    name: 'the run does not notice a recreated DFS table',
    from: firstAroundSeed,
    changes: [
      {
        file: 'src/load/evidence/evidence.ts',
        from: 'if (isOther) return',
        to: 'if (isOther && was.chunkId === undefined) return',
      },
      {
        file: 'src/load/evidence/first-look.ts',
        from: '(now.chunkId !== null && found.target!.chunkId === now.chunkId)',
        to: 'now.chunkId !== null',
      },
      {
        file: 'src/load/evidence/identity.ts',
        from: 'const searched = rows.length > 0 &&',
        to: 'const searched = rows.length > 10 &&',
      },
    ],
  },
  around(
    'rows in DFS tables are not looked up',
    'evidence/identity.ts',
    'const searched = rows.length > 0 &&',
    "const searched = table.kind === 'shared' && rows.length > 0 &&",
  ),
  around(
    "a finished run's journal is ignored if the wall clock says that it is old",
    'journal/open-journal.ts',
    'let found = restart || past.run === undefined ? new RecordedRun() : past',
    'let found = restart || past.run === undefined || (past.end?.isDone === true && platform.clock.wallMs() - Date.parse(past.end.at) > 30 * 86_400_000) ? new RecordedRun() : past',
  ),
  ofPlatform(
    'a lock that nobody renews is never taken over',
    'file-lock.ts',
    'if (last.stamp === found.stamp) this.#stale.add(found.stamp)',
    'if (last.stamp === found.stamp) return answerOf(found)',
  ),
  ofPlatform(
    'a live lease is taken over',
    'file-lock.ts',
    'export const staleMs = 5 * renewEveryMs',
    'export const staleMs = renewEveryMs / 10',
  ),
  {
    name: 'a suspended process sends without checking lease and register again',
    from: firstAroundSeed,
    changes: [
      {
        file: 'src/load/run-ending.ts',
        from: 'const lost = whyLost()',
        to: 'const lost = options.leave === losing.signal ? whyLost() : undefined',
      },
      {
        file: 'src/load/pipeline.ts',
        from: 'if (run.ending.hasSlept()) await delivery.checkOwner?.()',
        to: '',
      },
    ],
  },
  ofPlatform(
    'the time in which the loader was suspended counts as silence of the server',
    'clocks.ts',
    'sleptMs += gapMs - beatEveryMs',
    'sleptMs += 0',
  ),
  {
    name: 'two connections share a sequence of claims',
    from: firstSeveralSeed,
    changes: [
      {
        file: 'src/load/transport/receipt-node.ts',
        from: 'const copy = { place, cut:',
        to: 'const copy = { place: { ...place, no: piece.connection === 0 ? place.no : Math.max(1, place.no - 1) }, cut:',
      },
      {
        file: 'src/load/transport/receipts.ts',
        from: 'this.#isOwn(row) && !piece.sendNos.includes(sendNo)',
        to: 'sendNo < 0',
      },
      { file: 'src/load/transport/receipts.ts', from: 'cut !== piece.whole.cut', to: 'false' },
    ],
  },
  {
    name: 'the rest of a divided batch is given up while another connection has batches in flight',
    from: 6_000_001_150,
    changes: [
      {
        file: 'src/load/transport/watcher.ts',
        from: 'await this.#watching\n    this.batches.endHalves()',
        to: 'this.batches.endHalves()\n    await this.#watching',
      },
    ],
  },
  {
    ...around(
      'batches are sent before the journal has them',
      'outcomes/batches.ts',
      'this.#run.commit()\n      for (const piece of pieces) {',
      'for (const piece of pieces) {',
    ),
    from: 5_000_100_650,
  },
  defect(
    'a batch with a claim and without an outcome is sent again as a new attempt',
    'outcomes/batches.ts',
    "if (onDoubt !== 'resend' || piece",
    'if (piece',
  ),
  {
    ...around(
      'a stream counts as settled up to a batch that has an outcome, whatever it is',
      'journal/recorded-run.ts',
      'if (batch.settledRows < batch.rows) return',
      'if (batch.settledRows < batch.rows && batch.pieces.size === 0) return',
    ),
    from: firstSeveralAroundSeed,
  },
  {
    name: 'one file with two names is loaded twice',
    from: firstAroundSeed,
    changes: [
      {
        file: 'src/source/same-files.ts',
        from: 'const input = known.get(key)',
        to: 'const input = status === undefined ? known.get(key) : undefined',
      },
    ],
  },
  ofShards(
    'a shard does not look for rows of a run that the server has forgotten',
    'evidence/first-look.ts',
    'await refuseTwice(run, looking)',
    '',
  ),
  ofShards(
    'a shard leaves out what others have written into the ledger',
    'transport/receipts.ts',
    'for (const row of rows) this.#keep(row)',
    '',
  ),
  ofShards(
    'a stream ends although rows of it are in doubt',
    'shards/shard-inputs.ts',
    'if (hasEnded(run) || rows.unconfirmed + rows.unsent > 0) return',
    'if (hasEnded(run)) return',
  ),
  {
    name: 'a stream ends before its rejects are in their files',
    from: firstShardsSeed,
    changes: [
      { file: 'src/load/shards/shard-inputs.ts', from: 'rejects.endStream(true)\n', to: '\n' },
      {
        file: 'src/load/shards/shard-inputs.ts',
        from: 'throw error instanceof ServerError ? recordGone(runId) : error\n    }\n',
        to: 'throw error instanceof ServerError ? recordGone(runId) : error\n    }\n    rejects.endStream(true)\n',
      },
    ],
  },
  ofShards(
    'each shard counts its streams from 1',
    'shards/shard-inputs.ts',
    'this.reading, number + 1)',
    'this.reading, this.#opened.length + 1)',
  ),
  ofShards(
    'each shard has its own number of connections',
    'shards/shard-inputs.ts',
    'run.checked = { ...checked, connections: shared.connections }',
    '',
  ),
  ofShards(
    'a repeated shard does not know the target',
    'shards/shard-inputs.ts',
    ', target: shared.target,',
    ',',
  ),
  {
    name: 'the register names a run before its plan is there',
    from: firstShardsSeed,
    changes: [
      {
        file: 'src/load/shards/shared-run.ts',
        from: '  await session.run(entryScript(name, claim), { timeoutMs })\n',
        to: '',
      },
      {
        file: 'src/load/shards/shared-run.ts',
        from: '  await addShared(',
        to: '  await session.run(entryScript(name, claim), { timeoutMs })\n  await addShared(',
      },
    ],
  },
]
