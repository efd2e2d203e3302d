/*
  Determines how safe confirmed rows are: in memory, in the server's cache, on disk, or on the disks of several nodes (docs/durability.md
  explains the settings). One request after the last row asks for everything. If the user may not ask, the answer is unknown.
*/
import type { Session } from '../../client/open-session.js'
import { DdbError } from '../../errors.js'
import { elementAt } from '../../protocol/element.js'
import type { Value } from '../../protocol/value.js'
import type { Stored } from '../load-result.js'
import type { Plan } from '../plan.js'
import { traitsOf } from '../transport/confirmations.js'
import type { TargetDescription } from './describe-target.js'
import type { TableTarget } from './target.js'

export interface Durability {
  /** Asks how the server stores rows. Call this when all rows are confirmed. Closing the session awaits the answer. */
  ask(control: Session): void
  /** What `ask` found out. @param hasRows  whether any row was confirmed; if not, the result is `nothingStored` */
  result(hasRows: boolean): Promise<Stored>
}

export const nothingStored: Stored = {
  grade: null,
  dataSync: null,
  cacheEngine: null,
  replicas: null,
  pendingTransactions: null,
}

/** Longest wait for the answer about durability. The rows are stored just the same without it. */
const longestMs = 5_000

/**
 * Asks for settings of the node, then of its controller if that is another node: `dataSync` and the number of replicas
 * are settings of the controller. A setting that is not set, or that the user may not see, is NULL. `maxMemSize` is
 * always set, so if it is NULL, settings are hidden (DolphinDB manual, page getConfig). Then asks for writes that wait
 * to be flushed, by table. `funcByName` finds `getRedoLogGCStat` at run time, because some servers lack this function.
 */
function durabilityScript(table: DfsTable): string {
  return `ddbIngestOwn = (getConfig("maxMemSize"), getConfig("dataSync"), getConfig("dfsReplicationFactor"), getConfig("OLAPCacheEngineSize"), getConfig("chunkCacheEngineMemSize"), getNodeType())
ddbIngestTheirs = ddbIngestOwn
if(getNodeType() != 3) {
    try {
        ddbIngestTheirs = (rpc(getControllerAlias(), getConfig, "maxMemSize"), rpc(getControllerAlias(), getConfig, "dataSync"), rpc(getControllerAlias(), getConfig, "dfsReplicationFactor"))
    } catch(ex) { ddbIngestTheirs = NULL }
}
ddbIngestTables = NULL
ddbIngestPending = NULL
try {
    ddbIngestStat = funcByName("getRedoLogGCStat")()
    ddbIngestTables = exec physicalName from ddbIngestStat where physicalName like "${physicalName(table)}%"
    ddbIngestPending = exec numOfTxnPendingFlush from ddbIngestStat where physicalName like "${physicalName(table)}%"
} catch(ex) { ddbIngestTables = NULL }
(ddbIngestOwn, ddbIngestTheirs, ddbIngestTables, ddbIngestPending)`
}

type DfsTable = Extract<TableTarget, { kind: 'dfs' }>

/** `/db/table`; the server appends a physical index. */
function physicalName({ database, table }: DfsTable): string {
  return `${database.slice('dfs:/'.length)}/${table}`
}

const singleNode = 3
/** The server's default: one replica on a single node, else two (DolphinDB manual, dfsReplicationFactor). */
const usualReplicas = 2

/** The returned object asks the server only if the run confirms rows and writes them to a known DFS table. */
export function newDurability(
  { target, confirm, confirmTimeoutMs }: Plan,
  { engine }: Pick<TargetDescription, 'engine'>,
): Durability {
  const table = target.kind === 'table' ? target.table : target.confirmTable
  if (!traitsOf(confirm).leavesDoubt || table === undefined) return known(nothingStored)
  if (table.kind === 'shared') return known({ ...nothingStored, grade: 'in memory' })
  let answer: Promise<Value | undefined> = Promise.resolve(undefined)
  return {
    ask(control) {
      if (control.closed) return
      answer = answerOf(control, durabilityScript(table), Math.min(longestMs, confirmTimeoutMs))
    },
    async result(hasRows) {
      return hasRows ? storedBy(itemsOf(await answer), table, engine) : nothingStored
    },
  }
}

function known(stored: Stored): Durability {
  return {
    ask: () => undefined,
    result: hasRows => Promise.resolve(hasRows ? stored : nothingStored),
  }
}

/** The answer to an urgent request, which the server answers even while other users write. */
async function answerOf(
  session: Session,
  script: string,
  timeoutMs: number,
): Promise<Value | undefined> {
  try {
    return await session.run(script, { timeoutMs, urgent: true })
  } catch (error) {
    if (error instanceof DdbError) return undefined
    throw error
  }
}

/** Sum of the target's counts; null if unknown. Ignores tables whose names only begin like the target's name. */
function pendingOf(
  names: Value | undefined,
  counts: Value | undefined,
  table: DfsTable,
): number | null {
  if (names?.form !== 'vector' || counts?.form !== 'vector') return null
  const own = physicalName(table)
  return itemsOf(names).reduce((sum, item, i) => {
    const name = textOf(item) ?? ''
    const index = name.slice(own.length + 1)
    const isOwn = name === own || (name.startsWith(`${own}_`) && /^[a-z0-9]+$/i.test(index))
    return isOwn ? sum + (numberOf(elementAt(counts, i)) ?? 0) : sum
  }, 0)
}

function storedBy(
  [own, theirs, tables, pending]: readonly Value[],
  table: DfsTable,
  engine: string | undefined,
): Stored {
  const [ownMemory, ownSync, ownReplicas, cacheSize, oldCacheSize, type] = itemsOf(own)
  const [theirMemory, theirSync, theirReplicas] = itemsOf(theirs)
  const seesOwn = textOf(ownMemory) !== undefined
  const seesTheirs = textOf(theirMemory) !== undefined
  const sync = textOf(ownSync) ?? textOf(theirSync)
  const dataSync = sync === undefined ? (seesTheirs ? false : null) : sync === '1'
  const factor = countOf(ownReplicas) ?? countOf(theirReplicas)
  const usual = numberOf(type) === singleNode ? 1 : usualReplicas
  const replicas = factor ?? (seesTheirs ? usual : null)
  const size = countOf(cacheSize) ?? countOf(oldCacheSize)
  const isCached = size === undefined ? (seesOwn ? false : null) : size > 0
  const cacheEngine = engine === undefined ? null : engine === 'OLAP' ? isCached : true
  return {
    grade: gradeOf(dataSync, replicas),
    dataSync,
    cacheEngine,
    replicas,
    pendingTransactions: pendingOf(tables, pending, table),
  }
}

function gradeOf(dataSync: boolean | null, replicas: number | null): Stored['grade'] {
  if (dataSync === null) return null
  if (!dataSync) return "in the server's cache"
  return replicas !== null && replicas > 1 ? 'replicated' : 'flushed'
}

function itemsOf(value: Value | undefined): readonly Value[] {
  if (value?.form !== 'vector') return []
  return Array.from({ length: value.length }, (_, i) => elementAt(value, i))
}

/** The text of a setting; undefined if the setting is hidden or has no value. */
function textOf(value: Value | undefined): string | undefined {
  if (value?.form !== 'scalar' || typeof value.value !== 'string') return undefined
  return value.value.trim() === '' ? undefined : value.value.trim()
}

function countOf(value: Value | undefined): number | undefined {
  const text = textOf(value)
  return text !== undefined && /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined
}

function numberOf(value: Value | undefined): number | undefined {
  if (value?.form !== 'scalar') return undefined
  const { value: number } = value
  return typeof number === 'number' || typeof number === 'bigint' ? Number(number) : undefined
}
