/*
  Finds JSON values in bytes, and checks them by the grammar of RFC 8259 without creating objects. A value is the start and end of
  its text. Methods take the position of a value and return the position after it, or set `stoppedAt` and return −1.
*/
import { InputError } from '../../errors.js'
import { hexDigit, utf8Text } from '../cells/cell-bytes.js'
import {
  apostrophe,
  colon,
  comma,
  letterE,
  minus,
  nine,
  plus,
  point,
  zero,
} from '../cells/read-cell.js'
import { carriageReturn, countLineEnds, lineFeed } from '../line-ends.js'
import type { LineTokenizer } from '../line-tokenizer.js'
import type { Window } from '../window.js'
import { jsonKinds } from './json-kinds.js'

export const quote = 0x22
const backslash = 0x5c
export const openBrace = 0x7b
export const closeBrace = 0x7d
export const openBracket = 0x5b
export const closeBracket = 0x5d
const letterI = 0x49
const blank = 0x20

/** Position of the first quote, backslash or control character from `start` on. */
function plainEnd(bytes: Uint8Array, start: number): number {
  let p = start
  for (; ; p++) {
    let c: number
    while ((c = bytes[p]!) > quote && c !== backslash) p++
    if (c === quote || c === backslash || c < blank) return p
  }
}

/** Refuses deeper nesting, because each level is a nested call. */
const maxDepth = 512

const literals: ReadonlyMap<number, { text: Uint8Array; kind: number }> = new Map(
  (
    [
      ['true', jsonKinds.boolean],
      ['false', jsonKinds.boolean],
      ['null', jsonKinds.null],
      ['NaN', jsonKinds.notFinite],
      ['Infinity', jsonKinds.notFinite],
    ] as const
  ).map(([word, kind]) => [word.charCodeAt(0), { text: new TextEncoder().encode(word), kind }]),
)

/** Checks values in `bytes` and finds their ends. */
export class JsonScanner {
  bytes: Uint8Array = new Uint8Array(0)
  /** End of the data. The line feed there stops every scan. */
  end = 0
  /** Position where the scan stopped. If the position is at or after `end`, more input may help. */
  stoppedAt = 0
  /** True if the scan stopped because values are nested too deeply. */
  tooDeep = false
  /** Set when a bare NaN or infinity occurs. The scanner itself never resets it. */
  sawNotFinite = false
  /** Kind and text of the value scanned last; the text of a string is without quotes and escapes. */
  kind = 0
  textStart = 0
  textEnd = 0
  /** Position for the unescaped text of the next string that has escapes. */
  scratch = 0
  /** True if the string scanned last has half a surrogate pair, which UTF-8 cannot represent. */
  brokenSurrogate = false
  /** True if line ends are blanks, as in ordinary JSON. In NDJSON they end the record. */
  readonly #manyLines: boolean

  constructor(manyLines: boolean) {
    this.#manyLines = manyLines
  }

  /** Call this whenever the window has changed. */
  startBlock({ bytes, end, scratchStart }: Window): void {
    this.bytes = bytes
    this.end = end
    this.scratch = scratchStart
  }

  /** Position of the first byte from `start` on that is not a blank; `end` if there is none. */
  skipBlanks(start: number): number {
    const { bytes, end } = this
    let p = start
    for (;;) {
      const c = bytes[p]!
      if (c > 32) return p
      if (c === 32 || c === 9 || c === carriageReturn || c === lineFeed) {
        if (p >= end || (c < 14 && c !== 9 && !this.#manyLines)) return p
      } else return p
      p++
    }
  }

  value(p: number, depth = 0): number {
    const c = this.bytes[p]!
    if (c === quote) return this.string(p)
    if (c === minus || (c >= zero && c <= nine)) return this.number(p)
    if (c === openBrace || c === openBracket) return this.#inside(p, depth)
    return this.#literal(p, c)
  }

  /** Scans a string whose opening quote is at `open`. Sets `brokenSurrogate`. */
  string(open: number): number {
    const { bytes } = this
    const p = plainEnd(bytes, open + 1)
    if (bytes[p] === backslash) return this.#escapedString(open + 1, p)
    if (bytes[p] !== quote) return this.stop(p)
    this.kind = jsonKinds.string
    this.textStart = open + 1
    this.textEnd = p
    this.brokenSurrogate = false
    return p + 1
  }

  /** Scans a number from its sign or first digit on. */
  number(start: number): number {
    const { bytes } = this
    let p = start
    if (bytes[p] === minus) p++
    if (bytes[p] === letterI) return this.#literal(p, letterI, start)
    if (bytes[p] === zero) p++
    else if ((p = this.#digits(p)) < 0) return p
    let c = bytes[p]!
    if (c === point) {
      if ((p = this.#digits(p + 1)) < 0) return p
      c = bytes[p]!
    }
    if ((c | 0x20) === letterE) {
      p++
      if (bytes[p] === plus || bytes[p] === minus) p++
      if ((p = this.#digits(p)) < 0) return p
    }
    this.kind = jsonKinds.number
    this.textStart = start
    this.textEnd = p
    return p
  }

  /** Scans at least one digit. */
  #digits(start: number): number {
    const { bytes } = this
    let p = start
    let c: number
    while ((c = bytes[p]!) >= zero && c <= nine) p++
    return p === start ? this.stop(p) : p
  }

  #literal(p: number, c: number, textStart = p): number {
    const literal = literals.get(c)
    if (literal === undefined) return this.stop(p)
    const { text, kind } = literal
    for (let i = 1; i < text.length; i++) {
      if (this.bytes[p + i] !== text[i]) return this.stop(p + i)
    }
    if (kind === jsonKinds.notFinite) this.sawNotFinite = true
    this.kind = kind
    this.textStart = textStart
    this.textEnd = p + text.length
    return this.textEnd
  }

  /** Scans an object or an array. */
  #inside(open: number, depth: number): number {
    if (depth >= maxDepth) return this.#stopTooDeep(open)
    const isObject = this.bytes[open] === openBrace
    const next = this.items(open, p => {
      const at = isObject ? this.key(p) : p
      return at < 0 ? at : this.value(at, depth + 1)
    })
    if (next < 0) return next
    this.kind = isObject ? jsonKinds.object : jsonKinds.array
    this.textStart = open
    this.textEnd = next
    return next
  }

  /**
   * Scans the object or array at `open`.
   * @param scanItem  scans a member, from its key on, or an element, and returns the position after it, or −1
   */
  items(open: number, scanItem: (p: number, index: number) => number): number {
    const { bytes } = this
    const close = bytes[open] === openBrace ? closeBrace : closeBracket
    let p = this.skipBlanks(open + 1)
    if (bytes[p] === close) return p + 1
    for (let index = 0; ; index++) {
      p = scanItem(p, index)
      if (p < 0) return p
      p = this.skipBlanks(p)
      if (bytes[p] === close) return p + 1
      if (bytes[p] !== comma) return this.stop(p)
      p = this.skipBlanks(p + 1)
    }
  }

  /** Scans a key and its colon. Returns the position of the value. The key's text is that of the string scanned last. */
  key(p: number): number {
    const { bytes } = this
    if (bytes[p] !== quote) return this.stop(p)
    const keyEnd = this.string(p)
    if (keyEnd < 0) return keyEnd
    const colonAt = this.skipBlanks(keyEnd)
    return bytes[colonAt] === colon ? this.skipBlanks(colonAt + 1) : this.stop(colonAt)
  }

  /** The text of the string scanned last. */
  get text(): string {
    return utf8Text(this.bytes.slice(this.textStart, this.textEnd))
  }

  /** Unescapes a string from its first escape on. */
  #escapedString(start: number, firstEscape: number): number {
    const { bytes } = this
    const textStart = this.scratch
    let to = textStart
    let broken = false
    for (let p = start; p < firstEscape; p++) bytes[to++] = bytes[p]!
    let p = firstEscape
    for (;;) {
      const c = bytes[p]!
      if (c === quote) break
      if (c < 0x20) return this.stop(p)
      if (c !== backslash) {
        bytes[to++] = c
        p++
        continue
      }
      const simple = simpleEscapes.get(bytes[p + 1]!)
      if (simple !== undefined) {
        bytes[to++] = simple
        p += 2
        continue
      }
      if (bytes[p + 1] !== 0x75) return this.stop(p + 1)
      let code = this.#hex4(p + 2)
      if (code < 0) return code
      p += 6
      if (code >= 0xd800 && code <= 0xdbff && bytes[p] === backslash && bytes[p + 1] === 0x75) {
        const low = this.#hex4(p + 2)
        if (low < 0) return low
        if (low >= 0xdc00 && low <= 0xdfff) {
          code = 0x10000 + (code - 0xd800) * 0x400 + (low - 0xdc00)
          p += 6
        }
      }
      if (code >= 0xd800 && code <= 0xdfff) broken = true
      to = writeUtf8(bytes, to, code)
    }
    this.scratch = to
    this.kind = jsonKinds.string
    this.textStart = textStart
    this.textEnd = to
    this.brokenSurrogate = broken
    return p + 1
  }

  #hex4(start: number): number {
    let code = 0
    for (let p = start; p < start + 4; p++) {
      const digit = hexDigit(this.bytes[p]!)
      if (digit < 0) return this.stop(p)
      code = code * 16 + digit
    }
    return code
  }

  /** Records where a scan stopped. Returns −1. */
  stop(p: number): number {
    this.stoppedAt = p
    this.tooDeep = false
    return -1
  }

  #stopTooDeep(p: number): number {
    this.stop(p)
    this.tooDeep = true
    return -1
  }

  /** The reason why the last scan has no result. */
  get reason(): string {
    const c = this.bytes[this.stoppedAt]!
    if (c === apostrophe) return `unexpected "'": print with json.dumps what Python has printed`
    if (!this.tooDeep) return `unexpected ${byteText(c)}`
    return (
      `values are nested more than ${maxDepth} levels deep, which is refused: ` +
      'take the records apart first, with jq for example'
    )
  }
}

export function byteText(c: number): string {
  if (c === lineFeed || c === carriageReturn) return 'end of the line'
  return c > 32 && c < 127
    ? `"${String.fromCharCode(c)}"`
    : `byte 0x${c.toString(16).padStart(2, '0')}`
}

/** The error that ends reading at a position of the window. */
export function notJson(
  { file, lineNumber: firstLine, window }: LineTokenizer,
  position: number,
  message: string,
  code: 'DDB_INPUT_JSON' | 'DDB_INPUT_RECORD_TOO_LONG' = 'DDB_INPUT_JSON',
): InputError {
  const lineNumber = firstLine + countLineEnds(window.bytes, window.start, position)
  const offsetBytes = window.inputOffset(position)
  return new InputError(
    code,
    `${file} is not JSON from line ${lineNumber}, byte ${offsetBytes} on: ${message}`,
    { file, lineNumber, offsetBytes },
  )
}

/** The fault of a byte after the array that is the whole input. */
export function afterArrayText(c: number): string {
  const what = `unexpected ${byteText(c)} after the array`
  if (c !== openBracket) return what
  return `${what}, where another begins, as in files that were joined: jq -c '.[]' FILE writes a row a line`
}

/** For the letter of an escape: the character. */
const simpleEscapes: ReadonlyMap<number, number> = new Map(
  ['""', '\\\\', '//', 'b\b', 'f\f', 'n\n', 'r\r', 't\t'].map(pair => [
    pair.charCodeAt(0),
    pair.charCodeAt(1),
  ]),
)

/** The bits of the first byte that tell how many bytes follow it. */
const leads = [0, 0xc0, 0xe0, 0xf0]

function writeUtf8(bytes: Uint8Array, start: number, code: number): number {
  const more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3
  bytes[start] = leads[more]! | (code >> (6 * more))
  for (let i = 1; i <= more; i++) bytes[start + i] = 0x80 | ((code >> (6 * (more - i))) & 0x3f)
  return start + more + 1
}
