/*
  How a run is watched: a bar on a terminal, else one line every ten seconds, or nothing.
*/
import type { LoadReport } from '../../load/options.js'
import { openBar, type Advance } from './bar.js'
import { canRedraw, type Output, type Style } from './output.js'
import type { ProgressStyle } from '../options/output-options.js'
import type { ProcessEnvironment, TerminalOutput } from '../process-environment.js'
import { bytesText, clockText, grouped, rough } from './terminal-text.js'

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
      output.note(lineText(report))
    },
    note: (text, style) => output.note(text, style),
    stop: () => undefined,
  }
}

async function barProgress(output: Output, stderr: TerminalOutput): Promise<Progress> {
  const bar = await openBar(output, stderr)
  return {
    report: report => bar.show(advanceOf(report)),
    note: (text, style) => bar.note(text, style),
    stop: () => bar.stop(),
  }
}

/** Compressed bytes tell how far a run is; of a pipe nobody knows how much there is. */
function advanceOf(report: LoadReport): Advance {
  const { bytesRead, totalBytes, phase } = report
  const isKnown = phase !== 'connecting' && totalBytes !== undefined && totalBytes > 0
  return {
    value: Math.min(bytesRead, totalBytes ?? Infinity),
    total: isKnown ? totalBytes : undefined,
    figures: figuresText(report),
    timed: phase === 'loading' && isKnown && bytesRead > 0 && bytesRead < totalBytes,
  }
}

/** `1.20M rows/s  53.1 MB/s  in flight 4.0 MB  confirmed 1,200,000  rejected 3`. */
function figuresText({
  rows,
  sentRows,
  elapsedMs,
  bytesRead,
  inFlightBytes,
  phase,
}: LoadReport): string {
  if (phase === 'connecting') return 'connecting'
  const seconds = Math.max(elapsedMs, 1) / 1000
  const parts = [
    `${rough(sentRows / seconds)} rows/s`,
    `${bytesText(bytesRead / seconds)}/s`,
    `in flight ${bytesText(inFlightBytes)}`,
    `confirmed ${grouped(rows.confirmed)}`,
    rows.skipped === 0 ? undefined : `from before ${grouped(rows.skipped)}`,
    rows.rejected === 0 ? undefined : `rejected ${grouped(rows.rejected)}`,
    phase === 'confirming' ? 'confirming' : undefined,
  ]
  return parts.filter(part => part !== undefined).join('  ')
}

/** `0:20  12%  1.20M rows/s  …  ETA 2:26`: without a terminal, where cli-progress draws nothing. */
function lineText(report: LoadReport): string {
  const { value, total, figures, timed } = advanceOf(report)
  const parts = [clockText(report.elapsedMs)]
  if (total !== undefined) parts.push(`${Math.floor((value / total) * 100)}%`)
  parts.push(figures)
  if (total !== undefined && timed) {
    parts.push(`ETA ${clockText((report.elapsedMs * (total - value)) / value)}`)
  }
  return parts.join('  ')
}
