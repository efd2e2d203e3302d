/*
  Where the parser stands: the tokens, whether line breaks count, and which names are functions so far.
*/
import { syntaxError, tokenize } from './lexer.js'
import type { Expression, Span } from './syntax.js'
import type { Token } from './token.js'

/** What the parser must know of the world: `sum x` applies a function, `x sum` is an error. */
export interface ParseScope {
  isFunction(name: string): boolean
}

/** Deeper nesting than any script written by hand; keeps the parser's own stack bounded. */
const maxDepth = 400

/** How the surroundings of a token change what it means. */
export interface CursorMode {
  /** Inside brackets a line break means nothing. */
  readonly ignoresNewlines: boolean
  /** Inside SQL clauses `=` compares. */
  readonly isSql: boolean
  /** Between `?` and `:` of a condition a colon makes no pair. */
  readonly hasPairs: boolean
}

const topMode: CursorMode = { ignoresNewlines: false, isSql: false, hasPairs: true }

/** One script being parsed. Names declared on the way count from there on. */
export class Cursor {
  readonly source: string
  readonly tokens: readonly Token[]
  readonly scope: ParseScope
  /** Expressions that stood in brackets of their own: `(1<2)<3` is no chain. */
  readonly bracketed: WeakSet<Expression> = new WeakSet()
  mode: CursorMode = topMode
  private index = 0
  private depth = 0
  private readonly functions = new Set<string>()
  private variables = new Set<string>()

  constructor(source: string, scope: ParseScope) {
    this.source = source
    this.tokens = tokenize(source)
    this.scope = scope
  }

  /** The token `ahead` places on; the last one (`end`) repeats. */
  peek(ahead = 0): Token {
    return this.tokens[Math.min(this.index + ahead, this.tokens.length - 1)]!
  }

  /** Takes the token; at the end the `end` token again and again. */
  next(): Token {
    const token = this.peek()
    if (this.index < this.tokens.length - 1) this.index++
    return token
  }

  /** True where the statement may end: line break (outside brackets), `;`, `}` or end of the script. */
  get atStatementEnd(): boolean {
    const token = this.peek()
    if (token.kind === 'end') return true
    if (token.newlineBefore && !this.mode.ignoresNewlines) return true
    return token.kind === 'operator' && (token.text === ';' || token.text === '}')
  }

  isOperator(text: string, ahead = 0): boolean {
    const token = this.peek(ahead)
    return token.kind === 'operator' && token.text === text
  }

  /** Keywords of SQL may be written in any case; those of the language are lower case, and are found as well. */
  isWord(text: string, ahead = 0): boolean {
    const token = this.peek(ahead)
    return token.kind === 'name' && (token.text === text || token.text.toLowerCase() === text)
  }

  /** @param words  in lower case */
  isAnyWord(words: ReadonlySet<string>, ahead = 0): boolean {
    const token = this.peek(ahead)
    return token.kind === 'name' && words.has(token.text.toLowerCase())
  }

  /** Takes this operator if it is the next token; false, with nothing taken, when it is not. */
  accept(text: string): boolean {
    if (!this.isOperator(text)) return false
    this.next()
    return true
  }

  /** As `accept`, for a word in lower case. */
  acceptWord(text: string): boolean {
    if (!this.isWord(text)) return false
    this.next()
    return true
  }

  /** @throws {ScriptError} a syntax error unless this operator is next */
  expect(text: string): void {
    if (!this.accept(text)) throw this.unexpected(`'${text}' is expected`)
  }

  /** @throws {ScriptError} a syntax error unless this word is next */
  expectWord(text: string): void {
    if (!this.acceptWord(text)) throw this.unexpected(`'${text}' is expected`)
  }

  /** @throws {ScriptError} a syntax error unless a name is next; keywords are names, too */
  expectName(): string {
    const token = this.peek()
    if (token.kind !== 'name') throw this.unexpected('A name is expected')
    this.next()
    return token.text
  }

  /** `Syntax Error: [line #n] Cannot recognize the token …`, or what was expected when the script ends early. */
  unexpected(expected?: string): Error {
    const token = this.peek()
    if (token.kind === 'end') {
      return syntaxError(
        token.line,
        `${expected ?? 'An expression is expected'} before the end of the script.`,
      )
    }
    return syntaxError(token.line, `Cannot recognize the token ${token.text}`)
  }

  /** @param line  of the message; that of the next token when left out */
  fail(message: string, line: number = this.peek().line): never {
    throw syntaxError(line, message)
  }

  /** From `first` to the last token taken. */
  spanFrom(first: Token | Span): Span {
    const last = this.tokens[Math.max(this.index - 1, 0)]!
    return {
      source: this.source,
      start: first.start,
      end: Math.max(last.end, first.end),
      line: first.line,
    }
  }

  /** Runs `parse` under another mode and comes back to the present one. */
  within<T>(mode: Partial<CursorMode>, parse: () => T): T {
    if (++this.depth > maxDepth) this.fail('The script is nested too deeply.')
    const before = this.mode
    this.mode = { ...before, ...mode }
    try {
      return parse()
    } finally {
      this.mode = before
      this.depth--
    }
  }

  /** Runs `parse` for a function body, which has variables of its own. */
  inFunction<T>(parameters: readonly string[], parse: () => T): T {
    const before = this.variables
    this.variables = new Set([...before, ...parameters])
    try {
      return this.within(topMode, parse)
    } finally {
      this.variables = before
    }
  }

  /** From here on the name is a function, whatever it was. */
  declareFunction(name: string): void {
    this.functions.add(name)
    this.variables.delete(name)
  }

  /** From here on the name hides functions of the same name. */
  declareVariable(name: string): void {
    this.variables.add(name)
  }

  /** True for a name that calls at this place of the script. */
  isFunction(name: string): boolean {
    if (this.variables.has(name)) return false
    return this.functions.has(name) || this.scope.isFunction(name)
  }
}
