/*
  Checks that the columns named in cell rules exist, and that their types fit the rules.
*/
import { option, usageError } from '../errors.js'
import type { ColumnMapping, MappedColumn } from '../schema/cell-source.js'
import { nearestHint } from '../schema/nearest.js'
import type { CellRules } from './cell-rules.js'
import { everyColumn } from './cells/date-format.js'
import { hasDateFormat } from './types/column-types.js'

/** @throws {UsageError} DDB_USAGE for an unknown column, and for a format that no column can have */
export function checkNames(mapping: ColumnMapping, rules: CellRules): void {
  const names = mapping.columns.map(column => column.name)
  const dated = Object.keys(rules.dateFormats ?? {}).filter(name => name !== everyColumn)
  for (const [rule, given] of [
    [option('cells.dateFormats'), dated],
    [option('cells.percentColumns'), rules.percentColumns ?? []],
    [option('cells.offsets'), Object.keys(rules.columnOffsets?.known() ?? {})],
  ] as const) {
    const unknown = given.find(name => !names.includes(name))
    if (unknown === undefined) continue
    throw usageError(
      `${rule} names a column "${unknown}" that the target does not have${nearestHint(unknown, names)}`,
    )
  }
  const everyFormat = rules.dateFormats?.[everyColumn]
  const suits = ({ name, type }: MappedColumn): boolean => hasDateFormat(name, type.type, rules)
  if (everyFormat === undefined || mapping.columns.some(suits)) return
  throw usageError(
    `${option('cells.dateFormats')} ${everyFormat}: the target has no column that can have this format`,
  )
}
