/*
  The parser's position: the tokens, whether line breaks matter, and which names are functions so far.
*/
import { Lexer, syntaxError, type Token } from './lexer.js'
import type { Expression, Span } from './syntax.js'

/** Facts about existing names that the parser needs: `sum x` applies a function, `x sum` is an error. */
export interface ParseScope {
  isFunction(name: string): boolean
}

/** Limit of nesting, which protects the parser's stack: no script written by hand is nested so deeply. */
const maxDepth = 400

/** A statement is parsed without a pause, so this limit keeps the parser below a tenth of a second. */
const maxStatementTokens = 131_072

/** The cursor drops consumed tokens once there are at least this many. */
const forgottenTokens = 256

/** How the context changes the meaning of a token. */
export interface CursorMode {
  /** True inside brackets, where line breaks mean nothing. */
  readonly ignoresNewlines: boolean
  /** True inside SQL clauses, where `=` compares. */
  readonly isSql: boolean
  /** False between `?` and `:` of a condition, where a colon makes no pair. */
  readonly hasPairs: boolean
}

const topMode: CursorMode = { ignoresNewlines: false, isSql: false, hasPairs: true }

/** One script being parsed, with the names that it has declared so far. */
export class Cursor {
  readonly source: string
  readonly scope: ParseScope
  /** Expressions that were in brackets: `(1<2)<3` is not a chain. */
  readonly bracketed: WeakSet<Expression> = new WeakSet()
  mode: CursorMode = topMode
  taken = 0
  private readonly lexer: Lexer
  /** Tokens that were read and not yet dropped; those before `head` are consumed. */
  private tokens: Token[] = []
  private head = 0
  private last: Token | undefined
  private lastAllowed = maxStatementTokens
  private depth = 0
  private readonly functions = new Set<string>()
  private variables: VariableNames = { names: new Set(), outer: undefined }

  constructor(source: string, scope: ParseScope) {
    this.source = source
    this.lexer = new Lexer(source)
    this.scope = scope
  }

  /** The token `ahead` places after the next one, without consuming it; after the last token, `end`. */
  peek(ahead = 0): Token {
    const { tokens } = this
    const wanted = this.head + ahead
    while (tokens.length <= wanted) {
      const last = tokens[tokens.length - 1]
      if (last?.kind === 'end') return last
      tokens.push(this.lexer.next())
    }
    return tokens[wanted]!
  }

  /** Consumes and returns the next token; at the end, always returns `end`. */
  next(): Token {
    const token = this.peek()
    if (token.kind === 'end') return token
    this.last = token
    if (++this.taken > this.lastAllowed) {
      this.fail(`A statement has more than ${maxStatementTokens} tokens. Divide it.`, token.line)
    }
    this.head++
    if (this.head >= forgottenTokens && this.head * 2 >= this.tokens.length) {
      this.tokens = this.tokens.slice(this.head)
      this.head = 0
    }
    return token
  }

  /** True if the statement may end here: line break (outside brackets), `;`, `}` or end of the script. */
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

  /** True if the token is this word in any case, because SQL keywords may have capitals. */
  isWord(text: string, ahead = 0): boolean {
    const token = this.peek(ahead)
    return token.kind === 'name' && (token.text === text || token.text.toLowerCase() === text)
  }

  /** @param words  in lower case */
  isAnyWord(words: ReadonlySet<string>, ahead = 0): boolean {
    const token = this.peek(ahead)
    return token.kind === 'name' && words.has(token.text.toLowerCase())
  }

  /** Consumes this operator if it is the next token; otherwise returns false. */
  accept(text: string): boolean {
    if (!this.isOperator(text)) return false
    this.next()
    return true
  }

  /** Like `accept`, but ignores upper and lower case in the script. @param text  in lower case */
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

  /** The error `… Cannot recognize the token …`. If the script ends early, the error names what is expected. */
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

  /** @param line  line number in the message; default that of the next token */
  fail(message: string, line: number = this.peek().line): never {
    throw syntaxError(line, message)
  }

  /** The source from `first` to the last token taken. */
  spanFrom(first: Token | Span): Span {
    const end = Math.max(this.last?.end ?? 0, first.end)
    return { source: this.source, start: first.start, end, line: first.line }
  }

  /** Call this at the start of a statement that is not inside another. */
  beginStatement(): void {
    this.lastAllowed = this.taken + maxStatementTokens
  }

  /** Call this before parsing anything that can be nested, and `ascend` after it, unless parsing failed. */
  descend(): void {
    if (++this.depth > maxDepth) this.fail('The script is nested too deeply.')
  }

  ascend(): void {
    this.depth--
  }

  /** Runs `parse` in another mode and restores the present one. */
  within<T>(mode: Partial<CursorMode>, parse: () => T): T {
    this.descend()
    const before = this.mode
    this.mode = { ...before, ...mode }
    const parsed = parse()
    this.mode = before
    this.ascend()
    return parsed
  }

  /** Runs `parse` for a function body, which has its own variables. */
  inFunction<T>(parameters: readonly string[], parse: () => T): T {
    const outer = this.variables
    this.variables = { names: new Set(parameters), outer }
    const parsed = this.within(topMode, parse)
    this.variables = outer
    return parsed
  }

  /** From here on the name is a function, whatever it was before. */
  declareFunction(name: string): void {
    this.functions.add(name)
    this.variables.names.delete(name)
  }

  /** From here on the name hides functions of the same name. */
  declareVariable(name: string): void {
    this.variables.names.add(name)
  }

  /** True for a name that is a function at this place of the script. */
  isFunction(name: string): boolean {
    for (let scope: VariableNames | undefined = this.variables; scope; scope = scope.outer) {
      if (scope.names.has(name)) return false
    }
    return this.functions.has(name) || this.scope.isFunction(name)
  }
}

/** Variables of one function body, or of the top level; `outer` holds those of the surrounding scope. */
interface VariableNames {
  readonly names: Set<string>
  readonly outer: VariableNames | undefined
}
