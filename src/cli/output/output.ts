/* The result goes to standard output, all else to standard error. If the reader has gone (EPIPE), the rest is dropped without a failure.
   Text for people: control characters are removed or escaped, widths on terminals measured, numbers get units. */
import { styleText } from 'node:util'
import { eastAsianWidth } from 'get-east-asian-width'
import { hideInData, newSecrets } from '../../client/login/hide-password.js'
import { DdbError } from '../../errors.js'
import type { ProcessEnvironment, TerminalOutput } from '../process-environment.js'
import { escapeControls, invisible } from '../../platform/control-characters.js'
import { nearestNames } from '../../schema/nearest.js'

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

export interface Place {
  readonly file: string
  readonly lineNumber?: number | null | undefined
}

/** Returns the text unchanged if colours are off. */
export type Paint = (style: Style, text: string) => string

export type Output = Readonly<ReturnType<typeof openOutput>>

const program = 'ddb-ingest:'

/** @param noColor  `--no-color` was given */
export function openOutput(processEnvironment: ProcessEnvironment, noColor: boolean) {
  const { stdout, stderr, environment } = processEnvironment
  let isOpen = true
  let failure: DdbError | undefined
  const onFailure = (error: NodeJS.ErrnoException): void => {
    if (error.code === 'EPIPE') isOpen = false
    else {
      const text = `cannot write standard output (${systemCode(error)})`
      failure ??= new DdbError('DDB_OUTPUT_WRITE', text, { cause: error })
    }
  }
  stdout.on('error', onFailure)
  // A failure to write notes cannot be reported either, because reports are notes.
  stderr.on('error', () => undefined)
  const write = async (text: string): Promise<boolean> => {
    if (isOpen && failure === undefined) await written(stdout, text, onFailure)
    if (failure !== undefined) throw failure
    return isOpen
  }
  const paintNote = painter(stderr, environment, noColor)
  const secrets = newSecrets()
  const safe = secrets.hideInSentence
  // Control characters may divide a secret.
  const shown = (text: string): string => safe(clean(safe(text)))
  const isScreen = stderr.isTTY === true && environment['TERM'] !== 'dumb'
  const noteColumns = isScreen ? stderr.columns || 80 : Infinity
  const writeNote = (text: string, style?: Style): void => {
    stderr.write(`${style === undefined ? text : paintNote(style, text)}\n`)
  }
  return {
    /** Writes to standard output at its reader's pace. False if the reader left. @throws {DdbError} DDB_OUTPUT_WRITE */
    write,
    /** Like `write`, for data: exact in files and pipes; on a terminal control characters are escaped. */
    writeData: (text: string) => write(stdout.isTTY ? visible(text) : text),
    /** Writes a text to standard error, without the text's control characters and secrets: one line, which a terminal gets in several. */
    note: (sentence: string, style?: Style): void => {
      for (const line of wrapped(shown(sentence), noteColumns)) writeNote(line, style)
    },
    /** Writes `label: command` to standard error. Users copy the command, so it is never divided, and not shown with a part redacted. */
    command: (label: string, command: string) => {
      const isOpen = safe(command) === command
      writeNote(clean(`${label}: ${isOpen ? command : 'a command with the password, not shown'}`))
    },
    /** Writes `ddb-ingest: … [CODE]` to standard error, in red if colours are on; in GitHub Actions also as an annotation. */
    problem: (sentence: string, code?: string, place?: Place): void => {
      const text = `${shown(sentence)}${code === undefined ? '' : ` [${code}]`}`
      const [first = '', ...rest] = wrapped(`${program} ${text}`, noteColumns)
      writeNote(paintNote('red', program) + first.slice(program.length))
      for (const line of rest) writeNote(line)
      if (environment['GITHUB_ACTIONS'] === 'true') stderr.write(annotation(text, place))
    },
    /** From now on notes, problems, `withoutSecrets` and `hide` redact this password. */
    keepSecret: secrets.add,
    /** Redacts the run's passwords in data that a server may have influenced, before the data is shown or stored. */
    withoutSecrets: <Data>(data: Data) => hideInData(data, safe),
    /** Redacts even short passwords in texts that come entirely from a server. */
    hide: secrets.hide,
    paintResult: painter(stdout, environment, noColor),
    /** Width of standard output in columns; undefined if it is not a terminal. */
    resultColumns: stdout.isTTY ? stdout.columns || 80 : undefined,
  }
}

/** A workflow command, which GitHub shows beside the line of the file. */
function annotation(text: string, place: Place | undefined): string {
  const escaped = (value: string): string => value.replaceAll('%', '%25')
  const ofFile = (value: string): string =>
    escaped(value).replaceAll(':', '%3A').replaceAll(',', '%2C')
  const at = [
    ...(place === undefined ? [] : [`file=${ofFile(clean(place.file))}`]),
    ...(place?.lineNumber ? [`line=${place.lineNumber}`] : []),
  ]
  return `::error${at.length > 0 ? ' ' : ''}${at.join(',')}::${escaped(text)}\n`
}

/** Resolves once the text is written, or if the stream fails or closes, because it might never report the end of this write. */
function written(
  stream: TerminalOutput,
  text: string,
  onFailure: (error: NodeJS.ErrnoException) => void,
): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      stream.off('close', done)
      stream.off('error', done)
      resolve()
    }
    stream.on('close', done)
    stream.on('error', done)
    stream.write(text, error => {
      if (error) onFailure(error)
      done()
    })
  })
}

/** --no-color decides first, then FORCE_COLOR, then NO_COLOR, then whether the stream is a terminal with colours. */
function painter(
  stream: { isTTY?: boolean },
  { FORCE_COLOR: forced, NO_COLOR: refused, TERM: kind }: ProcessEnvironment['environment'],
  noColor: boolean,
): Paint {
  const usual = !refused && stream.isTTY === true && kind !== 'dumb'
  const hasColor = !noColor && (forced ? forced !== '0' && forced !== 'false' : usual)
  if (!hasColor) return (_, text) => text
  return (style, text) => styleText(style, text, { validateStream: false })
}

// Removed before single control characters, or the visible rest of each sequence would remain. One without an end would take the words after it.
const sequences =
  // eslint-disable-next-line no-control-regex -- escape sequences begin with a control character
  /(?:\u001b\[|\u009b)[\d;?]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)/g
const blanks = /[\t\n\v\f\r\u0085\u2028\u2029]+/g

// Bytes of file names that are not UTF-8 (platform/file-name.ts).
const nameBytes = /[\udc80-\udcff]/gu

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
