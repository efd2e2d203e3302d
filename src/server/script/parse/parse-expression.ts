/*
  Parses expressions by precedence climbing (manual, "Operators"). A function between operands (`x f y`, `x in y`) has
  the precedence of multiplication. A function before its operand (`sum x`) takes all that follows.
*/
import type { Cursor } from './cursor.js'
import { comparisonOperators } from '../../operators/operator-names.js'
import { isSignedNumber, parseOperand } from './parse-operand.js'
import { sqlStopWords } from './parse-sql.js'
import type { BinaryOperator, Binary, Call, Expression, Name, Span } from './syntax.js'
import type { Token } from './lexer.js'

const precedences: Readonly<Record<string, number>> = {
  '||': 1,
  '&&': 2,
  '<': 3,
  '<=': 3,
  '==': 3,
  '!=': 3,
  '<>': 3,
  '>': 3,
  '>=': 3,
  '|': 4,
  '^': 5,
  '&': 6,
  '<<': 7,
  '>>': 7,
  '+': 8,
  '-': 8,
  '*': 10,
  '/': 10,
  '\\': 10,
  '%': 10,
  $: 10,
  '<-': 10,
  ':': 15,
  '..': 15,
}

/**
 * Functions that have the precedence of an operator if they stand between two operands: `add` has that of `+`. Any
 * other function has the precedence of `*`: for a function `f`, `2 add 3 sub 5 f 5` is `2 + 3 - (5 f 5)`.
 */
const wordPrecedences: ReadonlyMap<string, number> = new Map(
  Object.entries({
    add: 8,
    sub: 8,
    lshift: 7,
    rshift: 7,
    bitAnd: 6,
    bitXor: 5,
    bitOr: 4,
    lt: 3,
    le: 3,
    eq: 3,
    ne: 3,
    gt: 3,
    ge: 3,
    seq: 15,
    pair: 15,
  }),
)

const functionPrecedence = 10
const notPrecedence = 2.5

/** Unary operators bind more tightly than all binary operators. */
const unaryPrecedence = 18

/** Words that are operators of the language, not names of functions. */
const infixWords: ReadonlySet<string> = new Set(['in', 'like', 'between'])

/** Words that cannot begin an operand. A name before such a word is a plain name, not a function to apply. */
const neverOperands: ReadonlySet<string> = new Set([
  ...infixWords,
  'as',
  'and',
  'or',
  'is',
  'else',
  'catch',
])

/** Words that end an expression and begin a new statement, even without a separator: `x = f(1) share t as s`. */
export const startingWords: ReadonlySet<string> = new Set([
  'return', 'else', 'throw', 'break', 'continue', 'share', 'if', 'for', 'do', 'try', 'def', 'go',
]) // prettier-ignore

/** Parses an expression up to the first operator that binds less tightly than `minPrecedence`. */
export function parseExpression(cursor: Cursor, minPrecedence = 0): Expression {
  cursor.descend()
  const first = cursor.peek()
  let expression = parsePrefixed(cursor, first)
  for (;;) {
    const extended = extend(cursor, expression, minPrecedence, first)
    if (extended === undefined) break
    expression = extended
  }
  cursor.ascend()
  return expression
}

function parsePrefixed(cursor: Cursor, first: Token): Expression {
  if (cursor.isOperator('-') && !isSignedNumber(cursor)) {
    cursor.next()
    const operand = parseExpression(cursor, unaryPrecedence)
    return { kind: 'unary', operator: '-', operand, span: cursor.spanFrom(first) }
  }
  if (cursor.accept('!')) {
    const operand = parseExpression(cursor, unaryPrecedence)
    return { kind: 'unary', operator: '!', operand, span: cursor.spanFrom(first) }
  }
  if (cursor.isWord('not') && !cursor.isOperator('(', 1) && startsOperand(cursor, 1)) {
    cursor.next()
    const operand = parseExpression(cursor, notPrecedence)
    return { kind: 'unary', operator: '!', operand, span: cursor.spanFrom(first) }
  }
  const operand = parseOperand(cursor)
  if (operand.kind !== 'name' || operand.isFunction || !cursor.isFunction(operand.name)) {
    return operand
  }
  if (cursor.atStatementEnd || !cursor.peek().spaceBefore || !startsOperand(cursor, 0)) {
    return operand
  }
  const argument = parseExpression(cursor)
  return callOf(operand, [argument], cursor.spanFrom(first))
}

/** Parses one operator after `left`, and the right operand; undefined if the expression ends here. */
function extend(
  cursor: Cursor,
  left: Expression,
  minPrecedence: number,
  first: Token,
): Expression | undefined {
  const token = cursor.peek()
  if (token.kind === 'end' || (token.newlineBefore && !cursor.mode.ignoresNewlines)) {
    return undefined
  }
  if (token.kind === 'name') return extendByWord(cursor, left, minPrecedence, first, token.text)
  if (token.kind !== 'operator') return undefined
  if (token.text === '?' && minPrecedence === 0) return parseTernary(cursor, left, first)
  const operator = binaryOperatorOf(cursor, token.text)
  if (operator === undefined) return undefined
  const precedence = precedences[operator]!
  if (precedence < minPrecedence) return undefined
  cursor.next()
  const right = parseExpression(cursor, precedence + 1)
  return binary(cursor, operator, left, right, cursor.spanFrom(first))
}

function binaryOperatorOf(cursor: Cursor, text: string): BinaryOperator | undefined {
  if (text === '=') return cursor.mode.isSql ? '==' : undefined
  if (text === '<>') return '!='
  if (text === ':' && !cursor.mode.hasPairs) return undefined
  // In an open slice such as `x[1:]`, nothing follows the colon.
  if (text === ':' && (cursor.isOperator(']', 1) || cursor.isOperator(',', 1))) return undefined
  return text in precedences ? (text as BinaryOperator) : undefined
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

function parseTernary(cursor: Cursor, condition: Expression, first: Token): Expression {
  cursor.expect('?')
  const whenTrue = cursor.within({ hasPairs: false }, () => parseExpression(cursor))
  cursor.expect(':')
  const whenFalse = parseExpression(cursor)
  return { kind: 'ternary', condition, whenTrue, whenFalse, span: cursor.spanFrom(first) }
}

function extendByWord(
  cursor: Cursor,
  left: Expression,
  minPrecedence: number,
  first: Token,
  text: string,
): Expression | undefined {
  const word = text.toLowerCase()
  if (word === 'and' || word === 'or') {
    const operator = word === 'and' ? '&&' : '||'
    const precedence = precedences[operator]!
    if (precedence < minPrecedence) return undefined
    cursor.next()
    const right = parseExpression(cursor, precedence + 1)
    return { kind: 'binary', operator, left, right, span: cursor.spanFrom(first) }
  }
  if (word === 'is' && cursor.mode.isSql) return parseIsNull(cursor, left, minPrecedence, first)
  const isNegated = word === 'not' && cursor.isAnyWord(infixWords, 1)
  const isInfix = isNegated || infixWords.has(word)
  if (!isInfix && (!cursor.isFunction(text) || stopsHere(cursor, word))) return undefined
  if (!isInfix && !startsOperand(cursor, 1)) return undefined
  const precedence = wordPrecedences.get(text) ?? functionPrecedence
  if (precedence < minPrecedence) return undefined
  if (isNegated) cursor.next()
  const nameToken = cursor.next()
  const name = isInfix ? nameToken.text.toLowerCase() : text
  const callee: Name = { kind: 'name', name, isFunction: true, span: cursor.spanFrom(nameToken) }
  let right = parseExpression(cursor, precedence + 1)
  if (name === 'between') right = betweenBounds(cursor, right)
  const call = callOf(callee, [left, right], cursor.spanFrom(first))
  return isNegated ? { kind: 'unary', operator: '!', operand: call, span: call.span } : call
}

function stopsHere(cursor: Cursor, word: string): boolean {
  if (startingWords.has(word)) return true
  return neverOperands.has(word) || (cursor.mode.isSql && sqlStopWords.has(word))
}

/** Accepts the SQL spelling `x between 1 and 5` for `x between 1:5`. */
function betweenBounds(cursor: Cursor, right: Expression): Expression {
  if (right.kind === 'binary' && right.operator === ':') return right
  if (!cursor.mode.isSql || !cursor.isWord('and')) return right
  cursor.next()
  const upper = parseExpression(cursor, functionPrecedence + 1)
  const span = cursor.spanFrom(right.span)
  return { kind: 'binary', operator: ':', left: right, right: upper, span }
}

function parseIsNull(
  cursor: Cursor,
  left: Expression,
  minPrecedence: number,
  first: Token,
): Expression | undefined {
  if (precedences['==']! < minPrecedence) return undefined
  const isToken = cursor.next()
  const isNegated = cursor.acceptWord('not')
  cursor.expectWord('null')
  const span = cursor.spanFrom(first)
  const name = isNegated ? 'isValid' : 'isNull'
  const callee: Name = { kind: 'name', name, isFunction: true, span: cursor.spanFrom(isToken) }
  return callOf(callee, [left], span)
}

/** True if a token can begin an operand. @param ahead  0 for the next token, 1 for the one after it, … */
function startsOperand(cursor: Cursor, ahead: number): boolean {
  const token = cursor.peek(ahead)
  if (token.newlineBefore && !cursor.mode.ignoresNewlines) return false
  switch (token.kind) {
    case 'end':
      return false
    case 'name': {
      const word = token.text.toLowerCase()
      return !neverOperands.has(word) && !(cursor.mode.isSql && sqlStopWords.has(word))
    }
    case 'operator': {
      if (token.text === '(' || token.text === '[' || token.text === '{') return true
      const isSigned = token.text === '-' || token.text === '!'
      return isSigned && token.spaceBefore && !cursor.peek(ahead + 1).spaceBefore
    }
    default:
      return true
  }
}

function callOf(callee: Expression, args: readonly Expression[], span: Span): Call {
  return { kind: 'call', callee, args: args.map(value => ({ value })), span }
}
