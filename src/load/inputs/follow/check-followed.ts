/*
  Checks that a run that follows files can be resumed after a kill: its journal must record the outcome of every batch.
*/
import { UsageError } from '../../../errors.js'
import { traitsOf } from '../../transport/confirmations.js'
import type { Delivery } from '../../transport/delivery.js'
import type { Run } from '../../run.js'

/** @throws {UsageError} DDB_USAGE if a followed run has a journal, but cannot learn the outcome of single batches */
export function checkFollowed({ options, history: { journal } }: Run, { used }: Delivery): void {
  if (options.input?.follow !== true || journal === undefined) return
  if (traitsOf(used).knowsBatches) return
  throw new UsageError(
    'DDB_USAGE',
    'the server gives no receipts here, so every process of this run would read its files from their start: ' +
      '`input.follow` with a journal needs `delivery.mode` sync',
  )
}
