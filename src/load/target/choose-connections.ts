/*
  Decides, once the target is known, how many connections a run uses and which rows use which connection.
*/
import { UsageError } from '../../errors.js'
import type { Run } from '../run.js'
import type { TargetDescription } from './describe-target.js'
import { isPartitioned, laneScheme } from './lane-scheme.js'
import { hasTransform } from './target.js'

/**
 * Falls back to one connection, with a notice, if it is unknown which rows of a table belong together.
 * @throws {UsageError} DDB_USAGE if rows could arrive in a different order and the user has not allowed that
 */
export function chooseConnections(run: Run, description: TargetDescription): void {
  const { plan, options, reporter } = run
  run.lanes = laneScheme(description, plan.target)
  if (plan.mostConnections !== undefined) return limitConnections(run, description)
  if (plan.connections === 1) return
  const why = whyOne(run, description)
  if (why !== undefined) {
    run.plan = { ...plan, connections: 1 }
    reporter.notice(`rows go over one connection, because the target allows no more: ${why}`)
  }
  // With lanes the run does not search for the best batch size, because each lane would need a search of its own.
  if (run.lanes !== undefined) run.batchSize.fix()
  if (isPartitioned(description, plan.target) || options.delivery?.unordered === true) return
  throw new UsageError('DDB_USAGE', `${needsUnordered}, or leave \`delivery.connections\` at 1`)
}

const needsUnordered =
  'over several connections rows arrive in a different order than they were read: allow this with `delivery.unordered`'

/** Limits the number of connections that `auto` may choose. Never fails: a single connection is always right. */
function limitConnections(run: Run, description: TargetDescription): void {
  const { plan, options, lanes, connectionCount } = run
  const { delivery, input } = options
  const why = whyOne(run, description)
  const hasOrder = !isPartitioned(description, plan.target) && delivery?.unordered !== true
  if (plan.target.kind === 'function') {
    connectionCount.limit(1, 'a function takes batches one after the other')
  } else if (why !== undefined) connectionCount.limit(1, `the target allows no more: ${why}`)
  else if (hasOrder) connectionCount.limit(1, needsUnordered)
  else if (input?.follow === true)
    connectionCount.limit(1, 'followed files seldom have rows waiting')
  else if (lanes !== undefined) {
    connectionCount.limit(lanes.mostLanes, 'the target has no partitions for more')
  }
}

/** Why rows must use one connection; undefined if they may use several. */
function whyOne({ plan, lanes }: Run, description: TargetDescription): string | undefined {
  if (lanes !== undefined) return undefined
  if (hasTransform(plan) && (description.keyed || isPartitioned(description, plan.target))) {
    return 'a transform decides which keys and partitions its rows have'
  }
  if (isPartitioned(description, plan.target)) return whyOnePartition(description)
  return description.keyed ? 'its keys do not identify rows reliably' : undefined
}

function whyOnePartition({ partition }: TargetDescription): string {
  return partition === undefined
    ? 'it has no partitions'
    : 'its scheme does not show reliably which rows are in the same partition'
}
