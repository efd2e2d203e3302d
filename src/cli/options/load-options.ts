/*
  The options of `load`: target, delivery and run here, those about its input beside.
*/
import { checkFunctionName, parseMethod, parseTableTarget } from '../../load/target.js'
import { badRowOptions, inputOptions, mappingOptions, valueOptions } from './load-input-options.js'
import type {
  DeliverySettings,
  LoadSettings,
  LogSettings,
  RunSettings,
  TargetSettings,
} from './load-settings.js'
import {
  commonOptions,
  jsonOptions,
  progressOptions,
  serverOptions,
  type OptionTable,
} from './definition.js'
import {
  choice,
  count,
  duration,
  json,
  list,
  named,
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
    help: 'give a silent server up after this long without progress',
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
    help: 'bytes sent and not confirmed',
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
    help: 'how often a batch is sent again; 0 also opens no lost connection',
    reader: count(0),
    defaultNote: '5',
  },
  retryTimeout: {
    flags: '--retry-timeout <time>',
    group: 'Delivery',
    help: 'how long a lost connection is tried to be opened again',
    reader: duration,
    defaultNote: '5m',
  },
  onDoubt: {
    flags: '--on-doubt <what>',
    group: 'Delivery',
    help: 'report or resend uncertain batches',
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
