/* The one table of options: flag, reader, field of LoadOptions and default. The options of every command are taken from it. */
import { loginRequirements } from '../../client/login/protection.js'
import { confirmations, type OnError } from '../../load/options.js'
import { checkFunctionName, parseMethod, parseTableTarget } from '../../load/target/target.js'
import { inputFormats } from '../../parse/formats.js'
import { schemaFromTypes } from '../../schema/target-schema.js'
import { compressions } from '../../source/byte-source.js'
import { option, optionGroup, type OptionDefinition, type SettingsOf } from './definition.js'
import * as read from './readers.js'

const { choice, count, duration, onOff, size, text } = read

const functionArgs = read.repeated(read.json)
const proposals = choice('table', 'types', 'json', 'create')
const results = choice('table', 'csv', 'json')
const reactions = choice('add', 'skip', 'fail')
const tableName = read.checked('a table name or dfs://DATABASE/TABLE', parseTableTarget)
const functionName = read.checked('the name of a function view', checkFunctionName)
const method = read.single('insert, append or upsert', parseMethod, {
  choices: ['insert', 'append', 'upsert'],
})

const targetOptions = optionGroup('Target', {
  table: option('-t, --table <name>', tableName, 'target.table'),
  create: option('--create <kind>', choice('stream', 'dfs'), 'target.create'),
  partition: option('--partition <scheme>', text, 'target.partition'),
  method: option('--method <method>', method, 'target.method'),
  keyColumns: option('--key-columns <a,b>', read.list, 'target.keyColumns'),
  function: option('--function <name>', functionName, 'target.function'),
  functionArg: option('--function-arg <json>', functionArgs, 'target.functionArguments'),
  transform: option('--transform <function>', read.transform, 'target.transform'),
  types: option('--types <name:TYPE,...>', text, 'target.types'),
  confirmTable: option('--confirm-table <name>', tableName, 'target.confirmTable'),
  mayDrop: option('--may-drop', onOff, 'target.mayDrop'),
})

const inputOptions = optionGroup('Input', {
  format: option('-f, --format <format>', choice('auto', ...inputFormats), 'input.format'),
  filesFrom: option('--files-from <file>', text),
  include: option('--include <glob>', read.repeated(text), 'input.include'),
  path: option('--path <pattern>', text, 'input.path'),
  follow: option('--follow', onOff, 'input.follow'),
  compression: option('--compression <kind>', choice('auto', ...compressions), 'input.compression'),
  encoding: option('--encoding <name>', read.encoding, 'input.encoding'),
  delimiter: option('-d, --delimiter <text>', read.delimiter, 'input.delimiter'),
  quote: option('--quote <char>', read.characterOrNone, 'input.quote'),
  escape: option('--escape <char>', read.character, 'input.escape'),
  comment: option('--comment <text>', read.lineStart, 'input.comment'),
  header: option('--header <when>', choice('auto', 'yes', 'no'), 'input.header'),
  ragged: option('--ragged <what>', choice('reject', 'pad', 'cut'), 'input.ragged'),
  trim: option('--trim', onOff, 'input.trim'),
  quotes: option('--quotes <how>', choice('strict', 'lax', 'excel'), 'input.quotes'),
  maxRecordBytes: option('--max-record-bytes <size>', read.recordSize, 'input.maxRecordBytes'),
  skipLines: option('--skip-lines <n>', count(0), 'input.skipLines'),
  limit: option('--limit <n>', count(0), 'input.limit'),
  jsonPath: option('--json-path <path>', text, 'input.jsonPath'),
  arrayDelimiter: option('--array-delimiter <char>', read.character, 'input.arrayDelimiter'),
})

const mappingOptions = optionGroup('Mapping', {
  match: option('--match <how>', choice('name', 'position'), 'mapping.match'),
  map: option('-m, --map <target=source>', read.pairs('TARGET=SOURCE'), 'mapping.map'),
  set: option('--set <target=value>', read.pairs('TARGET=VALUE'), 'mapping.set'),
  ignoreExtra: option('--ignore-extra', onOff, 'mapping.ignoreExtra'),
  allowMissing: option('--allow-missing', onOff, 'mapping.allowMissing'),
})

export const valueOptions = optionGroup('Values', {
  null: option('--null <text>', read.repeated(read.anyText), 'cells.nullTexts'),
  dateFormat: option('--date-format <column=format>', read.dateFormats, 'cells.dateFormats'),
  timezone: option('--timezone <zone>', text, 'cells.timeZone'),
  thousands: option('--thousands <char>', read.character, 'cells.thousands'),
  decimalComma: option('--decimal-comma', onOff, 'cells.decimalComma'),
  percent: option('--percent <column>', read.repeated(text), 'cells.percentColumns'),
  booleans: option('--booleans <true/false>', read.booleans, 'cells.booleans'),
})

const badRowOptions = optionGroup('Bad rows', {
  onError: {
    ...option('--on-error <what>', choice('stop', 'skip', 'quarantine', 'null')),
    fields: (onError: OnError | 'null') =>
      onError === 'null' ? { cells: { lenient: true } } : { rejects: { onError } },
  },
  maxErrors: option('--max-errors <n|n%>', read.limit, 'rejects.maxErrors'),
  rejects: option('--rejects <file>', read.outputFile, 'rejects.file'),
})

const deliveryOptions = optionGroup('Delivery', {
  mode: option('--mode <mode>', choice('async', 'sync'), 'delivery.mode'),
  confirm: option('--confirm <how>', choice(...confirmations), 'delivery.confirm'),
  confirmTimeout: option('--confirm-timeout <time>', duration, 'delivery.confirmTimeoutMs'),
  batchRows: option('-b, --batch-rows <n>', count(1), 'delivery.batchRows'),
  batchBytes: option('--batch-bytes <size>', size, 'delivery.batchBytes'),
  flushInterval: option('--flush-interval <time>', duration, 'input.flushIntervalMs'),
  maxInFlight: option('--max-in-flight <size>', size, 'delivery.maxInFlightBytes'),
  connections: option('-j, --connections <n>', read.upTo64, 'delivery.connections'),
  unordered: option('--unordered', onOff, 'delivery.unordered'),
  retries: option('--retries <n>', count(0), 'delivery.retries'),
  retryTimeout: option('--retry-timeout <time>', duration, 'delivery.retryTimeoutMs'),
  onDoubt: option('--on-doubt <what>', choice('report', 'resend'), 'delivery.onDoubt'),
  rateLimit: option('--rate-limit <rate>', read.rate, 'delivery.rateLimit'),
})

export const serverOptions = optionGroup('Server', {
  host: {
    ...option('--host <host[:port],...>', read.hosts),
    // Other hosts are tried if the first one cannot be reached.
    fields: ([first, ...otherHosts]: read.Hosts) => ({ server: { ...first, otherHosts } }),
    ...{ default: '127.0.0.1', environment: ['DDB_HOST'] },
  },
  user: { ...option('--user <name>', read.userName, 'server.user'), environment: ['DDB_USER'] },
  passwordFile: { ...option('--password-file <file>', text), environment: ['DDB_PASSWORD_FILE'] },
  tls: option('--tls', onOff, 'server.tls'),
  caFile: option('--ca-file <file>', text, 'server.caFile'),
  tlsInsecure: option('--tls-insecure', onOff, 'server.tlsInsecure'),
  certFile: option('--cert-file <file>', text, 'server.certFile'),
  compress: option('--compress <how>', choice('auto', 'none', 'lz4'), 'server.compress'),
  insecureLogin: option('--insecure-login', onOff, 'server.insecureLogin'),
  require: option('--require <what>', choice(...loginRequirements), 'server.require'),
  allowRedirect: option('--allow-redirect <host,...>', read.list, 'server.allowRedirect'),
})

const runOptions = optionGroup('Run', {
  runId: option('--run-id <id>', read.runId, 'runId'),
  shard: option('--shard <i/n>', read.shard, 'shard'),
  stateDir: option('--state-dir <folder>', text, 'journal.folder'),
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
  ['exact', '--exact'],
  ['missing', '--missing'],
])

/** All options of clients; a key names one meaning of a flag. */
const clientOptions = {
  ...loadOptions,
  ...optionGroup('Target', {
    newTable: option('-t, --table <name>', tableName),
    key: option('--key <a,b>', read.list),
    newTypes: option('--types <name:TYPE,...>', read.checked('NAME:TYPE,…', schemaFromTypes)),
    sortColumns: option('--sort-columns <a,b>', read.list),
    keepDuplicates: option('--keep-duplicates <which>', choice('all', 'first', 'last')),
    engine: option('--engine <engine>', choice('OLAP', 'TSDB')),
    atomic: option('--atomic <level>', choice('trans', 'chunk')),
  }),
  ...optionGroup('Input', {
    sample: option('--sample <n>', count(1)),
    sampleFirst: option('--sample <n>', count(1)),
  }),
  ...optionGroup('Bad rows', {
    retryOnError: { ...badRowOptions.onError, reader: choice('null') },
  }),
  ...optionGroup('Run', {
    clean: { ...option('--clean', onOff), flagOnly: true },
    files: { ...option('--files', onOff), flagOnly: true },
    columns: option('--columns <a,b>', read.list),
    exact: { ...option('--exact', onOff), flagOnly: true },
    missing: option('--missing <file>', read.outputFile),
    certificate: option('--certificate <file>', read.outputFile),
    script: { ...option('-e, --script <script>', text), flagOnly: true },
    requests: { ...option('--requests <n>', count(1)), default: '50000' },
    rows: { ...option('--rows <n>', count(1)), default: '100' },
    timeLimit: { ...option('--time-limit <time>', duration), default: '60s' },
  }),
  ...optionGroup('Output', {
    output: { ...option('--output <format>', proposals), default: 'table' },
    createScript: { ...option('--create', onOff), flagOnly: true },
    resultOutput: { ...option('--output <format>', results), default: 'table' },
    maxRows: option('--max-rows <n>', count(0)),
    issueText: option('--issue-text <file>', read.outputFile),
    printJson: option('--json', read.jsonSwitch),
  }),
}

/** A port in the environment of a load is not for the embedded server. */
const embeddedOptions = optionGroup(
  'Server',
  {
    listenHost: { ...option('--host <address>', text), default: '127.0.0.1' },
    listenPort: { ...option('--port <port>', read.listeningPort), default: '8848' },
    init: option('--init <file.dos>', text),
    requireLogin: option('--require-login', onOff),
    tlsCert: option('--tls-cert <file>', text),
    tlsKey: option('--tls-key <file>', text),
    allowOrigin: option('--allow-origin <origin,...>', read.list),
    newValuePartitions: { ...option('--new-value-partitions <what>', reactions), default: 'add' },
    serverVersion: option('--server-version <number>', text),
    as: option('--as <report>', text),
    setting: option('--setting <name=value>', read.pairs('NAME=VALUE')),
    fault: option('--fault <name[:n]>', text),
    discard: option('--discard', onOff),
  },
  'DDB_INGEST_SERVE_',
)

type ClientOptions = typeof clientOptions

function pick<Key extends keyof ClientOptions>(...keys: Key[]): Pick<ClientOptions, Key> {
  const picked = keys.map(key => [key, clientOptions[key]])
  return Object.fromEntries(picked) as Pick<ClientOptions, Key>
}

function omit<Table extends object, Key extends keyof Table>(
  table: Table,
  ...keys: Key[]
): Omit<Table, Key> {
  const left = Object.entries(table).filter(([key]) => !keys.includes(key as Key))
  return Object.fromEntries(left) as Omit<Table, Key>
}

/** The server options of commands that go on with a run. Its journal provides the defaults. */
export const journaledServerOptions = {
  ...serverOptions,
  host: omit(serverOptions.host, 'default'),
}

/** Of commands that go on with a run: what the environment sets is for new runs, and must not change this one. */
function withoutVariables<Table extends Readonly<Record<string, OptionDefinition>>>(
  table: Table,
): Table {
  const all = Object.entries(table).map(([key, one]) => [key, { ...one, environment: [] }])
  return Object.fromEntries(all) as Table
}

/** Options that say what files to audit have, and where their rows should be. A run has its own. */
export const ofAuditedFiles = {
  ...omit(targetOptions, 'create', 'partition', 'confirmTable'),
  ...{ ...omit(inputOptions, 'follow'), ...mappingOptions, ...valueOptions },
  ...pick('confirmTimeout'),
  // A variable for loads may have any of their values.
  retryOnError: { ...clientOptions.retryOnError, reader: badRowOptions.onError.reader },
}

const filesOfRun = { ...pick('metricsFile', 'report'), ...outputOptions }
const printing = pick('printJson', 'noColor')

/** Command → its options, in the order of the help. */
export const commandOptions = {
  load: loadOptions,
  // A check sends nothing, so charts and metrics would be empty.
  check: { ...omit(loadOptions, 'dryRun', 'shard', 'report', 'metricsFile'), ...pick('sample') },
  schema: {
    ...pick('newTable', 'key', 'newTypes', 'partition', 'sortColumns', 'keepDuplicates'),
    ...{ ...pick('engine', 'atomic'), ...omit(inputOptions, 'follow', 'limit') },
    ...{ ...pick('match', 'map', 'set'), ...valueOptions, ...pick('sampleFirst') },
    ...{ ...pick('output', 'createScript'), ...printing },
  },
  resume: {
    ...withoutVariables(pick('rejects', 'onError', 'maxErrors', 'onDoubt')),
    ...{ ...journaledServerOptions, ...pick('stateDir', 'restart'), ...filesOfRun },
  },
  runs: { ...pick('clean', 'files', 'stateDir'), ...journaledServerOptions, ...printing },
  retry: {
    ...withoutVariables({
      ...{ ...pick('transform', 'encoding', 'allowMissing'), ...valueOptions },
      ...pick('retryOnError', 'rejects', 'maxErrors', 'onDoubt', 'expectRows'),
    }),
    ...{ ...journaledServerOptions, ...pick('stateDir', 'restart'), ...filesOfRun },
  },
  audit: {
    ...{
      ...omit(targetOptions, 'create', 'partition'),
      ...ofAuditedFiles,
      ...journaledServerOptions,
    },
    ...pick('columns', 'exact', 'missing', 'certificate'),
    ...{ ...pick('shard', 'stateDir'), ...outputOptions },
  },
  exec: {
    ...{ ...pick('script', 'resultOutput', 'maxRows'), ...serverOptions },
    ...{ ...pick('trace'), ...printing },
  },
  serve: { ...embeddedOptions, ...pick('noColor') },
  demo: pick('noColor'),
  bench: { ...pick('requests', 'rows'), ...serverOptions, ...printing },
  selftest: {
    ...pick('timeLimit', 'issueText'),
    ...{ ...serverOptions, ...pick('trace'), ...printing },
  },
  explain: pick('noColor'),
  completion: pick('noColor'),
}

export type CommandName = keyof typeof commandOptions

export type Settings<Name extends CommandName> = SettingsOf<(typeof commandOptions)[Name]>

/** The settings that all commands with a run have. */
export type RunSettings = SettingsOf<typeof filesOfRun> & Pick<Settings<'load'>, 'stateDir'>
