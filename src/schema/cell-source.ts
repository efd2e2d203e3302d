/*
  The sources of the cells in target columns, the shape of an input, and the user's rules for mapping inputs to columns.
*/
import type { TargetColumn } from './target-schema.js'

export type TextSource =
  /** A field of a delimited record, counted from 0. */
  | { readonly kind: 'field'; readonly index: number }
  /** A member of a JSON object. */
  | { readonly kind: 'member'; readonly name: string }
  /** The same text in every row; '' is null. */
  | { readonly kind: 'constant'; readonly text: string }
  /** The same text in every row of an input; `name` is a key of the input's `InputTexts`. */
  | { readonly kind: 'input'; readonly name: string }
  /** The number of the record's first line. */
  | { readonly kind: 'line' }

export type CellSource =
  | Extract<TextSource, { kind: 'field' | 'member' | 'constant' }>
  /** Texts joined together; the cell is null if one of the texts is null. */
  | { readonly kind: 'template'; readonly parts: readonly TextSource[] }

export function textSources(source: CellSource): readonly TextSource[] {
  return source.kind === 'template' ? source.parts : [source]
}

export interface MappedColumn extends TargetColumn {
  readonly source: CellSource
}

/** How the records of one input become rows of the target. */
export interface ColumnMapping {
  /** One per target column, in the target's order. */
  readonly columns: readonly MappedColumn[]
  /** True: JSON members that no column takes are ignored. False: they reject their row. */
  readonly ignoreExtra: boolean
  /** True: JSON members that are missing are null. False: they reject their row. */
  readonly allowMissing: boolean
}

/** What the program knows of an input before it reads the first record. */
export interface InputShape {
  readonly file: string
  /** `members` for JSON objects, because each record has its own names. */
  readonly kind: 'fields' | 'members'
  readonly names?: readonly string[] | undefined
  readonly fieldCount: number
  /** True if the first field names its record; the field is ignored unless a column asks for it. */
  readonly rowNames?: boolean | undefined
  readonly headerLineNumber?: number | undefined
}

/** The user's rules: `mapping` in the options of a run. */
export interface MappingRules {
  /** Default: by name if the input has names, else by position. */
  readonly match?: 'name' | 'position'
  /** Target column → the name of an input column, or its number from 1 if the input has no names. */
  readonly map?: Readonly<Record<string, string>>
  /** Target column → text, with names in braces (`template.ts`). */
  readonly set?: Readonly<Record<string, string>>
  readonly ignoreExtra?: boolean
  readonly allowMissing?: boolean
  /** Names of path parts. Each part fills the column of the same name, unless `map` or `set` has that column. */
  readonly parts?: readonly string[]
}

export function fieldsUsed(sources: readonly CellSource[]): ReadonlySet<number> {
  const used = sources.flatMap(source =>
    textSources(source).flatMap(one => (one.kind === 'field' ? [one.index] : [])),
  )
  return new Set(used)
}

/** The record's own text under a name. A plain look-up of `constructor` would find a member of every object. */
export function ownText(
  record: Readonly<Record<string, string>> | undefined,
  name: string,
): string | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined
}

/** Place of the header, for error messages. */
export function positionIn(
  input: InputShape,
  columnName: string,
): { file: string; lineNumber: number; columnName: string } {
  return { file: input.file, lineNumber: input.headerLineNumber ?? 1, columnName }
}
