/*
  Defaults of a run's options. Times in milliseconds, sizes in bytes.
*/
import type { LoadOptions } from './options.js'

/** DolphinDB's own figures favour batches of about this size (docs/server-semantics.md#sizes-of-writes). */
export const streamBatch = { rows: 10_000, bytes: 4 * 1024 * 1024 }
/** DolphinDB advises "some tens of MB" per write into DFS tables (docs/server-semantics.md#sizes-of-writes). */
export const dfsBatch = { rows: 1_000_000, bytes: 32 * 1024 * 1024 }

/** Batches grow at most to this size, the largest of the default sizes. */
export const mostBatchBytes: number = dfsBatch.bytes

/** Limit of the connections that `auto` opens; must be a power of two. */
export const mostFoundConnections = 16

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
