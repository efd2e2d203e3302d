/*
  The three targets the demo shows: what each one is, in words for someone who has never seen DolphinDB.
*/
import type { TargetOptions } from '../../load/options.js'

/** One part of the tour. */
export interface DemoWay {
  readonly title: string
  readonly explanation: string
  /** Scripts under fixtures/: quoted from DolphinDB's documentation. */
  readonly script: string
  readonly input: string
  /** Run before the script, so that it finds what it expects. */
  readonly preparations: readonly string[]
  /** The expression the loader calls with every batch. */
  readonly runs: string
  readonly target: TargetOptions
  /** The same target as flags of `load`, one line each. */
  readonly flags: readonly string[]
  /** Where the rows can be counted. */
  readonly counted: string
}

const tradeTypes = 'time:TIMESTAMP,sym:SYMBOL,price:DOUBLE,id:INT'

export const demoWays: readonly DemoWay[] = [
  {
    title: 'A shared stream table',
    explanation: `Lives in the server's memory. Every session sees it, and subscribers are told of
new rows at once: the usual place for quotes and sensor values as they come in.`,
    script: 'scripts/trades.dos',
    input: 'csv/trades.csv',
    preparations: [],
    runs: 'tableInsert{trades}',
    target: { table: 'trades' },
    flags: ['--table trades --user admin'],
    counted: 'trades',
  },
  {
    title: 'A table of the distributed file system (DFS)',
    explanation: `Lives on disk, cut into partitions - here one for each ticker - that a cluster
spreads over its machines: the place for everything that is to stay.`,
    script: 'scripts/dfs.dos',
    input: 'csv/tb1.csv',
    preparations: [],
    runs: 'append!{loadTable("dfs://testDB","tb1")}',
    target: { table: 'dfs://testDB/tb1', method: 'append' },
    flags: ['--table dfs://testDB/tb1 --method append --user admin'],
    counted: 'loadTable("dfs://testDB","tb1")',
  },
  {
    title: 'A function view',
    explanation: `A function stored in the server. It takes every batch and may change it before
writing it: here the table wants a DATE, the file has a TIMESTAMP, and
appendStreamingData turns one into the other.`,
    script: 'scripts/function-view.dos',
    input: 'csv/trades.csv',
    // The script shares a new table under the name that the first part has used.
    preparations: ['undef(`trades, SHARED)'],
    runs: 'appendStreamingData',
    target: { function: 'appendStreamingData', types: tradeTypes, confirmTable: 'trades' },
    flags: [
      '--function appendStreamingData --confirm-table trades',
      `--types ${tradeTypes}`,
      '--user admin',
    ],
    counted: 'trades',
  },
]
