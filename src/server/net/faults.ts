/* Deliberate failures: one hook decides for each request of a session, in order, what goes wrong. Users choose faults by name: `serve
   --fault ChunkInRecovery:5` (docs/server-semantics.md#refusals). */
import { UsageError } from '../../errors.js'
import type { Request } from '../../protocol/request.js'

/** Describes a request to fault hooks. */
export interface RequestInfo {
  readonly sessionId: string
  /** Number of the request on its connection; the connect request is 1. */
  readonly requestNumber: number
  readonly kind: 'connect' | 'script' | 'function' | 'variable'
  /** Script, function name or variable names, cut to 200 characters; '' for a connect request. */
  readonly text: string
  /** True if the client expects no answer (flag 4). */
  readonly asynchronous: boolean
  /** True if flag 4 differs from the connect request. Official clients use one value for the whole connection. */
  readonly mixed: boolean
  /** Number of rows if the last argument is a table; otherwise 0. */
  readonly rows: number
}

interface FaultError {
  readonly error: string
}

/** The action waits for the promise first. Jobs of other sessions continue. */
interface FaultWait {
  readonly until: Promise<unknown>
}

/**
 * The fault of a request.
 * - drop: the server neither runs nor answers the request.
 * - close: the connection ends at once; this request and all later ones are lost.
 * - twice: the server runs the request twice, if the client expects no answer.
 * - forget: the server drops the session with its user, variables and functions. The request runs in a new session.
 * - later: the request runs after the next answered request, or when no more requests come.
 * - flag: the request runs with flag 4 inverted.
 * - stall: the request runs, but the connection sends no more answers.
 */
export type FaultBefore =
  'drop' | 'close' | 'twice' | 'forget' | 'later' | 'flag' | 'stall' | FaultError | FaultWait

/** A fault after a request has run: no answer (drop), connection ended (close), or answer cut in the middle (cut). */
export type FaultAfter = 'drop' | 'close' | 'cut'

/** Describes an insert inside a script. */
export interface WriteInfo {
  readonly sessionId: string
  /** Name under which the table is shared; '' if it is not shared. */
  readonly table: string
  /** Number of rows if the argument is a table; 0 for single values and vectors. */
  readonly rows: number
}

/** The fault of an insert. drop: it returns 0 and stores nothing, as if its job had been killed. */
export type FaultWrite = 'drop' | FaultError | FaultWait

/** What goes wrong with a request. Nothing goes wrong where a member is missing or gives undefined. */
export interface FaultAction {
  readonly request?: FaultBefore | undefined
  /** Called when the request has run, before it is answered. */
  answer?(): FaultAfter | undefined
  /** Called before each tableInsert. */
  insert?(write: WriteInfo): FaultWrite | undefined
  /** Called before the server removes a shared stream table. */
  removal?(table: string): FaultError | undefined
  /** Called before a clause `limit offset, n` is applied to a result with `rows` rows. */
  limit?(offset: number, rows: number): FaultError | undefined
}

export interface Faults {
  /** Called before each request. A word, an error or a promise alone is the member `request` of an action. */
  before?: (request: RequestInfo) => FaultBefore | FaultAction | undefined
}

export function actionOf(given: FaultBefore | FaultAction | undefined): FaultAction {
  if (given === undefined) return {}
  return typeof given === 'string' || 'error' in given || 'until' in given
    ? { request: given }
    : given
}

const describedChars = 200

export function fullText(request: Request): string {
  if (request.kind === 'script') return request.script
  if (request.kind === 'function') return request.name
  return request.kind === 'variable' ? request.names.join(',') : ''
}

/** Describes a request in hooks, job lists and failure lists: clipped text, without the arguments of `login(…)`. */
export function requestText(request: Request): string {
  return fullText(request)
    .slice(0, describedChars)
    .replaceAll(/\blogin\s*\([^)]*\)?/g, 'login(***)')
}

/** The tags of the errors with which a cluster refuses a write that would succeed a little later. */
const tags = [
  'ChunkInTransaction', 'ChunkInRecovery', 'DataNodeNotAvail', 'DataNodeNotReady', 'ControllerNotAvail',
  'ControllerNotReady', 'CacheInvalid', 'NotLeader',
] // prettier-ignore

/** The tag or RefId of an error → DolphinDB's message for a refused insert. TABLE is the name of a shared table. */
const refusedInserts: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    tags.map(tag => [
      tag,
      `<${tag}>The insert was refused because this server was asked to (fault).`,
    ]),
  ),
  S00002:
    "<ChunkInTransaction>The openChunks operation failed because the chunk '/TABLE' is currently locked and in use by transaction 1. RefId:S00002",
  S00003: "One symbase's size can't exceed 2097152. RefId: S00003",
  S00005:
    'Cannot accept new task <tableInsert> during a graceful shutdown of the server.RefId: S00005',
  S01012: 'No available replica for the chunk /TABLE is found on the controller. RefId:S01012',
  S01019:
    '<restore> Failed to add new value partitions to database dfs://TABLE. Please manually add new partitions: []. RefId:S01019',
  S01070:
    'The transaction 1 has expired, and the resolution process has been initiated. RefId: S01070',
  S01071: 'The transaction 1 has expired. It will be rolled back without resolution. RefId: S01071',
  S03019:
    'The volume of data exceeds the compression limit. Try inserting data in smaller batches, or adjust the replay rate. PersistenceManager fail to compress data: fault. RefId: S03019',
  S03020: 'The leader has not been elected. Try again later. RefId: S03020',
}

type Before = NonNullable<Faults['before']>

const toMixed =
  (fault: FaultBefore) =>
  (): Before =>
  ({ mixed }) =>
    mixed ? fault : undefined

/** Name → hook of the fault. `isDue` counts the events and is true for each N-th (`every`); the faults of every request ignore both. */
const faults: Readonly<Record<string, (isDue: () => boolean, every: number) => Before>> = {
  ...Object.fromEntries(
    Object.entries(refusedInserts).map(([name, text]) => [
      name,
      (isDue: () => boolean) => () => ({
        insert: ({ rows, table }) =>
          rows > 0 && isDue() ? { error: text.replace('TABLE', table) } : undefined,
      }),
    ]),
  ),
  S03000: isDue => () => ({
    removal: table => {
      const error = `To undefine the shared stream table '${table}', first cancel all subscriptions to it. RefId: S03000`
      return isDue() ? { error } : undefined
    },
  }),
  forget:
    (_, every) =>
    ({ kind, requestNumber }) =>
      kind !== 'connect' && requestNumber % every === 0 ? 'forget' : undefined,
  mixedRefuse: toMixed('close'),
  mixedIgnore: toMixed('drop'),
  mixedReorder: toMixed('later'),
  mixedAnswer: toMixed('flag'),
  mixedStall: toMixed('stall'),
  // Refuses a `limit` that begins after the last row. The message is our own, because DolphinDB documents none.
  limitEnd: () => () => ({
    limit: (offset, rows) =>
      offset >= rows && offset > 0
        ? { error: `The offset ${offset} of limit is not within the ${rows} rows (fault).` }
        : undefined,
  }),
}

export const faultNames = Object.keys(faults)

/** @param text  `NAME` or `NAME:N`; N is 10 by default. Faults of every request take no N. @throws {UsageError} DDB_USAGE */
export function requestedFaults(text: string): Required<Faults> {
  const [, name = '', count] = /^(\w+)(?::(\d{1,9}))?$/.exec(text) ?? []
  const every = Number(count ?? 10)
  const takesCount = every > 0 && !/^(mixed|limitEnd)/.test(name)
  if (Object.hasOwn(faults, name) && (takesCount || count === undefined)) {
    let events = 0
    return { before: faults[name]!(() => ++events % every === 0, every) }
  }
  throw new UsageError(
    'DDB_USAGE',
    `fault must be NAME or NAME:N, with NAME one of ${faultNames.join(', ')}, not ${JSON.stringify(text)}.`,
  )
}
