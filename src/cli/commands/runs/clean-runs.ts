/*
  `runs --clean`: removes the journals of runs. If a run is unfinished, first removes its tables on the server.
*/
import { DdbError } from '../../../errors.js'
import { connectDeadlineMs, connectServer } from '../../../load/connection/connect.js'
import { deliveryDefaults } from '../../../load/defaults.js'
import {
  lockRun,
  readRun,
  removeOldRuns,
  type RemovedRun,
} from '../../../load/journal/known-runs.js'
import { dropRunTables } from '../../../load/marker/drop-run-tables.js'
import { systemPlatform } from '../../../platform/system.js'
import type { Call } from '../command.js'
import {
  missingRunError,
  serverSettingsOf,
  type JournaledServer,
  serverTargetOf,
} from '../../options/library-options.js'
import { readCredentials, type Login } from '../../options/password.js'
import type { RunsSettings } from '../../options/command-options.js'

/**
 * Removes the named runs, or, without names, finished runs that ended long ago.
 * @param removed  receives the runs whose journals were removed, one by one
 * @throws {DdbError} DDB_RUN_MISSING, DDB_RUN_DAMAGED, DDB_LOCKED while a process works on the run, DDB_CONFIG
 * @throws {ConnectionError} DDB_CONNECT: the journal stays as long as the server cannot be reached
 */
export async function cleanRuns(
  settings: RunsSettings,
  call: Call,
  folder: string,
  removed: RemovedRun[],
): Promise<void> {
  if (call.args.length === 0) {
    return removeOldRuns(folder, systemPlatform, removed)
  }
  const { files } = systemPlatform
  const login = newLogin(settings, call)
  for (const runId of call.args) {
    if ((await readRun(folder, runId, files, { evenDamaged: true })) === undefined) {
      throw await missingRunError(folder, runId)
    }
    const held = await lockRun(folder, runId, files)
    try {
      const known = await readRun(folder, runId, files, { evenDamaged: true })
      if (known === undefined) continue
      const { token, options } = known.run
      const forget = async (): Promise<void> => {
        const name = { runId, token: BigInt(`0x${token}`) }
        await forgetOnServer(settings, options.server, await login(options.server), name)
      }
      if (known.state !== 'finished' || known.damage !== undefined) await forget()
      // Without the journal, the server's row about the run is useless. A failure to remove this row is only noted.
      else if (known.journal.finished?.isMarked === true) {
        await forget().catch(error => noteLeft(call, runId, error))
      }
      files.remove(known.path)
      removed.push({ runId, endedAt: known.journal.end?.at ?? null })
    } finally {
      held.release()
    }
  }
}

function noteLeft({ output }: Call, runId: string, error: unknown): void {
  if (!(error instanceof DdbError)) throw error
  output.note(`the server still has a mark that run "${runId}" has finished: ${error.message}`)
}

async function forgetOnServer(
  settings: RunsSettings,
  journaled: JournaledServer,
  credentials: Login,
  name: Parameters<typeof dropRunTables>[1],
): Promise<void> {
  const server = serverTargetOf(serverSettingsOf(settings, journaled), credentials)
  const session = await connectServer(systemPlatform, server, {
    deadlineMs: connectDeadlineMs(systemPlatform, server),
  })
  try {
    await dropRunTables(session, name, deliveryDefaults.confirmTimeoutMs)
  } finally {
    await session.close().catch(() => undefined)
  }
}

/** Reads each user's password only once, because standard input delivers it once. */
function newLogin(
  settings: RunsSettings,
  call: Call,
): (journaled: JournaledServer) => Promise<Login> {
  const known = new Map<string | undefined, Login>()
  return async journaled => {
    const server = serverSettingsOf(settings, journaled)
    const credentials = known.get(server.user) ?? (await readCredentials(server, call))
    known.set(server.user, credentials)
    return credentials
  }
}
