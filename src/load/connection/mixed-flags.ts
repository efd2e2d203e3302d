/*
  Determines whether one session can take both asynchronous and answered requests, which differ by a flag in the request
  (docs/protocol.md#asynchronous-requests). If a session cannot, chooses a different way to send a run's data.
*/
import { mayLogInWithConnect } from '../../client/login/protection.js'
import type { Session } from '../../client/open-session.js'
import {
  ConnectionError,
  DdbError,
  ProtocolError,
  ServerError,
  TimeoutError,
  option,
} from '../../errors.js'
import { classifyRefusal } from '../outcomes/refusals.js'
import type { Run } from '../run.js'
import { asynchronousThroughout, connectRun } from './connect.js'

export type MixedFlags =
  | 'taken'
  /** The server did not execute the asynchronous statements, executed them too late, or answered them. */
  | 'refused'
  /** No answer in time, or an inconclusive one: the server may be busy. */
  | 'unknown'
  /** The connection ended. */
  | 'lost'

/** Longest wait for the answer. If a server never answers, every run waits this long. */
const longestProbeMs = 5_000

/** The question of the probe, and also of the version, because it costs no further round trip. */
const question = `ddbIngestVersion = ""
try { ddbIngestVersion = funcByName("version")() } catch(ex) { ddbIngestVersion = "" }
(ddbIngestMixed + 1, ddbIngestVersion)`

interface Found {
  readonly found: MixedFlags
  /** The server's version; '' if it is unknown. */
  readonly version: string
}

/**
 * Sends an asynchronous statement, and a question whose answer shows its effect, in one round trip. Do not use the
 * session again unless the result is `taken`.
 */
export async function probeMixedFlags(session: Session, timeoutMs: number): Promise<Found> {
  const without = (found: MixedFlags): Found => ({ found, version: '' })
  try {
    session.sendScript('ddbIngestMixed = 6')
    // If the server wrongly answers the statement, the answer is 6. Only the question yields 7.
    const answer = await session.run(question, { timeoutMs: Math.min(timeoutMs, longestProbeMs) })
    const [sum, version] = answer?.form === 'vector' && answer.type === 'ANY' ? answer.data : []
    if (sum?.form !== 'scalar' || sum.value !== 7) return without('refused')
    const isText = version?.form === 'scalar' && typeof version.value === 'string'
    return { found: 'taken', version: isText ? String(version.value) : '' }
  } catch (error) {
    if (error instanceof ProtocolError) return without('refused')
    if (error instanceof ConnectionError) return without('lost')
    if (error instanceof TimeoutError) return without('unknown')
    if (!(error instanceof ServerError)) throw error
    return without(classifyRefusal(error.serverMessage) === 'target' ? 'refused' : 'unknown')
  }
}

/** The session for a run's questions, and whether one session may mix asynchronous and answered requests. */
export interface Probed {
  readonly control: Session
  /** Undefined if the probe was inconclusive. */
  readonly mixedFlags: boolean | undefined
  readonly version: string
}

/**
 * Probes the run's session, and replaces a session that the probe broke. If the connection is lost, probes once more,
 * because the loss may have had a different cause.
 * @param reconnect  opens a new session on the same node
 */
export async function askMixedFlags(
  control: Session,
  timeoutMs: number,
  reconnect: () => Promise<Session>,
): Promise<Probed> {
  let session = control
  for (let losses = 0; ;) {
    const { found, version } = await probeMixedFlags(session, timeoutMs)
    if (found === 'taken') return { control: session, mixedFlags: true, version }
    session.abandon(new ConnectionError('DDB_CONNECTION_LOST', 'it was given up after a question'))
    session = await reconnect()
    if (found === 'lost' && ++losses < 2) continue
    return { control: session, mixedFlags: found === 'unknown' ? undefined : false, version }
  }
}

/**
 * Decides how data is sent: a session mixes asynchronous and answered requests only if this server has just shown that
 * it accepts both. Learns the server's version on the way.
 * @param reconnect  opens a new session on the same node if `control` has become useless
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function chooseMode(
  run: Run,
  control: Session,
  reconnect: () => Promise<Session>,
): Promise<void> {
  const { mode, confirmTimeoutMs } = run.checked
  if (mode !== 'async') return
  const probed = await askMixedFlags(control, confirmTimeoutMs, reconnect)
  if (probed.version !== '') run.server.version = probed.version
  if (probed.mixedFlags !== true) await sendUnmixed(run, probed.control, probed.mixedFlags)
}

/**
 * Sends a run's data as official clients do, over sessions that are asynchronous throughout. Their login must be part
 * of the connect request. If that is impossible, the run waits for the answer to every batch.
 * @param mixedFlags  undefined if the server did not answer in time
 */
export async function sendUnmixed(
  run: Run,
  control: Session,
  mixedFlags: false | undefined,
): Promise<void> {
  const { address: server } = run.server
  const why =
    mixedFlags === undefined
      ? 'the server did not show in time that it takes asynchronous and answered requests on one session'
      : 'this server does not take asynchronous and answered requests on one session'
  const isShown = mayShow(run)
  if (isShown && (await logsInWithConnect(run, control)) !== false) {
    run.server.dataSession = asynchronousThroughout
    run.reporter.notice(`${why}: data goes out as official clients send it`)
    return
  }
  const obstacle = isShown
    ? `user "${server.user}" cannot log in inside the connect request`
    : 'asynchronous data would need a password that anybody on the network can read'
  const remedy = isShown
    ? ''
    : `. ${option('server.tls')} or ${option('server.insecureLogin')} make it faster`
  run.checked = { ...run.checked, mode: 'sync' }
  run.reporter.notice(
    `${why}, and ${obstacle}: each batch is answered (${option('delivery.mode')} sync)${remedy}`,
  )
}

/** True if user and password may be part of the connect request, or if no user is given. */
function mayShow({ server: { address: server } }: Run): boolean {
  const { user, password = '' } = server
  if (user === undefined) return true
  // The connect request has one line for the user, and one for the password.
  if (/[\r\n]/.test(user + password)) return false
  return mayLogInWithConnect(server)
}

/**
 * Tests once whether a login inside the connect request works. Uses a session with answers, because an asynchronous
 * session cannot report who is logged in.
 */
async function logsInWithConnect(run: Run, control: Session): Promise<boolean | undefined> {
  const { user } = run.server.address
  if (user === undefined) return undefined
  const { signal } = run.options
  let session: Session | undefined
  try {
    session = await connectRun(run, { node: control, signal, loginWithConnect: true })
    const answer = await session.run('getCurrentSessionAndUser()[1]', {
      timeoutMs: run.checked.confirmTimeoutMs,
    })
    // If the server has forgotten a session, the session's user is a guest.
    if (session.closed || answer?.form !== 'scalar') return undefined
    return answer.value === user
  } catch (error) {
    if (!(error instanceof DdbError)) throw error
    return error.code === 'DDB_LOGIN' ? false : undefined
  } finally {
    await session?.close().catch(() => undefined)
  }
}
