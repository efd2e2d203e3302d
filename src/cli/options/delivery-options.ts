/*
  The options of `load` about the target, about sending and confirming rows, and about one run and its reports.
*/
import { confirmations } from '../../load/transport/confirmations.js'
import { checkFunctionName, parseMethod, parseTableTarget } from '../../load/target/target.js'
import { readTransform } from '../files/transform-text.js'
import { optionGroup } from './reading/definition.js'
import {
  choice,
  count,
  duration,
  json,
  list,
  named,
  onOff,
  rate,
  rowsExpected,
  repeated,
  runId,
  size,
  text,
  upTo64,
} from './reading/readers.js'

const confirmation = choice(...confirmations)

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
    help: "partition scheme of a new DFS table: 'date,hash(symbol,10)', value(…), range(…)",
    reader: text,
    defaultNote: 'the program chooses, and says why',
    field: 'target.partition',
  },
  method: {
    flags: '--method <method>',
    help: 'how to write rows: insert, append or upsert',
    reader: named('insert, append or upsert', parseMethod, ['insert', 'append', 'upsert']),
    defaultNote: 'insert',
    field: 'target.method',
  },
  keyColumns: {
    flags: '--key-columns <a,b>',
    help: 'columns that identify a row, for upsert',
    reader: list,
    field: 'target.keyColumns',
  },
  function: {
    flags: '--function <name>',
    help: 'function view to call with each batch as its last argument',
    reader: checked('the name of a function view', checkFunctionName),
    field: 'target.function',
  },
  functionArg: {
    flags: '--function-arg <json>',
    help: 'argument of the function view, before the batch; repeatable',
    reader: repeated(json),
    field: 'target.functionArguments',
  },
  transform: {
    flags: '--transform <function>',
    help: "DolphinDB function that turns each batch into the rows to write: 'def(t){ … }' or @FILE",
    reader: named('a function of a table, or @FILE', readTransform),
    field: 'target.transform',
  },
  types: {
    flags: '--types <name:TYPE,...>',
    help: 'columns to send to the function or transform, in this order, or @TABLE for those of a table; with --create: types of these columns in the new table',
    reader: text,
    fields: (types: string) => ({
      target: types.startsWith('@') ? { typesFrom: types.slice(1) } : { types },
    }),
  },
  confirmTable: {
    flags: '--confirm-table <name>',
    help: 'table that the function writes into',
    reader: tableName,
    field: 'target.confirmTable',
  },
})

/** Times in milliseconds, sizes in bytes. */
export const deliveryOptions = optionGroup('Delivery', {
  mode: {
    flags: '--mode <mode>',
    help: 'async (do not wait for answers), or sync (wait for every answer)',
    reader: choice('async', 'sync'),
    defaultNote: 'async; sync if the server gives no receipts',
    field: 'delivery.mode',
  },
  confirm: {
    flags: '--confirm <how>',
    help: `how to confirm that rows landed: ${confirmation.expected}`,
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
    help: 'rows per request',
    reader: count(1),
    defaultNote: '100,000; DFS tables 1,000,000; functions, --follow, --rate-limit 10,000',
    field: 'delivery.batchRows',
  },
  batchBytes: {
    flags: '--batch-bytes <size>',
    help: 'limit of bytes per request',
    reader: size,
    defaultNote: '4Mi; DFS tables 32Mi',
    field: 'delivery.batchBytes',
  },
  flushInterval: {
    flags: '--flush-interval <time>',
    help: 'send rows from stdin or --follow after this long, even if the batch is not full',
    reader: duration,
    defaultNote: '1s',
    field: 'input.flushIntervalMs',
  },
  maxInFlight: {
    flags: '--max-in-flight <size>',
    help: 'limit of bytes sent but not yet confirmed',
    reader: size,
    defaultNote: '32Mi',
    field: 'delivery.maxInFlightBytes',
  },
  connections: {
    flags: '-j, --connections <n>',
    help: 'sessions that send data, 1 to 64; more than 1 needs a partitioned table or --unordered',
    reader: upTo64,
    defaultNote: '1',
    field: 'delivery.connections',
  },
  unordered: {
    flags: '--unordered',
    help: 'rows may reach the table in a different order than in the input',
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
    help: 'batches of unknown outcome: report or resend them',
    reader: choice('report', 'resend'),
    defaultNote: 'report',
    field: 'delivery.onDoubt',
  },
  rateLimit: {
    flags: '--rate-limit <rate>',
    help: 'limit of the sending rate, such as 50MB/s or 200krows/s',
    reader: rate,
    field: 'delivery.rateLimit',
  },
})

export const runOptions = optionGroup('Run', {
  runId: {
    flags: '--run-id <id>',
    help: 'name of this run; a run with a name keeps a journal and can be resumed',
    reader: runId,
    field: 'runId',
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
    help: 'start the run over, ignoring its journal',
    reader: onOff,
    flagOnly: true,
    field: 'journal.restart',
  },
  expectRows: {
    flags: '--expect-rows <n>',
    help: 'exit code 5 unless this many rows are confirmed: 1000, or 900.. for at least 900',
    reader: rowsExpected,
    field: 'expectRows',
  },
  dryRun: {
    flags: '-n, --dry-run',
    help: "write nothing; report what the load would do, like 'check'",
    reader: onOff,
    flagOnly: true,
  },
  metricsFile: {
    flags: '--metrics-file <file>',
    help: "write the run's figures to this file, for Prometheus",
    reader: text,
  },
  report: {
    flags: '--report <file>',
    help: 'write a report with charts to this HTML file',
    reader: text,
  },
})
