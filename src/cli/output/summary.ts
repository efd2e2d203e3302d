/* The summary of a finished load: five lines on standard output; on standard error, places of rejected rows and inputs with problems. */
import { confirmationWords } from '../../load/load-result.js'
import type { LoadResult } from '../../load/options.js'
import { bytesText } from '../../parse/shown-text.js'
import { reasonsPath } from '../../source/data-files.js'
import { clean, counted, durationText, fieldLines, grouped, wrapped } from './terminal-text.js'

/**
 * Five lines: row counts by outcome, speed, refused rows and why, the proof, and the next step.
 * @param next  a command, if anything is left to do @param columns  of the terminal; undefined leaves lines whole
 */
export function summaryLines(
  result: LoadResult,
  next: string | undefined,
  columns = Infinity,
): string[] {
  const fields = {
    took: speedText(result),
    refused: refusedText(result),
    proof: confirmText(result),
    next: next ?? 'nothing',
  }
  return [
    ...wrapped(clean(headText(result)), columns),
    ...fieldLines(Object.entries(fields), columns, label => label === 'next'),
  ]
}

function headText(result: LoadResult): string {
  const { rows, target, status, alreadyLoaded, confirm } = result
  const { read, confirmed, filtered, skipped, unconfirmed } = rows
  const into = `into ${target.table ?? target.function ?? ''} on ${target.host}`
  // Earlier processes of the run may have sent everything.
  const isAllSkipped = status === 'loaded' && skipped > 0 && skipped + filtered === read
  if (alreadyLoaded || isAllSkipped) {
    const what = skipped === 0 ? 'this run' : `${counted(skipped, 'row')} of this run`
    return `Already loaded: ${what} ${into}, nothing was left to do`
  }
  const isHandedOver = confirm.used === 'none' && skipped === 0 && unconfirmed > 0
  const done =
    status === 'failed' || status === 'interrupted'
      ? `${status === 'failed' ? 'Failed' : 'Interrupted'} after ${counted(confirmed, 'confirmed row')}`
      : read === 0
        ? 'No rows to load'
        : isHandedOver
          ? `Handed over ${counted(unconfirmed, 'row')}`
          : `Loaded ${counted(confirmed, 'row')}`
  const before = skipped === 0 ? '' : ` (${grouped(skipped)} were loaded before)`
  const isAll = read === confirmed + skipped || (isHandedOver && read === unconfirmed)
  const ofAll = isAll ? '' : `, of ${grouped(read)} read`
  const left = filtered === 0 ? '' : `; the transform left out ${grouped(filtered)}`
  return `${done}${before} ${into}${ofAll}${left}`
}

function speedText({ startedAt, endedAt, rate, connections }: LoadResult): string {
  const time = durationText(Date.parse(endedAt) - Date.parse(startedAt))
  const over = connections > 1 ? `, over ${counted(connections, 'connection')}` : ''
  return `${time}: ${grouped(rate.rowsPerSec)} rows/s, ${bytesText(rate.bytesPerSec)}/s sent${over}`
}

const shownCodes = 3

function refusedText({ rows, rejects: { byCode, files, unplaced } }: LoadResult): string {
  const unsent = rows.unsent === 0 ? '' : `; ${counted(rows.unsent, 'row')} not sent`
  if (rows.rejected === 0) return `nothing${unsent}`
  const codes = codeTexts(byCode)
  const more = codes.length - shownCodes
  const why = [...codes.slice(0, shownCodes), ...(more > 0 ? [`${more} more`] : [])].join(', ')
  const where = files.length === 0 ? '' : `, in ${files[0]!.path}`
  const others = files.length < 2 ? '' : ` and ${counted(files.length - 1, 'more file')}`
  const lost = unplaced === 0 ? '' : `, ${grouped(unplaced)} of them in no file`
  return `${counted(rows.rejected, 'row')}${why && `: ${why}`}${where}${others}${lost}${unsent}`
}

/** `DDB_INPUT_CELL 3`: the most frequent codes first. */
export function codeTexts(byCode: LoadResult['rejects']['byCode']): string[] {
  const codes = Object.entries(byCode).sort(([, a], [, b]) => b - a)
  return codes.map(([code, rowCount]) => `${code} ${grouped(rowCount)}`)
}

function confirmText({ confirm, rows, batches }: LoadResult): string {
  const { confirmed, unconfirmed, skipped } = rows
  const note = confirm.note === null ? '' : `: ${confirm.note}`
  // This process sent nothing, so it had nothing to confirm.
  if (confirm.used === 'none' && skipped > 0) return 'confirmed by an earlier process'
  if (batches.sent === 0 && confirmed + unconfirmed === 0) return `nothing was sent${note}`
  const doubt = unconfirmed === 0 ? '' : `; ${counted(unconfirmed, 'row')} unconfirmed`
  return `${confirmationWords[confirm.used]}${note}${doubt}`
}

/** Lines for standard error. @param isApart  true if the summary is not on the screen */
export function detailLines(
  { rows, rejects, inputs, inputTotals }: LoadResult,
  isApart: boolean,
): string[] {
  const lines: string[] = []
  const { byCode, files, unplaced } = rejects
  if (rows.rejected > 0 && (isApart || files.length > 1)) {
    lines.push(`${counted(rows.rejected, 'row')} rejected (${codeTexts(byCode).join(', ')})`)
    for (const { path, rows: rowCount } of files) {
      lines.push(`${grouped(rowCount)} of them are in ${path}, the reasons in ${reasonsPath(path)}`)
    }
    if (unplaced > 0) {
      lines.push(`${grouped(unplaced)} of them are in no file: they are only in the input`)
    }
  }
  return inputTotals.count > 1 ? [...lines, ...inputLines(inputs)] : lines
}

const shownInputs = 10

function inputLines(inputs: LoadResult['inputs']): string[] {
  const wrong = inputs.filter(({ rejected, firstError }) => rejected > 0 || firstError !== null)
  const lines = wrong.slice(0, shownInputs).map(({ path, rows, rejected, firstError }) => {
    const line = firstError?.lineNumber ? `line ${firstError.lineNumber}: ` : ''
    const first = firstError === null ? '' : `; first: ${line}${firstError.message}`
    return `${path}: ${grouped(rejected)} of ${counted(rows, 'row')} rejected${first}`
  })
  const more = wrong.length - lines.length
  return more > 0 ? [...lines, `and ${counted(more, 'more input')} with rejected rows`] : lines
}
