/*
  Shows the progress of a run: a bar on a terminal, else one line every ten seconds, or nothing.
*/
import type { LoadReport } from '../../load/options.js'
import { openBar } from './bar.js'
import { newFigures } from './figures.js'
import { canRedraw, type Output, type Style } from './output.js'
import type { ProgressStyle } from '../options/output-options.js'
import type { ProcessEnvironment } from '../process-environment.js'
import { barLines, lineText, progressFields, signsOf } from './progress-text.js'

const plainLineEveryMs = 10_000

export interface Progress {
  report(report: LoadReport): void
  /** Prints a sentence that stays on the screen, above the bar if there is one. */
  note(text: string, style?: Style): void
  stop(): void
}

/** @param style  `bar` draws a bar on any terminal, `auto` only if it can redraw; otherwise both print lines */
export async function startProgress(
  style: ProgressStyle,
  quiet: boolean,
  output: Output,
  processEnvironment: ProcessEnvironment,
): Promise<Progress> {
  const { stderr, environment } = processEnvironment
  if (quiet || style === 'none') {
    return {
      report: () => undefined,
      note: (text, style) => (quiet ? undefined : output.note(text, style)),
      stop: () => undefined,
    }
  }
  const bar = style === 'bar' ? stderr.isTTY === true : canRedraw(stderr, environment)
  if (style === 'plain' || !bar) return plainProgress(output)
  return barProgress(output, processEnvironment)
}

function plainProgress(output: Output): Progress {
  let nextLineMs = plainLineEveryMs
  const figuresOf = newFigures()
  return {
    report(report) {
      const figures = figuresOf(report)
      // Prints nothing in these two phases: they load no rows, and users read a log for row counts.
      const isNoRows = report.phase === 'looking' || report.phase === 'done'
      if (report.elapsedMs < nextLineMs || isNoRows) return
      nextLineMs = (Math.floor(report.elapsedMs / plainLineEveryMs) + 1) * plainLineEveryMs
      if (!output.event('progress', progressFields(figures))) {
        output.note(lineText(figures, output.words()))
      }
    },
    note: (text, style) => output.note(text, style),
    stop: () => undefined,
  }
}

async function barProgress(
  output: Output,
  { stderr, environment }: ProcessEnvironment,
): Promise<Progress> {
  const bar = await openBar(output, stderr)
  const signs = signsOf(environment)
  const figuresOf = newFigures()
  return {
    report(report) {
      const figures = figuresOf(report)
      bar.show(columns => barLines(figures, columns, signs, output.words()))
    },
    note: (text, style) => bar.note(text, style),
    stop: () => bar.stop(),
  }
}
