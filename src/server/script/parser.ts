/*
  Script text → parse units; the text of a function request → one expression.
*/
import { Cursor, type ParseScope } from './cursor.js'
import { parseExpression } from './parse-expression.js'
import { isGo, parseStatements } from './parse-statement.js'
import type { Expression, ParseUnit } from './syntax.js'

export type { ParseScope } from './cursor.js'

/**
 * The units between `go` statements, one after the other: a unit is parsed when it is asked for, after the unit
 * before it has run (manual, "go").
 *
 * @throws {ScriptError} `Syntax Error: [line #n] …`
 */
export function* parseScript(source: string, scope: ParseScope): Generator<ParseUnit, void, void> {
  const cursor = new Cursor(source, scope)
  do {
    const statements = parseStatements(cursor, () => isGo(cursor))
    yield { statements }
    if (isGo(cursor)) cursor.next()
    while (cursor.accept(';'));
  } while (cursor.peek().kind !== 'end')
}

/** The name field of a function request: `f`, `f{x}`, `(def(a){…}){x}`. */
export function parseFunctionName(text: string, scope: ParseScope): Expression {
  const cursor = new Cursor(text, scope)
  const expression = parseExpression(cursor)
  if (cursor.peek().kind !== 'end') throw cursor.unexpected()
  return expression
}
