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
   * Target column → text, such as `{symbol}.SZ`; `{{` is a literal opening brace. A name in braces is another column, a part of
   * the path (`input.path`), or `filename`, `dirname`, `path` or `line`. If a name's text is null, so is the column.
   */
  set?: Readonly<Record<string, string>>
  /** Ignores input columns and members that no target column takes; otherwise they are an error. */
  ignoreExtra?: boolean
  /** Stores nulls in target columns that get no input; otherwise such columns are an error. */
  allowMissing?: boolean
}
