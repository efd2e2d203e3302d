/* Every command, in the order of the help. Its module is loaded only if the command runs. */
import { englishHelp } from '../language/help-texts.js'
import { commandOptions, type CommandName, type Settings } from '../options/options.js'
import { resolveOptions } from '../options/definition.js'
import type { Call, Command } from './command.js'

interface Module<Name extends CommandName> {
  run(settings: Settings<Name>, call: Call): Promise<number>
}

interface Entry<Name extends CommandName> extends Pick<Command, 'group' | 'args'> {
  readonly brief?: Command['brief']
  readonly load: () => Promise<Module<Name>>
}

const common = ['table', 'create', 'host', 'user', 'encoding', 'map', 'null', 'dateFormat']
const server = { group: 'Server' }
const tool = { group: 'Tools', args: '' }

const entries: { readonly [Name in CommandName]: Entry<Name> } = {
  load: {
    ...{ group: 'Load', args: '[source...]', load: () => import('./load.js') },
    brief: {
      options: [...common, 'rejects', 'runId', 'dryRun', 'json'],
      example: 'ddb-ingest load trades.csv --host db1 --table trades',
    },
  },
  check: {
    ...{ group: 'Load', args: '[source...]', load: () => import('./check.js') },
    brief: {
      options: [...common, 'sample', 'json'],
      example: 'ddb-ingest check trades.csv --host db1 --table trades',
    },
  },
  schema: { group: 'Load', args: '[source...]', load: () => import('./schema.js') },
  resume: { group: 'Load', args: '<run>', load: () => import('./runs/resume.js') },
  runs: { group: 'Load', args: '[run...]', load: () => import('./runs/runs.js') },
  retry: { group: 'Load', args: '<rejects>', load: () => import('./runs/retry.js') },
  audit: {
    ...{ group: 'Load', args: '[source...]', load: () => import('./audit.js') },
    brief: {
      options: ['table', 'missing', 'exact', 'columns', 'certificate', 'host', 'user', 'json'],
      example: 'ddb-ingest audit trades.csv --host db1 --table trades',
    },
  },
  exec: { ...server, args: '[file.dos]', load: () => import('./exec.js') },
  serve: { ...server, args: '', load: () => import('./serve.js') },
  demo: { ...tool, load: () => import('./demo.js') },
  bench: { ...tool, load: () => import('./bench.js') },
  selftest: { ...tool, load: () => import('./selftest.js') },
  explain: { ...tool, args: '[code]', load: () => import('./explain.js') },
  completion: { ...tool, args: '<shell>', load: () => import('./completion.js') },
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
