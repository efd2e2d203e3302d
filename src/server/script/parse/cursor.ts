/* Splits script text into tokens, and holds the position of the parser in them and the mode in which it reads them. */
import type { ServerValue } from '../../values/server-value.js'
import { ScriptError } from '../../script-error.js'
import { readNumber, stringScalar, stringVector, textOf } from '../../values/values.js'
import type { Call, Expression, Name, Span } from './syntax.js'

export interface Token {
  /** Constants next to each other may form a vector. A name may be a keyword, and may end with `!`. `end` follows the last token. */
  readonly kind: 'number' | 'string' | 'symbol' | 'name' | 'operator' | 'end'
  readonly text: string
  /** Undefined unless the token is a constant. */
  readonly value: ServerValue | undefined
  readonly start: number
  readonly end: number
  /** Line of the token, from 1. */
  readonly line: number
  /** Line of the text after the token. */
  readonly nextLine: number
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

/** DolphinDB's I/O error 4, with the RefId 00020, without the S. @param reason  our own text after DolphinDB's */
function unreadableCode(reason: string): ScriptError {
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

const startOfScript = { end: 0, nextLine: 1 }

/** The token after another one; after the last one, `end`. @throws {ScriptError} `Syntax Error: [line #n] Cannot recognize the token …` */
function tokenAfter(source: string, before: Pick<Token, 'end' | 'nextLine'>): Token {
  let start = before.end
  let line = before.nextLine
  let blank
  while (mayBeBlank(source.charCodeAt(start)) && (blank = matchAt(blankPattern, source, start))) {
    line += lineBreaks(blank)
    start += blank.length
  }
  const [kind, text, value] = partsOfToken(source, start, line)
  const [end, nextLine] = [start + text.length, line + lineBreaks(text)]
  const [newlineBefore, spaceBefore] = [line > before.nextLine, start > before.end]
  return { kind, text, value, start, end, line, nextLine, newlineBefore, spaceBefore }
}

/** False for characters that begin neither a blank nor a comment, for which a search would cost more. */
const mayBeBlank = (c: number): boolean => c <= 32 || c === 47 || c >= 128

function lineBreaks(text: string): number {
  let count = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++
  return count
}

type Parts = [kind: Token['kind'], text: string, value?: ServerValue]

function partsOfToken(source: string, start: number, line: number): Parts {
  if (start >= source.length) return ['end', '']
  if (source.startsWith('/*', start)) throw syntaxError(line, 'The comment is not closed.')
  const first = source.charAt(start)
  if (first === '"' || first === "'") return quoted(matchAt(stringPattern, source, start), line)
  if (first === '`') {
    // `` `a `` is a STRING, `` `a`b `` a STRING vector.
    const text = matchAt(symbolsPattern, source, start)!
    const texts = text.slice(1).split('`')
    return ['symbol', text, texts.length === 1 ? stringScalar(texts[0]!) : stringVector(texts)]
  }
  const name = matchAt(namePattern, source, start)
  if (name !== undefined) return ['name', name]
  if (matchAt(numberStart, source, start) !== undefined) {
    const number = readNumber(source, start)
    if (number !== undefined) return ['number', source.slice(start, number.end), number.value]
    const word = matchAt(wordPattern, source, start) ?? ''
    throw syntaxError(line, `Cannot recognize the token ${word}`)
  }
  const operator = matchAt(operatorPattern, source, start)
  if (operator !== undefined) return ['operator', operator]
  throw syntaxError(line, `Cannot recognize the token ${first}`)
}

/** Reads `"…"` or `'…'`. A single character in single quotes is a CHAR. */
function quoted(raw: string | undefined, line: number): Parts {
  if (raw === undefined) throw syntaxError(line, 'The string is not closed.')
  const text = raw
    .slice(1, -1)
    .replace(/\\([^])/g, (all, escaped: string) => escapes[escaped] ?? all)
  if (text.length > maxTextLength) {
    throw unreadableCode(`A text in the code is longer than ${maxTextLength} characters.`)
  }
  const value = text.charCodeAt(0)
  return raw.startsWith("'") && text.length === 1 && value <= 127
    ? ['number', raw, { form: 'scalar', type: 'CHAR', value }]
    : ['string', raw, stringScalar(text)]
}

/** The last token is `end`. @throws {ScriptError} `Syntax Error: [line #n] Cannot recognize the token …` */
export function tokenize(source: string): Token[] {
  const tokens = [tokenAfter(source, startOfScript)]
  while (tokens.at(-1)!.kind !== 'end') tokens.push(tokenAfter(source, tokens.at(-1)!))
  return tokens
}

/** Limit for the length of a script, in characters (docs/server-semantics.md#sessions). */
const maxCodeLength = 1_048_576
/** Nesting limit that protects the stack. No script written by hand is nested so deeply. */
const maxDepth = 300
/** Limit of tokens in a statement. With this limit, parsing a statement blocks the server for less than 0.1 s. */
const maxStatementTokens = 131_072

/** Properties of the context that change the meaning of tokens. */
interface Mode {
  /** True inside brackets, where a line break does not end a statement. */
  readonly ignoresNewlines: boolean
  /** True inside SQL clauses, where `=` is a comparison. */
  readonly isSql: boolean
  /** True where a name may be a column, which is known only when the statement runs. */
  readonly hasColumns: boolean
}

/** The mode in blocks and brackets, where names may still be columns. */
export const freshMode = { ignoresNewlines: false, isSql: false }

export abstract class Cursor {
  protected mode: Mode = { ...freshMode, hasColumns: false }
  readonly #source: string
  #last: Pick<Token, 'end' | 'nextLine'> = startOfScript
  /** The tokens of the statement. Those before `#head` are consumed. */
  #tokens: Token[] = []
  #head = 0
  #lastEnd = 0
  #depth = 0

  /** @throws {ScriptError} if the script is too long */
  constructor(source: string) {
    if (source.length > maxCodeLength) {
      throw unreadableCode(`The code is longer than ${maxCodeLength} characters.`)
    }
    this.#source = source
  }

  get hasEnded(): boolean {
    return this.peek().kind === 'end'
  }

  /** Call this at the start of each statement that is not part of another statement. */
  protected beginStatement(): void {
    this.#tokens = this.#tokens.slice(this.#head)
    this.#head = 0
  }

  /** The next token, or the one `ahead` places after it, without consuming it. After the last token, `end`. */
  protected peek(ahead = 0): Token {
    const tokens = this.#tokens
    const wanted = this.#head + ahead
    while (tokens.length <= wanted) {
      const last = tokens[tokens.length - 1]
      if (last?.kind === 'end') return last
      const token = tokenAfter(this.#source, this.#last)
      tokens.push(token)
      this.#last = token
    }
    return tokens[wanted]!
  }

  /** Consumes and returns the next token. After the last token, always returns `end`. */
  protected next(): Token {
    const token = this.peek()
    if (token.kind === 'end') return token
    this.#lastEnd = token.end
    if (++this.#head > maxStatementTokens) {
      this.fail(`A statement has more than ${maxStatementTokens} tokens. Divide it.`, token.line)
    }
    return token
  }

  /** True if a line break that ends a statement comes before the token. */
  protected breaksLine(): boolean {
    return this.peek().newlineBefore && !this.mode.ignoresNewlines
  }

  /** True if the token is this operator, or this word in upper or lower case. @param text  in lower case */
  protected is(text: string, ahead = 0): boolean {
    const token = this.peek(ahead)
    if (token.text.length !== text.length) return false
    return token.text === text || (token.kind === 'name' && token.text.toLowerCase() === text)
  }

  protected accept(text: string): boolean {
    if (!this.is(text)) return false
    this.next()
    return true
  }

  /** @throws {ScriptError} a syntax error unless the token is next */
  protected expect(text: string): void {
    if (!this.accept(text)) throw this.unexpected(`'${text}' is expected`)
  }

  /** Keywords count as names. @throws {ScriptError} a syntax error unless a name is next */
  protected expectName(): string {
    if (this.peek().kind !== 'name') throw this.unexpected('A name is expected')
    return this.next().text
  }

  /** The error `… Cannot recognize the token …`. At the end of the script, it names what the parser expected. */
  protected unexpected(expected = 'An expression is expected'): Error {
    const { kind, line, text } = this.peek()
    if (kind !== 'end') return syntaxError(line, `Cannot recognize the token ${text}`)
    return syntaxError(line, `${expected} before the end of the script.`)
  }

  /** @param line  line number in the message; default that of the next token */
  protected fail(message: string, line: number = this.peek().line): never {
    throw syntaxError(line, message)
  }

  /** The source text from `first` to the last consumed token. */
  protected spanFrom(first: Token | Span): Span {
    const end = Math.max(this.#lastEnd, first.end)
    return { source: this.#source, start: first.start, end, line: first.line }
  }

  /** Adds the span from `first` to the last consumed token. */
  protected node<const Node extends object>(
    first: Token | Span,
    node: Node,
  ): Node & { readonly span: Span } {
    return Object.assign(node, { span: this.spanFrom(first) })
  }

  protected nameNode(name: string, span: Span, isFunction = false): Name {
    return { kind: 'name', name, isFunction, span }
  }

  protected callOf(callee: Expression, args: readonly Expression[], first: Token | Span): Call {
    return this.node(first, { kind: 'call', callee, args: args.map(value => ({ value })) })
  }

  /** Parses a name, which may be a plain word, a symbol or a string. */
  protected parseAlias(): string {
    const { kind, text, value, line } = this.peek()
    if (kind === 'end') throw this.unexpected('A name is expected')
    this.next()
    const name = kind === 'name' ? text : textOf(value)
    return name ?? this.fail(`Cannot recognize the token ${text}`, line)
  }

  /** Runs `parse` in another mode; an error leaves the parser unusable. */
  protected within<T>(mode: Partial<Mode>, parse: () => T): T {
    const before = this.mode
    this.mode = { ...before, ...mode }
    const parsed = parse()
    this.mode = before
    return parsed
  }

  protected nested<T>(parse: () => T): T {
    if (++this.#depth > maxDepth) this.fail('The script is nested too deeply.')
    const parsed = parse()
    this.#depth--
    return parsed
  }

  /** Parses items, separated by commas, up to a closing bracket, which it consumes. A comma may follow the last item. */
  protected inBrackets<T>(close: string, parse: () => T, mode: Partial<Mode> = {}): T[] {
    return this.within({ ...mode, ignoresNewlines: true }, () => {
      const items: T[] = []
      while (!this.is(close)) {
        items.push(parse())
        if (!this.accept(',')) break
      }
      this.expect(close)
      return items
    })
  }

  protected inParentheses<T>(parse: () => T): T {
    this.expect('(')
    const item = this.within({ ignoresNewlines: true }, parse)
    this.expect(')')
    return item
  }

  /** Parses one item, or several separated by commas. */
  protected list<T>(parse: () => T): T[] {
    const items = [parse()]
    while (this.accept(',')) items.push(parse())
    return items
  }
}
