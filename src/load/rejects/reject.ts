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
import type { JournaledOptions } from '../journal/journal-record.js'
import type { RecordedRun } from '../journal/recorded-run.js'
import { type RunState, rowsText } from '../outcomes/run-state.js'
import type { Detected, InputFormat, LoadOptions } from '../options.js'
import type { CheckedOptions } from '../checked-options.js'

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

function positionOf({ file, lineNumber, offsetBytes, columnName }: AnyReject): InputPosition {
  return { file, lineNumber, offsetBytes, ...(columnName === undefined ? {} : { columnName }) }
}

export interface RejectReading extends Detected {
  readonly format: InputFormat
  /** The texts from the input's name that fill columns, by their placeholder; null if the name does not contain a text. */
  readonly texts?: Readonly<Record<string, string | null>> | undefined
  /** Columns that are filled from the input's path. Each takes the part of the path with the column's name. */
  readonly parts?: readonly string[] | undefined
}

/** Must increase whenever the description changes. The program refuses every other format. */
export const reasonsFormat = 5

/** The description of a run, without secrets. */
export interface RejectRun {
  readonly format: typeof reasonsFormat
  /** Base of relative paths in the options; '' if unknown. */
  readonly folder: string
  readonly options: JournaledOptions
  /** The rejects file as the user named it. */
  readonly path: string
  /** How the records were read; undefined if an earlier process of the run read them. */
  readonly reading: RejectReading | undefined
  /** Names in the header; undefined without a header, and for JSON. */
  readonly fieldNames: readonly string[] | undefined
}

/** A row that would not load, and the reason. */
export interface CheckProblem {
  file: string
  /** Line of the record, from 1. */
  lineNumber: number
  /** Start of the record in the decompressed input, from 0. */
  offsetBytes: number
  columnName: string | null
  code: string
  class: 'parse' | 'type' | 'server'
  message: string
  /** The offending text, clipped; null if the whole record is at fault. */
  value: string | null
}

/** Why one record was rejected. Forms one line of the file of reasons. */
export interface RejectReason extends CheckProblem {
  runId: string
  /** The options of the run; only in the first line of a file. */
  run?: RejectRun
  /** All known time zone offsets, by column; left out if there are none. */
  offsets?: Readonly<Record<string, string>>
}

export function reasonOf(
  runId: string,
  { file, lineNumber, offsetBytes, columnName, code, class: kind, message, value }: AnyReject,
): RejectReason {
  return {
    ...{ runId, file, lineNumber, offsetBytes, columnName: columnName ?? null, code, class: kind },
    ...{ message, value: value ?? null },
  }
}

interface LimitedRun {
  readonly checked: CheckedOptions
  readonly state: Pick<RunState, 'rows' | 'moreRejectedLines'>
}

/** The limit as a share applies only after this many rows, because earlier shares mean little. */
const shareFromRows = 1_000

/** The failure if this reject ends the run: with `stop` always, otherwise only if the limit is now exceeded. */
export function limitFailure(
  { checked, state }: LimitedRun,
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
}: LimitedRun & { readonly options: Pick<LoadOptions, 'inputs'> }): DdbError | undefined {
  if (!exceedsLimit(checked.maxErrors, state, 1)) return undefined
  return limitError(state, '', { file: options.inputs.join(', ') })
}

/**
 * The failure of a resumed run that must not send anything new; undefined for all other runs. Rejects that ended the
 * earlier process also end this process, unless the user has changed the limit.
 */
export function earlierLimitFailure(
  { checked, state }: LimitedRun,
  rejects: RecordedRun['rejects'],
): DdbError | undefined {
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
