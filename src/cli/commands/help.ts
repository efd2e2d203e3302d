/*
  Help texts that belong to no single option.
*/

export const program: Readonly<Record<'name' | 'summary' | 'epilogue', string>> = {
  name: 'ddb-ingest',
  summary: 'Streams CSV and JSON into DolphinDB asynchronously, and proves that every row landed.',
  epilogue: `
Try it without a DolphinDB server:
  ddb-ingest demo

'ddb-ingest <command> --help' has the options of a command that people use,
--help-all every one.`,
}

const precedence = `
Every option can also be set by an environment variable (--batch-rows by
DDB_INGEST_BATCH_ROWS), by the JSON file of --config, or by
$XDG_CONFIG_HOME/ddb-ingest/config.json. The command line wins, then the
environment; --print-config shows what counts. Sizes take k M G Ki Mi Gi,
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

A run with a name (--run-id) keeps a journal. Stopped or killed, it goes on with
the same command or with 'ddb-ingest resume NAME'; finished, the same command
answers "Already loaded" with code 0. In a crontab, where % needs a backslash:
  15 * * * *  ddb-ingest load /data/p.csv -t p -q --run-id p-$(date +\\%F)

Exit codes: 0 every row confirmed, 3 some rows rejected, 4 rows unconfirmed,
5 --expect-rows failed, 64 wrong usage or the run was another, 65 bad data,
66 no such input, 69 never connected, 73 and 74 a file cannot be created or
written, 75 gave up for now, 76 protocol violation, 77 login, 78 configuration
or unknown target, 130 and 143 interrupted.`,
  check: `
Takes the options of 'load', reads the inputs as 'load' does, asks the server
for the target's columns, and sends no row; whether you may write is not tried.
The last line is the 'load' in which nothing is left to be found: put it into a
script, or run it as it is. It ends with 5 when the table has changed since.

Examples:
  ddb-ingest check trades.csv --table trades
  ddb-ingest check 'day=*/t.csv.gz' --table dfs://testDB/tb1 --sample 10k
  ddb-ingest load trades.csv --table trades --dry-run

Exit codes: 0 every row would load, 3 some would be rejected, 5 --expect-rows or
--expect-types failed, 64 wrong usage, 65 nothing would load, 66 no such input,
69 never connected, 77 login or rights, 78 configuration or unknown target.`,
  schema: `
Files are read as 'load' reads them. Standard output has the columns or the
script, standard error the command that goes on. Needs no server.

Examples:
  ddb-ingest schema trades.csv
  ddb-ingest schema 'day=*/t.csv.gz' --table dfs://testDB/tb1 --output create
  ddb-ingest schema t.ndjson --table t --key id --output create |
      ddb-ingest exec -

Exit codes: 0, 64 wrong usage, 65 bad data or no columns, 66 no such input.`,
  resume: `
Everything else is as it was when the run was begun, relative paths included.
The journal has no password. Rows that were confirmed are not sent again; what
became of rows that were out is asked of the server first. Input or table that
have changed are refused; --restart begins anew.

Examples:
  ddb-ingest resume prices-2026-03-01
  ddb-ingest resume prices-2026-03-01 --user loader --password-file ~/.ddb

Exit codes: as those of load; 66 no such run, or a journal that cannot be
relied on; 75 another process is at it, or what was loaded is not there any
more.`,
  runs: `
States: running, finished, interrupted (by a signal), failed, uncertain (it
ended with rows of which nobody knows), killed (it ended without a word).
--clean removes the journals of runs that finished more than 30 days ago, by
their own times, and prints which; no load removes any. A run that is named
goes whatever its state, after what it left on its server. Times are UTC.

Examples:
  ddb-ingest runs
  ddb-ingest runs prices-2026-03-01
  ddb-ingest runs prices-2026-03-01 --clean

Exit codes: 0, 64 wrong usage, 66 no such run or a damaged journal, 69 never
connected, 75 the run is under way, 77 login, 78 the clock is earlier than a
journal.`,
  retry: `
Takes the target, the columns, the dialect and the delivery from the reasons
beside the file (FILE.reasons.ndjson). Rows that are bad again go into
FILE.retry.csv, never into the file that is read. It is a run with a name of its
own: rows of a file that was loaded are not loaded again.

Examples:
  ddb-ingest retry rejects.csv
  ddb-ingest retry rejects.csv --null n/a --user loader --password-file ~/.ddb

Exit codes: as those of load; 66 no such file, or none with reasons beside it,
64 the file was loaded before and has changed since, 75 it is being written.`,
  exec: `
Without FILE and -e the script is read from standard input. Null values are
empty in csv and null in json. In json a LONG beyond 2^53 and every DECIMAL
is text, so that no digit is lost; temporal values are DolphinDB's own text.
Files and pipes get csv and json exactly; a terminal is shown \\u001b for what it
would act on. What the script prints goes to standard error.

Examples:
  ddb-ingest exec -e 'select top 5 * from trades'
  ddb-ingest exec -e 'exec count(*) from trades' --output csv
  ddb-ingest exec create-tables.dos`,
  serve: `
Settings of the server have variables of their own (DDB_INGEST_SERVE_PORT) and
their own member "serve" in configuration files. With a command behind -- the
server lives as long as the command, which finds it in DDB_HOST and DDB_PORT,
and in DDB_INGEST_TLS where it speaks TLS. User admin, password 123456, as on a
new DolphinDB. Ready means the line "listening on HOST:PORT" on standard output.
With --discard the last line is a JSON object with what was counted.

Examples:
  ddb-ingest serve --init create-tables.dos
  ddb-ingest serve --port 0 -- ddb-ingest bench`,
  bench: `
Creates a shared stream table for each mode, writes into it, waits until the
server has counted the last row, and removes it again.

Examples:
  ddb-ingest bench --host dolphin.example.com
  ddb-ingest serve --port 0 -- ddb-ingest bench`,
  selftest: `
Asks a server what the rest of this program relies on: every type, every way of
writing, what receipts need. Everything is created under names that begin with
ddbIngestTest_ and is removed again, also when the test is interrupted; what a
test that was killed has left is removed by a later one after a day.

Examples:
  ddb-ingest selftest --host dolphin.example.com --issue-text issue.md
  ddb-ingest serve --port 0 -- ddb-ingest selftest

Exit codes: 0 nothing failed, 1 a check failed, 64 wrong usage,
69 never connected, 77 login, 130 and 143 interrupted.`,
  explain: `
Example:
  ddb-ingest explain DDB_INPUT_CELL`,
  completion: `
Commands, options and their values, files, names of runs, and tables of the
server, if it answers within 300 ms. No password is ever asked for: one that is
set is sent over verified TLS, or to a server where its user has logged in.
Lines for ~/.bashrc, for ~/.zshrc after compinit, and for config.fish:

  source <(ddb-ingest completion bash)
  source <(ddb-ingest completion zsh)
  ddb-ingest completion fish | source`,
}
