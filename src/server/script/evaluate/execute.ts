/*
  Executes statements. Each execution returns how the statement ended: normally, or by break, continue or return.
*/
import { formatValue } from '../../../protocol/value-text.js'
import { shareTable } from '../../tables/sharing.js'
import { executeAssignment } from './assign.js'
import type { Evaluation, Suspension } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { asScriptError, withSourceText, sourceText } from './error-text.js'
import { begin, evaluate } from './evaluate.js'
import type { Frame } from './frame.js'
import { scalarAt } from '../../operators/operands.js'
import { itemsOf, sequenceItems } from '../../elements/indexing.js'
import { isTrue, stringVector, textOf } from '../../values/scalar.js'
import type { Span, Statement, StatementOf, While } from '../parse/syntax.js'
import type { ServerValue } from '../../values/server-value.js'
import { tupleOf } from '../../values/vector-literal.js'

/** The reason to skip the statements that follow. */
export type Completion =
  { kind: 'break' } | { kind: 'continue' } | { kind: 'return'; value: ServerValue | undefined }

/** Runs the body of a function. @returns the value of its `return` statement; undefined if it has none */
export function* executeBody(
  body: readonly Statement[],
  frame: Frame,
): Evaluation<ServerValue | undefined> {
  const completion = yield* executeStatements(body, frame)
  return completion?.kind === 'return' ? completion.value : undefined
}

function* executeStatements(
  statements: readonly Statement[],
  frame: Frame,
): Evaluation<Completion | undefined> {
  const { runtime } = frame
  for (const statement of statements) {
    const pause = runtime.step()
    if (pause !== undefined) yield* waitAt(pause, statement.span)
    const completion = yield* executeStatement(statement, frame)
    if (completion !== undefined) return completion
  }
  return undefined
}

/**
 * @returns undefined if the statement ended normally
 * @throws {ScriptError} with the source text of the failing call or statement
 */
export function* executeStatement(
  statement: Statement,
  frame: Frame,
): Evaluation<Completion | undefined> {
  switch (statement.kind) {
    case 'if':
      return yield* executeStatements(
        (yield* evaluateCondition(statement, frame)) ? statement.then : statement.otherwise,
        frame,
      )
    case 'for':
      return yield* executeFor(statement, frame)
    case 'while':
    case 'doWhile':
      return yield* executeWhile(statement, frame)
    case 'try':
      return yield* executeTry(statement, frame)
    case 'break':
    case 'continue':
      return { kind: statement.kind }
    default:
      break
  }
  try {
    return yield* executeSimple(statement, frame)
  } catch (error) {
    throw withSourceText(error, statement.span)
  }
}

type CompoundKind = 'if' | 'for' | 'while' | 'doWhile' | 'try' | 'break' | 'continue'
type SimpleStatement = Exclude<Statement, { kind: CompoundKind }>

function* executeSimple(
  statement: SimpleStatement,
  frame: Frame,
): Evaluation<Completion | undefined> {
  switch (statement.kind) {
    case 'expression': {
      const begun = begin(statement.expression, frame)
      if (!('form' in begun)) yield* begun
      return undefined
    }
    case 'assign':
      yield* executeAssignment(statement, frame)
      return undefined
    case 'define': {
      const { definition } = statement
      const { name } = definition
      const fn = { form: 'function', kind: 'user', name, definition } as const
      frame.runtime.session.functions.set(name, fn)
      return undefined
    }
    case 'declare':
      return undefined
    case 'throw':
      return yield* executeThrow(statement, frame)
    case 'return':
      return { kind: 'return', value: yield* evaluateReturn(statement, frame) }
    case 'share': {
      const table = yield* evaluate(statement.value, frame)
      if (table.form !== 'serverTable') throw new ScriptError('Only a table can be shared.')
      const { runtime } = frame
      shareTable(runtime.node, runtime.session, table, statement.name)
      return undefined
    }
    case 'assert':
      yield* executeAssert(statement, frame)
      return undefined
  }
}

function* evaluateReturn(
  node: StatementOf<'return'>,
  frame: Frame,
): Evaluation<ServerValue | undefined> {
  const values: ServerValue[] = []
  for (const value of node.values) {
    const begun = begin(value, frame)
    values.push('form' in begun ? begun : yield* begun)
  }
  return values.length > 1 ? tupleOf(values) : values[0]
}

function* executeThrow(node: StatementOf<'throw'>, frame: Frame): Evaluation<never> {
  const value = yield* evaluate(node.value, frame)
  const text = textOf(value) ?? describeThrown(value)
  throw new ScriptError(`${sourceText(node.span)} => ${text}`, {
    category: 'USER',
    bareText: text,
    located: true,
  })
}

function describeThrown(value: ServerValue): string {
  if (value.form === 'pair') return textOf(scalarAt(value.elements, 1)) ?? formatValue(value)
  return value.form === 'scalar' || value.form === 'vector' ? formatValue(value) : value.form
}

/** Prints a message if the assertion fails; the script continues (manual, "assert"). */
function* executeAssert(node: StatementOf<'assert'>, frame: Frame): Evaluation<void> {
  const holds = isTrue(yield* evaluate(node.condition, frame))
  const label = node.label === '' ? 'adhocTesting' : node.label
  if (!holds) frame.runtime.session.print(`Testing case ${label} failed`)
}

function* evaluateCondition(
  node: { condition: Parameters<typeof evaluate>[0] },
  frame: Frame,
): Evaluation<boolean> {
  try {
    return isTrue(yield* evaluate(node.condition, frame))
  } catch (error) {
    throw withSourceText(error, node.condition.span)
  }
}

/** Gives other sessions a turn. Adds the source text of the loop to the error if the request is cancelled. */
function* waitAt(pause: Suspension, span: Span): Evaluation<void> {
  try {
    yield pause
  } catch (error) {
    throw withSourceText(error, span)
  }
}

function* executeFor(node: StatementOf<'for'>, frame: Frame): Evaluation<Completion | undefined> {
  const items = yield* evaluateItems(node, frame)
  try {
    for (const item of items) {
      const pause = frame.runtime.step()
      if (pause !== undefined) yield* waitAt(pause, node.span)
      frame.variables.set(node.variable, item)
      const completion = yield* executeStatements(node.body, frame)
      if (completion?.kind === 'return') return completion
      if (completion?.kind === 'break') return undefined
    }
  } catch (error) {
    // Errors of the body already contain a source text, so this adds one only to errors of the iteration itself.
    throw withSourceText(error, node.iterable.span)
  }
  return undefined
}

function* evaluateItems(
  { iterable }: StatementOf<'for'>,
  frame: Frame,
): Evaluation<Iterable<ServerValue>> {
  try {
    if (iterable.kind !== 'binary' || iterable.operator !== '..') {
      return itemsOf(yield* evaluate(iterable, frame))
    }
    // Counts through a range instead of making a vector of it.
    const first = yield* evaluate(iterable.left, frame)
    return sequenceItems(first, yield* evaluate(iterable.right, frame))
  } catch (error) {
    throw withSourceText(error, iterable.span)
  }
}

function* executeWhile(node: While, frame: Frame): Evaluation<Completion | undefined> {
  let goesOn = node.kind === 'doWhile' || (yield* evaluateCondition(node, frame))
  while (goesOn) {
    const pause = frame.runtime.step()
    if (pause !== undefined) yield* waitAt(pause, node.span)
    const completion = yield* executeStatements(node.body, frame)
    if (completion?.kind === 'return') return completion
    if (completion?.kind === 'break') return undefined
    goesOn = yield* evaluateCondition(node, frame)
  }
  return undefined
}

/** Sets `ex` to a pair of strings: category and text of the error (manual, "try-catch"). */
function* executeTry(node: StatementOf<'try'>, frame: Frame): Evaluation<Completion | undefined> {
  try {
    return yield* executeStatements(node.body, frame)
  } catch (error) {
    const { category, bareText, isCancellation } = asScriptError(error)
    if (isCancellation) throw error
    const elements = stringVector([category, bareText])
    frame.variables.set(node.variable, { form: 'pair', elements })
  }
  return yield* executeStatements(node.handler, frame)
}
