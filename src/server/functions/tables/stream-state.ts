/*
  Functions about what happens to stream tables behind the inserts: subscriptions and persistence. The embedded server has
  neither, so there is nothing to report and nothing to stop (docs/server-semantics.md#stream-tables).
*/
import type { DataType } from '../../../protocol/data-type.js'
import type { Builtin, CallContext } from '../../values/builtin.js'
import { firstReleases, hasCome } from '../../release.js'
import { ScriptError } from '../../script-error.js'
import { voidValue } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { isStream } from '../../tables/prepare.js'
import { columnIndex } from '../../tables/memory-table.js'
import type { ServerTable } from '../../tables/server-table.js'
import {
  builtin,
  integerArgument,
  isAbsent,
  tableArgument,
  textArgument,
  textsArgument,
} from '../arguments.js'
import { dictionaryOf, tableOfRecords } from '../result-table.js'

/** The tables by name, none of which has a row, and their columns (DolphinDB manual, page getStreamingStat). */
const streamingStates: Readonly<Record<string, Readonly<Record<string, DataType>>>> = {
  pubConns: { client: 'STRING', queueDepthLimit: 'INT', queueDepth: 'INT', tables: 'STRING' },
  subConns: {
    publisher: 'STRING',
    cumMsgCount: 'LONG',
    cumMsgLatency: 'DOUBLE',
    lastMsgLatency: 'DOUBLE',
    lastUpdate: 'TIMESTAMP',
  },
  pubTables: { tableName: 'STRING', subscriber: 'STRING', msgOffset: 'LONG', actions: 'STRING' },
  persistWorkers: {
    workerId: 'INT',
    queueDepthLimit: 'INT',
    queueDepth: 'INT',
    tables: 'STRING',
  },
  subWorkers: {
    workerId: 'INT',
    topic: 'STRING',
    type: 'STRING',
    queueDepthLimit: 'INT',
    queueDepth: 'INT',
    processedMsgCount: 'LONG',
    lastMsgId: 'LONG',
    failedMsgCount: 'LONG',
    lastFailedMsgId: 'LONG',
    lastFailedTimestamp: 'TIMESTAMP',
    lastErrMsg: 'STRING',
    msgAsTable: 'BOOL',
    batchSize: 'INT',
    throttle: 'INT',
    hash: 'INT',
    filter: 'STRING',
    persistOffset: 'BOOL',
    timeTrigger: 'BOOL',
    handlerNeedMsgId: 'BOOL',
    raftGroup: 'INT',
  },
  udpPubTables: {
    tableName: 'STRING',
    channel: 'STRING',
    msgOffset: 'LONG',
    actions: 'STRING',
    subNum: 'INT',
  },
}

function notPublished(): ScriptError {
  return new ScriptError('The feature of publish is not enabled. RefId: S00001')
}

function streamingState(name: string): ServerTable {
  if (!Object.hasOwn(streamingStates, name)) {
    throw new ScriptError(
      `The argument [stat] must be among ${Object.keys(streamingStates).join(', ')}.`,
    )
  }
  return tableOfRecords(streamingStates[name]!, [])
}

export const streamStateFunctions: readonly Builtin[] = [
  /** The table of that name; a dictionary of several, or of all. */
  builtin('getStreamingStat([stat])', ({ node: { config, release } }, [stat]) => {
    // The servers before answer (DolphinDB manual, compatibility report of 3.00.5).
    if (config.maxPubConnections === 0 && hasCome(release, [3, 0, 5])) throw notPublished()
    const names = isAbsent(stat) ? Object.keys(streamingStates) : textsArgument(stat, 'stat')
    const tables = Object.fromEntries(names.map(name => [name, streamingState(name)]))
    return stat?.form === 'scalar' ? tables[names[0]!]! : dictionaryOf(tables)
  }),

  /** No query is registered (DolphinDB manual, page getStreamingSQLStatus). */
  builtin(
    'getStreamingSQLStatus([queryId])',
    (_, [queryId]) => {
      if (!isAbsent(queryId)) textArgument(queryId, 'queryId')
      return tableOfRecords(
        {
          queryId: 'STRING',
          user: 'STRING',
          registerTime: 'TIMESTAMP',
          status: 'STRING',
          sqlQuery: 'STRING',
          involvedTables: 'STRING',
          lastErrorMessage: 'STRING',
        },
        [],
      )
    },
    { since: firstReleases.streamingSql },
  ),

  /** No table is persisted. */
  builtin('clearTablePersistence(table)', (context, [target]) => {
    streamArgument(context, target)
    return voidValue
  }),

  /** What subscribers may filter by; there are none. */
  builtin('setStreamTableFilterColumn(streamTable, columnName)', (context, [target, name]) => {
    columnIndex(streamArgument(context, target), textArgument(name, 'columnName'))
    return voidValue
  }),
  builtin(
    'stopPublishTable(subscriberIP, subscriberPort, tableName, [actionName])',
    (_, [host, port, name]) => {
      textArgument(host, 'subscriberIP')
      integerArgument(port, 'subscriberPort')
      textArgument(name, 'tableName')
      return voidValue
    },
  ),
]

function streamArgument(context: CallContext, target: ServerValue | undefined): ServerTable {
  const table = tableArgument(context, target)
  if (!isStream(table)) throw new ScriptError('The table must be a stream table.')
  return table
}
