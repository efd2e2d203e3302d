/*
  Commands that the program prints, ready for a shell: options become flags again, with the texts that the user gave or with those
  of detected values. No printed command contains a password.
*/
import { existsSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import type { NeededOptions } from '../../infer/needed-options.js'
import type { FrozenLoad } from '../../load/check/check-result.js'
import type { JournaledServer } from '../../load/journal/journal-record.js'
import type { LoadOptions, ServerAddress } from '../../load/options.js'
import { defaultMaxErrors } from '../../load/defaults.js'
import { fieldsOf, type OptionDefinition, type OptionTable } from './definition.js'
import {
  commandOptions,
  loadOptions,
  newTableOptions,
  serverOptions,
  sharedOptions,
  valueOptions,
  type Settings,
} from './options.js'
import { jsonTo } from './readers.js'
import { findValue, type OptionSources } from './resolve.js'

type Flags = OptionSources['flags']

/**
 * One word for a POSIX shell. Bytes of file names that are not UTF-8 (platform/file-name.ts) need bash, zsh or a shell of
 * POSIX 2024.
 */
export function shellWord(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text
  if (!/[\udc80-\udcff]/u.test(text)) return `'${text.replaceAll("'", `'\\''`)}'`
  // Bytes from 0x80 have three octal digits, so a digit after the escape does not become part of it.
  const octal = (byte: string): string => `\\${(byte.charCodeAt(0) & 0xff).toString(8)}`
  return `$'${text.replace(/['\\]/g, '\\$&').replace(/[\udc80-\udcff]/gu, octal)}'`
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
function flagWords(options: OptionTable, flags: Flags): string[] {
  const readers = new Map(Object.values(options).map(one => [one.name, one.reader]))
  return [...flags].flatMap(([name, texts]) => {
    const reader = readers.get(name)
    if (reader === undefined) return []
    const flag = `--${name}`
    const { form, shown = text => text } = reader
    if (form === 'switch') return texts.length > 0 && reader.read(texts) === true ? [flag] : []
    if (form === 'optional') return texts.map(text => (isFile(text) ? `${flag}=${text}` : flag))
    return (form === 'repeated' ? texts : texts.slice(-1))
      .map(shown)
      .flatMap(text => (text.startsWith('-') ? [`${flag}=${text}`] : [flag, text]))
  })
}

/** `./` keeps an argument that begins with - or @ from being read as an option or a file of options. */
function commandWords(name: string, args: readonly string[], options: OptionTable, flags: Flags) {
  const words = args.map(word => (/^[-@]./.test(word) ? `./${word}` : word))
  return [name, ...words, ...flagWords(options, flags)]
}

const namesOf = (table: OptionTable): string[] => Object.values(table).map(({ name }) => name)

/** The flags of the options in `table`, in its order. */
function flagsIn(table: OptionTable, flags: Flags): Map<string, readonly string[]> {
  const entries = namesOf(table).map(name => [name, flags.get(name) ?? []] as const)
  return new Map(entries.filter(([, texts]) => texts.length > 0))
}

/** The flags of `load` that set these fields, with their texts. */
function flagsOf(fields: Readonly<Record<string, unknown>>): Map<string, readonly string[]> {
  const flags = new Map<string, readonly string[]>()
  for (const definition of Object.values<OptionDefinition>(loadOptions)) {
    const [group, member] = definition.field?.split('.') ?? []
    const value = (fields[group!] as Record<string, unknown> | undefined)?.[member!]
    if (value === undefined) continue
    const texts = Array.isArray(value)
      ? value.map(String)
      : typeof value === 'object'
        ? Object.entries(value!).map(([name, text]) => `${name}=${text}`)
        : [JSON.stringify(value)]
    flags.set(definition.name, typeof value === 'string' ? [value] : texts)
  }
  return flags
}

export interface TypedCall {
  readonly command: { readonly name: string; readonly options: OptionTable }
  readonly args: readonly string[]
  readonly flags: Flags
  /** Name of another command with the same options, to suggest that command; default: `command.name`. */
  readonly name?: string
}

/**
 * Words of the user's own call. @param changes  flags, such as `--table`, with their new texts; null leaves a flag out. Repeatable
 * flags keep the user's own texts
 */
export function sameCommand(
  { command: { name: own, options }, args, flags, name = own }: TypedCall,
  changes: Readonly<Record<string, string | null>> = {},
): string[] {
  const changed = new Map(flags)
  for (const [flag, text] of Object.entries(changes)) {
    const long = flag.slice(2)
    if (text === null) changed.delete(long)
    else changed.set(long, [...(flags.get(long) ?? []), text])
  }
  return commandWords(name, args, options, changed)
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
  /** Records of this load's inputs, and how many of them would load. */
  readonly counts: { readonly rows: number; readonly fit: number; readonly isWhole: boolean }
}

/** Options about the output of this process. */
const ofOutput = ['dry-run', 'quiet', 'trace', 'no-color']
/** Options that two loads cannot share. */
const ofOne = ['run-id', 'rejects', 'json', 'metrics-file', 'report']

/** A `load` command with every given and every detected setting. @param settings  read from `sources` */
export function loadCommand(
  settings: Settings<'load'>,
  sources: OptionSources,
  { frozen: { inputs, ...detected }, number, isOnly, args, counts }: CommandPart,
): string {
  const flags = new Map<string, readonly string[]>()
  for (const definition of Object.values<OptionDefinition>(loadOptions)) {
    const given = findValue(definition, sources)
    if (given !== undefined) flags.set(definition.name, given.texts)
  }
  const own = flagsOf(fieldsOf(loadOptions, settings))
  for (const [name, texts] of flagsOf(detected)) {
    // A setting that the check did not change stays as the user wrote it.
    if (String(texts) !== String(own.get(name))) flags.set(name, texts)
  }
  flags.set('host', [settings.host.map(addressText).join(',')])
  flags.set('json', flags.get('json')?.filter(isFile) ?? [])
  // A list from standard input cannot be read again.
  const isAsGiven = isOnly && settings.filesFrom !== '-'
  // Folders and lists are replaced by the files that they select.
  const left = isAsGiven ? ofOutput : [...ofOutput, 'include', 'files-from']
  for (const name of left) flags.delete(name)
  // The limit applied to the inputs of all these loads together, so each load gets the count of its own inputs.
  const { rows, fit, isWhole } = counts
  const shares = isOnly || !isWhole ? {} : { limit: rows, 'expect-rows': fit }
  for (const [name, count] of Object.entries(shares)) {
    if (flags.has(name)) flags.set(name, [String(count)])
  }
  passRejects(flags, rows - fit, isWhole)
  for (const name of isOnly || number === 1 ? [] : ofOne) {
    flags.set(name, flags.get(name)?.map(text => numbered(text, number, name)) ?? [])
  }
  const words = isAsGiven ? args : inputs
  return shellText(commandWords('load', words, loadOptions, flagsIn(loadOptions, flags)))
}

/** `r-2.csv` for `r.csv`. */
function numbered(text: string, number: number, name: string): string {
  if (name === 'run-id') return `${text.slice(0, 60)}-${number}`
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

/** The commands that create the table and fill it: one if `load` itself can create it, otherwise two. */
export function nextCommands(command: NewTableLoad): string[] {
  const { inputs, table, flags, needsScript, hasScript, needed } = command
  const isStdin = inputs.includes('-') || flags.get('files-from')?.at(-1) === '-'
  const isMade = hasScript || needsScript || isStdin
  const create = ['create', [table.startsWith('dfs://') ? 'dfs' : 'stream']] as const
  // Repeats only flags: variables of the environment will apply again.
  const ofNewTable = flagsIn(newTableOptions, flags)
  const shared = flagsIn(sharedOptions, flags)
  const target = ['table', [table]] as const
  const filled = new Map([target, ...(isMade ? [] : [create, ...ofNewTable]), ...shared])
  const load = shellText(commandWords('load', inputs, loadOptions, withNeeded(filled, needed)))
  if (hasScript || !isMade || isStdin) return [load]
  const script = new Map([target, ...ofNewTable, ...shared, ['output', ['create']]])
  const schema = shellText(commandWords('schema', inputs, commandOptions.schema, script))
  return [`${schema} | ddb-ingest exec -`, load]
}

/** Words of the user's call plus the needed options. */
export function completedCommand(call: TypedCall, needed: NeededOptions): string[] {
  const { command, args, flags, name = command.name } = call
  return commandWords(name, args, command.options, withNeeded(flags, needed))
}

const ofValues = new Set(namesOf(valueOptions))

/** Adds the options that the inputs need. Those about cells come after the user's own, and count; others only if there is none. */
function withNeeded(flags: Flags, needed: NeededOptions): Flags {
  const { header } = needed
  const all = new Map(flags)
  for (const [name, texts] of flagsOf({ ...needed, input: { header, ...needed.input } })) {
    const given = flags.get(name) ?? []
    const isPair = name === 'map' || name === 'date-format'
    if (given.length > 0 && !isPair && !ofValues.has(name)) continue
    const nameIn = (text: string): string => text.slice(0, text.indexOf('='))
    const isOpen = (text: string): boolean => !given.some(own => nameIn(own) === nameIn(text))
    all.set(name, [...given, ...(isPair ? texts.filter(isOpen) : texts)])
  }
  passRejects(all, needed.rejects)
  return all
}

/**
 * Has a load pass its bad rows: it saves them, unless the user chose to leave them out or to store nulls.
 * @param isWhole  false if there may be more of them
 */
function passRejects(flags: Map<string, readonly string[]>, rejects: number, isWhole = true): void {
  if (rejects === 0) return
  if (flags.get('on-error')?.at(-1) === 'stop') flags.delete('on-error')
  if (!flags.has('rejects') && !flags.has('on-error')) flags.set('rejects', [newRejectsFile()])
  flags.delete('max-errors')
  if (!isWhole) flags.set('max-errors', ['100%'])
  else if (rejects > defaultMaxErrors) flags.set('max-errors', [String(rejects)])
}

/** A name that no file has yet, because a load refuses to replace a rejects file. */
function newRejectsFile(): string {
  let name = 'rejects.csv'
  for (let i = 2; existsSync(name); i++) name = `rejects-${i}.csv`
  return name
}

const { passwordFile, insecureLogin, require, tlsInsecure, allowRedirect } = serverOptions
/** Options without secrets that no journal keeps. Variables of the environment will apply again. */
const ofProcess = { passwordFile, insecureLogin, require, tlsInsecure, allowRedirect }

/**
 * Flags of this process that a command must repeat. Call this in the user's working folder, because relative paths
 * depend on the folder.
 */
export function repeatedWords(flags: Flags): string[] {
  const files = flags.get('password-file') ?? []
  const whole = files.map(path => (path === '-' ? path : resolve(path)))
  return flagWords(
    ofProcess,
    new Map([['password-file', []], ...flags]).set('password-file', whole),
  )
}

interface EndOfRun {
  readonly rows: { readonly rejected: number }
  readonly error?: { readonly code: string } | null
}

/** Options with which a resumed run passes the bad rows that ended it; none if the run ended for a different reason. */
export function optionsPastRejects(
  runId: string,
  { file, onError = 'stop' }: Exclude<LoadOptions['rejects'], undefined> = {},
  { rows, error = null }: EndOfRun,
): string[] {
  if (error?.code === 'DDB_INPUT_LIMIT') return ['--max-errors', String(2 * rows.rejected)]
  const stops = file === undefined && onError === 'stop' && error !== null && rows.rejected > 0
  return stops ? ['--rejects', `${runId}.rejects.csv`] : []
}

export interface RunToResume {
  readonly runId: string
  readonly journaled: JournaledServer
  /** The state folder that the user gave; undefined for the program's own. */
  readonly stateDir: string | undefined
  /** The server that this process uses. `resumeCommand` names it if it differs from `journaled`. */
  readonly server: JournaledServer
}

/** `ddb-ingest resume ID …`, or `audit ID …`. @param repeated  from `repeatedWords` */
export function resumeCommand(
  { runId, stateDir, server, journaled }: RunToResume,
  repeated: readonly string[] = [],
  name: 'resume' | 'audit' = 'resume',
): string {
  const hosts = addressesText(server)
  return shellText([
    ...[name, runId, ...(stateDir === undefined ? [] : ['--state-dir', resolve(stateDir)])],
    ...(hosts === addressesText(journaled) ? [] : ['--host', hosts]),
    ...(server.user && server.user !== journaled.user ? ['--user', server.user] : []),
    ...repeated,
  ])
}
