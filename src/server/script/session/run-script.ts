/*
  Runs a script: parses, checks and executes one unit after the other.
*/
import type { Evaluation } from '../../values/builtin.js'
import { checkNames } from '../parse/check-names.js'
import { withSourceText } from '../evaluate/error-text.js'
import { evaluate } from '../evaluate/evaluate.js'
import { executeStatement } from '../evaluate/execute.js'
import { noNames, type Frame } from '../evaluate/frame.js'
import { Cursor, type IsFunction } from '../parse/cursor.js'
import { parseUnit } from '../parse/parse-statement.js'
import type { Runtime } from './runtime.js'
import type { Statement } from '../parse/syntax.js'
import type { ServerValue } from '../../values/server-value.js'

/** Looks up a name when the parser asks for it, so that a unit sees the definitions of earlier units. */
export function isFunctionIn(runtime: Runtime): IsFunction {
  return name => {
    const variable = runtime.session.variables.get(name)
    if (variable !== undefined) return variable.form === 'function'
    return runtime.findFunction(name) !== undefined
  }
}

/** The frame of statements outside functions. Its variables are the session's variables. */
export function topFrame(runtime: Runtime): Frame {
  return {
    runtime,
    variables: runtime.session.variables,
    readOnly: runtime.constants,
    mutable: noNames,
    columns: undefined,
  }
}

/**
 * @returns the value of a `return`, or else of the last statement if that is an expression; otherwise undefined
 * @throws {ScriptError} with the final text of the error
 */
export function* runUnits(runtime: Runtime, script: string): Evaluation<ServerValue | undefined> {
  const frame = topFrame(runtime)
  const cursor = new Cursor(script, isFunctionIn(runtime))
  let value: ServerValue | undefined
  do {
    const unit = parseUnit(cursor)
    const height = checkNames(unit, runtime)
    const outcome = yield* runUnit(unit, height, frame)
    if (outcome.hasReturned) return outcome.value
    if (unit.length > 0) value = outcome.value
  } while (!cursor.hasEnded)
  return value
}

interface UnitOutcome {
  value: ServerValue | undefined
  hasReturned: boolean
}

/** @param height  nesting depth of the unit */
function* runUnit(
  unit: readonly Statement[],
  height: number,
  frame: Frame,
): Evaluation<UnitOutcome> {
  const { runtime } = frame
  runtime.enterCall('runScript', height)
  try {
    return yield* runStatements(unit, frame)
  } finally {
    runtime.leaveCall(height)
  }
}

function* runStatements(statements: readonly Statement[], frame: Frame): Evaluation<UnitOutcome> {
  const { runtime } = frame
  let value: ServerValue | undefined
  for (const statement of statements) {
    const pause = runtime.step()
    if (pause !== undefined) yield pause
    value = undefined
    if (statement.kind === 'expression') {
      try {
        value = yield* evaluate(statement.expression, frame)
      } catch (error) {
        throw withSourceText(error, statement.span)
      }
      continue
    }
    const completion = yield* executeStatement(statement, frame)
    if (completion?.kind === 'return') return { value: completion.value, hasReturned: true }
  }
  return { value, hasReturned: false }
}
