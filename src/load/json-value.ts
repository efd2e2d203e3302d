/*
  JSON values as DolphinDB values, for `--function-arg`: they travel as serialized arguments, so nothing needs quoting.
*/
import { UsageError } from '../errors.js'
import type { Scalar, Value } from '../protocol/value.js'

/**
 * true → BOOL; whole numbers → INT, or LONG when INT cannot hold them; other numbers → DOUBLE; text → STRING;
 * null → VOID; a list → a vector when all its elements are of one such type, else a tuple.
 *
 * @throws {UsageError} DDB_USAGE for an object, which no DolphinDB scalar or vector stands for
 */
export function jsonToValue(json: unknown): Value {
  if (!Array.isArray(json)) return jsonToScalar(json)
  const elements = json.map(jsonToValue)
  if (json.length > 0 && json.every(e => typeof e === 'string')) {
    return { form: 'vector', type: 'STRING', length: json.length, data: json }
  }
  const numbers = json.every((e): e is number => typeof e === 'number')
  if (numbers && elements.length > 0) {
    const whole = elements.every(e => e.form === 'scalar' && e.type === 'INT')
    return whole
      ? { form: 'vector', type: 'INT', length: json.length, data: Int32Array.from(json) }
      : { form: 'vector', type: 'DOUBLE', length: json.length, data: Float64Array.from(json) }
  }
  return { form: 'vector', type: 'ANY', length: elements.length, data: elements }
}

const maxInt = 2 ** 31 - 1

function jsonToScalar(json: unknown): Scalar {
  if (json === null) return { form: 'scalar', type: 'VOID', value: null }
  if (typeof json === 'boolean') return { form: 'scalar', type: 'BOOL', value: json }
  if (typeof json === 'string') return { form: 'scalar', type: 'STRING', value: json }
  if (typeof json === 'number') {
    if (!Number.isSafeInteger(json)) return { form: 'scalar', type: 'DOUBLE', value: json }
    return Math.abs(json) <= maxInt
      ? { form: 'scalar', type: 'INT', value: json }
      : { form: 'scalar', type: 'LONG', value: BigInt(json) }
  }
  throw new UsageError(
    'DDB_USAGE',
    'a function argument must be a JSON number, text, true, false, null or a list of those, not an object',
  )
}
