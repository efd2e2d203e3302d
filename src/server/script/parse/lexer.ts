/*
  Splits script text into tokens.
*/
import type { ServerValue } from '../../values/server-value.js'
import { ScriptError } from '../../script-error.js'
import { readNumber, stringScalar, stringVector } from '../../values/values.js'

export interface Token {
  /**
   * Constants of one kind (number, string, symbol), written next to each other, may form a vector. A name may be a
   * keyword, and ends with `!` if it has one. If several operators match, the token is the longest one. `end` follows the
   * last token, so that the parser always has a next token.
   */
  readonly kind: 'number' | 'string' | 'symbol' | 'name' | 'operator' | 'end'
  readonly text: string
  /** Undefined unless the token is a constant. */
  readonly value: ServerValue | undefined
  readonly start: number
  readonly end: number
  /** Line of the token, from 1. */
  readonly line: number
  readonly newlineBefore: boolean
  /** True if a blank or line break separates this token from the previous one. */
  readonly spaceBefore: boolean
}

/** Words of statements and of SQL, which cannot be values. */
export const reservedWords: ReadonlySet<string> = new Set([
  'if', 'else', 'for', 'while', 'do', 'try', 'catch', 'throw', 'return', 'break', 'continue', 'go', 'assert', 'const',
  'mutable', 'timer', 'module', 'use', 'class', 'transaction',
]) // prettier-ignore

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

const blankPattern = /\s+|\/\/[^\n]*|\/\*[^]*?\*\//y
const numberStart = /\.?\d/y
const namePattern = /[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*(?:!(?!=))?/y
const symbolsPattern =
  /(?:`(?:[\w\u0080-\uffff#@]|\.(?=[\w\u0080-\uffff])(?![A-Za-z]\w*!?\s*\())*)+/y
const stringPattern = /"[^"\\]*(?:\\[^][^"\\]*)*"|'[^'\\]*(?:\\[^][^'\\]*)*'/y
const operatorPattern =
  /<-|<=|<>|<<|>=|>>|==|!=|&&|\|\||\.\.|->|::|[-+*/\\]=|[-+*/\\%$<>=!&|^:.,;()[\]{}?@]/y
const wordPattern = /[\w.:]*/y

const escapes: Readonly<Record<string, string>> = {
  n: '\n', t: '\t', r: '\r', '0': '\0', '"': '"', "'": "'", '\\': '\\', '`': '`',
} // prettier-ignore

/** The text at `position` that matches the pattern; undefined if none does. */
function matchAt(pattern: RegExp, source: string, position: number): string | undefined {
  pattern.lastIndex = position
  return pattern.test(source) ? source.slice(position, pattern.lastIndex) : undefined
}

export class Lexer {
  readonly #source: string
  #position = 0
  #line = 1

  constructor(source: string) {
    this.#source = source
  }

  /** After the last token: `end`. @throws {ScriptError} `Syntax Error: [line #n] Cannot recognize the token …` */
  next(): Token {
    const from = this.#position
    const lineBefore = this.#line
    let blank = matchAt(blankPattern, this.#source, from)
    for (; blank; blank = matchAt(blankPattern, this.#source, this.#position)) this.#pass(blank)
    const start = this.#position
    const line = this.#line
    const [kind, text, value] = this.#read()
    this.#pass(text)
    const end = this.#position
    const newlineBefore = line > lineBefore
    return { kind, text, value, start, end, line, newlineBefore, spaceBefore: start > from }
  }

  #pass(text: string): void {
    this.#position += text.length
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#line++
  }

  #read(): [Token['kind'], string, ServerValue?] {
    const source = this.#source
    const start = this.#position
    if (start >= source.length) return ['end', '']
    if (source.startsWith('/*', start)) this.#fail('The comment is not closed.')
    const first = source.charAt(start)
    if (first === '"' || first === "'") return this.#quoted()
    if (first === '`') return this.#symbols()
    if (matchAt(numberStart, source, start) !== undefined) return this.#number()
    const name = matchAt(namePattern, source, start)
    if (name !== undefined) return ['name', name]
    const operator = matchAt(operatorPattern, source, start)
    return operator === undefined ? this.#refuse(first) : ['operator', operator]
  }

  #number(): [Token['kind'], string, ServerValue] {
    const start = this.#position
    const literal = readNumber(this.#source, start)
    if (literal !== undefined) {
      return ['number', this.#source.slice(start, literal.end), literal.value]
    }
    return this.#refuse(matchAt(wordPattern, this.#source, start) ?? '')
  }

  /** Reads `"…"` or `'…'`. A single character in single quotes is a CHAR. */
  #quoted(): [Token['kind'], string, ServerValue] {
    const raw = matchAt(stringPattern, this.#source, this.#position)
    if (raw === undefined) return this.#fail('The string is not closed.')
    const text = raw
      .slice(1, -1)
      .replace(/\\([^])/g, (all, escaped: string) => escapes[escaped] ?? all)
    if (text.length > maxTextLength) {
      throw unreadableCode(`A text in the code is longer than ${maxTextLength} characters.`)
    }
    const value = text.charCodeAt(0)
    if (!raw.startsWith("'") || text.length !== 1 || value > 127) {
      return ['string', raw, stringScalar(text)]
    }
    return ['number', raw, { form: 'scalar', type: 'CHAR', value }]
  }

  /** Reads symbols: `` `a `` is a STRING, `` `a`b `` a STRING vector. */
  #symbols(): [Token['kind'], string, ServerValue] {
    const text = matchAt(symbolsPattern, this.#source, this.#position)!
    const texts = text.slice(1).split('`')
    return ['symbol', text, texts.length === 1 ? stringScalar(texts[0]!) : stringVector(texts)]
  }

  #refuse(token: string): never {
    return this.#fail(`Cannot recognize the token ${token}`)
  }

  #fail(message: string): never {
    throw syntaxError(this.#line, message)
  }
}

/** The last token is `end`. @throws {ScriptError} `Syntax Error: [line #n] Cannot recognize the token …` */
export function tokenize(source: string): Token[] {
  const lexer = new Lexer(source)
  const tokens = [lexer.next()]
  while (tokens.at(-1)?.kind !== 'end') tokens.push(lexer.next())
  return tokens
}
