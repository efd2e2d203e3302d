/*
  Who may change an array in place. Vectors are passed by reference and share their arrays. Before a variable changes
  elements, it copies the array. It owns the copy until the variable is read by anything that could keep the array. So
  `x[i] = v` in a loop costs one copy, and values made from x earlier do not change.
*/
import type { Vector } from '../../protocol/value.js'
import type { ServerValue } from './server-value.js'

const owners = new WeakMap<object, object>()

function arrayOf(vector: Vector): object | undefined {
  if ('data' in vector) return vector.data
  return 'codes' in vector ? vector.codes : undefined
}

/** True if the array may be changed in place, because nothing else refers to it. */
export function ownsArray(vector: Vector): boolean {
  const array = arrayOf(vector)
  return array !== undefined && owners.get(array) === vector
}

/** Call this after giving `vector` an array of its own. */
export function claimArray(vector: Vector): void {
  const array = arrayOf(vector)
  if (array !== undefined) owners.set(array, vector)
}

/** Call this before passing the value to code that may keep the value. */
export function releaseArray(value: ServerValue): void {
  if (value.form !== 'vector') return
  const array = arrayOf(value)
  if (array !== undefined) owners.delete(array)
}

/** A new object over the same arrays; tables, dictionaries, functions and handles are returned unchanged. */
export function shallowCopy(value: ServerValue): ServerValue {
  switch (value.form) {
    case 'scalar':
    case 'vector':
    case 'arrayVector':
    case 'matrix':
    case 'set':
      return { ...value }
    case 'pair':
      return { ...value, elements: { ...value.elements } }
    case 'list':
      return { form: 'list', elements: [...value.elements] }
    default:
      return value
  }
}

/** True for values that are plain records and can be turned into another value in place. */
export function isPlain(value: ServerValue): boolean {
  switch (value.form) {
    case 'scalar':
    case 'vector':
    case 'arrayVector':
    case 'matrix':
    case 'set':
    case 'pair':
    case 'list':
      return true
    default:
      return false
  }
}

/** Copies `source` into the object `target`, for `mutable` arguments and `&x = y`: every reference sees the change. */
export function overwrite(target: ServerValue, source: ServerValue): void {
  const record = target as unknown as Record<string, unknown>
  for (const key of Object.keys(record)) {
    if (!(key in source)) delete record[key]
  }
  Object.assign(record, source)
}
