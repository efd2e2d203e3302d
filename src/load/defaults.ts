/*
  Defaults of a run's options. Times in milliseconds, sizes in bytes.
*/
import type { LoadOptions } from './options.js'

/** Tables in memory: larger batches take less time and memory than 10,000 rows, and no more from here on (docs/decisions/0081-speed.md). */
export const tableBatch = { rows: 100_000, bytes: 4 * 1024 * 1024 }
/** For functions, whose refusal puts a whole batch in doubt, for many followed files in memory at once, and for limited rates. */
export const smallBatch = { rows: 10_000, bytes: 4 * 1024 * 1024 }
/** DolphinDB advises "some tens of MB" per write into DFS tables (docs/server-semantics.md#sizes-of-writes). */
export const dfsBatch = { rows: 1_000_000, bytes: 32 * 1024 * 1024 }

export const defaultMaxErrors = 100
export const defaultFlushIntervalMs = 1_000

export const deliveryDefaults = {
  mode: 'async',
  confirm: 'auto',
  confirmTimeoutMs: 60_000,
  maxInFlightBytes: 32 * 1024 * 1024,
  connections: 1,
  unordered: false,
  retries: 5,
  retryTimeoutMs: 300_000,
  onDoubt: 'report',
} as const satisfies LoadOptions['delivery']

/** Memory must hold a whole record, and two copies of the record while the buffer grows. */
export const mostRecordBytes: number = 512 * 1024 * 1024
