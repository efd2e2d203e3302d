/*
  The version of DolphinDB that the embedded server follows. Like a real server of that version, it refuses newer
  features (docs/server-semantics.md#versions).
*/

/** The numbers of a version: `[2, 0, 10]`. */
export type Release = readonly number[]

export const defaultVersion = '3.00.5.0'

/** @returns undefined for anything but three or four numbers joined by dots */
export function releaseOf(version: string): Release | undefined {
  return /^\d{1,4}(\.\d{1,4}){2,3}$/.test(version) ? version.split('.').map(Number) : undefined
}

/** True if `release` has a feature that came with version `first`. */
export function isAtLeast(release: Release, first: Release): boolean {
  for (const [i, number] of first.entries()) {
    const difference = (release[i] ?? 0) - number
    if (difference !== 0) return difference > 0
  }
  return true
}

/** First versions with the features that a loader's statements need (release notes of DolphinDB, pages of the manual). */
export const firstReleases = {
  /** Introduced TSDB, the argument [engine] and array vectors. */
  engines: [2, 0, 0],
  decimals: [2, 0, 8],
  tableUpsert: [2, 0, 10],
  primaryKeyEngine: [3, 0, 1],
  streamingSql: [3, 0, 4],
  sharedVariableControl: [3, 0, 4],
} as const satisfies Record<string, Release>
