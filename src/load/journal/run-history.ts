/*
  The work of earlier processes on a run, and the journal in which this process continues.
*/
import type { DdbError } from '../../errors.js'
import type { Platform } from '../../platform/platform.js'
import { newToken, type RunName } from '../register/table-names.js'
import type { LoadOptions } from '../options.js'
import type { CheckedOptions } from '../checked-options.js'
import { accountedFor } from '../outcomes/row-counts.js'
import type { RunState } from '../outcomes/run-state.js'
import type { RunRejects } from '../rejects/run-rejects.js'
import type { Journal, JournaledRejectsSource } from './journal.js'
import type { Facts, JournalRecord } from './journal-record.js'
import { RecordedRun } from './recorded-run.js'
import { newResumption, type Resumption } from './resumption.js'

export interface RunHistory {
  /** The run's name on the server. */
  readonly name: RunName
  readonly journal: Journal | undefined
  /** What earlier processes have left, according to the journal; empty without a journal. */
  readonly found: RecordedRun
  /** The run with what this process has recorded. */
  readonly now: RecordedRun
  readonly resumption: Resumption
  /** Continues the run from the state that the journal records. */
  goOn(kept: Journal): void
  /** DDB_LOCKED if another process has taken the run; undefined otherwise. */
  whyLost(): DdbError | undefined
  /**
   * Records a step before it happens, also without a journal.
   * @throws {DdbError} DDB_OUTPUT_WRITE; the step must then not happen
   */
  record(this: void, record: JournalRecord): void
}

/** Ways in which parts of a run record what they do. */
export interface RunLog {
  /** As `RunHistory.record`. */
  record(this: void, record: JournalRecord): void
  /** As `record`, for facts that have changed. */
  note(this: void, facts: Partial<Facts>): void
  /** Passes all records so far to the operating system. @throws {DdbError} DDB_OUTPUT_WRITE */
  commit(this: void): void
}

interface HistorySetup {
  readonly state: RunState
  readonly options: Pick<LoadOptions, 'journal' | 'input' | 'runId'>
  readonly checked: Pick<CheckedOptions, 'runId' | 'onError'>
  readonly platform: Pick<Platform, 'hostName' | 'random'>
  readonly rejects: Pick<RunRejects, 'goOn'> & JournaledRejectsSource
}

export function newRunHistory({
  state,
  options,
  checked: { runId, onError },
  platform: { hostName, random },
  rejects,
}: HistorySetup): RunHistory & RunLog {
  let journal: Journal | undefined
  let name: RunName = {
    ...{ runId, token: newToken(random), processKey: newToken(random) },
    isRegistered: options.runId !== undefined,
  }
  let found = new RecordedRun()
  let now = new RecordedRun()
  let resumption = newResumption(found, false)
  const record = (record: JournalRecord): void => {
    if (journal !== undefined) journal.add(record)
    // Without a journal, only followed files have numbers.
    else if (record.kind !== 'input') now.take(record)
  }
  return {
    get name() {
      return name
    },
    get journal() {
      return journal
    },
    get found() {
      return found
    },
    get now() {
      return now
    },
    get resumption() {
      return resumption
    },
    goOn(kept) {
      journal = kept
      const place = { hostName, folder: options.journal?.folder ?? '' }
      name = { ...name, token: kept.token, isRegistered: true, place }
      ;({ found, now } = kept)
      resumption = newResumption(found, options.input?.follow === true)
      const { rows } = state
      const { confirmed, ...others } = found.rows()
      Object.assign(rows, { ...others, skipped: confirmed })
      rows.read = state.readBefore = accountedFor(rows)
      rejects.goOn(found, path => {
        record({ kind: 'facts', rejectsFiles: [...now.rejectsFiles, path] })
      })
      kept.follow(rejects, onError !== 'stop')
    },
    whyLost: () => journal?.lost(),
    record,
    note: facts => record({ kind: 'facts', ...facts }),
    commit: () => journal?.commit(),
  }
}
