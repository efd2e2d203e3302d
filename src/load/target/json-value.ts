/*
  Converts JSON values to DolphinDB values for `functionArguments`. Requests carry them serialized, so nothing needs quoting.
*/
import { toValue, type PlainInput } from '../../client/plain-input.js'
import { UsageError } from '../../errors.js'
import type { Value } from '../../protocol/value.js'

/**
 * As `toValue`: true → BOOL; whole numbers → INT, or LONG if INT cannot hold them; other numbers → DOUBLE; text →
 * STRING; null → VOID; a list → a vector if one type holds all its elements, else a tuple.
 * @throws {UsageError} DDB_USAGE for an object, also inside a list, because its type is unclear
 */
export function jsonToValue(json: unknown): Value {
  if (holdsObject(json)) {
    throw new UsageError(
      'DDB_USAGE',
      'a function argument must be a JSON number, text, true, false, null or a list of those, not an object',
    )
  }
  return toValue(json as PlainInput)
}

function holdsObject(json: unknown): boolean {
  if (Array.isArray(json)) return json.some(holdsObject)
  return typeof json === 'object' && json !== null
}
