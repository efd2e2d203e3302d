/* The interpreter as the network side sees it: sessions, their three kinds of requests, and the answers. Also the interpreter of one
   session: how it finds functions, what built-in functions may use, and how long a script may run before others get a turn. */
import type { Value } from '../../../protocol/value.js'
import { fromWire, toWire } from '../../elements/elements.js'
import type { Executor, Outcome, SessionInfo } from '../../net/request-runner.js'
import { type ServerNode, firstReleases, isAtLeast } from '../../node.js'
import { ScriptError, check, notEmbedded } from '../../script-error.js'
import type {
  Builtin,
  CallArguments,
  Evaluation,
  ScriptSession,
  ServerValue,
  Suspension,
  FunctionValue,
} from '../../values/server-value.js'
import { beginCall, callFunction } from '../evaluate/call.js'
import { evaluate, type Frame, calleeOfName } from '../evaluate/evaluate.js'
import { asScriptError, executeStatement, withoutTextBeforeTag } from '../evaluate/execute.js'
import { Parser } from '../parse/statements.js'
import { syntaxError } from '../parse/cursor.js'
import type { Expression } from '../parse/syntax.js'
import { dfsFunctions } from '../../functions/dfs.js'
import { languageFunctions } from '../../functions/language.js'
import { nodeFunctions } from '../../functions/node.js'
import { userFunctions } from '../../functions/users.js'
import { rowFunctions } from '../../functions/insert-rows.js'
import { tableFunctions } from '../../functions/make-tables.js'
import { schemaFunctions } from '../../functions/schema.js'
import { typeFunctions } from '../../functions/types.js'
import { vectorFunctions } from '../../functions/vectors.js'
import type { NameKind } from '../parse/scopes.js'

const families = [
  dfsFunctions, languageFunctions, nodeFunctions, rowFunctions, schemaFunctions, tableFunctions, typeFunctions,
  userFunctions, vectorFunctions,
] // prettier-ignore

const named = new Map(families.flat().map(builtin => [builtin.name, builtin]))

/** Scripts cannot redefine these functions (docs/server-semantics.md#function-views). */
export const builtins: ReadonlyMap<string, Builtin> = new Map([
  ...named,
  // Older names (tests of the C++ and Java clients).
  ['createTable', named.get('createDimensionTable')!],
  ['dropDB', named.get('dropDatabase')!],
])

export function createScriptSession(node: ServerNode, info: SessionInfo): ScriptSession {
  return {
    ...info,
    user: 'guest',
    viewOwner: undefined,
    fault: undefined,
    variables: new Map(),
    functions: new Map(),
    print: () => undefined,
    get isAdmin() {
      return node.users.get(this.user)?.isAdmin === true
    },
  }
}

export function scriptExecutor(node: ServerNode): Executor {
  return {
    open: info => {
      const session = createScriptSession(node, info)
      node.sessions.set(session.id, session)
      return session
    },
    run: (session, request) => {
      switch (request.kind) {
        case 'script':
          return runScript(session, node, request.script)
        case 'function':
          return runFunction(session, node, request.name, request.args)
        case 'variable':
          return setVariables(session, node, request.names, request.values)
      }
    },
    close: session => void node.sessions.delete(session.id),
  }
}

/** Undefined for a script without a value; a promise if it waits. @throws {ScriptError} with the final text, also as a rejection */
export function runScript(session: ScriptSession, node: ServerNode, script: string): Outcome {
  const runtime = (session.runtime ??= new Runtime(node, session))
  return answer(runtime, asScriptError, () => runUnits(runtime, script))
}

/** @param name  any expression that yields a function, such as `tableInsert{trades}`; parsed once, then cached */
export function runFunction(
  session: ScriptSession,
  node: ServerNode,
  name: string,
  args: readonly Value[],
): Outcome {
  const runtime = (session.runtime ??= new Runtime(node, session))
  return answer(runtime, withoutTextBeforeTag, () => callByText(runtime, name, args.map(fromWire)))
}

/** Sets variables of the session ("upload"). @throws {ScriptError} if a shared table has one of the names */
export function setVariables(
  session: ScriptSession,
  node: ServerNode,
  names: readonly string[],
  values: readonly Value[],
): undefined {
  const shared = names.find(name => node.shared.has(name))
  check(shared === undefined, `'${shared}' is a shared variable and can't be overwritten`)
  names.forEach((name, index) => {
    const value = values[index]
    if (value !== undefined) session.variables.set(name, fromWire(value))
  })
}

function answer(
  runtime: Runtime,
  failureOf: (error: unknown) => ScriptError,
  begin: () => ServerValue | Evaluation<ServerValue | undefined>,
): Outcome {
  runtime.begin()
  try {
    const begun = begin()
    if ('form' in begun) return toWire(begun)
    const step = begun.next()
    if (step.done === true) return step.value && toWire(step.value)
    return runtime
      .driveOn(begun, step.value)
      .then(value => value && toWire(value))
      .catch((error: unknown) => {
        throw failureOf(error)
      })
  } catch (error) {
    throw failureOf(error)
  }
}

/** The frame of statements outside functions. Its variables are the session's variables. */
function topFrame(runtime: Runtime): Frame {
  const { variables } = runtime.session
  return { runtime, variables, parameters: undefined, columns: undefined }
}

/** Unit by unit. @returns the value of a `return`, or of an expression at the end @throws {ScriptError} with the final text */
export function* runUnits(runtime: Runtime, script: string): Evaluation<ServerValue | undefined> {
  const frame = topFrame(runtime)
  const parser = parserOf(runtime, script)
  let value: ServerValue | undefined
  do {
    for (const statement of parser.parseUnit()) {
      const completion = yield* executeStatement(statement, frame)
      if (completion?.kind === 'return') return completion.value
      value = completion?.kind === 'value' ? completion.value : undefined
    }
  } while (!parser.hasEnded)
  return value
}

/** A name alone or before `{`. */
const calledName = /^[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*!?(?=\{|$)/

/** Looks up names at every call, because a shared table may have been replaced. @throws {ScriptError} `Can't recognize function name …` */
function callByText(
  runtime: Runtime,
  text: string,
  args: CallArguments,
): ServerValue | Evaluation<ServerValue> {
  if (runtime.nameField?.text !== text) {
    runtime.nameField = { text, node: parsedName(runtime, text) }
  }
  const { node } = runtime.nameField
  runtime.argumentNames = []
  const fn = node.kind === 'name' ? calleeOfName(node.name, topFrame(runtime)) : undefined
  return fn === undefined ? callEvaluated(runtime, text, node, args) : beginCall(runtime, fn, args)
}

/** Refuses blanks before or after a plain name (docs/server-semantics.md#function-views). */
function parsedName(runtime: Runtime, text: string): Expression {
  const name = calledName.exec(text)?.[0]
  if (name !== undefined && calleeOfName(name, topFrame(runtime)) === undefined) {
    throw unknownFunction(`${name}${notEmbedded}`)
  }
  if (/^$|^\s|\s$/.test(text)) throw unknownFunction(text)
  return parserOf(runtime, text).parseFunctionName()
}

/** @throws {ScriptError} for what old servers cannot parse: without a blank, they read `x!=1` in a condition as `x! = 1` */
function parserOf(runtime: Runtime, script: string): Parser {
  const isOld = !isAtLeast(runtime.node.release, firstReleases.blanklessInequality, [1, 30, 15])
  const joined = isOld ? /\bwhere\b[^\n]*?(\w+!)=/.exec(script)?.[1] : undefined
  if (joined !== undefined) throw syntaxError(1, `Cannot recognize the token ${joined}`)
  return new Parser(script, name => runtime.kindOfName(name))
}

function* callEvaluated(
  runtime: Runtime,
  text: string,
  node: Expression,
  args: CallArguments,
): Evaluation<ServerValue> {
  let fn: ServerValue
  try {
    fn = yield* evaluate(node, topFrame(runtime))
  } catch (error) {
    // If a name is unknown by now, the error is that of the parser.
    parsedName(runtime, text)
    throw error
  }
  if (fn.form !== 'function') throw unknownFunction(text)
  return yield* callFunction(runtime, fn, args)
}

function unknownFunction(name: string): ScriptError {
  return new ScriptError(`Can't recognize function name ${name}`)
}

/** A running script yields after this time, so that no loop blocks other sessions. */
const turnMs = 20
/** A script reads the clock each time it has taken this many steps. */
const stepsPerLook = 16

/** Deeper recursion is an error of the script. Without a limit, it could exhaust the stack. */
const maxCallDepth = 200

export class Runtime {
  readonly node: ServerNode
  readonly session: ScriptSession
  /** Names of the arguments of this call (`table(x, 1..3 as id)`). Read them before you call a script function or wait. */
  argumentNames: readonly (string | undefined)[] = []
  /** The name field of the last function request, which clients repeat. */
  nameField: { readonly text: string; readonly node: Expression } | undefined
  private steps = 0
  /** Undefined until the turn's first look at the clock, because most requests end before it. */
  private turnStartedAt: number | undefined
  private callDepth = 0
  /** Cancels the wait of the running request; undefined while the request does not wait. */
  private cancelWait: ((reason: unknown) => void) | undefined

  constructor(node: ServerNode, session: ScriptSession) {
    this.node = node
    this.session = session
  }

  /** Call this before each request. Starts a new turn. */
  begin(): void {
    this.callDepth = 0
    this.session.viewOwner = undefined
    this.steps = 0
    this.turnStartedAt = undefined
  }

  *call(fn: FunctionValue, args: readonly (ServerValue | undefined)[]): Evaluation<ServerValue> {
    const value = yield* callFunction(this, fn, args)
    const pause = this.step()
    if (pause !== undefined) yield pause
    return value
  }

  /** A function of the session hides a function view, and both hide a built-in function of the same name. */
  findFunction(name: string): FunctionValue | undefined {
    const own = this.session.functions.get(name) ?? this.node.functionViews.get(name)
    if (own !== undefined) return own
    const isNew = name === 'tableUpsert' || name === 'listTables'
    const isKnown = !isNew || isAtLeast(this.node.release, firstReleases[name])
    return isKnown ? builtins.get(name) : undefined
  }

  /** What the parser knows of a name before a unit runs. */
  kindOfName(name: string): NameKind {
    const variable = this.session.variables.get(name)
    if (variable !== undefined) {
      return variable.form === 'function' ? 'functionVariable' : 'variable'
    }
    const fn = this.findFunction(name)
    if (fn !== undefined) return fn.kind === 'builtin' ? 'builtin' : 'function'
    return this.node.shared.has(name) ? 'table' : undefined
  }

  /** Continues an evaluation after each wait. @param first  its first wait */
  async driveOn<T>(evaluation: Evaluation<T>, first: Suspension): Promise<T> {
    for (let suspension = first; ;) {
      const { until } = suspension
      const ended = new Promise<unknown>((resolve, reject) => {
        until.then(resolve, reject)
        this.cancelWait = reject
      })
      const resume = await ended.then(
        value => () => evaluation.next(value),
        (error: unknown) => () => evaluation.throw(error),
      )
      this.cancelWait = undefined
      this.turnStartedAt = undefined
      const step = resume()
      if (step.done === true) return step.value
      suspension = step.value
    }
  }

  /** Ends the running request if it waits. Later requests of the session still run. */
  cancel(): void {
    this.cancelWait?.(new ScriptError('The task was cancelled', { isCancellation: true }))
  }

  step(): Suspension | undefined {
    if (++this.steps % stepsPerLook !== 0) return undefined
    const nowMs = this.node.clock.nowMs()
    this.turnStartedAt ??= nowMs
    if (nowMs - this.turnStartedAt < turnMs) return undefined
    return { until: new Promise<void>(resolve => this.node.clock.nextTurn(resolve)) }
  }

  enterCall(name: string): void {
    check(this.callDepth < maxCallDepth, `The function [${name}] is called too deeply.`)
    this.callDepth++
  }

  leaveCall(): void {
    this.callDepth--
  }
}
