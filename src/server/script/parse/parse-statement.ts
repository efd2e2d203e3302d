/*
  Parses scripts into units and statements. A statement ends at a line break, at `;` or before `}`.
*/
import type { BinaryOperator } from '../../operators/operator-names.js'
import { stringScalar } from '../../values/scalar.js'
import { Cursor, topMode, type IsFunction } from './cursor.js'
import type { Token } from './lexer.js'
import { callOf, functionName, parseExpression, startingWords } from './parse-expression.js'
import {
  parseAlias,
  parseDefinition,
  parseElement,
  parseParameters,
  reservedWords,
  startsShortLambda,
} from './parse-operand.js'
import { startsSql } from './parse-sql.js'
import { parseStructureStatement, startsStructureStatement } from './parse-structure.js'
import { textOfSpan, type Expression, type Index, type Name, type Statement } from './syntax.js'

const refusedStatements: ReadonlySet<string> = new Set([
  'module', 'use', 'include', 'class', 'timer', 'transaction', 'import',
]) // prettier-ignore

/**
 * Parses the code up to the next `go`, which ends a unit. It can be parsed only after the previous unit has run (manual,
 * "go"). @throws {ScriptError} `Syntax Error: [line #n] …`
 */
export function parseUnit(cursor: Cursor): Statement[] {
  const statements: Statement[] = []
  for (;;) {
    cursor.beginStatement()
    const next = parseNext(cursor, () => isGoStatement(cursor))
    for (const statement of next ?? []) statements.push(statement)
    if (next === undefined) break
  }
  if (isGoStatement(cursor)) cursor.next()
  while (cursor.accept(';'));
  return statements
}

/** The name field of a function request: `f`, `f{x}`, `(def(a){…}){x}`. */
export function parseFunctionName(text: string, isFunction: IsFunction): Expression {
  const cursor = new Cursor(text, isFunction)
  const expression = parseExpression(cursor)
  if (!cursor.hasEnded) throw cursor.unexpected()
  return expression
}

export function parseBlock(cursor: Cursor): Statement[] {
  cursor.expect('{')
  return cursor.within(topMode, () => {
    const statements: Statement[] = []
    for (;;) {
      const next = parseNext(cursor, () => cursor.is('}'))
      if (next === undefined) break
      for (const statement of next) statements.push(statement)
    }
    cursor.expect('}')
    return statements
  })
}

/** Parses the next statement of a list, or all statements of a block in braces. Undefined at the end of the list. */
function parseNext(cursor: Cursor, ends: () => boolean): Statement[] | undefined {
  for (;;) {
    while (cursor.accept(';'));
    if (ends() || cursor.hasEnded) return undefined
    if (!isGoStatement(cursor)) return parseStatement(cursor)
    // Inside a block `go` has no effect (manual, "go").
    cursor.next()
  }
}

/** True for `go` alone. `go = 1` and `go(x)` use a name. */
function isGoStatement(cursor: Cursor): boolean {
  if (cursor.peek().text !== 'go') return false
  const { kind, newlineBefore, text } = cursor.peek(1)
  return newlineBefore || kind === 'end' || text === ';' || text === '}'
}

/** Parses the body of `if` or `for`: a block, or one statement, which may be on the next line. */
function parseBody(cursor: Cursor): Statement[] {
  if (cursor.is('{')) return parseBlock(cursor)
  return cursor.accept(';') ? [] : parseStatement(cursor)
}

function parseStatement(cursor: Cursor): Statement[] {
  if (cursor.is('{') && !startsBracedValue(cursor)) return parseBlock(cursor)
  const first = cursor.peek()
  const statement = cursor.within({ ignoresNewlines: false }, () => {
    if (first.text === '@') cursor.fail('Cannot recognize the token @')
    return parseKeyword(cursor, first) ?? parseSimple(cursor, first)
  })
  // A keyword begins a statement without a separator, as in `{x += 1 return x}`.
  const isSeparate = cursor.atStatementEnd || cursor.isAnyWord(startingWords)
  if (!isSeparate && !endsWithBlock(statement)) throw cursor.unexpected()
  return [statement]
}

/** True at `{k: v}` and `{x -> …}`, which are values, not blocks, even at the beginning of a statement. */
function startsBracedValue(cursor: Cursor): boolean {
  const { kind } = cursor.peek(1)
  if (kind === 'operator' || kind === 'end') return false
  return cursor.is(':', 2) || startsShortLambda(cursor, true, 1)
}

function endsWithBlock(statement: Statement): boolean {
  if (statement.kind === 'define') return statement.definition.source.endsWith('}')
  return ['if', 'for', 'while', 'try'].includes(statement.kind)
}

/** Parses a statement that begins with a keyword; undefined for all others. */
function parseKeyword(cursor: Cursor, first: Token): Statement | undefined {
  const { kind, text } = first
  if (kind !== 'name') return undefined
  if ((text === 'def' || text === 'defg') && cursor.peek(1).kind !== 'name') return undefined
  if (text === 'share' && isShareFunction(cursor)) return undefined
  if (startsStructureStatement(cursor)) return parseStructureStatement(cursor)
  const parse = keywords.get(text)
  if (parse !== undefined) {
    cursor.next()
    return parse(cursor, first)
  }
  // `include` and `import` may be names. The other unsupported statements begin with reserved words.
  const isName = !reservedWords.has(text) && cursor.peek(1).kind === 'operator'
  if (refusedStatements.has(text) && !isName) {
    cursor.fail(`The statement [${text}] is not supported.`)
  }
  return undefined
}

/** Parses what follows the keyword `first`. */
type StatementParser = (cursor: Cursor, first: Token) => Statement

const keywords: ReadonlyMap<string, StatementParser> = new Map<string, StatementParser>([
  ['def', parseDefine],
  ['defg', parseDefine],
  ['if', parseIf],
  ['for', parseFor],
  [
    'while',
    (cursor, first) => {
      const condition = parseCondition(cursor)
      const body = parseBody(cursor)
      return { kind: 'while', condition, body, span: cursor.spanFrom(first) }
    },
  ],
  [
    'do',
    (cursor, first) => {
      const body = parseBlock(cursor)
      cursor.expect('while')
      const condition = parseCondition(cursor)
      return { kind: 'doWhile', condition, body, span: cursor.spanFrom(first) }
    },
  ],
  ['try', parseTry],
  [
    'throw',
    (cursor, first) => {
      const value = parseExpression(cursor)
      return { kind: 'throw', value, span: cursor.spanFrom(first) }
    },
  ],
  [
    'return',
    (cursor, first) => {
      const values = cursor.atStatementEnd ? [] : cursor.list(() => parseExpression(cursor))
      return { kind: 'return', values, span: cursor.spanFrom(first) }
    },
  ],
  ['break', (cursor, first) => ({ kind: 'break', span: cursor.spanFrom(first) })],
  ['continue', (cursor, first) => ({ kind: 'continue', span: cursor.spanFrom(first) })],
  ['share', parseShare],
  ['undef', parseUndef],
  ['assert', parseAssert],
  ['const', parseConst],
])

/** Parses `f(…) {…}` and `f(…): expression`, or the declaration `f(…)`. */
function parseDefine(cursor: Cursor, first: Token): Statement {
  const name = cursor.expectName()
  cursor.declareFunction(name)
  const parameters = parseParameters(cursor)
  if (!cursor.is('{') && !cursor.is(':') && !cursor.is('->')) {
    return { kind: 'declare', name, span: cursor.spanFrom(first) }
  }
  const definition = parseDefinition(cursor, first, name, parameters)
  return { kind: 'define', definition, span: cursor.spanFrom(first) }
}

function parseCondition(cursor: Cursor): Expression {
  cursor.expect('(')
  return cursor.within({ ignoresNewlines: true }, () => {
    const condition = parseExpression(cursor)
    cursor.expect(')')
    return condition
  })
}

function parseIf(cursor: Cursor, first: Token): Statement {
  const condition = parseCondition(cursor)
  const then = parseBody(cursor)
  if (cursor.is(';') && cursor.is('else', 1)) cursor.next()
  const otherwise = cursor.accept('else') ? parseBody(cursor) : []
  return { kind: 'if', condition, then, otherwise, span: cursor.spanFrom(first) }
}

function parseFor(cursor: Cursor, first: Token): Statement {
  cursor.expect('(')
  const variable = cursor.expectName()
  cursor.expect('in')
  const iterable = cursor.within({ ignoresNewlines: true }, () => parseExpression(cursor))
  cursor.expect(')')
  cursor.declareVariable(variable)
  const body = parseBody(cursor)
  return { kind: 'for', variable, iterable, body, span: cursor.spanFrom(first) }
}

function parseTry(cursor: Cursor, first: Token): Statement {
  const body = parseBlock(cursor)
  cursor.expect('catch')
  cursor.expect('(')
  const variable = cursor.expectName()
  cursor.expect(')')
  cursor.declareVariable(variable)
  const handler = parseBlock(cursor)
  return { kind: 'try', body, variable, handler, span: cursor.spanFrom(first) }
}

/** True for `share(t, "name")`, a call of the function. `share (t) as name` is the statement. */
function isShareFunction(cursor: Cursor): boolean {
  if (!cursor.is('(', 1)) return false
  let depth = 0
  for (let ahead = 1; cursor.peek(ahead).kind !== 'end'; ahead++) {
    if (cursor.is('(', ahead)) depth++
    if (cursor.is(')', ahead) && --depth === 0) return !cursor.is('as', ahead + 1)
  }
  return true
}

/** Parses `t as name`, in which the name may be a plain word, a symbol or a string. */
function parseShare(cursor: Cursor, first: Token): Statement {
  const value = parseExpression(cursor)
  cursor.expect('as')
  const name = parseAlias(cursor)
  cursor.declareVariable(name)
  return { kind: 'share', value, name, span: cursor.spanFrom(first) }
}

/** Parses `all`, `all, VAR`, `` `x, SHARED `` and `("x", SHARED)` as arguments of a call. */
function parseUndef(cursor: Cursor, first: Token): Statement {
  const callee = functionName('undef', cursor.spanFrom(first))
  const inBrackets = cursor.accept('(')
  const token = cursor.peek()
  const values = cursor.list((): Expression => {
    if (cursor.peek() !== token || !cursor.accept('all')) return parseExpression(cursor)
    return { kind: 'literal', value: stringScalar('all'), span: cursor.spanFrom(token) }
  })
  if (inBrackets) cursor.expect(')')
  const span = cursor.spanFrom(first)
  return { kind: 'expression', expression: callOf(callee, values, span), span }
}

/** Parses `x == 1` or `"case", x == 1`. */
function parseAssert(cursor: Cursor, first: Token): Statement {
  const one = parseExpression(cursor)
  const hasLabel = cursor.accept(',')
  const label = hasLabel ? textOfSpan(one.span).replace(/^["'`]|["']$/g, '') : ''
  const condition = hasLabel ? parseExpression(cursor) : one
  return { kind: 'assert', label, condition, span: cursor.spanFrom(first) }
}

function parseConst(cursor: Cursor, first: Token): Statement {
  const token = cursor.peek()
  const name = cursor.expectName()
  const target: Name = { kind: 'name', name, isFunction: false, span: cursor.spanFrom(token) }
  cursor.expect('=')
  const values = [parseExpression(cursor)]
  cursor.declareVariable(name)
  const flags = { operator: undefined, isReference: false, isConstant: true }
  return { kind: 'assign', targets: [target], values, ...flags, span: cursor.spanFrom(first) }
}

const assignmentOperators: ReadonlyMap<string, BinaryOperator | undefined> = new Map([
  ['=', undefined],
  ['+=', '+'],
  ['-=', '-'],
  ['*=', '*'],
  ['/=', '/'],
  ['\\=', '\\'],
])

/** Parses an assignment or an expression. @throws {ScriptError} if the left side cannot be assigned to */
function parseSimple(cursor: Cursor, first: Token): Statement {
  const isReference = first.text === '&' && cursor.peek(1).kind === 'name' && cursor.is('=', 2)
  if (isReference) cursor.next()
  const expression = startsSql(cursor) ? parseExpression(cursor) : parseElement(cursor)
  const targets = [expression]
  if (expression.kind === 'name' && isMultipleAssignment(cursor)) {
    while (cursor.accept(',')) targets.push(parseExpression(cursor))
  }
  const token = cursor.peek()
  if (token.newlineBefore || !assignmentOperators.has(token.text)) {
    if (targets.length > 1) throw cursor.unexpected()
    return { kind: 'expression', expression, span: cursor.spanFrom(first) }
  }
  const assignable = targets.map(target => assignmentTarget(cursor, target))
  cursor.next()
  const values = cursor.list(() => parseExpression(cursor))
  for (const target of assignable) {
    if (target.kind === 'name') cursor.declareVariable(target.name)
  }
  const operator = assignmentOperators.get(token.text)
  const flags = { operator, isReference, isConstant: false }
  return { kind: 'assign', targets: assignable, values, ...flags, span: cursor.spanFrom(first) }
}

/** True at the first comma of `x, y = …`, where only names and commas come before the `=`. */
function isMultipleAssignment(cursor: Cursor): boolean {
  let ahead = 0
  while (cursor.is(',', ahead) && cursor.peek(ahead + 1).kind === 'name') ahead += 2
  return ahead > 0 && cursor.is('=', ahead)
}

function assignmentTarget(cursor: Cursor, target: Expression): Name | Index {
  if (target.kind === 'name' && !target.isFunction) return target
  if (target.kind === 'index' && target.target.kind === 'name') return target
  return cursor.fail(
    cursor.is('=')
      ? "Please use '==' rather than '=' as equal operator in non-sql expression."
      : "Can't use assignment in expression.",
  )
}
