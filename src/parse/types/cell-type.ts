/*
  Connects DolphinDB's types to texts: which JSON values suit a type, and which column reads its cells. Each family of
  types has a file in this folder; column-types.ts lists these files.
*/
import type { DataType } from '../../protocol/data-type.js'
import type { CellRules } from '../cell-rules.js'
import type { ClockRules, DateFormat } from '../cells/wall-clock.js'
import type { BufferPool } from '../columns/buffer-pool.js'
import type { ColumnBuilder } from '../columns/column-builder.js'
import type { ColumnOffset } from '../cells/column-offset.js'
import type { ValueColumn } from '../rows/value-columns.js'
import type { Spelling } from './spelled-column.js'

export interface ColumnPlace {
  /** Index of the column in the mapping. A row that the column refuses is reported under this index. */
  readonly columnIndex: number
  readonly pool: BufferPool
  /** Digits after the point; 0 for types without a scale. */
  readonly scale: number
  /** Longest text, in bytes of UTF-8; Infinity for no limit. */
  readonly maxBytes: number
  readonly clock: ClockRules
  /** Rules for the column's texts; for an array column, the rules for its elements. */
  readonly rules: CellRules
}

export interface ValuePlace {
  /** Largest number of values in a piece. */
  readonly capacity: number
  /** Longest text, in bytes of UTF-8; Infinity for no limit. */
  readonly maxBytes: number
  /** The UTC offset that the column's times share. A `Date` needs offset 0, and sets it if none is set yet. */
  readonly offset: () => ColumnOffset | undefined
}

export interface CellType {
  readonly name: DataType
  /** Kinds of JSON values allowed in a cell, as bits of `jsonKinds`; null is always allowed. */
  readonly jsonKinds: number
  /** False if no client sends array vectors of the type (docs/protocol.md#array-vectors). */
  readonly hasArrays: boolean
  readonly column: (place: ColumnPlace) => ColumnBuilder
  /** Makes a column that takes a program's values; undefined if values of the type are always read as text. */
  readonly values?: (place: ValuePlace) => ValueColumn
  /** Set if leading and trailing blanks are part of a value. */
  readonly keepsBlanks?: true
  /** Set if the text of a column's name could also be a value of the column, so a header may look like a row. */
  readonly takesNames?: true
  /** Set for numbers and truth values, whose notation `CellRules` may change. */
  readonly spelling?: Spelling
  /** Set for dates and times, which may follow a format of `cells.dateFormats`. */
  readonly dated?: DatedColumn
}

export interface DatedColumn {
  /** The letters that every format for the type must have: `yMd` for a DATE. */
  readonly needs: string
  /** False if the type has no time of day. */
  readonly keepsTime: boolean
  /** @param expected  describes values of the type in messages */
  readonly column: (format: DateFormat, expected: string, place: ColumnPlace) => ColumnBuilder
}
