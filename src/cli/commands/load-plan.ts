/*
  `load --plan`: runs as one of several processes that load a plan (inputs divided among them).
*/
import { resolve } from 'node:path'
import { UsageError } from '../../errors.js'
import { loadShard } from '../../load/fleet/load-shard.js'
import type { Manifest } from '../../load/fleet/manifest.js'
import { placeOf } from '../../load/fleet/planned-files.js'
import type { Shard } from '../../load/fleet/shards.js'
import { systemPlatform } from '../../platform/system.js'
import { archiveOf } from '../../source/archive/archives.js'
import { refuseSharedFiles } from '../files/one-file.js'
import { readPlanFile } from '../files/plan-file.js'
import { loadOptionsOf, targetOptionsOf, type LoadSettings } from '../options/load-options.js'
import { shardOf } from '../options/shard.js'
import type { Call } from './command.js'
import { runOnProcess } from './run-on-process.js'

/** @returns the exit code of the shard (this process's share); its failures are in its result, not thrown */
export async function loadPlan(settings: LoadSettings, plan: string, call: Call): Promise<number> {
  const { runId, confirm } = settings
  const { host, port = settings.port } = settings.host[0]
  return runOnProcess<{ readonly manifest: Manifest; readonly shard: Shard }>(
    {
      settings,
      async find() {
        checkCall(settings, call)
        const { shard = { index: 1, count: 1 } } = settings
        return {
          shard: shardOf(shard, call.processEnvironment.environment),
          manifest: await readPlanFile(plan),
        }
      },
      asked: () => ({ runId, confirm, server: { host, port }, target: targetOptionsOf(settings) }),
      async check({ manifest }) {
        const { rejects, summary, metricsFile } = settings
        // Refuses an output file that is also an input: writing would destroy the input.
        const writes = [rejects, summary, metricsFile].some(path => path !== undefined)
        const { files } = systemPlatform
        const planned = writes ? manifest.units.flatMap(unit => unit.files) : []
        const places = planned.map(({ path }) => placeOf(path, resolve(plan)))
        // If an input is a member of an archive, the file to protect is the archive.
        const paths = new Set(places.map(path => archiveOf(path, files) ?? path))
        const there = [...paths].filter(path => files.statusNow(path) !== undefined)
        const { path: _, pathUnmatched: __, ...named } = settings
        await refuseSharedFiles(named, there, call)
      },
      options: (_, trace) => loadOptionsOf(settings, [], call, trace),
      load: ({ manifest, shard }, options) =>
        loadShard(systemPlatform, options, {
          manifest,
          shard,
          placeOf: path => placeOf(path, resolve(plan)),
        }),
      resumedRun: () => Promise.resolve(undefined),
    },
    call,
  )
}

function checkCall(
  { runId, filesFrom, include, members, dryRun, restart }: LoadSettings,
  call: Call,
): void {
  const others = [filesFrom, include, members]
  if (call.args.length > 0 || others.some(one => one !== undefined)) {
    throw new UsageError('DDB_USAGE', '--plan names its inputs itself: leave other sources out')
  }
  if (runId === undefined) {
    throw new UsageError(
      'DDB_USAGE',
      '--plan needs --run-id, the same for all shards: the server knows the run by it',
    )
  }
  if (dryRun === true) {
    throw new UsageError('DDB_USAGE', '--plan writes: check its files with ddb-ingest check')
  }
  if (restart === true) {
    throw new UsageError(
      'DDB_USAGE',
      '--restart does not work with a plan: remove the rows of the plan from the table, then its records from the server with ddb-ingest runs RUN --clean',
    )
  }
}
