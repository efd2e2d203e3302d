/*
  How texts of cells are understood: what users say of them, and what readers are told besides.
*/
import type { ColumnOffsets } from './cells/column-offset.js'

/** What texts mean in a cell. */
export interface CellOptions {
  /** Texts that mean null, besides the empty field; in numbers and dates with blanks around them, too. */
  readonly nullTexts?: readonly string[]
  /** They mean null in the quotes of delimited text, too. */
  readonly nullQuoted?: boolean
  /**
   * Target column, or `*` for all that it suits → DolphinDB format, `epoch:s|ms|us|ns`, or a spreadsheet's day numbers,
   * `excel` or `excel:1904`.
   */
  readonly dateFormats?: Readonly<Record<string, string>>
  /**
   * Whose clocks the columns keep: a zone such as `Asia/Shanghai` or `+08:00`, to which times with an offset and counts
   * since 1970 are converted. `none` keeps times as they are written, whatever their offsets. So does the default, where
   * all times of a column have the same offset, or none: a row with another one is rejected. Never the machine's.
   */
  readonly timeZone?: string
  /**
   * Target column → the offset that its times have, such as `+08:00`, or `none`; without it, that of the first time of the
   * column in the run. Not with `timeZone`.
   */
  readonly offsets?: Readonly<Record<string, string>>
  /** One character between groups of three digits. */
  readonly thousands?: string
  /** Numbers have a comma where others have a point. */
  readonly decimalComma?: boolean
  /** Target columns whose texts are shares: `12.5%` is 0.125. */
  readonly percentColumns?: readonly string[]
  /** Texts that mean true, besides `true` and `1`. */
  readonly trueTexts?: readonly string[]
  /** Texts that mean false, besides `false` and `0`. */
  readonly falseTexts?: readonly string[]
  /** A bad cell becomes null and is counted. */
  readonly lenient?: boolean
}

/** How texts of cells are understood. */
export interface CellRules extends Omit<CellOptions, 'offsets'> {
  /**
   * What offsets the times of each column have, where no time zone is given: the first time of a column decides, and stands
   * there for later readers. Without it each reader finds out for itself.
   */
  readonly columnOffsets?: ColumnOffsets | undefined
  /** Told once for each column in which an offset was left out, because there is no time zone; again after true. */
  readonly onOffset?: (columnName: string) => boolean | void
  /** Between the elements of an array column; default `,`. */
  readonly arrayDelimiter?: string
}
