/*
  The batch under construction: all columns, the place of every row, and the rows that some column could not take.
*/
import { UsageError } from '../errors.js'
import { columnTypeText } from '../protocol/data-type.js'
import type { ColumnMapping, MappedColumn } from '../schema/column-mapping.js'
import { nearestHint } from '../schema/nearest.js'
import type { SourceText } from '../source/encoding/text-origin.js'
import { brokenTextMessage, clippedText } from './shown-text.js'
import { BufferPool } from './columns/buffer-pool.js'
import { isUtf8 } from './cells/cell-bytes.js'
import { everyColumn } from './cells/date-format.js'
import { plainNumbers } from './cells/number-style.js'
import type { ColumnBuilder } from './columns/column-builder.js'
import { ConstantColumn } from './columns/constant-column.js'
import { cellTypeOf, columnBuilder, hasDateFormat } from './types/column-types.js'
import { InputRows, type RowBounds } from './input-rows.js'
import { KeptRecords, RecordCopies } from './kept-records.js'
import { NullTexts } from './null-texts.js'
import type { CellRules } from './cell-rules.js'
import type { Batch, ColumnCounts, RecordShape, Reject, ResumePoint } from './input-reader.js'
import type { RecordBlock } from './record-block.js'
import { RowPlaces } from './row-places.js'

interface BuiltColumn {
  readonly name: string
  readonly typeText: string
  readonly builder: ColumnBuilder
  /** Field of the block that holds its cells; −1 when it needs none. */
  readonly field: number
  /** Blanks around its texts are not part of them. */
  readonly trims: boolean
  readonly counts: ColumnCounts
  /** Nulls of the last block. */
  nullsRead: number
  /** How messages about its cells begin, by what was expected last: it seldom changes. */
  expected: string
  messageStart: string
}

/** What a builder is made from; the block is the one that every `append` gets. */
export interface BuilderInput {
  readonly file: string
  readonly mapping: ColumnMapping
  /** The block's field for each mapped column, −1 for a constant. */
  readonly fieldOf: (column: MappedColumn, columnIndex: number) => number
  /** Of which every block is, at most this large. */
  readonly block: RecordBlock
  readonly rules: CellRules
  /** Between the elements of arrays in the block, when the format has its own. */
  readonly arrayDelimiter: string | undefined
  readonly keepRecords: boolean
  /** A record's bytes as they are shown to the loader, when the input's own would not do. */
  readonly showRecord: ((record: Uint8Array) => Uint8Array) | undefined
  readonly shape: RecordShape
  /** Of the source. */
  readonly text: SourceText
}

const noRecord = (): Uint8Array => new Uint8Array(0)

/** Takes blocks of records and gives batches of columns. A row is in all columns or in none. */
export class BatchBuilder {
  rowCount = 0
  /** Of the records of all rows so far, of earlier batches too. */
  recordBytes = 0
  readonly columnCounts: readonly ColumnCounts[]
  readonly #file: string
  readonly #pool: BufferPool = new BufferPool()
  readonly #columns: readonly BuiltColumn[]
  readonly #places: RowPlaces
  readonly #records: KeptRecords | undefined
  readonly #shape: RecordShape
  readonly #text: SourceText
  /** Undefined where rows are read as they stand in the input. */
  readonly #inputRows: InputRows | undefined
  readonly #nulls: NullTexts
  readonly #lenient: boolean
  readonly #showRecord: (record: Uint8Array) => Uint8Array
  readonly #copies: RecordCopies = new RecordCopies()

  /** @throws {UsageError} DDB_USAGE for types that cannot be loaded, and constants and formats that do not suit */
  constructor({ file, mapping, fieldOf, block, rules, ...input }: BuilderInput) {
    this.#file = file
    this.#records = input.keepRecords ? new KeptRecords(this.#pool) : undefined
    this.#shape = input.shape
    const { text } = input
    this.#text = text
    this.#inputRows = text.origin && new InputRows(text.origin, block.rowCapacity)
    this.#showRecord = input.showRecord ?? (record => record)
    checkNames(mapping, rules)
    // A field that several columns take is one text: where one of them keeps blanks, they count for all.
    const keepers = new Set(
      mapping.columns.flatMap((column, i) => (keepsBlanks(column) ? [fieldOf(column, i)] : [])),
    )
    this.#columns = mapping.columns.map((column, i) => ({
      name: column.name,
      typeText: columnTypeText(column.type),
      builder: this.#builderOf(column, i, block.rowCapacity, rules, input.arrayDelimiter),
      field: fieldOf(column, i),
      trims: !keepers.has(fieldOf(column, i)),
      counts: { nulls: 0, coerced: 0 },
      nullsRead: 0,
      expected: '',
      messageStart: '',
    }))
    this.columnCounts = this.#columns.map(column => column.counts)
    this.#places = new RowPlaces(this.#pool)
    this.#nulls = new NullTexts(rules.nullTexts ?? [], rules.nullQuoted ?? false)
    this.#lenient = rules.lenient ?? false
  }

  #builderOf(
    column: MappedColumn,
    columnIndex: number,
    rowCapacity: number,
    rules: CellRules,
    arrayDelimiter: string | undefined,
  ): ColumnBuilder {
    if (column.source.kind !== 'constant') {
      const own = arrayDelimiter === undefined ? rules : { ...rules, arrayDelimiter }
      return columnBuilder(column, columnIndex, this.#pool, own)
    }
    // Who says what every row shall have writes it plainly, however the input writes its numbers.
    const plain = { ...plainNumbers(rules), columnOffsets: undefined }
    const builder = columnBuilder(column, columnIndex, this.#pool, plain)
    const { text } = column.source
    const constant = new ConstantColumn(builder, text, rowCapacity)
    if (constant.fault === undefined) return constant
    throw new UsageError(
      'DDB_USAGE',
      `\`mapping.set\` ${column.name}=${text}: ${columnTypeText(column.type)} column "${column.name}": ` +
        `expected ${constant.fault.expected}`,
    )
  }

  /**
   * Reads the cells of the block. Rows that some column cannot take are counted in its `refusedCount`; `rejectOf` tells of
   * each of them until `append`.
   */
  read(block: RecordBlock): void {
    for (const { field, trims } of this.#columns) {
      if (field >= 0) this.#nulls.apply(block, field, trims)
    }
    this.#readColumns(block)
    this.#refuseBroken(block)
  }

  /** Appends the rows of the block that was read, except those that were refused. */
  append(block: RecordBlock): void {
    if (block.refusedCount > 0) {
      for (const { builder } of this.#columns) builder.undo()
      block.dropRefused()
      this.#readColumns(block)
    }
    for (const { counts, nullsRead } of this.#columns) counts.nulls += nullsRead
    const rows: RowBounds = this.#inputRows?.of(block) ?? block
    this.recordBytes += this.#places.append(rows, this.rowCount)
    this.#records?.append(rows, this.rowCount)
    this.rowCount += block.rowCount
  }

  /** Close estimate of the batch's size on the wire. */
  get encodedBytes(): number {
    let sum = 0
    for (const { builder } of this.#columns) sum += builder.encodedBytes(this.rowCount)
    return sum
  }

  /** The batch of the rows so far, of which there must be one at least; the next batch begins. */
  take(startOffsetBytes: number, end: ResumePoint): Batch {
    const { rowCount, encodedBytes } = this
    const file = this.#file
    const pool = this.#pool
    let buffers: ArrayBuffer[] = []
    const columns = this.#columns.map(({ builder }) => builder.take(rowCount, buffers))
    const place = this.#places.take(buffers)
    const kept = this.#records?.take(buffers) ?? noRecord
    const showRecord = this.#showRecord
    const locate: Batch['locate'] = rowIndex => ({ file, ...place(rowIndex) })
    this.rowCount = 0
    return {
      rowCount,
      columns,
      encodedBytes,
      first: locate(0),
      last: locate(rowCount - 1),
      startOffsetBytes,
      endOffsetBytes: end.offsetBytes,
      endLineNumber: end.lineNumber,
      locate,
      record: rowIndex => showRecord(kept(rowIndex)),
      shape: this.#shape,
      place: undefined,
      release() {
        for (const buffer of buffers) pool.give(buffer)
        buffers = []
      },
    }
  }

  #readColumns(block: RecordBlock): void {
    for (const column of this.#columns) {
      column.nullsRead = column.builder.read(block, column.field, this.rowCount)
      if (this.#lenient) column.counts.coerced += block.forgive()
    }
    // Those behind the last row belong to a record that was set aside in the end.
    const cellCount = block.rowCount * block.fieldCount
    for (const cell of block.wrongCells) {
      if (cell < cellCount) this.#countWrong(cell % block.fieldCount)
    }
  }

  /** A cell that the tokenizer emptied is bad in every column that takes it. */
  #countWrong(field: number): void {
    for (const column of this.#columns) if (column.field === field) column.counts.coerced++
  }

  /** Refuses rows in which something is not a character, whether a column reads it or not. */
  #refuseBroken(block: RecordBlock): void {
    const { broken } = this.#text
    const { bytes, bytesOffset, recordStarts, recordEnds, rowCount } = block
    if (broken === undefined || this.#lenient || rowCount === 0) return
    if (!broken.mayBeBroken(bytesOffset + recordStarts[0]!)) return
    for (let row = 0; row < rowCount; row++) {
      const start = recordStarts[row]!
      const record = bytes.subarray(start, recordEnds[row])
      if (broken.brokenBytes(record, bytesOffset + start) !== undefined) block.refuse(row, wholeRow)
    }
  }

  /** Position of a row of the block in the decompressed input. */
  offsetOf({ bytesOffset, recordStarts }: RecordBlock, row: number): number {
    const textOffset = bytesOffset + recordStarts[row]!
    return this.#text.origin?.inputOffset(textOffset) ?? textOffset
  }

  /** Why a row of the block was refused, and its record. */
  rejectOf(block: RecordBlock, row: number): Reject {
    const { bytes, bytesOffset } = block
    const start = block.recordStarts[row]!
    const end = block.recordEnds[row]!
    const { origin } = this.#text
    const record =
      origin?.inputBytes(bytesOffset + start, bytesOffset + end).slice() ??
      this.#copies.of(bytes, start, end)
    const recordText = origin === undefined ? record : bytes.subarray(start, end)
    const broken = brokenTextMessage(this.#text, recordText, bytesOffset + start)
    const fault = broken === undefined ? this.#cellFault(block, row) : brokenRecord(broken)
    return {
      file: this.#file,
      lineNumber: block.lineNumbers[row]!,
      offsetBytes: this.offsetOf(block, row),
      lengthBytes: record.length,
      columnName: fault.columnName,
      code: fault.code,
      class: fault.class,
      message: fault.message,
      value: fault.value,
      bytes: this.#showRecord(record),
    }
  }

  #cellFault(block: RecordBlock, row: number): RowFault {
    const column = this.#columns[block.refusedBy[row]! - 1]!
    const { name, typeText, builder, field } = column
    const { bytes } = block
    const cell = row * block.fieldCount + field
    const start = block.starts[cell]!
    const end = block.ends[cell]!
    const fault = isUtf8(bytes, start, end)
      ? builder.explain(bytes, start, end)
      : ({ code: 'DDB_INPUT_ENCODING', expected: 'text in UTF-8' } as const)
    const value = clippedText(bytes, start, end)
    const { code, expected } = fault
    if (column.expected !== expected) {
      column.expected = expected
      column.messageStart = `${typeText} column "${name}": expected ${expected}, got "`
    }
    return {
      columnName: name,
      code,
      class: code === 'DDB_INPUT_ENCODING' ? 'parse' : 'type',
      message: `${column.messageStart}${value}"`,
      value,
    }
  }
}

function keepsBlanks({ type }: MappedColumn): boolean {
  return type.array !== true && cellTypeOf(type.type)?.keepsBlanks === true
}

type RowFault = Pick<Reject, 'columnName' | 'code' | 'class' | 'message' | 'value'>

/** Stands for a column where no single one is at fault. */
const wholeRow = -2

function brokenRecord(message: string): RowFault {
  return {
    columnName: undefined,
    code: 'DDB_INPUT_ENCODING',
    class: 'parse',
    message,
    value: undefined,
  }
}

/** Columns that rules name have to be there. */
function checkNames(mapping: ColumnMapping, rules: CellRules): void {
  const names = mapping.columns.map(column => column.name)
  const dated = Object.keys(rules.dateFormats ?? {}).filter(name => name !== everyColumn)
  for (const [option, given] of [
    ['`cells.dateFormats`', dated],
    ['`cells.percentColumns`', rules.percentColumns ?? []],
    ['`cells.offsets`', Object.keys(rules.columnOffsets?.known() ?? {})],
  ] as const) {
    const unknown = given.find(name => !names.includes(name))
    if (unknown === undefined) continue
    throw new UsageError(
      'DDB_USAGE',
      `${option} names a column "${unknown}" that the target does not have${nearestHint(unknown, names)}`,
    )
  }
  const everyFormat = rules.dateFormats?.[everyColumn]
  const suits = ({ name, type }: MappedColumn): boolean => hasDateFormat(name, type.type, rules)
  if (everyFormat === undefined || mapping.columns.some(suits)) return
  throw new UsageError(
    'DDB_USAGE',
    `\`cells.dateFormats\` ${everyFormat}: the target has no column that can have this format`,
  )
}
