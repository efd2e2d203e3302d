/*
  Where the cells of target columns come from, and what is known of an input and said by the user before that is decided.
*/
import type { TargetColumn } from './target-schema.js'

/** Where a text comes from. */
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

/** Where a target column's cells come from. */
export type CellSource =
  | Extract<TextSource, { kind: 'field' | 'member' | 'constant' }>
  /** Texts one after the other; null where one of them is. */
  | { readonly kind: 'template'; readonly parts: readonly TextSource[] }

/** What a cell is put together from. */
export function textSources(source: CellSource): readonly TextSource[] {
  return source.kind === 'template' ? source.parts : [source]
}

/** A target column and where its cells come from. */
export interface MappedColumn extends TargetColumn {
  readonly source: CellSource
}

/** How every record of an input becomes a row of the target; one input, one mapping. */
export interface ColumnMapping {
  /** One per target column, in the target's order. */
  readonly columns: readonly MappedColumn[]
  /** JSON members that no column takes are passed over instead of rejecting their row. */
  readonly ignoreExtra: boolean
  /** JSON members that are not there are null instead of rejecting their row. */
  readonly allowMissing: boolean
}

/** What is known of the input before its first record is read. */
export interface InputShape {
  readonly file: string
  /** `members` for JSON objects, whose names show only record by record. */
  readonly kind: 'fields' | 'members'
  readonly names?: readonly string[] | undefined
  readonly fieldCount: number
  /** The first field is a name of its record, which goes nowhere unless it is asked for. */
  readonly rowNames?: boolean | undefined
  /** Line of the header, for messages. */
  readonly headerLineNumber?: number | undefined
}

/** What the user said about it: `mapping` of the options of a run. */
export interface MappingRules {
  /** Default: by name when the input has names. */
  readonly match?: 'name' | 'position'
  /** Target column → input column: a name, or a number from 1 when the input has no names. */
  readonly map?: Readonly<Record<string, string>>
  /** Target column → text, with names in braces (`template.ts`). */
  readonly set?: Readonly<Record<string, string>>
  readonly ignoreExtra?: boolean
  readonly allowMissing?: boolean
  /** Parts of the paths of the inputs; each fills the column of its name, unless that is mapped or set. */
  readonly parts?: readonly string[]
}

/** Indexes of the fields that sources take. */
export function fieldsUsed(sources: readonly CellSource[]): ReadonlySet<number> {
  const used = sources.flatMap(source =>
    textSources(source).flatMap(one => (one.kind === 'field' ? [one.index] : [])),
  )
  return new Set(used)
}

/** Of a name that the record has itself. */
export function ownText(
  record: Readonly<Record<string, string>> | undefined,
  name: string,
): string | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined
}

/** Of a header, for errors. */
export function positionIn(
  input: InputShape,
  columnName: string,
): { file: string; lineNumber: number; columnName: string } {
  return { file: input.file, lineNumber: input.headerLineNumber ?? 1, columnName }
}
