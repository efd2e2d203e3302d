/*
  Shows the progress of a run: lines that redraw themselves on a terminal, elsewhere one line every ten seconds.
*/
import type { Options, SingleBar } from 'cli-progress'
import type { LoadReport } from '../../load/options.js'
import type { ProcessEnvironment, TerminalOutput } from '../process-environment.js'
import { canRedraw, type Output, type Style } from './output.js'
import { bytesText, clip, clockText, displayWidth, grouped, shortCount } from './terminal-text.js'

export interface Progress {
  report(report: LoadReport): void
  /** Prints a sentence that stays on the screen, above the bar if there is one. */
  note(text: string, style?: Style): void
  stop(): void
}

const plainLineEveryMs = 10_000

export async function startProgress(
  quiet: boolean,
  output: Output,
  { stderr, environment }: Pick<ProcessEnvironment, 'stderr' | 'environment'>,
): Promise<Progress> {
  if (quiet) return { report: () => undefined, note: () => undefined, stop: () => undefined }
  const figuresOf = newFigures()
  if (canRedraw(stderr, environment)) {
    const bar = await openBar(output, stderr)
    const signs = signsOf(environment)
    return {
      report(report) {
        const figures = figuresOf(report)
        bar.show(columns => barLines(figures, columns, signs))
      },
      note: bar.note,
      stop: bar.stop,
    }
  }
  let nextLineMs = plainLineEveryMs
  return {
    report(report) {
      const figures = figuresOf(report)
      // Prints nothing in these two phases: they load no rows, and users read a log for row counts.
      const isNoRows = report.phase === 'looking' || report.phase === 'done'
      if (report.elapsedMs < nextLineMs || isNoRows) return
      nextLineMs = (Math.floor(report.elapsedMs / plainLineEveryMs) + 1) * plainLineEveryMs
      output.note(lineText(figures))
    },
    note: output.note,
    stop: () => undefined,
  }
}

/** The lines for a terminal with this many columns; each must leave the last column free. */
type Frame = (columns: number) => readonly string[]

/** Lines at the bottom of a terminal. Draws nothing before the first `show`. */
export interface Bar {
  show(this: void, frame: Frame): void
  /** Prints a sentence that stays above the lines. */
  note(this: void, text: string, style?: Style): void
  stop(this: void): void
}

const escape = '\u001b'

/**
 * The terminal as cli-progress expects it. The cursor stays visible and rests where the lines begin: even if a narrower
 * terminal wraps the lines, all of them are after the cursor, and a killed process leaves nothing to restore.
 */
function terminalOf(stderr: TerminalOutput): object {
  const nothing = (): undefined => undefined
  const unused = ['cursorSave', 'cursorRestore', 'cursor', 'lineWrapping', 'cursorTo', 'clearRight']
  return {
    ...Object.fromEntries(unused.map(name => [name, nothing])),
    isTTY: () => true,
    getWidth: () => stderr.columns || 80,
    write(text: string) {
      const up = text.split('\n').length - 1
      stderr.write(`\r${escape}[J${text}${up === 0 ? '' : `${escape}[${up}A`}\r`)
    },
    clearLine: () => stderr.write(`\r${escape}[J`),
  }
}

/** Loads cli-progress, which decides when to redraw, only if lines will be drawn. */
export async function openBar(output: Output, stderr: TerminalOutput): Promise<Bar> {
  const { default: cliProgress } = await import('cli-progress')
  const options: Options & { terminal: object } = {
    terminal: terminalOf(stderr),
    clearOnComplete: true,
    linewrap: true,
    format: (_, { maxWidth }, { frame }: { frame: Frame }) => frame(maxWidth).join('\n'),
  }
  let bar: SingleBar | undefined
  const stop = (): void => {
    bar?.stop()
    bar = undefined
  }
  return {
    show(frame) {
      if (bar !== undefined) return bar.update(0, { frame })
      bar = new cliProgress.SingleBar(options)
      bar.start(1, 0, { frame })
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

type Signs = readonly [confirmed: string, sent: string, rest: string]

/** The characters of the bar: ASCII if the terminal's locale is not UTF-8. */
export function signsOf(environment: Readonly<Record<string, string | undefined>>): Signs {
  const locale = environment['LC_ALL'] || environment['LC_CTYPE'] || environment['LANG'] || ''
  return /utf-?8/i.test(locale) ? ['█', '▒', '░'] : ['#', '=', '.']
}

/** From this terminal width on, counts of rows are shown with all digits. */
const wideColumns = 120

/** The lines that show progress; each fits the width of the terminal. */
export function barLines(figures: Figures, columns: number, signs: Signs): string[] {
  const width = Math.max(columns - 1, 1)
  if (figures.phase === 'connecting') return [clip('connecting', width)]
  if (figures.phase === 'looking') return [lookText(figures, width, signs)]
  const barColumns = Math.max(8, Math.min(40, Math.floor(width * 0.3)))
  const number = columns >= wideColumns ? grouped : shortCount
  return [
    fitting(width, [barText(figures, barColumns, signs), ...placeParts(figures)]),
    fitting(width, rowParts(figures, number)),
  ].filter(line => line !== '')
}

/** `0:10  25%  250 kB of 1.00 MB  file 3 of 1,000  sent …`: a line of a log. */
export function lineText(figures: Figures): string {
  const { elapsedMs, phase } = figures
  const share = shareOf(figures)
  const parts =
    phase === 'connecting'
      ? [phase]
      : [share && percentText(share), ...placeParts(figures), ...rowParts(figures, grouped)]
  return fitting(Infinity, [clockText(elapsedMs), ...parts])
}

/** A part of a line; parts come in the order of their importance. */
type Part = string | undefined | 0

function placeParts(figures: Figures): Part[] {
  const { leftMs, phase, input } = figures
  return [
    leftMs === undefined ? undefined : `${clockText(leftMs)} left`,
    phase === 'confirming' ? phase : undefined,
    input === undefined || input.count < 2
      ? undefined
      : `file ${grouped(input.number)} of ${grouped(input.count)}`,
    bytesPart(figures),
  ]
}

function rowParts(figures: Figures, number: (count: number) => string): Part[] {
  const { rows, sentRows, rowsPerSec, averageRowsPerSec, bytesPerSec, inFlightBytes } = figures
  const isCheck = figures.phase === 'checking'
  return [
    ...(isCheck
      ? [`read ${number(rows.read)}`]
      : [`confirmed ${number(rows.confirmed)}`, `sent ${number(sentRows)}`]),
    rows.rejected === 0 ? undefined : `rejected ${number(rows.rejected)}`,
    `${shortCount(rowsPerSec)} rows/s`,
    `average ${shortCount(averageRowsPerSec)}`,
    rows.skipped === 0 ? undefined : `confirmed earlier ${number(rows.skipped)}`,
    `${bytesText(bytesPerSec)}/s`,
    isCheck ? undefined : `in flight ${bytesText(inFlightBytes)}`,
  ]
}

/** Leaves out the last parts until the line fits. */
function fitting(width: number, parts: readonly Part[]): string {
  const kept = parts.filter(Boolean)
  while (kept.length > 1 && displayWidth(kept.join('  ')) > width) kept.pop()
  return clip(kept.join('  '), width)
}

type BytesRead = Pick<Figures, 'bytesRead' | 'totalBytes'>

/** The share of the input that has been read, at most 1 even if a file grows; undefined if the size is unknown. */
function shareOf({ bytesRead, totalBytes }: BytesRead): number | undefined {
  if (totalBytes === undefined || totalBytes === 0) return undefined
  return Math.min(1, bytesRead / totalBytes)
}

const percentText = (share: number): string => `${Math.floor(share * 100)}%`

function barText(figures: Figures, columns: number, [confirmed, sent, rest]: Signs): Part {
  const share = shareOf(figures)
  if (share === undefined) return undefined
  const { bytesRead, settledBytes } = figures
  const upTo = Math.floor(columns * share)
  const settled = Math.floor(columns * share * (bytesRead === 0 ? 0 : settledBytes / bytesRead))
  const bar = confirmed.repeat(settled) + sent.repeat(upTo - settled) + rest.repeat(columns - upTo)
  return `${bar} ${percentText(share)}`
}

const usualBar = 16

/** A bar for one share, its percentage, and the name of the current step. @param share  from 0 to 1 */
export function shareText(
  share: number,
  name: string,
  width: number,
  [done, , rest]: Signs,
): string {
  const columns = Math.floor(usualBar * Math.min(share, 1))
  const bar = done.repeat(columns) + rest.repeat(usualBar - columns)
  return clip(`${bar} ${percentText(share)}  ${name}`, width)
}

/** Progress while a load inspects its inputs: number of the current file, or bytes read of a single input. */
export function lookText(
  at: BytesRead & Pick<Figures, 'input'>,
  width: number,
  signs: Signs,
): string {
  const { number = 1, count = 1 } = at.input ?? {}
  if (count > 1) {
    const text = `looking at file ${grouped(number)} of ${grouped(count)}`
    return shareText(Math.max(number - 1, 0) / count, text, width, signs)
  }
  const text = `looking at the input  ${bytesPart(at)}`
  const share = shareOf(at)
  return share === undefined ? clip(text, width) : shareText(share, text, width, signs)
}

function bytesPart({ bytesRead, totalBytes }: BytesRead): string {
  const read = bytesText(bytesRead)
  return totalBytes === undefined ? read : `${read} of ${bytesText(totalBytes)}`
}
