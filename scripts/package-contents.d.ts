export const mostBytes: number

export function needlessFiles(paths: readonly string[]): string[]

export interface Packed {
  filename: string
  /** Bytes of the tarball. */
  size: number
  unpackedSize: number
  files: { path: string; size: number }[]
}

export function runNpm(root: string, ...options: readonly string[]): unknown

export function pack(root: string, folder?: string): Packed
