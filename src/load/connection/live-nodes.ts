/*
  Finds other nodes of the cluster, to which a run can move all its connections if its own node is lost. The target must
  be a DFS table, which every node can write. The run ignores hosts that the user has not named.
*/
import type { Session } from '../../client/open-session.js'
import { liveNodesScript, nodesIn } from '../../client/pool/live-nodes.js'
import { ServerError } from '../../errors.js'
import type { Run } from '../run.js'
import type { TargetDescription } from '../target/describe-target.js'
import { isAllowed } from './redirect.js'

/**
 * Asks which other nodes may take over. Asks only for a DFS table, and only if the user permits redirects. Never asks
 * if new rows replace stored ones, because a lost node might still write its old batches over newer rows.
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function findLiveNodes(
  { checked: { target, confirmTimeoutMs: timeoutMs }, server }: Run,
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
    // A single node has no other nodes, and a run without the right to ask continues without them.
    if (!(error instanceof ServerError)) throw error
  }
}
