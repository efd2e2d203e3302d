/* Commands that the program prints, ready for a shell: the options of the user or detected values as flags, never a password. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { NeededOptions } from '../../infer/inferred-schema.js'
import type { ServerAddress } from '../../client/session-options.js'
import { addressText } from '../../client/failure.js'
import { invisible } from '../../platform/control-characters.js'
import { systemName } from '../../platform/file-name.js'
import { defaultMaxErrors } from '../../load/checked-options.js'
import {
  findValue,
  type OptionDefinition,
  type OptionTable,
  type OptionSources,
} from './definition.js'
import {
  commandOptions,
  loadOptions,
  serverOptions,
  valueOptions,
  type CommandName,
} from './options.js'
import { jsonTo } from './readers.js'

type Flags = OptionSources['flags']

/** One word for a POSIX shell. Invisible characters, and bytes of names that are not UTF-8, need bash, zsh or a shell of POSIX 2024. */
export function shellWord(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text
  const escaped = new RegExp(`[\\udc80-\\udcff]|${invisible.source}`, 'gu')
  if (text.search(escaped) < 0) return `'${text.replaceAll("'", `'\\''`)}'`
  // With three digits, a digit after the escape does not become part of it.
  const octal = (one: string): string =>
    Array.from(Buffer.from(systemName(one)), byte => `\\${byte.toString(8).padStart(3, '0')}`).join(
      '',
    )
  return `$'${text.replace(/['\\]/g, '\\$&').replace(escaped, octal)}'`
}

export function shellText(words: readonly string[]): string {
  return ['ddb-ingest', ...words].map(shellWord).join(' ')
}

/** A command about a run, or its file of rejects. @param stateDir  that the user gave: nothing is known of the run elsewhere */
export function runCommand(
  name: 'resume' | 'retry' | 'audit' | 'runs',
  ofRun: string,
  stateDir: string | undefined,
  others: readonly string[] = [],
): string {
  const where = stateDir === undefined ? [] : ['--state-dir', resolve(stateDir)]
  return shellText([name, ofRun, ...where, ...others])
}

/** Addresses in the form that `--host` reads. */
export const addressesText = (hosts: readonly ServerAddress[]): string =>
  hosts.map(({ host, port }) => addressText(host, port)).join(',')

export const isFile = (text: string): boolean => jsonTo.read([text])?.file !== undefined

/** A switch if it is on, a repeatable flag for each text, any other flag with the last text; nothing for unknown flags. */
export function flagWords(options: OptionTable, flags: Flags): string[] {
  const known = new Map(Object.values(options).map(one => [one.name, one]))
  return [...flags].flatMap(([name, texts]) => {
    const { form, reader } = known.get(name) ?? {}
    if (reader === undefined || texts.length === 0) return []
    const flag = `--${name}`
    if (form === 'switch') return reader.read(texts) === true ? [flag] : []
    if (form === 'optional') return texts.map(text => (isFile(text) ? `${flag}=${text}` : flag))
    return (reader.isRepeated ? texts : texts.slice(-1))
      .map(reader.shown ?? String)
      .flatMap(text => (text.startsWith('-') ? [`${flag}=${text}`] : [flag, text]))
  })
}

/** A command as the user typed it, or as the program proposes it. Flags that the command lacks are not printed. */
export interface TypedCall {
  readonly command: CommandName
  readonly args: readonly string[]
  readonly flags: Flags
}

/** The flags, and as flags what the environment sets: a printed command must do the same in another shell. Without server and outputs. */
export function withEnvironment(options: OptionTable, sources: OptionSources): Flags {
  const all = new Map(sources.flags)
  for (const definition of Object.values(options)) {
    const { name, group } = definition
    if (group === 'Output' || group === 'Server' || all.has(name)) continue
    const { origin = 'default', texts = [] } = findValue(definition, sources) ?? {}
    if (origin !== 'default') all.set(name, texts)
  }
  return all
}

/** `./` keeps an argument that begins with - or @ from being read as an option or a file of options. */
export function commandWords({ command, args, flags }: TypedCall): string[] {
  const words = args.map(word => (/^[-@]./.test(word) ? `./${word}` : word))
  return [command, ...words, ...flagWords(commandOptions[command], flags)]
}

/** The flags of `load` that set these fields, with their texts. */
export function flagsOf(fields: Readonly<Record<string, unknown>>): [string, readonly string[]][] {
  return Object.values<OptionDefinition>(loadOptions).flatMap(({ name, field = '' }) => {
    const [group = '', member = ''] = field.split('.')
    const value = (fields[group] as Record<string, unknown> | undefined)?.[member]
    if (value === undefined) return []
    if (Array.isArray(value)) return [[name, value.map(String)]]
    if (typeof value === 'string') return [[name, [value]]]
    if (typeof value !== 'object') return [[name, [JSON.stringify(value)]]]
    return [[name, Object.entries(value!).map(([key, text]) => `${key}=${text}`)]]
  })
}

/** Words of the user's own call. @param changes  flags with their new texts; null leaves a flag out; repeatable ones keep the user's own */
export function sameCommand(
  call: TypedCall,
  changes: Readonly<Record<string, string | readonly string[] | null>> = {},
): string[] {
  const flags = new Map(call.flags)
  for (const [flag, text] of Object.entries(changes)) {
    const long = flag.slice(2)
    flags.set(long, text === null ? [] : [flags.get(long) ?? [], text].flat())
  }
  return commandWords({ ...call, flags })
}

export const serverWords = (flags: Flags): string[] => flagWords(serverOptions, flags)

const ofValues = new Set(Object.values(valueOptions).map(({ name }) => name))

/** Adds the options that the inputs need. Those about cells come after the user's own, and count; others only if there is none. */
export function withNeeded(flags: Flags, needed: NeededOptions): Flags {
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

/** Has a load save its bad rows, unless the user chose to leave them out or to store nulls. @param isWhole  false if there may be more */
export function passRejects(
  flags: Map<string, readonly string[]>,
  rejects: number,
  isWhole = true,
): void {
  if (rejects === 0) return
  if (flags.get('on-error')?.at(-1) === 'stop') flags.delete('on-error')
  // Records that cannot be read have no cells that could become null.
  const isLeftOut = flags.get('on-error')?.at(-1) === 'skip'
  if (!flags.get('rejects')?.length && !isLeftOut) flags.set('rejects', [newFile('rejects')])
  const most = !isWhole ? ['100%'] : rejects > defaultMaxErrors ? [String(rejects)] : []
  flags.set('max-errors', most)
}

/** A name that no file has yet, because no command replaces a file of rows. */
export function newFile(base: string): string {
  let name = `${base}.csv`
  for (let i = 2; existsSync(name); i++) name = `${base}-${i}.csv`
  return name
}
