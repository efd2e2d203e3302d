/*
  Reads the rows of the inputs as a load would, without sending them.
*/
import { DdbError, type ErrorCode } from '../../errors.js'
import type { ReadObserver } from '../check/check-result.js'
import { openInputs } from '../inputs/inputs.js'
import type { LoadOptions } from '../options.js'
import type { Opened } from '../pipeline.js'
import { loadResult } from '../result.js'
import type { Run } from '../run.js'
import { outsideMarks } from '../target/partition-scheme.js'
import type { AuditOptions, AuditResult } from './audit-result.js'
import type { ComparedTable } from './compared-table.js'
import type { Side } from './matching.js'

/** Rows to hash at once, whatever a load would send at once. */
const batchRows = 20_000

/** Options that read the inputs as `load` reads them. */
export function readingOptions(options: AuditOptions): LoadOptions {
  const { columns: _c, exact: _e, missing: _m, journal: _j, expectRows: _x, ...given } = options
  const { create, partition: _p, types, ...target } = options.target
  const { follow: _f, ...input } = options.input ?? {}
  const { confirmTimeoutMs } = options.delivery ?? {}
  return {
    ...given,
    input,
    target: { ...target, ...(create === undefined && types !== undefined ? { types } : {}) },
    delivery: { mode: 'sync', batchRows, ...(confirmTimeoutMs ? { confirmTimeoutMs } : {}) },
    rejects: { onError: 'skip', maxErrors: '100%' },
  }
}

/** Reads every input as the target demands. */
export const observer: ReadObserver = {
  opened: (_path, _reader, map) => ({ mapping: map(), maxRows: Infinity, isUnfit: false }),
  rejected: () => undefined,
  closed: () => undefined,
}

/** @param opened  the inputs for the first reading @param result  gets what the first reading has read */
export function inputRows(
  run: Run,
  opened: Opened,
  { target, sent }: ComparedTable,
  result: AuditResult,
): Side {
  const marksOf = outsideMarks(target)
  let isFirst = true
  // A reading that ends early leaves rows.
  opened.leavesRest = true
  return async take => {
    if (!isFirst) opened.inputs = await openInputs(run)
    const inputs = opened.inputs!
    run.reporter.tell('checking')
    for await (const batch of inputs.batches(target)) {
      if (isFirst) run.state.rows.unsent += batch.rowCount
      const columns = sent.map(index => batch.columns[index]!)
      const { rowCount } = batch
      const isEnough = take({ columns, rowCount, outside: marksOf?.(batch), batch })
      batch.release()
      run.reporter.report()
      if (isEnough === true || run.ending.stopped) break
    }
    await inputs.close()
    if (run.ending.failure !== undefined) throw run.ending.failure
    if (!isFirst) return
    isFirst = false
    const { rows, inputs: read, error } = loadResult(run, inputs, { listsAll: true })
    if (error !== null) throw new DdbError(error.code as ErrorCode, error.message)
    Object.assign(result.rows, { input: rows.read, rejected: rows.rejected })
    result.inputs = read.map(({ path, rows, bytes }) => ({ path, rows, bytes }))
  }
}
