/*
  How a run is watched: a bar on a terminal, else one line every ten seconds, or nothing.
*/
import type { LoadReport } from '../../load/options.js'
import { barOf, openMeter } from './meter.js'
import { canRedraw, type Output, type Style } from './output.js'
import type { ProgressStyle } from '../options/output-options.js'
import type { ProcessEnvironment, TerminalOutput } from '../process-environment.js'
import { bytesText, clockText, grouped, rough } from './text.js'

const plainLineEveryMs = 10_000

/** Who watches a run. */
export interface Progress {
  report(report: LoadReport): void
  /** A sentence that has to stay on the screen, above a bar if there is one. */
  note(text: string, style?: Style): void
  /** Takes the bar away. */
  stop(): void
}

/**
 * @param style  `auto` draws a bar where the terminal can redraw; `bar` wants one, but never without a terminal
 */
export async function startProgress(
  style: ProgressStyle,
  quiet: boolean,
  output: Output,
  { stderr, environment }: ProcessEnvironment,
): Promise<Progress> {
  if (quiet || style === 'none') {
    return {
      report: () => undefined,
      note: (text, style) => (quiet ? undefined : output.note(text, style)),
      stop: () => undefined,
    }
  }
  const bar = style === 'bar' ? stderr.isTTY === true : canRedraw(stderr, environment)
  if (style === 'plain' || !bar) return plainProgress(output)
  return barProgress(output, stderr)
}

function plainProgress(output: Output): Progress {
  let nextLineMs = plainLineEveryMs
  return {
    report(report) {
      if (report.elapsedMs < nextLineMs || report.phase === 'done') return
      nextLineMs = (Math.floor(report.elapsedMs / plainLineEveryMs) + 1) * plainLineEveryMs
      output.note(`${clockText(report.elapsedMs)}  ${progressText(report)}`)
    },
    note: (text, style) => output.note(text, style),
    stop: () => undefined,
  }
}

async function barProgress(output: Output, stderr: TerminalOutput): Promise<Progress> {
  const meter = await openMeter(output, stderr)
  return {
    report: report => meter.show(barText(report)),
    note: (text, style) => meter.note(text, style),
    stop: () => meter.stop(),
  }
}

/** Share of the input read, by compressed bytes; undefined for pipes. */
function shareOf(report: LoadReport): number | undefined {
  if (report.totalBytes === undefined || report.totalBytes === 0) return undefined
  return Math.min(1, report.bytesRead / report.totalBytes)
}

/** The bar and its figures; without a bar where nobody knows how much there is. */
export function barText(report: LoadReport): string {
  const share = shareOf(report)
  return share === undefined ? progressText(report) : `${barOf(share)} ${progressText(report)}`
}

/** `12%  1.20M rows/s  53.1 MB/s  in flight 4.0 MB  confirmed 1,200,000  rejected 3  ETA 0:12`. */
export function progressText(report: LoadReport): string {
  const { rows, elapsedMs, bytesRead, inFlightBytes, phase } = report
  if (phase === 'connecting') return 'connecting'
  const seconds = Math.max(elapsedMs, 1) / 1000
  const share = shareOf(report)
  const parts = [
    share === undefined ? undefined : `${Math.floor(share * 100)}%`,
    `${rough(report.sentRows / seconds)} rows/s`,
    `${bytesText(bytesRead / seconds)}/s`,
    `in flight ${bytesText(inFlightBytes)}`,
    `confirmed ${grouped(rows.confirmed)}`,
    rows.rejected === 0 ? undefined : `rejected ${grouped(rows.rejected)}`,
    etaText(report, share),
  ]
  return parts.filter(part => part !== undefined).join('  ')
}

function etaText({ phase, elapsedMs }: LoadReport, share: number | undefined): string | undefined {
  if (phase === 'confirming') return 'confirming'
  if (share === undefined || share === 0 || share === 1) return undefined
  return `ETA ${clockText((elapsedMs * (1 - share)) / share)}`
}
