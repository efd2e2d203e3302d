/*
  Defines options. One definition serves flags, environment, help and LoadOptions.
*/
import type { LoadOptions } from '../../load/options.js'
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

/** What a table says about one option. Its key names its setting and its help text. */
interface Entry {
  /** In commander's notation, such as `-b, --batch-rows <n>`. */
  readonly flags: string
  readonly reader: Reader<unknown>
  readonly field?: LoadField | undefined
  /** For an option that sets no field of its own: the fields that a value sets. */
  readonly fields?: (value: never) => LoadFields
  /** Describes the default in the help if the program determines the default later. */
  readonly defaultNote?: string | undefined
  /** The text that `reader` gets if nothing sets the option. */
  readonly default?: string
  /** Environment variables besides DDB_INGEST_<OPTION>. */
  readonly environment?: readonly string[]
  /** Only meaningful on the command line: the environment cannot set it. */
  readonly flagOnly?: boolean
}

export interface OptionDefinition extends Entry {
  readonly group: OptionGroup
  /** Names the help text. */
  readonly helpName: string
  /** `batch-rows` for `-b, --batch-rows <n>`. */
  readonly name: string
  /** `b` for `-b, --batch-rows <n>`. */
  readonly short: string | undefined
}

/** The options of a command, by their settings. */
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

/** The fields that take values of type T. */
type FieldOf<T> = {
  [Field in LoadField]: T extends FieldValue<Field> ? Field : never
}[LoadField]

/** An entry without rare members. The compiler refuses a field whose type does not fit the reader. */
export function option<T>(
  flags: string,
  reader: Reader<T>,
  field?: FieldOf<T>,
  defaultNote?: string,
): { flags: string; reader: Reader<T>; field?: LoadField; defaultNote?: string } {
  return { flags, reader, ...defined({ field, defaultNote }) }
}

type Named = Pick<OptionDefinition, 'group' | 'helpName' | 'name' | 'short'>

/** Puts options under one heading of the help, and names them. */
export function optionGroup<const Table extends Readonly<Record<string, Entry>>>(
  group: OptionGroup,
  table: Table,
): { readonly [Key in keyof Table]: Table[Key] & Named } {
  const entries = Object.entries<Entry>(table).map(([helpName, entry]) => {
    const [, short, name] = /^(?:-(\w), )?--([a-z-]+)/.exec(entry.flags)!
    return [helpName, { ...entry, group, helpName, name: name!, short }]
  })
  return Object.fromEntries(entries) as { [Key in keyof Table]: Table[Key] & Named }
}

/** The same options with other defaults in the help. */
export function noted<const Table extends OptionTable>(
  table: Table,
  notes: { readonly [Key in keyof Table]?: string },
): Table {
  const entries = Object.entries<OptionDefinition>(table).map(([key, one]) => [
    key,
    { ...one, ...defined({ defaultNote: notes[key] ?? one.defaultNote }) },
  ])
  return Object.fromEntries(entries) as Table
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
  const found: Record<string, unknown> = {}
  for (const [key, { field, fields }] of Object.entries<OptionDefinition>(table)) {
    const value = (settings as Readonly<Record<string, unknown>>)[key]
    if (value === undefined || (field ?? fields) === undefined) continue
    const [group = '', member] = field?.split('.') ?? []
    const own = { [group]: member === undefined ? value : { [member]: value } }
    for (const [name, set] of Object.entries<unknown>(fields?.(value as never) ?? own)) {
      found[name] = typeof set === 'object' ? { ...(found[name] as object), ...set } : set
    }
  }
  // `optionGroup` guarantees that each value has the type of its field.
  return found
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
