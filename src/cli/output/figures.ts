/*
  Computes from the reports of a run: current and average rates, the share of rows with a known outcome, the time left.
*/
import type { LoadReport } from '../../load/options.js'

/** A report, with figures computed from this report and earlier ones. */
export interface Figures extends LoadReport {
  /** Rows per second that a load sent or a check read, during the last seconds; the average covers the whole run. */
  readonly rowsPerSec: number
  readonly averageRowsPerSec: number
  readonly bytesPerSec: number
  /** Bytes of the rows with a known outcome: an estimate, because rows differ in length. At most `bytesRead`. */
  readonly settledBytes: number
  /** undefined in the first second, and if the size of the input is unknown. */
  readonly leftMs: number | undefined
}

interface Sample {
  readonly elapsedMs: number
  readonly sentRows: number
  readonly doneBytes: number
}

/** The length of "now": long enough for a steady rate, short enough to show that a server slows down. */
const windowMs = 5_000

/** A rate over a shorter time is too uncertain to show the time left. */
const earliestLeftMs = 1_000

/** The returned function expects every report of one run, in order. */
export function newFigures(): (report: LoadReport) => Figures {
  let samples: Sample[] = []
  let isFirst = true
  let hasLooked = false
  let beganMs: number | undefined
  return report => {
    const { elapsedMs, bytesRead, rows, totalBytes, phase } = report
    const sentRows = phase === 'checking' ? rows.read : report.sentRows
    // The rates do not include the time for connecting and for finding the columns of a new table.
    if (phase === 'looking') {
      hasLooked = true
      const none = { rowsPerSec: 0, averageRowsPerSec: 0, bytesPerSec: 0 }
      return { ...report, ...none, settledBytes: 0, leftMs: undefined }
    }
    const isBegun = !hasLooked && (isFirst || bytesRead > 0)
    if (phase !== 'connecting') beganMs ??= isBegun ? 0 : elapsedMs
    isFirst = false
    const loadingMs = elapsedMs - (beganMs ?? 0)
    const settled = rows.confirmed + rows.filtered + rows.rejected + rows.skipped
    const share = rows.read === 0 ? 0 : Math.min(1, settled / rows.read)
    const settledBytes = Math.round(bytesRead * share)
    // If rows are confirmed only at the end, or not at all, only the bytes read show progress.
    const doneBytes = rows.confirmed === 0 ? bytesRead : settledBytes
    samples = samples.filter(sample => sample.elapsedMs >= elapsedMs - windowMs)
    const from = samples[0] ?? { elapsedMs: beganMs ?? 0, sentRows: 0, doneBytes: 0 }
    samples.push({ elapsedMs, sentRows, doneBytes })
    const seconds = Math.max(loadingMs, 1) / 1000
    const recently = Math.max(elapsedMs - from.elapsedMs, 1) / 1000
    const averageRowsPerSec = sentRows / seconds
    const isShort = elapsedMs - from.elapsedMs < earliestLeftMs
    const doneNow = (doneBytes - from.doneBytes) / recently
    const donePerSec = isShort || doneNow <= 0 ? doneBytes / seconds : doneNow
    const isTimed =
      (phase === 'loading' || phase === 'checking') && loadingMs >= earliestLeftMs && donePerSec > 0
    const left = totalBytes === undefined ? 0 : totalBytes - doneBytes
    return {
      ...report,
      rowsPerSec: isShort ? averageRowsPerSec : (sentRows - from.sentRows) / recently,
      averageRowsPerSec,
      bytesPerSec: bytesRead / seconds,
      settledBytes,
      leftMs: isTimed && left > 0 ? (left / donePerSec) * 1000 : undefined,
    }
  }
}
