/*
  The number of this process among several: from the user, or from variables of the scheduler that started it.
*/
import { UsageError } from '../../errors.js'
import type { Shard } from '../../load/fleet/shards.js'

/** The value of `--shard`. `auto` takes the index from the scheduler, and also the count unless the user gives it. */
export interface AskedShard {
  readonly index: number | 'auto'
  readonly count: number | undefined
}

/** @throws {UsageError} DDB_USAGE for `9/8` and invalid texts */
export function readShard(text: string): AskedShard {
  const [, index, count] = /^(auto|[1-9]\d{0,5})(?:\/([1-9]\d{0,5}))?$/.exec(text) ?? []
  if (index === undefined || (index !== 'auto' && count === undefined)) {
    throw wrong(`--shard is I/N with I from 1 to N, auto, or auto/N, not "${text}"`)
  }
  const asked = count === undefined ? undefined : Number(count)
  if (index === 'auto') return { index, count: asked }
  if (Number(index) > asked!) throw wrong(`there is no shard ${index} of ${asked}`)
  return { index: Number(index), count: asked }
}

type Environment = Readonly<Record<string, string | undefined>>

/** Variables in which a scheduler gives each of several processes its number. */
interface Scheduler {
  readonly index: string
  /** The number that the scheduler gives to the first process. */
  readonly first: number | ((environment: Environment) => number)
  readonly step?: (environment: Environment) => number
  /** undefined if the scheduler does not provide the count. */
  readonly count?: (environment: Environment) => number | undefined
}

/** None of these variables is ever set for another purpose. */
const schedulers: readonly Scheduler[] = [
  // Kubernetes, Indexed Job.
  { index: 'JOB_COMPLETION_INDEX', first: 0 },
  {
    index: 'AWS_BATCH_JOB_ARRAY_INDEX',
    first: 0,
    count: environment => numberIn(environment, 'AWS_BATCH_JOB_ARRAY_SIZE'),
  },
  {
    index: 'CLOUD_RUN_TASK_INDEX',
    first: 0,
    count: environment => numberIn(environment, 'CLOUD_RUN_TASK_COUNT'),
  },
  {
    index: 'SLURM_ARRAY_TASK_ID',
    first: environment => needed(environment, 'SLURM_ARRAY_TASK_MIN'),
    step: environment => numberIn(environment, 'SLURM_ARRAY_TASK_STEP') ?? 1,
    count: slurmCount,
  },
  // GitLab.
  {
    index: 'CI_NODE_INDEX',
    first: 1,
    count: environment => numberIn(environment, 'CI_NODE_TOTAL'),
  },
  // GNU parallel.
  { index: 'PARALLEL_SEQ', first: 1 },
]

const indexVariables: readonly string[] = schedulers.map(({ index }) => index)

/** @throws {UsageError} DDB_USAGE if index or count is missing, or two sources contradict each other */
export function shardOf({ index, count }: AskedShard, environment: Environment): Shard {
  if (index !== 'auto') return { index, count: count! }
  const set = schedulers.filter(({ index: name }) => (environment[name] ?? '') !== '')
  const [scheduler, other] = set
  if (scheduler === undefined) {
    throw wrong(
      `--shard auto needs a scheduler that says which process this is: none of ${indexVariables.join(', ')} is set. Give --shard I/N`,
    )
  }
  if (other !== undefined) {
    throw wrong(
      `--shard auto cannot choose between ${set.map(({ index: name }) => name).join(' and ')}, which are all set: give --shard I/N`,
    )
  }
  const told = scheduler.count?.(environment)
  if (told !== undefined && count !== undefined && told !== count) {
    throw wrong(`--shard auto/${count} was given, but the scheduler says that there are ${told}`)
  }
  const all = count ?? told
  if (all === undefined) {
    throw wrong(
      `${scheduler.index} says which process this is, but nothing says how many there are: give --shard auto/N`,
    )
  }
  const { first, step } = scheduler
  const base = typeof first === 'number' ? first : first(environment)
  const value = needed(environment, scheduler.index)
  const place = (value - base) / (step?.(environment) ?? 1)
  if (!Number.isInteger(place) || place < 0 || place >= all) {
    throw wrong(`${scheduler.index} is ${value}, which is none of the ${all} processes`)
  }
  return { index: place + 1, count: all }
}

/** Refuses an array with gaps: Slurm does not report which task numbers exist. */
function slurmCount(environment: Environment): number {
  const least = needed(environment, 'SLURM_ARRAY_TASK_MIN')
  const most = needed(environment, 'SLURM_ARRAY_TASK_MAX')
  const step = numberIn(environment, 'SLURM_ARRAY_TASK_STEP') ?? 1
  const count = (most - least) / Math.max(step, 1) + 1
  const told = numberIn(environment, 'SLURM_ARRAY_TASK_COUNT') ?? count
  if (!Number.isInteger(count) || count < 1 || told !== count) {
    throw wrong(
      `the job array has gaps (SLURM_ARRAY_TASK_COUNT is ${told}, from ${least} to ${most} in steps of ${step}): use one without, such as --array=1-${told}`,
    )
  }
  return count
}

function needed(environment: Environment, name: string): number {
  const value = numberIn(environment, name)
  if (value === undefined) throw wrong(`--shard auto needs ${name}, which is not set`)
  return value
}

function numberIn(environment: Environment, name: string): number | undefined {
  const text = environment[name] ?? ''
  if (text === '') return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw wrong(`${name} is "${text}", which is not a whole number`)
}

function wrong(message: string): UsageError {
  return new UsageError('DDB_USAGE', message)
}
