/* Executes statements. Each execution returns how the statement ended. Assignment copies (manual, "Assignment"). Also makes the texts of
   errors: `<source of the failing call> => <message>`; inside the function f, also `f: …` (docs/server-semantics.md#error-texts). */
import { DdbError, messageOf } from '../../../errors.js'
import { formatValue, scalarAt } from '../../../protocol/element.js'
import { assignElements, indexValue } from '../../elements/elements.js'
import { applyBinary } from '../../operators/operators.js'
import { ScriptError, check } from '../../script-error.js'
import { shareTable } from '../../tables/privileges.js'
import {
  type Evaluation,
  type ServerValue,
  isPlain,
  overwrite,
  shallowCopy,
} from '../../values/server-value.js'
import { isTrue, itemsOf, stringVector, textOf } from '../../values/values.js'
import { tokenize } from '../parse/cursor.js'
import type { Expression, Index, Span, Statement, StatementOf } from '../parse/syntax.js'
import { evaluate, evaluateIndex, type Frame, lookUp } from './evaluate.js'

/** The value of an expression statement, or the reason to skip the statements that follow. */
export type Completion =
  | { kind: 'break' | 'continue' }
  | { kind: 'value'; value: ServerValue }
  | { kind: 'return'; value: ServerValue | undefined }

type Execution = Evaluation<Completion | undefined>

export function* executeStatements(statements: readonly Statement[], frame: Frame): Execution {
  for (const statement of statements) {
    const completion = yield* executeStatement(statement, frame)
    if (completion !== undefined && completion.kind !== 'value') return completion
  }
  return undefined
}

/** Undefined after a statement without a value. @throws {ScriptError} with the source text of the failing call or statement */
export function* executeStatement(statement: Statement, frame: Frame): Execution {
  const { runtime } = frame
  try {
    switch (statement.kind) {
      case 'expression':
        return { kind: 'value', value: yield* evaluate(statement.expression, frame) }
      case 'assign':
        yield* executeAssignment(statement, frame)
        return undefined
      case 'define': {
        const { definition } = statement
        const { name } = definition
        const fn = { form: 'function', kind: 'user', name, definition } as const
        runtime.session.functions.set(name, fn)
        return undefined
      }
      case 'if': {
        const holds = yield* evaluateAs(statement.condition, frame, isTrue)
        return yield* executeStatements(holds ? statement.then : statement.otherwise, frame)
      }
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
      case 'throw':
        return yield* executeThrow(statement, frame)
      case 'return': {
        const value = statement.value && (yield* evaluate(statement.value, frame))
        return { kind: 'return', value }
      }
      case 'share': {
        const table = yield* evaluate(statement.value, frame)
        check(table.form === 'serverTable', 'Only a table can be shared.')
        shareTable(runtime, table, statement.name)
        return undefined
      }
    }
  } catch (error) {
    throw withSourceText(error, statement.span)
  }
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

/** What `read` makes of a value. @throws {ScriptError} with the source text of the expression */
function* evaluateAs<T>(
  node: Expression,
  frame: Frame,
  read: (value: ServerValue) => T,
): Evaluation<T> {
  try {
    return read(yield* evaluate(node, frame))
  } catch (error) {
    throw withSourceText(error, node.span)
  }
}

function* executeFor(node: StatementOf<'for'>, frame: Frame): Execution {
  for (const item of yield* evaluateAs(node.iterable, frame, itemsOfList)) {
    frame.variables.set(node.variable, item)
    const ending = yield* executeLoopBody(node.body, frame)
    if (ending !== undefined) return ending.kind === 'return' ? ending : undefined
  }
  return undefined
}

function* executeWhile(node: StatementOf<'while' | 'doWhile'>, frame: Frame): Execution {
  let goesOn = node.kind === 'doWhile' || (yield* evaluateAs(node.condition, frame, isTrue))
  while (goesOn) {
    const ending = yield* executeLoopBody(node.body, frame)
    if (ending !== undefined) return ending.kind === 'return' ? ending : undefined
    goesOn = yield* evaluateAs(node.condition, frame, isTrue)
  }
  return undefined
}

/** Runs the body of a loop once. @returns the `break` or `return` that ends the loop; undefined if the loop goes on */
function* executeLoopBody(body: readonly Statement[], frame: Frame): Execution {
  const pause = frame.runtime.step()
  if (pause !== undefined) yield pause
  const completion = yield* executeStatements(body, frame)
  return completion?.kind === 'continue' ? undefined : completion
}

function itemsOfList(value: ServerValue): Iterable<ServerValue> {
  const isList = ['vector', 'arrayVector', 'scalar'].includes(value.form)
  check(isList, 'The object in a for statement must be a vector.')
  return itemsOf(value)
}

/** Sets `ex` to a pair of strings: category and text of the error (manual, "try-catch"). */
function* executeTry(node: StatementOf<'try'>, frame: Frame): Execution {
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

/** @throws {ScriptError} for unknown names and invalid indexes */
function* executeAssignment(node: StatementOf<'assign'>, frame: Frame): Evaluation<void> {
  const { target, operator } = node
  const { variables, parameters } = frame
  const value = yield* evaluate(node.value, frame)
  if (target.kind === 'index') return yield* assignToIndex(target, node, value, frame)
  const { name } = target
  if (operator === undefined) return void variables.set(name, shallowCopy(value))
  // `x += v` and the like.
  const old = lookUp(target, frame)
  check(old !== undefined, `Can't find the object with name ${name}`)
  const changed = applyBinary(operator, old, value)
  const isMutable = parameters?.some(one => one.isMutable && one.name === name) === true
  if (isMutable && isPlain(old) && isPlain(changed)) overwrite(old, changed)
  else variables.set(name, changed)
}

function* assignToIndex(
  target: Index,
  node: StatementOf<'assign'>,
  value: ServerValue,
  frame: Frame,
): Evaluation<void> {
  const owner = target.target
  const variable = owner.kind === 'name' ? lookUp(owner, frame) : undefined
  check(variable !== undefined, 'Only elements of a variable can be assigned.')
  const index = yield* evaluateIndex(target, frame)
  const changed =
    node.operator === undefined
      ? value
      : applyBinary(node.operator, indexValue(variable, index), value)
  check(
    assignElements(variable, index, changed),
    `Assignment statement failed probably due to invalid indices [${sourceText(node.span)}]`,
  )
}

/** Converts anything that a running script throws to the error that the script sees. */
export function asScriptError(error: unknown): ScriptError {
  if (error instanceof ScriptError) return error
  if (error instanceof DdbError) return new ScriptError(error.message)
  const message = messageOf(error)
  // On a full stack, V8 cannot even compile the expression below, and throws an error of another class.
  if (message.includes('call stack')) return new ScriptError('The script is nested too deeply.')
  const isLarge =
    error instanceof RangeError && /length|size exceeded|allocation failed/.test(message)
  const cause = isLarge
    ? 'Out of memory. The embedded server cannot hold so much'
    : 'Internal error'
  return new ScriptError(`${cause}: ${message}`)
}

/** Adds the source text of the failing call as a prefix, unless the error already has a prefix. */
export function withSourceText(error: unknown, span: Span): ScriptError {
  const failure = asScriptError(error)
  if (failure.located) return failure
  const message = `${sourceText(span)} => ${failure.message}`
  return new ScriptError(message, { ...failure, located: true })
}

/** Removes everything before a tag such as `<NotLeader>`, because clients expect it at the start of the error line. */
export function withoutTextBeforeTag(error: unknown): ScriptError {
  const failure = asScriptError(error)
  const tag = /(?: => |: )(<[A-Za-z]+>.*)$/s.exec(failure.message)?.[1]
  return tag === undefined ? failure : new ScriptError(tag, { located: true })
}

/** The source text of a node on one line, with double quotes around strings, like the server's own messages. */
function sourceText(span: Span): string {
  const text = span.source.slice(span.start, span.end)
  if (!/['\n]|\/[/*]/.test(text)) return text
  const parts = tokenize(text).map(({ kind, text: part, spaceBefore }, at) => {
    const isSingle = kind === 'string' && part.startsWith("'")
    return `${spaceBefore && at > 0 ? ' ' : ''}${isSingle ? `"${part.slice(1, -1)}"` : part}`
  })
  return parts.join('').trimEnd()
}
