/* Finds JSON values in bytes, and checks them by the grammar of RFC 8259 without creating objects. A value is the start and end of its
   text. Methods take the position of a value and return the position after it, or set `stoppedAt` and throw `halt`. */
import * as ascii from '../ascii.js'
import { hexDigit, utf8Text } from '../cells/cell-bytes.js'
import { carriageReturn, lineFeed, type Window } from '../window.js'
import { jsonKinds } from './json-kinds.js'

const letterI = 0x49
const letterU = 0x75

/** Position of the first quote, backslash or control character from `start` on. */
function plainEnd(bytes: Uint8Array, start: number): number {
  let p = start
  for (; ; p++) {
    let c: number
    while ((c = bytes[p]!) > ascii.quote && c !== ascii.backslash) p++
    if (c === ascii.quote || c === ascii.backslash || c < ascii.blank) return p
  }
}

/** Refuses deeper nesting, because each level is a nested call. */
const maxDepth = 512
const tooDeep = `values are nested more than ${maxDepth} levels deep, which is refused: take the records apart first, with jq for example`

const encoder = new TextEncoder()

const literals: ReadonlyMap<number, { text: Uint8Array; kind: number }> = new Map(
  Object.entries({
    true: jsonKinds.boolean,
    false: jsonKinds.boolean,
    null: jsonKinds.null,
    NaN: jsonKinds.notFinite,
    Infinity: jsonKinds.notFinite,
  }).map(([word, kind]) => [word.charCodeAt(0), { text: encoder.encode(word), kind }]),
)

/** What may follow a backslash, besides `u` and four digits. */
const escaped = encoder.encode('"\\/bfnrt')

/** Thrown where a scan ends early: see `JsonScanner.stoppedAt` and `JsonRecords.obstacle`. One object, because its trace is of no use. */
export const halt: Error = new Error('the scan of a JSON text has ended early')

/** The position that the scan returns; −1 if it ends early. */
export function attempt(scan: () => number): number {
  try {
    return scan()
  } catch (error) {
    if (error === halt) return -1
    throw error
  }
}

/** Checks values in `bytes` and finds their ends. */
export class JsonScanner {
  bytes: Uint8Array = new Uint8Array(0)
  /** End of the data. The line feed there stops every scan. */
  end = 0
  /** Position where the scan stopped. If the position is at or after `end`, more input may help. */
  stoppedAt = 0
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
  readonly manyLines: boolean
  #reason: string | undefined

  constructor(manyLines: boolean) {
    this.manyLines = manyLines
  }

  /** Call this whenever the window has changed. */
  startBlock({ bytes, end, scratchStart }: Window): void {
    this.bytes = bytes
    this.end = end
    this.scratch = scratchStart
  }

  /** Position of the first byte from `start` on that is not a blank; `end` if there is none. */
  skipBlanks(start: number): number {
    const { bytes, end, manyLines } = this
    let p = start
    for (; p < end; p++) {
      const c = bytes[p]!
      if (c > ascii.blank || (c < ascii.blank && c !== 9)) {
        if (!manyLines || (c !== lineFeed && c !== carriageReturn)) return p
      }
    }
    return p
  }

  value(p: number, depth = 0): number {
    const c = this.bytes[p]!
    if (c === ascii.quote) return this.string(p)
    if (c === ascii.minus || (c >= ascii.zero && c <= ascii.nine)) return this.#number(p)
    if (c !== ascii.openBrace && c !== ascii.openBracket) return this.#literal(p, p)
    if (depth >= maxDepth) this.stop(p, tooDeep)
    const isObject = c === ascii.openBrace
    const next = this.items(p, at => this.value(isObject ? this.key(at) : at, depth + 1))
    return this.#found(isObject ? jsonKinds.object : jsonKinds.array, p, next)
  }

  #found(kind: number, textStart: number, textEnd: number): number {
    this.kind = kind
    this.textStart = textStart
    this.textEnd = textEnd
    return textEnd
  }

  /** Scans a string whose opening quote is at `open`. Sets `brokenSurrogate`. */
  string(open: number): number {
    const { bytes } = this
    this.brokenSurrogate = false
    const p = plainEnd(bytes, open + 1)
    if (bytes[p] === ascii.backslash) return this.#escapedString(open + 1, p)
    if (bytes[p] !== ascii.quote) this.stop(p)
    return this.#found(jsonKinds.string, open + 1, p) + 1
  }

  #number(start: number): number {
    const { bytes } = this
    let p = bytes[start] === ascii.minus ? start + 1 : start
    if (bytes[p] === letterI) return this.#literal(p, start)
    p = bytes[p] === ascii.zero ? p + 1 : this.#digits(p)
    if (bytes[p] === ascii.point) p = this.#digits(p + 1)
    if ((bytes[p]! | 0x20) === ascii.letterE) {
      const sign = bytes[p + 1]
      p = this.#digits(sign === ascii.plus || sign === ascii.minus ? p + 2 : p + 1)
    }
    return this.#found(jsonKinds.number, start, p)
  }

  #digits(start: number): number {
    const { bytes } = this
    let p = start
    let c: number
    while ((c = bytes[p]!) >= ascii.zero && c <= ascii.nine) p++
    return p === start ? this.stop(p) : p
  }

  #literal(start: number, textStart: number): number {
    const { bytes } = this
    const { text, kind } = literals.get(bytes[start]!) ?? this.stop(start)
    for (let i = 1; i < text.length; i++) if (bytes[start + i] !== text[i]) this.stop(start + i)
    if (kind === jsonKinds.notFinite) this.sawNotFinite = true
    return this.#found(kind, textStart, start + text.length)
  }

  /** Scans the object or array at `open`; `scanItem` scans a member, key included, or an element, and returns the position after it. */
  items(open: number, scanItem: (p: number, index: number) => number): number {
    const { bytes } = this
    const close = bytes[open] === ascii.openBrace ? ascii.closeBrace : ascii.closeBracket
    let p = this.skipBlanks(open + 1)
    if (bytes[p] === close) return p + 1
    for (let index = 0; ; index++) {
      p = this.skipBlanks(scanItem(p, index))
      if (bytes[p] === close) return p + 1
      if (bytes[p] !== ascii.comma) this.stop(p)
      p = this.skipBlanks(p + 1)
    }
  }

  /**
   * Writes the texts of an array's elements one after the other, with a separator between them. A null becomes an empty element.
   * @param isKept  called after each element was scanned; if it returns false, the element becomes empty, too
   */
  elements(open: number, separator: number, isKept: () => boolean): number {
    const { bytes } = this
    return this.items(open, (p, element) => {
      if (element > 0) bytes[this.scratch++] = separator
      const to = this.scratch
      const next = this.value(p)
      const { kind, textStart, textEnd } = this
      this.scratch = to
      if (!isKept() || kind === jsonKinds.null) return next
      // A text with escapes needs no copying, because it was already written to `to`.
      if (textStart !== to) bytes.copyWithin(to, textStart, textEnd)
      this.scratch = to + textEnd - textStart
      return next
    })
  }

  /** Scans a key and its colon. Returns the position of the value. The key's text is that of the string scanned last. */
  key(p: number): number {
    const { bytes } = this
    if (bytes[p] !== ascii.quote) this.stop(p)
    const colonAt = this.skipBlanks(this.string(p))
    return bytes[colonAt] === ascii.colon ? this.skipBlanks(colonAt + 1) : this.stop(colonAt)
  }

  get text(): string {
    return utf8Text(this.bytes.slice(this.textStart, this.textEnd))
  }

  #escapedString(start: number, firstEscape: number): number {
    const { bytes } = this
    let to = this.scratch
    let from = start
    for (let p = firstEscape; ; p = plainEnd(bytes, p)) {
      bytes.copyWithin(to, from, p)
      to += p - from
      if (bytes[p] === ascii.quote) {
        this.scratch = this.#found(jsonKinds.string, this.scratch, to)
        return p + 1
      }
      if (bytes[p] !== ascii.backslash) this.stop(p)
      from = p
      while (bytes[p] === ascii.backslash) p = this.#escapeEnd(p)
      const text = JSON.parse(`"${utf8Text(bytes.subarray(from, p))}"`) as string
      if (/\p{Surrogate}/u.test(text)) this.brokenSurrogate = true
      to += encoder.encodeInto(text, bytes.subarray(to)).written
      from = p
    }
  }

  #escapeEnd(start: number): number {
    const { bytes } = this
    const c = bytes[start + 1]!
    if (c !== letterU) return escaped.includes(c) ? start + 2 : this.stop(start + 1)
    for (let p = start + 2; p < start + 6; p++) if (hexDigit(bytes[p]!) < 0) this.stop(p)
    return start + 6
  }

  stop(p: number, reason?: string): never {
    this.stopAt(p, reason)
    throw halt
  }

  /** Makes `p` the place where the scan has stopped. */
  stopAt(p: number, reason?: string): void {
    this.stoppedAt = p
    this.#reason = reason
  }

  /** The reason why the last scan has no result. */
  get reason(): string {
    return this.#reason ?? `unexpected ${byteText(this.bytes[this.stoppedAt]!)}`
  }
}

export function byteText(c: number): string {
  if (c === lineFeed || c === carriageReturn) return 'end of the line'
  return c > 32 && c < 127
    ? `"${String.fromCharCode(c)}"`
    : `byte 0x${c.toString(16).padStart(2, '0')}`
}
