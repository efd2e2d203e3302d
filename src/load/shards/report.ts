/* A run that shards load, for processes that load none of it. */
import { addressText } from '../../client/failure.js'
import { DdbError } from '../../errors.js'
import type { Platform } from '../../platform/platform.js'
import type { AuditOptions } from '../audit/audit-result.js'
import { connectServer } from '../connection/connect.js'
import type { Asking } from '../connection/server-queries.js'
import { cellsAsFound } from '../inputs/detected.js'
import { loadOn } from '../load.js'
import { deliveryDefaults } from '../checked-options.js'
import type { LoadResult, ServerTarget } from '../options.js'
import { askRegister, forgetRun } from '../register/register.js'
import { findShared, type SharedRun } from './shared-run.js'

/** @returns the result of a shard of everything: `error` is null only if all is loaded, and is there @throws {DdbError} DDB_RUN_MISSING */
export async function lookAtShards(
  platform: Platform,
  server: ServerTarget,
  runId: string,
  onNotice: (notice: string) => void,
): Promise<LoadResult> {
  const { recorded, unfinished, ...options } = await optionsOfShards(platform, server, runId)
  const { create: _, ...target } = options.target
  const looking = { inputs: [''], rejects: {}, shard: { index: 0, count: 1 } }
  return loadOn(platform, { ...options, ...looking, target, runId, onNotice })
}

/** The options of the run; its inputs are the files of all streams. @throws {DdbError} DDB_RUN_MISSING */
export function optionsOfShards(
  platform: Platform,
  server: ServerTarget,
  runId: string,
): Promise<AuditOptions> {
  return withShared(platform, server, runId, ({ options, streams, offsets, done }) => {
    const recorded = streams.flat()
    const inputs = new Set(recorded.map(({ path }) => path))
    const cells = cellsAsFound(options.cells, {}, offsets)
    // They are files, whatever has chosen them.
    const { include: _, ...input } = options.input ?? {}
    const unfinished = done.size < streams.length
    const found = { inputs: [...inputs], recorded, unfinished, input, cells, server }
    return Promise.resolve({ ...options, ...found })
  })
}

/** Removes the record of the run, after which its processes send nothing more. @throws {DdbError} DDB_RUN_MISSING */
export function forgetShards(platform: Platform, server: ServerTarget, runId: string) {
  return withShared(platform, server, runId, async (run, asking) => {
    const { rows } = await askRegister(asking, runId)
    const asked = new Set(rows.map(({ token }) => token))
    // A process that began the run at the same time, and was killed, has left a record that would take its place. What begins now stays.
    for (let left: SharedRun | undefined = run; left && asked.has(left.token);) {
      await forgetRun(asking, runId, left.token)
      left = await findShared(asking, runId)
    }
  })
}

async function withShared<Result>(
  platform: Platform,
  server: ServerTarget,
  runId: string,
  act: (run: SharedRun, asking: Asking) => Promise<Result>,
): Promise<Result> {
  const session = await connectServer(platform, server)
  const asking = { session, timeoutMs: deliveryDefaults.confirmTimeoutMs }
  try {
    const shared = await findShared(asking, runId)
    if (shared !== undefined) return await act(shared, asking)
    throw new DdbError(
      'DDB_RUN_MISSING',
      `neither a journal nor the server ${addressText(server.host, server.port)} has a run "${runId}": if the server was restarted, its record is lost`,
    )
  } finally {
    await session.close().catch(() => undefined)
  }
}
