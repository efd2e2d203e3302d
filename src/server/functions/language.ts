/* Functions that define, print, wait or call, those behind operators, and function views (docs/server-semantics.md#function-views). */
import {
  type CallContext,
  type FunctionValue,
  type ServerValue,
  partialOf,
} from '../values/server-value.js'
import { check, notEmbedded } from '../script-error.js'
import { elementsOf, vectorOfElements, voidValue } from '../values/values.js'
import { family, tableOf } from './arguments.js'
import { hasRight } from '../tables/privileges.js'
import { dictionaryValues, toWire } from '../elements/elements.js'
import { type BinaryOperator, operatorNames } from '../operators/operands.js'
import { applyBinary, applyUnary } from '../operators/operators.js'
import { formatElement, formatValue } from '../../protocol/element.js'

function checkMayOwnViews(context: CallContext): void {
  const mayOwn = hasRight(context, ['VIEW_OWNER *'])
  check(mayOwn, '<NoPrivilege>Only administrators or VIEW_OWNER can manage function views.')
}

/** The items of a value; undefined for a scalar, which `each` combines with every item of the other arguments. */
function itemsAt(value: ServerValue | undefined): readonly ServerValue[] | undefined {
  if (value === undefined || value.form === 'scalar' || value.form === 'function') return undefined
  return elementsOf(value.form === 'serverDictionary' ? dictionaryValues(value) : value)
}

/** What print() sends: a line for each entry of a dictionary; for a table its names and a line for each row. */
function printText(value: ServerValue): string {
  if (value.form === 'serverDictionary') {
    const entries = [...value.entries.values()]
    return entries.map(({ key, value }) => `${printText(key)}->${printText(value)}`).join('\n')
  }
  if (value.form !== 'serverTable') return formatValue(toWire(value))
  const { columns } = value
  const rows = Array.from({ length: value.rows }, (_, row) =>
    columns.map(column => formatElement(column, row)).join(' '),
  )
  return [value.columnNames.join(' '), ...rows].join('\n')
}

export const languageFunctions = [
  ...family({
    /** Adds one user-defined function, or all functions of a tuple, which may be empty. */
    'addFunctionView(udf)': (context, [value]) => {
      const { node, session } = context
      checkMayOwnViews(context)
      const functions = elementsOf(value).map(one => {
        const isNamed = one.form === 'function' && one.kind === 'user' && one.name !== ''
        check(isNamed, 'addFunctionView(udf). udf must be a user-defined function with a name.')
        return one
      })
      const existing = functions.find(fn => node.functionViews.has(fn.name))
      const text = `The FunctionView [${existing?.name}] already exists, please drop it before adding a new one`
      check(existing === undefined, text)
      const createdAt = new Date(node.now())
      const view = { viewOwner: session.user, isView: true, createdAt } as const
      for (const fn of functions) node.functionViews.set(fn.name, { ...fn, ...view })
    },
    /** There are no views of modules, whose names contain a namespace. */
    'dropFunctionView(name: text, [isNamespace])': (context, [name]) => {
      const { node, session } = context
      checkMayOwnViews(context)
      const owner = node.functionViews.get(name)?.viewOwner
      check(owner !== undefined, `The function view [${name}] does not exist. RefId: S04002`)
      const mayDrop = session.isAdmin || owner === session.user
      check(mayDrop, `<NoPrivilege>Not granted to drop function view ${name}`)
      node.functionViews.delete(name)
      // Revokes the rights on the view, because they must not apply to a later view with the same name.
      for (const own of node.privileges.values()) own.delete(`VIEW_EXEC ${name}`)
    },
    /** Lists name, body, owner and createTime of the views. Administrators see all views, other users only their own. */
    'getFunctionViews()': ({ node, session }) => {
      const views = [...node.functionViews.values()]
      const shown = views.filter(view => session.isAdmin || view.viewOwner === session.user)
      return tableOf(
        'name STRING, body STRING, owner STRING, createTime TIMESTAMP',
        shown.map(({ name, definition, viewOwner, createdAt }) => {
          return [name, definition.source, viewOwner, BigInt(createdAt.getTime())]
        }),
      )
    },
    'print(X, ...rest)': ({ session }, args) => {
      for (const value of args) if (value !== undefined) session.print(printText(value))
    },
    /** Only the calling session waits; the server continues to serve all other sessions. */
    *'sleep(milliseconds)'({ session }, [value]) {
      const durationMs = Number(value.form === 'scalar' ? (value.value ?? NaN) : NaN)
      check(durationMs >= 0, 'sleep takes a number of milliseconds.')
      yield { until: session.delay(durationMs) }
      return voidValue
    },
    'funcByName(name: text)': (context, [name]): FunctionValue => {
      const fn = context.findFunction(name)
      check(fn !== undefined, `Can't recognize function name ${name}${notEmbedded}`)
      return fn
    },
    'neg(X)': (_, [x]) => applyUnary('-', x),
    'not(X)': (_, [x]) => applyUnary('!', x),
    /** The results of fn(args[0][i], args[1][i], …): a vector if all are scalars, otherwise a tuple. */
    *'each(func: function, X, ...rest)'(context, [fn, ...args]) {
      const lists = args.map(itemsAt)
      const lengths = new Set(lists.filter(list => list !== undefined).map(list => list.length))
      check(lengths.size <= 1, 'each: the arguments must have the same length.')
      const [length = 1] = lengths
      const results: ServerValue[] = []
      for (let index = 0; index < length; index++) {
        const row = args.map((value, at) => lists[at]?.at(index) ?? value)
        results.push(yield* context.call(fn, row))
      }
      return vectorOfElements(results)
    },
    /** Calls `func` with the elements of `args`. DolphinDB's JavaScript client needs this function and `partial`. */
    'unifiedCall(func: function, args)': (context, [fn, args]) =>
      context.call(fn, elementsOf(args)),
    'partial(func: function, ...rest)': (_, [fn, ...bound]) => partialOf(fn, bound),
  }),
  ...Object.entries(operatorNames).flatMap(([operator, name]) =>
    family({
      [`${name}(X, Y)` as 'operator(X, Y)']: (_, [x, y]) =>
        applyBinary(operator as BinaryOperator, x, y),
    }),
  ),
]
