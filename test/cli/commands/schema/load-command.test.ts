import t from 'tap'
import { nextCommands, type NewTableLoad } from '../../../../src/cli/options/shell-command.js'

const nothing: NewTableLoad['needed'] = {
  map: {},
  dateFormats: {},
  matchPosition: false,
  allowMissing: false,
  ignoreExtra: false,
}

const next = (change: Partial<NewTableLoad>): string[] =>
  nextCommands({
    inputs: ['t.csv'],
    flags: new Map(),
    table: 't',
    keyColumns: [],
    needed: nothing,
    hasScript: false,
    ...change,
  })

t.test('load makes the table where it can', async t => {
  t.strictSame(next({}), ['ddb-ingest load t.csv --table t --create stream'])
  t.strictSame(next({ table: 'dfs://d/t' }), [
    'ddb-ingest load t.csv --table dfs://d/t --create dfs',
  ])
  t.strictSame(next({ hasScript: true }), ['ddb-ingest load t.csv --table t'])
  t.strictSame(next({ inputs: ['-'] }), ['ddb-ingest load - --table t'])
  t.strictSame(next({ keyColumns: ['a', 'b'] }), [
    'ddb-ingest schema t.csv --table t --key a,b --output create | ddb-ingest exec -',
    'ddb-ingest load t.csv --table t',
  ])
})

t.test('what was said is said again, and what is needed besides', async t => {
  const flags = new Map([
    ['delimiter', ['-']],
    ['null', ['NA', '']],
    ['trim', ['true']],
    ['sample', ['10']],
    ['json', ['true']],
  ])
  t.strictSame(next({ flags: new Map([['delimiter', ['\t']]]) }), [
    "ddb-ingest load t.csv --table t --create stream --delimiter '\\t'",
  ])
  const needed = {
    map: { a_b: "a 'b'" },
    dateFormats: { d: 'dd/MM/yyyy' },
    matchPosition: true,
    allowMissing: true,
    ignoreExtra: true,
  }
  t.strictSame(next({ inputs: ['-x y.csv'], flags, needed }), [
    "ddb-ingest load './-x y.csv' --table t --create stream --delimiter=- --trim --null NA --null '' " +
      "--map 'a_b=a '\\''b'\\''' --date-format d=dd/MM/yyyy --match position --allow-missing --ignore-extra",
  ])
})
