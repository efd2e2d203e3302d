/*
  Tries a type with the cells of a column. Uses the cell readers of `load`, so that both accept the same texts.
*/
import { clippedText } from '../parse/shown-text.js'
import { BufferPool } from '../parse/columns/buffer-pool.js'
import type { ColumnBuilder } from '../parse/columns/column-builder.js'
import type { CellRules } from '../parse/cell-rules.js'
import type { RecordBlock } from '../parse/record-block.js'
import { columnBuilder } from '../parse/types/column-types.js'
import type { ColumnType } from '../protocol/data-type.js'
import { rulesWith, type NumberFlags } from './number-spelling.js'
import { nullInt32, nullInt64 } from '../protocol/null-value.js'
import type { Column } from '../protocol/value.js'

export interface RefusedText {
  readonly file: string
  /** From 1. */
  readonly lineNumber: number
  readonly text: string
}

/** Once more than this many different refused texts are known, no further texts are kept. */
const maxOddTexts = 3
/** A type is dropped once it has refused more than `fewOdd` texts, and more than one in `oddShare` texts. */
const oddShare = 4
const fewOdd = 2
/** If a type was tried with at least this many texts, up to one refused text in `slipShare` counts as a mistake. */
const fewestTried = 100
const slipShare = 100

/** Shared by all candidates, because they read one after the other and keep no arrays of a block. */
const pool = new BufferPool()

interface CandidateOptions {
  readonly format?: string
  readonly flags?: NumberFlags
  readonly keepsRange?: boolean
}

export class Candidate {
  readonly type: ColumnType
  /** Format that the texts need; undefined for the type's usual notation. */
  readonly format: string | undefined
  /** Notation of the column's numbers; undefined if `load` reads the numbers without options. */
  readonly flags: NumberFlags | undefined
  /** Number of cells tried, without nulls. */
  tried = 0
  refused = 0
  firstOdd: RefusedText | undefined
  readonly oddTexts: string[] = []
  /** Smallest and largest date or time, as raw numbers. */
  min: number | bigint | undefined
  max: number | bigint | undefined
  readonly #builder: ColumnBuilder
  readonly #keepsRange: boolean

  /** @param name  of the column in rules @throws {UsageError} DDB_USAGE for rules that do not suit the type */
  constructor(
    name: string,
    type: ColumnType,
    rules: CellRules,
    { format, flags, keepsRange = false }: CandidateOptions = {},
  ) {
    this.type = type
    this.format = format
    this.flags = flags
    this.#keepsRange = keepsRange
    const dated =
      format === undefined
        ? rules
        : { ...rules, dateFormats: { ...rules.dateFormats, [name]: format } }
    const own = flags === undefined ? dated : rulesWith(dated, name, flags)
    this.#builder = columnBuilder({ name, type }, 0, pool, own)
  }

  /** Copies an earlier candidate's results. This candidate must accept every text that the earlier one accepted. */
  continueFrom({ tried, refused, firstOdd, oddTexts }: Candidate): void {
    this.tried = tried
    this.refused = refused
    this.firstOdd = firstOdd
    this.oddTexts.push(...oddTexts)
  }

  /** True if the type has accepted every text so far, and some text is a value. */
  get fits(): boolean {
    return this.refused === 0 && this.tried > 0
  }

  /** True if the type has refused too many texts to be worth trying further. */
  get isRuledOut(): boolean {
    return this.refused > fewOdd && this.refused * oddShare > this.tried
  }

  /** True if the type accepts nearly every text. The few refused texts may be mistakes, or mean null. */
  get isNear(): boolean {
    if (this.refused === 0 || this.isRuledOut) return false
    return (
      this.refused * 10 <= this.tried || this.refused * 2 < Math.min(this.tried, 2 * fewOdd + 1)
    )
  }

  /** True if the type refused so few texts that they count as mistakes. */
  get fitsNearly(): boolean {
    const { tried, refused } = this
    return refused > 0 && tried >= fewestTried && refused * slipShare <= tried
  }

  read(block: RecordBlock, field: number, file: string): void {
    const { rowCount } = block
    const nulls = this.#builder.read(block, field, 0)
    const refusedBefore = this.refused
    if (block.refusedCount > 0) this.#refuse(block, field, file)
    this.tried += rowCount - nulls + this.refused - refusedBefore
    const buffers: ArrayBuffer[] = []
    const column = this.#builder.take(rowCount, buffers)
    if (this.#keepsRange) this.#addRange(column, rowCount)
    for (const buffer of buffers) pool.give(buffer)
  }

  #refuse(block: RecordBlock, field: number, file: string): void {
    const { bytes, starts, ends, fieldCount, refusedBy, lineNumbers, rowCount } = block
    for (let row = 0; row < rowCount; row++) {
      if (refusedBy[row] === 0) continue
      this.refused++
      if (this.oddTexts.length > maxOddTexts) continue
      const cell = row * fieldCount + field
      const text = clippedText(bytes, starts[cell]!, ends[cell]!)
      this.firstOdd ??= { file, lineNumber: lineNumbers[row]!, text }
      if (!this.oddTexts.includes(text)) this.oddTexts.push(text)
    }
    block.forgive()
  }

  #addRange(column: Column, rowCount: number): void {
    if (column.form !== 'vector' || !('data' in column)) return
    const { data } = column
    if (data instanceof Int32Array) {
      for (let row = 0; row < rowCount; row++) {
        const value = data[row]!
        if (value !== nullInt32) this.#addValue(value)
      }
    } else if (data instanceof BigInt64Array) {
      for (let row = 0; row < rowCount; row++) {
        const value = data[row]!
        if (value !== nullInt64) this.#addValue(value)
      }
    }
  }

  #addValue(value: number | bigint): void {
    if (this.min === undefined || value < this.min) this.min = value
    if (this.max === undefined || value > this.max) this.max = value
  }
}
