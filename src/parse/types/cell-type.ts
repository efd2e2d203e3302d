/*
  The text side of DolphinDB's types: which JSON values suit each and which column reads its cells. Each family of types has a
  file in this folder; column-types.ts lists them.
*/
import type { DataType } from '../../protocol/data-type.js'
import type { CellRules } from '../cell-rules.js'
import type { ClockRules, DateFormat } from '../cells/wall-clock.js'
import type { BufferPool } from '../columns/buffer-pool.js'
import type { ColumnBuilder } from '../columns/column-builder.js'
import type { ColumnOffset } from '../cells/column-offset.js'
import type { ValueColumn } from '../rows/value-column.js'
import type { Spelling } from './spelled-column.js'

/** What a column needs to know besides its type. */
export interface ColumnPlace {
  /** Index in the mapping, under which the column refuses rows. */
  readonly columnIndex: number
  readonly pool: BufferPool
  /** Digits after the point; 0 for types without a scale. */
  readonly scale: number
  /** Longest text, in bytes of UTF-8; Infinity for no limit. */
  readonly maxBytes: number
  /** What is known of times. */
  readonly clock: ClockRules
  /** How to interpret its texts, or those of an array's elements. */
  readonly rules: CellRules
}

/** What a column that takes a program's values needs. */
export interface ValuePlace {
  /** Most values of a piece. */
  readonly capacity: number
  /** Longest text, in bytes of UTF-8; Infinity for no limit. */
  readonly maxBytes: number
  /** Offset of the column's times, to which a `Date`, which is in UTC, is converted. Made on demand. */
  readonly offset: () => ColumnOffset | undefined
}

/** One type, by DolphinDB's name. */
export interface CellType {
  readonly name: DataType
  /** Kinds of JSON values allowed in a cell, as bits of `jsonKinds`; null is always allowed. */
  readonly jsonKinds: number
  /** False if no client sends array vectors of the type (docs/protocol.md#array-vectors). */
  readonly hasArrays: boolean
  readonly column: (place: ColumnPlace) => ColumnBuilder
  /** Takes a program's values directly; undefined if only texts are read. */
  readonly values?: (place: ValuePlace) => ValueColumn
  /** Blanks around a text are a part of it. */
  readonly keepsBlanks?: true
  /** A column's name may also be one of its values. */
  readonly takesNames?: true
  /** Numbers and truth values, whose notation `CellRules` may change. */
  readonly spelling?: Spelling
  /** Only for dates and times: their cells can follow a format of `cells.dateFormats`. */
  readonly dated?: DatedColumn
}

/** How a format reads dates and times. */
export interface DatedColumn {
  /** Letters of the fields without which a text is not a value of the type. */
  readonly needs: string
  /** False if the type has no time of day. */
  readonly keepsTime: boolean
  /** @param expected  what a text should have been */
  readonly column: (format: DateFormat, expected: string, place: ColumnPlace) => ColumnBuilder
}
