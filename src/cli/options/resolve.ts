/*
  Finds the value of each setting: on the command line, else in the environment, else its default.
*/
import { DdbError, UsageError, usageError } from '../../errors.js'
import { type OptionDefinition, type OptionTable, type SettingsOf } from './definition.js'
import { clean, didYouMean } from '../output/terminal-text.js'

/** Where to look for one command's options. */
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

/**
 * Reads every option of a command. @throws {UsageError} DDB_USAGE for a value that cannot be read, DDB_NAME for an
 * impossible table or function name
 */
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
  try {
    const values = JSON.parse(value) as unknown[] | Record<string, unknown>
    const text = (one: unknown): string => (typeof one === 'string' ? one : JSON.stringify(one))
    if (reader.json)
      return (Array.isArray(values) ? values : [values]).map(one => JSON.stringify(one))
    if (Array.isArray(values)) return values.map(text)
    return Object.entries(values).map(([name, one]) => `${name}=${text(one)}`)
  } catch {
    return [value]
  }
}

/** Puts the origin of a refused value before the message. */
function readValue(
  { reader }: OptionDefinition,
  { texts, origin }: Found,
  { environment }: OptionSources,
): unknown {
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

const kernelSwitch = 'DDB_INGEST_KERNEL'

/** True if the environment leaves all reading to the exact reader, to compare with it or to avoid a fault of the kernel. */
export function isKernelOff(environment: OptionSources['environment']): boolean {
  return /^(?:off|0|false|no)$/i.test(environment[kernelSwitch] ?? '')
}

/** Refuses unknown DDB_INGEST_… variables: a misspelled one would have no effect. @throws {UsageError} DDB_USAGE */
export function checkEnvironment(
  environment: OptionSources['environment'],
  tables: readonly OptionTable[],
): void {
  const known = new Set(
    tables.flatMap(Object.values<OptionDefinition>).flatMap(one => one.environment),
  ).add(kernelSwitch)
  for (const name of Object.keys(environment)) {
    if (!name.startsWith('DDB_INGEST_') || !environment[name] || known.has(name)) continue
    throw usageError(`${clean(name)} sets no option${didYouMean(name, known)}`)
  }
}
