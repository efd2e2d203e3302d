/*
  The `load` in which nothing is left to be found, as it can be put into a shell: what flags, environment and
  configuration said, and what a check has found out. A password is in none of them.
*/
import { extname } from 'node:path'
import type { FrozenLoad } from '../../load/check/check-result.js'
import { longName, type OptionDefinition } from './reading/definition.js'
import { loadOptions, type LoadSettings } from './load-options.js'
import { findValue, type OptionSources } from './reading/resolve.js'
import { addressText, shellWord } from './shell-word.js'

/** One of the loads that a check gives. */
export interface CommandPart {
  readonly frozen: FrozenLoad
  /** From 1. */
  readonly number: number
  /** There is no other. */
  readonly isOnly: boolean
  /** As they were given. */
  readonly args: readonly string[]
  /** Records of its inputs, and those of them that would load; undefined where not all were looked at. */
  readonly counts: { readonly rows: number; readonly fit: number } | undefined
}

type Key = keyof typeof loadOptions

/** Of the program itself, or said otherwise. */
const leftOut: ReadonlySet<string> = new Set<Key>(['host', 'port', 'filesFrom', 'dryRun'])

/** Two loads cannot share these. */
const ofOne: ReadonlySet<string> = new Set<Key>(['runId', 'rejects', 'summary', 'metricsFile'])

/** @param settings  what `sources` say, read */
export function loadCommand(
  settings: Pick<LoadSettings, 'host' | 'port' | 'filesFrom'>,
  sources: OptionSources,
  part: CommandPart,
): string {
  const { filesFrom } = settings
  // A list from standard input is gone.
  const isAsGiven = part.isOnly && filesFrom !== '-'
  const words = isAsGiven ? [...part.args] : [...part.frozen.inputs]
  const flags = isAsGiven && filesFrom !== undefined ? flagWords('files-from', filesFrom) : []
  for (const [key, definition] of Object.entries<OptionDefinition>(loadOptions)) {
    if (key === 'host') flags.push(...flagWords('host', hostsText(settings)))
    if (leftOut.has(key) || definition.group === 'Output') continue
    // Patterns are for folders, and parts are of files.
    if (key === 'include' && !isAsGiven) continue
    const given = givenTexts(definition, sources)
    const found = given.length > 0 ? partTexts(key, part) : undefined
    const texts = found ?? frozenTexts(key as Key, part.frozen) ?? given
    flags.push(...optionWords(definition, texts, key, part))
  }
  const inputs = words.map(word => (/^-./.test(word) ? `./${word}` : word))
  return ['ddb-ingest', 'load', ...inputs, ...flags].map(shellWord).join(' ')
}

/** As written by whoever said it; a default is no one's word. */
function givenTexts(definition: OptionDefinition, sources: OptionSources): readonly string[] {
  const found = findValue(definition, sources)
  return found === undefined || found.origin === 'default' ? [] : found.texts
}

function optionWords(
  definition: OptionDefinition,
  texts: readonly string[],
  key: string,
  { isOnly, number }: CommandPart,
): string[] {
  const name = longName(definition)
  const last = texts.at(-1)
  if (last === undefined) return []
  switch (definition.reader.form) {
    case 'switch':
      return definition.reader.read(texts) === true ? [`--${name}`] : []
    case 'repeated':
      return texts.flatMap(text => flagWords(name, text))
    case 'value':
      return flagWords(name, !isOnly && ofOne.has(key) ? numbered(last, number, key) : last)
  }
}

/** What begins with a hyphen might be another flag. */
function flagWords(name: string, text: string): string[] {
  return text.startsWith('-') ? [`--${name}=${text}`] : [`--${name}`, text]
}

/** `r-2.csv` of `r.csv`. */
function numbered(text: string, number: number, key: string): string {
  if (number === 1) return text
  if (key === 'runId') return `${text.slice(0, 60)}-${number}`
  const extension = extname(text)
  return `${text.slice(0, text.length - extension.length)}-${number}${extension}`
}

/** How many records, where several loads share what one was to read. */
function partTexts(key: string, { isOnly, counts }: CommandPart): string[] | undefined {
  if (isOnly || counts === undefined) return undefined
  if (key === 'limit') return [String(counts.rows)]
  return key === 'expectRows' ? [String(counts.fit)] : undefined
}

/** Undefined where nothing was found out. */
function frozenTexts(
  key: Key,
  { input, mapping, cells, expectTypes }: FrozenLoad,
): string[] | undefined {
  const one = (text: string | undefined): string[] | undefined =>
    text === undefined ? undefined : [text]
  switch (key) {
    case 'format':
    case 'compression':
    case 'encoding':
    case 'header':
      return one(input[key])
    case 'delimiter':
    case 'quote':
    case 'escape':
      return input[key] === undefined ? undefined : [characterText(input[key])]
    case 'match':
      return one(mapping.match)
    case 'map':
      return Object.entries(mapping.map ?? {}).map(([target, source]) => `${target}=${source}`)
    case 'trailingDelimiter':
      return one(input.trailingDelimiter?.toString())
    case 'decimalComma':
      return one(cells.decimalComma?.toString())
    case 'timezone':
      return one(cells.timeZone)
    case 'offset':
      return Object.entries(cells.offsets ?? {}).map(([column, offset]) => `${column}=${offset}`)
    case 'expectTypes':
      return one(expectTypes)
    default:
      return undefined
  }
}

/** What a shell or a terminal makes hard to type has names of its own. */
function characterText(text: string): string {
  if (text === '\t') return '\\t'
  const code = text.charCodeAt(0)
  const isControl = text.length === 1 && (code < 0x20 || code === 0x7f)
  return isControl ? `\\x${code.toString(16).padStart(2, '0')}` : text
}

function hostsText({ host, port }: Pick<LoadSettings, 'host' | 'port'>): string {
  return host.map(one => addressText({ host: one.host, port: one.port ?? port })).join(',')
}
