/*
  The options of `load`.
*/
import { checkFunctionName, parseMethod, parseTableTarget } from '../load/target.js'
import type {
  BadRowSettings,
  DeliverySettings,
  InputSettings,
  LoadSettings,
  LogSettings,
  MappingSettings,
  RunSettings,
  TargetSettings,
  ValueSettings,
} from './load-settings.js'
import {
  commonOptions,
  jsonOptions,
  progressOptions,
  serverOptions,
  type OptionTable,
} from './option-table.js'
import {
  anyText,
  character,
  characterOrNone,
  choice,
  count,
  delimiter,
  duration,
  json,
  limit,
  list,
  named,
  onOff,
  pairs,
  rate,
  repeated,
  runId,
  size,
  text,
} from './values.js'

/** The name as given, once it is known to be one. */
function checked(
  expected: string,
  check: (name: string) => unknown,
): ReturnType<typeof named<string>> {
  return named(expected, name => {
    check(name)
    return name
  })
}

const tableName = checked('a table name or dfs://DATABASE/TABLE', parseTableTarget)

const targetOptions: OptionTable<TargetSettings> = {
  table: {
    flags: '-t, --table <name>',
    group: 'Target',
    help: 'shared table, or dfs://DATABASE/TABLE',
    reader: tableName,
  },
  method: {
    flags: '--method <method>',
    group: 'Target',
    help: 'insert, append or upsert',
    reader: named('insert, append or upsert', parseMethod),
    defaultNote: 'insert',
  },
  keyColumns: {
    flags: '--key-columns <a,b>',
    group: 'Target',
    help: 'columns that make a row unique, for upsert',
    reader: list,
  },
  function: {
    flags: '--function <name>',
    group: 'Target',
    help: 'function view to call; the batch is its last argument',
    reader: checked('the name of a function view', checkFunctionName),
  },
  functionArg: {
    flags: '--function-arg <json>',
    group: 'Target',
    help: 'bound before the batch; repeatable',
    reader: repeated(json),
  },
  types: {
    flags: '--types <name:TYPE,...>',
    group: 'Target',
    help: 'columns sent to the function, in this order',
    reader: text,
  },
  typesFrom: {
    flags: '--types-from <table>',
    group: 'Target',
    help: "take this table's columns instead",
    reader: tableName,
  },
  confirmTable: {
    flags: '--confirm-table <name>',
    group: 'Target',
    help: 'table whose rows are counted behind a function',
    reader: tableName,
  },
}

const inputOptions: OptionTable<InputSettings> = {
  format: {
    flags: '-f, --format <format>',
    group: 'Input',
    help: 'auto, csv, tsv, ndjson or json',
    reader: choice('auto', 'csv', 'tsv', 'ndjson', 'json'),
    default: 'auto',
  },
  compression: {
    flags: '--compression <kind>',
    group: 'Input',
    help: 'auto, none or gzip',
    reader: choice('auto', 'none', 'gzip'),
    default: 'auto',
  },
  delimiter: {
    flags: '-d, --delimiter <text>',
    group: 'Input',
    help: 'between fields; \\t is a tab',
    reader: delimiter,
    defaultNote: 'found in the first lines',
  },
  quote: {
    flags: '--quote <char>',
    group: 'Input',
    help: "around fields; '' for none",
    reader: characterOrNone,
    defaultNote: '"',
  },
  escape: {
    flags: '--escape <char>',
    group: 'Input',
    help: 'before a quote inside a field',
    reader: character,
    defaultNote: 'the quote itself',
  },
  comment: {
    flags: '--comment <char>',
    group: 'Input',
    help: 'lines that start with it are left out',
    reader: character,
  },
  header: {
    flags: '--header <when>',
    group: 'Input',
    help: 'auto, yes or no',
    reader: choice('auto', 'yes', 'no'),
    default: 'auto',
  },
  skipLines: {
    flags: '--skip-lines <n>',
    group: 'Input',
    help: 'lines to leave out before anything is read',
    reader: count(0),
  },
  limit: {
    flags: '--limit <n>',
    group: 'Input',
    help: 'read no more than n records',
    reader: count(0),
  },
  arrayDelimiter: {
    flags: '--array-delimiter <char>',
    group: 'Input',
    help: 'between the elements of an array column',
    reader: character,
  },
}

const mappingOptions: OptionTable<MappingSettings> = {
  match: {
    flags: '--match <how>',
    group: 'Mapping',
    help: 'columns by name or by position',
    reader: choice('name', 'position'),
    defaultNote: 'name when there is a header',
  },
  map: {
    flags: '-m, --map <target=source>',
    group: 'Mapping',
    help: 'input column for a target column; repeatable',
    reader: pairs('TARGET=SOURCE'),
  },
  set: {
    flags: '--set <target=value>',
    group: 'Mapping',
    help: 'the same value in every row; repeatable',
    reader: pairs('TARGET=VALUE'),
  },
  ignoreExtra: {
    flags: '--ignore-extra',
    group: 'Mapping',
    help: 'leave out input columns the target lacks',
    reader: onOff,
  },
  allowMissing: {
    flags: '--allow-missing',
    group: 'Mapping',
    help: 'target columns without input become null',
    reader: onOff,
  },
}

const valueOptions: OptionTable<ValueSettings> = {
  null: {
    flags: '--null <text>',
    group: 'Values',
    help: 'means null, as an empty field does; repeatable',
    reader: repeated(anyText),
  },
  dateFormat: {
    flags: '--date-format <column=format>',
    group: 'Values',
    help: "DolphinDB's symbols, or epoch:s|ms|us|ns; repeatable",
    reader: pairs('COLUMN=FORMAT'),
  },
  lenient: {
    flags: '--lenient',
    group: 'Values',
    help: 'a bad cell becomes null and is counted',
    reader: onOff,
  },
}

const badRowOptions: OptionTable<BadRowSettings> = {
  onError: {
    flags: '--on-error <what>',
    group: 'Bad rows',
    help: 'stop, skip or quarantine',
    reader: choice('stop', 'skip', 'quarantine'),
    defaultNote: 'quarantine with --rejects, else stop',
  },
  maxErrors: {
    flags: '--max-errors <n|n%>',
    group: 'Bad rows',
    help: 'stop when more rows are rejected',
    reader: limit,
    default: '100',
  },
  rejects: {
    flags: '--rejects <file>',
    group: 'Bad rows',
    help: 'takes rejected rows byte for byte, loadable again',
    reader: text,
  },
}

const deliveryOptions: OptionTable<DeliverySettings> = {
  mode: {
    flags: '--mode <mode>',
    group: 'Delivery',
    help: 'async or sync',
    reader: choice('async', 'sync'),
    default: 'async',
  },
  confirm: {
    flags: '--confirm <how>',
    group: 'Delivery',
    help: 'auto, none, count or receipts: how rows are known to have landed',
    reader: choice('auto', 'none', 'count', 'receipts'),
    default: 'auto',
  },
  confirmTimeout: {
    flags: '--confirm-timeout <time>',
    group: 'Delivery',
    help: 'stop asking after this long without progress',
    reader: duration,
    default: '60s',
  },
  batchRows: {
    flags: '-b, --batch-rows <n>',
    group: 'Delivery',
    help: 'rows a request',
    reader: count(1),
    defaultNote: '10,000; DFS tables by bytes',
  },
  batchBytes: {
    flags: '--batch-bytes <size>',
    group: 'Delivery',
    help: 'bytes a request',
    reader: size,
    defaultNote: '4Mi; DFS tables 32Mi',
  },
  flushInterval: {
    flags: '--flush-interval <time>',
    group: 'Delivery',
    help: 'send what standard input gave after this long',
    reader: duration,
    default: '1s',
  },
  maxInFlight: {
    flags: '--max-in-flight <size>',
    group: 'Delivery',
    help: 'bytes sent whose fate is open',
    reader: size,
    defaultNote: '32Mi',
  },
  connections: {
    flags: '-j, --connections <n>',
    group: 'Delivery',
    help: 'sessions that send data',
    reader: count(1),
    defaultNote: '1',
  },
  retries: {
    flags: '--retries <n>',
    group: 'Delivery',
    help: 'how often a lost connection or batch is tried again',
    reader: count(0),
    defaultNote: '5',
  },
  retryTimeout: {
    flags: '--retry-timeout <time>',
    group: 'Delivery',
    help: 'stop trying again after this long',
    reader: duration,
    defaultNote: '5m',
  },
  onDoubt: {
    flags: '--on-doubt <what>',
    group: 'Delivery',
    help: 'report or resend batches of unknown fate',
    reader: choice('report', 'resend'),
    defaultNote: 'report',
  },
  rateLimit: {
    flags: '--rate-limit <rate>',
    group: 'Delivery',
    help: '50MB/s or 200krows/s',
    reader: rate,
  },
}

const runOptions: OptionTable<RunSettings> = {
  runId: { flags: '--run-id <id>', group: 'Run', help: 'name of this run', reader: runId },
  expectRows: {
    flags: '--expect-rows <n>',
    group: 'Run',
    help: 'exit code 5 unless exactly n rows are confirmed',
    reader: count(0),
  },
  summary: {
    flags: '--summary <file>',
    group: 'Run',
    help: 'write the JSON object of --json here as well',
    reader: text,
  },
  metricsFile: {
    flags: '--metrics-file <file>',
    group: 'Run',
    help: "write the run's figures here for Prometheus",
    reader: text,
  },
  lock: {
    flags: '--lock <name>',
    group: 'Run',
    help: 'end with 75 while another run holds the lock of this name',
    reader: runId,
  },
}

const logOptions: OptionTable<LogSettings> = {
  logFormat: {
    flags: '--log-format <format>',
    group: 'Output',
    help: 'text or json: one object a line on standard error',
    reader: choice('text', 'json'),
    default: 'text',
  },
}

/** Every option of `load`, in the order of its help. */
export const loadOptions: OptionTable<LoadSettings> = {
  ...targetOptions,
  ...inputOptions,
  ...mappingOptions,
  ...valueOptions,
  ...badRowOptions,
  ...deliveryOptions,
  ...serverOptions,
  ...runOptions,
  ...progressOptions,
  ...logOptions,
  ...jsonOptions,
  ...commonOptions,
}
