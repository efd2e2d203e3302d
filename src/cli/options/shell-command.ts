/*
  Commands that the program prints, ready for a shell. Given options become flags again, and detected values replace or
  complete them. No printed command contains a password.
*/
import { extname, resolve } from 'node:path'
import type { NeededOptions } from '../../infer/needed-options.js'
import type { FrozenLoad } from '../../load/check/check-result.js'
import type { LoadOptions, ServerAddress, ServerTarget } from '../../load/options.js'
import { defaultMaxErrors } from '../../load/defaults.js'
import { loadOptions, type LoadSettings, serverOptions } from './load-options.js'
import type { JournaledServer } from './library-options.js'
import { longName, type OptionDefinition, type OptionTable } from './definition.js'
import { jsonTo } from './readers.js'
import { findValue, type OptionSources } from './resolve.js'
import { dfsOptions, sharedOptions } from './command-options.js'

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

/** The address in the form that `--host` reads. */
export function addressText({ host, port }: ServerAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function addressesText(server: JournaledServer): string {
  return [server, ...(server.otherHosts ?? [])].map(addressText).join(',')
}

export function shellText(words: readonly string[]): string {
  return ['ddb-ingest', ...words].map(shellWord).join(' ')
}

/** The inputs as words of a command. `./` keeps an input whose name begins with - or @ from being read as an option or a file of options. */
const sourceWords = (sources: readonly string[]): string[] =>
  sources.map(source => (/^[-@]./.test(source) ? `./${source}` : source))

function flagWords(name: string, text: string): string[] {
  return text.startsWith('-') ? [`--${name}=${text}`] : [`--${name}`, text]
}

/** True for a value of `--json` that names a file. */
const isFile = (text: string): boolean => jsonTo.read([text])?.file !== undefined

/** Words for one option: a switch if it is on, a repeatable flag for each text, any other flag with the last text. */
function optionWords(definition: OptionDefinition, texts: readonly string[]): string[] {
  const name = longName(definition)
  const { reader } = definition
  if (texts.length === 0) return []
  if (reader.form === 'switch') return reader.read(texts) === true ? [`--${name}`] : []
  if (reader.form === 'optional') {
    return texts.map(text => (isFile(text) ? `--${name}=${text}` : `--${name}`))
  }
  return (reader.form === 'repeated' ? texts : texts.slice(-1)).flatMap(text =>
    flagWords(name, text),
  )
}

/** The options in `table` as flags, each with the texts that `textsOf` returns for it. */
function tableWords<Table extends OptionTable>(
  table: Table,
  textsOf: (key: keyof Table & string, definition: OptionDefinition) => readonly string[],
): string[] {
  return Object.entries<OptionDefinition>(table).flatMap(([key, definition]) =>
    optionWords(definition, textsOf(key, definition)),
  )
}

/** `\t` or `\xNN` for a control character; other texts unchanged. */
function characterText(text: string): string {
  if (text === '\t') return '\\t'
  const code = text.charCodeAt(0)
  const isControl = text.length === 1 && (code < 0x20 || code === 0x7f)
  return isControl ? `\\x${code.toString(16).padStart(2, '0')}` : text
}

const pairTexts = (pairs: Readonly<Record<string, string>> = {}): string[] =>
  Object.entries(pairs).map(([name, text]) => `${name}=${text}`)

export interface TypedCall {
  readonly command: { readonly name: string; readonly options: OptionTable }
  readonly args: readonly string[]
  readonly flags: OptionSources['flags']
  /** Name of another command with the same options, to suggest that command; default: `command.name`. */
  readonly name?: string
}

/** Text of the user's own call, without the flags in `without`, and with the words in `further` after its arguments. */
export function sameCommand(
  { command, args, flags, name = command.name }: TypedCall,
  without: readonly string[] = [],
  further: readonly string[] = [],
): string {
  const kept = new Map([...flags].filter(([flag]) => !without.includes(flag)))
  return shellText([name, ...sourceWords(args), ...further, ...givenWords(command.options, kept)])
}

/** The flags that name the server and the user. */
export function serverWords(flags: OptionSources['flags']): string[] {
  return givenWords(serverOptions, flags)
}

function givenWords(options: OptionTable, flags: OptionSources['flags']): string[] {
  return tableWords(options, (_, definition) => flags.get(longName(definition)) ?? [])
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

type Key = keyof typeof loadOptions

/** Options that proposed loads do not need: the arguments name the files, and a proposed load is no dry run. */
const leftOut: ReadonlySet<Key> = new Set<Key>(['filesFrom', 'dryRun'])

/** Options that two loads cannot share. */
const ofOne: ReadonlySet<Key> = new Set<Key>(['runId', 'rejects', 'json', 'metricsFile', 'report'])

/** A `load` command with every given and every detected setting. @param settings  read from `sources` */
export function loadCommand(
  settings: Pick<LoadSettings, 'host' | 'filesFrom'>,
  sources: OptionSources,
  { frozen, number, isOnly, args, counts }: CommandPart,
): string {
  const { filesFrom, host } = settings
  // A list from standard input cannot be read again.
  const isAsGiven = isOnly && filesFrom !== '-'
  const list = isAsGiven && filesFrom !== undefined ? flagWords('files-from', filesFrom) : []
  const flags = tableWords(loadOptions, (key, definition) => {
    if (key === 'host') {
      return [host.map(addressText).join(',')]
    }
    if (leftOut.has(key) || (definition.group === 'Output' && key !== 'json')) return []
    // Patterns apply to folders and archives, but these loads name files.
    if (key === 'include' && !isAsGiven) return []
    const found = findValue(definition, sources)
    // Repeats a value as the user wrote it, but no defaults.
    const all = found === undefined || found.origin === 'default' ? [] : found.texts
    const given = key === 'json' ? all.filter(isFile) : all
    // The limit applied to the inputs of all these loads together, so each load gets the count of its own inputs.
    if (given.length > 0 && !isOnly && counts !== undefined) {
      if (key === 'limit') return [String(counts.rows)]
      if (key === 'expectRows') return [String(counts.fit)]
    }
    const texts = frozenTexts(key, frozen) ?? given
    return isOnly || !ofOne.has(key) ? texts : texts.map(text => numbered(text, number, key))
  })
  return shellText(['load', ...sourceWords(isAsGiven ? args : frozen.inputs), ...list, ...flags])
}

/** `r-2.csv` for `r.csv`. */
function numbered(text: string, number: number, key: Key): string {
  if (number === 1) return text
  if (key === 'runId') return `${text.slice(0, 60)}-${number}`
  const extension = extname(text)
  return `${text.slice(0, text.length - extension.length)}-${number}${extension}`
}

/** The option texts that fix one detected setting; undefined if nothing was detected for it. */
function frozenTexts(key: Key, { input, mapping, cells }: FrozenLoad): string[] | undefined {
  const { delimiter, quote, escape, format, compression, encoding, header } = input
  const characters = { delimiter, quote, escape }
  const texts = {
    ...{ format, compression, encoding, header, match: mapping.match },
    decimalComma: cells.decimalComma?.toString(),
    timezone: cells.timeZone,
  }
  const lists = { map: pairTexts(mapping.map) }
  if (key in lists) return lists[key as keyof typeof lists]
  const character = characters[key as keyof typeof characters]
  const text = character === undefined ? texts[key as keyof typeof texts] : characterText(character)
  return text === undefined ? undefined : [text]
}

/** The user's settings for `schema`, used in the commands that `schema` prints. */
export interface NewTableLoad {
  /** The inputs as the user gave them. */
  readonly inputs: readonly string[]
  readonly flags: OptionSources['flags']
  readonly table: string
  readonly keyColumns: readonly string[]
  readonly types?: string | undefined
  readonly needed: NeededOptions
  /** True if the table has properties that `load --create` cannot give it. */
  readonly needsScript: boolean
  /** True if the user has the script that creates the table. */
  readonly hasScript: boolean
}

/** The commands that create the table and fill it: one if `load` itself can create it, otherwise two. */
export function nextCommands(command: NewTableLoad): string[] {
  const { inputs, table, keyColumns, types, flags, needsScript, hasScript, needed } = command
  const isStdin = inputs.includes('-') || flags.get('files-from')?.at(-1) === '-'
  const sources = sourceWords(inputs)
  const kind = table.startsWith('dfs://') ? 'dfs' : 'stream'
  // Repeats only flags: environment and configuration will apply again. A tab becomes visible as \t.
  const repeated = tableWords(sharedOptions, (key, definition) => {
    const texts = flags.get(longName(definition)) ?? []
    return key === 'delimiter' ? texts.map(text => text.replaceAll('\t', '\\t')) : texts
  })
  const isMade = hasScript || keyColumns.length > 0 || isStdin || needsScript
  const dfsWords = tableWords(dfsOptions, (_, definition) => flags.get(longName(definition)) ?? [])
  const typed = types === undefined ? [] : ['--types', types]
  const load = shellText([
    ...['load', ...sources, '--table', table],
    ...(isMade ? [] : ['--create', kind, ...dfsWords, ...typed]),
    ...repeated,
    ...neededWords(needed, flags),
  ])
  if (hasScript || !isMade || isStdin) return [load]
  const schema = [
    'schema',
    ...sources,
    ...['--table', table],
    ...(keyColumns.length > 0 ? ['--key', keyColumns.join(',')] : []),
    ...typed,
    ...dfsWords,
    ...repeated,
  ]
  return [`${shellText([...schema, '--output', 'create'])} | ddb-ingest exec -`, load]
}

/** The user's call plus the needed options; drops `--on-error` and `--max-errors` if some rows do not fit. */
export function completedCommand(call: TypedCall, needed: NeededOptions): string {
  const isNull = call.flags.get('on-error')?.at(-1) === 'null'
  const without = needed.rejects > 0 ? [...(isNull ? [] : ['on-error']), 'max-errors'] : []
  return sameCommand(call, without, neededWords(needed, call.flags))
}

/** @param flags  the flags that the call already has */
function neededWords(needed: NeededOptions, flags: OptionSources['flags']): string[] {
  const { header } = needed
  const { quote, quotes, trim } = needed.reading
  const mapped = (flags.get('map') ?? []).map(text => text.slice(0, text.indexOf('=') + 1))
  const isMapped = (pair: string): boolean => mapped.some(target => pair.startsWith(target))
  const unless = (flag: string, isNeeded: boolean, ...words: string[]): string[] =>
    isNeeded && !flags.has(flag) ? [`--${flag}`, ...words] : []
  return [
    ...pairTexts(needed.map).flatMap(text => (isMapped(text) ? [] : ['--map', text])),
    ...pairTexts(needed.dateFormats).flatMap(text => ['--date-format', text]),
    ...needed.nullTexts.flatMap(text => flagWords('null', text)),
    ...(needed.thousands === '' ? [] : ['--thousands', needed.thousands]),
    ...(needed.decimalComma ? ['--decimal-comma'] : []),
    ...needed.percentColumns.flatMap(name => ['--percent', name]),
    ...needed.booleans.flatMap(text => flagWords('booleans', text)),
    ...(needed.comment === '' ? [] : flagWords('comment', needed.comment.replaceAll('\t', '\\t'))),
    ...unless('header', header !== '', header),
    ...unless('quote', quote !== undefined, quote ?? ''),
    ...unless('quotes', quotes !== undefined, quotes ?? ''),
    ...unless('trim', trim !== undefined),
    ...(flags.has('rejects') ? [] : rejectWords(needed)),
    ...unless('match', needed.matchPosition, 'position'),
    ...unless('allow-missing', needed.allowMissing),
    ...unless('ignore-extra', needed.ignoreExtra),
  ]
}

/** Options that save unfit rows in a rejects file. */
function rejectWords({ rejects }: NeededOptions): string[] {
  if (rejects === 0) return []
  const more = rejects > defaultMaxErrors ? ['--max-errors', String(rejects)] : []
  return ['--rejects', 'rejects.csv', ...more]
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

const { passwordFile, insecureLogin, require, tlsInsecure } = loadOptions
const { allowRedirect } = loadOptions

/** Non-secret options that no journal keeps. Suggested commands repeat the flags; environment variables still apply. */
const ofProcess = {
  ...{ passwordFile, insecureLogin, require, tlsInsecure },
  ...{ allowRedirect },
}

/**
 * Flags of this process that a command must repeat. Call this in the user's working folder, because relative paths
 * depend on the folder.
 */
export function repeatedWords(flags: OptionSources['flags']): string[] {
  return tableWords<OptionTable>(ofProcess, (key, definition) => {
    const texts = flags.get(longName(definition)) ?? []
    return key === 'passwordFile' ? texts.map(text => (text === '-' ? text : resolve(text))) : texts
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

/** `ddb-ingest resume ID …`. @param repeated  from `repeatedWords` */
export function resumeCommand(
  { runId, stateDir, server, journaled }: RunToResume,
  repeated: readonly string[] = [],
): string {
  const words = ['resume', runId]
  if (stateDir !== undefined) words.push('--state-dir', resolve(stateDir))
  const addresses = addressesText(server)
  if (addresses !== addressesText(journaled)) words.push('--host', addresses)
  if (server.user !== undefined && server.user !== journaled.user) words.push('--user', server.user)
  return shellText([...words, ...repeated])
}

/** `ddb-ingest exec -e SCRIPT …`, for the server of a run. @param repeated  from `repeatedWords` */
export function lookCommand(
  script: string,
  server: ServerTarget,
  repeated: readonly string[],
): string {
  const words = ['exec', '-e', script, '--host', addressesText(server)]
  if (server.user !== undefined) words.push('--user', server.user)
  if (server.tls === true) words.push('--tls')
  for (const name of ['caFile', 'certFile'] as const) {
    const path = server[name]
    if (path !== undefined) words.push(`--${longName(loadOptions[name])}`, resolve(path))
  }
  return shellText([...words, ...repeated])
}
