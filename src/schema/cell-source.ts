/*
  Where the cells of target columns come from, what is known of an input before its first record, and what the user asked for.
*/
import type { TargetColumn } from './target-schema.js'

export type TextSource =
  /** Field of a delimited record, from 0. */
  | { readonly kind: 'field'; readonly index: number }
  /** Member of a JSON object. */
  | { readonly kind: 'member'; readonly name: string }
  /** The same text in every row; '' is null. */
  | { readonly kind: 'constant'; readonly text: string }
  /** The same text in every row of an input, by a name of its `InputTexts`. */
  | { readonly kind: 'input'; readonly name: string }
  /** The number of the record's first line. */
  | { readonly kind: 'line' }

export type CellSource =
  | Extract<TextSource, { kind: 'field' | 'member' | 'constant' }>
  /** Texts joined together; null if one of them is null. */
  | { readonly kind: 'template'; readonly parts: readonly TextSource[] }

export function textSources(source: CellSource): readonly TextSource[] {
  return source.kind === 'template' ? source.parts : [source]
}

export interface MappedColumn extends TargetColumn {
  readonly source: CellSource
}

/** How every record of an input becomes a row of the target; one input, one mapping. */
export interface ColumnMapping {
  /** One per target column, in the target's order. */
  readonly columns: readonly MappedColumn[]
  /** True: JSON members that no column takes are ignored. False: they reject their row. */
  readonly ignoreExtra: boolean
  /** True: JSON members that are missing are null. False: they reject their row. */
  readonly allowMissing: boolean
}

/** What is known of the input before its first record is read. */
export interface InputShape {
  readonly file: string
  /** `members` for JSON objects, whose names are known only record by record. */
  readonly kind: 'fields' | 'members'
  readonly names?: readonly string[] | undefined
  readonly fieldCount: number
  /** The first field names its record, and is ignored unless a column asks for it. */
  readonly rowNames?: boolean | undefined
  readonly headerLineNumber?: number | undefined
}

/** What the user asked for: `mapping` in the options of a run. */
export interface MappingRules {
  /** Default: by name if the input has names. */
  readonly match?: 'name' | 'position'
  /** Target column → input column: its name, or its number from 1 if the input has no names. */
  readonly map?: Readonly<Record<string, string>>
  /** Target column → text, with names in braces (`template.ts`). */
  readonly set?: Readonly<Record<string, string>>
  readonly ignoreExtra?: boolean
  readonly allowMissing?: boolean
  /** Names of parts of the inputs' paths; each fills the column with its name, unless `map` or `set` names that column. */
  readonly parts?: readonly string[]
}

export function fieldsUsed(sources: readonly CellSource[]): ReadonlySet<number> {
  const used = sources.flatMap(source =>
    textSources(source).flatMap(one => (one.kind === 'field' ? [one.index] : [])),
  )
  return new Set(used)
}

/** The text under a name that may also be a member of every object, such as `constructor`. */
export function ownText(
  record: Readonly<Record<string, string>> | undefined,
  name: string,
): string | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined
}

/** The place of a header, for errors. */
export function positionIn(
  input: InputShape,
  columnName: string,
): { file: string; lineNumber: number; columnName: string } {
  return { file: input.file, lineNumber: input.headerLineNumber ?? 1, columnName }
}
