/*
  append! on a vector that a variable holds. The array grows by half and belongs to the vector from then on
  (values/ownership.ts), so that a loop of appends costs what its elements cost.
*/
import { dataTypes } from '../../protocol/data-type.js'
import { stringsOf } from '../../protocol/types/strings.js'
import type { Value, Vector } from '../../protocol/value.js'
import { isFixedVector } from '../columns/column-layout.js'
import { claimArray, ownsArray } from '../values/ownership.js'

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
  const perValue = valuesPerElement(target)
  const record = target as unknown as Growable
  const added = (more as unknown as Growable).data.subarray(0, more.length * perValue)
  const used = target.length * perValue
  if (!ownsArray(target) || record.data.length < used + added.length) {
    const grown = grownArray(target, target.length + more.length)
    grown.set(record.data.subarray(0, used), 0)
    record.data = grown
    claimArray(target)
  }
  record.data.set(added, used)
  record.length += more.length
}

function valuesPerElement(vector: FixedVector): number {
  return dataTypes[vector.type].bytesPerValue / vector.data.BYTES_PER_ELEMENT
}

/** An empty array with room for so many elements at least, half as many again as the vector has where that is more. */
function grownArray(vector: FixedVector, needed: number): Growable['data'] {
  const { constructor } = vector.data as Int32Array
  const length = Math.max(needed, Math.ceil(1.5 * vector.length), minCapacity)
  return new (constructor as new (length: number) => Growable['data'])(
    length * valuesPerElement(vector),
  )
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
