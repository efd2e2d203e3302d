/* What a check works with: sessions, temporary tables, and a signal that the check's time is over. */
import { once } from 'node:events'
import { Link } from '../client/link.js'
import { logIn, type AskServer } from '../client/login/log-in.js'
import { protectionOf } from '../client/login/protection.js'
import type { Session } from '../client/open-session.js'
import { requestHead } from '../client/session-options.js'
import { readTls } from '../client/tls/tls-options.js'
import { DdbError, ServerError } from '../errors.js'
import { connectDeadlineMs, connectServer } from '../load/connection/connect.js'
import type { ServerTarget } from '../load/options.js'
import type { Platform } from '../platform/platform.js'
import { wait } from '../platform/clocks.js'
import type { Request, RequestHead } from '../protocol/request.js'
import { decodeResponse, type Response } from '../protocol/response.js'
import type { Value } from '../protocol/value.js'
import type { ByteReader } from '../wire/byte-reader.js'
import { numberOf, refusalOf, Unavailable } from './answers.js'
import { temporaryName, type NameStamp, type TestObject } from './leftovers.js'

/** A connection that makes no progress for this long during its closing is abandoned. */
const closeTimeoutMs = 1_000
/** Pause of `until` between two questions, ms. */
const pauseMs = 20

/** Shared by a run of `selftest` and one of its checks. */
export interface CheckScope {
  readonly platform: Platform
  readonly server: ServerTarget
  readonly stamp: NameStamp
  readonly serverMs: () => number
  /** Aborted when the check's time is over. */
  readonly signal: AbortSignal
  /** The synchronous session that creates everything. All checks share it. */
  readonly control: Session
  /** Connections that the check has opened. They are closed when the check ends. */
  readonly opened: Pick<Session, 'close' | 'abandon'>[]
  /** Objects that the check has created. They are removed when the check ends. */
  readonly made: TestObject[]
}

/** The head of a request without what the caller says. */
const usualHead = requestHead('0', false, {})

export type CheckContext = ReturnType<typeof checkContext>

export function checkContext(scope: CheckScope) {
  return { ...scope, ...askingPart(scope), ...connectingPart(scope) }
}

function askingPart({ platform, signal, control, stamp, made }: CheckScope) {
  const ask = (script: string, session = control): Promise<Value | undefined> =>
    session.run(script, { signal })
  /** Repeats `question` until it returns an answer or the check ends. */
  const until = async <T>(question: () => Promise<T | undefined>): Promise<T> => {
    for (;;) {
      const answer = await question()
      if (answer !== undefined) return answer
      await wait(platform.clock, pauseMs, signal)
      if (signal.aborted)
        throw new DdbError('DDB_TIMEOUT', 'the expected change did not happen in time')
    }
  }
  /** Runs a script that needs rights or features. @throws {Unavailable} with the server's words if the server refuses */
  const prepare = async (script: string): Promise<Value | undefined> => {
    const request = ask(script)
    const why = await refusalOf(request)
    if (why === undefined) return request
    throw new Unavailable(`the server refuses what the check needs: ${why}`)
  }
  /** A name for an object that the check will create itself. */
  const named = (kind: TestObject['kind'], purpose: string): string => {
    const name = `${kind === 'database' ? 'dfs://' : ''}${temporaryName(stamp, purpose)}`
    made.push({ kind, name })
    return name
  }
  return {
    ask,
    until,
    prepare,
    named,
    /** Runs a script that makes a table, such as `streamTable(1:0, …)`, and shares the table. @returns the table's name */
    share: async (purpose: string, table: string): Promise<string> => {
      const name = named('table', purpose)
      await prepare(`share(${table}, "${name}")`)
      return name
    },
    call: (name: string, args: readonly Value[], session = control): Promise<Value | undefined> =>
      session.call(name, args, { signal }),
    refusalOf: (script: string, session = control): Promise<string | undefined> =>
      refusalOf(ask(script, session)),
    /** The number of a table's rows. With `atLeast`, waits until the table has that many rows and stops growing. */
    rowsOf: (table: string, atLeast = 0): Promise<number> => {
      let before: number | undefined
      return until(async () => {
        const rows = numberOf(await ask(`exec count(*) from ${table}`))
        if (rows >= atLeast && (rows === before || atLeast === 0)) return rows
        before = rows
        return undefined
      })
    },
  }
}

function connectingPart({ platform, server, control, signal, opened }: CheckScope) {
  // The node of the control session, even if the server has several nodes.
  const node: ServerTarget = { ...server, host: control.host, port: control.port, otherHosts: [] }
  const open = async (target = node, enableAsync = false): Promise<Session> => {
    const deadlineMs = connectDeadlineMs(platform, server)
    const rules = { deadlineMs, signal, closeTimeoutMs, enableAsync }
    const session = await connectServer(platform, target, rules)
    opened.push(session)
    return session
  }
  /** A connection that sends only the caller's requests, with flags, session ids and logins that `Session` does not allow. */
  const raw = async () => {
    const { host, port } = node
    const tls = server.tls === true ? await readTls(server, platform.files) : undefined
    const socket = platform.network.dial(host, port, tls)
    const { trace, password = '' } = server
    const options = { host, port, closeTimeoutMs, ...(trace && { trace }) }
    const link = new Link(socket, options, platform.clock)
    link.secrets.add(password)
    opened.push(link)
    // Sends nothing before the other end has proved its identity.
    await once(socket, tls === undefined ? 'connect' : 'secureConnect')
    const onMessage = (text: string): void => link.trace?.printed(text)
    const decode = (reader: ByteReader) => decodeResponse(reader, { onMessage })
    return {
      /** Sends a request without waiting. @throws {ValueError} */
      send(head: Partial<RequestHead>, request: Request): void {
        link.outgoing.encode({ ...usualHead, ...head }, request)
        link.outgoing.flush()
      },
      /** Sends a request and waits for the next answer. @throws {ConnectionError} @throws {ProtocolError} */
      ask: (head: Partial<RequestHead>, request: Request): Promise<Response> =>
        link.exchanges.submit({ ...usualHead, ...head }, request, decode),
    }
  }
  return {
    raw,
    open: (): Promise<Session> => open(),
    openAsync: (): Promise<Session> => open(node, true),
    openGuest: (): Promise<Session> => {
      const { user, password, ...guest } = node
      return open(guest)
    },
    /** Opens a connection with a session of its own, and the login of the control session. @throws {ServerError} */
    rawSession: async () => {
      const exchange = await raw()
      const connected = await exchange.ask({ protocol: 'API' }, { kind: 'connect' })
      if (!connected.ok) throw new ServerError(connected.message)
      const { sessionId } = connected
      const { user, password = '' } = server
      const random = (length: number): Uint8Array => platform.random.bytes(length)
      const askFunction: AskServer = (name, args) =>
        exchange.ask({ sessionId }, { kind: 'function', name, args })
      const method =
        user === undefined
          ? undefined
          : await logIn({ user, password }, protectionOf(node, user), random, askFunction)
      return { exchange, sessionId, method }
    },
  }
}
