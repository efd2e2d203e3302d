/*
  Tries a type with the cells of a column. Uses the cell readers of `load`, so that both accept the same texts.
*/
import { clippedText } from '../parse/shown-text.js'
import { BufferPool } from '../parse/columns/buffer-pool.js'
import type { ColumnBuilder } from '../parse/columns/column-builder.js'
import type { CellOptions, CellRules } from '../parse/cell-rules.js'
import type { RecordBlock } from '../parse/record-block.js'
import { columnBuilder } from '../parse/types/column-types.js'
import type { ColumnType } from '../protocol/data-type.js'
import type { Column } from '../protocol/value.js'
import { timeExtremes, unitsPerDay, type Reading } from './candidate-types.js'

export interface RefusedText {
  readonly file: string
  /** From 1. */
  readonly lineNumber: number
  readonly text: string
}

/** What a candidate has found about the texts so far. */
export type TrialResults = Pick<Candidate, 'tried' | 'refused' | 'firstOdd' | 'oddTexts'>

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

/** Adds options to those that are there: to lists and records, for others in their place. */
export function withOptions<Rules extends CellOptions>(rules: Rules, options: CellOptions): Rules {
  const all = { ...rules } as Record<string, unknown>
  for (const [name, value] of Object.entries(options)) {
    const before = all[name]
    if (Array.isArray(value)) all[name] = [...new Set([before ?? [], value].flat())]
    else if (typeof value === 'object') all[name] = { ...(before as object), ...value }
    else all[name] = value
  }
  return all as Rules
}

export class Candidate implements Reading {
  readonly type: ColumnType
  readonly options: CellOptions
  /** The date format among these options. */
  readonly format: string | undefined
  /** Number of cells tried, without nulls. */
  tried = 0
  refused = 0
  firstOdd: RefusedText | undefined
  oddTexts: readonly string[] = []
  /** Smallest and largest date or time, as raw numbers. */
  min: number | bigint | undefined
  max: number | bigint | undefined
  readonly #builder: ColumnBuilder
  readonly #keepsRange: boolean

  /** @param name  of the column in rules @throws {UsageError} DDB_USAGE for rules that do not suit the type */
  constructor(name: string, { type, options }: Reading, rules: CellRules) {
    this.type = type
    this.options = options
    this.format = options.dateFormats?.[name]
    this.#keepsRange = type.array !== true && unitsPerDay[type.type] !== undefined
    this.#builder = columnBuilder({ name, type }, 0, pool, withOptions(rules, options))
  }

  /** True if `load` reads the texts without options. */
  get isPlain(): boolean {
    return Object.keys(this.options).length === 0
  }

  /** First and last day, in days since 1970; undefined for types without a date. */
  get days(): { readonly first: number; readonly last: number } | undefined {
    const units = unitsPerDay[this.type.type]
    const { min, max } = this
    if (units === undefined || min === undefined || max === undefined) return undefined
    return { first: Math.floor(Number(min) / units), last: Math.floor(Number(max) / units) }
  }

  /** True if options name another notation of numbers. */
  get isNotation(): boolean {
    return !this.isPlain && this.format === undefined
  }

  get results(): TrialResults {
    const { tried, refused, firstOdd, oddTexts } = this
    return { tried, refused, firstOdd, oddTexts }
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
      if (!this.oddTexts.includes(text)) this.oddTexts = [...this.oddTexts, text]
    }
    block.forgive()
  }

  #addRange(column: Column, rowCount: number): void {
    const { min, max } = timeExtremes(column, rowCount) ?? {}
    if (min === undefined || max === undefined) return
    if (this.min === undefined || min < this.min) this.min = min
    if (this.max === undefined || max > this.max) this.max = max
  }
}
