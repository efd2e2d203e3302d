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
import { numberOf, serverWords, Unavailable } from './answers.js'
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

export interface CheckContext extends Pick<
  CheckScope,
  'platform' | 'server' | 'second' | 'stamp' | 'serverMs' | 'signal' | 'control' | 'kept'
> {
  /** Runs a script, by default on the control session. */
  readonly ask: (script: string, session?: Session) => Promise<Result | undefined>
  /** Calls a function, by default on the control session. */
  readonly call: (
    name: string,
    args: readonly Value[],
    session?: Session,
  ) => Promise<Result | undefined>
  /** Opens a session with the control session's login, or as a guest. The session is closed when the check ends. */
  readonly open: (options?: OpenOptions) => Promise<Session>
  /** Opens a session of the second user. @throws {Unavailable} if there is none */
  readonly openSecond: () => Promise<Session>
  /** Opens a connection without a session. */
  readonly raw: () => Promise<RawExchange>
  /** The rules by which this user may log in on a connection that `raw` has opened. */
  readonly protection: (user: string) => Protection
  /** Opens a connection with a session of its own, and the login of the control session. @throws {ServerError} */
  readonly rawSession: () => Promise<{ exchange: RawExchange; sessionId: string }>
  /** Runs a script that makes a table, such as `streamTable(1:0, …)`, and shares the table. @returns the table's name */
  readonly share: (purpose: string, table: string) => Promise<string>
  /** A name for a table that the check will share without `share`. */
  readonly tableName: (purpose: string) => string
  /** A name for a function view that the check adds itself. */
  readonly viewName: (purpose: string) => string
  /** A name for a database that the check creates itself. */
  readonly databaseName: (purpose: string) => string
  /** Grants the second user a right until the check ends. @throws {Unavailable} */
  readonly grant: (right: Grant['right'], object: string) => Promise<void>
  /** Creates the run's DFS database on the first call. @returns its name @throws {Unavailable} if that is impossible */
  readonly database: () => Promise<string>
  /** Runs a script that needs rights or features. @throws {Unavailable} with the server's words if the server refuses */
  readonly prepare: (script: string) => Promise<Result | undefined>
  /** Repeats `question` until it returns an answer or the check ends. */
  readonly until: <T>(question: () => Promise<T | undefined>) => Promise<T>
  /** The number of a table's rows. With `atLeast`, waits until the table has that many rows and stops growing. */
  readonly rowsOf: (table: string, atLeast?: number) => Promise<number>
}

interface OpenOptions {
  readonly enableAsync?: boolean
  readonly asGuest?: boolean
}

export function checkContext(scope: CheckScope): CheckContext {
  const { platform, server, second, stamp, serverMs, signal, control, kept } = scope
  const asking = askingPart(scope)
  return {
    platform,
    server,
    second,
    stamp,
    serverMs,
    signal,
    control,
    kept,
    ...asking,
    ...connectingPart(scope),
    ...creatingPart(scope, asking.prepare),
  }
}

function askingPart({
  platform,
  signal,
  control,
}: CheckScope): Pick<CheckContext, 'ask' | 'call' | 'prepare' | 'until' | 'rowsOf'> {
  const ask: CheckContext['ask'] = (script, session = control) => session.run(script, { signal })
  const until: CheckContext['until'] = async question => {
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
    call: (name, args, session = control) => session.call(name, args, { signal }),
    until,
    async prepare(script) {
      try {
        return await ask(script)
      } catch (error) {
        if (!(error instanceof ServerError)) throw error
        throw new Unavailable(`the server refuses what the check needs: ${serverWords(error)}`)
      }
    },
    rowsOf(table, atLeast = 0) {
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

function connectingPart(
  scope: CheckScope,
): Pick<CheckContext, 'open' | 'openSecond' | 'raw' | 'protection' | 'rawSession'> {
  const { platform, server, control } = scope
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
    async open(options = {}) {
      const session = await openSession(connectOptions(scope, options), platform)
      scope.sessions.push(session)
      return session
    },
    async openSecond() {
      const { second } = scope
      if (second === undefined) throw new Unavailable('no second user was given')
      const session = await openSession({ ...connectOptions(scope, {}), ...second }, platform)
      scope.sessions.push(session)
      return session
    },
    raw,
    protection: user => protectionOf(connectOptions(scope, {}), user),
    async rawSession() {
      const exchange = await raw()
      const connected = await exchange.ask({ protocol: 'API' }, { kind: 'connect' })
      if (!connected.ok) throw new ServerError(connected.message)
      const { sessionId } = connected
      const { user, password = '' } = server
      if (user !== undefined) {
        await logIn(
          { user, password },
          protectionOf(connectOptions(scope, {}), user),
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
  prepare: CheckContext['prepare'],
): Pick<CheckContext, 'share' | 'tableName' | 'viewName' | 'databaseName' | 'grant' | 'database'> {
  const named = (list: TestObject[], kind: NamedObject['kind'], purpose: string): string => {
    const name = `${kind === 'database' ? 'dfs://' : ''}${temporaryName(stamp, purpose)}`
    list.push({ kind, name })
    return name
  }
  return {
    async share(purpose, table) {
      const name = named(made, 'table', purpose)
      await prepare(`share(${table}, "${name}")`)
      return name
    },
    tableName: purpose => named(made, 'table', purpose),
    viewName: purpose => named(made, 'view', purpose),
    databaseName: purpose => named(made, 'database', purpose),
    async grant(right, object) {
      const user = second?.user ?? ''
      if (!userName.test(user))
        throw new Unavailable('the second user has no name that DolphinDB accepts')
      made.push({ kind: 'grant', name: object, right, user })
      await prepare(`grant("${user}", ${right}, "${object}")`)
    },
    database() {
      if (kept.database !== undefined) return kept.database
      const name = named(kept.made, 'database', 'database')
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
