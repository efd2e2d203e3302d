/*
  Finds the known names that are closest to an unknown name, for "did you mean" hints.
*/

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
export function editDistance(a: string, b: string): number {
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
