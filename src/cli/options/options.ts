/*
  The one table of options: flag, reader, field of LoadOptions and default. The options of every command are taken from it.
*/
import { loginRequirements } from '../../client/login/protection.js'
import type { OnError } from '../../load/options.js'
import { checkFunctionName, parseMethod, parseTableTarget } from '../../load/target/target.js'
import { confirmations } from '../../load/transport/confirmations.js'
import { inputFormats } from '../../parse/formats.js'
import { schemaFromTypes } from '../../schema/target-schema.js'
import { compressions } from '../../source/byte-source.js'
import { noted, option, optionGroup, type OptionDefinition, type SettingsOf } from './definition.js'
import * as read from './readers.js'

const { choice, count, onOff, recordSize, text } = read

const functionArgs = read.repeated(read.json)
const tableName = read.checked('a table name or dfs://DATABASE/TABLE', parseTableTarget)
const functionName = read.checked('the name of a function view', checkFunctionName)
const method = read.single('insert, append or upsert', parseMethod, {
  choices: ['insert', 'append', 'upsert'],
})
const chosen = 'the program chooses, and says why'

const targetOptions = optionGroup('Target', {
  table: option('-t, --table <name>', tableName, 'target.table'),
  create: option('--create <kind>', choice('stream', 'dfs'), 'target.create'),
  partition: option('--partition <scheme>', text, 'target.partition', chosen),
  method: option('--method <method>', method, 'target.method', 'insert'),
  keyColumns: option('--key-columns <a,b>', read.list, 'target.keyColumns'),
  function: option('--function <name>', functionName, 'target.function'),
  functionArg: option('--function-arg <json>', functionArgs, 'target.functionArguments'),
  transform: option('--transform <function>', read.transform, 'target.transform'),
  types: option('--types <name:TYPE,...>', text, 'target.types'),
  confirmTable: option('--confirm-table <name>', tableName, 'target.confirmTable'),
  mayDrop: option('--may-drop', onOff, 'target.mayDrop'),
})

const compression = choice('auto', ...compressions)
const unquoted = 'detected, usually the quote itself'
const decoded = 'auto: byte order mark, else UTF-8'
const compared = "auto: compares it with the target's columns"
const header = choice('auto', 'yes', 'no')
const include = read.repeated(text)
const sampled = 'detected in the first 1 MiB'

const inputOptions = optionGroup('Input', {
  format: option('-f, --format <format>', choice('auto', ...inputFormats), 'input.format', 'auto'),
  filesFrom: option('--files-from <file>', text),
  include: option('--include <glob>', include, 'input.include', 'those with a known extension'),
  path: option('--path <pattern>', text, 'input.path'),
  follow: option('--follow', onOff, 'input.follow'),
  compression: option('--compression <kind>', compression, 'input.compression', 'auto'),
  encoding: option('--encoding <name>', read.encoding, 'input.encoding', decoded),
  delimiter: option('-d, --delimiter <text>', read.delimiter, 'input.delimiter', sampled),
  quote: option('--quote <char>', read.characterOrNone, 'input.quote', 'detected, usually "'),
  escape: option('--escape <char>', read.character, 'input.escape', unquoted),
  comment: option('--comment <text>', read.lineStart, 'input.comment'),
  header: option('--header <when>', header, 'input.header', compared),
  ragged: option('--ragged <what>', choice('reject', 'pad', 'cut'), 'input.ragged', 'reject'),
  trim: option('--trim', onOff, 'input.trim'),
  quotes: option('--quotes <how>', choice('strict', 'lax', 'excel'), 'input.quotes', 'strict'),
  maxRecordBytes: option('--max-record-bytes <size>', recordSize, 'input.maxRecordBytes', '16Mi'),
  skipLines: option('--skip-lines <n>', count(0), 'input.skipLines'),
  limit: option('--limit <n>', count(0), 'input.limit'),
  jsonPath: option('--json-path <path>', text, 'input.jsonPath'),
  arrayDelimiter: option('--array-delimiter <char>', read.character, 'input.arrayDelimiter'),
})

const matching = 'name if there is a header'

const mappingOptions = optionGroup('Mapping', {
  match: option('--match <how>', choice('name', 'position'), 'mapping.match', matching),
  map: option('-m, --map <target=source>', read.pairs('TARGET=SOURCE'), 'mapping.map'),
  set: option('--set <target=value>', read.pairs('TARGET=VALUE'), 'mapping.set'),
  ignoreExtra: option('--ignore-extra', onOff, 'mapping.ignoreExtra'),
  allowMissing: option('--allow-missing', onOff, 'mapping.allowMissing'),
})

const asWritten = 'as written; rows with a different offset are rejected'

export const valueOptions = optionGroup('Values', {
  null: option('--null <text>', read.repeated(read.anyText), 'cells.nullTexts'),
  dateFormat: option('--date-format <column=format>', read.dateFormats, 'cells.dateFormats'),
  timezone: option('--timezone <zone>', text, 'cells.timeZone', asWritten),
  thousands: option('--thousands <char>', read.character, 'cells.thousands'),
  decimalComma: option('--decimal-comma', onOff, 'cells.decimalComma'),
  percent: option('--percent <column>', read.repeated(text), 'cells.percentColumns'),
  booleans: option('--booleans <true/false>', read.booleans, 'cells.booleans'),
})

const reactions = choice('stop', 'skip', 'quarantine', 'null')

const badRowOptions = optionGroup('Bad rows', {
  onError: {
    ...option('--on-error <what>', reactions, undefined, 'quarantine with --rejects, else stop'),
    fields: (onError: OnError | 'null') =>
      onError === 'null' ? { cells: { lenient: true } } : { rejects: { onError } },
  },
  maxErrors: option('--max-errors <n|n%>', read.limit, 'rejects.maxErrors', '100'),
  rejects: option('--rejects <file>', read.outputFile, 'rejects.file'),
})

const modes = choice('async', 'sync')
const noReceipts = 'async; sync if the server gives no receipts'
const batches = '100,000; DFS tables 1,000,000; functions, --follow, --rate-limit 10,000'
const { duration, size } = read

const deliveryOptions = optionGroup('Delivery', {
  mode: option('--mode <mode>', modes, 'delivery.mode', noReceipts),
  confirm: option('--confirm <how>', choice(...confirmations), 'delivery.confirm', 'auto'),
  confirmTimeout: option('--confirm-timeout <time>', duration, 'delivery.confirmTimeoutMs', '60s'),
  batchRows: option('-b, --batch-rows <n>', count(1), 'delivery.batchRows', batches),
  batchBytes: option('--batch-bytes <size>', size, 'delivery.batchBytes', '4Mi; DFS tables 32Mi'),
  flushInterval: option('--flush-interval <time>', duration, 'input.flushIntervalMs', '1s'),
  maxInFlight: option('--max-in-flight <size>', size, 'delivery.maxInFlightBytes', '32Mi'),
  connections: option('-j, --connections <n>', read.upTo64, 'delivery.connections', '1'),
  unordered: option('--unordered', onOff, 'delivery.unordered'),
  retries: option('--retries <n>', count(0), 'delivery.retries', '5'),
  retryTimeout: option('--retry-timeout <time>', duration, 'delivery.retryTimeoutMs', '5m'),
  onDoubt: option('--on-doubt <what>', choice('report', 'resend'), 'delivery.onDoubt', 'report'),
  rateLimit: option('--rate-limit <rate>', read.rate, 'delivery.rateLimit'),
})

/** The options of every command that connects to a server. */
export const serverOptions = optionGroup('Server', {
  host: {
    ...option('--host <host[:port],...>', read.hosts),
    default: '127.0.0.1',
    environment: ['DDB_HOST'],
  },
  user: { ...option('--user <name>', text, 'server.user'), environment: ['DDB_USER'] },
  passwordFile: { ...option('--password-file <file>', text), environment: ['DDB_PASSWORD_FILE'] },
  tls: option('--tls', onOff, 'server.tls'),
  caFile: option('--ca-file <file>', text, 'server.caFile'),
  tlsInsecure: option('--tls-insecure', onOff, 'server.tlsInsecure'),
  certFile: option('--cert-file <file>', text, 'server.certFile'),
  compress: option('--compress <how>', choice('auto', 'none', 'lz4'), 'server.compress', 'auto'),
  insecureLogin: option('--insecure-login', onOff, 'server.insecureLogin'),
  require: option('--require <what>', choice(...loginRequirements), 'server.require'),
  allowRedirect: option('--allow-redirect <host,...>', read.list, 'server.allowRedirect'),
})

export type ServerSettings = SettingsOf<typeof serverOptions>

const runOptions = optionGroup('Run', {
  runId: option('--run-id <id>', read.runId, 'runId'),
  stateDir: option('--state-dir <folder>', text, 'journal.folder', '$XDG_STATE_HOME/ddb-ingest'),
  restart: { ...option('--restart', onOff, 'journal.restart'), flagOnly: true },
  expectRows: option('--expect-rows <n>', read.rowsExpected, 'expectRows'),
  dryRun: { ...option('-n, --dry-run', onOff), flagOnly: true },
  metricsFile: option('--metrics-file <file>', read.outputFile),
  report: option('--report <file>', read.outputFile),
})

const outputOptions = optionGroup('Output', {
  quiet: option('-q, --quiet', onOff),
  trace: option('--trace <file>', read.outputFile),
  json: option('--json[=file]', read.jsonTo),
  noColor: { ...option('--no-color', onOff), flagOnly: true },
})

/** All options, in the order of the help. */
export const loadOptions = {
  ...targetOptions,
  ...inputOptions,
  ...mappingOptions,
  ...valueOptions,
  ...badRowOptions,
  ...deliveryOptions,
  ...serverOptions,
  ...runOptions,
  ...outputOptions,
}

/** Field → flag, for sentences and fixes of the library. */
export const fieldFlags: ReadonlyMap<string, string> = new Map([
  ...Object.values<OptionDefinition>(loadOptions).flatMap(one =>
    one.field === undefined ? [] : [[one.field, `--${one.name}`] as const],
  ),
  ['rejects.onError', '--on-error'],
  ['cells.lenient', '--on-error null'],
  // Of an audit.
  ['columns', '--columns'],
])

const { transform, partition } = targetOptions
const { limit: _limit, follow: _follow, ...readingOptions } = inputOptions
const { match, map, set, allowMissing } = mappingOptions
const { onError, maxErrors, rejects } = badRowOptions
const { onDoubt } = deliveryOptions
const { stateDir, restart, expectRows, metricsFile, report } = runOptions
const { trace, noColor } = outputOptions

const newTable = read.checked('a table name or dfs://DATABASE/TABLE', parseTableTarget)
const newTypes = read.checked('NAME:TYPE,…', schemaFromTypes)
const newName = 'a stream table named after the first file'

/** Options of `schema` that describe the new table. */
export const newTableOptions = optionGroup('Target', {
  key: option('--key <a,b>', read.list),
  newTypes: option('--types <name:TYPE,...>', newTypes),
  partition,
  sortColumns: option('--sort-columns <a,b>', read.list),
  keepDuplicates: option('--keep-duplicates <which>', choice('all', 'first', 'last')),
  engine: option('--engine <engine>', choice('OLAP', 'TSDB'), undefined, chosen),
  atomic: option('--atomic <level>', choice('trans', 'chunk')),
})

/** Options of `schema` that a printed `load` command must repeat. */
export const sharedOptions = { ...readingOptions, match, map, set, ...valueOptions }

const schemaOptions = {
  ...optionGroup('Target', {
    newTable: option('-t, --table <name>', newTable, undefined, newName),
  }),
  ...newTableOptions,
  ...sharedOptions,
  ...optionGroup('Input', {
    sampleFirst: option('--sample <n>', count(1), undefined, 'all of them'),
  }),
  ...optionGroup('Output', {
    output: {
      ...option('--output <format>', choice('table', 'types', 'json', 'create')),
      default: 'table',
    },
    createScript: { ...option('--create', onOff), flagOnly: true },
    outputJson: option('--json', read.jsonSwitch),
    noColor,
  }),
}

const own = "the run's own"
const { default: _default, ...host } = serverOptions.host

/** The server options of commands that go on with a run. Its journal provides the defaults. */
export const journaledServerOptions = noted({ ...serverOptions, host }, { host: own, user: own })

// A check sends nothing, so charts and metrics would be empty.
const { dryRun: _, report: _report, metricsFile: _file, ...optionsOfCheck } = loadOptions
const filesOfRun = { metricsFile, report, ...outputOptions }
const sample = optionGroup('Input', { sample: option('--sample <n>', count(1), undefined, 'all') })
const script = { ...option('-e, --script <script>', text), flagOnly: true }
const maxRows = option('--max-rows <n>', count(0), undefined, '100 on a terminal, else all')

const retryOptions = {
  ...{ transform, encoding: inputOptions.encoding, allowMissing, ...valueOptions },
  ...optionGroup('Bad rows', { retryOnError: { ...onError, reader: choice('null') } }),
  ...{ rejects, maxErrors, onDoubt },
}

const { create: _c, partition: _p, ...audited } = targetOptions
const { follow: _f, ...inputsOfAudit } = inputOptions

/** How an audit reads inputs: as `load` does. */
const auditedOptions = {
  ...{ ...audited, ...inputsOfAudit, ...mappingOptions, ...valueOptions },
  ...{ retryOnError: retryOptions.retryOnError, confirmTimeout: deliveryOptions.confirmTimeout },
}

const ofPrinting = optionGroup('Output', { printJson: option('--json', read.jsonSwitch), noColor })

/** Command → its options, in the order of the help. Commands may give one flag different meanings: a key names one meaning. */
export const commandOptions = {
  load: loadOptions,
  check: { ...optionsOfCheck, ...sample },
  schema: schemaOptions,
  resume: {
    ...noted({ rejects, onError, maxErrors, onDoubt }, { onError: own, maxErrors: own }),
    ...{ ...journaledServerOptions, stateDir, restart, ...filesOfRun },
  },
  runs: {
    ...optionGroup('Run', {
      clean: { ...option('--clean', onOff), flagOnly: true },
      files: { ...option('--files', onOff), flagOnly: true },
      stateDir,
    }),
    ...{ ...journaledServerOptions, ...ofPrinting },
  },
  retry: {
    ...noted(retryOptions, {
      ...{ transform: own, encoding: own, retryOnError: own, maxErrors: 'no limit' },
      rejects: 'a new file in the same folder',
    }),
    ...{ ...journaledServerOptions, stateDir, restart, expectRows, ...filesOfRun },
  },
  audit: {
    ...{ ...auditedOptions, ...noted(journaledServerOptions, { host: `127.0.0.1, or ${own}` }) },
    ...optionGroup('Run', {
      columns: option('--columns <a,b>', read.list),
      exact: { ...option('--exact', onOff), flagOnly: true },
      missing: option('--missing <file>', read.outputFile),
      certificate: option('--certificate <file>', read.outputFile),
      stateDir,
    }),
    ...outputOptions,
  },
  exec: {
    ...optionGroup('Run', { script }),
    ...optionGroup('Output', {
      resultOutput: {
        ...option('--output <format>', choice('table', 'csv', 'json')),
        default: 'table',
      },
      maxRows,
    }),
    ...serverOptions,
    ...optionGroup('Output', { trace, outputJson: schemaOptions.outputJson, noColor }),
  },
  serve: {
    ...optionGroup('Server', {
      listenHost: { ...option('--host <address>', text), default: '127.0.0.1' },
      listenPort: { ...option('--port <port>', read.listeningPort), default: '8848' },
      init: option('--init <file.dos>', text),
      requireLogin: option('--require-login', onOff),
      tlsCert: option('--tls-cert <file>', text),
      tlsKey: option('--tls-key <file>', text),
      allowOrigin: option('--allow-origin <origin,...>', read.list),
      newValuePartitions: {
        ...option('--new-value-partitions <what>', choice('add', 'skip', 'fail')),
        default: 'add',
      },
      serverVersion: option('--server-version <number>', text),
      as: option('--as <report>', text),
      setting: option('--setting <name=value>', read.pairs('NAME=VALUE')),
      fault: option('--fault <name[:n]>', text),
      discard: option('--discard', onOff),
    }),
    noColor,
  },
  demo: { noColor },
  bench: {
    ...optionGroup('Run', {
      requests: { ...option('--requests <n>', count(1)), default: '50000' },
      rows: { ...option('--rows <n>', count(1)), default: '100' },
    }),
    ...{ ...serverOptions, ...ofPrinting },
  },
  selftest: {
    ...optionGroup('Run', {
      timeLimit: { ...option('--time-limit <time>', duration), default: '60s' },
      secondUser: option('--second-user <name>', text),
      secondPasswordFile: option('--second-password-file <file>', text),
    }),
    ...optionGroup('Output', { issueText: option('--issue-text <file>', read.outputFile) }),
    ...{ ...serverOptions, trace, ...ofPrinting },
  },
  explain: { noColor },
  completion: { noColor },
}

export type CommandName = keyof typeof commandOptions

/** The settings that a command gets from its options. */
export type Settings<Name extends CommandName> = SettingsOf<(typeof commandOptions)[Name]>

/** The settings that all commands with a run have. */
export type RunSettings = SettingsOf<typeof filesOfRun> & Pick<Settings<'load'>, 'stateDir'>
