/*
  The options of `load` about one run: its name, what it is expected to do, the files that tell of it.
*/
import { optionGroup } from './reading/definition.js'
import { count, onOff, runId, text } from './reading/readers.js'

/** Name, expectation, lock, and files about the run. */
export const runOptions = optionGroup('Run', {
  runId: {
    flags: '--run-id <id>',
    help: 'name of this run; with one it keeps a journal, and goes on where it stopped',
    reader: runId,
    field: 'runId',
  },
  stateDir: {
    flags: '--state-dir <folder>',
    help: 'where journals are',
    reader: text,
    defaultNote: '$XDG_STATE_HOME/ddb-ingest',
    field: 'journal.folder',
  },
  restart: {
    flags: '--restart',
    help: 'begin the run anew, whatever its journal says',
    reader: onOff,
    flagOnly: true,
    field: 'journal.restart',
  },
  expectRows: {
    flags: '--expect-rows <n>',
    help: 'exit code 5 unless exactly n rows are confirmed',
    reader: count(0),
    field: 'expectRows',
  },
  expectUnique: {
    flags: '--expect-unique',
    help: 'exit code 5 if the target had the key of a row already',
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
    help: "write nothing, and say what would be: as 'check'",
    reader: onOff,
    flagOnly: true,
  },
  summary: {
    flags: '--summary <file>',
    help: 'write the JSON object of --json here as well',
    reader: text,
  },
  metricsFile: {
    flags: '--metrics-file <file>',
    help: "write the run's figures here for Prometheus",
    reader: text,
  },
  lock: {
    flags: '--lock <name>',
    help: 'end with 75 while another run holds the lock of this name',
    reader: runId,
  },
})
