/*
  Redraws lines on a terminal, and clears them at the end. cli-progress decides when to draw. This file draws, because
  cli-progress hides the cursor and turns off line wrapping, and a killed process could not restore either. The cursor
  rests where the lines begin: even if a narrower terminal wraps the lines, all of them are after the cursor.
*/
import type { Options, SingleBar } from 'cli-progress'
import type { TerminalOutput } from '../process-environment.js'
import type { Output, Style } from './output.js'

/** The lines for a terminal with this many columns; each line must leave the last column free. */
export type Frame = (columns: number) => readonly string[]

/** Draws nothing before the first `show`. */
export interface Bar {
  show(frame: Frame): void
  /** Prints a sentence that stays above the lines. */
  note(text: string, style?: Style): void
  stop(): void
}

/** Assumed if the terminal does not report its width. */
const usualColumns = 80

const escape = '\u001b'

/** The terminal as cli-progress expects it. */
function terminalOf(stderr: TerminalOutput): object {
  const nothing = (): undefined => undefined
  return {
    cursorSave: nothing,
    cursorRestore: nothing,
    cursor: nothing,
    lineWrapping: nothing,
    cursorTo: nothing,
    clearRight: nothing,
    isTTY: () => true,
    getWidth: () => stderr.columns || usualColumns,
    write(text: string) {
      const up = text.split('\n').length - 1
      const back = up === 0 ? '' : `${escape}[${up}A`
      stderr.write(`\r${escape}[J${text}${back}\r`)
    },
    clearLine: () => stderr.write(`\r${escape}[J`),
  }
}

/** Loads cli-progress only when a line will be drawn. */
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
