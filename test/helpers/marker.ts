/*
  A run that has claimed its name on a server, and has no ledger yet.
*/
import type { Session } from '../../src/client/open-session.js'
import { checkOwner, markScript, tokenOf, type RunName } from '../../src/load/marker/marker.js'

/** Claims the name as the request that opens the ledger does. @throws {DdbError} DDB_LOCKED */
export async function markRun(session: Session, run: RunName, timeoutMs: number): Promise<void> {
  const owner = await session.run(`${markScript(session, run)}ddbIngestOwner`, { timeoutMs })
  await checkOwner(session, tokenOf(owner), run, timeoutMs)
}
