/*
  The work of earlier processes on a run, and the journal in which this process continues.
*/
import type { Platform } from '../../platform/platform.js'
import { newToken, type RunName } from '../register/table-names.js'
import type { LoadOptions } from '../options.js'
import type { CheckedOptions } from '../checked-options.js'
import { accountedFor } from '../outcomes/row-counts.js'
import type { RunState } from '../outcomes/run-state.js'
import type { RunRejects } from '../rejects/run-rejects.js'
import type { Journal, JournaledRejectsSource } from './journal.js'
import type { JournalRecord } from './journal-record.js'
import { RecordedRun } from './recorded-run.js'
import { newResumption } from './resumption.js'

interface HistorySetup {
  readonly state: RunState
  readonly options: Pick<LoadOptions, 'journal' | 'input' | 'runId'>
  readonly checked: Pick<CheckedOptions, 'runId' | 'onError'>
  readonly platform: Pick<Platform, 'hostName' | 'random'>
  readonly rejects: Pick<RunRejects, 'goOn'> & JournaledRejectsSource
}

export class RunHistory {
  /** The run's name on the server. */
  name: RunName
  journal: Journal | undefined
  /** What earlier processes have left, according to the journal; empty without a journal. */
  found = new RecordedRun()
  /** The run with what this process has recorded. */
  now = new RecordedRun()
  resumption = newResumption(this.found, false)
  readonly #setup: HistorySetup

  constructor(setup: HistorySetup) {
    const { options, checked, platform } = setup
    const { random } = platform
    this.#setup = setup
    this.name = {
      ...{ runId: checked.runId, token: newToken(random), processKey: newToken(random) },
      isRegistered: options.runId !== undefined,
    }
  }

  /** Continues the run from the state that the journal records. */
  goOn(journal: Journal): void {
    const { state, options, checked, platform, rejects } = this.#setup
    const place = { hostName: platform.hostName, folder: options.journal?.folder ?? '' }
    this.journal = journal
    this.name = { ...this.name, token: journal.token, isRegistered: true, place }
    this.found = journal.found
    this.now = journal.now
    this.resumption = newResumption(this.found, options.input?.follow === true)
    const { rows } = state
    const { confirmed, ...others } = this.found.rows()
    Object.assign(rows, { ...others, skipped: confirmed })
    rows.read = accountedFor(rows)
    rejects.goOn(this.found)
    journal.follow(rejects, checked.onError !== 'stop')
  }

  /**
   * Records a step before it happens, also without a journal.
   * @throws {DdbError} DDB_OUTPUT_WRITE; the step must then not happen
   */
  readonly record = (record: JournalRecord): void => {
    if (this.journal !== undefined) this.journal.add(record)
    // Without a journal, only followed files have numbers.
    else if (record.kind !== 'input') this.now.take(record)
  }
}
