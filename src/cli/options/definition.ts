/*
  Defines options. One definition serves flags, environment, help and LoadOptions.
*/
import type { LoadOptions } from '../../load/options.js'
import type { Reader } from './readers.js'

type GroupName =
  'server' | 'target' | 'input' | 'mapping' | 'cells' | 'rejects' | 'delivery' | 'journal'
type Group<Name extends GroupName> = Exclude<LoadOptions[Name], undefined>
type TopField = 'expectRows' | 'runId'

/** The paths of the fields in LoadOptions that take values of type T, such as `delivery.batchRows` and `runId`. */
type FieldOf<T> =
  | { [Name in GroupName]: `${Name}.${MemberOf<Group<Name>, T>}` }[GroupName]
  | MemberOf<Pick<LoadOptions, TopField>, T>

type MemberOf<Fields, T> = {
  [Name in keyof Fields & string]: T extends Fields[Name] ? Name : never
}[keyof Fields & string]

/** Heading under which the help lists an option. */
export type OptionGroup =
  'Target' | 'Input' | 'Mapping' | 'Values' | 'Bad rows' | 'Delivery' | 'Server' | 'Run' | 'Output'

/** What a table says about one option. Its key names its setting and its help text. */
interface Entry {
  /** In commander's notation, such as `-b, --batch-rows <n>`. */
  readonly flags: string
  readonly reader: Reader<unknown>
  /** The path of the field in LoadOptions that a value sets. */
  readonly field?: string | undefined
  /** For an option that sets no field of its own: the fields that a value sets. */
  readonly fields?: (value: never) => LoadFields
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
  /** A switch takes no value; an optional value comes after `=`. */
  readonly form: 'switch' | 'value' | 'optional'
  /** All environment variables that set the option; the first one that is set counts. */
  readonly environment: readonly string[]
}

/** The options of a command, by their settings. */
export type OptionTable = Readonly<Record<string, OptionDefinition>>

type ValueOf<Definition> = Definition extends { reader: Reader<infer T> } ? T : never

type WithDefault<Table> = {
  [Key in keyof Table]: Table[Key] extends { default: string } ? Key : never
}[keyof Table]

/** The settings that a command gets from its option table. Those with a default are always present. */
export type SettingsOf<Table> = { -readonly [Key in keyof Table]?: ValueOf<Table[Key]> } & {
  -readonly [Key in WithDefault<Table>]: ValueOf<Table[Key]>
} & { readonly options: LoadFields }

/** An entry without rare members. The compiler refuses a field whose type does not fit the reader. */
export function option<T>(flags: string, reader: Reader<T>, field?: FieldOf<T>) {
  return { flags, reader, field }
}

type Named = Pick<
  OptionDefinition,
  'group' | 'helpName' | 'name' | 'short' | 'form' | 'environment'
>

/** Puts options under one heading of the help, and finds what their flags say. @param prefix  of their environment variables */
export function optionGroup<const Table extends Readonly<Record<string, Entry>>>(
  group: OptionGroup,
  table: Table,
  prefix = 'DDB_INGEST_',
): { readonly [Key in keyof Table]: Table[Key] & Named } {
  const entries = Object.entries<Entry>(table).map(([helpName, entry]) => {
    const [, short, name = '', end] = /^(?:-(\w), )?--([a-z-]+)(.?)/.exec(entry.flags)!
    const form = end === '' ? 'switch' : end === '[' ? 'optional' : 'value'
    const own = prefix + name.replaceAll('-', '_').toUpperCase()
    const environment = entry.flagOnly ? [] : [own, ...(entry.environment ?? [])]
    return [helpName, { ...entry, group, helpName, name, short, form, environment }]
  })
  return Object.fromEntries(entries) as { [Key in keyof Table]: Table[Key] & Named }
}

/** Options of the library, which has defaults for those that are missing. */
export type LoadFields = { [Name in GroupName]?: Partial<Group<Name>> } & Pick<
  LoadOptions,
  TopField
>

/** Turns members that may be undefined into optional members. */
export type Defined<T> = { [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key] } & {
  [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined>
}

/** A copy without the members that are undefined. */
export function defined<T extends object>(fields: T): Defined<T> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as Defined<T>
}
