/*
  The DolphinDB version that the embedded server imitates. The server refuses features that are newer than this version
  (docs/server-semantics.md#versions).
*/

/** The numbers of a version, for example `[2, 0, 10]`. */
export type Release = readonly number[]

export const defaultVersion = '3.00.5.0'

/** @returns undefined unless `version` is three or four numbers joined by dots */
export function releaseOf(version: string): Release | undefined {
  return /^\d{1,4}(\.\d{1,4}){2,3}$/.test(version) ? version.split('.').map(Number) : undefined
}

/** True if `release` is version `first` or later. */
export function isAtLeast(release: Release, first: Release): boolean {
  for (const [i, number] of first.entries()) {
    const difference = (release[i] ?? 0) - number
    if (difference !== 0) return difference > 0
  }
  return true
}

/** First versions of the features that the loader's statements use (DolphinDB's release notes, pages of the manual). */
export const firstReleases = {
  /** First version with TSDB, the argument [engine] and array vectors. */
  engines: [2, 0, 0],
  decimals: [2, 0, 8],
  primaryKeyEngine: [3, 0, 1],
  sharedVariableControl: [3, 0, 4],
} as const satisfies Record<string, Release>

/** Function → the first version that has it, for functions that are newer than the oldest version to imitate. */
export const functionReleases: ReadonlyMap<string, Release> = new Map([['tableUpsert', [2, 0, 10]]])
