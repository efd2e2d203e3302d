/*
  Parses operands: constants, names, brackets, functions (manual, "Named function", "Lambda expression"), and what may
  directly follow them: `f(…)`, `x[…]`, `f{…}`, `x.y`.
*/
import { topMode, type Cursor } from './cursor.js'
import { functionName, parseExpression } from './parse-expression.js'
import { parseSql, startsSql } from './parse-sql.js'
import { parseBlock } from './parse-statement.js'
import { boolScalar, stringScalar, voidValue } from '../../values/scalar.js'
import {
  textOfSpan,
  type Argument,
  type Expression,
  type FunctionDefinition,
  type Lambda,
  type Parameter,
  type Slice,
  type Statement,
} from './syntax.js'
import type { Token } from './lexer.js'
import { operatorNames, operatorOf } from '../../operators/operator-names.js'
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
  let expression = parsePrimary(cursor, first)
  for (;;) {
    const extended = extend(cursor, expression, first)
    if (extended === undefined) return expression
    expression = extended
  }
}

function parsePrimary(cursor: Cursor, first: Token): Expression {
  const { kind, text } = first
  if (kind === 'name') {
    if (constants.has(text)) return parseConstants(cursor, first)
    if (text === 'def' || text === 'defg') {
      cursor.next()
      return lambdaOf(cursor, first, parseParameters(cursor))
    }
    if (startsShortLambda(cursor)) return parseShortLambda(cursor)
    if (startsSql(cursor)) return parseSql(cursor)
    if (reservedWords.has(text)) throw cursor.unexpected()
    return { kind: 'name', name: text, isFunction: false, span: cursor.spanFrom(cursor.next()) }
  }
  if (kind === 'end') throw cursor.unexpected()
  // A sign is allowed only before a number here.
  if (kind !== 'operator' || isSignedNumber(cursor)) return parseConstants(cursor, first)
  if (!['(', '[', '{', '&', '::'].includes(text)) throw cursor.unexpected()
  cursor.next()
  if (text === '(') return parseParenthesized(cursor, first)
  if (text === '{') return parseBraced(cursor, first)
  if (text === '[') {
    const elements = cursor.inBrackets(']', () => parseElementOrGap(cursor), topMode)
    return { kind: 'vector', elements, span: cursor.spanFrom(first) }
  }
  return functionName(cursor.expectName(), cursor.spanFrom(first))
}

/** One constant, or several separated by blanks: `1 2 NULL`, `"a" "b"`, `1 -1`. */
function parseConstants(cursor: Cursor, first: Token): Expression {
  const values = [parseConstant(cursor)]
  while (continuesConstants(cursor)) values.push(parseConstant(cursor))
  const span = cursor.spanFrom(first)
  const value = values.length === 1 ? values[0] : vectorOfLiterals(values)
  if (value !== undefined) return { kind: 'literal', value, span }
  const text = textOfSpan(span)
  return cursor.fail(`The elements of the vector [${text}] have different types.`, span.line)
}

function parseConstant(cursor: Cursor): ServerValue {
  const isNegative = cursor.accept('-')
  const token = cursor.next()
  if (token.kind === 'name') return constants.get(token.text)!
  return isNegative ? negated(token.value!) : token.value!
}

/** True at `-5`. Before a date or a variable the minus is an operator. */
export function isSignedNumber(cursor: Cursor): boolean {
  const { kind, value } = cursor.peek(1)
  if (!cursor.is('-') || kind !== 'number') return false
  return value?.form === 'scalar' && dataTypes[value.type].category !== 'temporal'
}

function negated(value: ServerValue): ServerValue {
  if (value.form !== 'scalar') return value
  if (typeof value.value === 'number' || typeof value.value === 'bigint') {
    return { ...value, value: -value.value } as ServerValue
  }
  if (value.type !== 'DURATION' || value.value === null) return value
  return { ...value, value: { ...value.value, count: -value.value.count } }
}

function continuesConstants(cursor: Cursor): boolean {
  const { kind, text, newlineBefore, spaceBefore } = cursor.peek()
  if (newlineBefore) return false
  // A string or symbol may follow without a blank.
  if (kind === 'string' || kind === 'symbol') return true
  if (kind === 'name') return spaceBefore && constants.has(text)
  if (kind === 'number') return spaceBefore
  return spaceBefore && isSignedNumber(cursor) && !cursor.peek(1).spaceBefore
}

function parseParenthesized(cursor: Cursor, first: Token): Expression {
  return cursor.within({ hasPairs: true, ignoresNewlines: true }, () => {
    const elements: Expression[] = []
    while (!cursor.is(')')) {
      elements.push(parseElement(cursor))
      const [only] = elements
      if (elements.length === 1 && only !== undefined && cursor.accept(')')) {
        cursor.bracketed.add(only)
        return only
      }
      if (!cursor.accept(',')) break
    }
    cursor.expect(')')
    return { kind: 'tuple', elements, span: cursor.spanFrom(first) }
  })
}

/** The element of a vector; the VOID constant for an omitted one, as in `[a,,b]`. */
function parseElementOrGap(cursor: Cursor): Expression {
  if (!cursor.is(',')) return parseElement(cursor)
  return { kind: 'literal', value: voidValue, span: cursor.spanFrom(cursor.peek()) }
}

/** Parses an expression that may have a name: `1..3 as id`. */
export function parseElement(cursor: Cursor): Expression {
  const first = cursor.peek()
  const expression = parseExpression(cursor)
  if (!cursor.accept('as')) return expression
  return { kind: 'named', expression, name: parseAlias(cursor), span: cursor.spanFrom(first) }
}

/** Parses a name, which may be a plain word, a symbol or a string. */
export function parseAlias(cursor: Cursor): string {
  const token = cursor.peek()
  if (token.kind === 'end') throw cursor.unexpected('A name is expected')
  cursor.next()
  if (token.kind === 'name') return token.text
  if (token.value?.form === 'scalar') {
    const { type, value } = token.value
    if (typeof value === 'string') return value
    if (type === 'CHAR') return String.fromCharCode(value ?? 0)
  }
  return cursor.fail(`Cannot recognize the token ${token.text}`, token.line)
}

/** Parses `{k: v}`, `{}`, or a function in braces. */
function parseBraced(cursor: Cursor, first: Token): Expression {
  if (cursor.is('}') || cursor.is(':', 1)) {
    const entries = cursor.inBrackets('}', () => parseEntry(cursor), topMode)
    return { kind: 'dictionary', entries, span: cursor.spanFrom(first) }
  }
  return cursor.within(topMode, () => {
    const lambda = startsShortLambda(cursor, true)
      ? parseShortLambda(cursor)
      : parseExpression(cursor)
    if (lambda.kind !== 'lambda') cursor.fail('Cannot recognize the token {', first.line)
    cursor.expect('}')
    return lambda
  })
}

function parseEntry(cursor: Cursor): { key: Expression; value: Expression } {
  const token = cursor.peek()
  const value = token.kind === 'name' ? stringScalar(token.text) : token.value
  if (value === undefined) throw cursor.unexpected()
  cursor.next()
  cursor.expect(':')
  const key: Expression = { kind: 'literal', value, span: cursor.spanFrom(token) }
  return { key, value: parseExpression(cursor) }
}

/** Parses what directly follows an operand; undefined if nothing does. @param first  first token of the operand */
function extend(cursor: Cursor, target: Expression, first: Token): Expression | undefined {
  const { kind, text, spaceBefore } = cursor.peek()
  if (kind !== 'operator') return undefined
  if (text === '.') return startsMember(cursor) ? parseMember(cursor, target, first) : undefined
  // Constants without brackets cannot be indexed: `1 2 3`, but not `(1 2 3)`.
  const isBare = target.kind === 'literal' && !cursor.bracketed.has(target)
  if (isBare || cursor.breaksLine()) return undefined
  if (text === '(' || (text === '{' && !spaceBefore)) {
    cursor.next()
    const args = parseArguments(cursor, text === '(' ? ')' : '}')
    const span = cursor.spanFrom(first)
    return { kind: text === '(' ? 'call' : 'partial', callee: target, args, span }
  }
  // `sum [1, 2]` applies the function. `x [1]` and `x[1]` index a value.
  const applies = spaceBefore && target.kind === 'name' && cursor.isFunction(target.name)
  if (text !== '[' || applies) return undefined
  cursor.next()
  const indexes = cursor.inBrackets(']', () => parseIndexElement(cursor), topMode)
  return { kind: 'index', target, indexes, span: cursor.spanFrom(first) }
}

function startsMember(cursor: Cursor): boolean {
  const { kind, spaceBefore } = cursor.peek(1)
  return (kind === 'name' || kind === 'number') && !spaceBefore
}

function parseMember(cursor: Cursor, target: Expression, first: Token): Expression {
  cursor.expect('.')
  const member = cursor.next()
  const isCall = cursor.is('(') && !cursor.peek().newlineBefore
  const isPartial = cursor.is('{') && !cursor.peek().spaceBefore
  if (member.kind !== 'name' || (!isCall && !isPartial)) {
    return { kind: 'member', target, name: member.text, span: cursor.spanFrom(first) }
  }
  const callee = functionName(member.text, cursor.spanFrom(member))
  cursor.next()
  const args = [{ value: target }, ...parseArguments(cursor, isCall ? ')' : '}')]
  return { kind: isCall ? 'call' : 'partial', callee, args, span: cursor.spanFrom(first) }
}

/** Parses arguments up to the closing bracket: positional, omitted (`f(a,,b)`) and named (`name=value`). */
function parseArguments(cursor: Cursor, close: string): Argument[] {
  return cursor.inBrackets(close, () => parseArgument(cursor), { hasPairs: true })
}

function parseArgument(cursor: Cursor): Argument {
  if (cursor.is(',')) return { value: undefined }
  const { kind, text } = cursor.peek()
  if (kind === 'name' && cursor.is('=', 1)) {
    cursor.next()
    cursor.next()
    return { name: text, value: parseElement(cursor) }
  }
  const closes = cursor.is(')', 1)
  if (kind !== 'operator' || !(closes || cursor.is(',', 1))) return { value: parseElement(cursor) }
  const isAll = text === '*' && cursor.mode.isSql
  const operator = operatorOf(text)
  if (isAll ? !closes : operator === undefined) return { value: parseElement(cursor) }
  const span = cursor.spanFrom(cursor.next())
  if (isAll) return { value: { kind: 'name', name: '*', isFunction: false, span } }
  return { value: functionName(operatorNames[operator!], span) }
}

function parseIndexElement(cursor: Cursor): Expression | Slice {
  const first = cursor.peek()
  const isOpenStart = cursor.accept(':')
  const isOpenEnd = isOpenStart && (cursor.is(']') || cursor.is(','))
  const bound = isOpenEnd ? undefined : parseExpression(cursor)
  if (isOpenStart) {
    return { kind: 'slice', from: undefined, to: bound, span: cursor.spanFrom(first) }
  }
  if (!cursor.accept(':')) return bound!
  return { kind: 'slice', from: bound, to: undefined, span: cursor.spanFrom(first) }
}

/** True at `x -> …`, and inside braces also at `x, y -> …`. @param ahead  position of the first name */
export function startsShortLambda(cursor: Cursor, inBraces = false, ahead = 0): boolean {
  let last = ahead
  while (inBraces && cursor.peek(last).kind === 'name' && cursor.is(',', last + 1)) last += 2
  return cursor.peek(last).kind === 'name' && cursor.is('->', last + 1)
}

function parseShortLambda(cursor: Cursor): Lambda {
  const first = cursor.peek()
  const names = cursor.list(() => cursor.expectName())
  const parameters = names.map(name => ({ name, isMutable: false, defaultValue: undefined }))
  return lambdaOf(cursor, first, parameters)
}

function lambdaOf(cursor: Cursor, first: Token, parameters: readonly Parameter[]): Lambda {
  const definition = parseDefinition(cursor, first, '', parameters)
  const span = cursor.spanFrom(first)
  return { kind: 'lambda', definition, captures: [], closed: definition, span }
}

export function parseParameters(cursor: Cursor): Parameter[] {
  cursor.expect('(')
  return cursor.inBrackets(')', () => parseParameter(cursor), topMode)
}

function parseParameter(cursor: Cursor): Parameter {
  const isMarked = (word: string): boolean => cursor.is(word) && cursor.peek(1).kind === 'name'
  const isMutable = isMarked('mutable')
  if (isMutable || isMarked('const')) cursor.next()
  const name = cursor.expectName()
  const defaultValue = cursor.accept('=') ? parseExpression(cursor) : undefined
  if (isMutable && defaultValue !== undefined) {
    cursor.fail('A parameter with default value must be read only. RefId: S06012')
  }
  return { name, isMutable, defaultValue }
}

/** Parses a body: a block, or an expression, in which line breaks and `:` keep their meaning (`a ? x->x : b`). */
export function parseDefinition(
  cursor: Cursor,
  first: Token,
  name: string,
  parameters: readonly Parameter[],
): FunctionDefinition {
  const body = cursor.inFunction(parameters, (): Statement[] => {
    if (cursor.is('{')) return parseBlock(cursor)
    if (!cursor.accept('->')) cursor.expect(':')
    const start = cursor.peek()
    const value = parseExpression(cursor)
    return [{ kind: 'return', values: [value], span: cursor.spanFrom(start) }]
  })
  return { name, parameters, body, source: textOfSpan(cursor.spanFrom(first)) }
}
