/*
  How many connections rows go over, once it is known what they go into, and which rows over which of them.
*/
import { UsageError } from '../../errors.js'
import type { Run } from '../run.js'
import type { TargetDescription } from './describe-target.js'
import { isPartitioned, laneScheme } from './lane-scheme.js'

/**
 * A table of which nobody can tell which rows belong together is written over one connection, and the run says so.
 * @throws {UsageError} DDB_USAGE where rows would change their order, and nobody has said that they may
 */
export function settleConnections(run: Run, description: TargetDescription): void {
  const { plan, options, reporter } = run
  run.lanes = laneScheme(description, plan.target)
  if (plan.connections === 1) return
  const byPartition = isPartitioned(description, plan.target)
  if (run.lanes === undefined && (byPartition || description.keyed)) {
    run.plan = { ...plan, connections: 1 }
    const why = byPartition
      ? whyOnePartition(description)
      : 'its keys do not tell rows apart for sure'
    reporter.notice(`rows go over one connection, as the target takes no more: ${why}`)
  }
  // Batches that are divided would have to be larger for each lane by itself.
  if (run.lanes !== undefined) run.batchSize.fix()
  if (byPartition || options.delivery?.unordered === true) return
  throw new UsageError(
    'DDB_USAGE',
    'over several connections rows arrive in another order than they were read in: say that this is all right with `delivery.unordered`, ' +
      'or leave `delivery.connections` at 1',
  )
}

function whyOnePartition({ partition }: TargetDescription): string {
  return partition === undefined
    ? 'it has no partitions'
    : 'its scheme does not tell for sure which rows are in the same partition'
}
