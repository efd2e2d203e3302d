/*
  Parses expressions by precedence climbing (manual, "Operators"). A function between operands (`x f y`, `x in y`) has
  the precedence of multiplication. A function before its operand (`sum x`) takes all that follows.
*/
import { comparisonOperators, type BinaryOperator } from '../../operators/operator-names.js'
import type { Token } from './lexer.js'
import { OperandParser } from './parse-operand.js'
import type { Binary, Expression } from './syntax.js'

/**
 * Operators, and the functions that have the precedence of an operator if they stand between two operands: `add` has
 * that of `+`. Any other function has the precedence of `*`: `2 add 3 sub 5 f 5` is `2 + 3 - (5 f 5)`.
 */
const levels: Readonly<Record<number, string>> = {
  1: '||',
  2: '&&',
  3: '< <= == != > >= lt le eq ne gt ge',
  4: '| bitOr',
  5: '^ bitXor',
  6: '& bitAnd',
  7: '<< >> lshift rshift',
  8: '+ - add sub',
  10: '* / \\ % $ <-',
  15: ': .. seq pair',
}

const precedences: ReadonlyMap<string, number> = new Map(
  Object.entries(levels).flatMap(([level, words]) =>
    words.split(' ').map((word): [string, number] => [word, Number(level)]),
  ),
)

const comparisonPrecedence = 3
const functionPrecedence = 10
const notPrecedence = 2.5
/** `limit` and `top` take an expression of this precedence or a higher one. */
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

/** Words that cannot begin an operand. A name before such a word is a plain name, not a function to apply. */
const neverOperands: ReadonlySet<string> = new Set([
  'in', 'like', 'between', 'as', 'and', 'or', 'is', 'else', 'catch',
]) // prettier-ignore

/** Words that end an operand in SQL. */
const sqlStopWords: ReadonlySet<string> = new Set([
  'from', 'where', 'group', 'order', 'having', 'limit', 'context', 'pivot', 'cgroup', 'csort', 'as', 'asc', 'desc',
  'values', 'union', 'top', 'interval', 'map', 'nulls', 'over', 'inner', 'full', 'cross', 'with',
]) // prettier-ignore

/** Words that end an expression and begin a new statement, even without a separator: `x = f(1) share t as s`. */
export const startingWords: ReadonlySet<string> = new Set([
  'return', 'else', 'throw', 'break', 'continue', 'share', 'if', 'for', 'do', 'try', 'def', 'go',
]) // prettier-ignore

export abstract class ExpressionParser extends OperandParser {
  /** Parses an expression up to the first operator that binds less tightly than `minPrecedence`. */
  protected parseExpression(minPrecedence = 0): Expression {
    return this.nested(() => {
      const first = this.peek()
      let expression = this.#parsePrefixed(first)
      for (let links = 1; !this.hasEnded && !this.breaksLine(); links++) {
        const extended =
          this.#extendByOperator(expression, minPrecedence, first) ??
          this.#extendByWord(expression, minPrecedence, first)
        if (extended === undefined) break
        // The evaluation goes through a chain of operators in a loop.
        if (extended.kind !== 'binary') this.checkDepth(links)
        expression = extended
      }
      return expression
    })
  }

  #parsePrefixed(first: Token): Expression {
    const isMinus = this.is('-') && !this.isSignedNumber()
    const isWord = this.is('not') && !this.is('(', 1) && this.#startsOperand(1)
    if (isMinus || isWord || this.is('!')) {
      this.next()
      const operand = this.parseExpression(isWord ? notPrecedence : unaryPrecedence)
      return this.node(first, { kind: 'unary', operator: isMinus ? '-' : '!', operand })
    }
    const operand = this.parseOperand()
    const isApplied =
      operand.kind === 'name' &&
      !operand.isFunction &&
      this.isFunction(operand.name) &&
      !this.atStatementEnd &&
      this.peek().spaceBefore &&
      this.#startsOperand(0)
    return isApplied ? this.callOf(operand, [this.parseExpression()], first) : operand
  }

  /** Parses one operator after `left`, and the right operand; undefined if no operator that binds enough comes next. */
  #extendByOperator(left: Expression, minPrecedence: number, first: Token): Expression | undefined {
    if (this.is('?') && minPrecedence === 0) {
      this.next()
      const whenTrue = this.within({ hasPairs: false }, () => this.parseExpression())
      this.expect(':')
      const whenFalse = this.parseExpression()
      return this.node(first, { kind: 'ternary', condition: left, whenTrue, whenFalse })
    }
    const operator = this.#operatorAt()
    if (operator === undefined) return undefined
    const precedence = precedences.get(operator)!
    if (precedence < minPrecedence) return undefined
    this.next()
    const right = this.parseExpression(precedence + 1)
    return this.#binary(operator, left, right, first)
  }

  #operatorAt(): BinaryOperator | undefined {
    const { kind, text } = this.peek()
    if (kind === 'name') return spellings.get(text.toLowerCase())
    if (kind !== 'operator') return undefined
    if (text === '=') return this.mode.isSql ? '==' : undefined
    // In an open slice such as `x[1:]`, nothing follows the colon.
    const isOpenSlice = text === ':' && (this.is(']', 1) || this.is(',', 1))
    if (isOpenSlice || (text === ':' && !this.mode.hasPairs)) return undefined
    return spellings.get(text) ?? (precedences.has(text) ? (text as BinaryOperator) : undefined)
  }

  /** Makes a binary node; `1 < x <= 3` becomes `1 < x && x <= 3` (manual, "Chained comparison"). */
  #binary(operator: BinaryOperator, left: Expression, right: Expression, first: Token): Binary {
    const chains =
      comparisonOperators.has(operator) &&
      left.kind === 'binary' &&
      !this.bracketed.has(left) &&
      (comparisonOperators.has(left.operator) || isChain(left))
    if (!chains) return this.node(first, { kind: 'binary', operator, left, right })
    const middle = isChain(left) ? (left.right as Binary).right : left.right
    const link = this.node(first, { kind: 'binary', operator, left: middle, right })
    return this.node(first, { kind: 'binary', operator: '&&', left, right: link })
  }

  /** Parses `x is null`, `x in y`, `x not in y` and `x f y`. */
  #extendByWord(left: Expression, minPrecedence: number, first: Token): Expression | undefined {
    const token = this.peek()
    if (token.kind !== 'name') return undefined
    if (this.mode.isSql && this.is('is')) {
      if (comparisonPrecedence < minPrecedence) return undefined
      this.next()
      const name = this.accept('not') ? 'isValid' : 'isNull'
      this.expect('null')
      return this.callOf(this.nameNode(name, this.spanFrom(token), true), [left], first)
    }
    const isNegated = this.is('not') && this.isAnyWord(infixWords, 1)
    const isInfix = isNegated || this.isAnyWord(infixWords)
    if (!isInfix && (!this.isFunction(token.text) || this.#stopsHere())) return undefined
    const precedence = precedences.get(token.text) ?? functionPrecedence
    if (precedence < minPrecedence) return undefined
    if (isNegated) this.next()
    const nameToken = this.next()
    const name = isInfix ? nameToken.text.toLowerCase() : nameToken.text
    const callee = this.nameNode(name, this.spanFrom(nameToken), true)
    let right = this.parseExpression(precedence + 1)
    if (name === 'between') right = this.#betweenBounds(right)
    const call = this.callOf(callee, [left, right], first)
    return isNegated ? { kind: 'unary', operator: '!', operand: call, span: call.span } : call
  }

  /** True if the next word does not apply a function to what follows it. */
  #stopsHere(): boolean {
    return this.isAnyWord(startingWords) || this.#isStopWord(0) || !this.#startsOperand(1)
  }

  #isStopWord(ahead: number): boolean {
    if (this.isAnyWord(neverOperands, ahead)) return true
    return this.mode.isSql && this.isAnyWord(sqlStopWords, ahead)
  }

  /** Accepts the SQL spelling `x between 1 and 5` for `x between 1:5`. */
  #betweenBounds(left: Expression): Expression {
    if (left.kind === 'binary' && left.operator === ':') return left
    if (!this.mode.isSql || !this.accept('and')) return left
    const right = this.parseExpression(functionPrecedence + 1)
    return this.node(left.span, { kind: 'binary', operator: ':', left, right })
  }

  /** True if a token can begin an operand. @param ahead  0 for the next token, 1 for the one after it, … */
  #startsOperand(ahead: number): boolean {
    const { kind, text, spaceBefore } = this.peek(ahead)
    if (kind === 'end' || this.breaksLine(ahead)) return false
    if (kind === 'name') return !this.#isStopWord(ahead)
    if (kind !== 'operator' || ['(', '[', '{'].includes(text)) return true
    return ['-', '!'].includes(text) && spaceBefore && !this.peek(ahead + 1).spaceBefore
  }
}

function isChain(node: Binary): boolean {
  return (
    node.operator === '&&' &&
    node.right.kind === 'binary' &&
    comparisonOperators.has(node.right.operator) &&
    node.right.span.start === node.span.start
  )
}
