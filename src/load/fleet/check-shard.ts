/*
  Refuses options that a shard (one of the processes that load a plan) cannot have, and says why.
*/
import { DdbError, UsageError } from '../../errors.js'
import type { LoadOptions } from '../options.js'
import type { Manifest } from './manifest.js'
import { readingDigest } from './options-digest.js'
import type { Shard } from './shards.js'

export interface ShardOfPlan {
  readonly manifest: Manifest
  readonly shard: Shard
  /** Finds a file of the manifest (the plan's file list) on this machine. */
  readonly placeOf: (path: string) => string
}

/** Refuses options that make no sense for a part of a load, and options that would change batch numbers. */
export function checkShard(
  { journal, input = {}, target, delivery = {}, ...options }: LoadOptions,
  { manifest, shard: { index, count } }: ShardOfPlan,
): void {
  const { expectRows, minRows, expectUnique } = options
  const { confirm = 'auto', mode, connections = 1, batchRows, batchBytes, verify } = delivery
  const refusals: readonly [boolean, string][] = [
    [
      journal?.restart === true,
      '`journal.restart`: remove the rows of the plan from the table, then its records from the server with `ddb-ingest runs RUN --clean`',
    ],
    [input.follow === true, '`input.follow`: a plan has only files that exist'],
    [input.limit !== undefined, '`input.limit`: name fewer files'],
    [target.create !== undefined, '`target.create`: make the table before the first shard begins'],
    [connections !== 1, '`delivery.connections`: start more shards'],
    [
      mode === 'sync' || !['auto', 'receipts'].includes(confirm),
      '`delivery.mode` and `delivery.confirm` other than receipts: only receipts show what other processes have loaded',
    ],
    [
      batchRows !== undefined || batchBytes !== undefined,
      '`delivery.batchRows` and `delivery.batchBytes`: the plan says where batches end',
    ],
    [verify !== undefined, '`delivery.verify`: a process knows only its own rows'],
    [
      expectRows !== undefined || minRows !== undefined || expectUnique === true,
      '`expectRows`, `minRows` and `expectUnique`: `ddb-ingest runs RUN --plan FILE` adds up all shards',
    ],
  ]
  const refused = refusals.find(([isGiven]) => isGiven)
  if (refused !== undefined) {
    throw new UsageError('DDB_USAGE', `a load with a plan cannot use ${refused[1]}`)
  }
  if (index > count) throw new UsageError('DDB_USAGE', `there is no shard ${index} of ${count}`)
  if (manifest.reading !== null && manifest.reading !== readingDigest(input)) {
    throw new UsageError(
      'DDB_USAGE',
      'the plan was made with other reading options, which change where records end: give the same options to `ddb-ingest plan` and to each shard',
    )
  }
}

export function tableIsGone(runId: string): DdbError {
  return new DdbError(
    'DDB_UNAVAILABLE',
    `the server no longer knows run "${runId}": it restarted, this is another node, or somebody cleaned up. Nothing more is sent; ` +
      'the same command starts over, and first looks up which rows have survived',
  )
}

export function otherPlan(runId: string, isSamePlan: boolean): DdbError {
  const what = isSamePlan ? 'other reading, mapping or target options' : 'another plan'
  return new DdbError(
    'DDB_RUN_CHANGED',
    `run "${runId}" began with ${what}: give all of its shards the same. Choose another name for a different load`,
  )
}
