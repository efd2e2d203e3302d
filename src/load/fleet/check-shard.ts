/*
  What may be requested for a shard of a plan, and why other requests are refused.
*/
import { DdbError, UsageError } from '../../errors.js'
import type { LoadOptions } from '../options.js'
import type { Manifest } from './manifest.js'
import { readingDigest } from './options-digest.js'
import type { Shard } from './shards.js'

/** What a process is asked to load. */
export interface ShardOfPlan {
  readonly manifest: Manifest
  readonly shard: Shard
  /** Finds a file of the manifest on this machine. */
  readonly placeOf: (path: string) => string
}

/** Refuses options that make no sense for one of several processes, or that would change the numbers of batches. */
export function checkShard(
  { journal, input = {}, target, delivery = {}, ...options }: LoadOptions,
  { manifest, shard: { index, count } }: ShardOfPlan,
): void {
  const { expectRows, minRows, expectUnique } = options
  const { confirm = 'auto', mode, connections = 1, batchRows, batchBytes, verify } = delivery
  const refusals: readonly [boolean, string][] = [
    [
      journal?.restart === true,
      '`journal.restart`: remove its rows, then what the server knows of it with `ddb-ingest runs RUN --clean`',
    ],
    [input.follow === true, '`input.follow`: a plan has the files that there are'],
    [input.limit !== undefined, '`input.limit`: name fewer files'],
    [target.create !== undefined, '`target.create`: make the table before the first shard begins'],
    [connections !== 1, '`delivery.connections`: start more shards'],
    [
      mode === 'sync' || !['auto', 'receipts'].includes(confirm),
      '`delivery.mode` and `delivery.confirm` other than receipts: they tell what other processes have loaded',
    ],
    [
      batchRows !== undefined || batchBytes !== undefined,
      '`delivery.batchRows` and `delivery.batchBytes`: the plan says where batches end',
    ],
    [verify !== undefined, '`delivery.verify`: a process knows its own rows alone'],
    [
      expectRows !== undefined || minRows !== undefined || expectUnique === true,
      '`expectRows`, `minRows` and `expectUnique`: `ddb-ingest runs RUN --plan FILE` adds up all shards',
    ],
  ]
  const refused = refusals.find(([isGiven]) => isGiven)
  if (refused !== undefined) {
    throw new UsageError('DDB_USAGE', `a plan does not go with ${refused[1]}`)
  }
  if (index > count) throw new UsageError('DDB_USAGE', `there is no shard ${index} of ${count}`)
  if (manifest.reading !== null && manifest.reading !== readingDigest(input)) {
    throw new UsageError(
      'DDB_USAGE',
      'the plan cuts files where other options of reading have records end: give the same ones to `ddb-ingest plan` and to each shard',
    )
  }
}

export function tableIsGone(runId: string): DdbError {
  return new DdbError(
    'DDB_UNAVAILABLE',
    `the server knows nothing any more of run "${runId}": it was restarted, this is another node, or somebody has cleaned up. Nothing more is sent; ` +
      'the same command begins anew, and what survives a restart is looked up before anything is sent',
  )
}

export function otherPlan(runId: string, isSamePlan: boolean): DdbError {
  const what = isSamePlan ? 'other options of reading, mapping or target' : 'another plan'
  return new DdbError(
    'DDB_RUN_CHANGED',
    `run "${runId}" was begun with ${what}: its shards must all get the same. Give what is to be loaded otherwise another name`,
  )
}
