/*
  Lines of a terminal that cli-progress draws again and again, gone at the end. It decides when; how is decided here, as its own way
  hides the cursor and ends the wrapping of lines, which nobody would undo if the process were killed. The cursor rests where the
  lines begin: whatever a terminal that becomes narrower makes of them follows it, and is cleared.
*/
import type { Options, SingleBar } from 'cli-progress'
import type { TerminalOutput } from '../process-environment.js'
import type { Output, Style } from './output.js'

/** What is drawn on a terminal of so many columns: lines that are at least one column shorter. */
export type Frame = (columns: number) => readonly string[]

/** Nothing is drawn before the first `show`. */
export interface Bar {
  show(frame: Frame): void
  /** A sentence that stays, above the lines. */
  note(text: string, style?: Style): void
  stop(): void
}

/** Of terminals that do not tell. */
const usualColumns = 80

const escape = '\u001b'

/** What cli-progress asks of a terminal. */
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

/** cli-progress is loaded here, when a line is going to be drawn. */
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
