/*
  Parses what may directly follow an operand: `f(…)`, `x[…]`, `f{…}`, `x.y`.
*/
import { operatorNames, operatorOf } from '../../operators/operator-names.js'
import type { Cursor } from './cursor.js'
import { parseExpression } from './parse-expression.js'
import { parseElement } from './parse-operand.js'
import type { Argument, Expression, Index, Name, Slice } from './syntax.js'
import type { Token } from './lexer.js'

/** @param first  the first token of the operand */
export function parsePostfix(cursor: Cursor, operand: Expression, first: Token): Expression {
  let expression = operand
  for (;;) {
    const token = cursor.peek()
    if (token.kind !== 'operator') return expression
    const breaksLine = token.newlineBefore && !cursor.mode.ignoresNewlines
    if (token.text === '.' && startsMember(cursor)) {
      expression = parseMember(cursor, expression, first)
    } else if (breaksLine || isBareLiteral(cursor, expression)) {
      return expression
    } else if (token.text === '(') {
      cursor.next()
      const args = parseArguments(cursor, ')')
      expression = { kind: 'call', callee: expression, args, span: cursor.spanFrom(first) }
    } else if (token.text === '[' && !appliesToBracket(cursor, expression)) {
      expression = parseIndex(cursor, expression, first)
    } else if (token.text === '{' && !token.spaceBefore) {
      cursor.next()
      const args = parseArguments(cursor, '}')
      expression = { kind: 'partial', callee: expression, args, span: cursor.spanFrom(first) }
    } else {
      return expression
    }
  }
}

/** True for constants without brackets, which cannot be indexed: `1 2 3`, but not `(1 2 3)`. */
function isBareLiteral(cursor: Cursor, expression: Expression): boolean {
  return expression.kind === 'literal' && !cursor.bracketed.has(expression)
}

/** True for `sum [1, 2]`, which applies the function. `x [1]` and `x[1]` index a value. */
function appliesToBracket(cursor: Cursor, expression: Expression): boolean {
  if (!cursor.peek().spaceBefore) return false
  return expression.kind === 'name' && cursor.isFunction(expression.name)
}

function startsMember(cursor: Cursor): boolean {
  const next = cursor.peek(1)
  return (next.kind === 'name' || next.kind === 'number') && !next.spaceBefore
}

function parseMember(cursor: Cursor, target: Expression, first: Token): Expression {
  cursor.expect('.')
  const memberToken = cursor.next()
  const name = memberToken.text
  const isCall = cursor.isOperator('(') && !cursor.peek().newlineBefore
  const isPartial = cursor.isOperator('{') && !cursor.peek().spaceBefore
  if (memberToken.kind !== 'name' || (!isCall && !isPartial)) {
    return { kind: 'member', target, name, span: cursor.spanFrom(first) }
  }
  const callee: Name = { kind: 'name', name, isFunction: true, span: cursor.spanFrom(memberToken) }
  cursor.next()
  const args = [{ value: target }, ...parseArguments(cursor, isCall ? ')' : '}')]
  return { kind: isCall ? 'call' : 'partial', callee, args, span: cursor.spanFrom(first) }
}

/** Parses arguments up to the closing bracket: positional, omitted (`f(a,,b)`) and named (`name=value`). */
function parseArguments(cursor: Cursor, close: string): Argument[] {
  const { isSql } = cursor.mode
  return cursor.within({ ignoresNewlines: true, hasPairs: true }, () => {
    const args: Argument[] = []
    while (!cursor.isOperator(close)) {
      if (cursor.isOperator(',')) {
        args.push({ value: undefined })
      } else {
        args.push(parseArgument(cursor, isSql))
        if (cursor.isOperator(close)) break
      }
      cursor.expect(',')
    }
    cursor.expect(close)
    return args
  })
}

function parseArgument(cursor: Cursor, isSql: boolean): Argument {
  const token = cursor.peek()
  if (token.kind === 'name' && cursor.isOperator('=', 1)) {
    cursor.next()
    cursor.next()
    return { name: token.text, value: parseElement(cursor) }
  }
  const closes = cursor.isOperator(')', 1)
  const operator = closes || cursor.isOperator(',', 1) ? operatorOf(token.text) : undefined
  if (token.kind === 'operator' && operator !== undefined && !(isSql && operator === '*')) {
    cursor.next()
    const name: Name = {
      kind: 'name',
      name: operatorNames[operator],
      isFunction: true,
      span: cursor.spanFrom(token),
    }
    return { value: name }
  }
  if (isSql && closes && cursor.accept('*')) {
    const all: Name = { kind: 'name', name: '*', isFunction: false, span: cursor.spanFrom(token) }
    return { value: all }
  }
  return { value: parseElement(cursor) }
}

function parseIndex(cursor: Cursor, target: Expression, first: Token): Index {
  cursor.expect('[')
  return cursor.within({ ignoresNewlines: true, hasPairs: true, isSql: false }, () => {
    const indexes: (Expression | Slice)[] = []
    while (!cursor.isOperator(']')) {
      indexes.push(parseIndexElement(cursor))
      if (!cursor.accept(',')) break
    }
    cursor.expect(']')
    return { kind: 'index', target, indexes, span: cursor.spanFrom(first) }
  })
}

function parseIndexElement(cursor: Cursor): Expression | Slice {
  const first = cursor.peek()
  const endsHere = (): boolean => cursor.isOperator(']') || cursor.isOperator(',')
  if (cursor.accept(':')) {
    const to = endsHere() ? undefined : parseExpression(cursor)
    return { kind: 'slice', from: undefined, to, span: cursor.spanFrom(first) }
  }
  const from = parseExpression(cursor)
  if (!cursor.accept(':')) return from
  return { kind: 'slice', from, to: undefined, span: cursor.spanFrom(first) }
}
