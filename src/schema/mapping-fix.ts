/*
  Finds the options with which an input fills the target, if names alone tell them. Two names that only resemble each other are
  not paired: `bid1` and `bid2` are different columns.
*/
import type { Fix } from '../errors.js'
import { editDistance } from './nearest.js'

/** Names this long may differ in one of so many characters. */
const leastLength = 4

const keyOf = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
const lastPart = (name: string): string => name.slice(name.lastIndexOf('.') + 1)
const digitsOf = (name: string): string => name.replace(/\D/g, '')

/** The ways in which a field may have a column's name, surest first. */
const likenesses: readonly ((column: string, field: string) => boolean)[] = [
  (column, field) => keyOf(column) === keyOf(field),
  (column, field) => keyOf(column) === keyOf(lastPart(field)),
  (column, field) =>
    digitsOf(column) === digitsOf(field) &&
    editDistance(keyOf(column), keyOf(field)) * leastLength <= keyOf(column).length,
]

/**
 * @param open  columns that no field fills
 * @param free  fields that fill no column
 * @returns undefined if a person has to say which field fills which column
 */
export function mappingFix(open: readonly string[], free: readonly string[]): Fix | undefined {
  const left = new Set(free)
  const pairs = open.flatMap(column => {
    for (const isAlike of likenesses) {
      const [field, ...others] = [...left].filter(one => keyOf(one) !== '' && isAlike(column, one))
      if (field === undefined || others.length > 0) continue
      left.delete(field)
      return [`${column}=${field}`]
    }
    return []
  })
  const isOpen = open.length > pairs.length
  const isFree = left.size > 0
  const isUnclear = isOpen && isFree
  if (isUnclear && pairs.length === 0) return undefined
  return {
    options: {
      ...(pairs.length > 0 && { 'mapping.map': pairs }),
      ...(isOpen && !isUnclear && { 'mapping.allowMissing': 'true' }),
      ...(isFree && !isUnclear && { 'mapping.ignoreExtra': 'true' }),
    },
  }
}
