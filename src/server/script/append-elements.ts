/*
  append! on a vector that a variable holds. The array grows by doubling and belongs to the vector from then on
  (ownership.ts), so that a loop of appends costs what its elements cost.
*/
import { dataTypes } from '../../protocol/data-type.js'
import { stringsOf } from '../../protocol/string-vector.js'
import type { Value, Vector } from '../../protocol/value.js'
import { isFixedVector } from '../tables/column-layout.js'
import { claimArray, ownsArray } from './ownership.js'

/** Room for this many elements at least, so that short vectors do not grow one by one. */
const minCapacity = 16

/**
 * Puts the elements of `more`, which has the type of `target`, behind those of `target`.
 * @returns false when vectors of this kind do not grow in place; nothing has changed then
 */
export function appendElements(target: Vector, more: Vector): boolean {
  if (isFixedVector(target) && isFixedVector(more)) {
    appendFixed(target, more)
    return true
  }
  if (target.type === 'STRING' && more.type === 'STRING') {
    const texts = stringsOf(more)
    const data = ownStrings(target)
    for (let i = 0; i < more.length; i++) data.push(texts[i]!)
    target.length = data.length
    return true
  }
  if (target.type === 'ANY' && more.type === 'ANY') {
    const data = ownElements(target)
    for (let i = 0; i < more.length; i++) data.push(more.data[i]!)
    target.length = data.length
    return true
  }
  return false
}

type FixedVector = Extract<Vector, { data: ArrayBufferView }>

interface Growable {
  length: number
  data: {
    readonly length: number
    subarray(start: number, end: number): Growable['data']
    set(from: Growable['data'], at: number): void
  }
}

function appendFixed(target: FixedVector, more: FixedVector): void {
  const { constructor, BYTES_PER_ELEMENT: bytes } = target.data as Int32Array
  const perValue = dataTypes[target.type].bytesPerValue / bytes
  const record = target as unknown as Growable
  const added = (more as unknown as Growable).data.subarray(0, more.length * perValue)
  const used = target.length * perValue
  const needed = used + added.length
  if (!ownsArray(target) || record.data.length < needed) {
    const grown = new (constructor as new (length: number) => Growable['data'])(
      Math.max(needed, 2 * used, minCapacity * perValue),
    )
    grown.set(record.data.subarray(0, used), 0)
    record.data = grown
    claimArray(target)
  }
  record.data.set(added, used)
  record.length += more.length
}

/** The texts as an array that is the vector's own and exactly as long. */
export function ownStrings(target: Extract<Vector, { type: 'STRING' }>): string[] {
  const record = target as { data?: string[]; encoded?: Uint8Array; length: number }
  if (record.data?.length !== target.length || !ownsArray(target)) {
    record.data = stringsOf(target).slice(0, target.length)
    delete record.encoded
    claimArray(target)
  }
  return record.data
}

function ownElements(target: Extract<Vector, { type: 'ANY' }>): Value[] {
  const record = target as { data: readonly Value[] }
  if (record.data.length !== target.length || !ownsArray(target)) {
    record.data = record.data.slice(0, target.length)
    claimArray(target)
  }
  return record.data as Value[]
}
