/*
  How texts of cells are interpreted: the user's options, and what the loader adds.
*/
import type { ColumnOffsets } from './cells/column-offset.js'

/** What texts mean in a cell. */
export interface CellOptions {
  /** Texts that mean null, besides the empty field; numbers and dates may have blanks around them. */
  readonly nullTexts?: readonly string[]
  /** They also mean null inside quotes of delimited text. */
  readonly nullQuoted?: boolean
  /**
   * Target column, or `*` for all that it fits → DolphinDB format, `epoch:s|ms|us|ns`, or a spreadsheet's day numbers, `excel`
   * or `excel:1904`.
   */
  readonly dateFormats?: Readonly<Record<string, string>>
  /**
   * Time zone of the stored times, such as `Asia/Shanghai` or `+08:00`: times with an offset and counts since 1970 are
   * converted to it. `none` stores times as written, whatever their offsets. So does the default, but then all times of a
   * column must have the same offset, or none: a row with another one is rejected. The machine's zone is never used.
   */
  readonly timeZone?: string
  /**
   * Target column → the offset of its times, such as `+08:00`, or `none`; default: that of the column's first time in the run.
   * Not with `timeZone`.
   */
  readonly offsets?: Readonly<Record<string, string>>
  /** Thousands separator, one character. */
  readonly thousands?: string
  /** Numbers have a decimal comma instead of a point. */
  readonly decimalComma?: boolean
  /** Target columns with percentages: `12.5%` is 0.125. */
  readonly percentColumns?: readonly string[]
  /** Texts that mean true, besides `true` and `1`. */
  readonly trueTexts?: readonly string[]
  /** Texts that mean false, besides `false` and `0`. */
  readonly falseTexts?: readonly string[]
  /** A bad cell becomes null and is counted. */
  readonly lenient?: boolean
}

/** How texts of cells are interpreted. */
export interface CellRules extends Omit<CellOptions, 'offsets'> {
  /**
   * Without a time zone: the offsets of each column's times. The first time of a column decides for all later readers; without
   * this each reader decides for itself.
   */
  readonly columnOffsets?: ColumnOffsets | undefined
  /**
   * Called for each column in which an offset is ignored for lack of a time zone: once, or again while it returns true.
   */
  readonly onOffset?: (columnName: string) => boolean | void
  /** Separator of the elements of an array column; default `,`. */
  readonly arrayDelimiter?: string
}
