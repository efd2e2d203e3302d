/* Types for mapping inputs to target columns: the sources of cells, the shape of an input, and the user's rules. */
import { InputError, type Fix } from '../errors.js'
import type { TargetColumn } from './target-schema.js'

export type TextSource =
  /** A field of a delimited record, counted from 0. */
  | { readonly kind: 'field'; readonly index: number }
  | { readonly kind: 'member'; readonly name: string }
  /** The same text in every row; '' is null. */
  | { readonly kind: 'constant'; readonly text: string }
  /** The same text in every row of an input. `name` is a key of the input's `InputTexts`. */
  | { readonly kind: 'input'; readonly name: string }
  /** The number of the record's first line. */
  | { readonly kind: 'line' }

/** True for a text that all rows of an input have. */
export const isOfInput = ({ kind }: TextSource): boolean => kind === 'constant' || kind === 'input'

export type CellSource =
  | Extract<TextSource, { kind: 'field' | 'member' | 'constant' }>
  /** Texts joined together. The cell is null if any of the texts is null. */
  | { readonly kind: 'template'; readonly parts: readonly TextSource[] }

export function textSources(source: CellSource): readonly TextSource[] {
  return source.kind === 'template' ? source.parts : [source]
}

export interface MappedColumn extends TargetColumn {
  readonly source: CellSource
}

/** How records of one input become rows of the target. */
export interface ColumnMapping {
  readonly columns: readonly MappedColumn[]
  /** True to ignore JSON members that no column takes; false to reject their row. */
  readonly ignoreExtra: boolean
  /** True to read missing JSON members as null; false to reject their row. */
  readonly allowMissing: boolean
  /** True if JSON records are arrays whose elements are named by number, from `1`; false if anything else names them. */
  readonly byPosition?: boolean
  /** Columns that parts of the path fill. A JSON record with a member of such a name is a reject. */
  readonly fromPath?: readonly string[]
  /** Fields that neither a name nor a column uses. A record with a text in one of them is a reject. */
  readonly emptyFields?: readonly number[]
}

/** What is known of an input before its first record is read. */
export interface InputShape {
  readonly file: string
  /** `members` for JSON, because each object has its own names. */
  readonly kind: 'fields' | 'members'
  readonly names?: readonly string[] | undefined
  readonly fieldCount: number
  readonly headerLineNumber?: number | undefined
  /** Fields without a name in the header that are empty in the first records. */
  readonly emptyFields?: readonly number[] | undefined
}

/** Which input column fills which target column: by name if there are names, else by position. */
export interface MappingOptions {
  /** Default `name` if the input has names. */
  match?: 'name' | 'position'
  /** Target column → input column, or its number from 1 if the input has no names; in JSON a member, also a nested one: `place.mag`. */
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

/** The user's options, and what is known of the input. */
export interface MappingRules extends MappingOptions {
  /** Names of the parts of `input.path`. A part fills the column with its name, unless `map` or `set` does. */
  readonly parts?: readonly string[]
}

/** @param sources  undefined for columns without one */
export function fieldsUsed(sources: readonly (CellSource | undefined)[]): ReadonlySet<number> {
  const texts = sources.flatMap(source => (source === undefined ? [] : textSources(source)))
  return new Set(texts.flatMap(one => (one.kind === 'field' ? [one.index] : [])))
}

/** The names of members, or of an input's texts, that columns take, each once. */
export function sourceNames(
  { columns }: Pick<ColumnMapping, 'columns'>,
  kind: 'member' | 'input',
): string[] {
  const names = new Set<string>()
  // A loop, because this is called for each of thousands of inputs.
  for (const { source } of columns) {
    for (const one of textSources(source)) if (one.kind === kind) names.add(one.name)
  }
  return [...names]
}

/** The record's own text for this name. A plain lookup of `constructor` would find an inherited property. */
export function ownText(
  record: Readonly<Record<string, string>> | undefined,
  name: string,
): string | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined
}

/** The error for input and target that do not fit. Its place is the header. */
export function columnError(
  { file, headerLineNumber: lineNumber = 1 }: InputShape,
  columnName: string,
  message: string,
  fix?: Fix,
): InputError {
  return new InputError('DDB_INPUT_COLUMN', message, { file, lineNumber, columnName }, { fix })
}
