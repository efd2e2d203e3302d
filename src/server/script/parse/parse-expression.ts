/*
  Parses expressions by precedence climbing (manual, "Operators"). A function between operands (`x f y`, `x in y`) has
  the precedence of multiplication. A function before its operand (`sum x`) takes all that follows.
*/
import type { Cursor } from './cursor.js'
import { comparisonOperators, type BinaryOperator } from '../../operators/operator-names.js'
import { isSignedNumber, parseOperand } from './parse-operand.js'
import { sqlStopWords } from './parse-sql.js'
import type { Binary, Call, Expression, Name, Span } from './syntax.js'
import type { Token } from './lexer.js'

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

/** Words that end an expression and begin a new statement, even without a separator: `x = f(1) share t as s`. */
export const startingWords: ReadonlySet<string> = new Set([
  'return', 'else', 'throw', 'break', 'continue', 'share', 'if', 'for', 'do', 'try', 'def', 'go',
]) // prettier-ignore

/** Parses an expression up to the first operator that binds less tightly than `minPrecedence`. */
export function parseExpression(cursor: Cursor, minPrecedence = 0): Expression {
  return cursor.nested(() => {
    const first = cursor.peek()
    let expression = parsePrefixed(cursor, first)
    for (;;) {
      if (cursor.hasEnded || cursor.breaksLine()) return expression
      const extended =
        extendByOperator(cursor, expression, minPrecedence, first) ??
        extendByWord(cursor, expression, minPrecedence, first)
      if (extended === undefined) return expression
      expression = extended
    }
  })
}

function parsePrefixed(cursor: Cursor, first: Token): Expression {
  const isMinus = cursor.is('-') && !isSignedNumber(cursor)
  const isWord = cursor.is('not') && !cursor.is('(', 1) && startsOperand(cursor, 1)
  if (isMinus || isWord || cursor.is('!')) {
    cursor.next()
    const operand = parseExpression(cursor, isWord ? notPrecedence : unaryPrecedence)
    return { kind: 'unary', operator: isMinus ? '-' : '!', operand, span: cursor.spanFrom(first) }
  }
  const operand = parseOperand(cursor)
  const isApplied =
    operand.kind === 'name' &&
    !operand.isFunction &&
    cursor.isFunction(operand.name) &&
    !cursor.atStatementEnd &&
    cursor.peek().spaceBefore &&
    startsOperand(cursor, 0)
  if (!isApplied) return operand
  return callOf(operand, [parseExpression(cursor)], cursor.spanFrom(first))
}

/** Parses one operator after `left`, and the right operand; undefined if no operator that binds enough comes next. */
function extendByOperator(
  cursor: Cursor,
  left: Expression,
  minPrecedence: number,
  first: Token,
): Expression | undefined {
  if (cursor.is('?') && minPrecedence === 0) {
    cursor.next()
    const whenTrue = cursor.within({ hasPairs: false }, () => parseExpression(cursor))
    cursor.expect(':')
    const whenFalse = parseExpression(cursor)
    return { kind: 'ternary', condition: left, whenTrue, whenFalse, span: cursor.spanFrom(first) }
  }
  const operator = operatorAt(cursor)
  if (operator === undefined) return undefined
  const precedence = precedences.get(operator)!
  if (precedence < minPrecedence) return undefined
  cursor.next()
  const right = parseExpression(cursor, precedence + 1)
  return binary(cursor, operator, left, right, cursor.spanFrom(first))
}

function operatorAt(cursor: Cursor): BinaryOperator | undefined {
  const { kind, text } = cursor.peek()
  if (kind === 'name') return spellings.get(text.toLowerCase())
  if (kind !== 'operator') return undefined
  if (text === '=') return cursor.mode.isSql ? '==' : undefined
  // In an open slice such as `x[1:]`, nothing follows the colon.
  if (text === ':' && (!cursor.mode.hasPairs || cursor.is(']', 1) || cursor.is(',', 1))) {
    return undefined
  }
  return spellings.get(text) ?? (precedences.has(text) ? (text as BinaryOperator) : undefined)
}

/** Makes a binary node; `1 < x <= 3` becomes `1 < x && x <= 3` (manual, "Chained comparison"). */
function binary(
  cursor: Cursor,
  operator: BinaryOperator,
  left: Expression,
  right: Expression,
  span: Span,
): Binary {
  const chains =
    comparisonOperators.has(operator) &&
    left.kind === 'binary' &&
    !cursor.bracketed.has(left) &&
    (comparisonOperators.has(left.operator) || isChain(left))
  if (!chains) return { kind: 'binary', operator, left, right, span }
  const middle = isChain(left) ? (left.right as Binary).right : left.right
  const link: Binary = { kind: 'binary', operator, left: middle, right, span }
  return { kind: 'binary', operator: '&&', left, right: link, span }
}

function isChain(node: Binary): boolean {
  return (
    node.operator === '&&' &&
    node.right.kind === 'binary' &&
    comparisonOperators.has(node.right.operator) &&
    node.right.span.start === node.span.start
  )
}

/** Parses `x is null`, `x in y`, `x not in y` and `x f y`. */
function extendByWord(
  cursor: Cursor,
  left: Expression,
  minPrecedence: number,
  first: Token,
): Expression | undefined {
  const token = cursor.peek()
  if (token.kind !== 'name') return undefined
  if (cursor.mode.isSql && cursor.is('is')) {
    if (comparisonPrecedence < minPrecedence) return undefined
    cursor.next()
    const name = cursor.accept('not') ? 'isValid' : 'isNull'
    const callee = functionName(name, cursor.spanFrom(token))
    cursor.expect('null')
    return callOf(callee, [left], cursor.spanFrom(first))
  }
  const isNegated = cursor.is('not') && cursor.isAnyWord(infixWords, 1)
  const isInfix = isNegated || cursor.isAnyWord(infixWords)
  if (!isInfix && (!cursor.isFunction(token.text) || stopsHere(cursor))) return undefined
  const precedence = precedences.get(token.text) ?? functionPrecedence
  if (precedence < minPrecedence) return undefined
  if (isNegated) cursor.next()
  const nameToken = cursor.next()
  const name = isInfix ? nameToken.text.toLowerCase() : nameToken.text
  const callee = functionName(name, cursor.spanFrom(nameToken))
  let right = parseExpression(cursor, precedence + 1)
  if (name === 'between') right = betweenBounds(cursor, right)
  const call = callOf(callee, [left, right], cursor.spanFrom(first))
  return isNegated ? { kind: 'unary', operator: '!', operand: call, span: call.span } : call
}

/** True if the next word does not apply a function to what follows it. */
function stopsHere(cursor: Cursor): boolean {
  return cursor.isAnyWord(startingWords) || isStopWord(cursor, 0) || !startsOperand(cursor, 1)
}

function isStopWord(cursor: Cursor, ahead: number): boolean {
  if (cursor.isAnyWord(neverOperands, ahead)) return true
  return cursor.mode.isSql && cursor.isAnyWord(sqlStopWords, ahead)
}

/** Accepts the SQL spelling `x between 1 and 5` for `x between 1:5`. */
function betweenBounds(cursor: Cursor, left: Expression): Expression {
  if (left.kind === 'binary' && left.operator === ':') return left
  if (!cursor.mode.isSql || !cursor.accept('and')) return left
  const right = parseExpression(cursor, functionPrecedence + 1)
  return { kind: 'binary', operator: ':', left, right, span: cursor.spanFrom(left.span) }
}

/** True if a token can begin an operand. @param ahead  0 for the next token, 1 for the one after it, … */
function startsOperand(cursor: Cursor, ahead: number): boolean {
  const { kind, text, spaceBefore } = cursor.peek(ahead)
  if (kind === 'end' || cursor.breaksLine(ahead)) return false
  if (kind === 'name') return !isStopWord(cursor, ahead)
  if (kind !== 'operator' || ['(', '[', '{'].includes(text)) return true
  return ['-', '!'].includes(text) && spaceBefore && !cursor.peek(ahead + 1).spaceBefore
}

export function functionName(name: string, span: Span): Name {
  return { kind: 'name', name, isFunction: true, span }
}

export function callOf(callee: Expression, args: readonly Expression[], span: Span): Call {
  return { kind: 'call', callee, args: args.map(value => ({ value })), span }
}
