/* A terminal for tests: the contents of its screen after all output. It knows the few control sequences that the program may send, and
   throws for any other sequence, such as one that hides the cursor or stops wrapping. */

export interface Screen {
  write(text: string): void
  /** The lines from the top of the screen, without trailing blanks. */
  lines(): string[]
  /** Position of the cursor, from 0. */
  cursor(): { row: number; column: number }
}

// eslint-disable-next-line no-control-regex -- a terminal acts on control characters
const piece = /\u001b\[(\d*)([A-Za-z])|[\r\n]|[^\u001b\r\n]+|[^]/g

/** Lines do not wrap here, because the program keeps every line narrower than the screen. */
export function newScreen(): Screen {
  const lines: string[] = ['']
  let row = 0
  let column = 0
  const put = (text: string): void => {
    const line = (lines[row] ?? '').padEnd(column)
    lines[row] = line.slice(0, column) + text + line.slice(column + text.length)
    column += text.length
  }
  const act = (sign: string, count: number): void => {
    if (sign === 'A') row = Math.max(0, row - count)
    else if (sign === 'J') {
      lines[row] = (lines[row] ?? '').slice(0, column)
      lines.length = row + 1
    } else if (sign !== 'm') throw new Error(`the program sent CSI ${count}${sign}`)
  }
  return {
    write(text) {
      for (const [whole, count, sign] of text.matchAll(piece)) {
        if (sign !== undefined) act(sign, count === '' ? 1 : Number(count))
        else if (whole === '\r') column = 0
        else if (whole === '\n') {
          row++
          column = 0
          lines[row] ??= ''
        } else if (whole === '\u001b') throw new Error('the program sent an escape sequence')
        else put(whole)
      }
    },
    lines: () => lines.map(line => line.trimEnd()),
    cursor: () => ({ row, column }),
  }
}
