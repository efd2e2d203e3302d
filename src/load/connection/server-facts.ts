/*
  Learns facts that a run needs about its server: recalls them if the server's version is still the same, and otherwise asks for them.
*/
import type { Session } from '../../client/open-session.js'
import type { Run } from '../run.js'
import { factsOf, withFacts, type Facts } from './known-server.js'
import { askMixedFlags, sendUnmixed } from './mixed-flags.js'
import { askVersion, versionNotice } from './server-version.js'

/**
 * Asks the server for its version, and recalls the facts known about that server.
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function learnServerFacts(run: Run, control: Session): Promise<void> {
  const { plan, options } = run
  const { serverMemory, user } = options.server
  const { host, port } = control
  const version = await askVersion({ session: control, timeoutMs: plan.confirmTimeoutMs })
  if (version === undefined) return
  run.server.asked = { address: { host, port }, version }
  const known = remembering(run, () => serverMemory?.known({ host, port }))
  run.server.facts = factsOf(known, version, user)
  const notice = versionNotice(version, plan)
  if (notice !== undefined) run.reporter.notice(notice)
}

/**
 * Decides how data is sent. A session mixes asynchronous and answered requests only if a test has shown that the server
 * accepts both.
 * @param reconnect  opens a new session on the same node if `control` has become useless
 * @throws {ConnectionError} @throws {TimeoutError}
 * @throws {DdbError} DDB_UNAVAILABLE if the run cannot continue with this server
 */
export async function chooseMode(
  run: Run,
  control: Session,
  reconnect: () => Promise<Session>,
): Promise<void> {
  const { mode, confirmTimeoutMs } = run.plan
  if (mode !== 'async') return
  let session = control
  let { mixedFlags, loginWithConnect } = run.server.facts
  if (mixedFlags === undefined) {
    const probed = await askMixedFlags(control, confirmTimeoutMs, reconnect)
    session = probed.control
    mixedFlags = probed.mixedFlags
  }
  if (mixedFlags !== true) {
    loginWithConnect = await sendUnmixed(run, session, mixedFlags, loginWithConnect)
  }
  keepFacts(run, { mixedFlags, loginWithConnect })
}

/** Adds new facts to the run, and remembers them for later runs if the server's version is known. */
export function keepFacts(run: Run, found: Facts): void {
  const { options } = run
  const { asked } = run.server
  const { serverMemory, user } = options.server
  const news = (Object.keys(found) as (keyof Facts)[]).filter(
    name => found[name] !== undefined && found[name] !== run.server.facts[name],
  )
  if (news.length === 0) return
  run.server.facts = {
    ...run.server.facts,
    ...Object.fromEntries(news.map(name => [name, found[name]])),
  }
  // A check (dry run) saves nothing, not even facts about the server.
  if (asked === undefined || run.watch !== undefined) return
  const { address, version } = asked
  remembering(run, () => {
    // Other runs may have added facts in the meantime, so the memory is read again.
    serverMemory?.keep(
      address,
      withFacts(serverMemory.known(address), version, run.server.facts, user),
    )
  })
}

/** Runs the caller's code that reads or saves facts about servers. An exception in that code must not end the run. */
function remembering<T>(run: Run, action: () => T): T | undefined {
  try {
    return action()
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    run.reporter.notice(`facts about the server cannot be read or saved: ${text}`)
    return undefined
  }
}
