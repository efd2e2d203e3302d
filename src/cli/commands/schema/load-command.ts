/*
  The commands that make the table and fill it, as they can be put into a shell.
*/
import type { NeededOptions } from '../../../infer/needed-options.js'
import { longName, type OptionDefinition } from '../../options/reading/definition.js'
import type { OptionSources } from '../../options/reading/resolve.js'
import { sharedOptions } from '../../options/schema-options.js'
import { shellWord } from '../../options/shell-word.js'

/** What the commands are about. */
export interface LoadCommand {
  /** As they were given. */
  readonly inputs: readonly string[]
  readonly flags: OptionSources['flags']
  readonly table: string
  readonly keyColumns: readonly string[]
  readonly needed: NeededOptions
  /** Who has the script makes the table with it. */
  readonly hasScript: boolean
}

/** One command, or two: the table is made by `load` itself where it can be. */
export function nextCommands(command: LoadCommand): string[] {
  const { table, keyColumns, flags, hasScript } = command
  const isStdin = command.inputs.includes('-') || flags.get('files-from')?.at(-1) === '-'
  const sources = command.inputs.map(path => (/^-./.test(path) ? `./${path}` : path))
  const kind = table.startsWith('dfs://') ? 'dfs' : 'stream'
  const repeated = [...repeatedFlags(flags)]
  const isMade = hasScript || keyColumns.length > 0 || isStdin
  const load = [
    ...['load', ...sources, '--table', table],
    ...(isMade ? [] : ['--create', kind]),
    ...repeated,
    ...neededFlags(command.needed),
  ]
  if (hasScript || !isMade || isStdin) return [commandText(load)]
  const schema = ['schema', ...sources, '--table', table, '--key', keyColumns.join(',')]
  return [
    `${commandText([...schema, ...repeated, '--output', 'create'])} | ddb-ingest exec -`,
    commandText(load),
  ]
}

function commandText(words: readonly string[]): string {
  return ['ddb-ingest', ...words].map(shellWord).join(' ')
}

/** Flags of this command that the others need, too. What environment and configuration say, they say again. */
function* repeatedFlags(flags: OptionSources['flags']): Iterable<string> {
  for (const definition of Object.values<OptionDefinition>(sharedOptions)) {
    const name = longName(definition)
    for (const value of flags.get(name) ?? []) {
      yield* definition.reader.form === 'switch' ? [`--${name}`] : flagWords(name, value)
    }
  }
}

/** A value that begins with a dash, or is empty, would be taken for something else; a tab is not seen. */
function flagWords(name: string, given: string): string[] {
  const value = name === 'delimiter' ? given.replaceAll('\t', '\\t') : given
  return value === '' || value.startsWith('-') ? [`--${name}=${value}`] : [`--${name}`, value]
}

function* neededFlags(needed: NeededOptions): Iterable<string> {
  const { map, dateFormats, matchPosition, allowMissing, ignoreExtra } = needed
  for (const [name, source] of Object.entries(map)) yield* ['--map', `${name}=${source}`]
  for (const [name, format] of Object.entries(dateFormats)) {
    yield* ['--date-format', `${name}=${format}`]
  }
  if (matchPosition) yield* ['--match', 'position']
  if (allowMissing) yield '--allow-missing'
  if (ignoreExtra) yield '--ignore-extra'
}
