/*
  What `load()` is asked of records and cells: which field fills which column, and what its text means.
*/

/** Which input column fills which target column: by name where there are names, else by position. */
export interface MappingOptions {
  /** Default `name` where the input has names. */
  match?: 'name' | 'position'
  /** Target column → input column; of JSON a member, or one inside objects: `properties.mag`. */
  map?: Readonly<Record<string, string>>
  /** Target column → constant text. */
  set?: Readonly<Record<string, string>>
  /** Input columns and members that no target column takes are passed over; else they are an error. */
  ignoreExtra?: boolean
  /** Target columns without input are null; else that is an error. */
  allowMissing?: boolean
}

/** What texts mean in a cell. */
export interface CellOptions {
  /** Texts that mean null, besides the empty field; in numbers and dates with blanks around them, too. */
  nullTexts?: readonly string[]
  /** They mean null in the quotes of delimited text, too. */
  nullQuoted?: boolean
  /**
   * Target column, or `*` for all that it suits → DolphinDB format, `epoch:s|ms|us|ns`, or a spreadsheet's day numbers,
   * `excel` or `excel:1904`.
   */
  dateFormats?: Readonly<Record<string, string>>
  /**
   * Whose clocks the columns keep: a zone such as `Asia/Shanghai` or `+08:00`, to which times with an offset and counts
   * since 1970 are converted. `none` keeps times as they are written, whatever their offsets. So does the default, where
   * all times of a column have the same offset, or none: a row with another one is rejected. Never the machine's.
   */
  timeZone?: string
  /**
   * Target column → the offset that its times have, such as `+08:00`, or `none`; without it, that of the first time of the
   * column in the run. Not with `timeZone`.
   */
  offsets?: Readonly<Record<string, string>>
  /** One character between groups of three digits. */
  thousands?: string
  /** Numbers have a comma where others have a point. */
  decimalComma?: boolean
  /** Target columns whose texts are shares: `12.5%` is 0.125. */
  percentColumns?: readonly string[]
  /** Texts that mean true, and false, besides `true`, `1`, `false` and `0`. */
  trueTexts?: readonly string[]
  falseTexts?: readonly string[]
  /** A bad cell becomes null and is counted. */
  lenient?: boolean
}
