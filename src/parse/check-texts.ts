/*
  Checks, before any row is read, that texts from inputs' paths are values of the columns that will hold them.
*/
import type { MappedColumn } from '../schema/cell-source.js'
import { BatchBuilder } from './batch-builder.js'
import type { CellRules } from './cell-rules.js'
import { everyColumn } from './times/date-format.js'
import type { InputTexts } from './columns/template-column.js'
import { hasDateFormat } from './types/column-types.js'

/** Stands in for an input whose text is given in another way. */
export const noInput = {
  showRecord: undefined,
  shape: {
    format: '',
    delimiter: undefined,
    fieldNames: undefined,
    fieldCount: 0,
    headerBytes: undefined,
    text: { encoding: 'utf-8', mark: new Uint8Array(0) },
  },
  text: {
    encoding: 'utf-8',
    how: 'found',
    mark: new Uint8Array(0),
    broken: undefined,
    origin: undefined,
  },
} as const

/**
 * @param columns  columns whose texts all come from the inputs' paths
 * @returns a function that throws {InputError} DDB_INPUT_COLUMN for a text that is not a value of its column
 */
export function newTextCheck(
  columns: readonly MappedColumn[],
  rules: CellRules,
): (file: string, texts: InputTexts) => void {
  const builder = new BatchBuilder({
    mapping: { columns, ignoreExtra: true, allowMissing: true },
    fields: columns.map(() => []),
    rowCapacity: 1,
    rules: rulesOf(columns, rules),
    arrayDelimiter: undefined,
    keepRecords: false,
  })
  return (file, texts) => builder.beginInput({ ...noInput, file, texts }, 0)
}

/** Leaves out rules that name columns other than `columns`. */
function rulesOf(columns: readonly MappedColumn[], rules: CellRules): CellRules {
  const names = new Set(columns.map(({ name }) => name))
  const formats = Object.entries(rules.dateFormats ?? {}).filter(([name]) =>
    name === everyColumn
      ? columns.some(one => hasDateFormat(one.name, one.type.type, rules))
      : names.has(name),
  )
  return {
    ...rules,
    dateFormats: Object.fromEntries(formats),
    percentColumns: (rules.percentColumns ?? []).filter(name => names.has(name)),
    columnOffsets: undefined,
  }
}
