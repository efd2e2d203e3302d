/*
  What a command line could go on with: @bomb.sh/tab knows the commands and options from commander and says which of them the cursor
  is at; what stands nowhere in the program (tables, runs, files) is named for others to look up.
*/
import tab from '@bomb.sh/tab/commander'
import type { Command } from '../commands/command.js'
import { errorCodes } from '../../errors.js'
import type { Words } from '../language/words.js'
import { commandTree } from '../options/reading/command-line.js'
import { longName, type OptionDefinition } from '../options/reading/definition.js'
import type { TypedLine } from './bash-line.js'
import type { FileKind } from './files-below.js'

/** Something to look up. */
export type Lookup = 'tables' | 'runs' | FileKind

/** One way to go on. */
export interface Candidate {
  readonly value: string
  readonly description: string
}

/** What the cursor is at. */
export interface Asked {
  /** Of the line; undefined while it has none. */
  readonly command: Command | undefined
  /** What the word begins with that is not asked for: `--table=`, or nothing. */
  readonly prefix: string
  /** What follows that. */
  readonly start: string
  readonly candidates: readonly Candidate[]
  readonly lookup: Lookup | undefined
  /** The line as a command line that could be read: without an option that still lacks its value. */
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

export function askedAt(
  { before, current }: TypedLine,
  commands: readonly Command[],
  words: Words,
): Asked {
  let lookup: Lookup | undefined
  let settled = before
  const isAfterOptions = before.includes('--')
  const eq = isAfterOptions || !current.startsWith('--') ? 0 : current.indexOf('=') + 1
  const root = tab(commandTree(commands, words))
  // This one is for shells.
  root.commands.delete('complete')
  const command = commands.find(({ name }) => name === before[0])
  if (command !== undefined) {
    // The library takes an option for that of any command, and some mean another thing to each.
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
  // It would print them, and those that do not match.
  Object.assign(root, { complete: () => undefined })
  // After -- only arguments come; of a hyphen alone it would offer the short options.
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
  // What `schema` makes is not there yet.
  if (tableOptions.includes(name) && command.name !== 'schema') return 'tables'
  if (name === 'run-id') return 'runs'
  return lookupsOfValues[/<(.+)>/.exec(definition.flags)?.[1] ?? '']
}

function choicesOf(argument: string): readonly string[] {
  if (argument === 'code') return Object.keys(errorCodes)
  return argument === 'shell' ? shells : []
}

/** Shells that there is a script for. */
export const shells = ['bash', 'zsh', 'fish'] as const

/** @see shells */
export type Shell = (typeof shells)[number]
