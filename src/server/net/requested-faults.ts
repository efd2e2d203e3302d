/*
  Faults by name, for tests of clients: `serve --fault ChunkInRecovery:5` (docs/server-semantics.md#refusals).
*/
import { UsageError } from '../../errors.js'
import type { FaultBefore, Faults } from './faults.js'

/** Tags of the errors with which a cluster refuses a write that would succeed a little later. */
const transientTags = [
  'ChunkInTransaction',
  'ChunkInRecovery',
  'DataNodeNotAvail',
  'DataNodeNotReady',
  'ControllerNotAvail',
  'ControllerNotReady',
  'CacheInvalid',
  'NotLeader',
]

/** Error code → DolphinDB's message for a refused insert. `table` is a shared table's name, '' for other tables. */
const refusedInserts: Readonly<Record<string, (table: string) => string>> = {
  S00002: table =>
    `<ChunkInTransaction>The openChunks operation failed because the chunk '/${table}' is currently locked and in use by transaction 1. RefId:S00002`,
  S00003: () => "One symbase's size can't exceed 2097152. RefId: S00003",
  S00005: () =>
    'Cannot accept new task <tableInsert> during a graceful shutdown of the server.RefId: S00005',
  S01012: table =>
    `No available replica for the chunk /${table} is found on the controller. RefId:S01012`,
  S01019: table =>
    `<restore> Failed to add new value partitions to database dfs://${table}. Please manually add new partitions: []. RefId:S01019`,
  S01070: () =>
    'The transaction 1 has expired, and the resolution process has been initiated. RefId: S01070',
  S01071: () =>
    'The transaction 1 has expired. It will be rolled back without resolution. RefId: S01071',
  S03019: () =>
    'The volume of data exceeds the compression limit. Try inserting data in smaller batches, or adjust the replay rate. PersistenceManager fail to compress data: fault. RefId: S03019',
  S03020: () => 'The leader has not been elected. Try again later. RefId: S03020',
}

const subscribed = 'S03000'
const forget = 'forget'
const limitEnd = 'limitEnd'

/** Faults for requests in which flag 4 (no answer) is not the same as in the connect request. */
const mixed: Readonly<Record<string, FaultBefore>> = {
  mixedRefuse: 'close',
  mixedIgnore: 'drop',
  mixedReorder: 'later',
  mixedAnswer: 'flag',
  mixedStall: 'stall',
}

export const faultNames: readonly string[] = [
  ...transientTags,
  ...Object.keys(refusedInserts),
  subscribed,
  forget,
  ...Object.keys(mixed),
  limitEnd,
]

const defaultEvery = 10

/**
 * Makes the hooks of a fault that the user requests by name.
 * - The tag or RefId of an error: refuses every N-th insert of a table with that error.
 * - `S03000`: refuses every N-th removal of a shared stream table, as if the table had a subscriber.
 * - `forget`: drops the session at every N-th request.
 * - `mixed…` and `limitEnd`: apply to every request of their kind and take no N.
 * @param text  `NAME` or `NAME:N`; N is 10 by default
 * @throws {UsageError} DDB_USAGE
 */
export function requestedFaults(text: string): Faults {
  const [, name, count] = /^(\w+)(?::(\d{1,9}))?$/.exec(text) ?? []
  const every = count === undefined ? defaultEvery : Number(count)
  const always = name === limitEnd || (name !== undefined && Object.hasOwn(mixed, name))
  if (
    name === undefined ||
    !faultNames.includes(name) ||
    every === 0 ||
    (always && count !== undefined)
  ) {
    throw new UsageError(
      'DDB_USAGE',
      `fault must be NAME or NAME:N, with NAME one of ${faultNames.join(', ')}, not ${JSON.stringify(text)}.`,
    )
  }
  if (name === limitEnd) return refusingSlices()
  if (always) return { beforeExecute: request => (request.mixed ? mixed[name] : undefined) }
  if (name === forget) return forgetting(every)
  return name === subscribed ? keeping(every) : refusing(name, every)
}

function refusing(name: string, every: number): Faults {
  let writes = 0
  return {
    beforeWrite: ({ rows, table }) =>
      rows > 0 && ++writes % every === 0 ? { error: refusalText(name, table) } : undefined,
  }
}

function keeping(every: number): Faults {
  let removals = 0
  return {
    beforeRemoval: ({ table }) =>
      ++removals % every === 0
        ? {
            error: `To undefine the shared stream table '${table}', first cancel all subscriptions to it. RefId: S03000`,
          }
        : undefined,
  }
}

/** Refuses a `limit` that begins after the last row. The message is our own, because DolphinDB documents none. */
function refusingSlices(): Faults {
  return {
    beforeSlice: ({ offset, rows }) =>
      offset >= rows && offset > 0
        ? { error: `The offset ${offset} of limit is not within the ${rows} rows (fault).` }
        : undefined,
  }
}

function forgetting(every: number): Faults {
  return {
    beforeExecute: ({ kind, requestNumber }) =>
      kind !== 'connect' && requestNumber % every === 0 ? forget : undefined,
  }
}

function refusalText(name: string, table: string): string {
  const refusal = Object.hasOwn(refusedInserts, name) ? refusedInserts[name] : undefined
  return (
    refusal?.(table) ?? `<${name}>The insert was refused because this server was asked to (fault).`
  )
}
