/*
  Parses statements. A statement ends at a line break, at `;` or before `}`.
*/
import type { Cursor } from './cursor.js'
import { parseConstant, parseExpressions, parseSimple } from './parse-assignment.js'
import { parseExpression, startingWords } from './parse-expression.js'
import { parseDefine, startsShortLambda } from './parse-function.js'
import { parseAlias, reservedWords } from './parse-operand.js'
import { parseStructureStatement, startsStructureStatement } from './parse-structure.js'
import { stringScalar } from '../../values/scalar.js'
import type { Assert, Expression, If, Literal, Name, Share, Statement, Try } from './syntax.js'
import type { Token } from './lexer.js'

const refusedStatements: ReadonlySet<string> = new Set([
  'module', 'use', 'include', 'class', 'timer', 'transaction', 'import',
]) // prettier-ignore

export function parseBlock(cursor: Cursor): Statement[] {
  cursor.expect('{')
  return cursor.within({ ignoresNewlines: false, isSql: false, hasPairs: true }, () => {
    const statements = parseStatements(cursor, () => cursor.isOperator('}'))
    cursor.expect('}')
    return statements
  })
}

function parseStatements(cursor: Cursor, ends: () => boolean): Statement[] {
  const statements: Statement[] = []
  for (;;) {
    const next = parseNext(cursor, ends)
    if (next === undefined) return statements
    for (const statement of next) statements.push(statement)
  }
}

/** Parses the next statement of a list, or all statements of a block in braces. Undefined at the end of the list. */
export function parseNext(cursor: Cursor, ends: () => boolean): Statement[] | undefined {
  for (;;) {
    while (cursor.accept(';'));
    if (ends() || cursor.peek().kind === 'end') return undefined
    if (!cursor.isWord('go') || !isGoStatement(cursor)) return parseStatement(cursor)
    // Inside a block `go` has no effect (manual, "go").
    cursor.next()
  }
}

/** True for `go` alone. `go = 1` and `go(x)` use a name. */
export function isGoStatement(cursor: Cursor): boolean {
  if (cursor.peek().text !== 'go') return false
  const next = cursor.peek(1)
  return next.newlineBefore || next.kind === 'end' || next.text === ';' || next.text === '}'
}

/** Parses the body of `if` or `for`: a block, or one statement, which may be on the next line. */
function parseBody(cursor: Cursor): Statement[] {
  if (cursor.isOperator('{')) return parseBlock(cursor)
  if (cursor.accept(';')) return []
  return parseStatement(cursor)
}

function parseStatement(cursor: Cursor): Statement[] {
  if (cursor.isOperator('{') && !startsBracedValue(cursor)) return parseBlock(cursor)
  const first = cursor.peek()
  const statement = cursor.within({ ignoresNewlines: false }, () => parseOne(cursor, first))
  if (!cursor.atStatementEnd && !endsWithBlock(statement) && !startsStatement(cursor)) {
    throw cursor.unexpected()
  }
  return [statement]
}

/** True at `{k: v}` and `{x -> …}`, which are values, not blocks, even at the beginning of a statement. */
function startsBracedValue(cursor: Cursor): boolean {
  const key = cursor.peek(1)
  if (key.kind === 'operator' || key.kind === 'end') return false
  return cursor.isOperator(':', 2) || startsShortLambda(cursor, { inBraces: true, ahead: 1 })
}

/** True at a keyword that begins a statement without a separator, as in `{x += 1 return x}`. */
function startsStatement(cursor: Cursor): boolean {
  return cursor.isAnyWord(startingWords)
}

function endsWithBlock(statement: Statement): boolean {
  switch (statement.kind) {
    case 'if':
    case 'for':
    case 'while':
    case 'try':
      return true
    case 'define':
      return statement.definition.source.endsWith('}')
    default:
      return false
  }
}

function parseOne(cursor: Cursor, first: Token): Statement {
  if (first.kind === 'name') {
    const statement = parseKeyword(cursor, first)
    if (statement !== undefined) return statement
  }
  if (first.text === '@') return cursor.fail('Cannot recognize the token @')
  return parseSimple(cursor, first)
}

function parseKeyword(cursor: Cursor, first: Token): Statement | undefined {
  switch (first.text) {
    case 'def':
    case 'defg':
      return cursor.peek(1).kind === 'name' ? parseDefine(cursor) : undefined
    case 'if':
      return parseIf(cursor, first)
    case 'for':
      return parseFor(cursor, first)
    case 'while':
      return parseWhile(cursor, first)
    case 'do':
      return parseDoWhile(cursor, first)
    case 'try':
      return parseTry(cursor, first)
    case 'throw': {
      cursor.next()
      const value = parseExpression(cursor)
      return { kind: 'throw', value, span: cursor.spanFrom(first) }
    }
    case 'return': {
      cursor.next()
      const values = cursor.atStatementEnd ? [] : parseExpressions(cursor)
      return { kind: 'return', values, span: cursor.spanFrom(first) }
    }
    case 'break':
    case 'continue':
      cursor.next()
      return { kind: first.text, span: cursor.spanFrom(first) }
    case 'share':
      return isShareFunction(cursor) ? undefined : parseShare(cursor, first)
    case 'undef':
      return parseUndef(cursor, first)
    case 'assert':
      return parseAssert(cursor, first)
    case 'const':
      return parseConstant(cursor, first)
    default:
      if (startsStructureStatement(cursor)) return parseStructureStatement(cursor)
      if (refusedStatements.has(first.text) && !isPlainName(cursor, first.text)) {
        cursor.fail(`The statement [${first.text}] is not supported.`)
      }
      return undefined
  }
}

/** True if `include` or `import` is a name here. The other unsupported statements begin with reserved words. */
function isPlainName(cursor: Cursor, word: string): boolean {
  return !reservedWords.has(word) && cursor.peek(1).kind === 'operator'
}

function parseCondition(cursor: Cursor): Expression {
  cursor.expect('(')
  return cursor.within({ ignoresNewlines: true }, () => {
    const condition = parseExpression(cursor)
    cursor.expect(')')
    return condition
  })
}

function parseIf(cursor: Cursor, first: Token): If {
  cursor.next()
  const condition = parseCondition(cursor)
  const then = parseBody(cursor)
  if (cursor.isOperator(';') && cursor.isWord('else', 1)) cursor.next()
  const otherwise = cursor.acceptWord('else') ? parseBody(cursor) : []
  return { kind: 'if', condition, then, otherwise, span: cursor.spanFrom(first) }
}

function parseFor(cursor: Cursor, first: Token): Statement {
  cursor.next()
  cursor.expect('(')
  const { variable, iterable } = cursor.within({ ignoresNewlines: true }, () => {
    const variable = cursor.expectName()
    cursor.expectWord('in')
    const iterable = parseExpression(cursor)
    cursor.expect(')')
    return { variable, iterable }
  })
  cursor.declareVariable(variable)
  const body = parseBody(cursor)
  return { kind: 'for', variable, iterable, body, span: cursor.spanFrom(first) }
}

function parseWhile(cursor: Cursor, first: Token): Statement {
  cursor.next()
  const condition = parseCondition(cursor)
  const body = parseBody(cursor)
  return { kind: 'while', condition, body, span: cursor.spanFrom(first) }
}

function parseDoWhile(cursor: Cursor, first: Token): Statement {
  cursor.next()
  const body = parseBlock(cursor)
  cursor.expectWord('while')
  const condition = parseCondition(cursor)
  return { kind: 'doWhile', condition, body, span: cursor.spanFrom(first) }
}

function parseTry(cursor: Cursor, first: Token): Try {
  cursor.next()
  const body = parseBlock(cursor)
  cursor.expectWord('catch')
  cursor.expect('(')
  const variable = cursor.expectName()
  cursor.expect(')')
  cursor.declareVariable(variable)
  const handler = parseBlock(cursor)
  return { kind: 'try', body, variable, handler, span: cursor.spanFrom(first) }
}

/** True for `share(t, "name")`, a call of the function. `share (t) as name` is the statement. */
function isShareFunction(cursor: Cursor): boolean {
  if (!cursor.isOperator('(', 1)) return false
  let depth = 0
  for (let ahead = 1; cursor.peek(ahead).kind !== 'end'; ahead++) {
    if (cursor.isOperator('(', ahead)) depth++
    if (cursor.isOperator(')', ahead) && --depth === 0) return !cursor.isWord('as', ahead + 1)
  }
  return true
}

/** Parses `share t as name`, in which the name may be a plain word, a symbol or a string. */
function parseShare(cursor: Cursor, first: Token): Share {
  cursor.next()
  const value = parseExpression(cursor)
  cursor.expectWord('as')
  const name = parseAlias(cursor)
  cursor.declareVariable(name)
  return { kind: 'share', value, name, span: cursor.spanFrom(first) }
}

/** Parses `undef all`, `undef all, VAR`, `` undef `x, SHARED `` and `undef("x", SHARED)` as calls. */
function parseUndef(cursor: Cursor, first: Token): Statement {
  const nameToken = cursor.next()
  const callee: Name = {
    kind: 'name',
    name: 'undef',
    isFunction: true,
    span: cursor.spanFrom(nameToken),
  }
  const inBrackets = cursor.accept('(')
  const values: Expression[] = []
  do {
    const token = cursor.peek()
    if (values.length === 0 && cursor.acceptWord('all')) {
      const all: Literal = {
        kind: 'literal',
        value: stringScalar('all'),
        span: cursor.spanFrom(token),
      }
      values.push(all)
    } else {
      values.push(parseExpression(cursor))
    }
  } while (cursor.accept(','))
  if (inBrackets) cursor.expect(')')
  const span = cursor.spanFrom(first)
  const args = values.map(value => ({ value }))
  return { kind: 'expression', expression: { kind: 'call', callee, args, span }, span }
}

/** Parses `assert x == 1` or `assert "case", x == 1`. */
function parseAssert(cursor: Cursor, first: Token): Assert {
  cursor.next()
  const one = parseExpression(cursor)
  if (!cursor.accept(',')) {
    return { kind: 'assert', label: '', condition: one, span: cursor.spanFrom(first) }
  }
  const { source, start, end } = one.span
  const label = source.slice(start, end).replace(/^["'`]|["']$/g, '')
  const condition = parseExpression(cursor)
  return { kind: 'assert', label, condition, span: cursor.spanFrom(first) }
}
