/* Text for people: removes or escapes control characters, measures widths on terminals, formats numbers with units. */
import { eastAsianWidth } from 'get-east-asian-width'
import { escapeControls } from '../../platform/control-characters.js'
import { nearestNames } from '../../schema/nearest.js'

// Removed before single control characters: otherwise the visible rest of each escape sequence would remain.
const sequences =
  // eslint-disable-next-line no-control-regex -- escape sequences begin with a control character
  /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u009b[0-?]*[ -/]*[@-~]/g
const blanks = /[\t\n\v\f\r\u0085\u2028\u2029]+/g

// Bytes of file names that are not UTF-8 (platform/file-name.ts).
const nameBytes = /[\udc80-\udcff]/gu

/** Characters that look like nothing or like a plain blank, such as a byte order mark, a no-break space and the end mark of DOS. */
const invisible = /[\p{Cc}\p{Cf}]|(?! )\p{Zs}/gu

/** Turns any text into one line that cannot move a terminal's cursor. Shows invisible characters as `\u{FEFF}`. */
export function clean(text: string): string {
  return text
    .replace(sequences, '')
    .replace(blanks, ' ')
    .replace(invisible, one => `\\u{${one.codePointAt(0)!.toString(16).toUpperCase()}}`)
    .replace(nameBytes, escape => `\\x${(escape.charCodeAt(0) & 0xff).toString(16)}`)
}

/** Data for a terminal: control characters become `\u001b`, which keeps the value of JSON. Line feeds and tabs stay. */
export function visible(text: string): string {
  return escapeControls(text, '\n\t')
}

/** A JSON value and a line end. Escapes what JSON.stringify leaves: DEL, C1 controls, characters that reorder text. */
export function jsonLine(value: unknown): string {
  return `${visible(JSON.stringify(value))}\n`
}

/** Terminal columns of a character: 0 for marks and invisible ones, 2 for wide East Asian ones and emoji. */
function characterWidth(character: string): number {
  return /[\p{Mn}\p{Me}\p{Cf}]/u.test(character) ? 0 : eastAsianWidth(character.codePointAt(0)!)
}

const plain = /^[ -~]*$/

/** Number of terminal columns that a cleaned text fills. */
export function displayWidth(text: string): number {
  if (plain.test(text)) return text.length
  let width = 0
  for (const character of text) width += characterWidth(character)
  return width
}

/** Cuts to `width` terminal columns; the last column is an ellipsis if something was cut. */
export function clip(text: string, width: number): string {
  if (displayWidth(text) <= width) return text
  let clipped = ''
  let used = 0
  for (const character of text) {
    used += characterWidth(character)
    if (used > width - 1) break
    clipped += character
  }
  return `${clipped}…`
}

/** Divides a wider text at blanks into lines of `width` columns; long words stay whole. @param indent  begins every line but the first */
export function wrapped(text: string, width: number, indent = ''): string[] {
  if (displayWidth(text) <= width) return [text]
  const lines: string[] = []
  let line = ''
  for (const [word] of text.matchAll(breakable)) {
    if (line.trim() !== '' && displayWidth(line) + displayWidth(word.trimEnd()) > width) {
      lines.push(line.trimEnd())
      line = indent + word
    } else line += word
  }
  return [...lines, line.trimEnd()]
}

/** A line may end after blanks and Chinese characters, but not before a closing mark or after an opening bracket. */
const breakable =
  /\uff08*(?:[\u3400-\u9fff\uf900-\ufaff][\u3001\u3002\uff01\uff09\uff0c\uff1a\uff1b\uff1f]* *|[^ \u3001\uff08\uff0c\u3400-\u9fff\uf900-\ufaff]+[\u3001\uff0c]? *)|[\u3001\uff08\uff0c]| +/g

/** True for a column with numbers, which is aligned to the right. */
type IsRight = (column: number) => boolean

/** Pads each cell to the width of its column; text that is too wide stays whole. */
export function tableLine(
  cells: readonly string[],
  widths: readonly number[],
  isRight: IsRight = () => false,
): string {
  const padded = cells.map((cell, i) => {
    const blank = ' '.repeat(Math.max(0, widths[i]! - displayWidth(cell)))
    return isRight(i) ? blank + cell : cell + blank
  })
  return padded.join('  ').trimEnd()
}

/** Columns are never cut below this width. */
const leastColumn = 6

/** A line for each row of cleaned texts. A column is as wide as its widest text, unless a narrow terminal cuts it. */
export function tableLines(
  rows: readonly (readonly string[])[],
  isRight?: IsRight,
  columns = Infinity,
): string[] {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map(row => displayWidth(row[i]!)))) ?? []
  let excess = widths.reduce((sum, width) => sum + width + 2, -2) - columns
  for (; excess > 0 && Math.max(...widths) > leastColumn; excess--) {
    widths[widths.indexOf(Math.max(...widths))]!--
  }
  return rows.map(row =>
    tableLine(
      row.map((cell, i) => clip(cell, widths[i]!)),
      widths,
      isRight,
    ),
  )
}

const leastLabel = 8

/** Names and texts, cleaned, indented by two; wide texts continue on the next line. @param isWhole  texts to leave whole: users copy them */
export function fieldLines(
  fields: readonly (readonly [label: string, text: string])[],
  columns = Infinity,
  isWhole: (label: string) => boolean = () => false,
): string[] {
  const width = Math.max(leastLabel, ...fields.map(([label]) => displayWidth(label)))
  const indent = ' '.repeat(width + 4)
  return fields.flatMap(([label, text]) => {
    const room = isWhole(label) ? Infinity : Math.max(columns - indent.length, leastColumn)
    const first = `  ${label}${' '.repeat(width - displayWidth(label))}  `
    return wrapped(clean(text), room).map((line, i) =>
      ((i === 0 ? first : indent) + line).trimEnd(),
    )
  })
}

/** 1234567 → `1,234,567`. */
export function grouped(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',')
}

/** `1 row`, `2,000 rows`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${grouped(count)} ${count === 1 ? noun : plural}`
}

/** `0.35 s`, `12.3 s`, `2 min 5 s`, `1 h 2 min`. */
export function durationText(durationMs: number): string {
  const seconds = durationMs / 1000
  if (seconds < 10) return `${seconds.toFixed(2)} s`
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}

/** `0:07`, `12:34`, `1:02:03`: rarely changes its width, so a bar stays in place. */
export function clockText(durationMs: number): string {
  const seconds = Math.max(0, Math.round(durationMs / 1000))
  const two = (number: number): string => String(number).padStart(2, '0')
  const minutes = Math.floor(seconds / 60)
  return minutes < 60
    ? `${minutes}:${two(seconds % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`
}

/** ` (did you mean a or b?)`, or nothing if no known name is similar. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const names = nearestNames(name, [...known])
  return names.length === 0 ? '' : ` (did you mean ${names.join(' or ')}?)`
}

/** The system's error code, such as `ENOENT`, for messages; for any other error, its own text. */
export function systemCode(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error)
}
