/* A row that is not in the target: its place in the input, the reason, and whether it ends the run. */
import { InputError, option } from '../../errors.js'
import type { DdbError, ErrorCode } from '../../errors.js'
import type { Batch, Reject } from '../../parse/batch.js'
import type { ColumnOffsets } from '../../parse/cell-rules.js'
import { lineFeed } from '../../parse/window.js'
import { type CheckedOptions, defined } from '../checked-options.js'
import type { JournaledRejects } from '../journal/journal-record.js'
import type { RecordedRun } from '../journal/recorded-run.js'
import { rangeText } from '../outcomes/pieces.js'
import { type RunState, rowsText } from '../outcomes/run-state.js'
import type { Detected, InputFormat, LoadOptions } from '../options.js'

/** How the records of an input were read. */
export interface RejectReading extends Detected {
  readonly format: InputFormat
  /** `mapping.set` for records outside the input; undefined if no column contains a text of the input's name. */
  readonly set?: Readonly<Record<string, string>> | undefined
  /** Of columns, as far as known at each reject. */
  readonly offsets?: ColumnOffsets | undefined
}

/** A record that a reader rejected, or a row that the server rejected. */
export type AnyReject = Omit<Reject, 'class'> & { readonly class: Reject['class'] | 'server' }

/** A row that was read, and that the target does not have. */
export function refusedRow(
  batch: Batch,
  rowIndex: number,
  message: string,
  code: ErrorCode = 'DDB_SERVER_REFUSED_ROW',
): AnyReject {
  const ofRow = { bytes: batch.record(rowIndex), columnName: undefined, value: undefined }
  return { ...batch.locate(rowIndex), code, class: 'server', message, ...ofRow }
}

export function lineFeedsIn(bytes: Uint8Array): number {
  let lines = 0
  for (let at = bytes.indexOf(lineFeed); at >= 0; at = bytes.indexOf(lineFeed, at + 1)) lines++
  return lines
}

/** Lines of the record, except its first. */
export const moreLines = ({ bytes }: AnyReject): number => lineFeedsIn(bytes.subarray(0, -1))

/** Whether the input ended within quotes. The reader says so only in the message. */
export const isOpen = ({ code, message }: AnyReject): boolean =>
  code === 'DDB_INPUT_QUOTE' && message.includes('is never closed')

/** For example `trades.csv, line 7: …`. */
export const located = (file: string, lineNumber: number | null, message: string): string =>
  `${file}, line ${lineNumber}: ${message}`

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

export function problemOf(reject: AnyReject): CheckProblem {
  const { file, lineNumber, offsetBytes, columnName = null, value = null } = reject
  const { code, class: kind, message } = reject
  return { file, lineNumber, offsetBytes, columnName, code, class: kind, message, value }
}

interface LimitedRun {
  readonly checked: Pick<CheckedOptions, 'onError' | 'maxErrors'>
  readonly state: Pick<RunState, 'rows' | 'moreRejectedLines' | 'elsewhere'>
  readonly options: Pick<LoadOptions, 'inputs'>
}
type LastReject = Pick<AnyReject, 'file' | 'lineNumber' | 'code' | 'message'> & Partial<AnyReject>

/** The limit as a share applies only after this many rows, because earlier shares mean little. */
const shareFromRows = 1_000

/** The failure if rejects end the run. @param last  undefined at the end, where a limit in percent also applies to few rows */
export function limitFailure(
  { checked: { maxErrors, onError }, state, options }: LimitedRun,
  last?: LastReject,
  fromRows = last === undefined ? 1 : shareFromRows,
): DdbError | undefined {
  const { rows, moreRejectedLines, elsewhere } = state
  const rejected = rows.rejected - elsewhere.rejected
  // A quote that never closes may make thousands of lines one record, so a share counts lines.
  const lines = rejected + moreRejectedLines
  const read = rows.read - elsewhere.read + moreRejectedLines
  const isExceeded =
    'count' in maxErrors
      ? rejected > maxErrors.count
      : read >= fromRows && lines > maxErrors.share * read
  const stops = last !== undefined && onError === 'stop'
  if (!stops && !isExceeded) return undefined
  const { file = options.inputs.join(', '), lineNumber, offsetBytes, columnName } = last ?? {}
  const position = { file, ...defined({ lineNumber, offsetBytes, columnName }) }
  const text = last && located(file, last.lineNumber, last.message)
  if (stops) return new InputError(last.code, text!, position)
  const limit = option('rejects.maxErrors')
  return new InputError(
    'DDB_INPUT_LIMIT',
    `${rowsText(rejected)}${moreRejectedLines === 0 ? '' : ` of ${lines} lines`} ${rejected === 1 ? 'was' : 'were'} rejected, ` +
      `more than ${limit} allows${text === undefined ? '' : `; the last one: ${text}`}. Repair the input, or raise ${limit}.`,
    position,
  )
}

/** The failure of a resumed run that must send nothing new: rejects that ended the last process end this one, unless the limit rose. */
export function earlierLimitFailure(run: LimitedRun, rejects: RecordedRun['rejects']) {
  if (rejects === undefined) return undefined
  if (run.checked.onError !== 'stop') return limitFailure(run, undefined, shareFromRows)
  const [[file, { firstError }] = ['', { firstError: null }]] = Object.entries(rejects.byInput)
  return firstError ? limitFailure(run, { ...(firstError as LastReject), file }) : undefined
}

export type InputRejects = JournaledRejects['byInput'][string]

const shownInputs = 3

/** For example `Rows were rejected in trades.csv, lines 9 to 120`. */
export function placesText(byInput: ReadonlyMap<string, InputRejects>): string {
  const places = [...byInput].slice(0, shownInputs).map(([file, { firstError, lastLine }]) => {
    return rangeText({ file, firstLine: firstError!.lineNumber!, lastLine: lastLine! })
  })
  const more = byInput.size - places.length
  return `Rows were rejected in ${places.join('; ')}${more > 0 ? `, and in ${more} other inputs` : ''}`
}
