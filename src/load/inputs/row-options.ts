/*
  What `load()` is asked of records: which field fills which column.
*/

/** Which input column fills which target column: by name where there are names, else by position. */
export interface MappingOptions {
  /** Default `name` where the input has names. */
  match?: 'name' | 'position'
  /** Target column → input column; of JSON a member, or one inside objects: `properties.mag`. */
  map?: Readonly<Record<string, string>>
  /**
   * Target column → text. Names in braces stand for other columns, parts of the path of the input (`input.path`), and for
   * `filename`, `dirname`, `path` and `line`: `{symbol}.SZ`; `{{` is a brace. Where one of them is null, so is the column.
   */
  set?: Readonly<Record<string, string>>
  /** Input columns and members that no target column takes are passed over; else they are an error. */
  ignoreExtra?: boolean
  /** Target columns without input are null; else that is an error. */
  allowMissing?: boolean
}

/** As journals have it: `set` holds texts as they are, braces included, and those with names in braces are `templates`. */
export type JournaledMapping = MappingOptions & {
  readonly templates?: Readonly<Record<string, string>>
}
