/*
  Parses operands: constants, names, brackets and function literals.
*/
import type { Cursor } from './cursor.js'
import { parseLambda, parseShortLambda, startsShortLambda } from './parse-function.js'
import { parseExpression } from './parse-expression.js'
import { parsePostfix } from './parse-postfix.js'
import { parseSql, startsSql } from './parse-sql.js'
import { boolScalar, stringScalar, voidValue } from '../../values/scalar.js'
import type { Expression, Span } from './syntax.js'
import type { LiteralToken, Token } from './lexer.js'
import type { ServerValue } from '../../values/server-value.js'
import { vectorOfLiterals } from '../../values/vector-literal.js'
import { dataTypes } from '../../../protocol/data-type.js'
import { explicitNull } from '../../../protocol/value.js'

const constants: ReadonlyMap<string, ServerValue> = new Map<string, ServerValue>([
  ['NULL', explicitNull],
  ['null', explicitNull],
  ['true', boolScalar(true)],
  ['false', boolScalar(false)],
])

/** Words of statements and of SQL, which cannot be values. */
export const reservedWords: ReadonlySet<string> = new Set([
  'if', 'else', 'for', 'while', 'do', 'try', 'catch', 'throw', 'return', 'break', 'continue', 'go', 'assert',
  'const', 'mutable', 'timer', 'module', 'use', 'class', 'transaction',
]) // prettier-ignore

/** @throws {ScriptError} a syntax error if no operand begins here */
export function parseOperand(cursor: Cursor): Expression {
  const first = cursor.peek()
  return parsePostfix(cursor, parsePrimary(cursor, first), first)
}

function parsePrimary(cursor: Cursor, first: Token): Expression {
  switch (first.kind) {
    case 'number':
    case 'string':
    case 'symbol':
      return parseConstants(cursor)
    case 'name':
      return parseWord(cursor, first.text)
    case 'operator':
      return parseBracketed(cursor, first)
    case 'end':
      throw cursor.unexpected()
  }
}

function parseWord(cursor: Cursor, word: string): Expression {
  if (constants.has(word)) return parseConstants(cursor)
  if (word === 'def' || word === 'defg') return parseLambda(cursor)
  if (startsShortLambda(cursor)) return parseShortLambda(cursor)
  if (startsSql(cursor)) return parseSql(cursor)
  if (reservedWords.has(word)) throw cursor.unexpected()
  const token = cursor.next()
  return { kind: 'name', name: word, isFunction: false, span: cursor.spanFrom(token) }
}

function parseBracketed(cursor: Cursor, first: Token): Expression {
  switch (first.text) {
    case '-':
      // A sign is allowed only before a number here.
      if (!isSignedNumber(cursor)) throw cursor.unexpected()
      return parseConstants(cursor)
    case '(':
      return parseParenthesized(cursor, first)
    case '[': {
      cursor.next()
      const elements = parseElements(cursor, ']')
      return { kind: 'vector', elements, span: cursor.spanFrom(first) }
    }
    case '{':
      return parseBraced(cursor, first)
    case '&':
    case '::': {
      cursor.next()
      const name = cursor.expectName()
      return { kind: 'name', name, isFunction: true, span: cursor.spanFrom(first) }
    }
    default:
      throw cursor.unexpected()
  }
}

/** One constant, or several separated by blanks: `1 2 NULL`, `"a" "b"`, `1 -1`. */
function parseConstants(cursor: Cursor): Expression {
  const first = cursor.peek()
  const values = [parseConstant(cursor)]
  while (continuesConstants(cursor)) values.push(parseConstant(cursor))
  const span = cursor.spanFrom(first)
  if (values.length === 1) return { kind: 'literal', value: values[0]!, span }
  const value = vectorOfLiterals(values)
  if (value === undefined) {
    cursor.fail(`The elements of the vector [${textOf(span)}] have different types.`, span.line)
  }
  return { kind: 'literal', value, span }
}

function parseConstant(cursor: Cursor): ServerValue {
  const isNegative = cursor.accept('-')
  const token = cursor.next()
  if (token.kind === 'name') return constants.get(token.text)!
  const { value } = token as LiteralToken
  return isNegative ? negated(value) : value
}

/** True at `-5`. Before a date or a variable the minus is an operator. */
export function isSignedNumber(cursor: Cursor): boolean {
  const number = cursor.peek(1)
  if (!cursor.isOperator('-') || number.kind !== 'number') return false
  return number.value.form === 'scalar' && dataTypes[number.value.type].category !== 'temporal'
}

function negated(value: ServerValue): ServerValue {
  if (value.form !== 'scalar') return value
  if (typeof value.value === 'number' || typeof value.value === 'bigint') {
    return { ...value, value: -value.value } as ServerValue
  }
  if (value.type === 'DURATION' && value.value !== null) {
    return { ...value, value: { ...value.value, count: -value.value.count } }
  }
  return value
}

function continuesConstants(cursor: Cursor): boolean {
  const token = cursor.peek()
  if (token.newlineBefore) return false
  // A string or symbol may follow without a blank.
  if (token.kind === 'string' || token.kind === 'symbol') return true
  if (!token.spaceBefore) return false
  if (token.kind === 'name') return constants.has(token.text)
  if (token.kind === 'operator') return isSignedNumber(cursor) && !cursor.peek(1).spaceBefore
  return token.kind !== 'end'
}

function parseParenthesized(cursor: Cursor, first: Token): Expression {
  cursor.next()
  return cursor.within({ ignoresNewlines: true, hasPairs: true }, () => {
    if (cursor.accept(')')) {
      return { kind: 'tuple', elements: [], span: cursor.spanFrom(first) }
    }
    const expression = parseElement(cursor)
    if (cursor.accept(')')) {
      cursor.bracketed.add(expression)
      return expression
    }
    const elements = [expression]
    while (cursor.accept(',')) {
      if (cursor.isOperator(')')) break
      elements.push(parseElement(cursor))
    }
    cursor.expect(')')
    return { kind: 'tuple', elements, span: cursor.spanFrom(first) }
  })
}

function parseElements(cursor: Cursor, close: string): Expression[] {
  return cursor.within({ ignoresNewlines: true, hasPairs: true, isSql: false }, () => {
    const elements: Expression[] = []
    while (!cursor.isOperator(close)) {
      const isGap = cursor.isOperator(',')
      elements.push(isGap ? nothing(cursor) : parseElement(cursor))
      if (!cursor.accept(',')) break
    }
    cursor.expect(close)
    return elements
  })
}

/** The VOID constant for an omitted element: `[a,,b]`. */
function nothing(cursor: Cursor): Expression {
  return { kind: 'literal', value: voidValue, span: cursor.spanFrom(cursor.peek()) }
}

/** Parses an expression that may have a name: `1..3 as id`. */
export function parseElement(cursor: Cursor): Expression {
  const first = cursor.peek()
  const expression = parseExpression(cursor)
  if (!cursor.acceptWord('as')) return expression
  const name = parseAlias(cursor)
  return { kind: 'named', expression, name, span: cursor.spanFrom(first) }
}

/** Parses a name, which may be a plain word, a symbol or a string. */
export function parseAlias(cursor: Cursor): string {
  const token = cursor.peek()
  if (token.kind === 'end') throw cursor.unexpected('A name is expected')
  cursor.next()
  if (token.kind === 'name') return token.text
  if (token.kind === 'symbol' || token.kind === 'string' || token.kind === 'number') {
    const { value } = token
    if (value.form === 'scalar' && typeof value.value === 'string') return value.value
    if (value.form === 'scalar' && value.type === 'CHAR')
      return String.fromCharCode(value.value ?? 0)
  }
  return cursor.fail(`Cannot recognize the token ${token.text}`, token.line)
}

/** Parses `{k: v}`, `{}`, or a function in braces. */
function parseBraced(cursor: Cursor, first: Token): Expression {
  cursor.next()
  return cursor.within({ ignoresNewlines: true, hasPairs: true, isSql: false }, () => {
    const isDictionary = cursor.isOperator('}') || cursor.isOperator(':', 1)
    if (!isDictionary) {
      const lambda = startsShortLambda(cursor, { inBraces: true })
        ? parseShortLambda(cursor)
        : parseExpression(cursor)
      if (lambda.kind !== 'lambda') cursor.fail('Cannot recognize the token {', first.line)
      cursor.expect('}')
      return lambda
    }
    const entries: { key: Expression; value: Expression }[] = []
    while (!cursor.isOperator('}')) {
      const keyToken = cursor.peek()
      if (keyToken.kind === 'operator' || keyToken.kind === 'end') throw cursor.unexpected()
      cursor.next()
      const value = keyToken.kind === 'name' ? stringScalar(keyToken.text) : keyToken.value
      const key: Expression = { kind: 'literal', value, span: cursor.spanFrom(keyToken) }
      cursor.expect(':')
      entries.push({ key, value: parseExpression(cursor) })
      if (!cursor.accept(',')) break
    }
    cursor.expect('}')
    return { kind: 'dictionary', entries, span: cursor.spanFrom(first) }
  })
}

function textOf(span: Span): string {
  return span.source.slice(span.start, span.end)
}
