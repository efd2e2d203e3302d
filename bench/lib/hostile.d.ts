import type { connect, load } from '../../src/index.js'
import type { startServer } from '../../src/server/index.js'

/** A file with two columns `a` and `b`, its rows, and the rows that remain without the bad ones. */
export interface HostileFile {
  name: string
  bytes: Buffer
  types: [string, string]
  rows: string[][]
  fit: string[][]
}

export interface Found {
  rows: string[][]
  /** Whether the program ended with an error. */
  failed: boolean
  /** Number of rows that the program quarantined. */
  setAside?: number
}

export const hostileFiles: HostileFile[]

export function verdictOf(file: HostileFile, found: Found): string

export function loadHostile(
  ends: {
    connect: typeof connect
    load: typeof load
    startServer: typeof startServer
  },
  path: string,
  file: HostileFile,
): Promise<Found>
