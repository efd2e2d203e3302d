/** Size limit of the tarball, which every installation downloads. */
export const mostBytes: number

/** Returns the paths that no user needs. */
export function needlessFiles(paths: readonly string[]): string[]

export interface Packed {
  filename: string
  /** Bytes of the tarball. */
  size: number
  unpackedSize: number
  files: { path: string; size: number }[]
}

/** Runs npm and parses its output, which must be JSON. */
export function runNpm(root: string, ...options: readonly string[]): unknown

/** Packs the checkout without running its scripts; writes nothing if `folder` is undefined. */
export function pack(root: string, folder?: string): Packed
