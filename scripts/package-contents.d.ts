/** Of the tarball: what everybody who installs it fetches. */
export const mostBytes: number

/** Paths in the list that no user needs. */
export function needlessFiles(paths: readonly string[]): string[]

export interface Packed {
  filename: string
  /** Bytes of the tarball. */
  size: number
  unpackedSize: number
  files: { path: string; size: number }[]
}

/** What npm prints, which has to be JSON. */
export function runNpm(root: string, ...options: readonly string[]): unknown

/** Packs the checkout without running its scripts; writes nothing when `folder` is undefined. */
export function pack(root: string, folder?: string): Packed
