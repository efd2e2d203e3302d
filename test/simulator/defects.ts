/*
  Defects that somebody might bring into the program. The simulator has to find each of them; docs/reliability.md says
  how many seeds it needed.
*/

/** A text of one file that another takes the place of. */
interface Change {
  readonly file: string
  readonly from: string
  readonly to: string
}

export interface Defect {
  /** What is wrong, in a few words. */
  readonly name: string
  readonly changes: readonly Change[]
}

const defect = (name: string, file: string, from: string, to: string): Defect => ({
  name,
  changes: [{ file: `src/load/${file}`, from, to }],
})

export const defects: readonly Defect[] = [
  {
    name: 'two runs under one name share a ledger',
    changes: [
      {
        file: 'src/load/receipts/ledger.ts',
        from: 'const name = ledgerName(run.token, number)',
        to: "const name = `ddbIngestLedger_${run.runId.replace(/\\W/g, '_')}_${number}`",
      },
      {
        file: 'src/load/marker/marker.ts',
        from: 'if (found === token) return',
        to: 'if (found !== undefined) return',
      },
    ],
  },
  defect(
    'rows stay confirmed when the server that held them is gone',
    'delivery/recorder.ts',
    'if (!recorder.holdsMemory) return',
    'if (true) return',
  ),
  defect(
    'a server that restarted is taken for one that remembers',
    'marker/marker.ts',
    "? 'gone' : 'taken'",
    "? 'ours' : 'taken'",
  ),
  defect(
    'a claim is written and not checked',
    'receipts/script.ts',
    'if(${claimRow} != 1) { return -2l }',
    '${claimRow}',
  ),
  defect(
    'a refused batch is sent again where part of it may be stored',
    'delivery/outcome.ts',
    'if (traits.allOrNothing && batch.resends < traits.retries)',
    'if (batch.resends < traits.retries)',
  ),
  defect(
    'a batch of which nobody knows goes out under a new attempt',
    'receipts/outcome-handler.ts',
    'this.#queue.repeat(batch)',
    'this.#queue.sendAgain(batch)',
  ),
  {
    name: 'a receipt is read twice, and counts for any attempt',
    changes: [
      {
        file: 'src/load/receipts/ledger.ts',
        from: 'ledger.seen += answer.rows',
        to: '',
      },
      {
        file: 'src/load/receipts/batch-registry.ts',
        from: 'batch === undefined || batch.attempt !== row.attempt',
        to: 'batch === undefined',
      },
    ],
  },
  defect(
    'rejected rows count as confirmed',
    'delivery/recorder.ts',
    'for (let row = part.start; row < part.end; row++) run.rejectSent(part.batch, row, errText)',
    'counts.confirmed(rowsOf(part) + 0 * errText.length)',
  ),
  defect(
    'half of a refused batch is forgotten',
    'delivery/bisect-queue.ts',
    'waiting.push(right, left)',
    'waiting.push(left)',
  ),
  defect(
    'rows that the target dropped count as confirmed',
    'delivery/recorder.ts',
    'target.keyed ? 0 : Math.max',
    'true ? 0 : Math.max',
  ),
  defect(
    'a refused batch is divided where part of it may be stored',
    'delivery/outcome.ts',
    "if (!traits.allOrNothing) return { kind: 'uncertain', stops: false }",
    '',
  ),
  defect(
    'a batch whose answer was lost counts as unsent',
    'delivery/answered.ts',
    "recorder.uncertain(part, 'no answer came')",
    'recorder.unsent(part)',
  ),
  defect(
    'a count that is short counts as reached',
    'delivery/count.ts',
    "else if (nowMs - idleSinceMs >= idleForMs) return { kind: 'short', grownRows }",
    "else if (nowMs - idleSinceMs >= idleForMs) return { kind: 'reached' }",
  ),
  defect('opening a lost connection has no end', 'connection/retry.ts', 'isLate ||', ''),
  defect(
    'batches in flight are not limited',
    'receipts/send-queue.ts',
    'this.registry.openBytes < this.#run.plan.maxInFlightBytes',
    'this.registry.openBytes >= 0',
  ),
  defect(
    'rejects are not written before the run ends',
    'ending.ts',
    '[run.rejects, { close: () => run.journal?.commit() }]',
    '[{ close: () => run.journal?.commit() }]',
  ),
  {
    name: 'the end of a file that was cut counts as a record',
    changes: [
      {
        file: 'src/parse/line-tokenizer.ts',
        from: 'if (cutOff !== undefined) {',
        to: 'if (false) {',
      },
    ],
  },
  {
    name: 'a connection that was not accepted in time is not given up',
    changes: [
      {
        file: 'src/client/open-session.ts',
        from: 'const timer = clock.after(timeoutMs, ',
        to: 'const timer = clock.after(1e9 * timeoutMs, ',
      },
    ],
  },
  defect(
    'a run that leaves forgets what no session was given',
    'ending.ts',
    'if (run.isLeaving) run.counts.restIsUnsent()',
    '',
  ),
]
