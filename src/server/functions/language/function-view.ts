/*
  Function views: functions that all sessions share (docs/server-semantics.md#function-views).
*/
import type { Builtin, CallContext } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { voidValue } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { builtin, booleanArgument, elementsArgument, textArgument } from '../arguments.js'
import { privilegeKey, privilegeOf } from '../../tables/privileges.js'
import { tableOf } from '../result-table.js'

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
