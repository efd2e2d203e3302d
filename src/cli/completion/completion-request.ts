/*
  Finds the candidates for a command line. The library @bomb.sh/tab takes the commands and options from commander, and
  finds the option or argument at the cursor. For tables, runs and files, the result only names the kind to look up.
*/
import tab from '@bomb.sh/tab/commander'
import type { Command } from '../commands/command.js'
import { errorCodes } from '../../errors.js'
import { commandTree } from '../options/reading/command-line.js'
import { longName, type OptionDefinition } from '../options/reading/definition.js'
import type { TypedLine } from './bash-line.js'
import type { FileKind } from './files-below.js'

export type Lookup = 'tables' | 'runs' | FileKind

export interface Candidate {
  readonly value: string
  readonly description: string
}

export interface CompletionRequest {
  /** undefined while the line names no command. */
  readonly command: Command | undefined
  /** The beginning of the word that stays unchanged, such as `--table=`; otherwise empty. */
  readonly prefix: string
  /** The rest of the word up to the cursor. Every candidate begins with it. */
  readonly start: string
  readonly candidates: readonly Candidate[]
  readonly lookup: Lookup | undefined
  /** The words of the line, without an option at the end that still lacks its value. */
  readonly settled: readonly string[]
}

const tableOptions = ['table', 'types-from', 'confirm-table']

const lookupsOfValues: Readonly<Record<string, Lookup>> = {
  file: 'files',
  folder: 'folders',
  'file.dos': 'scripts',
}

const lookupsOfArguments: Readonly<Record<string, Lookup>> = {
  source: 'data',
  rejects: 'data',
  run: 'runs',
  'file.dos': 'scripts',
}

export function completionAt(
  { before, current }: TypedLine,
  commands: readonly Command[],
): CompletionRequest {
  let lookup: Lookup | undefined
  let settled = before
  const isAfterOptions = before.includes('--')
  const eq = isAfterOptions || !current.startsWith('--') ? 0 : current.indexOf('=') + 1
  const root = tab(commandTree(commands))
  // Only the completion scripts call the command `complete`, so it is not offered.
  root.commands.delete('complete')
  const command = commands.find(({ name }) => name === before[0])
  if (command !== undefined) {
    // The library mixes up equally named options of different commands, so only the typed command stays.
    for (const name of root.commands.keys()) if (name !== command.name) root.commands.delete(name)
    const own = root.commands.get(command.name)!
    for (const definition of Object.values(command.options)) {
      const option = own.options.get(longName(definition))
      if (option === undefined || definition.reader.form === 'switch') continue
      option.handler = offer => {
        lookup = lookupOf(command, definition)
        if (eq === 0) settled = before.slice(0, -1)
        for (const choice of definition.reader.choices ?? []) offer(choice, '')
      }
    }
    for (const argument of own.arguments.values()) {
      argument.handler = offer => {
        lookup = lookupsOfArguments[argument.name]
        settled = [...before, current]
        for (const choice of choicesOf(argument.name)) offer(choice, '')
      }
    }
  } else {
    root.commands.get('help')!.argument('command', offer => {
      for (const { name, summary } of commands) offer(name, summary)
    })
  }
  // Without this, the library would print candidates, even those that do not match.
  Object.assign(root, { complete: () => undefined })
  // Only arguments follow `--`. A lone `-` is passed as `--`, because the library would offer short options for `-`.
  if (isAfterOptions) root.parse([before[0]!, ''])
  else root.parse([...before, current === '-' ? '--' : current])
  const start = current.slice(eq)
  const candidates = root.completions
    .filter(({ value }) => value.startsWith(start))
    .map(({ value, description = '' }) => ({ value, description }))
  return { command, prefix: current.slice(0, eq), start, candidates, lookup, settled }
}

function lookupOf(command: Command, definition: OptionDefinition): Lookup | undefined {
  const name = longName(definition)
  // `schema --table` names a table that does not exist yet.
  if (tableOptions.includes(name) && command.name !== 'schema') return 'tables'
  if (name === 'run-id') return 'runs'
  return lookupsOfValues[/<(.+)>/.exec(definition.flags)?.[1] ?? '']
}

function choicesOf(argument: string): readonly string[] {
  if (argument === 'code') return Object.keys(errorCodes)
  return argument === 'shell' ? shells : []
}

export const shells = ['bash', 'zsh', 'fish'] as const

export type Shell = (typeof shells)[number]
