/*
  Deliberate failures, for tests: hooks decide for each request which fault to apply. A hook sees the requests of a
  session in order, so a test that counts requests is deterministic.
*/
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

/**
 * The fault of a request.
 * - drop: the server neither runs nor answers the request.
 * - close: the connection ends at once; this request and all later ones are lost.
 * - twice: the server runs the request twice, if the client expects no answer.
 * - forget: the server drops the session with its user, variables and functions. The request runs in a new session.
 * - later: the request runs after the next answered request, or when no more requests come.
 * - flag: the request runs with flag 4 inverted.
 * - stall: the request runs, but the connection sends no more answers.
 * - error: the request does not run and fails with this text.
 * - until: the request waits for the promise, then runs.
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

/** A fault after a request has run: no answer (drop), connection ended (close), or answer cut in the middle (cut). */
export type FaultAfter = 'drop' | 'close' | 'cut'

/** Describes an insert inside a script to fault hooks. */
export interface WriteInfo {
  readonly sessionId: string
  /** Name under which the table is shared; '' if it is not shared. */
  readonly table: string
  /** Number of rows if the argument is a table; 0 for single values and vectors. */
  readonly rows: number
}

/**
 * The fault of an insert. drop: it returns 0 and stores nothing, as if its job had been killed. error: it fails with
 * this text. until: it waits for the promise first; jobs of other sessions continue.
 */
export type FaultWrite = 'drop' | { readonly error: string } | { readonly until: Promise<unknown> }

/** Describes the removal of a shared stream table to fault hooks. */
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

/** All hooks are optional. A hook that returns undefined applies no fault. */
export interface Faults {
  /** Called before each tableInsert. */
  beforeWrite?(write: WriteInfo): FaultWrite | undefined
  /** Called before the server removes a shared stream table. */
  beforeRemoval?(removal: RemovalInfo): { readonly error: string } | undefined
  /** Called before a `limit` clause is applied. */
  beforeSlice?(slice: SliceInfo): { readonly error: string } | undefined
  beforeExecute?(request: RequestInfo): FaultBefore | undefined
  afterExecute?(request: RequestInfo): FaultAfter | undefined
}

const describedChars = 200

/** Describes a request in hooks, job lists and failure lists: clipped text, without the arguments of `login(…)`. */
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

/** Describes a request to hooks; hides passwords inside `login(…)`. */
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
