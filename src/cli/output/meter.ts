/*
  One line of a terminal that is drawn again and again, and is gone at the end.
*/
import type { SingleBar } from 'cli-progress'
import type { Output, Style } from './output.js'
import type { TerminalOutput } from '../process-environment.js'
import { clip } from './text.js'

/** Nothing is drawn before the first `show`. */
export interface Meter {
  show(text: string): void
  /** A sentence that stays, above the line. */
  note(text: string, style?: Style): void
  stop(): void
}

const barColumns = 16

/** cli-progress is loaded here, when a line is going to be drawn. */
export async function openMeter(output: Output, stderr: TerminalOutput): Promise<Meter> {
  const { SingleBar } = await import('cli-progress')
  let latest = ''
  let bar: SingleBar | undefined
  const start = (): SingleBar => {
    const started = new SingleBar({
      stream: stderr,
      clearOnComplete: true,
      hideCursor: true,
      // The text has figures of its own, so the line is drawn again although the bar's value never changes.
      forceRedraw: true,
      format: () => clip(latest, (stderr.columns ?? 80) - 1),
    })
    started.start(1, 0)
    return started
  }
  return {
    show(text) {
      latest = text
      bar ??= start()
      bar.update(0)
    },
    note(text, style) {
      // Not only its line is cleared: when the bar ends the cursor returns to where it began, which has to be below.
      bar?.stop()
      bar = undefined
      output.note(text, style)
    },
    stop() {
      bar?.stop()
      bar = undefined
    },
  }
}

/** `████░░░░░░░░░░░░`: 16 columns, filled by a share from 0 to 1. */
export function barOf(share: number): string {
  const full = Math.round(share * barColumns)
  return `${'█'.repeat(full)}${'░'.repeat(barColumns - full)}`
}
