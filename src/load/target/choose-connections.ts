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
  const { checked, options, reporter } = run
  run.lanes = laneScheme(description, checked.target)
  if (checked.connections === 1) return
  const why = whyOne(run, description)
  if (why !== undefined) {
    run.checked = { ...checked, connections: 1 }
    reporter.notice(`rows go over one connection, because the target allows no more: ${why}`)
  }
  if (isPartitioned(description, checked.target) || options.delivery?.unordered === true) return
  throw new UsageError(
    'DDB_USAGE',
    'over several connections rows arrive in a different order than they were read: allow this with `delivery.unordered`, ' +
      'or leave `delivery.connections` at 1',
  )
}

/** Why rows must use one connection; undefined if they may use several. */
function whyOne({ checked, lanes }: Run, description: TargetDescription): string | undefined {
  if (lanes !== undefined) return undefined
  if (hasTransform(checked) && (description.keyed || isPartitioned(description, checked.target))) {
    return 'a transform decides which keys and partitions its rows have'
  }
  if (isPartitioned(description, checked.target)) return whyOnePartition(description)
  return description.keyed ? 'its keys do not identify rows reliably' : undefined
}

function whyOnePartition({ partition }: TargetDescription): string {
  return partition === undefined
    ? 'it has no partitions'
    : 'its scheme does not show reliably which rows are in the same partition'
}
