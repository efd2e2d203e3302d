/*
  Deliberate failures: for each request, hooks decide which fault to apply. A hook sees all requests of a session in
  their order, so a test that counts them is deterministic.
*/
import type { Request } from '../../protocol/request.js'

/** What fault hooks see of a request. */
export interface RequestInfo {
  readonly sessionId: string
  /** Counts from 1, including the connect request. */
  readonly requestNumber: number
  readonly kind: 'connect' | 'script' | 'function' | 'variable'
  /** Script, function name or variable names, clipped to 200 characters; '' for a connect request. */
  readonly text: string
  /** True if no answer is expected (flag 4). */
  readonly asynchronous: boolean
  /** True if flag 4 differs from the connect request. Official clients set it for a whole connection or not at all. */
  readonly mixed: boolean
  /** Rows of the last argument if it is a table, else 0. */
  readonly rows: number
}

/**
 * What happens to the request. drop: it is neither executed nor answered. close: the connection ends at once; the
 * request and all later ones are lost. twice: it is executed twice; for requests without an answer. forget: the server
 * drops the session with its user, variables and functions; the request runs in a new session, whose id is in the
 * answer. error: it fails with this text, not executed. until: it waits, then runs. later: it runs after the next
 * answered request, or when no more come. flag: it runs as if flag 4 were inverted. stall: it runs, but no more answers
 * are sent.
 */
export type FaultBefore =
  | 'drop'
  | 'close'
  | 'twice'
  | 'forget'
  | 'later'
  | 'flag'
  | 'stall'
  | { readonly error: string }
  | { readonly until: Promise<unknown> }

/** After execution. drop: no answer is sent. close: the connection ends. cut: the connection ends within the answer. */
export type FaultAfter = 'drop' | 'close' | 'cut'

/** What fault hooks see of an insert inside a script. */
export interface WriteInfo {
  readonly sessionId: string
  /** The name under which the table is shared; '' if it is not shared. */
  readonly table: string
  /** Number of rows in a table argument; 0 for single values and vectors. */
  readonly rows: number
}

/**
 * drop: the insert returns 0 and stores nothing, as if its job had been killed. error: fails with this text. until: the
 * insert waits first, while jobs of other sessions continue.
 */
export type FaultWrite = 'drop' | { readonly error: string } | { readonly until: Promise<unknown> }

/** Describes the removal of a shared stream table to fault hooks, before it happens. */
export interface RemovalInfo {
  readonly sessionId: string
  readonly table: string
}

/** Describes a clause `limit offset, rows` to fault hooks. */
export interface SliceInfo {
  readonly offset: number
  /** Rows of the result before `limit` applies. */
  readonly rows: number
}

/** Every hook is optional. A hook that returns undefined applies no fault. */
export interface Faults {
  /** Called before every tableInsert. */
  beforeWrite?(write: WriteInfo): FaultWrite | undefined
  /** Called before a shared stream table is removed. */
  beforeRemoval?(removal: RemovalInfo): { readonly error: string } | undefined
  /** Called before a `limit` clause cuts out a part of a result. */
  beforeSlice?(slice: SliceInfo): { readonly error: string } | undefined
  beforeExecute?(request: RequestInfo): FaultBefore | undefined
  afterExecute?(request: RequestInfo): FaultAfter | undefined
}

const describedChars = 200

/** What hooks, jobs and lists of failures show of a request: its text, clipped, without the contents of `login(…)`. */
export function requestText(request: Request): string {
  return fullText(request)
    .slice(0, describedChars)
    .replaceAll(/\blogin\s*\([^)]*\)?/g, 'login(***)')
}

function fullText(request: Request): string {
  switch (request.kind) {
    case 'connect':
      return ''
    case 'script':
      return request.script
    case 'function':
      return request.name
    case 'variable':
      return request.names.join(',')
  }
}

/** A request as hooks see it. Passwords inside `login(…)` are hidden. */
export function requestInfo(
  sessionId: string,
  requestNumber: number,
  request: Request,
  asynchronous: boolean,
  mixed: boolean,
): RequestInfo {
  const last = request.kind === 'function' ? request.args.at(-1) : undefined
  return {
    sessionId,
    requestNumber,
    kind: request.kind,
    text: requestText(request),
    asynchronous,
    mixed,
    rows: last?.form === 'table' ? last.rows : 0,
  }
}
