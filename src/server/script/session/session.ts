/*
  The interpreter as the network side sees it: a session, its three kinds of requests, and their answers.
*/
import type { Value } from '../../../protocol/value.js'
import { fromWire, toWire } from '../../elements/dictionary.js'
import type { FunctionOptions, Outcome, SessionInfo } from '../../net/request-runner.js'
import type { ServerNode } from '../../node.js'
import { ScriptError, notEmbedded } from '../../script-error.js'
import type {
  CallArguments,
  Evaluation,
  ScriptSession,
  ServerValue,
  Suspension,
} from '../../values/server-value.js'
import { callFunction } from '../evaluate/call.js'
import { asScriptError, withoutTextBeforeTag } from '../evaluate/error-text.js'
import { evaluate } from '../evaluate/evaluate.js'
import { executeStatement } from '../evaluate/execute.js'
import { type Frame, calleeOfName } from '../evaluate/frame.js'
import { Parser } from '../parse/parse-statement.js'
import type { Expression, Statement } from '../parse/syntax.js'
import { Runtime } from './runtime.js'

const runtimes = new WeakMap<ScriptSession, Runtime>()

function runtimeOf(session: ScriptSession, node: ServerNode): Runtime {
  const known = runtimes.get(session)
  if (known !== undefined) return known
  const runtime = new Runtime(node, session)
  runtimes.set(session, runtime)
  return runtime
}

/** A new session without variables, whose user is guest. */
export function createScriptSession(node: ServerNode, info: SessionInfo): ScriptSession {
  return {
    ...info,
    user: 'guest',
    viewOwner: undefined,
    variables: new Map(),
    functions: new Map(),
    print: () => undefined,
    get isAdmin() {
      return node.users.get(this.user)?.isAdmin === true
    },
  }
}

/**
 * @returns the value of the script, or undefined if it has none; a promise if the script has to wait
 * @throws {ScriptError} with the final text of the error; a promise rejects with this error
 */
export function runScript(session: ScriptSession, node: ServerNode, script: string): Outcome {
  const runtime = runtimeOf(session, node)
  return answer(runtime, asScriptError, runUnits(runtime, script))
}

/** @param name  any expression that yields a function, such as `tableInsert{trades}`; parsed once, then cached */
export function runFunction(
  session: ScriptSession,
  node: ServerNode,
  name: string,
  args: readonly Value[],
  options?: FunctionOptions,
): Outcome {
  const runtime = runtimeOf(session, node)
  const evaluation = callByText(runtime, name, args.map(fromWire))
  return answer(runtime, withoutTextBeforeTag, evaluation, options)
}

/** Sets variables of the session ("upload"). @throws {ScriptError} if a shared table has one of the names */
export function setVariables(
  session: ScriptSession,
  node: ServerNode,
  names: readonly string[],
  values: readonly Value[],
): Value | undefined {
  const shared = names.find(name => node.shared.has(name))
  if (shared !== undefined) {
    throw new ScriptError(`'${shared}' is a shared variable and can't be overwritten`)
  }
  names.forEach((name, index) => {
    const value = values[index]
    if (value !== undefined) session.variables.set(name, fromWire(value))
  })
  return undefined
}

/** Removes the session's variables and keeps its functions (request flag 16, docs/server-semantics.md#sessions). */
export function clearVariables(session: ScriptSession): void {
  session.variables.clear()
  runtimes.get(session)?.constants.clear()
}

/** Ends the session's running request if it waits (cancelConsoleJob). Otherwise has no effect. */
export function cancelRequest(session: ScriptSession): void {
  runtimes.get(session)?.cancel()
}

function answer(
  runtime: Runtime,
  failureOf: (error: unknown) => ScriptError,
  evaluation: Evaluation<ServerValue | undefined>,
  options?: FunctionOptions,
): Outcome {
  runtime.begin()
  runtime.discards = options?.discards === true
  try {
    const outcome = runEvaluation(sendable(evaluation), runtime)
    return outcome instanceof Promise
      ? outcome.catch((error: unknown) => {
          throw failureOf(error)
        })
      : outcome
  } catch (error) {
    throw failureOf(error)
  }
}

function* sendable(evaluation: Evaluation<ServerValue | undefined>): Evaluation<Value | undefined> {
  const value = yield* evaluation
  return value === undefined ? undefined : toWire(value)
}

type Waiting = Pick<Runtime, 'onWait' | 'onResume'>

/**
 * Runs an evaluation until it has to wait, and continues it after each wait.
 * @returns the value, or a promise of the value if the evaluation has to wait
 */
export function runEvaluation<T>(evaluation: Evaluation<T>, waiting: Waiting): T | Promise<T> {
  const step = evaluation.next()
  return step.done === true ? step.value : driveOn(evaluation, step.value, waiting)
}

async function driveOn<T>(
  evaluation: Evaluation<T>,
  first: Suspension,
  waiting: Waiting,
): Promise<T> {
  let suspension = first
  for (;;) {
    let outcome: { value: unknown } | { error: unknown }
    try {
      const { until } = suspension
      const ended = new Promise<unknown>((resolve, reject) => {
        until.then(resolve, reject)
        waiting.onWait(reject)
      })
      outcome = { value: await ended }
    } catch (error) {
      outcome = { error }
    }
    waiting.onResume()
    const step =
      'error' in outcome ? evaluation.throw(outcome.error) : evaluation.next(outcome.value)
    if (step.done === true) return step.value
    suspension = step.value
  }
}

/** The frame of statements outside functions. Its variables are the session's variables. */
export function topFrame(runtime: Runtime): Frame {
  const { variables } = runtime.session
  return { runtime, variables, parameters: undefined, columns: undefined }
}

/**
 * Parses and executes one unit of a script after the other.
 * @returns the value of a `return`, or else of the last statement if that is an expression; otherwise undefined
 * @throws {ScriptError} with the final text of the error
 */
export function* runUnits(runtime: Runtime, script: string): Evaluation<ServerValue | undefined> {
  const frame = topFrame(runtime)
  const parser = new Parser(script, runtime)
  let value: ServerValue | undefined
  do {
    const unit = parser.parseUnit()
    const outcome = yield* runUnit(unit, parser.height, frame)
    if (outcome.hasReturned) return outcome.value
    if (unit.length > 0) value = outcome.value
  } while (!parser.hasEnded)
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
    let value: ServerValue | undefined
    for (const statement of unit) {
      const completion = yield* executeStatement(statement, frame)
      if (completion?.kind === 'return') return { value: completion.value, hasReturned: true }
      value = completion?.kind === 'value' ? completion.value : undefined
    }
    return { value, hasReturned: false }
  } finally {
    runtime.leaveCall(height)
  }
}

/** A name alone or before `{`. */
const calledName = /^[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*!?(?=\{|$)/

/**
 * Runs a function request. Looks up names at every call, because a shared table may have been replaced.
 * @param text  the request's name field
 * @throws {ScriptError} `Can't recognize function name …`
 */
function* callByText(runtime: Runtime, text: string, args: CallArguments): Evaluation<ServerValue> {
  const frame = topFrame(runtime)
  const [name] = calledName.exec(text) ?? []
  let fn: ServerValue | undefined
  if (name !== undefined) {
    fn = calleeOfName(name, frame)
    if (fn === undefined) throw unknownFunction(`${name}${notEmbedded}`)
  }
  if (name !== text) {
    // Refuses blanks before or after a plain name (docs/server-semantics.md#function-views).
    if (/^$|^\s|\s$/.test(text)) throw unknownFunction(text)
    fn = yield* functionOfText(text, frame)
  }
  if (fn?.form !== 'function') throw unknownFunction(text)
  runtime.argumentNames = []
  return yield* callFunction(runtime, fn, args)
}

/** The value of a name field. The text of a client's last request is not parsed again. */
function* functionOfText(text: string, frame: Frame): Evaluation<ServerValue> {
  const { runtime } = frame
  const parse = (): Expression => new Parser(text, runtime).parseFunctionName()
  const known = runtime.lastName?.text === text ? runtime.lastName.node : undefined
  const node = known ?? parse()
  runtime.lastName = { text, node }
  try {
    return yield* evaluate(node, frame)
  } catch (error) {
    // If a name is unknown by now, the error is that of the parser.
    if (known !== undefined) parse()
    throw error
  }
}

function unknownFunction(name: string): ScriptError {
  return new ScriptError(`Can't recognize function name ${name}`)
}
