/*
  Makes the builder of each target column, which depends on the source of the cells: field, constant or combined texts.
*/
import { InputError, option, usageError } from '../errors.js'
import { columnTypeText } from '../protocol/data-type.js'
import {
  textSources,
  type ColumnMapping,
  type MappedColumn,
  type TextSource,
} from '../schema/cell-source.js'
import { nearestHint } from '../schema/nearest.js'
import type { CellRules } from './cell-rules.js'
import { everyColumn } from './times/date-format.js'
import { plainNumbers } from './cells/number-style.js'
import type { BufferPool } from './columns/buffer-pool.js'
import type { ColumnBuilder } from './columns/column-builder.js'
import { inputText, TemplateColumn, type InputTexts } from './columns/template-column.js'
import type { ReportedColumn } from './row-fault.js'
import { columnBuilder, hasDateFormat } from './types/column-types.js'

/** @returns for each column the indexes of the fields that supply its texts, in the order of the texts */
export function sourceFields(
  { columns }: Pick<ColumnMapping, 'columns'>,
  fieldOf: (source: TextSource) => number,
): number[][] {
  return columns.map(({ source }) =>
    textSources(source)
      .filter(({ kind }) => kind === 'field' || kind === 'member')
      .map(fieldOf),
  )
}

interface ColumnSetup {
  readonly fields: readonly number[]
  readonly rowCapacity: number
  readonly rules: CellRules
  readonly arrayDelimiter: string | undefined
  readonly pool: BufferPool
}

interface SourcedColumn extends Pick<ReportedColumn, 'name' | 'typeText' | 'builder'> {
  readonly sources: readonly TextSource[]
}

const isOfRecord = ({ kind }: TextSource): boolean => kind !== 'constant' && kind !== 'input'

/** True for a text with lone surrogates, which represent bytes that are not UTF-8 (platform/file-name.ts). */
const isBroken = (text = ''): boolean => /[\ud800-\udfff]/u.test(text)

/** @throws {UsageError} DDB_USAGE for types that cannot be loaded, and for unsuitable constants or formats */
export function sourcedColumn(
  column: MappedColumn,
  columnIndex: number,
  { fields, rowCapacity, rules, arrayDelimiter, pool }: ColumnSetup,
): ColumnBuilder {
  const { source } = column
  if (source.kind === 'field' || source.kind === 'member') {
    const own = arrayDelimiter === undefined ? rules : { ...rules, arrayDelimiter }
    return columnBuilder(column, columnIndex, pool, own)
  }
  if (source.kind === 'template' && source.parts.some(isOfRecord)) {
    const builder = columnBuilder(column, 0, pool, rules)
    return new TemplateColumn(builder, columnIndex, source.parts, fields, rowCapacity)
  }
  // Constants are in plain notation, even if the input writes its numbers in another style.
  const plain = { ...plainNumbers(rules), columnOffsets: undefined }
  const builder = columnBuilder(column, columnIndex, pool, plain)
  const parts = textSources(source)
  const constant = new TemplateColumn(builder, columnIndex, parts, fields, rowCapacity)
  if (constant.fault === undefined) return constant
  const text = inputText(parts, {})
  throw usageError(
    `${option('mapping.set')} ${column.name}=${text}: ${columnTypeText(column.type)} column "${column.name}": ` +
      `expected ${constant.fault.expected}`,
  )
}

/**
 * Sets the texts that columns take from the path of the next input, whose rows begin at `firstRow`.
 * @throws {InputError} DDB_INPUT_COLUMN if a text is not a value of its column
 */
export function setColumnTexts(
  columns: readonly SourcedColumn[],
  file: string,
  texts: InputTexts,
  firstRow: number,
): void {
  for (const { name, typeText, builder, sources } of columns) {
    if (!sources.some(({ kind }) => kind === 'input')) continue
    const known = sources.find(one => one.kind === 'input' && isBroken(texts[one.name]))
    if (known !== undefined) {
      throw new InputError(
        'DDB_INPUT_COLUMN',
        `the path "${file}" has bytes that are not UTF-8, and column "${name}" takes text from it: rename the file or its folder`,
        { file, columnName: name },
      )
    }
    if (!(builder instanceof TemplateColumn)) continue
    builder.setTexts(texts, firstRow)
    if (builder.fault === undefined) continue
    const text = inputText(sources, texts)
    throw new InputError(
      'DDB_INPUT_COLUMN',
      `the path "${file}" gives "${text}" for ${typeText} column "${name}", which expects ${builder.fault.expected}`,
      { file, columnName: name },
    )
  }
}

/**
 * Checks that the columns named in cell rules exist, and that their types fit the rules.
 * @throws {UsageError} DDB_USAGE for an unknown column, and for a format that no column can have
 */
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
