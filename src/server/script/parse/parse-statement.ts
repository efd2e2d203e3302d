/*
  Parses scripts into units and statements. A statement ends at a line break, at `;` or before `}`.
*/
import type { BinaryOperator } from '../../operators/operator-names.js'
import { stringScalar } from '../../values/scalar.js'
import { freshMode } from './cursor.js'
import type { Token } from './lexer.js'
import { startingWords } from './parse-expression.js'
import { reservedWords } from './parse-operand.js'
import { StructureParser } from './parse-structure.js'
import {
  setSpans,
  textOfSpan,
  type Expression,
  type Index,
  type Name,
  type Statement,
} from './syntax.js'

const refusedStatements: ReadonlySet<string> = new Set([
  'module', 'use', 'include', 'class', 'timer', 'transaction', 'import',
]) // prettier-ignore

const assignmentOperators: ReadonlyMap<string, BinaryOperator | undefined> = new Map([
  ['=', undefined],
  ['+=', '+'],
  ['-=', '-'],
  ['*=', '*'],
  ['/=', '/'],
  ['\\=', '\\'],
])

/** Parses what follows the keyword `first`, which is consumed. */
type StatementParser = (parser: Parser, first: Token) => Statement

export class Parser extends StructureParser {
  /** The nesting depth of the last unit. */
  get height(): number {
    return this.deepest
  }

  /**
   * Parses the code up to the next `go`, which ends a unit. Call this only after the previous unit has run (manual,
   * "go"). @throws {ScriptError} `Syntax Error: [line #n] …`
   */
  parseUnit(): Statement[] {
    this.beginUnit()
    const statements: Statement[] = []
    for (;;) {
      this.beginStatement()
      const next = this.#parseNext(() => this.#atGo())
      if (next === undefined) break
      for (const statement of next) statements.push(statement)
    }
    if (this.#atGo()) this.next()
    while (this.accept(';'));
    return statements
  }

  /** Parses the name field of a function request: `f`, `f{x}`, `(def(a){…}){x}`. */
  parseFunctionName(): Expression {
    const expression = this.parseExpression()
    if (!this.hasEnded) throw this.unexpected()
    return expression
  }

  protected parseBlock(): Statement[] {
    this.expect('{')
    return this.within(freshMode, () => {
      const statements: Statement[] = []
      for (;;) {
        const next = this.#parseNext(() => this.is('}'))
        if (next === undefined) break
        for (const statement of next) statements.push(statement)
      }
      this.expect('}')
      return statements
    })
  }

  /** Parses the next statement of a list, or all statements of a block in braces. Undefined at the end of the list. */
  #parseNext(ends: () => boolean): Statement[] | undefined {
    for (;;) {
      while (this.accept(';'));
      if (ends() || this.hasEnded) return undefined
      if (!this.#atGo()) return this.#parseStatement()
      // Inside a block `go` has no effect (manual, "go").
      this.next()
    }
  }

  /** True for `go` alone. `go = 1` and `go(x)` use a name. */
  #atGo(): boolean {
    if (this.peek().text !== 'go') return false
    const { kind, newlineBefore, text } = this.peek(1)
    return newlineBefore || kind === 'end' || text === ';' || text === '}'
  }

  /** Parses the body of `if` or `for`: a block, or one statement, which may be on the next line. */
  #parseBody(): Statement[] {
    if (this.is('{')) return this.parseBlock()
    return this.accept(';') ? [] : this.#parseStatement()
  }

  #parseStatement(): Statement[] {
    if (this.is('{') && !this.#startsBracedValue()) return this.parseBlock()
    const first = this.peek()
    if (first.text === '@') this.fail('Cannot recognize the token @')
    const statement = this.within({ ignoresNewlines: false }, () =>
      this.nested(() => this.#parseKeyword(first) ?? this.#parseSimple(first)),
    )
    // A keyword begins a statement without a separator, as in `{x += 1 return x}`.
    const isSeparate = this.atStatementEnd || this.isAnyWord(startingWords)
    if (!isSeparate && !endsWithBlock(statement)) throw this.unexpected()
    return [statement]
  }

  /** True at `{k: v}` and `{x -> …}`, which are values, not blocks, even at the beginning of a statement. */
  #startsBracedValue(): boolean {
    const { kind } = this.peek(1)
    if (kind === 'operator' || kind === 'end') return false
    return this.is(':', 2) || this.startsShortLambda(true, 1)
  }

  /** Parses a statement that begins with a keyword; undefined for all others. */
  #parseKeyword(first: Token): Statement | undefined {
    const { kind, text } = first
    if (kind !== 'name') return undefined
    if (this.startsStructure()) return this.#parseStructure(first)
    const isLambda = (text === 'def' || text === 'defg') && this.peek(1).kind !== 'name'
    if (isLambda || (text === 'share' && this.#isShareFunction())) return undefined
    const parse = Parser.#keywords.get(text)
    if (parse !== undefined) {
      this.next()
      return parse(this, first)
    }
    // `include` and `import` may be names. The other unsupported statements begin with reserved words.
    const isName = !reservedWords.has(text) && this.peek(1).kind === 'operator'
    if (refusedStatements.has(text) && !isName) {
      this.fail(`The statement [${text}] is not supported.`)
    }
    return undefined
  }

  static readonly #keywords: ReadonlyMap<string, StatementParser> = new Map<
    string,
    StatementParser
  >([
    ['def', (parser, first) => parser.#parseDefine(first)],
    ['defg', (parser, first) => parser.#parseDefine(first)],
    ['if', (parser, first) => parser.#parseIf(first)],
    ['for', (parser, first) => parser.#parseFor(first)],
    ['while', (parser, first) => parser.#parseWhile(first)],
    ['do', (parser, first) => parser.#parseDo(first)],
    ['try', (parser, first) => parser.#parseTry(first)],
    [
      'throw',
      (parser, first) => parser.node(first, { kind: 'throw', value: parser.parseExpression() }),
    ],
    [
      'return',
      (parser, first) => parser.node(first, { kind: 'return', values: parser.#parseReturned() }),
    ],
    ['break', (parser, first) => parser.node(first, { kind: 'break' })],
    ['continue', (parser, first) => parser.node(first, { kind: 'continue' })],
    ['share', (parser, first) => parser.#parseShare(first)],
    ['undef', (parser, first) => parser.#parseUndef(first)],
    ['assert', (parser, first) => parser.#parseAssert(first)],
    ['const', (parser, first) => parser.#parseConst(first)],
  ])

  /** Parses `f(…) {…}` and `f(…): expression`, or the declaration `f(…)`. */
  #parseDefine(first: Token): Statement {
    const name = this.expectName()
    this.declareFunction(name)
    const parameters = this.parseParameters()
    if (!this.is('{') && !this.is(':') && !this.is('->'))
      return this.node(first, { kind: 'declare' })
    this.checkDefinable(name, first.line)
    const [definition] = this.parseDefinition(first, name, parameters)
    return this.node(first, { kind: 'define', definition })
  }

  #parseIf(first: Token): Statement {
    const condition = this.inParentheses(() => this.parseExpression())
    const then = this.#parseBody()
    if (this.is(';') && this.is('else', 1)) this.next()
    const otherwise = this.accept('else') ? this.#parseBody() : []
    return this.node(first, { kind: 'if', condition, then, otherwise })
  }

  #parseFor(first: Token): Statement {
    this.expect('(')
    const variable = this.expectName()
    this.expect('in')
    const iterable = this.within({ ignoresNewlines: true }, () => this.parseExpression())
    this.expect(')')
    this.declareVariable(variable)
    return this.node(first, { kind: 'for', variable, iterable, body: this.#parseBody() })
  }

  #parseWhile(first: Token): Statement {
    const condition = this.inParentheses(() => this.parseExpression())
    return this.node(first, { kind: 'while', condition, body: this.#parseBody() })
  }

  #parseDo(first: Token): Statement {
    const body = this.parseBlock()
    this.expect('while')
    const condition = this.inParentheses(() => this.parseExpression())
    return this.node(first, { kind: 'doWhile', condition, body })
  }

  #parseTry(first: Token): Statement {
    const body = this.parseBlock()
    this.expect('catch')
    const variable = this.inParentheses(() => this.expectName())
    this.declareVariable(variable)
    return this.node(first, { kind: 'try', body, variable, handler: this.parseBlock() })
  }

  #parseReturned(): Expression[] {
    return this.atStatementEnd ? [] : this.list(() => this.parseExpression())
  }

  /** True for `share(t, "name")`, a call of the function. `share (t) as name` is the statement. */
  #isShareFunction(): boolean {
    if (!this.is('(', 1)) return false
    let depth = 0
    for (let ahead = 1; this.peek(ahead).kind !== 'end'; ahead++) {
      if (this.is('(', ahead)) depth++
      if (this.is(')', ahead) && --depth === 0) return !this.is('as', ahead + 1)
    }
    return true
  }

  /** Parses `t as name`, in which the name may be a plain word, a symbol or a string. */
  #parseShare(first: Token): Statement {
    this.checkSharable(first.line)
    const value = this.parseExpression()
    this.expect('as')
    const name = this.parseAlias()
    this.declareTable(name)
    return this.node(first, { kind: 'share', value, name })
  }

  /** Parses `all`, `all, VAR`, `` `x, SHARED `` and `("x", SHARED)` as arguments of a call. */
  #parseUndef(first: Token): Statement {
    const callee = this.nameNode('undef', this.spanFrom(first), true)
    const inBrackets = this.accept('(')
    const token = this.peek()
    const values = this.list((): Expression => {
      if (this.peek() !== token || !this.accept('all')) return this.parseExpression()
      return this.node(token, { kind: 'literal', value: stringScalar('all') })
    })
    if (inBrackets) this.expect(')')
    const expression = this.callOf(callee, values, first)
    return this.node(first, { kind: 'expression', expression })
  }

  /** Parses `x == 1` or `"case", x == 1`. */
  #parseAssert(first: Token): Statement {
    const one = this.parseExpression()
    const hasLabel = this.accept(',')
    const label = hasLabel ? textOfSpan(one.span).replace(/^["'`]|["']$/g, '') : ''
    const condition = hasLabel ? this.parseExpression() : one
    return this.node(first, { kind: 'assert', label, condition })
  }

  #parseConst(first: Token): Statement {
    const targets = [this.#parseName()]
    this.expect('=')
    const values = [this.parseExpression()]
    this.checkChangeable(targets[0]!)
    this.declareVariable(targets[0]!.name, true)
    return this.node(first, {
      kind: 'assign',
      targets,
      values,
      ...plainAssignment,
      isConstant: true,
    })
  }

  /** Parses a name that need not exist. */
  #parseName(): Name {
    const token = this.peek()
    return this.nameNode(this.expectName(), this.spanFrom(token))
  }

  /** Parses an assignment or an expression. @throws {ScriptError} if the left side cannot be assigned to */
  #parseSimple(first: Token): Statement {
    const isReference = first.text === '&' && this.peek(1).kind === 'name' && this.is('=', 2)
    if (isReference) this.next()
    if (this.#startsAssignment()) {
      const targets = this.list(() => this.#parseName())
      return this.#parseAssigned(first, targets, isReference)
    }
    const expression = this.startsSql() ? this.parseExpression() : this.parseElement()
    const token = this.peek()
    if (token.newlineBefore || !assignmentOperators.has(token.text)) {
      return this.node(first, { kind: 'expression', expression })
    }
    const isTarget =
      (expression.kind === 'name' && !expression.isFunction) ||
      (expression.kind === 'index' && expression.target.kind === 'name')
    if (isTarget) return this.#parseAssigned(first, [expression], false)
    return this.fail(
      this.is('=')
        ? "Please use '==' rather than '=' as equal operator in non-sql expression."
        : "Can't use assignment in expression.",
    )
  }

  /** True at `x = …` and at `x, y = …`, which make new variables. */
  #startsAssignment(): boolean {
    let last = 0
    while (this.isPlainName(last) && this.is(',', last + 1)) last += 2
    return this.isPlainName(last) && this.is('=', last + 1) && !this.peek(last + 1).newlineBefore
  }

  #parseAssigned(
    first: Token,
    targets: readonly (Name | Index)[],
    isReference: boolean,
  ): Statement {
    const operator = assignmentOperators.get(this.next().text)
    const values = this.list(() => this.parseExpression())
    for (const target of targets) {
      const name = target.kind === 'name' ? target : (target.target as Name)
      this.checkChangeable(name)
      this.declareVariable(name.name)
    }
    const flags = { ...plainAssignment, operator, isReference }
    return this.node(first, { kind: 'assign', targets, values, ...flags })
  }

  /** Parses `create …` or `drop …` as the calls that it stands for. */
  #parseStructure(first: Token): Statement {
    const inner = new Parser(this.structureText(), this.names)
    inner.adoptNames(this)
    const statement = inner.#parseStatement()[0]!
    setSpans(statement, this.spanFrom(first))
    return statement
  }
}

const plainAssignment = { operator: undefined, isReference: false, isConstant: false }

function endsWithBlock(statement: Statement): boolean {
  if (statement.kind === 'define') return statement.definition.source.endsWith('}')
  return ['if', 'for', 'while', 'try'].includes(statement.kind)
}
