/*
  The options of the commands other than `load`. Options that `load` has, too, are the same objects.
*/
import { parseTableTarget } from '../../load/target/target.js'
import { schemaFromTypes } from '../../schema/target-schema.js'
import { deliveryOptions, runOptions, targetOptions } from './delivery-options.js'
import { badRowOptions, inputOptions, mappingOptions, valueOptions } from './input-options.js'
import { journaledServerOptions } from './journaled.js'
import { loadOptions } from './load-options.js'
import {
  commonOptions,
  jsonOptions,
  jsonToOptions,
  quietOptions,
  traceOptions,
} from './output-options.js'
import { optionGroup, type SettingsOf } from './reading/definition.js'
import {
  choice,
  count,
  duration,
  list,
  listeningPort,
  named,
  onOff,
  pairs,
  text,
} from './reading/readers.js'
import { serverOptions } from './server-options.js'

const { dryRun: _, ...loadAlone } = loadOptions
const { report: _report, metricsFile: _file, ...loadOptionsOfCheck } = loadAlone

export const checkOptions = {
  ...loadOptionsOfCheck,
  ...optionGroup('Input', {
    sample: {
      flags: '--sample <n>',
      help: 'examine at most n records of each input',
      reader: count(1),
      defaultNote: 'all',
    },
  }),
}

export type CheckSettings = SettingsOf<typeof checkOptions>

const { limit: _limit, follow: _follow, ...readingOptions } = inputOptions
const { match, map, set, allowMissing } = mappingOptions

/** Options that `load` has, too, and that a printed `load` command must repeat. */
export const sharedOptions = { ...readingOptions, match, map, set, ...valueOptions }

/** The user's requirements for a new DFS table. */
export const dfsOptions = {
  partition: targetOptions.partition,
  ...optionGroup('Target', {
    sortColumns: {
      flags: '--sort-columns <a,b>',
      help: 'sort columns of a new TSDB table',
      reader: list,
    },
    keepDuplicates: {
      flags: '--keep-duplicates <which>',
      help: 'which rows a new TSDB table keeps if their sort columns are equal: all, first or last',
      reader: choice('all', 'first', 'last'),
    },
    engine: {
      flags: '--engine <engine>',
      help: 'storage engine of a new DFS table: OLAP or TSDB',
      reader: choice('OLAP', 'TSDB'),
      defaultNote: 'the program chooses, and says why',
    },
    atomic: {
      flags: '--atomic <level>',
      help: 'atomicity of writes to a new DFS database: trans or chunk',
      reader: choice('trans', 'chunk'),
    },
  }),
}

export const schemaOptions = {
  ...optionGroup('Target', {
    table: {
      flags: '-t, --table <name>',
      help: 'name of the new table, or dfs://DATABASE/TABLE',
      reader: named('a table name or dfs://DATABASE/TABLE', name => {
        parseTableTarget(name)
        return name
      }),
      defaultNote: 'a stream table named after the first file',
    },
    key: {
      flags: '--key <a,b>',
      help: 'key columns of a keyed stream table',
      reader: list,
    },
    types: {
      flags: '--types <name:TYPE,...>',
      help: 'types of these columns; the program detects all other types',
      reader: named('NAME:TYPE,…', types => {
        schemaFromTypes(types)
        return types
      }),
    },
  }),
  ...dfsOptions,
  ...sharedOptions,
  ...optionGroup('Input', {
    sample: {
      flags: '--sample <n>',
      help: 'examine the first n records',
      reader: count(1),
      defaultNote: 'all of them',
    },
  }),
  ...optionGroup('Output', {
    output: {
      flags: '--output <format>',
      help: 'table, types, json, or create (the script that creates the table)',
      reader: choice('table', 'types', 'json', 'create'),
      default: 'table',
    },
    create: {
      flags: '--create',
      help: 'the same as --output create',
      reader: onOff,
      flagOnly: true,
    },
  }),
  json: { ...jsonOptions.json, help: 'the same as --output json' },
  ...commonOptions,
}

export type SchemaSettings = SettingsOf<typeof schemaOptions>

const { stateDir, restart, expectRows } = runOptions
const { metricsFile, report } = runOptions
const { onDoubt } = deliveryOptions

const runOutput = {
  ...{ metricsFile, report },
  ...quietOptions,
  ...traceOptions,
  ...jsonToOptions,
  ...commonOptions,
}

export type RunSettings = SettingsOf<typeof runOutput & { stateDir: typeof stateDir }>

const { rejects, onError, maxErrors } = badRowOptions

export const resumeOptions = {
  ...{ rejects, onError: { ...onError, defaultNote: "the run's own" } },
  maxErrors: { ...maxErrors, defaultNote: "the run's own" },
  onDoubt,
  ...journaledServerOptions,
  ...{ stateDir, restart },
  ...runOutput,
}

export type ResumeSettings = SettingsOf<typeof resumeOptions>

export const runsOptions = {
  ...optionGroup('Run', {
    clean: {
      flags: '--clean',
      help: 'remove the journals of the named runs, or of all runs that finished more than 30 days ago',
      reader: onOff,
      flagOnly: true,
    },
    files: {
      flags: '--files',
      help: 'show the outcome of each file of a run',
      reader: onOff,
      flagOnly: true,
    },
  }),
  stateDir,
  ...journaledServerOptions,
  ...jsonOptions,
  ...commonOptions,
}

export type RunsSettings = SettingsOf<typeof runsOptions>

const { transform } = targetOptions

export const retryOptions = {
  transform: { ...transform, defaultNote: "the run's own" },
  encoding: { ...inputOptions.encoding, defaultNote: "the run's own" },
  allowMissing,
  ...valueOptions,
  onError: {
    ...onError,
    help: 'null loads null for each bad cell',
    reader: choice('null'),
    defaultNote: "the run's own",
  },
  rejects: { ...rejects, defaultNote: 'a new file in the same folder' },
  maxErrors: { ...maxErrors, defaultNote: 'no limit' },
  onDoubt,
  ...journaledServerOptions,
  ...{ stateDir, restart, expectRows },
  ...runOutput,
}

export type RetrySettings = SettingsOf<typeof retryOptions>

export const execOptions = {
  ...optionGroup('Run', {
    script: {
      flags: '-e, --script <script>',
      help: 'run this script instead of a file',
      reader: text,
      flagOnly: true,
    },
  }),
  ...optionGroup('Output', {
    output: {
      flags: '--output <format>',
      help: 'table, csv or json',
      reader: choice('table', 'csv', 'json'),
      default: 'table',
    },
    maxRows: {
      flags: '--max-rows <n>',
      help: 'show at most this many rows of a table; 0 for all',
      reader: count(0),
      defaultNote: '100 on a terminal, else all',
    },
  }),
  ...serverOptions,
  ...traceOptions,
  json: { ...jsonOptions.json, help: 'the same as --output json' },
  ...commonOptions,
}

export type ExecSettings = SettingsOf<typeof execOptions>

export const serveOptions = {
  ...optionGroup('Server', {
    host: {
      flags: '--host <address>',
      help: 'address to listen on',
      reader: text,
      default: '127.0.0.1',
    },
    port: {
      flags: '--port <port>',
      help: 'port to listen on; 0 picks a free one',
      reader: listeningPort,
      default: '8848',
    },
    init: {
      flags: '--init <file.dos>',
      help: 'script to run as admin before accepting connections',
      reader: text,
    },
    requireLogin: {
      flags: '--require-login',
      help: 'refuse all requests of sessions that have not logged in',
      reader: onOff,
    },
    tlsCert: {
      flags: '--tls-cert <file>',
      help: 'accept only TLS, with this certificate (PEM)',
      reader: text,
    },
    tlsKey: {
      flags: '--tls-key <file>',
      help: 'private key of --tls-cert, without a passphrase (PEM)',
      reader: text,
    },
    allowOrigin: {
      flags: '--allow-origin <origin,...>',
      help: 'web pages that may connect with WebSocket',
      reader: list,
    },
    newValuePartitions: {
      flags: '--new-value-partitions <what>',
      help: 'if a value has no VALUE partition: add one, skip the row, or fail',
      reader: choice('add', 'skip', 'fail'),
      default: 'add',
    },
    serverVersion: {
      flags: '--server-version <number>',
      help: 'imitate this server version, such as 1.30.22: refuse later features',
      reader: text,
    },
    setting: {
      flags: '--setting <name=value>',
      help: 'a setting of dolphindb.cfg, such as maxPubConnections=0 (repeatable)',
      reader: pairs('NAME=VALUE'),
    },
    fault: {
      flags: '--fault <name[:n]>',
      help: 'simulate a fault, for example ChunkInRecovery at every n-th insert',
      reader: text,
    },
    discard: {
      flags: '--discard',
      help: 'count rows without storing them, for measurements',
      reader: onOff,
    },
  }),
  ...commonOptions,
}

export type ServeSettings = SettingsOf<typeof serveOptions>

export const benchOptions = {
  ...optionGroup('Run', {
    requests: {
      flags: '--requests <n>',
      help: 'requests in each mode',
      reader: count(1),
      default: '50000',
    },
    rows: {
      flags: '--rows <n>',
      help: 'rows per request',
      reader: count(1),
      default: '100',
    },
  }),
  ...serverOptions,
  ...jsonOptions,
  ...commonOptions,
}

export type BenchSettings = SettingsOf<typeof benchOptions>

export const selftestOptions = {
  ...optionGroup('Run', {
    timeLimit: {
      flags: '--time-limit <time>',
      help: 'stop after this time, and report the results so far',
      reader: duration,
      default: '60s',
    },
    secondUser: {
      flags: '--second-user <name>',
      help: 'second user, for checks that need two',
      reader: text,
    },
    secondPasswordFile: {
      flags: '--second-password-file <file>',
      help: 'file with the password of the second user',
      reader: text,
    },
  }),
  ...optionGroup('Output', {
    issueText: {
      flags: '--issue-text <file>',
      help: 'write a report for an issue to this file, without hosts, users and passwords',
      reader: text,
    },
  }),
  ...serverOptions,
  ...traceOptions,
  ...jsonOptions,
  ...commonOptions,
}

export type SelftestSettings = SettingsOf<typeof selftestOptions>

export const explainOptions = { noColor: commonOptions.noColor }

export type ExplainSettings = SettingsOf<typeof explainOptions>
