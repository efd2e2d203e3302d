/*
  The help texts that belong to no single option.
*/

export const program: Readonly<Record<'name' | 'summary' | 'epilogue', string>> = {
  name: 'ddb-ingest',
  summary: 'Streams CSV and JSON into DolphinDB asynchronously, and proves that every row landed.',
  epilogue: `
A tour with the embedded server:
  ddb-ingest demo
The columns of a table for the file:
  ddb-ingest schema trades.csv
Load the file; with --dry-run, only report what would happen:
  ddb-ingest load trades.csv --host HOST --user NAME --table trades

'ddb-ingest <command> --help' shows the common options of a command,
--help-all shows all.`,
}

const common = ['table', 'create', 'host', 'user', 'encoding', 'map', 'null', 'dateFormat']

/** Command → what its brief help shows: the keys of its common options, and an example. */
export const briefs: Readonly<Record<string, { options: readonly string[]; example: string }>> = {
  load: {
    options: [...common, 'rejects', 'runId', 'dryRun', 'json'],
    example: 'ddb-ingest load trades.csv --host db1 --table trades',
  },
  check: {
    options: [...common, 'sample', 'json'],
    example: 'ddb-ingest check trades.csv --host db1 --table trades',
  },
}

const precedence = `
Every option can also be set by an environment variable (--batch-rows by
DDB_INGEST_BATCH_ROWS), or in a file with an option in each line, which the
argument @FILE names. The command line overrides the file, which overrides the
environment. Units of sizes are k M G Ki Mi Gi; units of durations are ms s m h.`

/** Shown unchanged below the options of each command. */
export const epilogues: Readonly<Record<string, string>> = {
  load: `${precedence}

Examples:
  ddb-ingest load trades.csv --table trades
  ddb-ingest load 'day=*/t.csv.gz' --table dfs://testDB/tb1
  ddb-ingest load trades.csv --table dfs://testDB/trades --create dfs
  ddb-ingest load t.ndjson --table dfs://testDB/tb1 --method append
  ddb-ingest load t.csv --function appendStreamingData \\
      --types time:TIMESTAMP,sym:SYMBOL,price:DOUBLE,id:INT \\
      --confirm-table trades
  zcat t.csv.gz | ddb-ingest load - --table trades --json

A run with a name (--run-id) keeps a journal. If the run was stopped or killed,
the same command, or 'ddb-ingest resume NAME', resumes it. If the run has
finished, the same command prints "Already loaded" and exits with code 0. For a
crontab, with a backslash before each %:
  15 * * * *  ddb-ingest load /data/p.csv -t p -q --run-id p-$(date +\\%F)

Exit codes: 0 every row confirmed; 3 some rows rejected; 4 some rows
unconfirmed; 5 --expect-rows failed; 64 usage error, or the run ID belongs to a
different load; 65 bad data; 66 no such input; 69 cannot connect; 73 cannot
create a file; 74 cannot write a file; 75 temporary failure, try again later; 76
protocol violation; 77 login refused; 78 configuration error or unknown target;
130 and 143 interrupted.`,
  check: `
Takes the options of 'load', reads the inputs as 'load' does, and asks the
server for the target's columns. Sends no rows, and does not test the right to
write. The last line of the output is a 'load' command with every setting
spelled out, to run or to put into a script.

Examples:
  ddb-ingest check trades.csv --table trades
  ddb-ingest check 'day=*/t.csv.gz' --table dfs://testDB/tb1 --sample 10k
  ddb-ingest load trades.csv --table trades --dry-run

Exit codes: those of load; 0 every row would load; 3 some rows would be
rejected; 65 no row would load.`,
  schema: `
Reads files as 'load' does; needs no server. Prints the columns or the script on
standard output, and a command to run next on standard error.

Examples:
  ddb-ingest schema trades.csv
  ddb-ingest schema 'day=*/t.csv.gz' --table dfs://testDB/tb1 --output create
  ddb-ingest schema t.ndjson --table t --key id --output create |
      ddb-ingest exec -`,
  resume: `
Uses the settings that the journal of the run contains, including relative
paths; the journal does not contain the password. First asks the server for the
outcome of unconfirmed rows. Never sends confirmed rows again. If an input or
the table has changed, refuses to resume; --restart starts over.

Examples:
  ddb-ingest resume prices-2026-03-01
  ddb-ingest resume prices-2026-03-01 --user loader --password-file ~/.ddb

Exit codes: those of load; 66 also no such run, or a damaged journal; 75 also
another process is working on the run, or the table has lost rows of the run.`,
  runs: `
States: running, finished, interrupted (by a signal), failed, uncertain (ended
with rows of unknown outcome), killed (ended without recording its end).

Without a name, --clean removes the journals of all runs that finished more than
30 days ago, according to the journals, and prints the names of these runs. With
a name, --clean removes that run in any state: first its tables on the server,
then its journal. Loads never remove journals. Times are UTC.

Examples:
  ddb-ingest runs
  ddb-ingest runs prices-2026-03-01
  ddb-ingest runs prices-2026-03-01 --clean`,
  retry: `
Takes target, columns, file format and delivery options from the reasons file
next to the rejects file (FILE.reasons.ndjson). Saves rows that are rejected
again to a new file next to it, such as rejects.retry.csv. Each rejects file is
a named run, so its rows are never loaded twice.

Examples:
  ddb-ingest retry rejects.csv
  ddb-ingest retry rejects.csv --null n/a --user loader --password-file ~/.ddb

Exit codes: those of load; 66 also no such file, or no reasons file; 64 also the
file has changed since it was loaded; 75 also a run is still writing the file.`,
  exec: `
Without a file or -e, reads the script from standard input. A null is empty in
csv output, and null in json output. In json output, a LONG beyond 2^53 and
every DECIMAL is a string, so that no digit is lost; dates and times are strings
in DolphinDB's own notation. On a terminal, control characters are printed as
escapes such as \\u001b; files and pipes receive them unchanged. Output of the
script's print calls is written to standard error.

Examples:
  ddb-ingest exec -e 'select top 5 * from trades'
  ddb-ingest exec -e 'exec count(*) from trades' --output csv
  ddb-ingest exec create-tables.dos`,
  serve: `
The user is admin with password 123456, as on a new DolphinDB. When the server
is ready, it prints "listening on HOST:PORT" on standard output. With a command
after --, the server runs as long as the command, and passes its address in
DDB_HOST, DDB_PORT and, with TLS, DDB_INGEST_TLS. With --discard, the last line
of output is a JSON object with the counts. Options of serve can be set by
variables such as DDB_INGEST_SERVE_PORT.

Examples:
  ddb-ingest serve --init create-tables.dos
  ddb-ingest serve --port 0 -- ddb-ingest bench`,
  bench: `
Creates a shared stream table for each mode, writes into it, waits until the
server has counted the last row, and removes the table.

Examples:
  ddb-ingest bench --host dolphin.example.com
  ddb-ingest serve --port 0 -- ddb-ingest bench`,
  selftest: `
Tests every type, every way of writing, and the features that receipts need. All
names that selftest creates on the server begin with ddbIngestTest_. At its end,
even after an interruption, selftest removes everything that it created. If
selftest is killed, a selftest at least a day later removes the rest.

Examples:
  ddb-ingest selftest --host dolphin.example.com --issue-text issue.md
  ddb-ingest serve --port 0 -- ddb-ingest selftest

Exit code 1: a check failed.`,
  explain: `
Without a code, lists all codes.

Example:
  ddb-ingest explain DDB_INPUT_CELL`,
  completion: `
Completes commands, options, option values and files. Add one of these lines to
~/.bashrc, to ~/.zshrc after compinit, or to config.fish:

  source <(ddb-ingest completion bash)
  source <(ddb-ingest completion zsh)
  ddb-ingest completion fish | source`,
}
