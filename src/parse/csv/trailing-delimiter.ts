/*
  Judges records with an empty last field that have one field more than the header. Either they end with a
  delimiter, or they begin with a row name, as R writes them. A wrong guess would put every value into the next column.
*/
import { option, usageError } from '../../errors.js'
import { hasTrailingDelimiter } from './detect-dialect.js'
import { testFit, type RowTarget } from './row-target.js'
import type { SampleRecords } from './sample-records.js'

/** The facts for judging records with one field more than the header. */
export interface TrailingSample {
  readonly file: string
  readonly names: readonly string[]
  /** Records of the sample, from the header on. */
  readonly records: SampleRecords
  /** Undefined if nothing is known of the columns, so that every record fits. */
  readonly target: RowTarget | undefined
}

const lookedAtRecords = 100
const noBytes = new Uint8Array(0)

/**
 * @throws {UsageError} DDB_USAGE if the records' first fields may be row names: all of them differ, none is empty, and
 *   the records fit the columns both with and without them
 */
export function checkTrailingDelimiter({ file, names, records, target }: TrailingSample): void {
  const { length } = names
  const found: Uint8Array[][] = []
  records.nextRecord()
  while (found.length < lookedAtRecords && records.nextRecord()) {
    if (!hasTrailingDelimiter(records, length)) continue
    found.push(Array.from({ length }, (_, field) => records.cell(field)))
  }
  const rowNames = found.map(([first = noBytes]) => Buffer.from(first).toString('latin1').trim())
  if (new Set(rowNames).size < rowNames.length || rowNames.includes('')) return
  const shape = { file, kind: 'fields', names, fieldCount: length } as const
  const fits = (rows: readonly (readonly Uint8Array[])[]): boolean =>
    target === undefined || testFit(target, shape, rows).misfit === undefined
  const shifted = found.map(fields => [...fields.slice(1), noBytes])
  if (found.length === 0 || !fits(found) || !fits(shifted)) return
  throw usageError(
    `the records of ${file} have one field more than its header, so they end with a delimiter or begin with a row name: ` +
      `leave out the header with ${option('input.skipLines')} 1 and ${option('input.header')} no, and number the fields with ${option('mapping.map')}`,
  )
}
