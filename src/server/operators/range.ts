/*
  `a..b`: every value from a to b, up or down, for integers and temporal values.
*/
import type { Scalar, Vector } from '../../protocol/value.js'
import { ScriptError } from '../script-error.js'
import { dataTypes } from '../../protocol/data-type.js'
import type { ServerValue } from '../values/server-value.js'
import { numberKindOf } from './operands/operand-numbers.js'

/** A vector longer than this does not fit DolphinDB's own limit (docs/server-semantics.md#error-texts). */
const maxLength = 2_147_483_647

/**
 * Both ends are included; a null at either end gives an empty vector.
 * @throws {ScriptError} for what cannot be counted
 */
export function sequence(left: ServerValue, right: ServerValue): ServerValue {
  return sequencePiece(left, right, 0, sequenceLength(left, right))
}

/** @throws {ScriptError} for what cannot be counted */
export function sequenceLength(left: ServerValue, right: ServerValue): number {
  const { from, to } = boundsOf(left, right)
  if (from === undefined || to === undefined) return 0
  const length = Math.abs(to - from) + 1
  if (length > maxLength) throw new ScriptError(`The sequence ${from}..${to} is too long.`)
  return length
}

/** Elements `start` to `end` (exclusive) of the sequence. */
export function sequencePiece(
  left: ServerValue,
  right: ServerValue,
  start: number,
  end: number,
): Vector {
  const { type, from = 0, to = 0 } = boundsOf(left, right)
  const step = to < from ? -1 : 1
  return ofType(type, from + start * step, end - start, step)
}

interface Bounds {
  readonly type: Scalar['type']
  /** Undefined where the bound is null. */
  readonly from: number | undefined
  readonly to: number | undefined
}

function boundsOf(left: ServerValue, right: ServerValue): Bounds {
  const first = left.form === 'vector' ? onlyElement(left) : left
  if (first.form !== 'scalar' || right.form !== 'scalar') throw refusal()
  const number = ({ value }: Scalar): number | undefined =>
    value === null ? undefined : Number(value)
  return { type: typeOf(first, right), from: number(first), to: number(right) }
}

/** `-(n..n)` and `(n)..m` arrive as vectors of one element. */
function onlyElement(vector: Vector): Scalar {
  const value = vector.length === 1 && 'data' in vector ? vector.data[0] : undefined
  if (typeof value !== 'number' && typeof value !== 'bigint') throw refusal()
  return { form: 'scalar', type: vector.type, value } as Scalar
}

function typeOf(left: Scalar, right: Scalar): Scalar['type'] {
  if (!isCountable(left) || !isCountable(right)) throw refusal()
  if (left.type === right.type) return left.type === 'BOOL' ? 'INT' : left.type
  const areIntegral =
    dataTypes[left.type].category === 'integral' && dataTypes[right.type].category === 'integral'
  if (!areIntegral) throw refusal()
  return left.type === 'LONG' || right.type === 'LONG' ? 'LONG' : 'INT'
}

function isCountable(scalar: Scalar): boolean {
  const kind = numberKindOf(scalar.type)
  return kind === 'int32' || kind === 'int64'
}

function ofType(type: Scalar['type'], from: number, length: number, step: 1 | -1): Vector {
  if (type === 'CHAR' || type === 'SHORT') {
    const data = type === 'CHAR' ? new Int8Array(length) : new Int16Array(length)
    for (let i = 0; i < length; i++) data[i] = from + i * step
    return { form: 'vector', type, length, data } as Vector
  }
  if (numberKindOf(type) === 'int64') {
    const data = new BigInt64Array(length)
    for (let i = 0; i < length; i++) data[i] = BigInt(from) + BigInt(i * step)
    return { form: 'vector', type, length, data } as Vector
  }
  const data = new Int32Array(length)
  for (let i = 0; i < length; i++) data[i] = from + i * step
  return { form: 'vector', type, length, data } as Vector
}

function refusal(): ScriptError {
  return new ScriptError('Arguments for seq method must be integral or temporal scalars.', {
    category: 'SYSTEM_Operator',
  })
}
