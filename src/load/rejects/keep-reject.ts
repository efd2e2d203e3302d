/*
  Handles a row that will not be sent, or that the server refused: counts it, reports it, and writes it to the rejects.
*/
import { rangeAt } from '../../parse/row-places.js'
import type { Batch, RecordShape } from '../../parse/batch.js'
import type { ReadObserver } from '../check/read-observer.js'
import type { RowStore } from '../inputs/row-store.js'
import type { RunLog } from '../outcomes/run-log.js'
import type { CheckedOptions } from '../checked-options.js'
import type { Reporter } from '../reporter.js'
import type { RunEnding } from '../run-ending.js'
import { limitFailure } from './reject-limit.js'
import { located, refusedRow, type AnyReject } from './reject.js'
import type { RunRejects } from './run-rejects.js'

export interface KeptRejects extends RunRejects {
  /** Counts a row that will not be sent, and adds it to the rejects. If it cannot be added, the run ends. */
  keep(this: void, reject: AnyReject, shape: RecordShape): void
  /** As `keep`, for a row that the server refused with this message. */
  keepRefused(this: void, batch: Batch, rowIndex: number, serverMessage: string): void
}

interface Keeping extends Pick<RunLog, 'emit' | 'state'> {
  readonly checked: CheckedOptions
  readonly watch: ReadObserver | undefined
  readonly rows: RowStore | undefined
  readonly reporter: Reporter
  readonly ending: Pick<RunEnding, 'fail'>
}

/** Limit of rejects that notices show. The rejects file contains all of them. */
const shownRejects = 3

export function keptRejects(rejects: RunRejects, keeping: Keeping): KeptRejects {
  const { emit, state, checked, watch, rows, reporter, ending } = keeping
  const keep = (told: AnyReject, shape: RecordShape): void => {
    const found = rows?.explained(told) ?? told
    const message = reporter.words(found.message)
    const reject = message === found.message ? found : { ...found, message }
    if (checked.onError === 'stop') emit({ kind: 'rejectsForgotten' })
    emit({ kind: 'rejected' })
    if (watch !== undefined) watch.rejected(reject)
    else if (state.rows.rejected <= shownRejects) reporter.notice(`rejected: ${located(reject)}`)
    try {
      rows?.reject(reject)
      rejects.add(reject, shape)
    } catch (error) {
      ending.fail(error)
    }
    const limit = limitFailure({ checked, state }, reject)
    if (limit !== undefined) ending.fail(limit)
  }
  return Object.assign(rejects, {
    keep,
    keepRefused(batch: Batch, row: number, words: string) {
      keep(refusedRow(batch, row, reporter.secrets.hide(words)), rangeAt(batch.ranges, row).shape)
    },
  })
}
