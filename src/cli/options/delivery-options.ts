/*
  The options of `load` about the target, about sending and confirming rows, and about one run and its reports.
*/
import { type Confirmation, confirmations } from '../../load/transport/confirmations.js'
import { checkFunctionName, parseMethod, parseTableTarget } from '../../load/target/target.js'
import { readTransform } from '../files/transform-text.js'
import { optionGroup } from './reading/definition.js'
import {
  autoTo64,
  batchRows,
  choice,
  count,
  duration,
  json,
  list,
  metricLabels,
  named,
  onOff,
  rate,
  repeated,
  runId,
  size,
  text,
} from './reading/readers.js'
import { readShard } from './shard.js'

const confirmation = choice(...(Object.keys(confirmations) as Confirmation[]))

/** Returns the name unchanged if it is valid. */
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

export const targetOptions = optionGroup('Target', {
  table: {
    flags: '-t, --table <name>',
    help: 'shared table, or dfs://DATABASE/TABLE',
    reader: tableName,
    field: 'target.table',
  },
  create: {
    flags: '--create <kind>',
    help: 'create a missing table: stream or dfs',
    reader: choice('stream', 'dfs'),
    field: 'target.create',
  },
  partition: {
    flags: '--partition <scheme>',
    help: "with --create dfs: 'date,hash(symbol,10)', value(…), range(…)",
    reader: text,
    defaultNote: 'the program chooses, and says why',
    field: 'target.partition',
  },
  sortColumns: {
    flags: '--sort-columns <a,b>',
    help: 'with --create dfs: sort columns of a TSDB table',
    reader: list,
    field: 'target.sortColumns',
  },
  keepDuplicates: {
    flags: '--keep-duplicates <which>',
    help: 'with --create dfs: all, first or last of rows with equal sort columns',
    reader: choice('all', 'first', 'last'),
    field: 'target.keepDuplicates',
  },
  engine: {
    flags: '--engine <engine>',
    help: 'with --create dfs: OLAP or TSDB',
    reader: choice('OLAP', 'TSDB'),
    defaultNote: 'the program chooses, and says why',
    field: 'target.engine',
  },
  atomic: {
    flags: '--atomic <level>',
    help: 'with --create dfs: trans or chunk',
    reader: choice('trans', 'chunk'),
    field: 'target.atomic',
  },
  addColumns: {
    flags: '--add-columns',
    help: 'add columns of the input that the table lacks; the script is printed first',
    reader: onOff,
    field: 'target.addColumns',
  },
  method: {
    flags: '--method <method>',
    help: 'insert, append or upsert',
    reader: named('insert, append or upsert', parseMethod, ['insert', 'append', 'upsert']),
    defaultNote: 'insert',
    field: 'target.method',
  },
  keyColumns: {
    flags: '--key-columns <a,b>',
    help: 'columns that make a row unique, for upsert and --verify',
    reader: list,
    field: 'target.keyColumns',
  },
  function: {
    flags: '--function <name>',
    help: 'function view to call; the batch is its last argument',
    reader: checked('the name of a function view', checkFunctionName),
    field: 'target.function',
  },
  functionArg: {
    flags: '--function-arg <json>',
    help: 'argument before the batch; repeatable',
    reader: repeated(json),
    field: 'target.functionArguments',
  },
  transform: {
    flags: '--transform <function>',
    help: "DolphinDB function, 'def(t){ … }' or @FILE: its result for each batch is written",
    reader: named('a function of a table, or @FILE', readTransform),
    field: 'target.transform',
  },
  types: {
    flags: '--types <name:TYPE,...>',
    help: 'columns sent to the function or transform, in this order; with --create: types of these columns',
    reader: text,
    field: 'target.types',
  },
  typesFrom: {
    flags: '--types-from <table>',
    help: "take this table's columns instead",
    reader: tableName,
    field: 'target.typesFrom',
  },
  confirmTable: {
    flags: '--confirm-table <name>',
    help: 'table to count when rows go to a function',
    reader: tableName,
    field: 'target.confirmTable',
  },
})

/** Times in milliseconds, sizes in bytes. */
export const deliveryOptions = optionGroup('Delivery', {
  mode: {
    flags: '--mode <mode>',
    help: 'async or sync',
    reader: choice('async', 'sync'),
    defaultNote: 'async',
    field: 'delivery.mode',
  },
  confirm: {
    flags: '--confirm <how>',
    help: `${confirmation.expected}: how to confirm that rows landed`,
    reader: confirmation,
    defaultNote: 'auto',
    field: 'delivery.confirm',
  },
  confirmTimeout: {
    flags: '--confirm-timeout <time>',
    help: 'give up if the server makes no progress for this long',
    reader: duration,
    defaultNote: '60s',
    field: 'delivery.confirmTimeoutMs',
  },
  batchRows: {
    flags: '-b, --batch-rows <n>',
    help: 'rows per request: auto, or a number',
    reader: batchRows,
    defaultNote: 'auto: 10,000 at first, DFS tables by bytes',
    field: 'delivery.batchRows',
  },
  batchBytes: {
    flags: '--batch-bytes <size>',
    help: 'bytes per request',
    reader: size,
    defaultNote: '4Mi; DFS tables 32Mi',
    field: 'delivery.batchBytes',
  },
  flushInterval: {
    flags: '--flush-interval <time>',
    help: 'send rows of stdin or --follow after at most this long',
    reader: duration,
    defaultNote: '1s',
    field: 'input.flushIntervalMs',
  },
  maxInFlight: {
    flags: '--max-in-flight <size>',
    help: 'most bytes sent but not yet confirmed',
    reader: size,
    defaultNote: '32Mi',
    field: 'delivery.maxInFlightBytes',
  },
  connections: {
    flags: '-j, --connections <n>',
    help: 'sessions that send data: auto, or 1 to 64; several need --unordered unless the table has partitions',
    reader: autoTo64,
    defaultNote: '1',
    field: 'delivery.connections',
  },
  unordered: {
    flags: '--unordered',
    help: 'rows may arrive in a different order than they were read',
    reader: onOff,
    field: 'delivery.unordered',
  },
  retries: {
    flags: '--retries <n>',
    help: 'retries per batch; 0 also disables reconnecting',
    reader: count(0),
    defaultNote: '5',
    field: 'delivery.retries',
  },
  retryTimeout: {
    flags: '--retry-timeout <time>',
    help: 'how long to keep reconnecting',
    reader: duration,
    defaultNote: '5m',
    field: 'delivery.retryTimeoutMs',
  },
  onDoubt: {
    flags: '--on-doubt <what>',
    help: 'report or resend uncertain batches',
    reader: choice('report', 'resend'),
    defaultNote: 'report',
    field: 'delivery.onDoubt',
  },
  verify: {
    flags: '--verify <how>',
    help: 'sample or all: read rows back and compare them',
    reader: choice('sample', 'all'),
    field: 'delivery.verify',
  },
  rateLimit: {
    flags: '--rate-limit <rate>',
    help: 'highest rate of sending, such as 50MB/s or 200krows/s',
    reader: rate,
    field: 'delivery.rateLimit',
  },
})

export const runOptions = optionGroup('Run', {
  runId: {
    flags: '--run-id <id>',
    help: 'name of this run, which then keeps a journal and can be resumed',
    reader: runId,
    field: 'runId',
  },
  plan: {
    flags: '--plan <file>',
    help: "load what this file of 'ddb-ingest plan' lists, together with other processes",
    reader: text,
    flagOnly: true,
  },
  shard: {
    flags: '--shard <i/n>',
    help: "share of a plan: I/N; auto or auto/N takes it from the scheduler's variables",
    reader: named('I/N, auto or auto/N', readShard),
    defaultNote: '1/1',
  },
  stateDir: {
    flags: '--state-dir <folder>',
    help: 'folder of the journals',
    reader: text,
    defaultNote: '$XDG_STATE_HOME/ddb-ingest',
    field: 'journal.folder',
  },
  restart: {
    flags: '--restart',
    help: 'start the run over, whatever its journal says',
    reader: onOff,
    flagOnly: true,
    field: 'journal.restart',
  },
  changed: {
    flags: '--changed',
    help: 'read files again if they changed after the run read them; for targets that replace rows by key',
    reader: onOff,
    field: 'journal.changed',
  },
  expectRows: {
    flags: '--expect-rows <n>',
    help: 'exit code 5 unless exactly n rows are confirmed',
    reader: count(0),
    field: 'expectRows',
  },
  minRows: {
    flags: '--min-rows <n>',
    help: 'exit code 5 unless at least n rows are confirmed',
    reader: count(0),
    field: 'minRows',
  },
  expectUnique: {
    flags: '--expect-unique',
    help: 'exit code 5 if the target already had the key of a row',
    reader: onOff,
    field: 'expectUnique',
  },
  expectTypes: {
    flags: '--expect-types <name:TYPE,...>',
    help: 'exit code 5 before the first row unless the target has these columns',
    reader: text,
    field: 'expectTypes',
  },
  dryRun: {
    flags: '-n, --dry-run',
    help: "write nothing, and say what would happen, like 'check'",
    reader: onOff,
    flagOnly: true,
  },
  summary: {
    flags: '--summary <file>',
    help: 'write the JSON object of --json here as well',
    reader: text,
  },
  summaryInputs: {
    flags: '--summary-inputs <which>',
    help: 'with more than 100 inputs, --json lists all of them, or (wrong) only those with problems',
    reader: choice('wrong', 'all'),
    default: 'wrong',
  },
  metricsFile: {
    flags: '--metrics-file <file>',
    help: "write the run's figures here for Prometheus",
    reader: text,
  },
  label: {
    flags: '--label <name=value>',
    help: 'a label of every metric in --metrics-file; repeatable',
    reader: metricLabels,
  },
  report: {
    flags: '--report <file>',
    help: 'write a page with charts here, for a browser',
    reader: text,
  },
  lock: {
    flags: '--lock <name>',
    help: 'end with 75 while another run holds the lock of this name',
    reader: runId,
  },
})
