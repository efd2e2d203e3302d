/*
  Why a run cannot go on: it, or what it loads into, is not what it was.
*/
import { DdbError } from '../../errors.js'
import type { JournalState } from './journal-state.js'

/** Input or options are others than those of the run with this name. */
export function runChanged({ run }: JournalState, what: string): DdbError {
  return new DdbError(
    'DDB_RUN_CHANGED',
    `run "${run?.runId ?? ''}" cannot go on: ${what}. Begin it anew with \`journal.restart\`, or give what is another run another name`,
  )
}

/** The rows of the run went into another table, or are gone. */
export function targetChanged({ run, target }: JournalState, what: string): DdbError {
  return new DdbError(
    'DDB_TARGET_CHANGED',
    `run "${run?.runId ?? ''}" cannot go on: what it loaded into "${target?.name ?? ''}" is not there any more: ${sentence(what)} ` +
      'Begin anew with `journal.restart`',
  )
}

function sentence(text: string): string {
  return text.endsWith('?') ? text : `${text}.`
}
