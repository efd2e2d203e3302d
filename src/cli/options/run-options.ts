/*
  The options of `load` about one run: its name, what it is expected to do, the files that tell of it.
*/
import { optionGroup } from './definition.js'
import { count, runId, text } from './readers.js'

/** Name, expectation, lock, and files about the run. */
export const runOptions = optionGroup('Run', {
  runId: {
    flags: '--run-id <id>',
    help: 'name of this run',
    reader: runId,
    field: 'runId',
  },
  expectRows: {
    flags: '--expect-rows <n>',
    help: 'exit code 5 unless exactly n rows are confirmed',
    reader: count(0),
    field: 'expectRows',
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
