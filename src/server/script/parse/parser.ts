/*
  Parses the text of a script into units, and the text of a function request into one expression.
*/
import { unreadableCode } from './lexer.js'
import { Cursor, type ParseScope } from './cursor.js'
import { parseExpression } from './parse-expression.js'
import { isGoStatement, parseNext } from './parse-statement.js'
import type { Expression, ParseUnit, Statement } from './syntax.js'

export type { ParseScope } from './cursor.js'

/** Limit for the length of a script, in characters (docs/server-semantics.md#sessions). */
const maxCodeLength = 1_048_576

function checkCodeLength(code: string): void {
  if (code.length <= maxCodeLength) return
  throw unreadableCode(`The code is longer than ${maxCodeLength} characters.`)
}

/** A script. A unit ends at `go`; it can be parsed only after the previous unit has run (manual, "go"). */
export class ScriptParser {
  readonly #cursor: Cursor

  /** @throws {ScriptError} if the script is too long */
  constructor(source: string, scope: ParseScope) {
    checkCodeLength(source)
    this.#cursor = new Cursor(source, scope)
  }

  get hasEnded(): boolean {
    return this.#cursor.peek().kind === 'end'
  }

  /** @throws {ScriptError} `Syntax Error: [line #n] …` */
  unit(): ParseUnit {
    const cursor = this.#cursor
    const statements: Statement[] = []
    for (;;) {
      cursor.beginStatement()
      const next = parseNext(cursor, () => isGoStatement(cursor))
      for (const statement of next ?? []) statements.push(statement)
      if (next === undefined) break
    }
    if (isGoStatement(cursor)) cursor.next()
    while (cursor.accept(';'));
    return { statements }
  }
}

/** The name field of a function request: `f`, `f{x}`, `(def(a){…}){x}`. */
export function parseFunctionName(text: string, scope: ParseScope): Expression {
  checkCodeLength(text)
  const cursor = new Cursor(text, scope)
  const expression = parseExpression(cursor)
  if (cursor.peek().kind !== 'end') throw cursor.unexpected()
  return expression
}
