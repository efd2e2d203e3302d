/*
  Decides when rejects end a run: at the first reject, at a number of rejects, or at a share of the rows read.
*/
import { InputError, type DdbError, type ErrorCode, type InputPosition } from '../../errors.js'
import type { RunState } from '../outcomes/fold.js'
import type { JournaledRun } from '../outcomes/journaled-run.js'
import type { LoadOptions, RowCounts } from '../options.js'
import type { CheckedOptions } from '../checked-options.js'
import { located, positionOf, type AnyReject } from './reject.js'
import { rowsText } from '../outcomes/row-counts.js'

interface LimitedRun {
  readonly checked: CheckedOptions
  readonly state: Pick<RunState, 'rows'>
  readonly options: Pick<LoadOptions, 'inputs'>
  readonly history: { readonly found: Pick<JournaledRun, 'rejects'> }
}

/** The limit as a share applies only after this many rows, because earlier shares mean little. */
const shareFromRows = 1_000

/** The failure if this reject ends the run: with `stop` always, otherwise only if the limit is now exceeded. */
export function limitFailure(
  { checked, state }: Pick<LimitedRun, 'checked' | 'state'>,
  reject: AnyReject,
): DdbError | undefined {
  if (checked.onError === 'stop') {
    return new InputError(reject.code, located(reject), positionOf(reject))
  }
  if (!exceedsLimit(checked.maxErrors, state.rows, shareFromRows)) return undefined
  return limitError(state.rows.rejected, `; the last one: ${located(reject)}`, positionOf(reject))
}

/** The failure at the end of a run with too many bad rows. At the end, a limit in percent also applies to few rows. */
export function finalLimitFailure({
  checked,
  state,
  options,
}: Pick<LimitedRun, 'checked' | 'state' | 'options'>): DdbError | undefined {
  if (!exceedsLimit(checked.maxErrors, state.rows, 1)) return undefined
  return limitError(state.rows.rejected, '', { file: options.inputs.join(', ') })
}

/**
 * The failure of a resumed run that must not send anything new; undefined for all other runs. Rejects that ended the
 * earlier process also end this process, unless the user has changed the limit.
 */
export function earlierLimitFailure({
  checked,
  state,
  history: {
    found: { rejects },
  },
}: Pick<LimitedRun, 'checked' | 'state' | 'history'>): DdbError | undefined {
  if (rejects === undefined) return undefined
  if (checked.onError !== 'stop') {
    if (!exceedsLimit(checked.maxErrors, state.rows, shareFromRows)) return undefined
    return limitError(state.rows.rejected, '', { file: Object.keys(rejects.byInput).join(', ') })
  }
  for (const [file, { firstError }] of Object.entries(rejects.byInput)) {
    if (firstError === null) continue
    const { code, message, lineNumber } = firstError
    const place = lineNumber === null ? '' : `, line ${lineNumber}`
    const position = lineNumber === null ? { file } : { file, lineNumber }
    return new InputError(code as ErrorCode, `${file}${place}: ${message}`, position)
  }
  return undefined
}

function exceedsLimit(
  maxErrors: CheckedOptions['maxErrors'],
  rows: RowCounts,
  fromRows: number,
): boolean {
  if ('count' in maxErrors) return rows.rejected > maxErrors.count
  return rows.read >= fromRows && rows.rejected > maxErrors.share * rows.read
}

function limitError(rejected: number, last: string, position: InputPosition): InputError {
  return new InputError(
    'DDB_INPUT_LIMIT',
    `${rowsText(rejected)} ${rejected === 1 ? 'was' : 'were'} rejected, more than \`rejects.maxErrors\` allows${last}. ` +
      'Repair the input, or raise `rejects.maxErrors`.',
    position,
  )
}
