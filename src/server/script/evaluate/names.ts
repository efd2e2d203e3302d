/*
  What a name means: column, variable, shared table, constant, function, in this order (manual, "Column reference").
*/
import { ScriptError } from '../../script-error.js'
import { constantOf } from '../../values/constants.js'
import type { Frame } from './frame.js'
import { releaseArray } from '../../values/ownership.js'
import type { Name } from '../parse/syntax.js'
import type { FunctionValue, ServerValue } from '../../values/server-value.js'

/** The value of a name, which the caller may keep. */
export function valueOfName(node: Name, frame: Frame): ServerValue {
  const value = lookUp(node, frame)
  if (value !== undefined) {
    releaseArray(value)
    return value
  }
  if (frame.columns !== undefined) {
    throw new ScriptError(`Unrecognized column name [${node.name}].`)
  }
  throw new ScriptError(`Can't find the object with name ${node.name}`)
}

/** As valueOfName, for a use that keeps nothing; undefined when nothing has the name. */
export function lookUp(node: Name, frame: Frame): ServerValue | undefined {
  const { name } = node
  const { runtime } = frame
  if (node.isFunction) return frame.runtime.findFunction(name) ?? frame.variables.get(name)
  return (
    frame.columns?.lookup(name) ??
    frame.variables.get(name) ??
    runtime.node.shared.get(name)?.table ??
    constantOf(name) ??
    runtime.findFunction(name)
  )
}

/**
 * What a name in front of `(` or `{` calls: a variable that holds a function, else the function of that name. A type
 * stands for itself, for `DECIMAL64(4)`.
 */
export function calleeOfName(node: Name, frame: Frame): FunctionValue | undefined {
  const variable = frame.variables.get(node.name)
  if (variable?.form === 'function') return variable
  return frame.runtime.findFunction(node.name)
}
