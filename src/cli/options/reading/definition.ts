/*
  What an option is. One definition of it drives the command line, the environment, configuration files,
  --print-config, the help, and the field of LoadOptions that it sets.
*/
import type { FieldValue, LoadField } from '../load-field.js'
import type { Reader } from './readers.js'

/** Heading of the help under which an option stands. */
export type OptionGroup =
  'Target' | 'Input' | 'Mapping' | 'Values' | 'Bad rows' | 'Delivery' | 'Server' | 'Run' | 'Output'

/** One option, wherever it may be set. Its key in a table is the long name in camel case. */
export interface OptionDefinition {
  /** `-b, --batch-rows <n>`, as commander reads it. */
  readonly flags: string
  readonly group: OptionGroup
  readonly help: string
  /** Its type: how its text becomes a value. */
  readonly reader: Reader<unknown>
  /** Text for the reader. */
  readonly default?: string
  /** Where the default depends on something else: said in the help, decided later. */
  readonly defaultNote?: string
  /** Environment variables besides DDB_INGEST_<OPTION>. */
  readonly environment?: readonly string[]
  /** Only meaningful on the command line: neither environment nor configuration file may set it. */
  readonly flagOnly?: boolean
  /** The field of LoadOptions that it sets. */
  readonly field?: LoadField
}

/** The options of a command, by the key of the setting. */
export type OptionTable = Readonly<Record<string, OptionDefinition>>

/** What an option's reader gives. */
type ValueOf<Definition> = Definition extends { reader: Reader<infer T> } ? T : never

/** Settings of a table once its options are read: those with a default are always there. */
export type SettingsOf<Table> = {
  -readonly [Key in keyof Table as Table[Key] extends { default: string } ? Key : never]: ValueOf<
    Table[Key]
  >
} & {
  -readonly [Key in keyof Table as Table[Key] extends { default: string } ? never : Key]?: ValueOf<
    Table[Key]
  >
}

type Ungrouped = Readonly<Record<string, Omit<OptionDefinition, 'group'>>>

/** Fields that take what the reader of their option gives. */
type FieldsFit<Table> = {
  readonly [Key in keyof Table]: Table[Key] extends {
    reader: Reader<infer T>
    field: infer Field extends LoadField
  }
    ? { field: T extends FieldValue<Field> ? Field : never }
    : unknown
}

/** Puts options under one heading of the help; the compiler refuses a field whose type does not fit the reader. */
export function optionGroup<Table extends Ungrouped>(
  group: OptionGroup,
  table: Table & FieldsFit<Table>,
): { readonly [Key in keyof Table]: Table[Key] & { readonly group: OptionGroup } } {
  const entries = Object.entries<Omit<OptionDefinition, 'group'>>(table)
  return Object.fromEntries(entries.map(([key, one]) => [key, { ...one, group }])) as {
    [Key in keyof Table]: Table[Key] & { group: OptionGroup }
  }
}

/** `batch-rows` of `-b, --batch-rows <n>`. */
export function longName({ flags }: Pick<OptionDefinition, 'flags'>): string {
  return /--([a-z-]+)/.exec(flags)![1]!
}

/** `b` of `-b, --batch-rows <n>`, where there is one. */
export function shortName({ flags }: Pick<OptionDefinition, 'flags'>): string | undefined {
  return /^-(\w),/.exec(flags)?.[1]
}
