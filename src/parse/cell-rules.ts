/*
  Rules for reading the texts of cells: the user's options, and additions of the loader.
*/
import type { ColumnOffsets } from './times/column-offset.js'

/** The user's options for the meaning of texts in cells. */
export interface CellOptions {
  /** Texts that mean null, besides the empty field, unless they are in quotes. For numbers and dates, blanks around them do not matter. */
  readonly nullTexts?: readonly string[]
  /**
   * Target column → format: a DolphinDB format, `epoch:s|ms|us|ns`, or `excel` or `excel:1904` for a spreadsheet's day
   * numbers. `*` means all columns that the format fits.
   */
  readonly dateFormats?: Readonly<Record<string, string>>
  /**
   * Time zone of the stored times, such as `Asia/Shanghai` or `+08:00`. Times with an offset and counts since 1970 are converted to this
   * zone. `none` stores times as written, whatever their offsets. The default also stores times as written, but all times of a column must
   * have the same offset, or none; rows with a different offset are rejected. The machine's zone is never used.
   */
  readonly timeZone?: string
  /** Target column → its times' offset, such as `+08:00`, or `none`; default: that of its first time in the run. Not with `timeZone`. */
  readonly offsets?: Readonly<Record<string, string>>
  /** Thousands separator in numbers, one character. */
  readonly thousands?: string
  /** True if numbers have a decimal comma instead of a point. */
  readonly decimalComma?: boolean
  /** Target columns with percentages: `12.5%` is 0.125. */
  readonly percentColumns?: readonly string[]
  /** Pairs of texts that mean true and false, such as `Y/N`, in addition to `true/false` and `1/0`; one side may be empty. */
  readonly booleans?: readonly string[]
  /** True to make bad cells null and count them, instead of rejecting their rows. */
  readonly lenient?: boolean
}

export interface CellRules extends Omit<CellOptions, 'offsets'> {
  /** Offsets of the columns' times, shared by all readers. If undefined, each reader determines the offsets itself. */
  readonly columnOffsets?: ColumnOffsets | undefined
  /** Called when an offset of a column's times is first ignored because no zone is set. */
  readonly onOffset?: (columnName: string) => void
  /** Separator of the elements of an array column; default `,`. */
  readonly arrayDelimiter?: string
}
