/*
  Finds each setting's value and origin. The first of flags, environment, configuration files and defaults decides.
*/
import { DdbError, UsageError } from '../../../errors.js'
import { longName, type OptionDefinition, type OptionTable, type SettingsOf } from './definition.js'
import { clean, didYouMean } from '../../output/terminal-text.js'

/** A configuration file, or the part of one that applies to a command. */
export interface ConfigLayer {
  readonly path: string
  readonly values: Readonly<Record<string, unknown>>
}

/** Where to look for one command's options. */
export interface OptionSources {
  /** Long name → the texts given on the command line. */
  readonly flags: ReadonlyMap<string, readonly string[]>
  readonly environment: Readonly<Record<string, string | undefined>>
  /** `DDB_INGEST_`, or `DDB_INGEST_SERVE_` for the server's own settings. */
  readonly environmentPrefix: string
  /** The first layer that has a value decides. */
  readonly layers: readonly ConfigLayer[]
}

/** A value and its origin, in the words of --print-config. */
export interface Found {
  readonly texts: readonly string[]
  readonly origin: string
  readonly code: 'DDB_USAGE' | 'DDB_CONFIG'
}

/** One line of --print-config. */
export interface Setting {
  readonly name: string
  /** The text as it was written; undefined if nothing sets the option. */
  readonly text: string | undefined
  readonly origin: string
}

/**
 * Reads every option of a command. @throws {UsageError} DDB_USAGE for a value that cannot be read, DDB_CONFIG if a
 * configuration file has that value, DDB_NAME for an impossible table or function name
 */
export function resolveOptions<Table extends OptionTable>(
  table: Table,
  sources: OptionSources,
): SettingsOf<Table> {
  const settings: Record<string, unknown> = {}
  for (const [key, definition] of Object.entries(table)) {
    const found = findValue(definition, sources)
    if (found !== undefined) settings[key] = readValue(definition, found)
  }
  return settings as SettingsOf<Table>
}

/** The settings as --print-config lists them. */
export function describeOptions(table: OptionTable, sources: OptionSources): Setting[] {
  return Object.entries(table)
    .filter(([, definition]) => definition.flags !== '--print-config')
    .map(([, definition]) => {
      const found = findValue(definition, sources)
      return {
        name: longName(definition),
        text: found?.texts.join(' ') ?? definition.defaultNote,
        origin: found?.origin ?? (definition.defaultNote === undefined ? 'not set' : 'default'),
      }
    })
}

/** `DDB_INGEST_BATCH_ROWS` for `batch-rows`. */
function environmentName(prefix: string, name: string): string {
  return prefix + name.replaceAll('-', '_').toUpperCase()
}

/**
 * The value of an option, including its default; undefined if nothing sets it.
 * @throws {UsageError} DDB_CONFIG for a value of the wrong JSON type in a configuration file
 */
export function findValue(definition: OptionDefinition, sources: OptionSources): Found | undefined {
  const name = longName(definition)
  const flag = sources.flags.get(name)
  if (flag !== undefined) return { texts: flag, origin: `--${name}`, code: 'DDB_USAGE' }
  if (!definition.flagOnly) {
    const set = fromEnvironment(definition, name, sources) ?? fromLayers(definition, name, sources)
    if (set !== undefined) return set
  }
  if (definition.default === undefined) return undefined
  return { texts: [definition.default], origin: 'default', code: 'DDB_USAGE' }
}

function fromEnvironment(
  definition: OptionDefinition,
  name: string,
  { environment, environmentPrefix }: OptionSources,
): Found | undefined {
  const variables = [environmentName(environmentPrefix, name), ...(definition.environment ?? [])]
  for (const origin of variables) {
    const value = environment[origin]
    // An empty variable counts as unset, as is usual in shells.
    if (value === undefined || value === '') continue
    return { texts: environmentTexts(definition, value), origin, code: 'DDB_USAGE' }
  }
  return undefined
}

/** The variable of a repeatable option may hold a JSON array or object; any other text is the only value. */
function environmentTexts(definition: OptionDefinition, value: string): readonly string[] {
  if (definition.reader.form === 'repeated' && /^\s*[[{]/.test(value)) {
    try {
      return jsonTexts(definition, JSON.parse(value)) ?? [value]
    } catch {
      return [value]
    }
  }
  return [value]
}

function fromLayers(
  definition: OptionDefinition,
  name: string,
  { layers }: OptionSources,
): Found | undefined {
  for (const { path, values } of layers) {
    if (!Object.hasOwn(values, name)) continue
    const texts = jsonTexts(definition, values[name])
    if (texts === undefined) {
      throw new UsageError(
        'DDB_CONFIG',
        `"${name}" in ${clean(path)}: expected ${definition.reader.expected}`,
      )
    }
    return { texts, origin: path, code: 'DDB_CONFIG' }
  }
  return undefined
}

/** The texts of a JSON value, or undefined if it has the wrong type. */
function jsonTexts(definition: OptionDefinition, value: unknown): readonly string[] | undefined {
  const { form, json } = definition.reader
  if (json) return (Array.isArray(value) ? value : [value]).map(one => JSON.stringify(one))
  if (isPlain(value)) return [String(value)]
  if (Array.isArray(value)) {
    if (!value.every(isPlain)) return undefined
    return form === 'repeated' ? value.map(String) : [value.join(',')]
  }
  if (typeof value !== 'object' || value === null || form !== 'repeated') return undefined
  const entries = Object.entries(value)
  if (!entries.every(([, one]) => isPlain(one))) return undefined
  return entries.map(([name, one]) => `${name}=${one}`)
}

function isPlain(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

function readValue(definition: OptionDefinition, found: Found): unknown {
  const name = longName(definition)
  const where = found.code === 'DDB_CONFIG' ? `"${name}" in ${clean(found.origin)}` : found.origin
  const value = attempt(() => definition.reader.read(found.texts), where, definition.field)
  if (value === undefined) {
    // HOST given as user:password@host is wrong, and the message must not show the password.
    const given = clean(found.texts.join(' ')).replace(/:[^:@\s]*@/g, ':***@')
    throw new UsageError(
      found.code,
      `${where}: expected ${definition.reader.expected}, got "${given}"`,
    )
  }
  return value
}

/** Puts the origin of a refused value before the error message, in place of the library's name for the option. */
function attempt(read: () => unknown, where: string, field = ''): unknown {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof DdbError)) throw error
    const own = `\`${field}\` `
    const message = error.message.startsWith(own) ? error.message.slice(own.length) : error.message
    throw new UsageError(error.code, `${where}: ${clean(message)}`, { cause: error })
  }
}

export function optionNames(command: { options: OptionTable }): Set<string> {
  return new Set(Object.values(command.options).map(longName))
}

/** The options that a configuration file may set. */
export function settableNames(command: { options: OptionTable }): Set<string> {
  const settable = Object.values(command.options).filter(({ flagOnly }) => !flagOnly)
  return new Set(settable.map(longName))
}

interface EnvironmentUser {
  readonly environmentPrefix: string
  readonly options: OptionTable
}

/** Refuses unknown DDB_INGEST_… variables: a misspelled one would have no effect. @throws {UsageError} DDB_USAGE */
export function checkEnvironment(
  environment: OptionSources['environment'],
  commands: readonly EnvironmentUser[],
): void {
  const set = Object.keys(environment).filter(name => name.startsWith('DDB_INGEST_'))
  if (set.length === 0) return
  const known = new Set(
    commands.flatMap(({ environmentPrefix, options }) =>
      Object.values(options)
        .filter(({ flagOnly }) => !flagOnly)
        .map(definition => environmentName(environmentPrefix, longName(definition))),
    ),
  )
  for (const name of set) {
    if (known.has(name) || !environment[name]) continue
    throw new UsageError('DDB_USAGE', `${clean(name)} sets no option${didYouMean(name, known)}`)
  }
}
