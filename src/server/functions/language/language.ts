/*
  Functions that define, print, wait or call functions, the functions behind operators (DolphinDB manual), and function
  views, which all sessions share (docs/server-semantics.md#function-views).
*/
import {
  type Builtin,
  type CallContext,
  type Evaluation,
  type FunctionValue,
  type ServerValue,
  partialOf,
} from '../../values/server-value.js'
import { ScriptError, notEmbedded } from '../../script-error.js'
import { intScalar, integerOf, voidValue } from '../../values/scalar.js'
import {
  binaryFunction,
  booleanArgument,
  builtin,
  elementsArgument,
  functionArgument,
  textArgument,
  unaryFunction,
} from '../arguments.js'
import { privilegeKey, privilegeOf } from '../../tables/privileges.js'
import { tableOf } from '../result-table.js'
import { elementAt } from '../../../protocol/element.js'
import { elementsOf, vectorOfElements } from '../../values/vector-literal.js'
import { dictionaryValues } from '../../elements/dictionary.js'
import { itemsOf, tableRow } from '../../elements/indexing.js'
import { type BinaryOperator, operatorNames, operatorOf } from '../../operators/operator-names.js'
import { applyBinary, applyUnary } from '../../operators/operators.js'
import { printText } from '../text/text.js'

export const functionViewFunctions: readonly Builtin[] = [
  /** Adds one user-defined function, or all functions of a tuple, which may be empty. */
  builtin('addFunctionView(udf)', (context, [value]) => {
    const { node, session } = context
    checkMayOwnViews(context)
    const functions = elementsArgument(value).map(element => viewable(element))
    const existing = functions.find(fn => node.functionViews.has(fn.name))
    if (existing !== undefined) {
      throw new ScriptError(
        `The FunctionView [${existing.name}] already exists, please drop it before adding a new one`,
      )
    }
    for (const { name, definition } of functions) {
      node.functionViews.set(name, {
        name,
        definition,
        body: definition.source,
        owner: session.user,
        createdAt: new Date(node.now()),
      })
    }
    return voidValue
  }),

  /** Drops one view, or all views named `namespace::…` if `isNamespace` is true. */
  builtin('dropFunctionView(name, [isNamespace])', (context, [nameArgument, isNamespace]) => {
    const { functionViews } = context.node
    checkMayOwnViews(context)
    const name = textArgument(nameArgument, 'name')
    const isSpace = booleanArgument(isNamespace, 'isNamespace', false)
    const dropped = isSpace
      ? [...functionViews.keys()].filter(view => view.startsWith(`${name}::`))
      : [name]
    for (const view of dropped) {
      const owner = functionViews.get(view)?.owner
      if (owner === undefined) {
        throw new ScriptError(`The function view [${view}] does not exist. RefId: S04002`)
      }
      if (!context.session.isAdmin && owner !== context.session.user) {
        throw new ScriptError(`<NoPrivilege>Not granted to drop function view ${view}`)
      }
      functionViews.delete(view)
      // Revokes the rights on the view, because they must not apply to a later view with the same name.
      for (const own of context.node.privileges.values()) {
        own.delete(privilegeKey('VIEW_EXEC', view))
      }
    }
    return voidValue
  }),

  /** Lists name, body, owner and createTime of the views. Administrators see all views, other users only their own. */
  builtin('getFunctionViews()', ({ node, session }) => {
    const views = [...node.functionViews.values()]
    return tableOf(
      views.filter(({ owner }) => session.isAdmin || owner === session.user),
      {
        name: ['STRING', view => view.name],
        body: ['STRING', view => view.body],
        owner: ['STRING', view => view.owner],
        createTime: ['TIMESTAMP', view => BigInt(view.createdAt.getTime())],
      },
    )
  }),
]

function checkMayOwnViews({ node, session }: CallContext): void {
  if (session.isAdmin || privilegeOf(node, session.user, 'VIEW_OWNER', '*') === true) return
  throw new ScriptError('<NoPrivilege>Only administrators or VIEW_OWNER can manage function views.')
}

function viewable(value: ServerValue): Extract<ServerValue, { form: 'function'; kind: 'user' }> {
  if (value.form === 'function' && value.kind === 'user' && value.name !== '') return value
  throw new ScriptError('addFunctionView(udf). udf must be a user-defined function with a name.')
}

export const languageFunctions: readonly Builtin[] = [
  builtin('print(X, ...rest)', ({ session }, args) => {
    for (const value of args) if (value !== undefined) session.print(printText(value))
    return voidValue
  }),

  /** Only the calling session waits; the server continues to serve all other sessions. */
  builtin('sleep(milliseconds)', function* ({ session }, [value]) {
    const durationMs = integerOf(value) ?? Number(value?.form === 'scalar' ? value.value : NaN)
    if (!(durationMs >= 0)) throw new ScriptError('sleep takes a number of milliseconds.')
    yield { until: session.delay(durationMs) }
    return voidValue
  }),

  /** Accepts the name of a function or the sign of an operator. */
  builtin('funcByName(name)', (context, [value]): FunctionValue => {
    const name = textArgument(value, 'name')
    const operator = operatorOf(name)
    if (operator !== undefined) {
      const builtin = binaryFunction(name, (x, y) => applyBinary(operator, x, y))
      return { form: 'function', kind: 'builtin', name, builtin }
    }
    const fn = context.findFunction(name)
    if (fn === undefined)
      throw new ScriptError(`Can't recognize function name ${name}${notEmbedded}`)
    return fn
  }),
]

export const operatorFunctions: readonly Builtin[] = [
  ...Object.entries(operatorNames)
    // Skips `<-` (join), which the vector functions define.
    .filter(([operator]) => operator !== '<-')
    .map(([operator, name]) =>
      binaryFunction(name, (x, y) => applyBinary(operator as BinaryOperator, x, y)),
    ),
  unaryFunction('neg', x => applyUnary('-', x)),
  unaryFunction('not', x => applyUnary('!', x)),
]

interface Items {
  readonly length: number
  at(index: number): ServerValue | undefined
}

/** The items of a value; undefined for a scalar, which `each` combines with every item of the other arguments. */
function itemsAt(value: ServerValue): Items | undefined {
  switch (value.form) {
    case 'scalar':
    case 'function':
      return undefined
    case 'vector':
    case 'arrayVector':
      return { length: value.length, at: index => elementAt(value, index) as ServerValue }
    case 'serverTable':
      return { length: value.rows, at: index => tableRow(value, intScalar(index)) }
    case 'serverDictionary':
      return itemsAt(dictionaryValues(value))
    default:
      return [...itemsOf(value)]
  }
}

/** Yields the results of func(args[0][i], args[1][i], …). A scalar argument is the same in every call. */
function* applyToEach(
  context: CallContext,
  [fn, ...args]: readonly (ServerValue | undefined)[],
): Evaluation<ServerValue[]> {
  const callee = functionArgument(fn, 'func')
  const lists = args.map(value => (value === undefined ? undefined : itemsAt(value)))
  const lengths = new Set(lists.filter(list => list !== undefined).map(list => list.length))
  if (lengths.size > 1) throw new ScriptError('each: the arguments must have the same length.')
  const length = [...lengths][0] ?? 1
  const results: ServerValue[] = []
  for (let index = 0; index < length; index++) {
    const row = args.map((value, at) => lists[at]?.at(index) ?? value)
    results.push(yield* context.call(callee, row))
  }
  return results
}

export const higherOrderFunctions: readonly Builtin[] = [
  /** Returns a vector if all results are scalars, otherwise a tuple. */
  builtin('each(func, X, ...rest)', function* (context, args) {
    return vectorOfElements(yield* applyToEach(context, args))
  }),

  /** Calls `func` with the elements of `args`. DolphinDB's JavaScript client needs this function and `partial`. */
  builtin('unifiedCall(func, args)', (context, [fn, args]) =>
    context.call(functionArgument(fn, 'func'), elementsOf(args)),
  ),

  builtin('partial(func, ...rest)', (_, [fn, ...bound]) =>
    partialOf(functionArgument(fn, 'func'), bound),
  ),
]
