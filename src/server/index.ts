/*
  The exports of `ddb-ingest/server`: the embedded DolphinDB-compatible server.
*/
import type { Executor } from './net/request-runner.js'
import type { Platform } from '../platform/platform.js'
import type { ServerNode } from './node.js'
import type { ServerOptions } from './options.js'
import {
  cancelRequest,
  clearVariables,
  createScriptSession,
  runFunction,
  runScript,
  setVariables,
} from './script/session/session.js'
import { type EmbeddedServer, startServerWith } from './start.js'

export type { AsynchronousFailure } from './net/request-queue.js'
export type { DiscardCounters } from './net/discard.js'
export {
  requestedFaults,
  type FaultAfter,
  type FaultBefore,
  type Faults,
  type FaultWrite,
  type RequestInfo,
  type SliceInfo,
  type WriteInfo,
} from './net/faults.js'
export type { NodeConfig, ServerNode } from './node.js'
export type { NewValuePartitionPolicy } from './tables/partitions/partition-level.js'
export { readSettings, type ServerOptions } from './options.js'
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

function scriptExecutor(node: ServerNode): Executor {
  return {
    open: info => {
      const session = createScriptSession(node, info)
      node.sessions.set(session.id, session)
      return session
    },
    runScript: (session, script) => runScript(session, node, script),
    runFunction: (session, name, args, options) => runFunction(session, node, name, args, options),
    setVariables: (session, names, values) => setVariables(session, node, names, values),
    cancel: cancelRequest,
    clearMemory: clearVariables,
    close: session => void node.sessions.delete(session.id),
  }
}
