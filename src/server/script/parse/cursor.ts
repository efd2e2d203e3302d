/*
  The position of the parser in its tokens, and the mode in which it reads them.
*/
import { Lexer, syntaxError, unreadableCode, type Token } from './lexer.js'
import { textOf } from '../../values/values.js'
import type { Call, Expression, Name, Span } from './syntax.js'

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
  /** False between `?` and `:` of a condition, where a colon does not make a pair. */
  readonly hasPairs: boolean
}

/** The mode in blocks and brackets, where names may still be columns. */
export const freshMode = { ignoresNewlines: false, isSql: false, hasPairs: true }

export abstract class Cursor {
  protected mode: Mode = { ...freshMode, hasColumns: false }
  readonly #source: string
  readonly #lexer: Lexer
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
    this.#lexer = new Lexer(source)
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
      tokens.push(this.#lexer.next())
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
    return token.text === text || (token.kind === 'name' && token.text.toLowerCase() === text)
  }

  /** Consumes the token if it is next. @returns true if it was */
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

  /** Parses `(…)` around one item. */
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
