/*
  A row that is not in the target: its place in the input, the reason, and whether it ends the run.
*/
import {
  type InputPosition,
  InputError,
  type DdbError,
  type ErrorCode,
  option,
} from '../../errors.js'
import type { Batch, Reject } from '../../parse/batch.js'
import type { RejectReason } from './reject-run.js'
import type { RunState } from '../outcomes/fold.js'
import type { JournaledRun } from '../outcomes/journaled-run.js'
import type { LoadOptions } from '../options.js'
import type { CheckedOptions } from '../checked-options.js'
import { rowsText } from '../outcomes/row-counts.js'

/** A record that a reader rejected, or a row that the server rejected. */
export type AnyReject = Omit<Reject, 'class'> & { readonly class: Reject['class'] | 'server' }

export function refusedRow(batch: Batch, rowIndex: number, serverMessage: string): AnyReject {
  return {
    ...batch.locate(rowIndex),
    bytes: batch.record(rowIndex),
    code: 'DDB_SERVER_REFUSED_ROW',
    class: 'server',
    message: `the server refused the row: ${serverMessage}`,
    columnName: undefined,
    value: undefined,
  }
}

const lineFeed = 0x0a

/** Lines of the record after its first. */
export function moreLines({ bytes }: AnyReject): number {
  let lines = 0
  for (let at = bytes.indexOf(lineFeed); at >= 0 && at < bytes.length - 1;) {
    lines++
    at = bytes.indexOf(lineFeed, at + 1)
  }
  return lines
}

/** For example `trades.csv, line 7: …`. */
export function located({ file, lineNumber, message }: AnyReject): string {
  return `${file}, line ${lineNumber}: ${message}`
}

export function positionOf({
  file,
  lineNumber,
  offsetBytes,
  columnName,
}: AnyReject): InputPosition {
  return { file, lineNumber, offsetBytes, ...(columnName === undefined ? {} : { columnName }) }
}

/** Makes lines of the file of reasons. Returns the same object each time, because rejects may number a million. */
export function newReasons(runId: string): (reject: AnyReject) => RejectReason {
  const reason: RejectReason = {
    runId,
    file: '',
    lineNumber: 0,
    offsetBytes: 0,
    columnName: null,
    code: '',
    class: 'parse',
    message: '',
    value: null,
  }
  return reject => {
    reason.file = reject.file
    reason.lineNumber = reject.lineNumber
    reason.offsetBytes = reject.offsetBytes
    reason.columnName = reject.columnName ?? null
    reason.code = reject.code
    reason.class = reject.class
    reason.message = reject.message
    reason.value = reject.value ?? null
    return reason
  }
}

interface LimitedRun {
  readonly checked: CheckedOptions
  readonly state: Pick<RunState, 'rows' | 'moreRejectedLines'>
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
  if (!exceedsLimit(checked.maxErrors, state, shareFromRows)) return undefined
  return limitError(state, `; the last one: ${located(reject)}`, positionOf(reject))
}

/** The failure at the end of a run with too many bad rows. At the end, a limit in percent also applies to few rows. */
export function finalLimitFailure({
  checked,
  state,
  options,
}: Pick<LimitedRun, 'checked' | 'state' | 'options'>): DdbError | undefined {
  if (!exceedsLimit(checked.maxErrors, state, 1)) return undefined
  return limitError(state, '', { file: options.inputs.join(', ') })
}

/**
 * The failure of a resumed run that must not send anything new; undefined for all other runs. Rejects that ended the
 * earlier process also end this process, unless the user has changed the limit.
 */
export function earlierLimitFailure({
  checked,
  state,
  history,
}: Pick<LimitedRun, 'checked' | 'state' | 'history'>): DdbError | undefined {
  const { rejects } = history.found
  if (rejects === undefined) return undefined
  if (checked.onError !== 'stop') {
    if (!exceedsLimit(checked.maxErrors, state, shareFromRows)) return undefined
    return limitError(state, '', { file: Object.keys(rejects.byInput).join(', ') })
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

/** A quote that never closes may make thousands of lines one record, so the share counts lines. */
function exceedsLimit(
  maxErrors: CheckedOptions['maxErrors'],
  { rows, moreRejectedLines }: LimitedRun['state'],
  fromRows: number,
): boolean {
  if ('count' in maxErrors) return rows.rejected > maxErrors.count
  const read = rows.read + moreRejectedLines
  return read >= fromRows && rows.rejected + moreRejectedLines > maxErrors.share * read
}

function limitError(
  { rows: { rejected }, moreRejectedLines }: LimitedRun['state'],
  last: string,
  position: InputPosition,
): InputError {
  const lines = moreRejectedLines === 0 ? '' : ` of ${rejected + moreRejectedLines} lines`
  return new InputError(
    'DDB_INPUT_LIMIT',
    `${rowsText(rejected)}${lines} ${rejected === 1 ? 'was' : 'were'} rejected, more than ${option('rejects.maxErrors')} allows${last}. ` +
      `Repair the input, or raise ${option('rejects.maxErrors')}.`,
    position,
  )
}
