/*
  The exports of `ddb-ingest/server`: the embedded DolphinDB-compatible server.
*/
import type { Platform } from '../platform/platform.js'
import type { ServerOptions } from './options.js'
import { scriptExecutor } from './script/session/session.js'
import { type EmbeddedServer, startServerWith } from './start.js'

export type { DiscardCounters } from './net/request-runner.js'
export {
  actionOf,
  requestedFaults,
  type FaultAction,
  type FaultAfter,
  type FaultBefore,
  type Faults,
  type FaultWrite,
  type RequestInfo,
  type WriteInfo,
} from './net/faults.js'
export type { NodeConfig, ServerNode } from './node.js'
export type { NewValuePartitionPolicy } from './tables/partitions/partition-level.js'
export { readSettings, type AsynchronousFailure, type ServerOptions } from './options.js'
export type { EmbeddedServer, ServerCounters } from './start.js'

/**
 * Starts an independent server in this process. `close()` releases everything that the server uses.
 * @throws {UsageError} DDB_USAGE for invalid options; DDB_CONFIG for an unusable address, certificate or file, or if
 *   other machines could log in with the initial password
 * @throws {ConnectionError} DDB_CONNECT if the port is in use
 * @throws {ServerError} DDB_SCRIPT if the initial script fails
 */
export function startServer(options: ServerOptions = {}): Promise<EmbeddedServer> {
  return startServerWith(options, scriptExecutor)
}

/** @internal Like `startServer`, on the given platform. */
export function startServerOn(platform: Platform, options: ServerOptions): Promise<EmbeddedServer> {
  return startServerWith(options, scriptExecutor, platform)
}
