/*
  Finds the command that the arguments name, reads its settings, runs it and returns its exit code.
*/
import { UsageError } from '../errors.js'
import type { Command } from './commands/command.js'
import { commands } from './commands/commands.js'
import { langAfterCommand, wordsFor, wordsOf } from './language/language.js'
import { helpText, readCommandLine } from './options/reading/command-line.js'
import { gatherSources } from './options/gather-sources.js'
import { rawArguments } from './options/reading/raw-arguments.js'
import { passwordSetting, passwordSource } from './options/password.js'
import {
  describeOptions,
  findValue,
  type OptionSources,
  type Setting,
} from './options/reading/resolve.js'
import { printFailure } from './output/print-failure.js'
import type { UserCall } from './output/advice.js'
import { openOutput, type Output } from './output/output.js'
import { clean, jsonLine, tableLines } from './output/terminal-text.js'
import type { ProcessEnvironment } from './process-environment.js'

/** @returns the exit code; never rejects */
export async function dispatch(
  given: readonly string[],
  processEnvironment: ProcessEnvironment,
): Promise<number> {
  const argv = rawArguments(given, () => processEnvironment.commandLine())
  const end = argv.indexOf('--')
  const own = end < 0 ? argv : argv.slice(0, end)
  const output = openOutput(processEnvironment, own.includes('--no-color'))
  // Defaults until the options are read.
  const asked: UserCall = { verbose: false }
  processEnvironment.onStrayFailure(error => {
    processEnvironment.leave(printFailure(output, error, asked).exitCode)
  })
  try {
    const { environment, stdout, stderr } = processEnvironment
    const isTerminal = stdout.isTTY === true && stderr.isTTY === true
    output.speak(await wordsFor({ argv: own, environment, isTerminal }))
    if (own[0] === 'complete') {
      const { complete, requestOf } = await import('./completion/complete.js')
      const request = requestOf(argv)
      if (request !== undefined) return await complete(request, processEnvironment, output)
    }
    return await runCommand(langAfterCommand(argv), processEnvironment, output, asked)
  } catch (error) {
    return printFailure(output, error, asked).exitCode
  }
}

async function runCommand(
  argv: readonly string[],
  processEnvironment: ProcessEnvironment,
  output: Output,
  asked: UserCall,
): Promise<number> {
  const [own, childCommand] = splitChildCommand(argv)
  const columns = output.resultColumns ?? 80
  const named = commands.find(({ name }) => name === own[0])
  if (named !== undefined) asked.command = named
  const line = readCommandLine(own, commands, columns, output.words())
  if ('answer' in line) {
    if (own.length > 0) await output.write(line.answer)
    else processEnvironment.stderr.write(line.answer)
    return own.length > 0 ? 0 : 64
  }
  const { command, args, flags } = line
  Object.assign(asked, { verbose: flags.has('verbose'), command, args, flags })
  const { environment } = processEnvironment
  const sources = await gatherSources(command, flags, environment)
  const { lang } = command.options
  const language = lang && findValue(lang, sources)?.texts.at(-1)
  if (language !== undefined) output.speak(await wordsOf(language))
  if (flags.has('print-config')) return printConfig(command, sources, output)
  return command.prepare(sources)({
    args,
    childCommand,
    sources,
    processEnvironment,
    output,
    asked,
    showHelp: () =>
      processEnvironment.stderr.write(helpText(command.name, commands, columns, output.words())),
  })
}

/** `serve … -- CMD…`: everything after `--` belongs to CMD and must not be read as our options. */
function splitChildCommand(
  argv: readonly string[],
): readonly [own: readonly string[], childCommand: readonly string[]] {
  const at = argv[0] === 'serve' ? argv.indexOf('--') : -1
  if (at < 0) return [argv, []]
  const childCommand = argv.slice(at + 1)
  if (childCommand.length === 0) {
    throw new UsageError('DDB_USAGE', 'serve --: name the command to run after the two dashes')
  }
  return [argv.slice(0, at), childCommand]
}

async function printConfig(
  command: Command,
  sources: OptionSources,
  output: Output,
): Promise<number> {
  command.prepare(sources)
  const settings: Setting[] = describeOptions(command.options, sources)
  if ('passwordFile' in command.options) settings.push(passwordSetting(passwordSource(sources)))
  if (sources.flags.has('json')) {
    const options = settings.map(({ name, text, origin }) => ({
      name,
      value: text ?? null,
      origin,
    }))
    const object = { schema: 'ddb-ingest/config/1', command: command.name, options }
    await output.writeData(jsonLine(object))
    return 0
  }
  const rows = settings.map(({ name, text, origin }) => [name, clean(text ?? '-'), clean(origin)])
  for (const line of tableLines(rows)) await output.write(`${line}\n`)
  return 0
}
