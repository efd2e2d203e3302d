/*
  The work of earlier processes on a run, and the journal in which this process continues.
*/
import type { DdbError } from '../../errors.js'
import type { Platform } from '../../platform/platform.js'
import { emptyRun, type JournaledRun } from '../outcomes/journaled-run.js'
import type { RunLog } from '../outcomes/run-log.js'
import { newToken, type RunName } from '../marker/marker.js'
import type { LoadOptions } from '../options.js'
import type { CheckedOptions } from '../checked-options.js'
import type { RunRejects } from '../rejects/run-rejects.js'
import type { Journal } from './journal.js'
import { newResumption, type Resumption } from './resumption.js'

export interface RunHistory {
  /** The run's name on the server. */
  readonly name: RunName
  readonly journal: Journal | undefined
  /** What earlier processes have left, according to the journal; empty without a journal. */
  readonly found: JournaledRun
  readonly resumption: Resumption
  /** Continues the run from the state that the journal records. */
  goOn(kept: Journal): void
  /** DDB_LOCKED if another process has taken the run; undefined otherwise. */
  whyLost(): DdbError | undefined
}

interface HistorySetup extends Pick<RunLog, 'emit' | 'state'> {
  readonly options: Pick<LoadOptions, 'journal' | 'input'>
  readonly checked: Pick<CheckedOptions, 'runId'>
  readonly platform: Pick<Platform, 'hostName' | 'random'>
  readonly rejects: Pick<RunRejects, 'goOn' | 'flush' | 'journaled' | 'count' | 'unplaced'>
}

export function newRunHistory({
  emit,
  state,
  options,
  checked: { runId },
  platform: { hostName, random },
  rejects,
}: HistorySetup): RunHistory {
  let journal: Journal | undefined
  let name: RunName = { runId, token: newToken(random) }
  let found = emptyRun()
  let resumption = newResumption(found, false)
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
    get resumption() {
      return resumption
    },
    goOn(kept) {
      journal = kept
      name = {
        runId,
        token: kept.token,
        place: { hostName, folder: options.journal?.folder ?? '' },
      }
      found = kept.found
      resumption = newResumption(found, options.input?.follow === true)
      const { confirmed, ...others } = found.rows()
      const lasts = [...found.streams].map(([stream, { last }]) => [stream, last] as const)
      emit({
        kind: 'goesOn',
        named: kept.inputs,
        inputs: kept.inputs.map((_, i) => found.sentTo.at(i)),
        streams: new Map(lasts),
        sums: found.sums,
        ...others,
        skipped: confirmed,
      })
      emit({ kind: 'batchesKnown', count: kept.past.batchCount })
      rejects.goOn(found, path => emit({ kind: 'rejectsFile', path }))
      kept.follow(rejects, state)
    },
    whyLost: () => journal?.lost(),
  }
}
