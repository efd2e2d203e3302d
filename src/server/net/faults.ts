/*
  Deliberate failures: hooks decide, request by request, which fault to apply. A hook sees every request in the order of its session, so
  a test that counts is deterministic.
*/
import type { Request } from '../../protocol/request.js'

/** Facts about a request, for fault hooks. */
export interface RequestInfo {
  readonly sessionId: string
  /** From 1, including the connect request. */
  readonly requestNumber: number
  readonly kind: 'connect' | 'script' | 'function' | 'variable'
  /** Script, function name, or variable names, clipped to 200 characters; '' for a connect. */
  readonly text: string
  /** True if no answer is expected (flag 4). */
  readonly asynchronous: boolean
  /** True if flag 4 differs from the connect request: official clients set it for a whole connection or not at all. */
  readonly mixed: boolean
  /** Rows of the last argument if that is a table, else 0. */
  readonly rows: number
}

/**
 * drop: the request is neither executed nor answered, as if it had never arrived. close: the connection ends at once and loses
 * everything after the request. twice: executed as if the request had arrived twice; for requests without an answer. forget: the server
 * drops the session with its user, variables and functions; the request runs in a new session, whose id the answer carries. error: not
 * executed, fails with this text. until: waits first, then executes. later: runs after the next answered request, or when no more come.
 * flag: runs as if flag 4 were inverted. stall: the connection answers nothing from here on.
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

/**
 * drop: executed, not answered. close: executed, then the connection ends. cut: the connection ends in the middle of the answer.
 */
export type FaultAfter = 'drop' | 'close' | 'cut'

/** Facts about one insert inside a script, for fault hooks. */
export interface WriteInfo {
  readonly sessionId: string
  /** Name under which the table is shared; '' for a table that is not shared. */
  readonly table: string
  /** Rows of a table argument; 0 if single values or vectors are inserted. */
  readonly rows: number
}

/**
 * drop: the insert returns 0 and stores nothing, as if the job had been killed during the insert. until: the insert
 * waits first, while jobs of other sessions continue.
 */
export type FaultWrite = 'drop' | { readonly error: string } | { readonly until: Promise<unknown> }

/** Facts about a shared stream table that is about to be removed, for fault hooks. */
export interface RemovalInfo {
  readonly sessionId: string
  readonly table: string
}

/** Facts about a clause `limit offset, rows`, for fault hooks. */
export interface SliceInfo {
  readonly offset: number
  /** Rows of the whole result. */
  readonly rows: number
}

/** Every hook is optional; if it returns undefined, nothing goes wrong. */
export interface Faults {
  /** Called before every tableInsert. */
  beforeWrite?(write: WriteInfo): FaultWrite | undefined
  /** Called before a shared stream table is removed. */
  beforeRemoval?(removal: RemovalInfo): { readonly error: string } | undefined
  /** Called before a part of a result is cut out. */
  beforeSlice?(slice: SliceInfo): { readonly error: string } | undefined
  beforeExecute?(request: RequestInfo): FaultBefore | undefined
  afterExecute?(request: RequestInfo): FaultAfter | undefined
}

const describedChars = 200

/** Text of a request for hooks, jobs and failure lists: clipped, without the content of `login(…)`. */
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

/** A request as hooks see it; passwords inside `login(…)` are hidden. */
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
