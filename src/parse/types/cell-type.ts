/*
  What one of DolphinDB's types is on the side of the text: which JSON values suit it and which column reads its cells.
  Each family of types has a file in this room; column-types.ts lists the families.
*/
import type { DataType } from '../../protocol/data-type.js'
import type { CellRules } from '../cell-rules.js'
import type { ClockRules, DateFormat } from '../cells/wall-clock.js'
import type { BufferPool } from '../columns/buffer-pool.js'
import type { ColumnBuilder } from '../columns/column-builder.js'
import type { ColumnOffset } from '../cells/column-offset.js'
import type { ValueColumn } from '../rows/value-column.js'
import type { Spelling } from './spelled-column.js'

/** What a column is told besides its type. */
export interface ColumnPlace {
  /** Position in the mapping, by which the column refuses rows. */
  readonly columnIndex: number
  readonly pool: BufferPool
  /** Digits behind the point; 0 where the type has no scale. */
  readonly scale: number
  /** Longest text, in bytes of UTF-8; Infinity where any length does. */
  readonly maxBytes: number
  /** What is known of times. */
  readonly clock: ClockRules
  /** How its texts are understood; those of the elements of an array. */
  readonly rules: CellRules
}

/** What a column needs that takes values of a program. */
export interface ValuePlace {
  /** Most values of a piece. */
  readonly capacity: number
  /** Longest text, in bytes of UTF-8; Infinity where any length does. */
  readonly maxBytes: number
  /** Of a column of times: a `Date` has that of UTC. Made when it is asked for. */
  readonly offset: () => ColumnOffset | undefined
}

/** One type; the name is DolphinDB's own. */
export interface CellType {
  readonly name: DataType
  /** Kinds of JSON values that a cell may be, as bits of `jsonKinds`; null always may. */
  readonly jsonKinds: number
  /** False where no client sends array vectors of the type (docs/protocol.md#array-vectors). */
  readonly hasArrays: boolean
  readonly column: (place: ColumnPlace) => ColumnBuilder
  /** Takes values of a program without a text between; undefined where only texts are read. */
  readonly values?: (place: ValuePlace) => ValueColumn
  /** Blanks around a text are a part of it. */
  readonly keepsBlanks?: true
  /** What a column is called may be a value of it as well. */
  readonly takesNames?: true
  /** Numbers and truths, whose spelling `CellRules` may change. */
  readonly spelling?: Spelling
  /** Dates and times only: their cells can follow a format of `cells.dateFormats`. */
  readonly dated?: DatedColumn
}

/** How dates and times are read by a format. */
export interface DatedColumn {
  /** Letters of the fields without which a text is not a value of the type. */
  readonly needs: string
  /** False where the type keeps no time of day. */
  readonly keepsTime: boolean
  /** @param expected  what a text should have been */
  readonly column: (format: DateFormat, expected: string, place: ColumnPlace) => ColumnBuilder
}
