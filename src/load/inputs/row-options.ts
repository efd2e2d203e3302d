/*
  Options of `load()` about records: which field fills which column.
*/

/** Which input column fills which target column: by name if there are names, else by position. */
export interface MappingOptions {
  /** Default `name` if the input has names. */
  match?: 'name' | 'position'
  /** Target column → input column; in JSON a member, or a nested one: `properties.mag`. */
  map?: Readonly<Record<string, string>>
  /**
   * Target column → text. Names in braces stand for other columns, parts of the input's path (`input.path`), and for `filename`,
   * `dirname`, `path` and `line`: `{symbol}.SZ`; `{{` is a literal brace. If the text of a name is null, so is the column.
   */
  set?: Readonly<Record<string, string>>
  /** Ignores input columns and members that no target column takes; otherwise they are an error. */
  ignoreExtra?: boolean
  /** Fills target columns without input with nulls; otherwise they are an error. */
  allowMissing?: boolean
}

/** The form in journals. Texts in `set` are literal, even if they have braces. `templates` have names in braces. */
export type JournaledMapping = MappingOptions & {
  readonly templates?: Readonly<Record<string, string>>
}
