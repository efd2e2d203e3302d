/*
  The help text of each option, by the name in its table. zh-help.ts has the same names.
*/

export const optionHelp = {
  // Target
  table: 'shared table, or dfs://DATABASE/TABLE',
  create: 'create a missing table: stream or dfs',
  partition: "partition scheme of a new DFS table: 'date,hash(symbol,10)', value(…), range(…)",
  method: 'how to write rows: insert, append or upsert',
  keyColumns: 'columns that identify a row, for upsert',
  function: 'function view to call with each batch as its last argument',
  functionArg: 'argument of the function view, before the batch; repeatable',
  transform:
    "DolphinDB function that turns each batch into the rows to write: 'def(t){ … }' or @FILE",
  types:
    'columns to send to the function or transform, in this order, or @TABLE for those of a table; with --create: types of these columns in the new table',
  confirmTable: 'table that the function writes into',
  // Input
  format: 'auto, csv, tsv, ndjson or json',
  filesFrom: 'file that lists the inputs; - for standard input',
  include: 'which files of a folder or zip archive are data, such as *.txt; repeatable',
  path: 'name the parts of a path, such as {day}/{symbol}.csv; hive reads folders such as day=…',
  follow: 'keep reading as files grow, rotate and appear, until a signal arrives',
  compression: 'auto, none, gzip, zstd or brotli',
  encoding: 'auto, utf-8, gb18030, gbk, big5, shift_jis, utf-16le, latin1, …',
  delimiter: 'text between fields; \\t is a tab',
  quote: "character around fields; '' for none",
  escape: 'character before a quote inside a field',
  comment: 'ignore lines that start with this text',
  header: 'whether the first record is a header: auto, yes or no',
  ragged: 'records with missing or extra fields: reject, pad or cut',
  trim: 'ignore blanks around quoted fields',
  quotes: 'quotes inside unquoted fields: strict rejects them, lax reads them as text',
  maxRecordBytes: 'reject longer records',
  skipLines: 'skip this many lines at the start',
  limit: 'read at most n records',
  jsonPath: 'path of the records inside a JSON document, such as data.items',
  arrayDelimiter: 'character between the elements of an array column',
  // Mapping
  match: 'match columns by name or by position',
  map: 'fill a target column from this input column; repeatable',
  set: 'fill a target column with this text; {NAME} inserts a column, a part of --path, filename, dirname, path or line; repeatable',
  ignoreExtra: 'ignore input columns that the target lacks',
  allowMissing: 'load null into target columns without input',
  // Values
  null: 'this text means null, as an empty field does; repeatable',
  dateFormat:
    "format in DolphinDB's symbols, epoch:s|ms|us|ns or excel; without COLUMN= for every column; repeatable",
  timezone:
    'time zone of the stored times; none: as written, also if a column has different offsets',
  thousands: 'character between groups of three digits',
  decimalComma: 'numbers have a decimal comma',
  percent: 'this column holds percentages such as 12.5%; repeatable',
  booleans: 'these texts mean true and false, such as Y/N; repeatable',
  // Bad rows
  onError:
    'for a bad row: stop the run, skip the row, or quarantine (save) it; null loads null for each bad cell',
  maxErrors: 'stop when more than this many rows are rejected',
  rejects: 'save rejected rows here, for repair and retry',
  // Delivery
  mode: 'async (do not wait for answers), or sync (wait for every answer)',
  confirm: 'how to confirm that rows landed: auto or none',
  confirmTimeout: 'give up if the server makes no progress for this long',
  batchRows: 'rows per request',
  batchBytes: 'limit of bytes per request',
  flushInterval: 'send rows from stdin or --follow after this long, even if the batch is not full',
  maxInFlight: 'limit of bytes sent but not yet confirmed',
  connections:
    'sessions that send data, 1 to 64; more than 1 needs a partitioned table or --unordered',
  unordered: 'rows may reach the table in a different order than in the input',
  retries: 'retries per batch; 0 also disables reconnecting',
  retryTimeout: 'how long to keep reconnecting',
  onDoubt: 'batches of unknown outcome: report or resend them',
  rateLimit: 'limit of the sending rate, such as 50MB/s or 200krows/s',
  // Server
  host: 'server to connect to, with its port if that is not 8848; several servers are tried in order',
  user: 'log in as this user; the password comes from --password-file, DDB_PASSWORD or a prompt',
  passwordFile: 'the password is the first line of this file; - for standard input',
  tls: 'use TLS, and verify the server',
  caFile: 'certificate authorities to trust (PEM), instead of the system defaults',
  tlsInsecure: 'accept any certificate: an attacker may impersonate the server',
  certFile: 'client certificate and its private key, for servers that require one (PEM)',
  compress: 'compress columns: lz4, none, or auto (while the network is slow)',
  insecureLogin: 'allow sending the password as plain text without verified TLS',
  require: 'scram refuses other logins; tls refuses connections without verified TLS',
  allowRedirect: 'further hosts that a cluster may redirect to',
  // Run
  runId: 'name of this run; a run with a name keeps a journal and can be resumed',
  stateDir: 'folder of the journals',
  restart: 'start the run over, ignoring its journal',
  expectRows: 'exit code 5 unless this many rows are confirmed: 1000, or 900.. for at least 900',
  dryRun: "write nothing; report what the load would do, like 'check'",
  metricsFile: "write the run's figures to this file, for Prometheus",
  report: 'write a report with charts to this HTML file',
  // Output
  quiet: 'print nothing on success',
  trace: 'write a line for each message to and from the server, without values and secrets',
  jsonTo:
    'print exactly one JSON object on standard output, or write it into a file; both if given twice',
  noColor: 'no colours',
  // Input
  sample: 'examine at most n records of each input',
  // Target
  newTable: 'name of the new table, or dfs://DATABASE/TABLE',
  key: 'key columns of a keyed stream table',
  newTypes: 'types of these columns; the program detects all other types',
  sortColumns: 'sort columns of a new TSDB table',
  keepDuplicates:
    'which rows a new TSDB table keeps if their sort columns are equal: all, first or last',
  engine: 'storage engine of a new DFS table: OLAP or TSDB',
  atomic: 'atomicity of writes to a new DFS database: trans or chunk',
  // Input
  sampleFirst: 'examine the first n records',
  // Output
  output: 'table, types, json, or create (the script that creates the table)',
  createScript: 'the same as --output create',
  outputJson: 'the same as --output json',
  // Run
  clean:
    'remove the journals of the named runs, or of all runs that finished more than 30 days ago',
  files: 'show the outcome of each file of a run',
  // Output
  json: 'print exactly one JSON object on standard output',
  // Bad rows
  retryOnError: 'null loads null for each bad cell',
  // Run
  script: 'run this script instead of a file',
  // Output
  resultOutput: 'table, csv or json',
  maxRows: 'show at most this many rows of a table; 0 for all',
  // Server
  listenHost: 'address to listen on',
  listenPort: 'port to listen on; 0 picks a free one',
  init: 'script to run as admin before accepting connections',
  requireLogin: 'refuse all requests of sessions that have not logged in',
  tlsCert: 'accept only TLS, with this certificate (PEM)',
  tlsKey: 'private key of --tls-cert, without a passphrase (PEM)',
  allowOrigin: 'web pages that may connect with WebSocket',
  newValuePartitions: 'if a value has no VALUE partition: add one, skip the row, or fail',
  serverVersion: 'imitate this server version, such as 1.30.22: refuse later features',
  setting: 'a setting of dolphindb.cfg, such as maxPubConnections=0 (repeatable)',
  fault: 'simulate a fault, for example ChunkInRecovery at every n-th insert',
  discard: 'count rows without storing them, for measurements',
  // Run
  requests: 'requests in each mode',
  timeLimit: 'stop after this time, and report the results so far',
  secondUser: 'second user, for checks that need two',
  secondPasswordFile: 'file with the password of the second user',
  // Output
  issueText: 'write a report for an issue to this file, without hosts, users and passwords',
} as const

/** The name of a help text. */
export type HelpName = keyof typeof optionHelp
