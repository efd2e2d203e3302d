/*
  The value of a request on its way to the wire.
*/
import type { Value } from '../../../protocol/value.js'
import type { CallContext } from '../../values/builtin.js'
import type { ServerValue } from '../../values/server-value.js'
import { toWire } from '../../elements/wire-values.js'

/** @throws {ScriptError} for what is nested too deeply, or so large that it cannot be sent */
export function replyOf({ memory }: CallContext, value: ServerValue): Value {
  memory.checkSize(value)
  return toWire(value)
}
