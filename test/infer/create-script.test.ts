/* The script that creates a table and its partitions. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { InputError, UsageError } from '../../src/errors.js'
import { createScript, type NewTable } from '../../src/infer/create-script.js'
import type { InferredColumn, InferredSchema } from '../../src/infer/inferred-schema.js'
import {
  type DfsOptions,
  type PartitionPlan,
  planPartitions,
  tableBytes,
} from '../../src/infer/partition-plan.js'
import { daysFromCivil } from '../../src/protocol/types/temporals.js'
import { parseColumnType } from '../../src/protocol/data-type.js'
import { scriptText } from '../helpers/hostile-text.js'
import { startLoadServer } from '../helpers/load-server.js'
import { deepTest, forAll, forAllAsync } from '../helpers/runs.js'
import { statementsOf, treeOf } from '../helpers/syntax.js'
import { inferText } from './inferring.js'

// Runs the scripts on a server, and checks their texts.

const csv = 'time,sym,price\n2020.01.02T09:30:00,A,1.5\n2020.01.03T09:30:00,A,2.5\n'
const stream: NewTable = { kind: 'shared', name: 'made' }
const dfs: NewTable = { kind: 'dfs', database: 'dfs://d', table: 't' }

t.test('an empty server runs the scripts of stream, keyed and DFS tables', async t => {
  const { session, rows } = await startLoadServer(t, '')
  const schema = await inferText(csv)
  const types = (table: string): Promise<string[][]> =>
    rows(`select name, typeString from schema(${table}).colDefs`)
  const expected = [
    ['time', 'DATETIME'],
    ['sym', 'SYMBOL'],
    ['price', 'DOUBLE'],
  ]
  await session.run(createScript(schema, { kind: 'shared', name: 'a' }))
  t.strictSame(await types('a'), expected)
  await session.run(createScript(schema, { kind: 'shared', name: 'b' }, ['sym', 'time']))
  t.strictSame(await types('b'), expected)
  await session.run('insert into b values(2020.01.02T09:30:00, "A", 1.0)')
  await session.run('insert into b values(2020.01.02T09:30:00, "A", 2.0)')
  t.strictSame(await rows('select count(*) from b'), [['1']], 'a key occurs once')
  await session.run(createScript(schema, dfs))
  t.strictSame(await types('loadTable("dfs://d", "t")'), expected)
  await t.rejects(session.run(createScript(schema, dfs)), /is there already/)
})

t.test('the server knows every type and every partition scheme of the scripts', async t => {
  const { session } = await startLoadServer(t, '')
  const texts = [
    'd,m,h,i,l,f,b,u,p,a,x,s\n',
    '1990.01.01,2012.06M,2012.06.13T13,1,3000000000,1.5,true,5d212a78-cc48-e3b1-4235-b4d91473ee87,1.2.3.4,"[1,2]",1.23456789012345678,A\n',
    '2020.01.01,2012.06M,2012.06.13T14,1,3000000000,1.5,true,5d212a78-cc48-e3b1-4235-b4d91473ee87,1.2.3.4,"[1,2]",1.23456789012345678,A\n',
  ]
  const all = await inferText(texts.join(''), { reader: { header: 'yes' } })
  await session.run(createScript(all, { kind: 'shared', name: 'all_types' }))
  await session.run(createScript(all, { kind: 'dfs', database: 'dfs://all', table: 't' }))
  const big = { ...(await inferText(csv)), estimatedRows: 10 ** 10 }
  await session.run(createScript(big, { kind: 'dfs', database: 'dfs://big', table: 't' }))
  const one = await inferText('a\n1\n')
  await session.run(createScript(one, { kind: 'shared', name: 'one' }))
  await session.run(createScript(one, { kind: 'dfs', database: 'dfs://one', table: 't' }))
  const chinese = await inferText('日期,价\n2020.01.02,1\n')
  await session.run(createScript(chinese, { kind: 'dfs', database: 'dfs://cn', table: 't' }))
})

deepTest(t, 'servers of each version accept every kind of table', async t => {
  const texts = {
    stream: 'day,v\n2020.01.02,1.5\n',
    symbol: csv,
    key: 'id,v\n1,1.5\n2,2.5\n',
    arrays: 'time,id,a\n2020.01.02T09:30:00.000,1,"[1,2]"\n2020.01.03T09:30:00.000,2,"[3,4]"\n',
    bareArrays: 'id,a\n1,"[1,2]"\n2,"[3]"\n',
    decimals: 'id,d\n1,1.23456789012345678\n2,1.5\n',
  }
  for (const [version, refused] of [
    ['1.30.22', { arrays: /arrays.*2\.00\.0.*1\.30\.22/, decimals: /decimals.*2\.00\.8.*1\.30/ }],
    ['2.00.7', { decimals: /decimals.*2\.00\.8/ }],
    ['2.00.10', {}],
    ['3.00.5', {}],
  ] as const) {
    const { session } = await startLoadServer(t, '', { version })
    const numbers = version.split('.').map(Number)
    for (const [name, text] of Object.entries(texts)) {
      const schema = await inferText(text, { reader: { header: 'yes' } })
      const words = Object.entries(refused).find(([kind]) => name.toLowerCase().endsWith(kind))?.[1]
      for (const made of [stream, dfs].map(one => named(one, name))) {
        const script = (): string => createScript(schema, made, [], numbers)
        if (words === undefined) await session.run(script())
        else t.throws(script, { code: 'DDB_INPUT_COLUMN', message: words }, `${name} ${version}`)
      }
      if (words !== undefined) continue
      const [engine] = await session
        .run(`schema(database("dfs://${name}"))["engineType"]`)
        .then(value => (value?.form === 'scalar' ? [value.value] : []))
      const expected = version < '2' ? 'OLAP' : /symbol|rrays/.test(name) ? 'TSDB' : 'OLAP'
      t.equal(engine, expected, `${name} ${version}`)
    }
  }
})

t.test('arrays of decimals are newer than decimals, and no OLAP table takes a BLOB', async t => {
  const found = await inferText('a\n1\n2\n')
  const type = { type: 'DECIMAL64', scale: 2, array: true } as const
  const schema = { ...found, columns: found.columns.map(one => ({ ...one, type })) }
  const message = /arrays of decimals are known to servers from 2\.00\.9 on/
  t.throws(() => createScript(schema, stream, [], [2, 0, 8]), { message })
  t.match(createScript(schema, stream, [], [2, 0, 9]), /DECIMAL64\(2\)\[\]/)
  const blobs = { ...schema, columns: [{ ...schema.columns[0]!, type: { type: 'BLOB' } as const }] }
  const old = { message: /BLOBs in DFS tables are known to servers from 2\.00\.0 on/ }
  t.throws(() => createScript(blobs, dfs, [], [1, 30, 22]), old)
  t.match(createScript(blobs, stream, [], [1, 30, 22]), /BLOB/)
})

/** The same kind of table under another name. */
function named(table: NewTable, name: string): NewTable {
  return table.kind === 'dfs' ? { ...table, database: `dfs://${name}` } : { ...table, name }
}

t.test('given settings of a DFS table are kept, and the rest is chosen', async t => {
  const { session, rows } = await startLoadServer(t, '')
  const found = await inferText(
    'day,time,code,vol,price\n2024-01-02,09:30:00,600519,100,1.5\n2024-01-03,09:30:00,000001,200,2.5\n',
  )
  const schemeOf = async (name: string, dfsOptions: DfsOptions): Promise<string> => {
    const table = { kind: 'dfs' as const, database: `dfs://${name}`, table: 't' }
    const script = createScript(found, table, [], undefined, dfsOptions)
    await session.run(script)
    const columns = await rows(`select name from schema(loadTable("dfs://${name}", "t")).colDefs`)
    assert.equal(columns.length, 5)
    const made = script.split('\n').filter(line => /= database|createPartitioned/.test(line))
    return made.map(line => line.trim().replace(`dfs://${name}`, 'X')).join('\n')
  }
  const market = 'db.createPartitionedTable(emptyTable, `t, `day, sortColumns=`code`time)'
  const expected = `db = database("X", VALUE, 2024.01.02..2024.01.03, engine="TSDB")\n${market}`
  t.equal(await schemeOf('a', {}), expected)
  t.equal(
    await schemeOf('b', {
      partition: 'day,hash(code,10)',
      sortColumns: ['code', 'day'],
      keepDuplicates: 'last',
    }),
    [
      'level1 = database("", VALUE, 2024.01.02..2024.01.03)',
      'level2 = database("", HASH, [STRING, 10])',
      'db = database("X", COMPO, [level1, level2], engine="TSDB")',
      'db.createPartitionedTable(emptyTable, `t, `day`code, sortColumns=`code`day, keepDuplicates=LAST)',
    ].join('\n'),
  )
  t.match(
    await schemeOf('c', { partition: 'range(vol,0,1000, 2000)', engine: 'OLAP', atomic: 'chunk' }),
    'db = database("X", RANGE, [0, 1000, 2000], atomic="CHUNK")',
  )
  const months = await schemeOf('d', { partition: 'value(day,2024.01M..2024.12M)' })
  t.match(months, 'VALUE, 2024.01M..2024.12M, engine="TSDB"')
  const codes = await schemeOf('e', { partition: 'value(code,600519,"000001")' })
  t.match(codes, 'VALUE, ["600519", "000001"]')
})

t.test('an impossible table is refused before anything is created', async t => {
  const found = await inferText(
    'day,code,vol,price,late,at\n2024-01-02,A,100,1.5,,2024-01-02 09:30:00.123\n2024-01-03,B,200,2.5,7,2024-01-03 09:30:00.123\n',
  )
  const table = { kind: 'dfs' as const, database: 'dfs://d', table: 't' }
  const fault = (dfsOptions: DfsOptions): string => {
    try {
      createScript(found, table, [], undefined, dfsOptions)
      return ''
    } catch (error) {
      return error instanceof UsageError ? error.message : String(error)
    }
  }
  for (const [partition, why] of [
    ['', /one to 3 levels/],
    ['day,code,vol,day', /no days: name its values|one to 3/],
    ['dya', /no column "dya".*day/],
    ['code', /"code" has no days: name its values/],
    ['price', /cannot be divided by a column of type DOUBLE/],
    ['hash(late,10)', /"late" has 1 nulls/],
    ['hash(at,10)', /no rows by a hash of a TIMESTAMP/],
    ['hash(code)', /a number of partitions/],
    ['hash(code,0)', /a number of partitions/],
    ['hash(code,10,11)', /a number of partitions/],
    ['range(vol,0)', /two ends/],
    ['range(vol,9,10,10)', /must be greater than the one before: 10 is before 10/],
    ['range(day,2024.01.03,2024.01.02)', /2024\.01\.03 is before 2024\.01\.02/],
    ['range(code,"A B",A)', /"A B" is before "A"/],
    ['day,hash(day,10)', /names "day" twice/],
    ['range(vol,0,x)', /"x" is not a value for a column of type INT/],
    ['value(code,"a\\b")', /is not a value/],
    ['value(day,2024-01-02)', /such as 2024.01.02/],
    ['list(code,a)', /value\(…\), range\(…\) or hash\(…\)/],
  ] as const) {
    t.match(fault({ partition }), why, partition)
  }
  t.match(fault({ sortColumns: ['x'] }), /no column "x"/)
  const refused = fault({ engine: 'OLAP', sortColumns: ['code'] })
  t.match(refused, /--sort-columns goes with --engine TSDB/)
  t.match(fault({ engine: 'OLAP', keepDuplicates: 'last' }), /--keep-duplicates goes with/)
  const creating = () => createScript(found, stream, [], undefined, { engine: 'TSDB' })
  t.throws(creating, /is for DFS tables/)
})

t.test('for any partition options, only a scheme gets into the script', async () => {
  const found = await inferText('day,code,vol\n2024-01-02,A,100\n2024-01-03,B,200\n')
  const part = fc.oneof(
    scriptText,
    fc.constantFrom('code', 'vol', 'day', '1', '(', ')', ',', '"', 'value(', 'range(vol,'),
  )
  forAll(300)(fc.array(part, { maxLength: 6 }), parts => {
    const table = { kind: 'dfs' as const, database: 'dfs://d', table: 't' }
    let script: string
    try {
      script = createScript(found, table, [], undefined, { partition: parts.join('') })
    } catch (error) {
      assert.ok(error instanceof UsageError, String(error))
      return
    }
    const usual = createScript(found, table, [], undefined, { partition: 'day' })
    const calls = (text: string): number =>
      text
        .replace(/"[^"]*"/g, '')
        .replace(/\/\/.*/g, '')
        .match(/\(/g)!.length
    const levels = script.match(/level\d = database/g)?.length ?? 0
    assert.equal(calls(script) - levels, calls(usual))
  })
})

t.test('a table that cannot be created leaves no database that nobody else uses', async t => {
  const { session, count } = await startLoadServer(t, '')
  const script = createScript(await inferText(csv), dfs)
  const broken = script.replace('sortColumns=`sym`time', 'sortColumns=`price`time')
  t.not(broken, script)
  await t.rejects(session.run(broken), /price.*sort column/)
  t.match(await session.run('existsDatabase("dfs://d")'), { value: false })
  await session.run(script)
  await session.run(
    'loadTable("dfs://d", "t").tableInsert(table(2020.01.02T09:30:00 as time, `A as sym, 1.5 as price))',
  )
  // Two scripts that check at the same time both find no table. The later one must not remove rows of the earlier
  // one.
  const late = script.replace(/^if\(existsDatabase.*\n.*\n/m, '')
  t.not(late, script)
  await t.rejects(session.run(late), /already exists/)
  await t.rejects(session.run(late.replaceAll('`t,', '`u,').replace('`sym`time', '`price`time')))
  t.equal(await count('loadTable("dfs://d", "t")'), 1)
})

deepTest(t, 'a server accepts a script with thousands of columns', async t => {
  const { session } = await startLoadServer(t, '')
  const names = Array.from({ length: 9074 }, (_, i) => `measurement number ${i}`)
  const schema = await inferText(
    `${names.join(',')}\n${names.map(() => '007').join(',')}\n${names.map(() => '1').join(',')}\n`,
    { reader: { header: 'yes' } },
  )
  const warnings = schema.columns.flatMap(column => column.warnings)
  t.ok(warnings.length >= 9074)
  const script = createScript(schema, stream)
  t.ok(script.length < 500_000, String(script.length))
  t.match(script, /and \d+ more: `ddb-ingest schema` lists all of them/)
  await session.run(script)
  t.match(await session.run('schema(made).colDefs.rows()'), { value: 9074 })
  const wide = { ...schema, columns: schema.columns.flatMap(one => manyOf(one, 10)) }
  const error = { code: 'DDB_INPUT_COLUMN', message: /90740 columns is longer than the 1\.00 MB/ }
  t.throws(() => createScript(wide, stream), error)
})

function manyOf(column: InferredSchema['columns'][number], count: number) {
  return Array.from({ length: count }, (_, i) => ({ ...column, name: `${column.name}_${i}` }))
}

t.test('no new table replaces an existing table', async t => {
  const { session, rows } = await startLoadServer(t, 'share table(1 2 3 as a) as taken')
  const script = createScript(await inferText(csv), { kind: 'shared', name: 'taken' })
  await t.rejects(session.run(script), { message: /taken is there already/ })
  t.strictSame(await rows('select count(*) from taken'), [['3']])
})

t.test('reasons and warnings stay comments, whatever names of files and cells contain', async t => {
  const schema = await inferText('a,b\n007\u2028\n"x\n dropDatabase()",1\n', {
    reader: { header: 'yes', ragged: 'pad' },
  })
  const evil = {
    ...schema,
    inputs: [{ ...schema.inputs[0]!, path: 'x\ndropDatabase("dfs://d")\r' }],
  }
  const script = createScript(evil, { kind: 'shared', name: 't' })
  const code = script.split('\n').filter(line => line !== '' && !line.startsWith('//'))
  t.strictSame(code.slice(0, -1), ['if(defined("t", SHARED))', '    throw "t is there already"'])
  t.match(code.at(-1), /^share\(streamTable\(10000:0, `a`b, \[STRING, INT\]\), "t"\)$/)
})

t.test('a script that cannot be created is refused', async t => {
  const schema = await inferText('a,b\n1,\n,2\n')
  t.throws(() => createScript(schema, dfs), { code: 'DDB_INPUT_COLUMN' })
  t.throws(() => createScript(schema, { kind: 'shared', name: 't' }, ['c']), { code: 'DDB_USAGE' })
  const whole = await inferText('a\n1\n')
  t.throws(() => createScript(whole, dfs, ['a']), { code: 'DDB_USAGE' })
  const odd = { ...whole, columns: [{ ...whole.columns[0]!, name: 'a`b' }] }
  t.throws(() => createScript(odd, dfs), { code: 'DDB_NAME' })
  const reserved = { ...whole, columns: [{ ...whole.columns[0]!, name: 'DATE' }] }
  t.throws(() => createScript(reserved, stream), { code: 'DDB_NAME', message: /"DATE".*reserved/ })
  t.throws(() => createScript(whole, { kind: 'shared', name: 'TABLE' }), { code: 'DDB_NAME' })
  const bare = await inferText('time,a\n2020.01.02T09:30:00.000,"[1,2]"\n', {
    reader: { header: 'yes' },
  })
  t.throws(() => createScript(bare, dfs), {
    code: 'DDB_INPUT_COLUMN',
    message: /arrays.*TIMESTAMP alone is not enough.*stream table.*mapping\.set.*by hand/,
  })
  t.ok(createScript(bare, stream))
})

t.test('headers, cells and file names that look like script become names or comments', async () => {
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`
  const reader = { header: 'yes', delimiter: ',', quote: '"' } as const
  const infer = (names: readonly string[], cell: string): Promise<InferredSchema> =>
    inferText(`${names.map(quoted).join(',')}\n1,2020.01.02,7\n2,2020.01.03,${quoted(cell)}\n`, {
      reader,
    })
  const harmless = ['harmless0', 'harmless1', 'harmless2']
  let compared = 0
  await forAllAsync(100)(
    fc.tuple(scriptText, scriptText, scriptText),
    scriptText,
    scriptText,
    async (names, cell, path) => {
      let shown: InferredSchema
      try {
        shown = await infer(names, cell)
      } catch (error) {
        // For example, a file with null bytes, or with names so few that the table may begin below them.
        assert.ok(error instanceof InputError || error instanceof UsageError, String(error))
        return
      }
      const usual = await infer(harmless, cell)
      for (const kind of [stream, dfs]) {
        const expected = harmless.reduce(
          (tree, name, i) => tree.replaceAll(name, () => shown.columns[i]!.name),
          treeOf(statementsOf(createScript(usual, kind))),
        )
        const inputs = [{ ...shown.inputs[0]!, path }]
        assert.equal(treeOf(statementsOf(createScript({ ...shown, inputs }, kind))), expected)
        compared++
      }
    },
  )
  assert.ok(compared > 20)
})

// How the size and time span of a table decide its partition scheme. The tests above check the types of schemes.

function column(name: string, type: string, change: Partial<InferredColumn> = {}): InferredColumn {
  return {
    name,
    source: name,
    type: parseColumnType(type)!,
    needs: {},
    nulls: 0,
    refused: 0,
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

const planOf = (schema: InferredSchema, hasEngines?: boolean): PartitionPlan =>
  planPartitions(schema, {}, hasEngines)

const sym = column('sym', 'SYMBOL')
const price = column('price', 'DOUBLE')
const week = span([2020, 1, 1], [2020, 1, 7])

t.test('one partition per day, month or year', async t => {
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

t.test('if a day is too large, a hash of the symbol divides it', async t => {
  const { levels } = planOf(schema(2 * 10 ** 9, column('time', 'TIMESTAMP', week), sym, price))
  t.match(levels, [{ kind: 'VALUE' }, { kind: 'HASH', columnName: 'sym', scheme: '[SYMBOL, 20]' }])
})

t.test('a column with nulls is not used to partition by', async t => {
  const time = column('time', 'DATE', { ...week, nulls: 1 })
  t.match(planOf(schema(10, time, sym)).levels, [{ kind: 'HASH', columnName: 'sym' }])
  t.match(planOf(schema(10, time, column('id', 'INT'))).levels, [{ columnName: 'id' }])
  t.throws(() => planOf(schema(10, time, price)), /partitioned by, and .*would take time without/)
  t.throws(() => planOf(schema(10, price)), /partitioned by, and .*has none: make/)
})

t.test('a date column that contains 9999.12.31 is not used to partition by', async t => {
  const until = column('until', 'DATE', span([2020, 1, 1], [9999, 12, 31]))
  const from = column('from', 'DATE', week)
  t.match(planOf(schema(10, until, from)).levels, [{ columnName: 'from' }])
})

t.test('TSDB if there is a column to sort by', async t => {
  const plan = (...columns: InferredColumn[]) => planOf(schema(10, ...columns))
  const moment = column('time', 'TIMESTAMP', week)
  t.match(plan(moment, sym), { engine: 'TSDB', sortColumns: ['sym', 'time'] })
  t.match(plan(moment, price), { engine: 'OLAP', sortColumns: [] })
  const day = column('day', 'DATE', week)
  const expected = { engine: 'TSDB', sortColumns: ['sym', 'day'], engineReason: /of a code/ }
  t.match(plan(day, sym), expected)
  t.match(plan(day, column('weather', 'SYMBOL')), { engine: 'OLAP' })
  const clock = column('TradeTime', 'TIME')
  const code = column('SecurityID', 'STRING')
  t.match(plan(day, clock, column('side', 'SYMBOL'), code), {
    sortColumns: ['SecurityID', 'TradeTime'],
  })
  t.match(planOf(schema(10, moment, sym), false), { engine: 'OLAP', engineReason: /before 2\.00/ })
})

t.test('tables with arrays are never OLAP, and are sorted as both manuals allow', async t => {
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
  const array = column('a', 'INT[]')
  t.throws(() => planOf(schema(10, moment, array)), /sorted by; .*has none: make/)
  const nullable = column('who', 'STRING', { nulls: 1 })
  t.throws(() => planOf(schema(10, moment, nullable, array)), /sorted by; .*would take who without/)
})

t.test('sizes', async t => {
  const text = column('text', 'STRING', { textBytes: 1000 })
  t.equal(tableBytes(schema(10, text, sym, price)), 10 * (14 + 4 + 8))
})
