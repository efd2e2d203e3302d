/*
  Other nodes of the cluster, where a run may go on with all of its connections if its own node is lost: into DFS tables, which every
  node writes, and only to hosts that the user has named.
*/
import type { Session } from '../../client/open-session.js'
import { liveNodesScript, nodesIn } from '../../client/pool/live-nodes.js'
import { ServerError } from '../../errors.js'
import type { Run } from '../run.js'
import type { TargetDescription } from '../target/describe-target.js'
import { isAllowed } from './redirect.js'

/**
 * Asked only where hosts are named for it. What was out when a node was lost may still be written by it: where rows replace others
 * that came before, the user has to decide.
 *
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function learnLiveNodes(
  { plan: { target, confirmTimeoutMs: timeoutMs }, server }: Run,
  control: Session,
  { keyed, upsert }: TargetDescription,
): Promise<void> {
  const { allowRedirect = [] } = server.address
  const isDfs = target.kind === 'table' && target.table.kind === 'dfs'
  if (allowRedirect.length === 0 || !isDfs || keyed || upsert !== undefined) return
  try {
    const nodes = nodesIn(await control.run(liveNodesScript, { timeoutMs }))
    server.liveNodes = nodes.filter(({ host }) => isAllowed(server.address, host))
  } catch (error) {
    // A node that is no cluster has no others, and who may not ask goes without them.
    if (!(error instanceof ServerError)) throw error
  }
}
