/*
  Parses operands: constants, names, brackets, functions (manual, "Named function", "Lambda expression"), and what may
  directly follow them: `f(…)`, `x[…]`, `f{…}`, `x.y`.
*/
import { dataTypes } from '../../../protocol/data-type.js'
import { explicitNull } from '../../../protocol/value.js'
import { boolScalar, stringScalar, textOf } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { vectorOfLiterals } from '../../values/vector-literal.js'
import { freshMode } from './cursor.js'
import type { Token } from './lexer.js'
import { NameParser } from './names.js'
import {
  textOfSpan,
  type Argument,
  type Call,
  type Expression,
  type FunctionDefinition,
  type Name,
  type Parameter,
  type Slice,
  type Span,
  type Statement,
} from './syntax.js'

const constants: ReadonlyMap<string, ServerValue> = new Map<string, ServerValue>([
  ['NULL', explicitNull],
  ['null', explicitNull],
  ['true', boolScalar(true)],
  ['false', boolScalar(false)],
])

/** Words of statements and of SQL, which cannot be values. */
export const reservedWords: ReadonlySet<string> = new Set([
  'if', 'else', 'for', 'while', 'do', 'try', 'catch', 'throw', 'return', 'break', 'continue', 'go', 'assert', 'const',
  'mutable', 'timer', 'module', 'use', 'class', 'transaction',
]) // prettier-ignore

export abstract class OperandParser extends NameParser {
  protected abstract parseExpression(minPrecedence?: number): Expression
  protected abstract parseBlock(): Statement[]
  protected abstract startsSql(): boolean
  protected abstract parseSql(): Expression

  protected nameNode(name: string, span: Span, isFunction = false): Name {
    return { kind: 'name', name, isFunction, span }
  }

  protected callOf(callee: Expression, args: readonly Expression[], first: Token | Span): Call {
    return this.node(first, { kind: 'call', callee, args: args.map(value => ({ value })) })
  }

  /** @throws {ScriptError} a syntax error if no operand begins here */
  protected parseOperand(): Expression {
    const first = this.peek()
    let expression = this.#parsePrimary(first)
    for (let links = 1; ; links++) {
      const extended = this.#extend(expression, first)
      if (extended === undefined) return expression
      this.checkDepth(links)
      expression = extended
    }
  }

  /** True for a name that can be a variable. */
  protected isPlainName(ahead = 0): boolean {
    const { kind, text } = this.peek(ahead)
    return kind === 'name' && !constants.has(text) && !reservedWords.has(text)
  }

  #parsePrimary(first: Token): Expression {
    const { kind, text } = first
    if (kind === 'name' && !constants.has(text)) return this.#parseWord(first)
    if (kind === 'end') throw this.unexpected()
    // A sign is allowed only before a number here.
    if (kind !== 'operator' || this.isSignedNumber()) return this.#parseConstants(first)
    if (!['(', '[', '{'].includes(text)) throw this.unexpected()
    this.next()
    if (text === '(') return this.#parseParenthesized(first)
    if (text === '{') {
      const entries = this.inBrackets('}', () => this.#parseEntry(), freshMode)
      return this.node(first, { kind: 'dictionary', entries })
    }
    const elements = this.inBrackets(']', () => this.parseElement(), freshMode)
    return this.node(first, { kind: 'vector', elements })
  }

  #parseWord(first: Token): Expression {
    const { text } = first
    if (text === 'def' || text === 'defg') {
      this.next()
      return this.#lambdaOf(first, this.parseParameters())
    }
    if (this.is('->', 1)) return this.#lambdaOf(first, [readOnlyParameter(this.next().text)])
    if (this.startsSql()) return this.parseSql()
    if (reservedWords.has(text)) throw this.unexpected()
    this.next()
    const span = this.spanFrom(first)
    return this.checked(this.nameNode(text, span), !this.breaksLine() && this.#startsArguments())
  }

  /** One constant, or several separated by blanks: `1 2 NULL`, `"a" "b"`, `1 -1`. */
  #parseConstants(first: Token): Expression {
    const values: ServerValue[] = []
    do {
      const isNegative = this.accept('-')
      const { kind, text, value } = this.next()
      if (kind === 'name') values.push(constants.get(text)!)
      else values.push(isNegative ? negated(value!) : value!)
    } while (this.#continuesConstants())
    const value = values.length === 1 ? values[0] : vectorOfLiterals(values)
    if (value !== undefined) return this.node(first, { kind: 'literal', value })
    const text = textOfSpan(this.spanFrom(first))
    return this.fail(`The elements of the vector [${text}] have different types.`, first.line)
  }

  /** True at `-5`. Before a date or a variable the minus is an operator. */
  protected isSignedNumber(): boolean {
    const { kind, value } = this.peek(1)
    if (!this.is('-') || kind !== 'number') return false
    return value?.form === 'scalar' && dataTypes[value.type].category !== 'temporal'
  }

  #continuesConstants(): boolean {
    const { kind, text, newlineBefore, spaceBefore } = this.peek()
    if (newlineBefore) return false
    // A string or symbol may follow without a blank.
    if (kind === 'string' || kind === 'symbol') return true
    if (!spaceBefore || kind === 'number') return spaceBefore
    if (kind === 'name') return constants.has(text)
    return this.isSignedNumber() && !this.peek(1).spaceBefore
  }

  #parseParenthesized(first: Token): Expression {
    return this.within({ hasPairs: true, ignoresNewlines: true }, () => {
      const elements: Expression[] = []
      while (!this.is(')')) {
        elements.push(this.parseElement())
        const [only] = elements
        if (elements.length === 1 && only !== undefined && this.accept(')')) return only
        if (!this.accept(',')) break
      }
      this.expect(')')
      return this.node(first, { kind: 'tuple', elements })
    })
  }

  /** Parses an expression that may have a name: `1..3 as id`. */
  protected parseElement(): Expression {
    const first = this.peek()
    const expression = this.parseExpression()
    if (!this.accept('as')) return expression
    return this.node(first, { kind: 'named', expression, name: this.parseAlias() })
  }

  /** Parses a name, which may be a plain word, a symbol or a string. */
  protected parseAlias(): string {
    const { kind, text, value, line } = this.peek()
    if (kind === 'end') throw this.unexpected('A name is expected')
    this.next()
    const name = kind === 'name' ? text : textOf(value)
    if (name !== undefined) return name
    return this.fail(`Cannot recognize the token ${text}`, line)
  }

  #parseEntry(): { key: Expression; value: Expression } {
    const token = this.peek()
    const value = token.kind === 'name' ? stringScalar(token.text) : token.value
    if (value === undefined) throw this.unexpected()
    this.next()
    this.expect(':')
    return { key: this.node(token, { kind: 'literal', value }), value: this.parseExpression() }
  }

  /** Parses what directly follows an operand; undefined if nothing does. @param first  first token of the operand */
  #extend(target: Expression, first: Token): Expression | undefined {
    const { kind, text } = this.peek()
    if (kind !== 'operator') return undefined
    if (text === '.') return this.#parseMember(target, first)
    // Constants without brackets cannot be indexed: `1 2 3`, but not `(1 2 3)`.
    const isBare = target.kind === 'literal' && first.text !== '('
    if (isBare || this.breaksLine()) return undefined
    if (this.#startsArguments()) return this.#parseCall(target, [], first)
    if (!this.accept('[')) return undefined
    const index = this.within({ ...freshMode, ignoresNewlines: true }, () =>
      this.is(']') ? undefined : this.#parseIndex(),
    )
    this.expect(']')
    return this.node(first, { kind: 'index', target, index })
  }

  /** True at `(`, and at `{` without a blank before it. */
  #startsArguments(): boolean {
    const { kind, text, spaceBefore } = this.peek()
    return kind === 'operator' && (text === '(' || (text === '{' && !spaceBefore))
  }

  /** Parses arguments in brackets: positional, omitted (`f(a,,b)`) and named (`name=value`). */
  #parseCall(callee: Expression, before: readonly Argument[], first: Token): Call {
    const isCall = this.next().text === '('
    const parse = (): Argument => this.#parseArgument()
    const args = [...before, ...this.inBrackets(isCall ? ')' : '}', parse, { hasPairs: true })]
    return this.node(first, { kind: isCall ? 'call' : 'partial', callee, args })
  }

  /** Parses `x.y`, and `x.f(…)`, which is `f(x, …)`. */
  #parseMember(target: Expression, first: Token): Expression | undefined {
    const { kind, spaceBefore } = this.peek(1)
    if (kind !== 'name' || spaceBefore) return undefined
    this.next()
    const member = this.next()
    if (!this.#startsArguments() || this.peek().newlineBefore) {
      return this.node(first, { kind: 'member', target, name: member.text })
    }
    const callee = this.checked(this.nameNode(member.text, this.spanFrom(member), true), true)
    return this.#parseCall(callee, [{ value: target }], first)
  }

  #parseArgument(): Argument {
    if (this.is(',')) return { value: undefined }
    const { kind, text } = this.peek()
    if (kind === 'name' && this.is('=', 1)) {
      this.next()
      this.next()
      return { name: text, value: this.parseElement() }
    }
    // In SQL, `count(*)` counts rows.
    const isAll = this.mode.isSql && text === '*' && this.is(')', 1)
    return { value: isAll ? this.nameNode('*', this.spanFrom(this.next())) : this.parseElement() }
  }

  #parseIndex(): Expression | Slice {
    const first = this.peek()
    if (this.accept(':')) {
      const to = this.is(']') ? undefined : this.parseExpression()
      return this.node(first, { kind: 'slice', from: undefined, to })
    }
    const from = this.parseExpression()
    return this.accept(':') ? this.node(first, { kind: 'slice', from, to: undefined }) : from
  }

  #lambdaOf(first: Token, parameters: readonly Parameter[]): Expression {
    const [definition, captures] = this.parseDefinition(first, '', parameters)
    const all = [...captures.map(readOnlyParameter), ...parameters]
    const whole = { ...definition, parameters: all }
    return this.node(first, { kind: 'lambda', definition: whole, captures })
  }

  protected parseParameters(): Parameter[] {
    this.expect('(')
    return this.inBrackets(')', () => this.#parseParameter(), freshMode)
  }

  #parseParameter(): Parameter {
    const isMutable = this.accept('mutable')
    const name = this.expectName()
    const defaultValue = this.accept('=') ? this.parseExpression() : undefined
    if (isMutable && defaultValue !== undefined) {
      this.fail('A parameter with default value must be read only. RefId: S06012')
    }
    return { name, isMutable, defaultValue }
  }

  /**
   * Parses a body: a block, or an expression, in which line breaks and `:` keep their meaning (`a ? x->x : b`). Also
   * returns the names of the outer variables that a lambda uses. @param name  '' for a lambda
   */
  protected parseDefinition(
    first: Token,
    name: string,
    parameters: readonly Parameter[],
  ): [FunctionDefinition, readonly string[]] {
    const { body, captures, height } = this.inFunction(parameters, name === '', () => {
      if (this.is('{')) return this.parseBlock()
      if (!this.accept('->')) this.expect(':')
      const start = this.peek()
      const value = this.parseExpression()
      return [this.node(start, { kind: 'return', value })]
    })
    const source = textOfSpan(this.spanFrom(first))
    return [{ name, parameters, body, height, source }, captures]
  }
}

function readOnlyParameter(name: string): Parameter {
  return { name, isMutable: false, defaultValue: undefined }
}

function negated(value: ServerValue): ServerValue {
  if (value.form !== 'scalar') return value
  if (typeof value.value === 'number' || typeof value.value === 'bigint') {
    return { ...value, value: -value.value } as ServerValue
  }
  if (value.type !== 'DURATION' || value.value === null) return value
  return { ...value, value: { ...value.value, count: -value.value.count } }
}
