/* Defects that a change could introduce into the program. The simulator must find each of them. docs/reliability.md gives the number of
   seeds that the simulator needed. */
import { firstAroundSeed, firstOldJournalSeed } from './around-scenario.js'
import { firstCutSeed } from './scenario.js'
import { firstSeveralAroundSeed, firstSeveralSeed } from './several.js'
import { firstShardsSeed } from './shards.js'

export interface Defect {
  readonly name: string
  /** The first seed to try. */
  readonly from: number
  readonly changes: readonly { readonly file: string; readonly from: string; readonly to: string }[]
}

/**
 * @param from  the first seed to try
 * @param changes  files below src/, each with a text and its replacement
 */
const defect = (
  from: number,
  name: string,
  ...changes: readonly (readonly [file: string, from: string, to: string])[]
): Defect => ({
  name,
  from,
  changes: changes.map(([file, from, to]) => ({ file: `src/${file}`, from, to })),
})

export const defects: readonly Defect[] = [
  defect(550_000_000, 'rows stay confirmed when the server that held them is gone', [
    'load/outcomes/recorder.ts',
    'if (!this.target.inMemory || !(isCertain || this.#claimsRows)) return',
    'if (true) return',
  ]),
  defect(16_950_000_205, 'the table of a lost server stays the evidence', [
    'load/transport/link.ts',
    'await this.recorder.evidence.beginAgain()',
    'await Promise.resolve()',
  ]),
  defect(1, 'the run assumes that a restarted server still has its memory', [
    'load/register/register.ts',
    'const hasLedger = ledger !== undefined &&',
    'const hasLedger = ledger !== undefined ||',
  ]),
  defect(1, 'a claim is written and not checked', [
    'load/transport/script.ts',
    'if(${claimRow} != 1) { ${taken} }',
    '${claimRow}',
  ]),
  defect(101_000_000, 'a batch of an ordered table is stored before the one before it', [
    'load/transport/script.ts',
    'if(w != 0 && (${before}) == 0)',
    'if(w != w && (${before}) == 0)',
  ]),
  defect(1, 'a refused batch is resent although part of it may be stored', [
    'load/outcomes/refusals.ts',
    'if (storesNothing && resends < traits.retries)',
    'if (resends < traits.retries)',
  ]),
  defect(1, 'a batch with an unknown outcome is resent as a new attempt', [
    'load/outcomes/batches.ts',
    'else if (!isCarried) this.#transmit(piece)',
    'else if (!isCarried) this.#sendAgain(piece)',
  ]),
  defect(
    1,
    'a receipt is read again, and counts for a later attempt to send the batch',
    ['load/transport/receipt-node.ts', 'ledger.seen += answer.rows', ''],
    ['load/transport/receipts.ts', 'if (piece.attempt !== attempt) return', ''],
  ),
  defect(1, 'rejected rows count as confirmed', [
    'load/outcomes/recorder.ts',
    'this.#reject(piece, row, errText)',
    'this.#run.state.rows.confirmed += errText.length > 0 ? 1 : 0',
  ]),
  defect(10_000, 'half of a refused batch is forgotten', [
    'load/outcomes/batches.ts',
    'this.#halves.push(...halvesOf(this.#close(piece)).reverse())',
    'this.#halves.push(halvesOf(this.#close(piece))[0])',
  ]),
  defect(1, 'rows that the target dropped count as confirmed', [
    'load/outcomes/recorder.ts',
    'const missing = hasCause ? outside.length : Math.max(0, short)',
    'const missing = 0 * short',
  ]),
  defect(1, 'a refused batch is divided although part of it may be stored', [
    'load/outcomes/refusals.ts',
    "if (!storesNothing) return { kind: 'leave', isUnwritten: false }",
    '',
  ]),
  defect(1, 'a batch that a different copy has taken counts as stored', [
    'load/transport/link.ts',
    'else if (answer.rowCount === takenByOther) this.isInDoubt = true',
    'else if (answer.rowCount === takenByOther) this.receipts.take([{ ...copy, phase: outcomePhase, ...answer, rowCount: null }])',
  ]),
  defect(1, 'reconnecting never gives up', ['load/connection/connect.ts', 'isLate ||', '']),
  defect(1, 'batches in flight are not limited', [
    'load/outcomes/turns.ts',
    'state.openBytes < readSizes(run).roomBytes',
    'state.openBytes >= 0 && readSizes(run).roomBytes > 0',
  ]),
  defect(1, 'rejects are not written before the run ends', [
    'load/pipeline.ts',
    '[run.rejects, { close: run.commit }]',
    '[{ close: run.commit }]',
  ]),
  defect(firstCutSeed, 'the end of a file that was cut counts as a record', [
    'parse/line-tokenizer.ts',
    'if (cutOff !== undefined) {',
    'if (false) {',
  ]),
  defect(1, 'a connection attempt without an answer is not given up', [
    'client/open-session.ts',
    'limitWait(clock, { timeoutMs, signal }, late',
    'limitWait(clock, { timeoutMs: 1e9 * timeoutMs, signal }, late',
  ]),
  defect(1, 'a run that ends early forgets batches that no session had sent', [
    'load/result.ts',
    'state.rows.unsent += Math.max(0, state.rows.read - accountedFor(state.rows))',
    'void 0',
  ]),
  defect(
    firstAroundSeed,
    'the final check compares neither the number of rows nor their values',
    [
      'load/evidence/evidence.ts',
      'if (before !== null && now.rows! < least) {',
      'if (before !== null && now.rows! < 0) {',
    ],
    [
      'load/evidence/evidence.ts',
      'if (isTelling && found?.includes(false)',
      'if (isTelling && found === undefined',
    ],
    ['load/evidence/evidence.ts', 'return now.rows === 0 &&', 'return now.rows === -1 &&'],
  ),
  defect(firstAroundSeed, 'the final check of the target is left out', [
    'load/outcomes/recorder.ts',
    'if (!this.#claimsRows) return\n    const',
    'if (session !== undefined) return\n    const',
  ]),
  defect(firstAroundSeed, 'rows stay confirmed although the final check of the table failed', [
    'load/transport/link.ts',
    'else if (!isLooked) recorder.replaced',
    'else if (isLooked && !isLooked) recorder.replaced',
  ]),
  defect(firstAroundSeed, 'rows that are looked up by value always count as found', [
    'load/evidence/sample-rows.ts',
    'counts.includes(false) ? undefined : found',
    'counts.includes(false) ? undefined : found.map(() => true)',
  ]),
  defect(firstOldJournalSeed, 'the run does not look for its end in the register', [
    'load/register/sole-process.ts',
    '|| lacksRows)',
    '|| (lacksRows && !lacksRows))',
  ]),
  defect(firstOldJournalSeed, 'a journal restored from an earlier time is trusted', [
    'load/register/sole-process.ts',
    'if (isOld || known.isReplaced || lacksRows)',
    'if (isOld && !isOld && lacksRows)',
  ]),
  defect(firstAroundSeed, 'a run with a damaged journal starts over', [
    'load/journal/journals.ts',
    'if (damage !== undefined && !restart)',
    'if (damage !== undefined && restart && !restart)',
  ]),
  defect(firstAroundSeed, '--restart does not start over', [
    'load/journal/journals.ts',
    'const isAnew = restart || past.run',
    'const isAnew = past.run',
  ]),
  defect(
    firstAroundSeed,
    'the run does not notice a recreated DFS table',
    [
      'load/evidence/evidence.ts',
      'if (isOther) return',
      'if (isOther && was.chunkId === undefined) return',
    ],
    [
      'load/evidence/first-look.ts',
      '(now.chunkId !== null && found.target!.chunkId === now.chunkId)',
      'now.chunkId !== null',
    ],
    [
      'load/evidence/sample-rows.ts',
      'const searched = rows.length > 0 &&',
      'const searched = rows.length > 10 &&',
    ],
  ),
  defect(firstAroundSeed, 'rows in DFS tables are not looked up', [
    'load/evidence/sample-rows.ts',
    'const searched = rows.length > 0 &&',
    "const searched = table.kind === 'shared' && rows.length > 0 &&",
  ]),
  defect(
    firstAroundSeed,
    "a finished run's journal is ignored if the wall clock says that it is old",
    [
      'load/journal/journals.ts',
      'const isAnew = restart || past.run',
      'const isAnew = restart || (past.end?.isDone === true && platform.clock.wallMs() - Date.parse(past.end.at) > 30 * 86_400_000) || past.run',
    ],
  ),
  defect(firstAroundSeed, 'a lock that nobody renews is never taken over', [
    'platform/file-lock.ts',
    'if (last.stamp === found.stamp) this.#stale.add(found.stamp)',
    'if (last.stamp === found.stamp) return answerOf(found)',
  ]),
  defect(firstAroundSeed, 'a live lease is taken over', [
    'platform/file-lock.ts',
    'export const staleMs = 5 * renewEveryMs',
    'export const staleMs = renewEveryMs / 10',
  ]),
  defect(
    firstAroundSeed,
    'a suspended process sends without checking lease and register again',
    [
      'load/run-ending.ts',
      'const lost = whyLost()',
      'const lost = leave === losing.signal ? whyLost() : undefined',
    ],
    ['load/pipeline.ts', 'if (run.ending.hasSlept()) await delivery.checkOwner?.()', ''],
  ),
  defect(
    firstAroundSeed,
    'the time in which the loader was suspended counts as silence of the server',
    ['platform/clocks.ts', 'sleptMs += gapMs - beatEveryMs', 'sleptMs += 0'],
  ),
  defect(
    firstSeveralSeed,
    'two connections share a sequence of claims',
    [
      'load/transport/receipt-node.ts',
      'const copy = { ...place, cut:',
      'const copy = { ...place, no: piece.connection === 0 ? place.no : Math.max(1, place.no - 1), cut:',
    ],
    [
      'load/transport/receipts.ts',
      'this.#isOwn(row) && !piece.sendNos.includes(sendNo)',
      'sendNo < 0',
    ],
    ['load/transport/receipts.ts', 'cut !== piece.whole.cut', 'false'],
  ),
  defect(
    6_000_002_600,
    'the rest of a divided batch is given up while another connection has batches in flight',
    [
      'load/transport/watcher.ts',
      'await this.#watching\n    this.batches.endHalves()',
      'this.batches.endHalves()\n    await this.#watching',
    ],
  ),
  defect(5_000_100_650, 'batches are sent before the journal has them', [
    'load/outcomes/batches.ts',
    'this.#run.commit()\n      for (const piece of pieces) {',
    'for (const piece of pieces) {',
  ]),
  defect(1, 'a batch with a claim and without an outcome is sent again as a new attempt', [
    'load/outcomes/batches.ts',
    'if (!mayAgain || !this.#recorder.mayCopy(piece)) return',
    'if (!mayAgain) return',
  ]),
  defect(
    firstSeveralAroundSeed,
    'a stream counts as settled up to a batch that has an outcome, whatever it is',
    [
      'load/journal/recorded-run.ts',
      'if (batch.settledRows < batch.rows) return',
      'if (batch.settledRows < batch.rows && batch.pieces.size === 0) return',
    ],
  ),
  defect(firstAroundSeed, 'one file with two names is loaded twice', [
    'source/data-files.ts',
    'const input = known.get(key)',
    'const input = status === undefined ? known.get(key) : undefined',
  ]),
  defect(firstShardsSeed, 'a shard does not look for rows of a run that the server has forgotten', [
    'load/evidence/first-look.ts',
    'await refuseTwice(run)',
    '',
  ]),
  defect(firstShardsSeed, 'a shard leaves out what others have written into the ledger', [
    'load/transport/receipts.ts',
    'for (const row of rows) this.#keep(row)',
    '',
  ]),
  defect(firstShardsSeed, 'a stream ends although rows of it are in doubt', [
    'load/shards/shard-inputs.ts',
    'if (hasEnded(run) || rows.unconfirmed + rows.unsent > 0) return',
    'if (hasEnded(run)) return',
  ]),
  defect(
    firstShardsSeed,
    'a stream ends before its rejects are in their files',
    ['load/shards/shard-inputs.ts', 'rejects.endStream()\n', '\n'],
    [
      'load/shards/shard-inputs.ts',
      'throw error instanceof ServerError ? recordGone(runId) : error\n    }\n',
      'throw error instanceof ServerError ? recordGone(runId) : error\n    }\n    rejects.endStream()\n',
    ],
  ),
  defect(firstShardsSeed, 'each shard counts its streams from 1', [
    'load/shards/shard-inputs.ts',
    'this.reading, number + 1)',
    'this.reading, this.#opened.length + 1)',
  ]),
  defect(firstShardsSeed, 'each shard has its own number of connections', [
    'load/shards/shard-inputs.ts',
    'run.checked = { ...checked, connections: shared.connections }',
    '',
  ]),
  defect(firstShardsSeed, 'a repeated shard does not know the target', [
    'load/shards/shard-inputs.ts',
    ', target: shared.target,',
    ',',
  ]),
  defect(
    firstShardsSeed,
    'the register names a run before its plan is there',
    [
      'load/shards/shared-run.ts',
      '  await session.run(entryScript(name, claim), { timeoutMs })\n',
      '',
    ],
    [
      'load/shards/shared-run.ts',
      '  await addShared(asking, ledger, 0',
      '  await session.run(entryScript(name, claim), { timeoutMs })\n  await addShared(asking, ledger, 0',
    ],
  ),
]
