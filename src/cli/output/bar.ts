/*
  One line of a terminal that cli-progress draws again and again: the bar, its percentage, figures and the remaining
  time. It is gone at the end.
*/
import type { Options, SingleBar } from 'cli-progress'
import type { TerminalOutput } from '../process-environment.js'
import type { Output, Style } from './output.js'
import { clip, clockText } from './terminal-text.js'

/** How far something is. */
export interface Advance {
  value: number
  /** In the unit of `value`; undefined where nobody knows. */
  total: number | undefined
  /** Drawn behind the bar. */
  figures: string
  /** Whether the remaining time can be told. */
  timed: boolean
}

/** Nothing is drawn before the first `show`. */
export interface Bar {
  show(advance: Advance): void
  /** A sentence that stays, above the line. */
  note(text: string, style?: Style): void
  stop(): void
}

/** cli-progress is loaded here, when a line is going to be drawn. */
export async function openBar(output: Output, stderr: TerminalOutput): Promise<Bar> {
  const { default: cliProgress } = await import('cli-progress')
  const { Format, Presets, SingleBar } = cliProgress
  const options: Options = {
    stream: stderr,
    clearOnComplete: true,
    hideCursor: true,
    barsize: 16,
    // Enough for a steady figure, few enough to follow a server that slows down.
    etaBuffer: 50,
    formatTime: seconds => (Number.isFinite(seconds) ? clockText(Number(seconds) * 1000) : '-'),
    format: (given, params, payload: { format: string }) =>
      clip(
        Format.Formatter({ ...given, format: payload.format }, params, payload),
        params.maxWidth - 1,
      ),
  }
  let bar: SingleBar | undefined
  const stop = (): void => {
    bar?.stop()
    bar = undefined
  }
  return {
    show(advance) {
      const { value, total, figures } = advance
      const payload = { format: formatOf(advance), figures }
      if (bar === undefined) {
        bar = new SingleBar(options, Presets.shades_classic)
        bar.start(total ?? 0, value, payload)
        return
      }
      bar.setTotal(total ?? 0)
      bar.update(value, payload)
    },
    note(text, style) {
      // Not only its line is cleared: when the bar ends the cursor returns to where it began, which has to be below.
      stop()
      output.note(text, style)
    },
    stop,
  }
}

function formatOf({ total, timed }: Advance): string {
  if (total === undefined) return '{figures}'
  return `{bar} {percentage}%  {figures}${timed ? '  ETA {eta_formatted}' : ''}`
}
