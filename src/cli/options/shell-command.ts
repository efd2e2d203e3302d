/*
  Commands that the program prints, ready for a shell: options become flags again, with the texts that the user gave or with those
  of detected values. No printed command contains a password.
*/
import { extname, resolve } from 'node:path'
import type { NeededOptions } from '../../infer/needed-options.js'
import type { FrozenLoad } from '../../load/check/check-result.js'
import type { LoadOptions, ServerAddress, ServerTarget } from '../../load/options.js'
import { defaultMaxErrors } from '../../load/defaults.js'
import { dfsOptions, schemaOptions, sharedOptions } from './command-options.js'
import { fieldsOf, longName, type OptionDefinition, type OptionTable } from './definition.js'
import type { JournaledServer } from './library-options.js'
import { loadOptions, serverOptions, type LoadSettings } from './load-options.js'
import { jsonTo } from './readers.js'
import { findValue, type OptionSources } from './resolve.js'

type Flags = OptionSources['flags']

/** One word for a POSIX shell. Bytes that are not UTF-8 need bash, zsh or a shell of POSIX 2024. */
export function shellWord(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text
  if (!nameByte.test(text)) return `'${text.replaceAll("'", `'\\''`)}'`
  return `$'${text.replace(/['\\]/g, '\\$&').replace(new RegExp(nameByte, 'gu'), octal)}'`
}

/** The escape for a byte of a file name that is not UTF-8 (platform/file-name.ts). */
const nameByte = /[\udc80-\udcff]/u

/** An octal escape. It always has three digits, so that a digit after it does not become part of the escape. */
function octal(escape: string): string {
  return `\\${(escape.charCodeAt(0) & 0xff).toString(8)}`
}

export function shellText(words: readonly string[]): string {
  return ['ddb-ingest', ...words].map(shellWord).join(' ')
}

/** The address in the form that `--host` reads. */
export function addressText({ host, port }: ServerAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function addressesText(server: JournaledServer): string {
  return [server, ...(server.otherHosts ?? [])].map(addressText).join(',')
}

/** True for a value of `--json` that names a file. */
const isFile = (text: string): boolean => jsonTo.read([text])?.file !== undefined

/** A switch if it is on, a repeatable flag for each text, any other flag with the last text. */
function optionWords(definition: OptionDefinition, texts: readonly string[]): string[] {
  const flag = `--${longName(definition)}`
  const { reader } = definition
  const { form, shown = text => text } = reader
  if (form === 'switch') return texts.length > 0 && reader.read(texts) === true ? [flag] : []
  if (form === 'optional') return texts.map(text => (isFile(text) ? `${flag}=${text}` : flag))
  return (form === 'repeated' ? texts : texts.slice(-1))
    .map(shown)
    .flatMap(text => (text.startsWith('-') ? [`${flag}=${text}`] : [flag, text]))
}

function flagWords(options: OptionTable, flags: Flags): string[] {
  const definitions = new Map(Object.values(options).map(one => [longName(one), one]))
  return [...flags].flatMap(([name, texts]) => {
    const definition = definitions.get(name)
    return definition === undefined ? [] : optionWords(definition, texts)
  })
}

/** `./` keeps an argument that begins with - or @ from being read as an option or a file of options. */
function commandText(name: string, args: readonly string[], options: OptionTable, flags: Flags) {
  const words = args.map(word => (/^[-@]./.test(word) ? `./${word}` : word))
  return shellText([name, ...words, ...flagWords(options, flags)])
}

/** The flags of the options in `table`. */
function flagsIn(table: OptionTable, flags: Flags): Flags {
  const names = new Set(Object.values(table).map(longName))
  return new Map([...flags].filter(([name]) => names.has(name)))
}

type Fields = Readonly<Record<string, unknown>>

/** The texts that set the option's field to the value in `fields`; undefined if there is none. */
function fieldTexts({ field }: OptionDefinition, fields: Fields): string[] | undefined {
  const [group, member] = field?.split('.') ?? []
  const value = (fields[group!] as Record<string, unknown> | undefined)?.[member!]
  if (value === undefined) return undefined
  if (Array.isArray(value)) return value.map(String)
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object') return [JSON.stringify(value)]
  return Object.entries(value!).map(([name, text]) => `${name}=${text}`)
}

export interface TypedCall {
  readonly command: { readonly name: string; readonly options: OptionTable }
  readonly args: readonly string[]
  readonly flags: Flags
  /** Name of another command with the same options, to suggest that command; default: `command.name`. */
  readonly name?: string
}

/**
 * Text of the user's own call. @param changes  long names of flags with their new texts; null leaves a flag out. Repeatable flags
 * keep the user's own texts
 */
export function sameCommand(
  { command: { name: own, options }, args, flags, name = own }: TypedCall,
  changes: Readonly<Record<string, string | null>> = {},
): string {
  const changed = new Map(flags)
  for (const [flag, text] of Object.entries(changes)) {
    if (text === null) changed.delete(flag)
    else changed.set(flag, [...(flags.get(flag) ?? []), text])
  }
  return commandText(name, args, options, changed)
}

/** The flags that name the server and the user. */
export function serverWords(flags: Flags): string[] {
  return flagWords(serverOptions, flags)
}

/** One of the loads that a check proposes. */
export interface CommandPart {
  readonly frozen: FrozenLoad
  /** The number of the load, from 1. */
  readonly number: number
  readonly isOnly: boolean
  /** The arguments as the user gave them. */
  readonly args: readonly string[]
  /** Records of this load's inputs, and how many of them would load; undefined if not all were read. */
  readonly counts: { readonly rows: number; readonly fit: number } | undefined
}

/** Options that two loads cannot share. */
const ofOne = ['runId', 'rejects', 'json', 'metricsFile', 'report']

/** A `load` command with every given and every detected setting. @param settings  read from `sources` */
export function loadCommand(
  settings: LoadSettings,
  sources: OptionSources,
  { frozen: { inputs, ...detected }, number, isOnly, args, counts }: CommandPart,
): string {
  // A list from standard input cannot be read again.
  const isAsGiven = isOnly && settings.filesFrom !== '-'
  const own = fieldsOf(loadOptions, settings)
  const textsOf = (key: string, definition: OptionDefinition): readonly string[] => {
    if (key === 'host') return [settings.host.map(addressText).join(',')]
    if (key === 'dryRun' || (definition.group === 'Output' && key !== 'json')) return []
    // These select files from folders and lists, but the loads name files.
    if ((key === 'include' || key === 'filesFrom') && !isAsGiven) return []
    const found = findValue(definition, sources)
    const given = found === undefined || found.origin === 'default' ? [] : found.texts
    if (key === 'json') return given.filter(isFile)
    // The limit applied to the inputs of all these loads together, so each load gets the count of its own inputs.
    if (given.length > 0 && !isOnly && counts !== undefined) {
      if (key === 'limit') return [String(counts.rows)]
      if (key === 'expectRows') return [String(counts.fit)]
    }
    const texts = fieldTexts(definition, detected)
    // A setting that the check did not change stays as the user wrote it.
    return texts === undefined || String(texts) === String(fieldTexts(definition, own))
      ? given
      : texts
  }
  const flags = Object.entries<OptionDefinition>(loadOptions).map(([key, definition]) => {
    const texts = textsOf(key, definition)
    const isNumbered = !isOnly && ofOne.includes(key)
    return [
      longName(definition),
      isNumbered ? texts.map(text => numbered(text, number, key)) : texts,
    ] as const
  })
  return commandText('load', isAsGiven ? args : inputs, loadOptions, new Map(flags))
}

/** `r-2.csv` for `r.csv`. */
function numbered(text: string, number: number, key: string): string {
  if (number === 1) return text
  if (key === 'runId') return `${text.slice(0, 60)}-${number}`
  const extension = extname(text)
  return `${text.slice(0, text.length - extension.length)}-${number}${extension}`
}

/** The user's settings for `schema`, used in the commands that `schema` prints. */
export interface NewTableLoad {
  /** The inputs as the user gave them. */
  readonly inputs: readonly string[]
  readonly flags: Flags
  readonly table: string
  readonly needed: NeededOptions
  /** True if the table has properties that `load --create` cannot give it. */
  readonly needsScript: boolean
  /** True if the user has the script that creates the table. */
  readonly hasScript: boolean
}

const { key, types } = schemaOptions
const newTableOptions = { key, types, ...dfsOptions }

/** The commands that create the table and fill it: one if `load` itself can create it, otherwise two. */
export function nextCommands(command: NewTableLoad): string[] {
  const { inputs, table, flags, needsScript, hasScript, needed } = command
  const isStdin = inputs.includes('-') || flags.get('files-from')?.at(-1) === '-'
  const isMade = hasScript || needsScript || isStdin
  const kind = table.startsWith('dfs://') ? 'dfs' : 'stream'
  const target = ['table', [table]] as const
  const ofNewTable = flagsIn(newTableOptions, flags)
  // Repeats only flags: variables of the environment will apply again.
  const shared = flagsIn(sharedOptions, flags)
  const created = isMade ? [] : [['create', [kind]] as const, ...ofNewTable]
  const filled = withNeeded(new Map([target, ...created, ...shared]), needed)
  const load = commandText('load', inputs, loadOptions, filled)
  if (hasScript || !isMade || isStdin) return [load]
  const script = new Map([target, ...ofNewTable, ...shared, ['output', ['create']]])
  const schema = commandText('schema', inputs, schemaOptions, script)
  return [`${schema} | ddb-ingest exec -`, load]
}

/** The user's call plus the needed options; drops `--on-error` and `--max-errors` if some rows do not fit. */
export function completedCommand(call: TypedCall, needed: NeededOptions): string {
  const { command, args, name = command.name } = call
  const kept = new Map(call.flags)
  if (needed.rejects > 0) {
    kept.delete('max-errors')
    if (kept.get('on-error')?.at(-1) !== 'null') kept.delete('on-error')
  }
  return commandText(name, args, command.options, withNeeded(kept, needed))
}

/** Adds the options that the inputs need. Those about cells come after the user's own, and count; others only if there is none. */
function withNeeded(flags: Flags, needed: NeededOptions): Flags {
  const { header, rejects } = needed
  const fields = { ...needed, input: { header, ...needed.input } }
  const all = new Map(flags)
  for (const definition of Object.values<OptionDefinition>(loadOptions)) {
    const name = longName(definition)
    const given = flags.get(name) ?? []
    const isPair = name === 'map' || name === 'date-format'
    if (given.length > 0 && !isPair && definition.group !== 'Values') continue
    const nameIn = (text: string): string => text.slice(0, text.indexOf('='))
    const isOpen = (text: string): boolean => !given.some(own => nameIn(own) === nameIn(text))
    const texts = fieldTexts(definition, fields)
    if (texts) all.set(name, [...given, ...(isPair ? texts.filter(isOpen) : texts)])
  }
  if (rejects === 0 || flags.has('rejects')) return all
  all.set('rejects', ['rejects.csv'])
  if (rejects > defaultMaxErrors) all.set('max-errors', [String(rejects)])
  return all
}

export interface ResumedRun {
  readonly runId: string
  readonly journaled: JournaledServer
}

export interface RunToResume extends ResumedRun {
  /** The state folder that the user gave; undefined for the program's own. */
  readonly stateDir: string | undefined
  /** The server that this process uses. `resumeCommand` names it if it differs from `journaled`. */
  readonly server: JournaledServer
}

/** Options without secrets that no journal keeps. Variables of the environment will apply again. */
const ofProcess = [
  'passwordFile',
  'insecureLogin',
  'require',
  'tlsInsecure',
  'allowRedirect',
] as const

/**
 * Flags of this process that a command must repeat. Call this in the user's working folder, because relative paths
 * depend on the folder.
 */
export function repeatedWords(flags: Flags): string[] {
  return ofProcess.flatMap(key => {
    const texts = flags.get(longName(loadOptions[key])) ?? []
    const whole = texts.map(text => (text === '-' ? text : resolve(text)))
    return optionWords(loadOptions[key], key === 'passwordFile' ? whole : texts)
  })
}

/** Options with which a resumed run passes the bad rows that ended it; none if the run ended for a different reason. */
export function optionsPastRejects(
  runId: string,
  { file, onError = 'stop' }: Exclude<LoadOptions['rejects'], undefined> = {},
  {
    rows: { rejected },
    error = null,
  }: {
    readonly rows: { readonly rejected: number }
    readonly error?: { readonly code: string } | null
  },
): string[] {
  if (error?.code === 'DDB_INPUT_LIMIT') return ['--max-errors', String(2 * rejected)]
  const stops = file === undefined && onError === 'stop' && error !== null && rejected > 0
  return stops ? ['--rejects', `${runId}.rejects.csv`] : []
}

const flagIf = (flag: string, text: string | undefined): string[] =>
  text === undefined ? [] : [flag, text]

/** `ddb-ingest resume ID …`. @param repeated  from `repeatedWords` */
export function resumeCommand(
  { runId, stateDir, server, journaled }: RunToResume,
  repeated: readonly string[] = [],
): string {
  const hosts = addressesText(server)
  return shellText([
    ...['resume', runId, ...flagIf('--state-dir', stateDir && resolve(stateDir))],
    ...flagIf('--host', hosts === addressesText(journaled) ? undefined : hosts),
    ...flagIf('--user', server.user === journaled.user ? undefined : server.user),
    ...repeated,
  ])
}

/** `ddb-ingest exec -e SCRIPT …`, for the server of a run. @param repeated  from `repeatedWords` */
export function lookCommand(
  script: string,
  server: ServerTarget,
  repeated: readonly string[],
): string {
  const { user, tls, caFile, certFile } = server
  return shellText([
    ...['exec', '-e', script, '--host', addressesText(server), ...flagIf('--user', user)],
    ...(tls === true ? ['--tls'] : []),
    ...flagIf('--ca-file', caFile && resolve(caFile)),
    ...flagIf('--cert-file', certFile && resolve(certFile)),
    ...repeated,
  ])
}
