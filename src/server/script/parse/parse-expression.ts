/*
  Parses expressions by precedence climbing (manual, "Operators").
*/
import { comparisonOperators, type BinaryOperator } from '../../operators/operator-names.js'
import type { Token } from './lexer.js'
import { OperandParser } from './parse-operand.js'
import type { Expression } from './syntax.js'

const levels: Readonly<Record<number, string>> = {
  1: '||',
  2: '&&',
  3: '< <= == != > >=',
  8: '+ -',
  10: '* / \\ % $ <-',
  15: ': ..',
}

const precedences: ReadonlyMap<string, number> = new Map(
  Object.entries(levels).flatMap(([level, words]) =>
    words.split(' ').map((word): [string, number] => [word, Number(level)]),
  ),
)

const notPrecedence = 2.5
const comparisonPrecedence = 3
const wordPrecedence = 10
/** `top` takes an expression of this precedence or a higher one. */
export const pairPrecedence = 15
/** Unary operators bind more tightly than all binary operators. */
const unaryPrecedence = 18

/** Other spellings of operators. */
const spellings: ReadonlyMap<string, BinaryOperator> = new Map([
  ['and', '&&'],
  ['or', '||'],
  ['<>', '!='],
])

/** Words that are operators of the language, not names of functions. */
const infixWords: ReadonlySet<string> = new Set(['in', 'like', 'between'])

/** Words that end an expression and begin a new statement, even without a separator: `x = f(1) share t as s`. */
export const startingWords: ReadonlySet<string> = new Set([
  'return', 'else', 'throw', 'break', 'continue', 'share', 'if', 'for', 'do', 'try', 'def', 'go',
]) // prettier-ignore

/** What comes between or after operands: how tightly it binds, and how to parse it and what follows it. */
interface Infix {
  readonly precedence: number
  readonly parse: (left: Expression, first: Token) => Expression
}

export abstract class ExpressionParser extends OperandParser {
  /** Parses an expression up to the first operator that binds less tightly than `minPrecedence`. */
  protected parseExpression(minPrecedence = 0): Expression {
    return this.nested(() => {
      const first = this.peek()
      let expression = this.#parsePrefixed(first)
      for (let links = 1; !this.hasEnded && !this.breaksLine(); links++) {
        const infix = this.#infixAt()
        if (infix === undefined || infix.precedence < minPrecedence) break
        expression = infix.parse(expression, first)
        // The evaluation goes through a chain of operators in a loop.
        if (expression.kind !== 'binary') this.checkDepth(links)
      }
      return expression
    })
  }

  #parsePrefixed(first: Token): Expression {
    const isMinus = this.is('-') && !this.isSignedNumber()
    const isWord = this.is('not') && !['operator', 'end'].includes(this.peek(1).kind)
    if (isMinus || isWord || this.is('!')) {
      this.next()
      const operand = this.parseExpression(isWord ? notPrecedence : unaryPrecedence)
      return this.node(first, { kind: 'unary', operator: isMinus ? '-' : '!', operand })
    }
    return this.parseOperand()
  }

  #infixAt(): Infix | undefined {
    if (this.is('?')) {
      return { precedence: 0, parse: (left, first) => this.#parseTernary(left, first) }
    }
    const operator = this.#operatorAt()
    if (operator === undefined) return this.#infixWordAt()
    const precedence = precedences.get(operator)!
    if (precedence === comparisonPrecedence) {
      return { precedence, parse: (left, first) => this.#parseComparisons(left, first) }
    }
    const parse = (left: Expression, first: Token): Expression => {
      this.next()
      const right = this.parseExpression(precedence + 1)
      return this.node(first, { kind: 'binary', operator, left, right })
    }
    return { precedence, parse }
  }

  #operatorAt(): BinaryOperator | undefined {
    const { kind, text } = this.peek()
    if (kind === 'name') return spellings.get(text.toLowerCase())
    if (kind !== 'operator') return undefined
    if (text === '=') return this.mode.isSql ? '==' : undefined
    // In an open slice such as `x[1:]`, nothing follows the colon.
    if (text === ':' && (this.is(']', 1) || !this.mode.hasPairs)) return undefined
    return spellings.get(text) ?? (precedences.has(text) ? (text as BinaryOperator) : undefined)
  }

  #parseTernary(condition: Expression, first: Token): Expression {
    this.next()
    const whenTrue = this.within({ hasPairs: false }, () => this.parseExpression())
    this.expect(':')
    const whenFalse = this.parseExpression()
    return this.node(first, { kind: 'ternary', condition, whenTrue, whenFalse })
  }

  /** Parses one comparison or several: `1 < x <= 3` becomes `1 < x && x <= 3` (manual, "Chained comparison"). */
  #parseComparisons(begin: Expression, first: Token): Expression {
    let all: Expression | undefined
    let left = begin
    for (let operator = this.#comparisonAt(); operator; operator = this.#comparisonAt()) {
      this.next()
      const right = this.parseExpression(comparisonPrecedence + 1)
      const link = this.node(first, { kind: 'binary', operator, left, right })
      all = all
        ? this.node(first, { kind: 'binary', operator: '&&', left: all, right: link })
        : link
      left = right
    }
    return all ?? begin
  }

  #comparisonAt(): BinaryOperator | undefined {
    if (this.hasEnded || this.breaksLine()) return undefined
    const operator = this.#operatorAt()
    return operator !== undefined && comparisonOperators.has(operator) ? operator : undefined
  }

  /** `x is null`, `x in y` and `x not in y`. */
  #infixWordAt(): Infix | undefined {
    if (this.mode.isSql && this.is('is')) {
      const parse = (left: Expression, first: Token): Expression => this.#parseIsNull(left, first)
      return { precedence: comparisonPrecedence, parse }
    }
    const isNegated = this.is('not') && this.isAnyWord(infixWords, 1)
    if (!isNegated && !this.isAnyWord(infixWords)) return undefined
    const parse = (left: Expression, first: Token): Expression => {
      if (isNegated) this.next()
      const token = this.next()
      const name = token.text.toLowerCase()
      const callee = this.nameNode(name, this.spanFrom(token), true)
      const right = this.parseExpression(wordPrecedence + 1)
      const bounds = name === 'between' ? this.#betweenBounds(right) : right
      const call = this.callOf(callee, [left, bounds], first)
      return isNegated ? { kind: 'unary', operator: '!', operand: call, span: call.span } : call
    }
    return { precedence: wordPrecedence, parse }
  }

  #parseIsNull(left: Expression, first: Token): Expression {
    const token = this.next()
    const name = this.accept('not') ? 'isValid' : 'isNull'
    this.expect('null')
    return this.callOf(this.nameNode(name, this.spanFrom(token), true), [left], first)
  }

  /** Accepts the SQL spelling `x between 1 and 5` for `x between 1:5`. */
  #betweenBounds(left: Expression): Expression {
    const isPair = left.kind === 'binary' && left.operator === ':'
    if (isPair || !this.mode.isSql || !this.accept('and')) return left
    const right = this.parseExpression(wordPrecedence + 1)
    return this.node(left.span, { kind: 'binary', operator: ':', left, right })
  }
}
