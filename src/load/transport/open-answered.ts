/*
  Opens a delivery in which the server answers every batch: in `sync` mode, or if neither receipts nor counts are possible.
*/
import type { Session } from '../../client/open-session.js'
import type { RetryRules } from '../connection/retry.js'
import { askIdle } from '../connection/server-queries.js'
import { checkAndMarkFinished, followedLook } from '../evidence/final-check.js'
import { rowsGoneMessage, type Evidence } from '../evidence/evidence.js'
import { unknownBatches } from '../journal/changed-run.js'
import { checkOwner, announceRunAgain, announceBatch } from '../journal/check-sole-process.js'
import { checkMemory } from '../journal/check-sole-process.js'
import { leaveMarked, longestUnmarkMs } from '../marker/leftovers.js'
import { askOnAnySession, hasMarker, serverRemembersRun } from '../marker/find-marker.js'
import type { Run } from '../run.js'
import type { TargetDescription } from '../target/describe-target.js'
import { AnsweredDelivery, serverLostReason } from './answers.js'
import type { Delivery } from './delivery.js'
import { openRecorder } from './open-recorder.js'
import { connectEach, openMarkedWriter } from './open-writer.js'
import { newRunNotes } from './run-notes.js'

export async function openAnswered(
  run: Run,
  rules: RetryRules,
  description: TargetDescription,
  control: Session,
  evidence: Evidence | undefined,
): Promise<Delivery> {
  const { journal, name } = run.history
  const recorder = await openRecorder(run, description, control, evidence)
  await checkMemory(run, control, recorder.target.inMemory)
  const resends = resendsUnknown(run, description)
  checkNumbers(run, resends)
  const { writer, unmark } = await openMarkedWriter(run, description, control)
  const isMarked = async (session: Session): Promise<boolean> =>
    unmark !== undefined && (await hasMarker(run, session, run.checked.confirmTimeoutMs))
  const lookAgain = followedLook(run, evidence, change =>
    recorder.replaced(rowsGoneMessage(change), true),
  )
  return new AnsweredDelivery(writer, {
    run,
    recorder,
    rules,
    columnNames: description.columns.map(column => column.name),
    isIdle: (sessionId, timeoutMs) => askIdle({ session: control, timeoutMs }, sessionId),
    follow: to => {
      run.server.follow(to)
      return connectEach(run, description, true)
    },
    remembers: silent =>
      unmark === undefined
        ? Promise.resolve(false)
        : serverRemembersRun(run, rules, control, silent),
    async look(silent, leader) {
      if (evidence === undefined) return
      const takeBack = (change: string): void => recorder.replaced(rowsGoneMessage(change), true)
      const known = leader ?? control
      await askOnAnySession(run, rules, known, silent, async session => {
        // If the server has restarted, rows in its memory are lost. For rows that a function wrote, only the marker shows
        // that.
        if (session !== known && recorder.holdsMemory && !(await isMarked(session))) {
          recorder.takeBack(serverLostReason, false)
        }
        await checkAndMarkFinished(run, session, evidence, takeBack)
      })
    },
    learn: async () => evidence?.learn(control),
    lookAgain: () => lookAgain(control),
    resends,
    unmark: unmark && (() => unmark(control)),
    leaveMarked: unmark && (() => leaveMarked(control, name, longestUnmarkMs)),
    checkOwner: () => checkOwner(run, control, run.checked.confirmTimeoutMs),
    notes: newRunNotes({
      clock: rules.clock,
      keepRun: journal && (() => announceRunAgain(run, control)),
      noteBatch: unmark && journal && (no => announceBatch(run, control, no)),
    }),
  })
}

/**
 * Makes sure that new batches get higher numbers than all batches that the server knows.
 * @throws {DdbError} DDB_UNCONFIRMED if the server knows batches that the journal does not
 */
function checkNumbers({ history: { journal, found }, emit }: Run, resends: boolean): void {
  if (journal === undefined) return
  const { lastNo = 0 } = journal.onServer ?? {}
  const { batchCount } = journal.past
  if (lastNo <= batchCount) return
  if (found.processes > 0 && !resends) throw unknownBatches(lastNo, batchCount)
  emit({ kind: 'batchesKnown', count: lastNo })
}

/** True if the table drops a second copy of rows, or the user accepts one. */
function resendsUnknown({ checked }: Run, { dropsDuplicates }: TargetDescription): boolean {
  return (
    checked.onDoubt === 'resend' ||
    dropsDuplicates === true ||
    (checked.target.kind === 'table' && checked.target.method === 'upsert')
  )
}
