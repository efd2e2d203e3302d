/* A run that has claimed its name on a server. */
import type { Session } from '../../src/client/open-session.js'
import type { RunName } from '../../src/load/register/register.js'
import { openLedger } from '../../src/load/transport/script.js'

export const namedRun = (runId: string, token: bigint, processKey = token): RunName => ({
  ...{ runId, token, processKey },
  isRegistered: true,
})

/** @throws {DdbError} DDB_LOCKED if another run has the name */
export const claimName = (session: Session, run: RunName, { number = 1, processNo = 1 } = {}) =>
  openLedger({ session, timeoutMs: 60_000 }, run, { number, processNo })
