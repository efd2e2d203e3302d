/*
  What a run has to know of a server before it sends data, asked of the server or remembered.
*/
import type { Session } from '../../client/open-session.js'
import type { Run } from '../run.js'
import { factsOf, withFacts } from './known-server.js'
import { askMixedFlags, sendUnmixed } from './mixed-flags.js'
import { askVersion, versionNotice } from './server-version.js'

/**
 * Asks for the version, and for what is not known of it; what is found out is kept for later runs.
 *
 * @param reconnect  opens another session on the same node, for one that is of no more use
 * @throws {ConnectionError} @throws {TimeoutError}
 * @throws {DdbError} DDB_UNAVAILABLE for a run that cannot go on with this server
 */
export async function learnServer(
  run: Run,
  control: Session,
  reconnect: () => Promise<Session>,
): Promise<void> {
  const { plan, options } = run
  const { serverMemory, user } = options.server
  const { host, port } = control
  const timeoutMs = plan.confirmTimeoutMs
  const version = await askVersion({ session: control, timeoutMs })
  const notice = version === undefined ? undefined : versionNotice(version, plan)
  if (notice !== undefined) run.notice(notice)
  const known = serverMemory?.known({ host, port })
  if (version !== undefined) run.facts = factsOf(known, version, user)
  if (plan.mode !== 'async') return
  const before = run.facts
  let session = control
  let { mixedFlags } = before
  if (mixedFlags === undefined) {
    const probed = await askMixedFlags(control, timeoutMs, reconnect)
    session = probed.control
    mixedFlags = probed.mixedFlags
  }
  let { loginWithConnect } = before
  if (mixedFlags !== true) {
    loginWithConnect = await sendUnmixed(run, session, mixedFlags, loginWithConnect)
  }
  const isNew = mixedFlags !== before.mixedFlags || loginWithConnect !== before.loginWithConnect
  if (version === undefined || !isNew) return
  const found = withFacts(known, version, { mixedFlags, loginWithConnect }, user)
  run.facts = factsOf(found, version, user)
  // What only looks writes nothing.
  if (run.watch === undefined) serverMemory?.keep({ host, port }, found)
}
