/*
  Defines options. One definition serves flags, environment, help and LoadOptions.
*/
import type { LoadOptions } from '../../../load/options.js'
import type { Reader } from './readers.js'

type GroupName =
  'server' | 'target' | 'input' | 'mapping' | 'cells' | 'rejects' | 'delivery' | 'journal'
type Group<Name extends GroupName> = Exclude<LoadOptions[Name], undefined>
type TopField = 'expectRows' | 'runId'

/** `delivery.batchRows`, `runId`: the path of a field in LoadOptions. */
export type LoadField =
  { [Name in GroupName]: `${Name}.${keyof Group<Name> & string}` }[GroupName] | TopField

export type FieldValue<Field extends LoadField> = Field extends TopField
  ? LoadOptions[Field]
  : Field extends `${infer Name extends GroupName}.${infer Member}`
    ? Member extends keyof Group<Name>
      ? Group<Name>[Member]
      : never
    : never

/** Heading under which the help lists an option. */
export type OptionGroup =
  'Target' | 'Input' | 'Mapping' | 'Values' | 'Bad rows' | 'Delivery' | 'Server' | 'Run' | 'Output'

/** One option. Its key in an `OptionTable` is its long name in camel case. */
export interface OptionDefinition {
  /** In commander's notation, such as `-b, --batch-rows <n>`. */
  readonly flags: string
  readonly group: OptionGroup
  readonly help: string
  /** The type of the option: how its text becomes a value. */
  readonly reader: Reader<unknown>
  /** The text that `reader` gets if nothing sets the option. */
  readonly default?: string
  /** Describes the default in the help if the program determines the default later. */
  readonly defaultNote?: string
  /** Environment variables besides DDB_INGEST_<OPTION>. */
  readonly environment?: readonly string[]
  /** Only meaningful on the command line: the environment cannot set it. */
  readonly flagOnly?: boolean
  readonly field?: LoadField
  /** For an option that sets no field of its own: the fields that a value sets. */
  readonly fields?: (value: never) => LoadFields
}

/** The options of a command, by the key of the setting. */
export type OptionTable = Readonly<Record<string, OptionDefinition>>

type ValueOf<Definition> = Definition extends { reader: Reader<infer T> } ? T : never

/** The settings that a command gets from its option table. Those with a default are always present. */
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

/** Checks at compile time that the result of each option's reader fits the field that the option sets. */
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

/** `batch-rows` from `-b, --batch-rows <n>`. */
export function longName({ flags }: Pick<OptionDefinition, 'flags'>): string {
  return /--([a-z-]+)/.exec(flags)![1]!
}

/** `b` from `-b, --batch-rows <n>`, if there is one. */
export function shortName({ flags }: Pick<OptionDefinition, 'flags'>): string | undefined {
  return /^-(\w),/.exec(flags)?.[1]
}

export type LoadFields = { [Name in GroupName]?: Partial<Group<Name>> } & Pick<
  LoadOptions,
  TopField
>

/** The fields that a table's options set. Leaves out settings without a value: the library has defaults for them. */
export function fieldsOf<Table extends OptionTable>(
  table: Table,
  settings: SettingsOf<Table>,
): LoadFields {
  const top: Record<string, unknown> = {}
  const groups: Record<string, Record<string, unknown>> = {}
  for (const [key, { field, fields }] of Object.entries<OptionTable[string]>(table)) {
    const value = (settings as Readonly<Record<string, unknown>>)[key]
    if (value === undefined) continue
    for (const [group, members] of Object.entries(fields?.(value as never) ?? {})) {
      groups[group] = { ...groups[group], ...(members as object) }
    }
    if (field === undefined) continue
    const [group, member] = field.split('.') as [string, string?]
    if (member === undefined) top[group] = value
    else (groups[group] ??= {})[member] = value
  }
  // `optionGroup` guarantees that each value has the type of its field.
  return { ...groups, ...top }
}

/** Turns members that may be undefined into optional members. */
export type Defined<T> = { [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key] } & {
  [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined>
}

/** A copy without the members that are undefined. */
export function defined<T extends object>(fields: T): Defined<T> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as Defined<T>
}
