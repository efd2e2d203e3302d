/*
  Decides who may change an array in place. Vectors share arrays. Before a script changes elements of a variable, the
  variable's vector gets a copy of the array. The vector owns this copy until the variable is read by code that may keep
  the array. So `x[i] = v` in a loop costs one copy, and values made from x earlier do not change.
*/
import type { Vector } from '../../protocol/value.js'
import type { ServerValue } from './server-value.js'

const owners = new WeakMap<object, object>()

function arrayOf(vector: Vector): object | undefined {
  if ('data' in vector) return vector.data
  return 'codes' in vector ? vector.codes : undefined
}

/** True if the array may be changed in place, because no other value refers to it. */
export function ownsArray(vector: Vector): boolean {
  const array = arrayOf(vector)
  return array !== undefined && owners.get(array) === vector
}

/** Call this after `vector` got an array of its own. */
export function claimArray(vector: Vector): void {
  const array = arrayOf(vector)
  if (array !== undefined) owners.set(array, vector)
}

/** Call this before you pass the value to code that may keep it. */
export function releaseArray(value: ServerValue): void {
  if (value.form !== 'vector') return
  const array = arrayOf(value)
  if (array !== undefined) owners.delete(array)
}

/** A new object that shares the arrays. Returns tables, dictionaries, functions and handles themselves. */
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

/** True for plain records, which `overwrite` can turn into a different value. */
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

/** Copies `source` into `target`, so that all references see the change (for `mutable` arguments and `&x = y`). */
export function overwrite(target: ServerValue, source: ServerValue): void {
  const record = target as unknown as Record<string, unknown>
  for (const key of Object.keys(record)) {
    if (!(key in source)) delete record[key]
  }
  Object.assign(record, source)
}
