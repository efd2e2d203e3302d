/* The columns of a mapping: makes their builders, gives them their texts, and explains why a row is refused. */
import { InputError, option, usageError } from '../errors.js'
import { columnTypeText } from '../protocol/data-type.js'
import type { Column } from '../protocol/value.js'
import { isOfInput, sourceNames, textSources } from '../schema/cell-source.js'
import type { ColumnMapping, MappedColumn, TextSource } from '../schema/cell-source.js'
import { nearestHint } from '../schema/nearest.js'
import type { ColumnCounts, Fault } from './batch.js'
import type { CellRules } from './cell-rules.js'
import { clippedText, isUtf8, utf8Text } from './cells/cell-bytes.js'
import { plainNumbers } from './cells/read-number.js'
import { elementSeparator } from './columns/array-column.js'
import { BufferPool } from './columns/fixed-column.js'
import type { CellFault, ColumnBuilder } from './columns/column-builder.js'
import type { InputTexts } from '../source/data-files.js'
import { cellsOf, oneRow, TemplateText } from './columns/template-text.js'
import { NullTexts } from './types/cell-types.js'
import { RecordBlock } from './record-block.js'
import { fillTexts, mostFedRows, type FedRows } from './rows/fed-rows.js'
import { everyColumn } from './times/date-format.js'
import { columnBuilder, hasDateFormat, keepsBlanks } from './types/column-types.js'

/** True for a text with lone surrogates, which represent bytes that are not UTF-8 (platform/file-name.ts). */
const isBroken = (text = ''): boolean => /[\ud800-\udfff]/u.test(text)

export interface ColumnsSetup {
  readonly mapping: ColumnMapping
  readonly rules: CellRules
}

class BuiltColumn {
  readonly name: string
  readonly typeText: string
  readonly sources: readonly TextSource[]
  readonly builder: ColumnBuilder
  /** The fields of a block that supply the column's texts, in the order of the texts. */
  readonly fields: readonly number[]
  /** Set if the column's texts are put together. */
  readonly #text: TemplateText | undefined
  counts: ColumnCounts = { nulls: 0, coerced: 0 }
  /** Numbers of nulls, and of bad cells that became null, in the last block. */
  nullsRead = 0
  coercedRead = 0

  /** @param members  names of a block's fields in JSON @throws {UsageError} DDB_USAGE for unsuitable types, constants or formats */
  constructor(
    column: MappedColumn,
    members: readonly string[],
    rules: CellRules,
    pool: BufferPool,
  ) {
    const { source, type, name } = column
    this.name = name
    this.typeText = columnTypeText(type)
    this.sources = textSources(source)
    this.fields = this.sources.flatMap(one =>
      one.kind === 'member' ? members.indexOf(one.name) : one.kind === 'field' ? one.index : [],
    )
    const isConstant = this.sources.every(isOfInput)
    const isField = source.kind === 'field' || source.kind === 'member'
    const own =
      // Constants are in plain notation, even if the input writes its numbers in another style.
      isConstant
        ? { ...plainNumbers(rules), columnOffsets: undefined }
        : source.kind === 'member'
          ? { ...rules, arrayDelimiter: String.fromCharCode(elementSeparator) }
          : rules
    this.builder = columnBuilder(column, pool, own)
    this.#text = isField ? undefined : new TemplateText(this.sources)
    const wrong = isConstant ? this.#wrongText(0) : undefined
    if (wrong === undefined) return
    throw usageError(
      `${option('mapping.set')} ${name}=${wrong.text}: ${this.typeText} column "${name}": expected ${wrong.expected}`,
    )
  }

  /** The text that all rows of an input have, if it is not a value; otherwise undefined. @param row  may be overwritten */
  #wrongText(row: number): { text: string; expected: string } | undefined {
    const one = this.#text!.compose(oneRow, [])
    this.builder.read(one, 0, row)
    this.builder.undo?.()
    if (one.refusedCount === 0) return undefined
    const { bytes } = one
    const [start, end] = [one.starts[0]!, one.ends[0]!]
    const { expected } = this.builder.explain(bytes, start, end)
    return { text: utf8Text(bytes.subarray(start, end)), expected }
  }

  setTexts(file: string, texts: InputTexts, firstRow: number): void {
    const { name, typeText, sources } = this
    if (!sources.some(({ kind }) => kind === 'input')) return
    if (sources.some(one => one.kind === 'input' && isBroken(texts[one.name]))) {
      throw new InputError(
        'DDB_INPUT_COLUMN',
        `the path "${file}" has bytes that are not UTF-8, and column "${name}" takes text from it: rename the file or its folder`,
        { file, columnName: name },
      )
    }
    this.#text!.setTexts(texts)
    const wrong = sources.every(isOfInput) ? this.#wrongText(firstRow) : undefined
    if (wrong === undefined) return
    throw new InputError(
      'DDB_INPUT_COLUMN',
      `the path "${file}" gives "${wrong.text}" for ${typeText} column "${name}", which expects ${wrong.expected}`,
      { file, columnName: name },
    )
  }

  read(block: RecordBlock, firstRow: number): void {
    const own = this.#text?.compose(block, cellsOf(block, this.fields)) ?? block
    this.nullsRead = this.builder.read(own, own === block ? this.fields[0]! : 0, firstRow)
    if (own === block) return
    for (let row = 0; own.refusedCount > 0 && row < own.rowCount; row++) {
      if (own.refusedBy[row] !== 0) block.refuse(row)
    }
  }

  faultOf(block: RecordBlock, row: number): Fault {
    const { name, typeText, builder } = this
    const own = this.#text?.block ?? block
    const cell = own === block ? row * block.fieldCount + this.fields[0]! : row
    const { bytes } = own
    const [start, end] = [own.starts[cell]!, own.ends[cell]!]
    const notText = `text in the encoding that ${option('input.encoding')} names`
    const { code, expected, text }: CellFault = isUtf8(bytes, start, end)
      ? builder.explain(bytes, start, end)
      : { code: 'DDB_INPUT_ENCODING', expected: notText }
    const value = text ? clippedText(text, 0, text.length) : clippedText(bytes, start, end)
    return {
      columnName: name,
      code,
      class: code === 'DDB_INPUT_ENCODING' ? 'parse' : 'type',
      message: `${typeText} column "${name}": expected ${expected}, got "${value}"`,
      value,
    }
  }
}

export class MappedColumns {
  readonly #columns: readonly BuiltColumn[]
  /** The fields of the columns, and whether blanks around a text of the field mean nothing. */
  readonly #fields: ReadonlyMap<number, boolean>
  readonly #nulls: NullTexts
  readonly #emptyFields: readonly number[]
  readonly #lenient: boolean
  #texts: RecordBlock | undefined

  /** @throws {UsageError} DDB_USAGE for types that cannot be loaded, and for rules, constants and formats that do not fit */
  constructor({ mapping, rules }: ColumnsSetup, pool: BufferPool) {
    checkNames(mapping, rules)
    const members = sourceNames(mapping, 'member')
    this.#columns = mapping.columns.map(one => new BuiltColumn(one, members, rules, pool))
    // Several columns may take one field. If one of them keeps blanks, none of them may trim the field.
    const fields = this.#columns.map(column => column.fields)
    const kept = mapping.columns.flatMap(({ type }, i) => (keepsBlanks(type) ? fields[i]! : []))
    this.#fields = new Map(fields.flat().map(field => [field, !kept.includes(field)]))
    this.#nulls = new NullTexts(rules.nullTexts ?? [])
    this.#emptyFields = mapping.emptyFields ?? []
    this.#lenient = rules.lenient ?? false
  }

  /**
   * Sets the texts that columns take from the path of the next input, whose rows begin at `firstRow`.
   * @throws {InputError} DDB_INPUT_COLUMN if a text is not a value of its column
   */
  setTexts(file: string, texts: InputTexts, firstRow: number): void {
    for (const column of this.#columns) column.setTexts(file, texts, firstRow)
  }

  /** The counts of rows that `count` has counted since the last `beginCounts`, one for each column. */
  get counts(): readonly ColumnCounts[] {
    return this.#columns.map(column => column.counts)
  }

  beginCounts(): void {
    for (const column of this.#columns) column.counts = { nulls: 0, coerced: 0 }
  }

  /** Reads the block as rows from `firstRow` on, and marks refused rows. */
  read(block: RecordBlock, firstRow: number): void {
    for (const [field, trims] of this.#fields) this.#nulls.apply(block, field, trims)
    this.#readAll(block, firstRow)
    // A text in a field that has no name and no column would be lost.
    const { starts, ends, fieldCount, rowCount } = block
    for (const field of this.#emptyFields) {
      for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
        if (starts[cell] !== ends[cell]) block.refuse(row, this.#columns.length + field)
      }
    }
  }

  /** Drops the refused rows of the block that `read` has read, and counts the others. */
  keep(block: RecordBlock, firstRow: number): void {
    if (block.refusedCount > 0) {
      this.#undo(this.#columns.length)
      block.dropRefused()
      this.#readAll(block, firstRow)
    }
    this.#count()
  }

  #count(): void {
    for (const { counts, nullsRead, coercedRead } of this.#columns) {
      counts.nulls += nullsRead
      counts.coerced += coercedRead
    }
  }

  #readAll(block: RecordBlock, firstRow: number): void {
    block.kernel?.useRows(block)
    block.column = 0
    for (const column of this.#columns) {
      column.read(block, firstRow)
      column.coercedRead = this.#lenient ? block.forgive() : 0
      block.column++
    }
    for (const cell of block.wrongCells) {
      for (const column of this.#columns) {
        if (column.fields.includes(cell % block.fieldCount)) column.coercedRead++
      }
    }
  }

  /** As `BatchBuilder.putRows`. */
  put(rows: FedRows, rowCount: number, firstRow: number): number {
    let taken = rowCount
    let begun = 0
    try {
      for (begun = 1; begun <= this.#columns.length && taken > 0; begun++) {
        const column = this.#columns[begun - 1]!
        const values = rows.valuesOf(begun - 1, taken)
        const put =
          column.builder.put?.(values, taken, firstRow) ??
          this.#putTexts(column.builder, values, taken, firstRow)
        column.nullsRead = 0
        for (let row = 0; row < put; row++) {
          if (values[row] === null || values[row] === '') column.nullsRead++
        }
        if (put === taken) continue
        // All columns begin again with this smaller number of rows.
        this.#undo(begun)
        taken = put
        begun = 0
      }
    } catch {
      // A getter has thrown. Read as texts, only its row is rejected.
      this.#undo(begun - 1)
      return 0
    }
    if (taken > 0) this.#count()
    return taken
  }

  #putTexts(
    builder: ColumnBuilder,
    values: readonly unknown[],
    count: number,
    row: number,
  ): number {
    const block = (this.#texts ??= new RecordBlock(1, mostFedRows))
    const filled = fillTexts(block, values, count)
    builder.read(block, 0, row)
    const refused = block.refusedBy.subarray(0, filled).findIndex(column => column !== 0)
    return refused < 0 ? filled : refused
  }

  #undo(columnCount: number): void {
    for (const { builder } of this.#columns.slice(0, columnCount)) builder.undo?.()
  }

  /** Why the row was refused, if bytes that are not text are not the reason. */
  faultOf(block: RecordBlock, row: number): Fault {
    const refusedBy = block.refusedBy[row]! - 1
    const column = this.#columns[refusedBy]
    if (column !== undefined) return column.faultOf(block, row)
    const field = refusedBy - this.#columns.length
    const cell = row * block.fieldCount + field
    const value = clippedText(block.bytes, block.starts[cell]!, block.ends[cell]!)
    return {
      code: 'DDB_INPUT_FIELD_COUNT',
      message: `field ${field + 1} has no name in the header, but this record has "${value}" there: name the column, or pass over it with ${option('mapping.ignoreExtra')}`,
      value,
    }
  }

  encodedBytes(rowCount: number): number {
    let sum = 0
    for (const { builder } of this.#columns) sum += builder.encodedBytes(rowCount)
    return sum
  }

  take(rowCount: number, buffers: ArrayBuffer[]): Column[] {
    return this.#columns.map(({ builder }) => builder.take(rowCount, buffers))
  }
}

/**
 * Checks that the columns named in cell rules exist, and that their types fit the rules.
 * @throws {UsageError} DDB_USAGE for an unknown column, and for a format that no column can have
 */
function checkNames({ columns }: ColumnMapping, rules: CellRules): void {
  const names = columns.map(column => column.name)
  const dated = Object.keys(rules.dateFormats ?? {}).filter(name => name !== everyColumn)
  for (const [rule, given] of [
    [option('cells.dateFormats'), dated],
    [option('cells.percentColumns'), rules.percentColumns ?? []],
    [option('cells.offsets'), Object.keys(rules.columnOffsets?.known ?? {})],
  ] as const) {
    const unknown = given.find(name => !names.includes(name))
    if (unknown === undefined) continue
    throw usageError(
      `${rule} names a column "${unknown}" that the target does not have${nearestHint(unknown, names)}`,
    )
  }
  const everyFormat = rules.dateFormats?.[everyColumn]
  const isDated = ({ name, type }: MappedColumn): boolean => hasDateFormat(name, type.type, rules)
  if (everyFormat === undefined || columns.some(isDated)) return
  throw usageError(
    `${option('cells.dateFormats')} ${everyFormat}: the target has no column that can have this format`,
  )
}

/**
 * Checks texts from inputs' paths before any row is read.
 * @param columns  columns whose texts all come from the inputs' paths
 * @returns a function that throws {InputError} DDB_INPUT_COLUMN for a text that is not a value of its column
 */
export function newTextCheck(
  columns: readonly MappedColumn[],
  rules: CellRules,
): (file: string, texts: InputTexts) => void {
  const pool = new BufferPool()
  const checked = columns.map(column => new BuiltColumn(column, [], rules, pool))
  return (file, texts) => {
    for (const one of checked) one.setTexts(file, texts, 0)
  }
}
