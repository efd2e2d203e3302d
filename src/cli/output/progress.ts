/*
  Shows the progress of a run in one line: on a terminal it begins with a bar and redraws itself, elsewhere it is printed every ten seconds.
*/
import type { Options, SingleBar } from 'cli-progress'
import type { LoadReport } from '../../load/options.js'
import type { ProcessEnvironment } from '../process-environment.js'
import type { Output, Style } from './output.js'
import { bytesText, clip, clockText, displayWidth, grouped, shortCount } from './terminal-text.js'

export interface Progress {
  report(report: LoadReport): void
  /** Prints a sentence that stays on the screen, above the bar if there is one. */
  note(this: void, text: string, style?: Style): void
  stop(): void
}

type Terminal = Pick<ProcessEnvironment, 'stderr' | 'environment'>

const plainLineEveryMs = 10_000

export async function startProgress(
  quiet: boolean,
  output: Output,
  terminal: Terminal,
): Promise<Progress> {
  const nothing = (): undefined => undefined
  if (quiet) return { report: nothing, note: nothing, stop: nothing }
  const figuresOf = newFigures()
  const bar = await openBar(output, terminal)
  if (bar !== undefined) {
    return { ...bar, report: report => bar.show(lineOf(figuresOf(report), shortCount)) }
  }
  let nextLineMs = plainLineEveryMs
  return {
    report(report) {
      const figures = figuresOf(report)
      // Prints nothing in these two phases: they load no rows, and users read a log for row counts.
      const isNoRows = report.phase === 'looking' || report.phase === 'done'
      if (report.elapsedMs < nextLineMs || isNoRows) return
      nextLineMs = (Math.floor(report.elapsedMs / plainLineEveryMs) + 1) * plainLineEveryMs
      output.note(logText(figures))
    },
    note: output.note,
    stop: nothing,
  }
}

/** The last line of a terminal. Draws nothing before the first `show`. */
export interface Bar {
  show(this: void, line: Line): void
  /** Prints a sentence that stays above the line. */
  note(this: void, text: string, style?: Style): void
  stop(this: void): void
}

/**
 * Loads cli-progress, which decides when to redraw, only if a line will be drawn.
 * @returns undefined for files, pipes, dumb terminals, and the logs of build servers
 */
export async function openBar(
  output: Output,
  { stderr, environment }: Terminal,
): Promise<Bar | undefined> {
  if (stderr.isTTY !== true || environment['TERM'] === 'dumb' || environment['CI']) return undefined
  const { default: cliProgress } = await import('cli-progress')
  const signs = signsOf(environment)
  const unused = ['cursorSave', 'cursorRestore', 'cursor', 'lineWrapping', 'cursorTo', 'clearRight']
  // The cursor stays visible and rests where the line begins: even if a narrower terminal wraps the line, all of it is after the cursor,
  // and a killed process leaves nothing to restore.
  const terminal = {
    ...Object.fromEntries(unused.map(name => [name, () => undefined])),
    isTTY: () => true,
    getWidth: () => stderr.columns || 80,
    write: (text: string) => stderr.write(`\r\u001b[J${text}\r`),
    clearLine: () => stderr.write('\r\u001b[J'),
  }
  const options: Options & { terminal: object } = {
    terminal,
    clearOnComplete: true,
    linewrap: true,
    // The last column stays free.
    format: (_, { maxWidth }, { line }: { line: Line }) =>
      lineText(line, Math.max(maxWidth - 1, 1), signs),
  }
  let bar: SingleBar | undefined
  const stop = (): void => {
    bar?.stop()
    bar = undefined
  }
  return {
    show(line) {
      if (bar !== undefined) return bar.update(0, { line })
      bar = new cliProgress.SingleBar(options)
      bar.start(1, 0, { line })
    },
    note(text, style) {
      stop()
      output.note(text, style)
    },
    stop,
  }
}

/** A report, with figures computed from this report and earlier ones. */
interface Figures extends LoadReport {
  /** Rows per second that a load sent or a check read, during the last seconds; the average covers the whole run. */
  readonly rowsPerSec: number
  readonly averageRowsPerSec: number
  readonly bytesPerSec: number
  /** The share of the rows read that has a known outcome. */
  readonly settledShare: number
  /** undefined in the first second, and if the size of the input is unknown. */
  readonly leftMs: number | undefined
}

/** The length of "now": long enough for a steady rate, short enough to show that a server slows down. */
const windowMs = 5_000

/** A rate over a shorter time is too uncertain to show the time left. */
const earliestLeftMs = 1_000

/** The returned function expects every report of one run, in order. */
export function newFigures(): (report: LoadReport) => Figures {
  let samples: { elapsedMs: number; sentRows: number; doneBytes: number }[] = []
  let hasLooked = false
  let beganMs: number | undefined
  return report => {
    const { elapsedMs, bytesRead, rows, totalBytes, phase } = report
    // The rates do not include the time for connecting and for finding the columns of a new table.
    if (phase === 'looking' || phase === 'connecting') {
      hasLooked ||= phase === 'looking'
      const none = { rowsPerSec: 0, averageRowsPerSec: 0, bytesPerSec: 0 }
      return { ...report, ...none, settledShare: 0, leftMs: undefined }
    }
    const sentRows = phase === 'checking' ? rows.read : report.sentRows
    beganMs ??= hasLooked || bytesRead === 0 ? elapsedMs : 0
    const settled = rows.confirmed + rows.filtered + rows.rejected + rows.skipped
    const settledShare = rows.read === 0 ? 0 : Math.min(1, settled / rows.read)
    // Rows differ in length, so this is an estimate. If rows are confirmed only at the end, or not at all, only the bytes read show progress.
    const doneBytes = rows.confirmed === 0 ? bytesRead : Math.round(bytesRead * settledShare)
    samples = samples.filter(sample => sample.elapsedMs >= elapsedMs - windowMs)
    const from = samples[0] ?? { elapsedMs: beganMs, sentRows: 0, doneBytes: 0 }
    samples.push({ elapsedMs, sentRows, doneBytes })
    const seconds = Math.max(elapsedMs - beganMs, 1) / 1000
    const recently = Math.max(elapsedMs - from.elapsedMs, 1) / 1000
    const isShort = elapsedMs - from.elapsedMs < earliestLeftMs
    const doneNow = (doneBytes - from.doneBytes) / recently
    const donePerSec = isShort || doneNow <= 0 ? doneBytes / seconds : doneNow
    const left = totalBytes === undefined ? 0 : totalBytes - doneBytes
    const isReading = phase === 'loading' || phase === 'checking'
    const isTimed = isReading && elapsedMs - beganMs >= earliestLeftMs && donePerSec > 0 && left > 0
    return {
      ...report,
      rowsPerSec: isShort ? sentRows / seconds : (sentRows - from.sentRows) / recently,
      averageRowsPerSec: sentRows / seconds,
      bytesPerSec: bytesRead / seconds,
      settledShare,
      leftMs: isTimed ? (left / donePerSec) * 1000 : undefined,
    }
  }
}

/** One line that shows progress. */
export interface Line {
  /** How long the bar is, from 0 to 1; undefined: no bar. */
  readonly share?: number | undefined
  /** The share of the bar that is settled; default: the whole bar. */
  readonly settled?: number
  /** In the order of their importance: a narrow terminal shows only the first. */
  readonly parts: readonly (string | undefined)[]
}

type Signs = readonly [settled: string, sent: string, rest: string]

/** The characters of the bar: ASCII if the terminal's locale is not UTF-8. */
export function signsOf(environment: Readonly<Record<string, string | undefined>>): Signs {
  const locale = environment['LC_ALL'] || environment['LC_CTYPE'] || environment['LANG'] || ''
  return /utf-?8/i.test(locale) ? ['█', '▒', '░'] : ['#', '=', '.']
}

const barColumns = 16

/** The line for a terminal: leaves out the last parts until it fits. */
export function lineText({ share, settled = 1, parts }: Line, width: number, signs: Signs): string {
  const kept = parts.filter(part => part !== undefined)
  if (share !== undefined) {
    const upTo = Math.floor(barColumns * share)
    const first = Math.floor(barColumns * share * settled)
    const lengths = [first, upTo - first, barColumns - upTo]
    kept.unshift(`${signs.map((sign, i) => sign.repeat(lengths[i]!)).join('')} ${percent(share)}`)
  }
  while (kept.length > 1 && displayWidth(kept.join('  ')) > width) kept.pop()
  return clip(kept.join('  '), width)
}

/** The line for a log: `0:10  25%  0:30 left  confirmed …`. */
export function logText(figures: Figures): string {
  const { share, parts } = lineOf(figures, grouped)
  const done = share === undefined ? undefined : percent(share)
  return [clockText(figures.elapsedMs), done, ...parts].filter(Boolean).join('  ')
}

const percent = (share: number): string => `${Math.floor(share * 100)}%`

/** The progress of a run. @param number  writes a count of rows */
export function lineOf(figures: Figures, number: (count: number) => string): Line {
  const { phase, rows, input, leftMs, settledShare, rowsPerSec, averageRowsPerSec } = figures
  if (phase === 'connecting') return { parts: [phase] }
  if (phase === 'looking') return lookLine(figures)
  const isCheck = phase === 'checking'
  const counts: Readonly<Record<string, number>> = isCheck
    ? { read: rows.read }
    : { confirmed: rows.confirmed, sent: figures.sentRows }
  return {
    share: shareOf(figures),
    settled: settledShare,
    parts: [
      leftMs === undefined ? undefined : `${clockText(leftMs)} left`,
      phase === 'confirming' ? phase : undefined,
      ...Object.entries(counts).map(([name, count]) => `${name} ${number(count)}`),
      rows.rejected === 0 ? undefined : `rejected ${number(rows.rejected)}`,
      `${shortCount(rowsPerSec)} rows/s`,
      input === undefined || input.count < 2 ? undefined : fileText(input),
      bytesPart(figures),
      `average ${shortCount(averageRowsPerSec)}`,
      rows.skipped === 0 ? undefined : `confirmed earlier ${number(rows.skipped)}`,
      `${bytesText(figures.bytesPerSec)}/s`,
      isCheck ? undefined : `in flight ${bytesText(figures.inFlightBytes)}`,
    ],
  }
}

type Place = Pick<LoadReport, 'bytesRead' | 'totalBytes' | 'input'>

/** Progress while inputs are inspected: number of the current file, or bytes read of a single input. */
export function lookLine(at: Place): Line {
  const { number, count } = at.input ?? { number: 1, count: 1 }
  if (count < 2) return { share: shareOf(at), parts: [`looking at the input  ${bytesPart(at)}`] }
  const share = Math.min(Math.max(number - 1, 0) / count, 1)
  return { share, parts: [`looking at ${fileText({ number, count })}`] }
}

/** The share of the input that has been read, at most 1 even if a file grows; undefined if the size is unknown. */
function shareOf({ bytesRead, totalBytes }: Place): number | undefined {
  return totalBytes === undefined || totalBytes === 0
    ? undefined
    : Math.min(1, bytesRead / totalBytes)
}

function bytesPart({ bytesRead, totalBytes }: Place): string {
  const read = bytesText(bytesRead)
  return totalBytes === undefined ? read : `${read} of ${bytesText(totalBytes)}`
}

const fileText = ({ number, count }: { number: number; count: number }): string =>
  `file ${grouped(number)} of ${grouped(count)}`
