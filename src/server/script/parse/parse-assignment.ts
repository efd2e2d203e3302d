/*
  Parses assignments and expression statements, which differ only in the text after the first operand.
*/
import type { Cursor } from './cursor.js'
import { parseExpression } from './parse-expression.js'
import { parseElement } from './parse-operand.js'
import { startsSql } from './parse-sql.js'
import type { Assignment, BinaryOperator, Expression, Index, Name, Statement } from './syntax.js'
import type { Token } from './lexer.js'

const compoundOperators: Readonly<Record<string, BinaryOperator>> = {
  '+=': '+',
  '-=': '-',
  '*=': '*',
  '/=': '/',
  '\\=': '\\',
}

/** One expression, or several separated by commas: `return a, b`. */
export function parseExpressions(cursor: Cursor): Expression[] {
  const values = [parseExpression(cursor)]
  while (cursor.accept(',')) values.push(parseExpression(cursor))
  return values
}

/** @throws {ScriptError} a syntax error, for example if the left side cannot be assigned to */
export function parseSimple(cursor: Cursor, first: Token): Statement {
  const isReference =
    first.text === '&' && cursor.peek(1).kind === 'name' && cursor.isOperator('=', 2)
  if (isReference) cursor.next()
  const expression = startsSql(cursor) ? parseExpression(cursor) : parseElement(cursor)
  const targets = [expression]
  if (expression.kind === 'name' && cursor.isOperator(',') && isMultipleAssignment(cursor)) {
    while (cursor.accept(',')) targets.push(parseExpression(cursor))
  }
  const token = cursor.peek()
  if (token.kind !== 'operator' || token.newlineBefore) return asStatement(cursor, first, targets)
  const operator = compoundOperators[token.text]
  if (token.text !== '=' && operator === undefined) return asStatement(cursor, first, targets)
  const assignable = targets.map(target => assignmentTarget(cursor, target, token))
  cursor.next()
  const values = parseExpressions(cursor)
  for (const target of assignable) {
    if (target.kind === 'name') cursor.declareVariable(target.name)
  }
  return {
    kind: 'assign',
    targets: assignable,
    operator,
    values,
    isReference,
    isConstant: false,
    span: cursor.spanFrom(first),
  }
}

function asStatement(cursor: Cursor, first: Token, targets: readonly Expression[]): Statement {
  if (targets.length > 1) throw cursor.unexpected()
  return { kind: 'expression', expression: targets[0]!, span: cursor.spanFrom(first) }
}

/** True at the first comma of `x, y = …`, where only names and commas come before the `=`. */
function isMultipleAssignment(cursor: Cursor): boolean {
  let ahead = 0
  while (cursor.isOperator(',', ahead) && cursor.peek(ahead + 1).kind === 'name') ahead += 2
  return cursor.isOperator('=', ahead)
}

function assignmentTarget(cursor: Cursor, target: Expression, token: Token): Name | Index {
  if (target.kind === 'name' && !target.isFunction) return target
  if (target.kind === 'index' && target.target.kind === 'name') return target
  if (token.text !== '=') cursor.fail("Can't use assignment in expression.", token.line)
  return cursor.fail(
    "Please use '==' rather than '=' as equal operator in non-sql expression.",
    token.line,
  )
}

export function parseConstant(cursor: Cursor, first: Token): Assignment {
  cursor.next()
  const nameToken = cursor.peek()
  const target: Name = {
    kind: 'name',
    name: cursor.expectName(),
    isFunction: false,
    span: cursor.spanFrom(nameToken),
  }
  cursor.expect('=')
  const values = [parseExpression(cursor)]
  cursor.declareVariable(target.name)
  return {
    kind: 'assign',
    targets: [target],
    operator: undefined,
    values,
    isReference: false,
    isConstant: true,
    span: cursor.spanFrom(first),
  }
}
