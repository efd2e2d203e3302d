/*
  Reads a command line in which nothing is wrong with what Node has built in; commander takes longer to load than a
  small file to be sent. Whatever is not plain - a mistake, a question for help - is left to commander, which words it.
*/
import { parseArgs, type ParseArgsConfig } from 'node:util'
import type { Command } from '../commands/command.js'
import type { CommandLine } from './command-line.js'
import { longName, shortName, type OptionDefinition } from './definition.js'

/** @returns undefined when commander has to look at it; otherwise exactly what commander would say */
export function readPlainLine(
  argv: readonly string[],
  commands: readonly Command[],
): CommandLine | undefined {
  const command = commands.find(({ name }) => name === argv[0])
  // Clusters such as -qv or -b500: rare, and the two readers differ in odd ones such as -q--.
  if (command === undefined || argv.some(word => /^-[^-]./.test(word))) return undefined
  const definitions = Object.values(command.options)
  let parsed: ReturnType<typeof parseArgs>
  try {
    parsed = parseArgs({
      args: argv.slice(1),
      options: Object.fromEntries(definitions.map(optionEntry)),
      allowPositionals: true,
    })
  } catch {
    return undefined
  }
  if (parsed.positionals.length > mostArguments(command)) return undefined
  const flags = Object.entries(parsed.values).map(
    ([name, values]) => [name, textsOf(values)] as const,
  )
  return { command, args: parsed.positionals, flags: new Map(flags) }
}

function optionEntry(
  definition: OptionDefinition,
): [string, NonNullable<ParseArgsConfig['options']>[string]] {
  const type = definition.reader.form === 'switch' ? 'boolean' : 'string'
  const short = shortName(definition)
  return [longName(definition), { type, multiple: true, ...(short === undefined ? {} : { short }) }]
}

function mostArguments({ args }: Command): number {
  if (args === '') return 0
  return args.includes('...') ? Infinity : 1
}

function textsOf(values: string | boolean | (string | boolean)[] | undefined): readonly string[] {
  const texts = [values].flat().filter(value => typeof value === 'string')
  return texts.length === 0 ? ['true'] : texts
}
