/*
  What a check works with: sessions, temporary tables, and a signal that the check's time is over.
*/
import { logIn } from '../client/login/log-in.js'
import { newSecrets } from '../client/login/hide-password.js'
import {
  loginOptionsOf,
  mayLogInWithConnect,
  protectionOf,
  type Protection,
} from '../client/login/protection.js'
import {
  openSession,
  type ConnectOptions,
  type Result,
  type Session,
} from '../client/open-session.js'
import { readTls, tlsOptionsOf } from '../client/tls/tls-options.js'
import { traceConnection } from '../client/trace.js'
import { DdbError, ServerError } from '../errors.js'
import type { ServerTarget } from '../load/options.js'
import type { Platform } from '../platform/platform.js'
import { wait } from '../platform/wait.js'
import type { Value } from '../protocol/value.js'
import { numberOf, refusalOf, serverWords, Unavailable } from './answers.js'
import {
  type Grant,
  type TestObject,
  type NamedObject,
  temporaryName,
  type NameStamp,
} from './leftovers.js'
import { rawExchange, type RawExchange } from './raw-exchange.js'

/** A session that makes no progress for this long during its closing is abandoned. */
const closeTimeoutMs = 1_000
/** Pause of `until` between two questions, ms. */
const pauseMs = 20

/** The login of a second user, different from the user of all other checks. */
export interface SecondLogin {
  readonly user: string
  readonly password: string
}

/** Shared by a run of `selftest` and one of its checks. */
export interface CheckScope {
  readonly platform: Platform
  readonly server: ServerTarget
  readonly second: SecondLogin | undefined
  readonly stamp: NameStamp
  readonly serverMs: () => number
  /** Aborted when the check's time is over. */
  readonly signal: AbortSignal
  /** The synchronous session that creates everything. All checks share it. */
  readonly control: Session
  readonly sessions: Session[]
  readonly exchanges: RawExchange[]
  /** Objects that the check has created. They are removed when the check ends. */
  readonly made: TestObject[]
  /** Objects that stay until the run ends. `database` is undefined until a check needs the run's database. */
  readonly kept: { readonly made: TestObject[]; database?: Promise<string> | undefined }
}

interface OpenOptions {
  readonly enableAsync?: boolean
  readonly asGuest?: boolean
}

export type CheckContext = ReturnType<typeof checkContext>

export function checkContext(scope: CheckScope) {
  const { platform, server, second, stamp, serverMs, signal, control, kept } = scope
  const asking = askingPart(scope)
  return {
    ...{ platform, server, second, stamp, serverMs, signal, control, kept },
    ...asking,
    ...connectingPart(scope),
    ...creatingPart(scope, asking.prepare),
  }
}

function askingPart({ platform, signal, control }: CheckScope) {
  /** Runs a script, by default on the control session. */
  const ask = (script: string, session = control): Promise<Result | undefined> =>
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
  return {
    ask,
    until,
    /** Calls a function, by default on the control session. */
    call: (name: string, args: readonly Value[], session = control): Promise<Result | undefined> =>
      session.call(name, args, { signal }),
    /** The server's words if it refuses a script. */
    refusalOf: (script: string, session = control): Promise<string | undefined> =>
      refusalOf(ask(script, session)),
    /** Runs a script that needs rights or features. @throws {Unavailable} with the server's words if the server refuses */
    prepare: async (script: string): Promise<Result | undefined> => {
      try {
        return await ask(script)
      } catch (error) {
        if (!(error instanceof ServerError)) throw error
        throw new Unavailable(`the server refuses what the check needs: ${serverWords(error)}`)
      }
    },
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

function connectingPart(scope: CheckScope) {
  const { platform, server, control, second } = scope
  const protection = (user: string): Protection => protectionOf(connectOptions(scope, {}), user)
  const opened = async (options: ConnectOptions): Promise<Session> => {
    const session = await openSession(options, platform)
    scope.sessions.push(session)
    return session
  }
  /** Opens a connection without a session. */
  const raw = async (): Promise<RawExchange> => {
    const { host, port } = control
    const tls = server.tls === true ? await readTls(server, platform.files) : undefined
    const secrets = newSecrets(server.password)
    const trace = server.trace && traceConnection(server.trace, platform.clock, secrets)
    trace?.opened(host, port)
    const socket = platform.network.dial(host, port, tls)
    const exchange = rawExchange(socket, trace, tls === undefined ? 'connect' : 'secureConnect')
    scope.exchanges.push(exchange)
    return exchange
  }
  return {
    raw,
    /** The rules by which this user may log in on a connection that `raw` has opened. */
    protection,
    /** Opens a session with the control session's login, or as a guest. The session is closed when the check ends. */
    open: (options: OpenOptions = {}): Promise<Session> => opened(connectOptions(scope, options)),
    /** Opens a session of the second user. @throws {Unavailable} if there is none */
    openSecond: async (): Promise<Session> => {
      if (second === undefined) throw new Unavailable('no second user was given')
      return opened({ ...connectOptions(scope, {}), ...second })
    },
    /** Opens a connection with a session of its own, and the login of the control session. @throws {ServerError} */
    rawSession: async ({ asGuest = false }: Pick<OpenOptions, 'asGuest'> = {}) => {
      const exchange = await raw()
      const connected = await exchange.ask({ protocol: 'API' }, { kind: 'connect' })
      if (!connected.ok) throw new ServerError(connected.message)
      const { sessionId } = connected
      const { user, password = '' } = server
      if (user !== undefined && !asGuest) {
        await logIn(
          { user, password },
          protection(user),
          length => platform.random.bytes(length),
          (name, args) => exchange.ask({ sessionId }, { kind: 'function', name, args }),
        )
      }
      return { exchange, sessionId }
    },
  }
}

/** Options for connecting to the node of the control session, even if the server has several nodes. */
function connectOptions(
  { server, control, signal }: CheckScope,
  { enableAsync = false, asGuest = false }: OpenOptions,
): ConnectOptions {
  const { user, password, trace, connectTimeoutMs } = server
  const login = user === undefined || asGuest ? {} : { user, password: password ?? '' }
  return {
    host: control.host,
    port: control.port,
    ...login,
    ...tlsOptionsOf(server),
    ...loginOptionsOf(server),
    ...(connectTimeoutMs === undefined ? {} : { connectTimeoutMs }),
    ...(trace === undefined ? {} : { trace }),
    enableAsync,
    closeTimeoutMs,
    signal,
  }
}

/** DolphinDB's rule for names (manual, createUser). A name that breaks this rule must not get into a script. */
const userName = /^[A-Za-z][A-Za-z0-9_-]{0,29}$/

function creatingPart(
  { stamp, second, made, kept }: CheckScope,
  prepare: (script: string) => Promise<unknown>,
) {
  const named =
    (kind: NamedObject['kind'], list = made) =>
    (purpose: string): string => {
      const name = `${kind === 'database' ? 'dfs://' : ''}${temporaryName(stamp, purpose)}`
      list.push({ kind, name })
      return name
    }
  const tableName = named('table')
  return {
    /** A name for a table that the check will share without `share`. */
    tableName,
    /** A name for a function view that the check adds itself. */
    viewName: named('view'),
    /** A name for a database that the check creates itself. */
    databaseName: named('database'),
    /** Runs a script that makes a table, such as `streamTable(1:0, …)`, and shares the table. @returns the table's name */
    share: async (purpose: string, table: string): Promise<string> => {
      const name = tableName(purpose)
      await prepare(`share(${table}, "${name}")`)
      return name
    },
    /** Grants the second user a right until the check ends. @throws {Unavailable} */
    grant: async (right: Grant['right'], object: string): Promise<void> => {
      const user = second?.user ?? ''
      if (!userName.test(user))
        throw new Unavailable('the second user has no name that DolphinDB accepts')
      made.push({ kind: 'grant', name: object, right, user })
      await prepare(`grant("${user}", ${right}, "${object}")`)
    },
    /** Creates the run's DFS database on the first call. @returns its name @throws {Unavailable} if that is impossible */
    database: (): Promise<string> => {
      if (kept.database !== undefined) return kept.database
      const name = named('database', kept.made)('database')
      const database = prepare(`database("${name}", VALUE, 1..3)`).then(() => name)
      kept.database = database
      // Forgets the failed attempt, because a later one may succeed, for example after a timeout.
      database.catch(error => {
        if (!(error instanceof Unavailable)) kept.database = undefined
      })
      return database
    },
  }
}

/** @throws {Unavailable} if there is no user, or the password would be sent in plain text */
export function rawLogin(server: ServerTarget): {
  user: string
  password: string
  encrypted: boolean
} {
  const { user, password = '' } = server
  if (user === undefined) throw new Unavailable('no user was given')
  if (!mayLogInWithConnect(server)) {
    throw new Unavailable('the password would be sent in plain text')
  }
  return { user, password, encrypted: false }
}
