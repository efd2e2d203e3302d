/* Finds the command that the arguments name, reads its settings, runs it and returns its exit code. */
import { nameOptionsByFlags, usageError } from '../errors.js'
import { useKernel } from '../kernel/kernel.js'
import type { Call } from './commands/command.js'
import { commands } from './commands/commands.js'
import { helpTextsFor } from './language/help-texts.js'
import { readCommandLine } from './options/command-line.js'
import { servingProcessVariable } from './files/state.js'
import { fieldFlags } from './options/options.js'
import { printFailure, type UserCall } from './output/failures.js'
import { openOutput } from './output/output.js'
import { clean, didYouMean } from './output/terminal-text.js'
import { rawArguments, thisProcess, type ProcessEnvironment } from './process-environment.js'

/** @returns the exit code; never rejects */
export async function dispatch(
  given: readonly string[],
  processEnvironment: ProcessEnvironment = thisProcess(),
): Promise<number> {
  const endNames = nameOptionsByFlags(fieldFlags)
  const argv = rawArguments(given, processEnvironment.commandLine)
  const end = argv.indexOf('--')
  const own = end < 0 ? argv : argv.slice(0, end)
  const output = openOutput(processEnvironment, own.includes('--no-color'))
  const asked: UserCall = {}
  const failed = (error: unknown): number => printFailure(output, error, asked).exitCode
  processEnvironment.onStrayFailure(error => processEnvironment.leave(failed(error)))
  // Everything after `serve … --` belongs to CMD and must not be read as our options.
  const isServe = argv[0] === 'serve' && end >= 0
  return runCommand(isServe ? own : argv, isServe ? argv.slice(end + 1) : undefined, {
    processEnvironment,
    output,
    asked,
  })
    .catch(failed)
    .finally(endNames)
}

async function runCommand(
  argv: readonly string[],
  childCommand: readonly string[] | undefined,
  { processEnvironment, output, asked }: Pick<Call, 'processEnvironment' | 'output' | 'asked'>,
): Promise<number> {
  const { environment, stdout, stderr } = processEnvironment
  const isTerminal = stdout.isTTY === true && stderr.isTTY === true
  const helpTexts = helpTextsFor(environment, isTerminal)
  if (childCommand?.length === 0) {
    throw usageError('serve --: name the command to run after the two dashes')
  }
  const columns = output.resultColumns ?? 80
  const named = commands.find(({ name }) => name === argv[0])
  if (named !== undefined) asked.command = named.name
  const line = readCommandLine(argv, commands, columns, helpTexts)
  if ('answer' in line) {
    if (argv.length > 0) await output.write(line.answer)
    else stderr.write(line.answer)
    return argv.length > 0 ? 0 : 64
  }
  const { command, args, flags, files, help } = line
  const isServed = environment[servingProcessVariable] === String(process.ppid)
  const serverEnds = isServed && !flags.has('host')
  Object.assign(asked, { command: command.name, args, flags, serverEnds })
  checkEnvironment(environment)
  // To compare with the exact reader, or to avoid a fault of the kernel.
  if (/^(?:off|0|false|no)$/i.test(environment[kernelSwitch] ?? '')) useKernel(Infinity)
  const sources = { flags, environment, files }
  return command.prepare(sources)({
    ...{ commands, args, childCommand: childCommand ?? [], sources },
    ...{ processEnvironment, output, helpTexts, asked },
    showHelp: () => stderr.write(help()),
  })
}

/** Leaves all reading to the exact reader if it is off. */
const kernelSwitch = 'DDB_INGEST_KERNEL'

/** Refuses unknown DDB_INGEST_… variables: a misspelled one would have no effect. @throws {UsageError} DDB_USAGE */
function checkEnvironment(environment: ProcessEnvironment['environment']): void {
  const definitions = commands.flatMap(({ options }) => Object.values(options))
  const known = new Set(definitions.flatMap(one => one.environment)).add(kernelSwitch)
  for (const name of Object.keys(environment)) {
    if (!name.startsWith('DDB_INGEST_') || !environment[name] || known.has(name)) continue
    throw usageError(`${clean(name)} sets no option${didYouMean(name, known)}`)
  }
}
