/*
  Help texts that belong to no single option.
*/

export const program: Readonly<Record<'name' | 'summary' | 'epilogue', string>> = {
  name: 'ddb-ingest',
  summary: 'Streams CSV and JSON into DolphinDB asynchronously, and proves that every row landed.',
  epilogue: `
Try it without a DolphinDB server:
  ddb-ingest demo

'ddb-ingest <command> --help' shows the common options of a command,
--help-all shows all.`,
}

const precedence = `
Every option can also be set by an environment variable (--batch-rows by
DDB_INGEST_BATCH_ROWS), by the JSON file of --config, or by
$XDG_CONFIG_HOME/ddb-ingest/config.json. The command line wins, then the
environment; --print-config shows what applies. Sizes take k M G Ki Mi Gi,
durations ms s m h.`

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

A run with a name (--run-id) keeps a journal. If it was stopped or killed, the
same command or 'ddb-ingest resume NAME' resumes it. If it has finished, the
same command prints "Already loaded" and ends with 0. In a crontab, where %
needs a backslash:
  15 * * * *  ddb-ingest load /data/p.csv -t p -q --run-id p-$(date +\\%F)

Exit codes: 0 every row confirmed, 3 some rows rejected, 4 rows unconfirmed,
5 an --expect option or --min-rows failed, 64 usage error or this run ID belongs
to another load, 65 bad data, 66 no such input, 69 never connected, 73 and 74 a
file cannot be created or written, 75 gave up for now, 76 protocol violation,
77 login, 78 configuration or unknown target, 130 and 143 interrupted.`,
  check: `
Takes the options of 'load', reads the inputs as 'load' does, asks the server
for the target's columns, and sends no row; it does not test the right to write.
The last line is a 'load' command with every setting spelled out: put it into a
script, or run it as it is. That command ends with 5 if the table has changed.

Examples:
  ddb-ingest check trades.csv --table trades
  ddb-ingest check 'day=*/t.csv.gz' --table dfs://testDB/tb1 --sample 10k
  ddb-ingest load trades.csv --table trades --dry-run

Exit codes: 0 every row would load, 3 some would be rejected, 5 --expect-rows or
--expect-types failed, 64 wrong usage, 65 nothing would load, 66 no such input,
69 never connected, 77 login or rights, 78 configuration or unknown target.`,
  schema: `
Reads files as 'load' does, and needs no server. Prints the columns or the
script on standard output, and the next command on standard error.

Examples:
  ddb-ingest schema trades.csv
  ddb-ingest schema 'day=*/t.csv.gz' --table dfs://testDB/tb1 --output create
  ddb-ingest schema t.ndjson --table t --key id --output create |
      ddb-ingest exec -

Exit codes: 0, 64 wrong usage, 65 bad data or no columns, 66 no such input.`,
  resume: `
Uses the run's own settings, relative paths included; its journal holds no
password. First asks the server for the outcome of unconfirmed rows, and never
sends confirmed rows again. Refuses a changed input or table; --restart starts
over.

Examples:
  ddb-ingest resume prices-2026-03-01
  ddb-ingest resume prices-2026-03-01 --user loader --password-file ~/.ddb

Exit codes: those of load; 66 no such run, or a damaged journal; 75 another
process works on the run, or rows that it loaded are gone.`,
  runs: `
States: running, finished, interrupted (by a signal), failed, uncertain (it
ended with rows of unknown outcome), killed (it did not record its end).
--clean removes the journals of runs that finished more than 30 days ago, by the
times they record, and prints their names; loads remove none. With a name it
removes that run in any state: first its tables on the server, then its journal.
Times are UTC.

Examples:
  ddb-ingest runs
  ddb-ingest runs prices-2026-03-01
  ddb-ingest runs prices-2026-03-01 --clean

Exit codes: 0, 64 wrong usage, 66 no such run or a damaged journal, 69 never
connected, 75 the run is under way, 77 login, 78 the clock is earlier than a
journal.`,
  plan: `
Examples:
  ddb-ingest plan 'day=*/t.csv.gz' -o plan.json
  ddb-ingest load --plan plan.json --shard 1/3 --run-id ticks -t ticks
  ddb-ingest runs ticks --plan plan.json`,
  retry: `
Takes the target, the columns, the dialect and the delivery from the reasons
beside the file (FILE.reasons.ndjson). Rows that are bad again go into
a new file beside it, such as rejects.retry.csv. Each file is a run with its own
name, so its rows are never loaded twice.

Examples:
  ddb-ingest retry rejects.csv
  ddb-ingest retry rejects.csv --null n/a --user loader --password-file ~/.ddb

Exit codes: those of load; 66 no such file, or none with reasons beside it,
64 the file was loaded before and has changed since, 75 it is being written.`,
  exec: `
Without FILE and -e the script is read from standard input. Null values are
empty in csv and null in json. In json a LONG beyond 2^53 and every DECIMAL
is text, so that no digit is lost; temporal values are DolphinDB's own text.
On a terminal, control characters are escaped, as \\u001b; files and pipes get
them unchanged. What the script prints goes to standard error.

Examples:
  ddb-ingest exec -e 'select top 5 * from trades'
  ddb-ingest exec -e 'exec count(*) from trades' --output csv
  ddb-ingest exec create-tables.dos`,
  serve: `
The server's settings have their own variables (DDB_INGEST_SERVE_PORT) and their
own member "serve" in configuration files. With a command after -- the server
runs as long as that command, and tells it the address in DDB_HOST, DDB_PORT
and, with TLS, DDB_INGEST_TLS. User admin, password 123456, as on a new
DolphinDB. Once ready, the server prints the line "listening on HOST:PORT" on
standard output. With --discard its last line is a JSON object with the counts.

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
Tests whether a server does what this program relies on: every type, every way
of writing, what receipts need. Everything it creates has a name that begins
with ddbIngestTest_ and is removed at the end, even after an interruption. If
selftest is killed, a later one removes the rest after a day.

Examples:
  ddb-ingest selftest --host dolphin.example.com --issue-text issue.md
  ddb-ingest serve --port 0 -- ddb-ingest selftest

Exit codes: 0 nothing failed, 1 a check failed, 64 wrong usage,
69 never connected, 77 login, 130 and 143 interrupted.`,
  explain: `
Without a code it lists all of them.

Example:
  ddb-ingest explain DDB_INPUT_CELL`,
  completion: `
Completes commands, options and their values, files, names of runs, and tables
of the server, if it answers within 300 ms. Never asks for a password; sends a
configured one only over verified TLS, or to a server where its user has logged
in before.
Lines for ~/.bashrc, for ~/.zshrc after compinit, and for config.fish:

  source <(ddb-ingest completion bash)
  source <(ddb-ingest completion zsh)
  ddb-ingest completion fish | source`,
}
