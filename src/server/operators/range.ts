/*
  `a..b`: all values from a to b, ascending or descending, for integers and temporal values.
*/
import { elementAt } from '../../protocol/element.js'
import type { Scalar, Vector } from '../../protocol/value.js'
import { ScriptError } from '../script-error.js'
import { dataTypes } from '../../protocol/data-type.js'
import type { ServerValue } from '../values/server-value.js'
import { numberKindOf } from './operands.js'

/** DolphinDB's limit for the length of a vector (docs/server-semantics.md#error-texts). */
const maxLength = 2_147_483_647

/** Includes both ends. If an end is null, the result is empty. @throws {ScriptError} for uncountable types */
export function sequence(left: ServerValue, right: ServerValue): ServerValue {
  return sequencePiece(left, right, 0, sequenceLength(left, right))
}

/** @throws {ScriptError} for types that cannot be counted */
export function sequenceLength(left: ServerValue, right: ServerValue): number {
  const { from, to } = boundsOf(left, right)
  if (from === undefined || to === undefined) return 0
  const distance = to < from ? from - to : to - from
  if (distance >= maxLength) throw new ScriptError(`The sequence ${from}..${to} is too long.`)
  return Number(distance) + 1
}

/** Elements `start` to `end` (exclusive) of the sequence. */
export function sequencePiece(
  left: ServerValue,
  right: ServerValue,
  start: number,
  end: number,
): Vector {
  const { type, from = 0n, to = 0n } = boundsOf(left, right)
  const step = to < from ? -1 : 1
  return ofType(type, from + BigInt(start * step), end - start, step)
}

interface Bounds {
  readonly type: Scalar['type']
  /** Undefined if the bound is null. */
  readonly from: bigint | undefined
  readonly to: bigint | undefined
}

function boundsOf(left: ServerValue, right: ServerValue): Bounds {
  const first = left.form === 'vector' ? onlyElement(left) : left
  if (first.form !== 'scalar' || right.form !== 'scalar') throw refusal()
  const type = typeOf(first, right)
  // Uses bigint, because doubles cannot represent every integer beyond 2^53, for example a time in nanoseconds.
  const bound = ({ value }: Scalar): bigint | undefined =>
    value === null ? undefined : BigInt(value as number | bigint | boolean)
  return { type, from: bound(first), to: bound(right) }
}

/** The single element of a vector: a left side such as `-(n..n)` or `(n)` is a vector with one element. */
function onlyElement(vector: Vector): ServerValue {
  if (vector.length !== 1) throw refusal()
  return elementAt(vector, 0) as ServerValue
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

function ofType(type: Scalar['type'], from: bigint, length: number, step: 1 | -1): Vector {
  if (numberKindOf(type) === 'int64') {
    const data = new BigInt64Array(length)
    for (let i = 0; i < length; i++) data[i] = from + BigInt(i * step)
    return { form: 'vector', type, length, data } as Vector
  }
  const first = Number(from)
  const data =
    type === 'CHAR'
      ? new Int8Array(length)
      : type === 'SHORT'
        ? new Int16Array(length)
        : new Int32Array(length)
  for (let i = 0; i < length; i++) data[i] = first + i * step
  return { form: 'vector', type, length, data } as Vector
}

function refusal(): ScriptError {
  return new ScriptError('Arguments for seq method must be integral or temporal scalars.', {
    category: 'SYSTEM_Operator',
  })
}
