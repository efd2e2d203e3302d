/*
  Determines whether one session can take both asynchronous and answered requests, which differ by a flag in the request
  (docs/protocol.md#asynchronous-requests). If a session cannot, the server answers each batch of the run.
*/
import type { Session } from '../../client/open-session.js'
import { ConnectionError, ProtocolError, ServerError, TimeoutError, option } from '../../errors.js'
import { classifyRefusal } from '../outcomes/refusals.js'
import type { Run } from '../run.js'

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
 * Checks that a session mixes asynchronous and answered requests: if this server has not just shown it, each batch is answered. Learns the
 * server's version on the way.
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
  const { mixedFlags, version } = await askMixedFlags(control, confirmTimeoutMs, reconnect)
  if (version !== '') run.server.version = version
  if (mixedFlags === true) return
  const who =
    mixedFlags === undefined
      ? 'the server did not show in time that it takes'
      : 'this server does not take'
  run.checked = { ...run.checked, mode: 'sync' }
  run.reporter.notice(
    `${who} asynchronous and answered requests on one session: each batch is answered (${option('delivery.mode')} sync)`,
  )
}
