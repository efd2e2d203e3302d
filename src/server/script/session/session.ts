/*
  The interpreter as the network side sees it: a session, its three kinds of requests, and their answers.
*/
import type { Value } from '../../../protocol/value.js'
import type { Evaluation, ScriptSession } from '../../values/builtin.js'
import type { ServerValue } from '../../values/server-value.js'
import { toWire, fromWire } from '../../elements/wire-values.js'
import type { FunctionOptions, Outcome, SessionInfo } from '../../net/executor.js'
import type { ServerNode } from '../../node.js'
import { ScriptError } from '../../script-error.js'
import { asScriptError, withoutTextBeforeTag } from '../evaluate/error-text.js'
import { runEvaluation } from './run-evaluation.js'
import { startFunction } from './function-request.js'
import { runUnits } from './run-script.js'
import { Runtime, Session } from './runtime.js'

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
  return new Session(node, info)
}

/**
 * @returns the value of the script, or undefined if it has none; a promise if the script has to wait
 * @throws {ScriptError} with the final text of the error; a promise rejects with this error
 */
export function runScript(session: ScriptSession, node: ServerNode, script: string): Outcome {
  const runtime = runtimeOf(session, node)
  return answer(runtime, asScriptError, () => runUnits(runtime, script))
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
  const start = (): ReturnType<typeof startFunction> =>
    startFunction(runtime, name, args.map(fromWire))
  return answer(runtime, withoutTextBeforeTag, start, options)
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
    if (value === undefined) return
    session.variables.set(name, fromWire(value))
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
  start: () => ServerValue | undefined | Evaluation<ServerValue | undefined>,
  options?: FunctionOptions,
): Outcome {
  runtime.begin()
  runtime.discards = options?.discards === true
  try {
    const started = start()
    if (started === undefined) return undefined
    if ('form' in started) return toWire(started)
    const outcome = runEvaluation(finish(started), runtime)
    return outcome instanceof Promise
      ? outcome.catch((error: unknown) => {
          throw failureOf(error)
        })
      : outcome
  } catch (error) {
    throw failureOf(error)
  }
}

function* finish(evaluation: Evaluation<ServerValue | undefined>): Evaluation<Value | undefined> {
  const value = yield* evaluation
  return value === undefined ? undefined : toWire(value)
}
