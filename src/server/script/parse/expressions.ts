/* Parses expressions by precedence (Pratt; manual, "Operators", "Named function", "Lambda expression"). */
import { dataTypes } from '../../../protocol/data-type.js'
import { explicitNull } from '../../../protocol/value.js'
import { isComparison } from '../../operators/comparison.js'
import type { BinaryOperator } from '../../operators/operands.js'
import { notEmbedded } from '../../script-error.js'
import {
  boolScalar,
  intScalar,
  namedConstants,
  negated,
  stringScalar,
  vectorOfLiterals,
  voidValue,
} from '../../values/values.js'
import type { ServerValue } from '../../values/server-value.js'
import { Cursor, freshMode, reservedWords, type Token } from './cursor.js'
import { Scopes, type Names } from './scopes.js'
import {
  textOfSpan,
  type Argument,
  type Call,
  type Expression,
  type FunctionDefinition,
  type Name,
  type Parameter,
  type Statement,
} from './syntax.js'

const constants: ReadonlyMap<string, ServerValue> = new Map<string, ServerValue>([
  ['NULL', explicitNull],
  ['null', explicitNull],
  ['true', boolScalar(true)],
  ['false', boolScalar(false)],
])

const precedences: Readonly<Record<string, number>> = {
  '||': 1, '&&': 2, '<': 3, '<=': 3, '==': 3, '!=': 3, '>': 3, '>=': 3, is: 3, '+': 8, '-': 8,
  '*': 10, '/': 10, '\\': 10, '%': 10, $: 10, '<-': 10, in: 10, like: 10, between: 10, not: 10, ':': 15, '..': 15,
} // prettier-ignore

/** `top` takes an expression of this precedence or a higher one. */
export const pairPrecedence: number = precedences[':']!

/** The word `not` binds less tightly than comparisons, `!` and `-` bind more tightly than all binary operators. */
const notPrecedence = 2.5
const unaryPrecedence = 18

const spellings: ReadonlyMap<string, string> = new Map([
  ['and', '&&'],
  ['or', '||'],
  ['<>', '!='],
  ['join', '<-'],
])
/** Words that are operators of the language, not names of functions. */
const infixWords: readonly string[] = ['in', 'like', 'between']

export abstract class ExpressionParser extends Cursor {
  protected readonly scopes: Scopes

  constructor(source: string, names: Names) {
    super(source)
    this.scopes = new Scopes(names)
  }

  protected abstract parseBlock(): Statement[]
  protected abstract startsSql(): boolean
  protected abstract parseSql(): Expression

  /** Parses an expression up to the first operator that binds less tightly than `minPrecedence`. */
  protected parseExpression(minPrecedence = 0): Expression {
    return this.nested(() => {
      const first = this.peek()
      let left = this.#parsePrefixed(first)
      for (;;) {
        const operator = this.#infixAt()
        if (operator === undefined || precedences[operator]! < minPrecedence) return left
        left = this.#parseInfix(operator, left, first)
      }
    })
  }

  #parsePrefixed(first: Token): Expression {
    const isMinus = this.is('-') && !this.#isSignedNumber()
    const isWord = this.is('not') && !['operator', 'end'].includes(this.peek(1).kind)
    if (!isMinus && !isWord && !this.is('!')) return this.parseOperand()
    this.next()
    const operand = this.parseExpression(isWord ? notPrecedence : unaryPrecedence)
    return this.node(first, { kind: 'unary', operator: isMinus ? '-' : '!', operand })
  }

  /** The key in `precedences` of the operator that comes next; undefined if none does. */
  #infixAt(): string | undefined {
    if (this.hasEnded || this.breaksLine()) return undefined
    const { kind, text } = this.peek()
    if (kind !== 'name' && kind !== 'operator') return undefined
    const lower = text.toLowerCase()
    const word = spellings.get(lower) ?? lower
    if (word === '=') return this.mode.isSql ? '==' : undefined
    if (word === 'is' && !this.mode.isSql) return undefined
    if (word === 'not' && !infixWords.some(one => this.is(one, 1))) return undefined
    // In an open range such as `x[1:]`, nothing follows the colon.
    if (word === ':' && this.is(']', 1)) return undefined
    return Object.hasOwn(precedences, word) ? word : undefined
  }

  #parseInfix(operator: string, left: Expression, first: Token): Expression {
    if (operator === 'is') return this.#parseIsNull(left, first)
    if (operator === 'not' || infixWords.includes(operator)) return this.#parseWord(left, first)
    this.next()
    const right = this.parseExpression(precedences[operator]! + 1)
    if (isComparison(operator) && isComparison(this.#infixAt())) {
      this.fail(`1 < x < 3 (chained comparisons)${notEmbedded}`)
    }
    return this.node(first, { kind: 'binary', operator: operator as BinaryOperator, left, right })
  }

  /** Parses `x in y`, `x not in y`, `x between 1:5`; in SQL also `x between 1 and 5`. */
  #parseWord(left: Expression, first: Token): Expression {
    const isNegated = this.accept('not')
    const token = this.next()
    const name = token.text.toLowerCase()
    const callee = this.nameNode(name, this.spanFrom(token), true)
    let right = this.parseExpression(precedences[name]! + 1)
    const isPair = right.kind === 'binary' && right.operator === ':'
    if (name === 'between' && !isPair && this.mode.isSql && this.accept('and')) {
      const high = this.parseExpression(precedences[name]! + 1)
      right = this.node(right.span, { kind: 'binary', operator: ':', left: right, right: high })
    }
    const call = this.callOf(callee, [left, right], first)
    return isNegated ? { kind: 'unary', operator: '!', operand: call, span: call.span } : call
  }

  #parseIsNull(left: Expression, first: Token): Expression {
    const token = this.next()
    const name = this.accept('not') ? 'isValid' : 'isNull'
    this.expect('null')
    return this.callOf(this.nameNode(name, this.spanFrom(token), true), [left], first)
  }

  /** @throws {ScriptError} a syntax error if the name is unknown and cannot be a column */
  protected checked(node: Name, isCalled = false): Name {
    const { name, isFunction, span } = node
    if (this.scopes.isVariable(name) || this.scopes.isFunction(name)) return node
    if (this.mode.hasColumns && !isFunction && !isCalled) return node
    if (!isFunction && (this.scopes.isTable(name) || namedConstants.has(name))) return node
    return this.fail(`Cannot recognize the token ${name}${isCalled ? notEmbedded : ''}`, span.line)
  }

  /** @throws {ScriptError} a syntax error if no operand begins here */
  protected parseOperand(): Expression {
    const first = this.peek()
    let operand = this.#parsePrimary(first)
    for (;;) {
      const extended = this.#extend(operand, first)
      if (extended === undefined) return operand
      operand = extended
    }
  }

  protected isPlainName(): boolean {
    const { kind, text } = this.peek()
    return kind === 'name' && !constants.has(text) && !reservedWords.has(text)
  }

  #parsePrimary(first: Token): Expression {
    const { kind, text } = first
    if (kind === 'name' && !constants.has(text)) return this.#parseName(first)
    if (kind === 'end') throw this.unexpected()
    // A sign is allowed only before a number here.
    if (kind !== 'operator' || this.#isSignedNumber()) return this.#parseConstants(first)
    if (!['(', '[', '{'].includes(text)) throw this.unexpected()
    this.next()
    if (text === '(') return this.#parseParenthesized(first)
    if (text === '{') {
      const keys: ServerValue[] = []
      const parse = (): Expression => this.#parseEntry(keys)
      const values = this.inBrackets('}', parse, freshMode)
      return this.node(first, { kind: 'dictionary', keys, values })
    }
    return this.#parseVector(first)
  }

  /** Parses the elements of `[a, b]`, after the bracket. */
  #parseVector(first: Token): Expression {
    const omitted = this.node(first, { kind: 'literal', value: voidValue })
    const parse = (): Expression => (this.is(',') ? omitted : this.parseElement())
    return this.node(first, { kind: 'vector', elements: this.inBrackets(']', parse, freshMode) })
  }

  #parseName(first: Token): Expression {
    const { text } = first
    if (text === 'def' || text === 'defg') {
      this.next()
      return this.#lambdaOf(first, this.parseParameters())
    }
    if (this.is('->', 1)) {
      const name = this.next().text
      return this.#lambdaOf(first, [{ name, isMutable: false, defaultValue: undefined }])
    }
    if (this.startsSql()) return this.parseSql()
    if (reservedWords.has(text)) throw this.unexpected()
    this.next()
    const span = this.spanFrom(first)
    return this.checked(this.nameNode(text, span), !this.breaksLine() && this.#startsArguments())
  }

  /** Parses constants that are separated by blanks: `1 2 NULL`, `"a" "b"`, `1 -1`. */
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
  #isSignedNumber(): boolean {
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
    return this.#isSignedNumber() && !this.peek(1).spaceBefore
  }

  #parseParenthesized(first: Token): Expression {
    return this.within({ ignoresNewlines: true }, () => {
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

  /** Parses `key: value`. @returns the value; the key is added to `keys` */
  #parseEntry(keys: ServerValue[]): Expression {
    const token = this.next()
    const key = token.kind === 'name' ? stringScalar(token.text) : token.value
    if (key === undefined) this.fail(`Cannot recognize the token ${token.text}`, token.line)
    keys.push(key)
    this.expect(':')
    return this.parseExpression()
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
    // `int[1, 2]` is `int([1, 2])`, but `int[]` is a type.
    const isCast = target.kind === 'name' && !this.scopes.isVariable(target.name)
    if (isCast && this.scopes.isFunction(target.name) && !this.is(']'))
      return this.callOf(target, [this.#parseVector(first)], first)
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
    const args = [...before, ...this.inBrackets(isCall ? ')' : '}', parse)]
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

  /** Parses the content of `x[…]`. The open end of a range, as in `x[1:]`, becomes a null. */
  #parseIndex(): Expression {
    const first = this.peek()
    const open = this.node(first, { kind: 'literal', value: intScalar(null) })
    const left = this.is(':') ? open : this.parseExpression()
    if (!this.accept(':')) return left
    const right = this.is(']') ? open : this.parseExpression()
    return this.node(first, { kind: 'binary', operator: ':', left, right })
  }

  #lambdaOf(first: Token, parameters: readonly Parameter[]): Expression {
    const definition = this.parseDefinition(first, '', parameters)
    return this.node(first, { kind: 'lambda', definition })
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

  /** Parses a body: a block, or an expression, in which line breaks keep their meaning. @param name  '' for a lambda */
  protected parseDefinition(
    first: Token,
    name: string,
    parameters: readonly Parameter[],
  ): FunctionDefinition {
    const parse = (): Statement[] => {
      if (this.is('{')) return this.parseBlock()
      if (!this.accept('->')) this.expect(':')
      const start = this.peek()
      const value = this.parseExpression()
      return [this.node(start, { kind: 'return', value })]
    }
    const body = this.scopes.inFunction(parameters, () =>
      this.within({ isSql: false, hasColumns: false }, parse),
    )
    return { name, parameters, body, source: textOfSpan(this.spanFrom(first)) }
  }
}
