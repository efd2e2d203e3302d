/*
  Functions about the cluster, which consists of this single node (docs/protocol.md#high-availability).
*/
import { availableParallelism, loadavg, totalmem } from 'node:os'
import { vectorOf } from '../../../protocol/element.js'
import type { Builtin, CallContext, Evaluation } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { isVoid, stringVector, voidValue } from '../../values/scalar.js'
import type { FunctionValue, ServerValue } from '../../values/server-value.js'
import { nodeAlias, type ServerNode } from '../../node.js'
import { columnOfScalar } from '../../columns/convert-column.js'
import { createTable } from '../../tables/memory-table.js'
import { builtin, booleanArgument, isAbsent, textArgument, textsArgument } from '../arguments.js'
import { tableOfColumns, tableOfRecords } from '../result-table.js'
import { tableBytes } from '../tables/object-list.js'
import { flushFunctions, getRedoLogGCStat } from './console-jobs.js'

const maxConnections = 512
const bytesPerGigabyte = 2 ** 30

export const clusterFunctions: readonly Builtin[] = [
  /** One row, for this node. The Java client casts to exactly these types. Clients use only data nodes (mode 0). */
  builtin('getClusterPerf([includeMaster])', ({ node }) =>
    tableOfRecords(
      {
        host: 'STRING',
        port: 'INT',
        mode: 'INT',
        state: 'INT',
        maxConnections: 'INT',
        maxMemSize: 'DOUBLE',
        workerNum: 'INT',
        executorNum: 'INT',
        connectionNum: 'INT',
        name: 'STRING',
        memoryUsed: 'LONG',
        avgLoad: 'DOUBLE',
        publicName: 'STRING',
      },
      [
        {
          host: node.host,
          port: node.port,
          mode: 0,
          state: 1,
          maxConnections,
          maxMemSize: totalmem() / bytesPerGigabyte,
          workerNum: availableParallelism(),
          executorNum: availableParallelism(),
          connectionNum: node.sessions.size,
          name: nodeAlias(node),
          memoryUsed: BigInt(storedBytes(node)),
          avgLoad: loadavg()[0]!,
          publicName: node.host,
        },
      ],
    ),
  ),

  /** `host:port:alias` of each data node (docs/protocol.md#pools). */
  builtin('getClusterLiveDataNodes([includeComputeNodes])', ({ node }) =>
    stringVector([`${node.host}:${node.port}:${nodeAlias(node)}`, ...node.otherNodes]),
  ),

  /** Calls the function if `nodeAlias` is the alias of this node. */
  builtin('rpc(nodeAlias, func, ...rest)', (context, [alias, fn, ...args]) => {
    checkAlias(context.node, textArgument(alias, 'nodeAlias'))
    const given = args.map(value => value ?? voidValue)
    return context.call(functionArgument(fn), given)
  }),

  /** Calls the function on this node, which is the whole cluster. */
  builtin('pnodeRun(function, [nodes], [addNodeAlias])', (context, [fn, nodes, addNodeAlias]) => {
    for (const alias of isAbsent(nodes) ? [] : textsArgument(nodes, 'nodes')) {
      checkAlias(context.node, alias)
    }
    return runHere(
      context,
      functionArgument(fn),
      booleanArgument(addNodeAlias, 'addNodeAlias', true),
    )
  }),
  getRedoLogGCStat,
  ...flushFunctions,
]

/** Turns a scalar result into a table of node and value. Can add a column of aliases (manual, page pnodeRun). */
function* runHere(
  context: CallContext,
  fn: FunctionValue,
  addNodeAlias: boolean,
): Evaluation<ServerValue> {
  const value = yield* context.call(fn, [])
  const alias = nodeAlias(context.node)
  if (value.form === 'serverTable') {
    if (!addNodeAlias) return value
    const columns = value.columnNames.map((_, index) => value.column(index))
    const aliases = new Array<string>(value.rows).fill(alias)
    return createTable(
      'basic',
      [...value.columnNames, 'node'],
      [...value.columnTypes, { type: 'STRING' }],
      {
        columns: [...columns, vectorOf({ type: 'STRING' }, aliases)],
      },
    )
  }
  if (value.form !== 'scalar' || isVoid(value)) return value
  return tableOfColumns({ Node: stringVector([alias]), Value: columnOfScalar(value) })
}

function functionArgument(value: ServerValue | undefined): FunctionValue {
  if (value?.form === 'function') return value
  throw new ScriptError('The argument [func] must be a function.')
}

function checkAlias(node: ServerNode, alias: string): void {
  if (alias !== nodeAlias(node)) throw new ScriptError(`Can't find the node with alias ${alias}.`)
}

function storedBytes(node: ServerNode): number {
  const tables = [
    ...[...node.shared.values()].map(entry => entry.table),
    ...[...node.databases.values()].flatMap(database => [...database.tables.values()]),
  ]
  return [...new Set(tables)].reduce((sum, table) => sum + tableBytes(table), 0)
}
