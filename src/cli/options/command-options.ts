/*
  The options of the commands other than `load`. Options that `load` has, too, are the same objects.
*/
import { parseTableTarget } from '../../load/target/target.js'
import { schemaFromTypes } from '../../schema/target-schema.js'
import { option, optionGroup, type SettingsOf } from './definition.js'
import {
  badRowOptions,
  inputOptions,
  loadOptions,
  mappingOptions,
  outputOptions,
  runOptions,
  serverOptions,
  targetOptions,
  valueOptions,
} from './load-options.js'
import * as read from './readers.js'

const { choice, count, onOff, text } = read
const { trace, noColor } = outputOptions

/** Options of every command except `demo`. */
export const commonOptions = { noColor }

const { json, asOutput } = optionGroup('Output', {
  json: option('--json', read.jsonSwitch),
  asOutput: { ...option('--json', read.jsonSwitch), helpName: 'outputJson' },
})

const { dryRun: _, report: _report, metricsFile: _file, ...loadOptionsOfCheck } = loadOptions

export const checkOptions = {
  ...loadOptionsOfCheck,
  ...optionGroup('Input', { sample: option('--sample <n>', count(1), undefined, 'all') }),
}

export type CheckSettings = SettingsOf<typeof checkOptions>

const { limit: _limit, follow: _follow, ...readingOptions } = inputOptions
const { match, map, set, allowMissing } = mappingOptions

/** Options that `load` has, too, and that a printed `load` command must repeat. */
export const sharedOptions = { ...readingOptions, match, map, set, ...valueOptions }

const chosen = 'the program chooses, and says why'

/** The user's requirements for a new DFS table. */
export const dfsOptions = {
  partition: targetOptions.partition,
  ...optionGroup('Target', {
    sortColumns: option('--sort-columns <a,b>', read.list),
    keepDuplicates: option('--keep-duplicates <which>', choice('all', 'first', 'last')),
    engine: option('--engine <engine>', choice('OLAP', 'TSDB'), undefined, chosen),
    atomic: option('--atomic <level>', choice('trans', 'chunk')),
  }),
}

const newTable = read.checked('a table name or dfs://DATABASE/TABLE', parseTableTarget)
const newTypes = read.checked('NAME:TYPE,…', schemaFromTypes)
const newName = 'a stream table named after the first file'

const whole = 'all of them'
const formats = choice('table', 'types', 'json', 'create')

export const schemaOptions = {
  ...optionGroup('Target', {
    table: { ...option('-t, --table <name>', newTable, undefined, newName), helpName: 'newTable' },
    key: option('--key <a,b>', read.list),
    types: { ...option('--types <name:TYPE,...>', newTypes), helpName: 'newTypes' },
  }),
  ...dfsOptions,
  ...sharedOptions,
  ...optionGroup('Input', {
    sample: { ...option('--sample <n>', count(1), undefined, whole), helpName: 'sampleFirst' },
  }),
  ...optionGroup('Output', {
    output: { ...option('--output <format>', formats), default: 'table' },
    create: { ...option('--create', onOff), flagOnly: true, helpName: 'createScript' },
  }),
  json: asOutput,
  ...commonOptions,
}

export type SchemaSettings = SettingsOf<typeof schemaOptions>

const { stateDir, restart, expectRows, metricsFile, report } = runOptions
const { onDoubt } = loadOptions
const runOutput = { metricsFile, report, ...outputOptions }

export type RunSettings = SettingsOf<typeof runOutput & { stateDir: typeof stateDir }>

const own = "the run's own"

const { default: _default, ...host } = serverOptions.host

/** The server options of commands that go on with a run. Its journal provides the defaults. */
export const journaledServerOptions = {
  ...serverOptions,
  host: { ...host, defaultNote: own },
  user: { ...serverOptions.user, defaultNote: own },
}

const { rejects, onError, maxErrors } = badRowOptions

export const resumeOptions = {
  rejects,
  onError: { ...onError, defaultNote: own },
  maxErrors: { ...maxErrors, defaultNote: own },
  onDoubt,
  ...journaledServerOptions,
  ...{ stateDir, restart },
  ...runOutput,
}

export type ResumeSettings = SettingsOf<typeof resumeOptions>

export const runsOptions = {
  ...optionGroup('Run', {
    clean: { ...option('--clean', onOff), flagOnly: true },
    files: { ...option('--files', onOff), flagOnly: true },
  }),
  stateDir,
  ...journaledServerOptions,
  json,
  ...commonOptions,
}

export type RunsSettings = SettingsOf<typeof runsOptions>

export const retryOptions = {
  transform: { ...targetOptions.transform, defaultNote: own },
  encoding: { ...inputOptions.encoding, defaultNote: own },
  allowMissing,
  ...valueOptions,
  ...optionGroup('Bad rows', {
    onError: { ...onError, reader: choice('null'), defaultNote: own, helpName: 'retryOnError' },
  }),
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
    script: { ...option('-e, --script <script>', text), flagOnly: true },
  }),
  ...optionGroup('Output', {
    output: {
      ...option('--output <format>', choice('table', 'csv', 'json')),
      default: 'table',
      helpName: 'resultOutput',
    },
    maxRows: option('--max-rows <n>', count(0), undefined, '100 on a terminal, else all'),
  }),
  ...serverOptions,
  ...{ trace, json: asOutput },
  ...commonOptions,
}

export type ExecSettings = SettingsOf<typeof execOptions>

const partitions = choice('add', 'skip', 'fail')

export const serveOptions = {
  ...optionGroup('Server', {
    host: { ...option('--host <address>', text), default: '127.0.0.1', helpName: 'listenHost' },
    port: {
      ...option('--port <port>', read.listeningPort),
      default: '8848',
      helpName: 'listenPort',
    },
    init: option('--init <file.dos>', text),
    requireLogin: option('--require-login', onOff),
    tlsCert: option('--tls-cert <file>', text),
    tlsKey: option('--tls-key <file>', text),
    allowOrigin: option('--allow-origin <origin,...>', read.list),
    newValuePartitions: { ...option('--new-value-partitions <what>', partitions), default: 'add' },
    serverVersion: option('--server-version <number>', text),
    setting: option('--setting <name=value>', read.pairs('NAME=VALUE')),
    fault: option('--fault <name[:n]>', text),
    discard: option('--discard', onOff),
  }),
  ...commonOptions,
}

export type ServeSettings = SettingsOf<typeof serveOptions>

export const benchOptions = {
  ...optionGroup('Run', {
    requests: { ...option('--requests <n>', count(1)), default: '50000' },
    rows: { ...option('--rows <n>', count(1)), default: '100', helpName: 'batchRows' },
  }),
  ...serverOptions,
  json,
  ...commonOptions,
}

export type BenchSettings = SettingsOf<typeof benchOptions>

export const selftestOptions = {
  ...optionGroup('Run', {
    timeLimit: { ...option('--time-limit <time>', read.duration), default: '60s' },
    secondUser: option('--second-user <name>', text),
    secondPasswordFile: option('--second-password-file <file>', text),
  }),
  ...optionGroup('Output', { issueText: option('--issue-text <file>', read.outputFile) }),
  ...serverOptions,
  ...{ trace, json },
  ...commonOptions,
}

export type SelftestSettings = SettingsOf<typeof selftestOptions>

export type ExplainSettings = SettingsOf<typeof commonOptions>
