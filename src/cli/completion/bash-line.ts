/*
  The words of a command line that is being typed, as bash would give them to the program. Nothing is run or expanded for it: neither
  `$(…)` nor `>` may do anything because somebody asked what could come next.
*/

/** A line up to the cursor. */
export interface TypedLine {
  /** Whole words after the name of the program. */
  readonly before: readonly string[]
  /** The word that ends at the cursor, without its quotes; empty after a blank. */
  readonly current: string
}

/** Reads the line of one command; what stands before its name (`A=1`) and where its output goes (`> file`) are no words of it. */
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
      // The digit of 2> belongs to it.
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

/** What is in quotes, and where they end: with the line, if they are still open. */
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
