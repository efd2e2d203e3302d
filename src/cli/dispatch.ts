/* Every command, in the order of the help: finds the one that the arguments name, reads its settings and runs it. */
import { nameOptionsByFlags, usageError } from '../errors.js'
import { useKernel } from '../kernel/kernel.js'
import { type Call, type Command, englishHelp, helpTextsFor } from './commands/command.js'
import { readCommandLine } from './options/command-line.js'
import { servingProcessVariable } from './files/state.js'
import { commandOptions, fieldFlags, type CommandName, type Settings } from './options/options.js'
import { printFailure, type UserCall } from './output/failures.js'
import { clean, didYouMean, openOutput } from './output/output.js'
import { rawArguments, thisProcess, type ProcessEnvironment } from './process-environment.js'
import { resolveOptions } from './options/definition.js'
import { withEnvironment } from './options/shell-command.js'

interface Entry<Name extends CommandName> extends Pick<Command, 'group' | 'args' | 'brief'> {
  /** Loads the command's module, which is needed only if the command runs. */
  readonly load: () => Promise<{ run(settings: Settings<Name>, call: Call): Promise<number> }>
}

const common = ['table', 'create', 'host', 'user', 'encoding', 'map', 'null', 'dateFormat']
const server = { group: 'Server' }
const tool = { group: 'Tools', args: '' }
const resumeRetry = () => import('./commands/runs/resume-retry.js')

const entries: { readonly [Name in CommandName]: Entry<Name> } = {
  load: {
    ...{ group: 'Load', args: '[source...]', load: () => import('./commands/load.js') },
    brief: {
      options: [...common, 'rejects', 'runId', 'dryRun', 'json'],
      example: 'ddb-ingest load trades.csv --host db1 --table trades',
    },
  },
  check: {
    ...{ group: 'Load', args: '[source...]', load: () => import('./commands/check.js') },
    brief: {
      options: [...common, 'sample', 'json'],
      example: 'ddb-ingest check trades.csv --host db1 --table trades',
    },
  },
  schema: { group: 'Load', args: '[source...]', load: () => import('./commands/schema.js') },
  resume: {
    group: 'Load',
    args: '<run>',
    load: async () => ({ run: (await resumeRetry()).resume }),
  },
  runs: { group: 'Load', args: '[run...]', load: () => import('./commands/runs/runs.js') },
  retry: {
    group: 'Load',
    args: '<rejects>',
    load: async () => ({ run: (await resumeRetry()).retry }),
  },
  audit: {
    ...{ group: 'Load', args: '[source...]', load: () => import('./commands/audit.js') },
    brief: {
      options: ['table', 'missing', 'exact', 'columns', 'certificate', 'host', 'user', 'json'],
      example: 'ddb-ingest audit trades.csv --host db1 --table trades',
    },
  },
  exec: { ...server, args: '[file.dos]', load: () => import('./commands/exec.js') },
  serve: { ...server, args: '', load: () => import('./commands/serve.js') },
  demo: { ...tool, load: () => import('./commands/demo.js') },
  bench: { ...tool, load: () => import('./commands/bench.js') },
  selftest: { ...tool, load: () => import('./commands/selftest.js') },
  explain: { ...tool, args: '[code]', load: () => import('./commands/explain.js') },
  completion: { ...tool, args: '<shell>', load: () => import('./commands/completion.js') },
}

function commandOf<Name extends CommandName>(name: Name): Command {
  const options = commandOptions[name]
  const { load, ...entry } = entries[name]
  return {
    ...{ ...entry, name, options },
    summary: englishHelp.commands[name]!,
    prepare(sources) {
      const settings = resolveOptions(options, sources) as Settings<Name>
      return async call => (await load()).run(settings, call)
    },
  }
}

export const commands = (Object.keys(entries) as CommandName[]).map(name => commandOf(name))

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
  const { stdout, stderr } = processEnvironment
  const environment = withHost(processEnvironment.environment)
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
  const sources = { flags, environment, files }
  Object.assign(asked, { command: command.name, args, serverEnds })
  asked.flags = withEnvironment(command.options, sources)
  checkEnvironment(environment)
  checkFolders(processEnvironment)
  // To compare with the exact reader, or to avoid a fault of the kernel.
  if (/^(?:off|0|false|no)$/i.test(environment[kernelSwitch] ?? '')) useKernel(Infinity)
  return command.prepare(sources)({
    ...{ commands, args, childCommand: childCommand ?? [], sources },
    ...{ processEnvironment, output, helpTexts, asked },
    showHelp: () => stderr.write(help()),
  })
}

/** Node puts U+FFFD in place of bytes that are not UTF-8, so relative paths and the state would lead to other folders. */
function checkFolders({ environment, workingFolder }: ProcessEnvironment): void {
  const { HOME, XDG_STATE_HOME } = environment
  const folders = { HOME, XDG_STATE_HOME, 'the working folder': workingFolder() }
  const [odd] = Object.entries(folders).find(([, path]) => path?.includes('\ufffd')) ?? []
  if (odd !== undefined)
    throw usageError(`the path of ${odd} is not UTF-8, or has the character U+FFFD: use another`)
}

/** A port alone names a server, too: that of this machine. */
function withHost(given: ProcessEnvironment['environment']): ProcessEnvironment['environment'] {
  const isNamed = !given['DDB_PORT'] || given['DDB_HOST'] || given['DDB_INGEST_HOST']
  return isNamed ? given : { ...given, DDB_HOST: '127.0.0.1' }
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
