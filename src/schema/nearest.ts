/* Names that resemble each other: the known names that are closest to an unknown name, for "did you mean" hints, and the options with which
   an input fills the target, if names alone tell them. `bid1` and `bid2` are different columns there. */
import type { Fix } from '../errors.js'

/** A suggested name may differ by at most this share of the longer name's length. One change is always allowed. */
const maxShare = 0.5

/** At most three of `names`, nearest first. Ignores case. */
export function nearestNames(name: string, names: readonly string[]): string[] {
  const wanted = name.toLowerCase()
  return names
    .map(candidate => ({ candidate, distance: editDistance(wanted, candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => {
      return distance <= Math.max(1, maxShare * Math.max(name.length, candidate.length))
    })
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ candidate }) => candidate)
}

/** ` (nearest: a, b)`, or '' if no name is near. */
export function nearestHint(name: string, names: readonly string[]): string {
  const nearest = nearestNames(name, names)
  return nearest.length === 0 ? '' : ` (nearest: ${nearest.join(', ')})`
}

/** Smallest number of insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      let distance = Math.min(last[j]! + 1, row[j - 1]! + 1, replaced)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) distance = Math.min(distance, beforeLast[j - 2]! + 1)
      row.push(distance)
    }
    beforeLast = last
    last = row
  }
  return last[b.length]!
}

/** Names this long may differ in one of so many characters. */
const leastLength = 4

const keyOf = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
const digitsOf = (name: string): string => name.replace(/\D/g, '')

/** The ways in which a field may have a column's name, surest first. */
const likenesses: readonly ((column: string, field: string) => boolean)[] = [
  (column, field) => keyOf(column) === keyOf(field),
  (column, field) => keyOf(column) === keyOf(field.slice(field.lastIndexOf('.') + 1)),
  (column, field) =>
    digitsOf(column) === digitsOf(field) &&
    editDistance(keyOf(column), keyOf(field)) * leastLength <= keyOf(column).length,
]

/** Undefined if a person has to decide. @param open  columns that no field fills @param free  fields that fill no column */
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
  if (isOpen && isFree && pairs.length === 0) return undefined
  return {
    options: {
      ...(pairs.length > 0 && { 'mapping.map': pairs }),
      ...(isOpen && !isFree && { 'mapping.allowMissing': 'true' }),
      ...(isFree && !isOpen && { 'mapping.ignoreExtra': 'true' }),
    },
  }
}
