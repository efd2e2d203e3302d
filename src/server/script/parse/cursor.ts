/*
  The state of the parser: its position in the tokens, whether line breaks matter, and which names are functions so far.
*/
import { Lexer, syntaxError, unreadableCode, type Token } from './lexer.js'
import type { Expression, Span } from './syntax.js'

/** True for names of functions. `sum x` applies a function, but is an error if `sum` is a variable. */
export type IsFunction = (name: string) => boolean

/** Limit for the length of a script, in characters (docs/server-semantics.md#sessions). */
const maxCodeLength = 1_048_576

/** Nesting limit that protects the parser's stack. No script written by hand is nested so deeply. */
const maxDepth = 400

/** Limit of tokens in a statement. With this limit, parsing a statement blocks the server for less than 0.1 s. */
const maxStatementTokens = 131_072

/** The cursor drops consumed tokens when there are at least this many of them. */
const forgottenTokens = 256

/** Properties of the context that change the meaning of tokens. */
export interface CursorMode {
  /** True inside brackets, where a line break does not end a statement. */
  readonly ignoresNewlines: boolean
  /** True inside SQL clauses, where `=` is a comparison. */
  readonly isSql: boolean
  /** False between `?` and `:` of a condition, where a colon does not make a pair. */
  readonly hasPairs: boolean
}

export const topMode: CursorMode = { ignoresNewlines: false, isSql: false, hasPairs: true }

/** The variables of one function body or of the top level. `outer` contains the variables of the surrounding scope. */
interface VariableNames {
  readonly names: Set<string>
  readonly outer: VariableNames | undefined
}

/** One script being parsed, with the names that it has declared so far. */
export class Cursor {
  readonly source: string
  /** Expressions that were in brackets: `(1<2)<3` is not a chain. */
  readonly bracketed: WeakSet<Expression> = new WeakSet()
  mode: CursorMode = topMode
  private readonly knowsFunction: IsFunction
  private readonly lexer: Lexer
  /** Tokens that the cursor has read and not yet dropped. Tokens before `head` are consumed. */
  private tokens: Token[] = []
  private head = 0
  private last: Token | undefined
  private taken = 0
  private depth = 0
  private readonly functions = new Set<string>()
  private variables: VariableNames = { names: new Set(), outer: undefined }

  /** @throws {ScriptError} if the script is too long */
  constructor(source: string, knowsFunction: IsFunction) {
    if (source.length > maxCodeLength) {
      throw unreadableCode(`The code is longer than ${maxCodeLength} characters.`)
    }
    this.source = source
    this.lexer = new Lexer(source)
    this.knowsFunction = knowsFunction
  }

  get hasEnded(): boolean {
    return this.peek().kind === 'end'
  }

  /** The next token, or the one `ahead` places after it, without consuming it. After the last token, `end`. */
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

  /** Consumes and returns the next token. After the last token, always returns `end`. */
  next(): Token {
    const token = this.peek()
    if (token.kind === 'end') return token
    this.last = token
    if (++this.taken > maxStatementTokens) {
      this.fail(`A statement has more than ${maxStatementTokens} tokens. Divide it.`, token.line)
    }
    this.head++
    if (this.head >= forgottenTokens && this.head * 2 >= this.tokens.length) {
      this.tokens = this.tokens.slice(this.head)
      this.head = 0
    }
    return token
  }

  /** True if a line break that ends a statement comes before the token. */
  breaksLine(ahead = 0): boolean {
    return this.peek(ahead).newlineBefore && !this.mode.ignoresNewlines
  }

  /** True if the statement may end here: line break outside brackets, `;`, `}` or end of the script. */
  get atStatementEnd(): boolean {
    return this.hasEnded || this.breaksLine() || this.is(';') || this.is('}')
  }

  /** True if the token is this operator, or this word in upper or lower case. @param text  in lower case */
  is(text: string, ahead = 0): boolean {
    const token = this.peek(ahead)
    return token.text === text || (token.kind === 'name' && token.text.toLowerCase() === text)
  }

  /** @param words  in lower case */
  isAnyWord(words: ReadonlySet<string>, ahead = 0): boolean {
    const token = this.peek(ahead)
    return token.kind === 'name' && words.has(token.text.toLowerCase())
  }

  /** Consumes this operator or word if it is the next token; otherwise returns false. */
  accept(text: string): boolean {
    if (!this.is(text)) return false
    this.next()
    return true
  }

  /** @throws {ScriptError} a syntax error unless this operator or word is next */
  expect(text: string): void {
    if (!this.accept(text)) throw this.unexpected(`'${text}' is expected`)
  }

  /** Keywords count as names. @throws {ScriptError} a syntax error unless a name is next */
  expectName(): string {
    if (this.peek().kind !== 'name') throw this.unexpected('A name is expected')
    return this.next().text
  }

  /** The error `… Cannot recognize the token …`. At the end of the script, it names what the parser expected. */
  unexpected(expected = 'An expression is expected'): Error {
    const { kind, line, text } = this.peek()
    if (kind !== 'end') return syntaxError(line, `Cannot recognize the token ${text}`)
    return syntaxError(line, `${expected} before the end of the script.`)
  }

  /** @param line  line number in the message; default that of the next token */
  fail(message: string, line: number = this.peek().line): never {
    throw syntaxError(line, message)
  }

  /** The source text from `first` to the last consumed token. */
  spanFrom(first: Token | Span): Span {
    const end = Math.max(this.last?.end ?? 0, first.end)
    return { source: this.source, start: first.start, end, line: first.line }
  }

  /** Call this at the start of each statement that is not part of another statement. */
  beginStatement(): void {
    this.taken = 0
  }

  /** Runs `parse`, which may be nested, in another mode; an error leaves the cursor unusable. */
  within<T>(mode: Partial<CursorMode>, parse: () => T): T {
    const before = this.mode
    this.mode = { ...before, ...mode }
    const parsed = this.nested(parse)
    this.mode = before
    return parsed
  }

  nested<T>(parse: () => T): T {
    if (++this.depth > maxDepth) this.fail('The script is nested too deeply.')
    const parsed = parse()
    this.depth--
    return parsed
  }

  /** Parses items, separated by commas, up to a closing bracket, which it consumes. A comma may follow the last item. */
  inBrackets<T>(close: string, parse: () => T, mode: Partial<CursorMode> = {}): T[] {
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

  /** Parses one item, or several separated by commas. */
  list<T>(parse: () => T): T[] {
    const items = [parse()]
    while (this.accept(',')) items.push(parse())
    return items
  }

  /** Runs `parse` for the body of a function, which has its own variables. */
  inFunction<T>(parameters: readonly { name: string }[], parse: () => T): T {
    const outer = this.variables
    this.variables = { names: new Set(parameters.map(({ name }) => name)), outer }
    const parsed = this.within({ isSql: false }, parse)
    this.variables = outer
    return parsed
  }

  /** From here on, the name is a function, whatever it was before. */
  declareFunction(name: string): void {
    this.functions.add(name)
    this.variables.names.delete(name)
  }

  /** From here on, the name is a variable and hides functions of that name. */
  declareVariable(name: string): void {
    this.variables.names.add(name)
  }

  /** True if the name is a function at this position of the script. */
  isFunction(name: string): boolean {
    for (let scope: VariableNames | undefined = this.variables; scope; scope = scope.outer) {
      if (scope.names.has(name)) return false
    }
    return this.functions.has(name) || this.knowsFunction(name)
  }
}
