/*
  Schemes by size and span. What a table of that scheme takes: test/infer/create-script.test.ts.
*/
import t from 'tap'
import type { InferredColumn, InferredSchema } from '../../src/infer/inferred-schema.js'
import {
  bytesText,
  planPartitions,
  tableBytes,
  type NoPlan,
  type PartitionPlan,
} from '../../src/infer/partition-plan.js'
import { parseColumnType } from '../../src/protocol/data-type.js'
import { daysFromCivil } from '../../src/protocol/civil-date.js'

function column(name: string, type: string, change: Partial<InferredColumn> = {}): InferredColumn {
  return {
    name,
    source: name,
    type: parseColumnType(type)!,
    dateFormat: undefined,
    nulls: 0,
    distinct: 10,
    sample: undefined,
    textBytes: 0,
    days: undefined,
    warnings: [],
    ...change,
  }
}

function schema(estimatedRows: number, ...columns: InferredColumn[]): InferredSchema {
  return {
    columns,
    leftOut: [],
    inputs: [],
    rows: 100,
    isComplete: false,
    estimatedRows,
    rejected: 0,
    firstReject: undefined,
    needsPosition: false,
    needsAllowMissing: false,
  }
}

const span = (from: [number, number, number], to: [number, number, number]) => ({
  days: { first: daysFromCivil(...from), last: daysFromCivil(...to) },
})

function planOf(schema: InferredSchema, hasEngines?: boolean): PartitionPlan {
  const plan = planPartitions(schema, hasEngines)
  if ('lacks' in plan) throw new Error(`there is no ${plan.lacks}`)
  return plan
}

const lackOf = (schema: InferredSchema): NoPlan => planPartitions(schema) as NoPlan

const sym = column('sym', 'SYMBOL')
const price = column('price', 'DOUBLE')
const week = span([2020, 1, 1], [2020, 1, 7])

t.test('a day, a month or a year a partition', async t => {
  const scheme = (rows: number, days: Partial<InferredColumn>) =>
    planOf(schema(rows, column('time', 'TIMESTAMP', days), sym, price)).levels.map(
      ({ kind, columnName, scheme }) => `${kind} ${columnName} ${scheme}`,
    )
  t.strictSame(scheme(1000, week), ['VALUE time 2020.01.01..2020.01.07'])
  const years = span([2018, 3, 5], [2020, 2, 1])
  t.strictSame(scheme(1000, years), ['VALUE time 2018.03M..2020.02M'])
  t.strictSame(scheme(10 ** 10, years), ['VALUE time 2018.03.05..2020.02.01'], '286 MB a day')
  const long = scheme(1000, span([1990, 1, 1], [2020, 1, 1]))
  t.match(long[0], /^RANGE time 1990\.01\.01 1991\.01\.01 .* 2031\.01\.01$/)
})

t.test('where a day is too much, a hash of the symbol divides it', async t => {
  const { levels, totalBytes } = planOf(
    schema(2 * 10 ** 9, column('time', 'TIMESTAMP', week), sym, price),
  )
  t.equal(totalBytes, 4 * 10 ** 10)
  t.match(levels, [{ kind: 'VALUE' }, { kind: 'HASH', columnName: 'sym', scheme: '[SYMBOL, 20]' }])
})

t.test('a column with nulls is none to partition by', async t => {
  const time = column('time', 'DATE', { ...week, nulls: 1 })
  t.match(planOf(schema(10, time, sym)).levels, [{ kind: 'HASH', columnName: 'sym' }])
  t.match(planOf(schema(10, time, column('id', 'INT'))).levels, [{ columnName: 'id' }])
  t.match(lackOf(schema(10, time, price)), { lacks: 'partition column', withNulls: ['time'] })
  t.strictSame(lackOf(schema(10, price)).withNulls, [])
})

t.test('a day that stands for never is none to partition by', async t => {
  const until = column('until', 'DATE', span([2020, 1, 1], [9999, 12, 31]))
  const from = column('from', 'DATE', week)
  t.match(planOf(schema(10, until, from)).levels, [{ columnName: 'from' }])
})

t.test('TSDB where there is something to sort by', async t => {
  const plan = (...columns: InferredColumn[]) => planOf(schema(10, ...columns))
  const moment = column('time', 'TIMESTAMP', week)
  t.match(plan(moment, sym), { engine: 'TSDB', sortColumns: ['sym', 'time'] })
  t.match(plan(moment, price), { engine: 'OLAP', sortColumns: [] })
  t.match(plan(column('day', 'DATE', week), sym), { engine: 'OLAP' })
  t.match(planOf(schema(10, moment, sym), false), { engine: 'OLAP', engineReason: /before 2\.00/ })
})

t.test('arrays are never OLAP, and sorted by what the manual allows in both languages', async t => {
  const sorted = (...columns: InferredColumn[]): readonly string[] => {
    const plan = planOf(schema(10, ...columns, column('a', 'INT[]')))
    t.equal(plan.engine, 'TSDB')
    return plan.sortColumns
  }
  const moment = column('time', 'TIMESTAMP', week)
  const day = column('day', 'DATE', week)
  const id = column('id', 'INT')
  t.strictSame(sorted(moment, sym), ['sym', 'time'])
  t.strictSame(sorted(moment, id), ['id', 'time'])
  t.strictSame(sorted(price, id), ['id'])
  t.strictSame(sorted(sym, id), ['sym', 'id'])
  t.strictSame(sorted(column('text', 'STRING')), ['text'])
  t.strictSame(sorted(day), ['day'])
  t.strictSame(sorted(day, sym), ['sym', 'day'])
  t.strictSame(sorted(moment, column('d', 'DECIMAL64(2)')), ['d', 'time'])
  const lacks = { lacks: 'sort column' }
  const array = column('a', 'INT[]')
  t.match(lackOf(schema(10, moment, array)), { ...lacks, withNulls: [] })
  const nullable = column('who', 'STRING', { nulls: 1 })
  t.match(lackOf(schema(10, moment, nullable, array)), { ...lacks, withNulls: ['who'] })
})

t.test('sizes', async t => {
  const text = column('text', 'STRING', { textBytes: 1000 })
  t.equal(tableBytes(schema(10, text, sym, price)), 10 * (14 + 4 + 8))
  t.equal(bytesText(999), '999 B')
  t.equal(bytesText(12_345_678), '12.3 MB')
})
