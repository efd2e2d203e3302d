/* Shows the progress of a run in one line: on a terminal with a bar and redrawn, elsewhere printed every ten seconds. */
import type { Options, SingleBar } from 'cli-progress'
import type { LoadReport } from '../../load/options.js'
import type { ProcessEnvironment, TerminalOutput } from '../process-environment.js'
import { clip, clockText, displayWidth, grouped, type Output, type Style } from './output.js'
import { bytesText, shortCount } from '../../parse/cells/cell-bytes.js'

type Place = Pick<LoadReport, 'bytesRead' | 'totalBytes' | 'input'>

/** While inputs are inspected. A terminal shows the place anew at each drawing, because a pipe that delivers nothing causes no event. */
interface LookReport extends Place {
  readonly phase: 'looking'
  readonly elapsedMs: number
}

export interface Progress {
  report(this: void, report: LoadReport | LookReport): void
  /** Prints a sentence that stays on the screen, above the bar if there is one. */
  note(this: void, text: string, style?: Style): void
  stop(this: void): void
}

const plainLineEveryMs = 10_000

/** Shows nothing before the first report. */
export async function startProgress(
  quiet: boolean,
  output: Output,
  { stderr, environment }: Pick<ProcessEnvironment, 'stderr' | 'environment'>,
): Promise<Progress> {
  const nothing = (): undefined => undefined
  if (quiet) return { report: nothing, note: nothing, stop: nothing }
  const isScreen = stderr.isTTY === true && environment['TERM'] !== 'dumb' && !environment['CI']
  if (isScreen) return newBar(output, stderr)
  const lineOf = newLines()
  let nextLineMs = plainLineEveryMs
  return {
    report(report) {
      const { elapsedMs, phase } = report
      const line = lineOf(report)
      // Prints nothing in these two phases: they load no rows, and users read a log for row counts.
      if (elapsedMs < nextLineMs || phase === 'looking' || phase === 'done') return
      nextLineMs = (Math.floor(elapsedMs / plainLineEveryMs) + 1) * plainLineEveryMs
      output.note(`${clockText(elapsedMs)}  ${lineText(line)}`)
    },
    note: output.note,
    stop: nothing,
  }
}

/** The last line of a terminal, which redraws itself. Loads cli-progress, which decides when to redraw. */
async function newBar(output: Output, stderr: TerminalOutput): Promise<Progress> {
  const { default: cliProgress } = await import('cli-progress')
  const lineOf = newLines()
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
    // Its handler would swallow the first Ctrl-C.
    gracefulExit: false,
    linewrap: true,
    // The last column stays free.
    format: (_, { maxWidth }, { line }: { line: () => Line }) =>
      lineText(line(), Math.max(maxWidth - 1, 1)),
  }
  let bar: SingleBar | undefined
  const stop = (): void => {
    bar?.stop()
    bar = undefined
  }
  return {
    report(report) {
      const now = lineOf(report)
      const line = (): Line => (report.phase === 'looking' ? lookLine(report) : now)
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

export interface Line {
  /** The share that is done, from 0 to 1; undefined if it is unknown. */
  readonly share?: number | undefined
  /** In the order of their importance: a narrow terminal shows only the first. */
  readonly parts: readonly (string | undefined)[]
}

/** The length of "now": long enough for a steady rate, short enough to show that a server slows down. */
const windowMs = 5_000

/** A rate over a shorter time is too uncertain to be shown. */
const shortestMs = 1_000

/** The returned function expects every report of one run, in order. */
export function newLines(): (report: LoadReport | LookReport) => Line {
  let samples = [{ elapsedMs: 0, rows: 0, bytes: 0 }]
  return report => {
    // The rates do not include the time for connecting and for finding the columns of a new table.
    if (report.phase === 'looking' || report.phase === 'connecting') {
      samples = [{ elapsedMs: report.elapsedMs, rows: 0, bytes: 0 }]
      return report.phase === 'looking' ? lookLine(report) : { parts: [report.phase] }
    }
    const { phase, elapsedMs, rows, input, totalBytes } = report
    const isCheck = phase === 'checking'
    const bytes = doneBytes(report)
    const now = { elapsedMs, rows: isCheck ? rows.read : report.sentRows, bytes }
    const isRecent = ({ elapsedMs: at }: typeof now): boolean => at >= elapsedMs - windowMs
    samples = [...samples.filter((one, i) => isRecent(one) || i === samples.length - 1), now]
    const [from = now] = samples
    const ms = elapsedMs - from.elapsedMs
    const rowsPerSec = Math.max(0, (now.rows - from.rows) / ms) * 1000
    const leftMs = (((totalBytes ?? 0) - bytes) / (bytes - from.bytes)) * ms
    const isTimed = ms >= shortestMs && leftMs > 0 && Number.isFinite(leftMs)
    return {
      share: shareOf(bytes, totalBytes),
      parts: [
        isTimed && phase !== 'confirming' ? `${clockText(leftMs)} left` : undefined,
        phase === 'confirming' ? phase : undefined,
        isCheck ? `read ${grouped(rows.read)}` : `confirmed ${grouped(rows.confirmed)}`,
        rows.rejected === 0 ? undefined : `rejected ${grouped(rows.rejected)}`,
        ms < shortestMs ? undefined : `${shortCount(rowsPerSec)} rows/s`,
        input === undefined || input.count < 2 ? undefined : fileText(input),
        bytesPart(report),
      ],
    }
  }
}

/** Rows differ in length, so this is an estimate. If rows are confirmed only at the end, or not at all, only the bytes read show progress. */
function doneBytes({ rows, bytesRead }: LoadReport): number {
  const settled = rows.confirmed + rows.filtered + rows.rejected + rows.skipped
  if (rows.confirmed === 0 || settled >= rows.read) return bytesRead
  return Math.round((bytesRead * settled) / rows.read)
}

const barColumns = 16

/** The line for a log; for a terminal of this width, with a bar, and without the last parts if they do not fit. */
export function lineText({ share, parts }: Line, width = Infinity): string {
  const kept = parts.filter(part => part !== undefined)
  if (share !== undefined) {
    // ASCII, for terminals whose locale is not UTF-8.
    const bar = `${'#'.repeat(barColumns * share).padEnd(barColumns, '.')} `
    kept.unshift(`${width === Infinity ? '' : bar}${Math.floor(share * 100)}%`)
  }
  while (kept.length > 1 && displayWidth(kept.join('  ')) > width) kept.pop()
  return clip(kept.join('  '), width)
}

/** Progress while inputs are inspected: number of the current file, or bytes read of a single input. */
function lookLine(at: Place): Line {
  const { number, count } = at.input ?? { number: 1, count: 1 }
  if (count < 2) {
    const share = shareOf(at.bytesRead, at.totalBytes)
    return { share, parts: [`looking at the input  ${bytesPart(at)}`] }
  }
  const share = Math.min(Math.max(number - 1, 0) / count, 1)
  return { share, parts: [`looking at ${fileText({ number, count })}`] }
}

/** At most 1 even if a file grows; undefined if the size is unknown. */
function shareOf(bytes: number, totalBytes: number | undefined): number | undefined {
  return totalBytes ? Math.min(1, bytes / totalBytes) : undefined
}

function bytesPart({ bytesRead, totalBytes }: Place): string {
  const read = bytesText(bytesRead)
  return totalBytes === undefined ? read : `${read} of ${bytesText(totalBytes)}`
}

const fileText = ({ number, count }: { number: number; count: number }): string =>
  `file ${grouped(number)} of ${grouped(count)}`

/** Progress since the run began: time in ms, and rows. */
export interface Moment {
  readonly elapsedMs: number
  readonly sentRows: number
  readonly confirmedRows: number
}

export type Timeline = ReturnType<typeof newTimeline>

const mostMoments = 400

/** Drops every second moment whenever there are too many: memory does not grow with the length of a run. */
export function newTimeline() {
  let moments: Moment[] = []
  let latest: Moment | undefined
  let every = 1
  let seen = 0
  return {
    add: ({ elapsedMs, sentRows, rows: { confirmed: confirmedRows } }: LoadReport): void => {
      latest = { elapsedMs, sentRows, confirmedRows }
      if (seen++ % every !== 0) return
      moments.push(latest)
      if (moments.length < mostMoments) return
      moments = moments.filter((_, index) => index % 2 === 0)
      every *= 2
    },
    moments: (): readonly Moment[] =>
      latest === undefined || latest === moments.at(-1) ? moments : [...moments, latest],
  }
}
