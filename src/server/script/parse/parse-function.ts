/*
  Parses function definitions, named and unnamed (manual, "Named function", "Lambda expression").
*/
import type { Cursor } from './cursor.js'
import { parseExpression } from './parse-expression.js'
import { parseBlock } from './parse-statement.js'
import type {
  Declare,
  Define,
  Expression,
  FunctionDefinition,
  Lambda,
  Parameter,
  Return,
  Statement,
} from './syntax.js'
import type { Token } from './lexer.js'

/** Parses `def f(…) {…}` and `def f(…): expression`, or the declaration `def f(…)`. */
export function parseDefine(cursor: Cursor): Define | Declare {
  const first = cursor.next()
  const name = cursor.expectName()
  cursor.declareFunction(name)
  const parameters = parseParameters(cursor)
  if (!cursor.isOperator('{') && !cursor.isOperator(':') && !cursor.isOperator('->')) {
    return { kind: 'declare', name, span: cursor.spanFrom(first) }
  }
  const definition = parseRest(cursor, first, name, parameters)
  return { kind: 'define', definition, span: cursor.spanFrom(first) }
}

/** Parses `def(a, mutable b) {…}` or `def(a): a+1`, used as a value. */
export function parseLambda(cursor: Cursor): Lambda {
  const first = cursor.next()
  const parameters = parseParameters(cursor)
  return lambdaOf(cursor, first, parseRest(cursor, first, '', parameters))
}

/** True at `x -> …`, and inside braces also at `x, y -> …`. */
export function startsShortLambda(
  cursor: Cursor,
  { inBraces = false, ahead: first = 0 }: { inBraces?: boolean; ahead?: number } = {},
): boolean {
  let ahead = first
  while (cursor.peek(ahead).kind === 'name') {
    if (cursor.isOperator('->', ahead + 1)) return true
    if (!inBraces || !cursor.isOperator(',', ahead + 1)) return false
    ahead += 2
  }
  return false
}

/** Parses `x -> …` or, inside braces, `x, y -> …`. Call it only if `startsShortLambda` is true. */
export function parseShortLambda(cursor: Cursor): Lambda {
  const first = cursor.peek()
  const parameters: Parameter[] = []
  do {
    parameters.push({ name: cursor.expectName(), isMutable: false, defaultValue: undefined })
  } while (cursor.accept(','))
  cursor.expect('->')
  const body = parseExpressionBody(cursor, parameters)
  const source = cursor.source.slice(first.start, cursor.spanFrom(first).end)
  return lambdaOf(cursor, first, { name: '', parameters, body, source })
}

function lambdaOf(cursor: Cursor, first: Token, definition: FunctionDefinition): Lambda {
  const span = cursor.spanFrom(first)
  return { kind: 'lambda', definition, captures: [], closed: definition, span }
}

function parseParameters(cursor: Cursor): Parameter[] {
  cursor.expect('(')
  return cursor.within({ ignoresNewlines: true, isSql: false, hasPairs: true }, () => {
    const parameters: Parameter[] = []
    while (!cursor.isOperator(')')) {
      parameters.push(parseParameter(cursor))
      if (!cursor.accept(',')) break
    }
    cursor.expect(')')
    return parameters
  })
}

function parseParameter(cursor: Cursor): Parameter {
  const isMutable = cursor.isWord('mutable') && cursor.peek(1).kind === 'name'
  const isConstant = cursor.isWord('const') && cursor.peek(1).kind === 'name'
  if (isMutable || isConstant) cursor.next()
  const name = cursor.expectName()
  const defaultValue: Expression | undefined = cursor.accept('=')
    ? parseExpression(cursor)
    : undefined
  if (isMutable && defaultValue !== undefined) {
    cursor.fail('A parameter with default value must be read only. RefId: S06012')
  }
  return { name, isMutable, defaultValue }
}

function parseRest(
  cursor: Cursor,
  first: Token,
  name: string,
  parameters: readonly Parameter[],
): FunctionDefinition {
  const names = parameters.map(parameter => parameter.name)
  const body: readonly Statement[] = cursor.isOperator('{')
    ? cursor.inFunction(names, () => parseBlock(cursor))
    : (acceptArrow(cursor), parseExpressionBody(cursor, parameters))
  const source = cursor.source.slice(first.start, cursor.spanFrom(first).end)
  return { name, parameters, body, source }
}

function acceptArrow(cursor: Cursor): void {
  if (!cursor.accept('->')) cursor.expect(':')
}

/** Parses the expression of a short function. Line breaks and `:` keep their outer meaning, as in `a ? x->x : b`. */
function parseExpressionBody(cursor: Cursor, parameters: readonly Parameter[]): Statement[] {
  const names = parameters.map(parameter => parameter.name)
  const { ignoresNewlines, hasPairs } = cursor.mode
  return cursor.inFunction(names, () =>
    cursor.within({ ignoresNewlines, hasPairs }, () => {
      const first = cursor.peek()
      const value = parseExpression(cursor)
      const result: Return = { kind: 'return', values: [value], span: cursor.spanFrom(first) }
      return [result]
    }),
  )
}
