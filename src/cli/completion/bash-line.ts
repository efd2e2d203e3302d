/*
  Splits a typed command line into words, as bash does, but expands and runs nothing, not even `$(…)`.
*/

export interface TypedLine {
  /** The complete words after the program name. */
  readonly before: readonly string[]
  /** The part of the last word before the cursor, without quotes; empty after a blank. */
  readonly current: string
}

/** Reads the last command of a typed line up to the cursor, without assignments (`A=1`) and redirections (`> file`). */
export function readBashLine(line: string): TypedLine {
  const words: string[] = []
  let word: string | undefined
  let isPlace = false
  const end = (): void => {
    const isAssignment = words.length === 0 && /^\w+=/.test(word ?? '')
    if (word !== undefined && !isPlace && !isAssignment) words.push(word)
    if (word !== undefined) isPlace = false
    word = undefined
  }
  for (let at = 0; at < line.length; at++) {
    const sign = line[at]!
    if (sign === '\\') {
      word = (word ?? '') + (line[++at] ?? '')
    } else if (sign === "'" || sign === '"') {
      const [text, next] = quoted(line, at)
      word = (word ?? '') + text
      at = next
    } else if (/\s/.test(sign)) {
      end()
    } else if (sign === '<' || sign === '>') {
      // The digit in 2> belongs to the redirection.
      if (/^\d+$/.test(word ?? '')) word = undefined
      end()
      isPlace = true
      while (/[<>&|]/.test(line[at + 1] ?? '')) at++
    } else if (/[;|&]/.test(sign)) {
      if (line[at + 1] === '>') continue
      end()
      words.length = 0
    } else {
      word = (word ?? '') + sign
    }
  }
  return { before: words.slice(1), current: word ?? '' }
}

/** The text in quotes, and the index of the closing quote; the end of the line if the quotes are still open. */
function quoted(line: string, start: number): readonly [text: string, end: number] {
  const quote = line[start]!
  let text = ''
  for (let at = start + 1; at < line.length; at++) {
    if (line[at] === quote) return [text, at]
    if (quote === '"' && line[at] === '\\' && /["$`\\]/.test(line[at + 1] ?? '')) at++
    text += line[at]
  }
  return [text, line.length]
}
