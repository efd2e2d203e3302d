/*
  Finds the command that the arguments name, reads its settings, runs it and returns its exit code.
*/
import { UsageError } from '../errors.js'
import { commands } from './commands/commands.js'
import { helpTextsFor, type HelpTexts } from './language/help-texts.js'
import { helpText, rawArguments, readCommandLine, withOptionFiles } from './options/command-line.js'
import { checkEnvironment } from './options/resolve.js'
import { printFailure, type UserCall } from './output/failures.js'
import { openOutput, type Output } from './output/output.js'
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
  const asked: UserCall = {}
  processEnvironment.onStrayFailure(error => {
    processEnvironment.leave(printFailure(output, error, asked).exitCode)
  })
  try {
    const { environment, stdout, stderr } = processEnvironment
    const isTerminal = stdout.isTTY === true && stderr.isTTY === true
    const helpTexts = await helpTextsFor(environment, isTerminal)
    return await runCommand(argv, processEnvironment, output, helpTexts, asked)
  } catch (error) {
    return printFailure(output, error, asked).exitCode
  }
}

async function runCommand(
  argv: readonly string[],
  processEnvironment: ProcessEnvironment,
  output: Output,
  helpTexts: HelpTexts,
  asked: UserCall,
): Promise<number> {
  const [typed, childCommand] = splitChildCommand(argv)
  const columns = output.resultColumns ?? 80
  const named = commands.find(({ name }) => name === typed[0])
  if (named !== undefined) asked.command = named
  const { argv: own, files } = withOptionFiles(typed, named?.options ?? {})
  const line = readCommandLine(own, commands, columns, helpTexts)
  if ('answer' in line) {
    if (own.length > 0) await output.write(line.answer)
    else processEnvironment.stderr.write(line.answer)
    return own.length > 0 ? 0 : 64
  }
  const { command, args, flags } = line
  Object.assign(asked, { command, args, flags })
  const { environment } = processEnvironment
  checkEnvironment(environment, commands)
  const { environmentPrefix } = command
  const sources = { flags, environment, environmentPrefix, files }
  return command.prepare(sources)({
    commands,
    args,
    childCommand,
    sources,
    processEnvironment,
    output,
    helpTexts,
    asked,
    showHelp: () =>
      processEnvironment.stderr.write(helpText(command.name, commands, columns, helpTexts)),
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
