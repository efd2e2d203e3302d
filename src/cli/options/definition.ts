/* One definition of an option serves flags, environment, help and LoadOptions. Values come from flags, else variables, else defaults. */
import { attempt, DdbError, UsageError, usageError } from '../../errors.js'
import type { LoadOptions } from '../../load/options.js'
import { clean } from '../output/output.js'
import { type Reader, withNumbersAsTexts } from './readers.js'

export { defined } from '../../load/checked-options.js'

type GroupName =
  'server' | 'target' | 'input' | 'mapping' | 'cells' | 'rejects' | 'delivery' | 'journal'
type Group<Name extends GroupName> = Exclude<LoadOptions[Name], undefined>
type TopField = 'expectRows' | 'runId' | 'shard'

/** The paths of the fields in LoadOptions that take values of type T, such as `delivery.batchRows` and `runId`. */
type FieldOf<T> =
  | { [Name in GroupName]: `${Name}.${MemberOf<Group<Name>, T>}` }[GroupName]
  | MemberOf<Pick<LoadOptions, TopField>, T>

type MemberOf<Fields, T> = {
  [Name in keyof Fields & string]: T extends Fields[Name] ? Name : never
}[keyof Fields & string]

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

interface Named {
  readonly group: OptionGroup
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

export type OptionDefinition = Entry & Named

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

export interface OptionSources {
  /** Long name → the texts given on the command line; `true` for switches. */
  readonly flags: ReadonlyMap<string, readonly string[]>
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The files named with `@FILE`, whose options are among `flags`. */
  readonly files?: readonly string[]
}

/** A value and its origin: a flag, a variable or `default`. */
export interface Found {
  readonly texts: readonly string[]
  readonly origin: string
}

/** Reads every option of a command. @throws {UsageError} DDB_USAGE for an unreadable value, DDB_NAME for an impossible table or function */
export function resolveOptions<Table extends OptionTable>(
  table: Table,
  sources: OptionSources,
): SettingsOf<Table> {
  const settings: Record<string, unknown> = {}
  const options: Record<string, unknown> = {}
  for (const [key, definition] of Object.entries(table)) {
    const found = findValue(definition, sources)
    if (found === undefined) continue
    const value = readValue(definition, found, sources)
    settings[key] = value
    for (const [group, set] of Object.entries(fieldsSetBy(definition, value))) {
      options[group] = typeof set === 'object' ? { ...(options[group] as object), ...set } : set
    }
  }
  return { ...settings, options } as SettingsOf<Table>
}

function fieldsSetBy({ field, fields }: OptionDefinition, value: unknown): object {
  if (fields !== undefined) return fields(value as never)
  const [group = '', member] = field?.split('.') ?? []
  if (field === undefined) return {}
  return { [group]: member === undefined ? value : { [member]: value } }
}

/** The value of an option, including its default; undefined if nothing sets it. */
export function findValue(
  definition: OptionDefinition,
  { flags, environment }: OptionSources,
): Found | undefined {
  const { name, default: text } = definition
  const given = flags.get(name)
  if (given !== undefined) return { texts: given, origin: `--${name}` }
  // An empty variable counts as unset, as is usual in shells.
  const origin = definition.environment.find(variable => environment[variable])
  if (origin !== undefined) return { texts: textsIn(environment[origin]!, definition), origin }
  return text === undefined ? undefined : { texts: [text], origin: 'default' }
}

/** The variable of a repeatable option may be a JSON array or object of its values; any other text is the only value. */
function textsIn(value: string, { reader }: OptionDefinition): readonly string[] {
  if (!reader.isRepeated || !/^\s*[[{]/.test(value)) return [value]
  const [values, exact] = [value, withNumbersAsTexts(value)].map(json =>
    attempt(() => JSON.parse(json) as Readonly<Record<string, unknown>>),
  )
  if (values === undefined || exact === undefined) return [value]
  if (reader.json) {
    if (reader.read([value]) === undefined) return [value]
    return [values].flat().map(one => JSON.stringify(one))
  }
  const text = (key: string): string =>
    typeof values[key] === 'object' ? JSON.stringify(values[key]) : String(exact[key])
  return Object.keys(values).map(key => (Array.isArray(values) ? text(key) : `${key}=${text(key)}`))
}

/** Names of files may have any bytes. */
const namesFile = /[<=](?:file|glob|pattern|report|function)/

/** Puts the origin of a refused value before the message. */
function readValue(
  { reader, flags }: OptionDefinition,
  { texts, origin }: Found,
  { environment }: OptionSources,
): unknown {
  // Bytes that are not UTF-8 are lone surrogates in arguments (platform/file-name.ts), and lost in variables.
  const isOdd = origin.startsWith('--') ? !namesFile.test(flags) && /\p{Cs}/u : /\ufffd/
  if (isOdd && texts.some(given => isOdd.test(given)))
    throw usageError(`${origin}: the value is not UTF-8: write it in UTF-8`)
  try {
    const value = reader.read(texts, environment)
    if (value !== undefined) return value
  } catch (error) {
    if (!(error instanceof DdbError)) throw error
    throw new UsageError(error.code, `${origin}: ${clean(error.message)}`, { cause: error })
  }
  // HOST given as user:password@host is wrong, and the message must not show the password.
  const given = clean(texts.join(' ')).replace(/:[^:@\s]*@/g, ':***@')
  throw usageError(`${origin}: expected ${reader.expected}, got "${given}"`)
}
