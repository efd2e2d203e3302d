/* The values of script variables: all that can be sent, and functions, database handles and names of types. Also the interface of
   `functions/`: a built-in that waits (sleep) or calls script functions (each) is a generator of Suspensions. */
import type { ColumnType } from '../../protocol/data-type.js'
import type { Dictionary, Table, Value } from '../../protocol/value.js'
import type { DatabaseHandle, ServerTable } from '../tables/server-table.js'
import type { FunctionDefinition } from '../script/parse/syntax.js'
import type { FaultAction } from '../net/faults.js'
import type { SessionInfo } from '../net/request-runner.js'
import type { ScramChallenge } from '../../protocol/scram.js'
import type { Runtime } from '../script/session/session.js'

/** State of one session, which ends with its connection at the latest. Function views and shared tables outlive it. */
export interface ScriptSession extends SessionInfo {
  /** 'guest' until the login. */
  user: string
  readonly isAdmin: boolean
  /** Owner of the running function view, whose rights on tables apply instead of the user's. */
  viewOwner: string | undefined
  readonly variables: Map<string, ServerValue>
  readonly functions: Map<string, FunctionValue>
  /** The interpreter, from the first request on. */
  runtime?: Runtime
  scram?: { user: string; nonce: string; challenge: ScramChallenge } | undefined
  /** What goes wrong with the running request; only for tests. */
  fault?: FaultAction | undefined
  /** Receives the output of print(); not called for asynchronous requests. */
  print: (text: string) => void
}

/** A generator yields a Suspension to let its session wait. Other sessions continue meanwhile. */
export interface Suspension {
  until: Promise<unknown>
}

/** A computation of a script, which yields only while it has to wait. */
export type Evaluation<T> = Generator<Suspension, T, unknown>

/** What a built-in function may use of its session and node. */
export type CallContext = Runtime

export interface Builtin {
  readonly form: 'function'
  readonly kind: 'builtin'
  readonly name: string
  /** Names of the parameters in order, for keyword arguments. The last one may be `...rest`. */
  readonly parameters: readonly string[]
  readonly minArguments: number
  readonly maxArguments: number
  /** True if the function changes its first argument. It then refuses a read-only variable. */
  readonly mutatesFirst: boolean
  readonly call: (
    context: CallContext,
    args: CallArguments,
  ) => ServerValue | Evaluation<ServerValue>
}

/** `def f(...)` or `x -> ...`. */
export interface UserFunction {
  form: 'function'
  kind: 'user'
  name: string
  definition: FunctionDefinition
  /** The owner of the view, if the function is a function view or was created by one. */
  viewOwner?: string | undefined
  /** True for a function view; undefined for a function that a view created. */
  isView?: true
}

/** `f{a,,b}`. In `bound`, an omitted argument is undefined. */
export interface PartialFunction {
  form: 'function'
  kind: 'partial'
  name: string
  target: FunctionValue
  bound: readonly (ServerValue | undefined)[]
  keywords: ReadonlyMap<string, ServerValue>
}

export type FunctionValue = UserFunction | Builtin | PartialFunction

/** A dictionary, which scripts cannot change. `entries` maps the text form of each key to the key and its value. */
export interface ServerDictionary {
  form: 'serverDictionary'
  keyType: ColumnType
  /** Type of all values; undefined if values may have any type. */
  valueType: ColumnType | undefined
  entries: Map<string, { key: ServerValue; value: ServerValue }>
}

/** Tuples (ANY vectors) may also hold functions, tables, database handles and type names. */
export type ServerValue =
  | Exclude<Value, Table | Dictionary>
  | ServerTable
  | ServerDictionary
  | DatabaseHandle
  | FunctionValue
  /** The name of a type, such as `DECIMAL64(4)`, `DOUBLE[]`, or `INT` in `[INT, SYMBOL]`. */
  | { form: 'type'; column: ColumnType }

/** Values in the order in which the script writes them or, for a built-in, declares them; undefined for omitted ones. */
export type CallArguments = readonly (ServerValue | undefined)[]
export type Keywords = ReadonlyMap<string, ServerValue>

export const noKeywords: Keywords = new Map()

/** `fn{args}`. If `fn` is a partial application of `g`, binds all to `g`, because long chains would fill the stack. */
export function partialOf(
  fn: FunctionValue,
  bound: CallArguments,
  keywords: Keywords = noKeywords,
): PartialFunction {
  const { name } = fn
  if (fn.kind !== 'partial')
    return { form: 'function', kind: 'partial', name, target: fn, bound, keywords }
  return { ...fn, bound: withOpenPlacesFilled(fn, bound), keywords: mergedKeywords(fn, keywords) }
}

/** Puts the arguments of a call into the open places, and the remaining arguments at the end. */
export function withOpenPlacesFilled(
  { bound }: PartialFunction,
  args: CallArguments,
): CallArguments {
  let next = 0
  const all = bound.map(value => (value === undefined ? args[next++] : value))
  return next < args.length ? [...all, ...args.slice(next)] : all
}

/** Combines the keywords of a partial application and of a call. If both have a keyword, the call's value wins. */
export function mergedKeywords(partial: PartialFunction, keywords: Keywords): Keywords {
  if (partial.keywords.size === 0) return keywords
  return new Map([...partial.keywords, ...keywords])
}

const plainForms = ['scalar', 'vector', 'arrayVector', 'matrix', 'set', 'pair'] as const
type PlainForm = (typeof plainForms)[number]

/** True for plain records, which `overwrite` can turn into a different value. */
export function isPlain(value: ServerValue): value is Extract<ServerValue, { form: PlainForm }> {
  return plainForms.includes(value.form as PlainForm)
}

/** A new object that shares the arrays. Returns tables, dictionaries, functions and handles themselves. */
export function shallowCopy(value: ServerValue): ServerValue {
  if (value.form === 'pair') return { ...value, elements: { ...value.elements } }
  return isPlain(value) ? { ...value } : value
}

/** Copies `source` into `target`, so that all references see the change (for `mutable` arguments). */
export function overwrite(target: ServerValue, source: ServerValue): void {
  const record = target as unknown as Record<string, unknown>
  for (const key of Object.keys(record)) {
    if (!(key in source)) delete record[key]
  }
  Object.assign(record, source)
}
