import type { connect, load } from '../../src/index.js'
import type { startServer } from '../../src/server/index.js'

/** A file with two columns `a` and `b`, what stands in it, and the rows that are left when bad ones are set aside. */
export interface HostileFile {
  name: string
  bytes: Buffer
  types: [string, string]
  rows: string[][]
  fit: string[][]
}

export interface Found {
  rows: string[][]
  /** Whether it ended with an error. */
  failed: boolean
  /** Rows. */
  setAside?: number
}

export const hostileFiles: HostileFile[]

/** What a program made of a file, in a few words. */
export function verdictOf(file: HostileFile, found: Found): string

/** Loads a file into an embedded server, bad rows kept aside; returns what is in the table afterwards. */
export function loadHostile(
  ends: {
    connect: typeof connect
    load: typeof load
    startServer: typeof startServer
  },
  path: string,
  file: HostileFile,
): Promise<Found>
