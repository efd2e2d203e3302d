/*
  Finds the records inside a document: the path `data.items` leads to the array `items` of the object `data`. Everything
  before and after the records is checked token by token, and never held as a whole.
*/
import { option, usageError } from '../../errors.js'
import { nearestHint } from '../../schema/nearest.js'
import { utf8Text } from '../cells/cell-bytes.js'
import { jsonKinds } from './json-kinds.js'
import {
  byteText,
  closeBrace,
  closeBracket,
  colon,
  comma,
  maxDepth,
  openBrace,
  openBracket,
  quote,
  type JsonScanner,
} from './json-scanner.js'

/**
 * Splits a path into names.
 * @param text  names separated by dots, optionally with `$.` before and `[*]` after them; or a JSON pointer such as `/data/a.b`
 * @throws {UsageError} DDB_USAGE for any other text
 */
export function parseJsonPath(text: string): string[] {
  if (text.startsWith('/')) {
    const names = text.slice(1).split('/')
    return names.map(name => name.replaceAll('~1', '/').replaceAll('~0', '~'))
  }
  const names = text
    .replace(/^\$\.?/, '')
    .replace(/\[\*?\]$/, '')
    .split('.')
  if (names.every(name => /^[^[\]]+$/.test(name))) return names
  throw usageError(
    `${option('input.jsonPath')} ${text}: expected names of members separated by dots, such as data.items, or /data/items if names contain dots`,
  )
}

/** The tokens that may come next outside the records. */
type Expectation = 'value' | 'firstKey' | 'key' | 'colon' | 'first' | 'after'

/** Walks through each document in turn: from its start to the records, and after the records to its end. */
export class JsonPath {
  /** True if the records begin at the position that `step` returned. */
  isInside = false
  /** The reason why the path does not lead to records, although the text is JSON. */
  fault: string | undefined
  readonly #names: readonly string[]
  /** The opening bracket of each object and array that is open. */
  readonly #open: number[] = []
  #expects: Expectation = 'value'
  /** Number of names at the start of the path whose objects are open now. */
  #depth = 0
  /** True if the next value belongs to the next name of the path. */
  #isNext = false
  #isFound = false
  /** The largest `#depth` in this document. */
  #deepest = 0
  /** Names that the document has at this depth, where the next name of the path is expected. A message may suggest one. */
  #others: string[] = []

  constructor(names: readonly string[]) {
    this.#names = names
  }

  get isBetweenDocuments(): boolean {
    return this.#open.length === 0 && this.#expects === 'value'
  }

  /**
   * Walks over the token at `p`, which must not be a blank.
   * @param isLast  true if no more input comes, so that a number at the end is complete
   * @returns the position after the token; −1 if `fault` or the scanner explains why there is none
   */
  step(scanner: JsonScanner, p: number, isLast: boolean): number {
    const c = scanner.bytes[p]!
    switch (this.#expects) {
      case 'value':
        return this.#value(scanner, p, c, isLast)
      case 'first':
        return c === closeBracket ? this.#close(p) : this.#value(scanner, p, c, isLast)
      case 'firstKey':
        return c === closeBrace ? this.#close(p) : this.#key(scanner, p, c)
      case 'key':
        return this.#key(scanner, p, c)
      case 'colon':
        if (c !== colon) return scanner.stop(p)
        this.#expects = 'value'
        return p + 1
      case 'after':
        return this.#after(scanner, p, c)
    }
  }

  /** Call this at the end of the records; `step` then reads the text after the records. */
  leave(): void {
    this.isInside = false
    this.#afterValue()
  }

  #value(scanner: JsonScanner, p: number, c: number, isLast: boolean): number {
    const isContainer = c === openBrace || c === openBracket
    if (this.#open.length === 0 && c !== openBrace) return this.#fail(this.#notObject('', c))
    if (this.#isNext) {
      if (this.#depth + 1 === this.#names.length) return this.#records(scanner, p, isContainer)
      if (c !== openBrace) return this.#fail(this.#notObject(this.#wayTo(this.#depth + 1), c))
      this.#depth++
      this.#isNext = false
      if (this.#depth > this.#deepest) {
        this.#deepest = this.#depth
        this.#others = []
      }
    }
    if (!isContainer) {
      const next = scanner.value(p)
      if (next < 0) return next
      if (next >= scanner.end && scanner.kind === jsonKinds.number && !isLast) {
        return scanner.stop(next)
      }
      this.#afterValue()
      return next
    }
    if (this.#open.length === maxDepth) {
      return this.#fail(`values are nested more than ${maxDepth} levels deep, which is refused`)
    }
    this.#open.push(c)
    this.#expects = c === openBrace ? 'firstKey' : 'first'
    return p + 1
  }

  /** Examines the value at the end of the path: the records, or null for none. Returns the same as `step`. */
  #records(scanner: JsonScanner, p: number, isContainer: boolean): number {
    if (this.#isFound) return this.#fail(`${this.#wayTo(this.#names.length)} occurs twice`)
    if (isContainer) {
      this.#isFound = true
      this.#isNext = false
      this.isInside = true
      return p
    }
    const next = scanner.value(p)
    if (next < 0) return next
    if (scanner.kind !== jsonKinds.null) {
      return this.#fail(`${this.#wayTo(this.#names.length)} is neither an array nor an object`)
    }
    this.#isFound = true
    this.#isNext = false
    this.#afterValue()
    return next
  }

  #key(scanner: JsonScanner, p: number, c: number): number {
    if (c !== quote) return scanner.stop(p)
    const next = scanner.string(p)
    if (next < 0) return next
    this.#expects = 'colon'
    if (this.#open.length !== this.#depth + 1) return next
    const key = utf8Text(scanner.bytes.slice(scanner.textStart, scanner.textEnd))
    this.#isNext = key === this.#names[this.#depth]
    const mayBeMeant = !this.#isNext && this.#depth === this.#deepest
    if (mayBeMeant && this.#others.length < maxOthers) this.#others.push(key)
    return next
  }

  #after(scanner: JsonScanner, p: number, c: number): number {
    const isObject = this.#open.at(-1) === openBrace
    if (c === comma) {
      this.#expects = isObject ? 'key' : 'value'
      return p + 1
    }
    return c === (isObject ? closeBrace : closeBracket) ? this.#close(p) : scanner.stop(p)
  }

  /** Leaves the innermost object or array, which ends at `p`. */
  #close(p: number): number {
    this.#open.pop()
    if (this.#open.length === this.#depth) {
      if (this.#depth === 0 && !this.#isFound) {
        const hint = nearestHint(this.#names[this.#deepest]!, this.#others)
        return this.#fail(`the document has no ${this.#wayTo(this.#names.length)}${hint}`)
      }
      this.#depth = Math.max(0, this.#depth - 1)
    }
    this.#afterValue()
    return p + 1
  }

  #afterValue(): void {
    if (this.#open.length > 0) {
      this.#expects = 'after'
      return
    }
    this.#expects = 'value'
    this.#isFound = false
    this.#deepest = 0
    this.#others = []
  }

  #wayTo(count: number): string {
    return `"${this.#names.slice(0, count).join('.')}"`
  }

  #notObject(way: string, c: number): string {
    return `${way === '' ? 'a document' : way} is an object, not ${byteText(c)}`
  }

  #fail(fault: string): number {
    this.fault = `${fault}: ${option('input.jsonPath')} asks for ${this.#wayTo(this.#names.length)}`
    return -1
  }
}

/** At most this many names are kept, to suggest a similar one in a message. */
const maxOthers = 100
