/*
  Splits script text into tokens.
*/
import type { ServerValue } from '../../values/server-value.js'
import { ScriptError } from '../../script-error.js'
import { readNumber, stringScalar, stringVector } from '../../values/scalar.js'

interface RawToken {
  /**
   * Constants of one kind (number, string, symbol), written next to each other, may form a vector. A name may be a
   * keyword, and ends with `!` if it has one. If several operators match, the token is the longest one. `end` follows the
   * last token, so that the parser always has a next token.
   */
  readonly kind: 'number' | 'string' | 'symbol' | 'name' | 'operator' | 'end'
  readonly text: string
  /** Undefined unless the token is a constant. */
  readonly value?: ServerValue | undefined
}

export interface Token extends RawToken {
  readonly start: number
  readonly end: number
  /** Line of the token, from 1. */
  readonly line: number
  readonly newlineBefore: boolean
  /** True if a blank or line break separates this token from the previous one. */
  readonly spaceBefore: boolean
}

/** An error of the form `Syntax Error: [line #n] …`, which gets no prefix. */
export function syntaxError(line: number, message: string): ScriptError {
  return new ScriptError(`Syntax Error: [line #${line}] ${message}`, {
    category: 'SYSTEM_Syntax',
    located: true,
  })
}

/** Limit for the length of a string constant; longer constants are errors (docs/server-semantics.md#sessions). */
const maxTextLength = 65_536

/**
 * DolphinDB's I/O error 4. Its message contains the RefId as 00020, without the S. @param reason our own text, added to
 * DolphinDB's text
 */
export function unreadableCode(reason: string): ScriptError {
  return new ScriptError(
    `Failed to read message from the socket with IO error type 4. RefId: 00020. ${reason}`,
    { located: true },
  )
}

const operators = [
  '<-', '<=', '<>', '<<', '>=', '>>', '==', '!=', '&&', '||', '..', '->', '::', '+=', '-=', '*=', '/=', '\\=',
  '+', '-', '*', '/', '\\', '%', '$', '<', '>', '=', '!', '&', '|', '^', ':', '.', ',', ';', '(', ')', '[', ']', '{',
  '}', '?', '@',
] // prettier-ignore

/** First character → operators that begin with it, the longest first, so that the first match is the token. */
const operatorsByStart: ReadonlyMap<number, readonly string[]> = new Map(
  operators.map(one => [
    one.charCodeAt(0),
    operators.filter(other => other.charAt(0) === one.charAt(0)),
  ]),
)

const namePattern = /[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*(?:!(?!=))?/y
const symbolPattern = /`((?:[\w\u0080-\uffff#@]|\.(?=[\w\u0080-\uffff])(?![A-Za-z]\w*!?\s*\())*)/y
const wordPattern = /[\w.:]*/y

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '0': '\0' }

const lineFeed = 10
const blank = 32
const quotes = { double: 34, single: 39, back: 96 }
const slash = 47
const star = 42
const point = 46

export class Lexer {
  readonly #source: string
  #position = 0
  #line = 1
  #before: Token | undefined

  constructor(source: string) {
    this.#source = source
  }

  /** After the last token: `end`. @throws {ScriptError} `Syntax Error: [line #n] Cannot recognize the token …` */
  next(): Token {
    const from = this.#position
    const lineBefore = this.#line
    this.#skipBlank()
    const start = this.#position
    const line = this.#line
    const { kind, text, value } = start < this.#source.length ? this.#read() : endOfScript
    const end = this.#position
    const newlineBefore = line > lineBefore
    const spaceBefore = start > from
    this.#before = { kind, text, value, start, end, line, newlineBefore, spaceBefore }
    return this.#before
  }

  #skipBlank(): void {
    const source = this.#source
    for (;;) {
      const code = source.charCodeAt(this.#position)
      if (code === lineFeed) this.#line++
      else if (code === slash) {
        const next = source.charCodeAt(this.#position + 1)
        if (next === slash) this.#skipLine()
        else if (next === star) this.#skipComment()
        else return
        continue
      } else if (!isBlank(code)) return
      this.#position++
    }
  }

  #skipLine(): void {
    const end = this.#source.indexOf('\n', this.#position)
    this.#position = end < 0 ? this.#source.length : end
  }

  #skipComment(): void {
    const end = this.#source.indexOf('*/', this.#position + 2)
    if (end < 0) throw syntaxError(this.#line, 'The comment is not closed.')
    this.#advanceTo(end + 2)
  }

  #advanceTo(end: number): void {
    const source = this.#source
    for (let i = this.#position; i < end; i++) if (source.charCodeAt(i) === lineFeed) this.#line++
    this.#position = end
  }

  #read(): RawToken {
    const source = this.#source
    const start = this.#position
    const code = source.charCodeAt(start)
    if (code === quotes.double || code === quotes.single) return this.#quoted(code)
    if (code === quotes.back) return this.#symbols()
    const isNumber = isDigit(code) || (code === point && isDigit(source.charCodeAt(start + 1)))
    if (isNumber && !this.#isMember(code)) return this.#number()
    namePattern.lastIndex = start
    if (namePattern.test(source)) {
      this.#position = namePattern.lastIndex
      return { kind: 'name', text: source.slice(start, this.#position) }
    }
    const text = operatorsByStart.get(code)?.find(one => source.startsWith(one, start))
    if (text === undefined) {
      throw syntaxError(this.#line, `Cannot recognize the token ${source.charAt(start)}`)
    }
    this.#position += text.length
    return { kind: 'operator', text }
  }

  /** True if `.2` directly follows an operand. It is then a member (`d.2`), not a number. */
  #isMember(code: number): boolean {
    const before = this.#before
    if (code !== point || before?.end !== this.#position) return false
    return before.kind === 'name' || before.text === ')' || before.text === ']'
  }

  #number(): RawToken {
    const start = this.#position
    const literal = readNumber(this.#source, start)
    if (literal === undefined) {
      wordPattern.lastIndex = start
      const word = wordPattern.exec(this.#source)?.[0] ?? ''
      throw syntaxError(this.#line, `Cannot recognize the token ${word}`)
    }
    this.#position = literal.end
    return { kind: 'number', text: this.#source.slice(start, literal.end), value: literal.value }
  }

  /** Reads `"…"` or `'…'`. A single character in single quotes is a CHAR. */
  #quoted(quote: number): RawToken {
    const source = this.#source
    const start = this.#position
    let text = ''
    let from = start + 1
    let index = from
    for (; index < source.length && source.charCodeAt(index) !== quote; index++) {
      if (source.charAt(index) !== '\\') continue
      text += source.slice(from, index)
      const escaped = source.charAt(++index)
      text += escapes[escaped] ?? (/["'\\`]/.test(escaped) ? escaped : `\\${escaped}`)
      from = index + 1
    }
    if (index >= source.length) throw syntaxError(this.#line, 'The string is not closed.')
    text += source.slice(from, index)
    if (text.length > maxTextLength) {
      throw unreadableCode(`A text in the code is longer than ${maxTextLength} characters.`)
    }
    this.#advanceTo(index + 1)
    const raw = source.slice(start, index + 1)
    const code = text.charCodeAt(0)
    if (quote === quotes.single && text.length === 1 && code < 128) {
      return { kind: 'number', text: raw, value: { form: 'scalar', type: 'CHAR', value: code } }
    }
    return { kind: 'string', text: raw, value: stringScalar(text) }
  }

  /** Reads symbols: `` `a `` is a STRING, `` `a`b `` a STRING vector. */
  #symbols(): RawToken {
    const start = this.#position
    const texts: string[] = []
    for (;;) {
      symbolPattern.lastIndex = this.#position
      const match = symbolPattern.exec(this.#source)
      if (match === null) break
      texts.push(match[1]!)
      this.#position += match[0].length
    }
    const text = this.#source.slice(start, this.#position)
    const value = texts.length === 1 ? stringScalar(texts[0]!) : stringVector(texts)
    return { kind: 'symbol', text, value }
  }
}

const endOfScript: RawToken = { kind: 'end', text: '' }

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

/** True for white space other than the line feed. */
function isBlank(code: number): boolean {
  if (code === blank || (code >= 9 && code <= 13)) return true
  return code > 127 && /\s/.test(String.fromCharCode(code))
}

/** The last token is `end`. @throws {ScriptError} `Syntax Error: [line #n] Cannot recognize the token …` */
export function tokenize(source: string): Token[] {
  const lexer = new Lexer(source)
  const tokens = [lexer.next()]
  while (tokens.at(-1)?.kind !== 'end') tokens.push(lexer.next())
  return tokens
}
