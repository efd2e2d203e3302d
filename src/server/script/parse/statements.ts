/* Parses scripts into units and statements. A statement ends at a line break, at `;` or before `}`. */
import type { BinaryOperator } from '../../operators/operands.js'
import { freshMode, type Token } from './cursor.js'
import { SqlParser } from './sql.js'
import type { Expression, Index, Name, Statement, StatementNode } from './syntax.js'

const assignmentOperators: ReadonlyMap<string, BinaryOperator | undefined> = new Map([
  ['=', undefined],
  ['+=', '+'],
  ['-=', '-'],
  ['*=', '*'],
  ['/=', '/'],
  ['\\=', '\\'],
])

/** Words that end an expression and begin a new statement, even without a separator: `x = f(1) share t as s`. */
const startingWords: readonly string[] = [
  'return', 'else', 'throw', 'break', 'continue', 'share', 'if', 'for', 'do', 'try', 'def', 'go',
] // prettier-ignore

export class Parser extends SqlParser {
  /** Parses up to the next `go`. Call this only after the previous unit has run. @throws {ScriptError} `Syntax Error: [line #n] …` */
  parseUnit(): Statement[] {
    this.scopes.beginUnit()
    const statements = this.#parseStatements(() => {
      this.beginStatement()
      return this.#atGo()
    })
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
      const statements = this.#parseStatements(() => this.is('}'))
      this.expect('}')
      return statements
    })
  }

  #parseStatements(ends: () => boolean): Statement[] {
    const statements: Statement[] = []
    for (;;) {
      while (this.accept(';'));
      if (ends() || this.hasEnded) return statements
      // Inside a block `go` has no effect (manual, "go").
      if (this.#atGo()) this.next()
      else for (const statement of this.#parseStatement()) statements.push(statement)
    }
  }

  /** True if the statement may end here: line break outside brackets, `;`, `}` or end of the script. */
  get #atEnd(): boolean {
    return this.hasEnded || this.breaksLine() || this.is(';') || this.is('}')
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

  /** Parses a statement, or all statements of a block in braces. */
  #parseStatement(): Statement[] {
    if (this.is('{') && !this.is(':', 2)) return this.parseBlock()
    const first = this.peek()
    const statement = this.within({ ignoresNewlines: false }, () =>
      this.nested(() => this.#parseKeyword(first) ?? this.#parseSimple(first)),
    )
    // A keyword begins a statement without a separator, as in `{x += 1 return x}`.
    const isSeparate = this.#atEnd || startingWords.includes(this.peek().text.toLowerCase())
    if (!isSeparate && !endsWithBlock(statement)) throw this.unexpected()
    return [statement]
  }

  /** Parses a statement that begins with a keyword; undefined for all others. */
  #parseKeyword(first: Token): Statement | undefined {
    const { kind, text } = first
    if (kind !== 'name') return undefined
    if (this.startsStructure()) return this.node(first, this.parseStructure(first))
    const isLambda = (text === 'def' || text === 'defg') && this.peek(1).kind !== 'name'
    if (isLambda || (text === 'undef' && this.is('(', 1))) return undefined
    const parse = Object.hasOwn(this.#keywords, text) ? this.#keywords[text] : undefined
    if (parse === undefined) return undefined
    this.next()
    return this.node(first, parse(first))
  }

  /** Keyword → parser of what follows the keyword. */
  readonly #keywords: Readonly<Record<string, (first: Token) => StatementNode>> = {
    def: first => this.#parseDefine(first),
    defg: first => this.#parseDefine(first),
    if: () => {
      const condition = this.#parseCondition()
      const then = this.#parseBody()
      if (this.is(';') && this.is('else', 1)) this.next()
      const otherwise = this.accept('else') ? this.#parseBody() : []
      return { kind: 'if', condition, then, otherwise }
    },
    for: () => {
      this.expect('(')
      const variable = this.expectName()
      this.expect('in')
      const iterable = this.within({ ignoresNewlines: true }, () => this.parseExpression())
      this.expect(')')
      this.scopes.current.variables.add(variable)
      return { kind: 'for', variable, iterable, body: this.#parseBody() }
    },
    while: () => {
      const condition = this.#parseCondition()
      return { kind: 'while', condition, body: this.#parseBody() }
    },
    do: () => {
      const body = this.parseBlock()
      this.expect('while')
      return { kind: 'doWhile', condition: this.#parseCondition(), body }
    },
    try: () => {
      const body = this.parseBlock()
      this.expect('catch')
      const variable = this.inParentheses(() => this.expectName())
      this.scopes.current.variables.add(variable)
      return { kind: 'try', body, variable, handler: this.parseBlock() }
    },
    throw: () => ({ kind: 'throw', value: this.parseExpression() }),
    return: () => ({ kind: 'return', value: this.#atEnd ? undefined : this.parseExpression() }),
    break: () => ({ kind: 'break' }),
    continue: () => ({ kind: 'continue' }),
    // `t as name`, in which the name may be a plain word, a symbol or a string; `(t, name)` is a call of the function.
    share: first => {
      const callee = this.nameNode('share', this.spanFrom(first), true)
      const mayBeCall = this.is('(')
      const text = "'share' statement can't be declared within a function definition. RefId: S06002"
      if (!mayBeCall && !this.scopes.current.isTop) this.fail(text, first.line)
      const value = this.parseExpression()
      if (value.kind === 'tuple' && !this.is('as')) {
        return { kind: 'expression', expression: this.callOf(callee, value.elements, first) }
      }
      if (!this.scopes.current.isTop) this.fail(text, first.line)
      this.expect('as')
      const name = this.parseAlias()
      this.scopes.tables.add(name)
      return { kind: 'share', value, name }
    },
    // `undef all`, `undef x, SHARED`.
    undef: first => {
      const callee = this.nameNode('undef', this.spanFrom(first), true)
      const names = this.list(() => this.parseExpression())
      return { kind: 'expression', expression: this.callOf(callee, names, first) }
    },
  }

  #parseCondition(): Expression {
    return this.inParentheses(() => this.parseExpression())
  }

  /** Parses `f(…) {…}` and `f(…): expression`. */
  #parseDefine(first: Token): StatementNode {
    const name = this.expectName()
    this.scopes.declareFunction(name)
    const parameters = this.parseParameters()
    if (!this.scopes.current.isTop) {
      const text = `Not allowed to define a named function [${name}] within another function. RefId: S06003`
      this.fail(text, first.line)
    }
    if (this.scopes.is(name, 'builtin')) {
      const text = 'Not allowed to overwrite existing built-in functions/procedures. RefId: S06005'
      this.fail(text, first.line)
    }
    return { kind: 'define', definition: this.parseDefinition(first, name, parameters) }
  }

  /** Parses an assignment or an expression. @throws {ScriptError} if the left side cannot be assigned to */
  #parseSimple(first: Token): Statement {
    // The variable of `x = …` need not exist.
    if (this.isPlainName() && this.is('=', 1) && !this.peek(1).newlineBefore) {
      return this.#parseAssigned(first, this.nameNode(this.next().text, this.spanFrom(first)))
    }
    const expression = this.startsSql() ? this.parseExpression() : this.parseElement()
    const token = this.peek()
    if (token.newlineBefore || !assignmentOperators.has(token.text)) {
      return this.node(first, { kind: 'expression', expression })
    }
    const isTarget =
      (expression.kind === 'name' && !expression.isFunction) ||
      (expression.kind === 'index' && expression.target.kind === 'name')
    if (isTarget) return this.#parseAssigned(first, expression)
    return this.fail(
      this.is('=')
        ? "Please use '==' rather than '=' as equal operator in non-sql expression."
        : "Can't use assignment in expression.",
    )
  }

  #parseAssigned(first: Token, target: Name | Index): Statement {
    const operator = assignmentOperators.get(this.next().text)
    const value = this.parseExpression()
    const name = target.kind === 'name' ? target : (target.target as Name)
    if (this.scopes.current.readOnly.has(name.name)) {
      this.fail(`Constant variable [${name.name}] can't be modified.`, name.span.line)
    }
    this.scopes.current.variables.add(name.name)
    return this.node(first, { kind: 'assign', target, operator, value })
  }
}

function endsWithBlock(statement: Statement): boolean {
  if (statement.kind === 'define') return statement.definition.source.endsWith('}')
  return ['if', 'for', 'while', 'try'].includes(statement.kind)
}
