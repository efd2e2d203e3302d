/* Compares the report of a check with the load that follows, and checks that the check leaves the server unchanged. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { check as checkHere } from '../../../src/index.js'
import { checkOn } from '../../../src/load/check/check.js'
import type { CheckOptions, CheckResult } from '../../../src/load/check/check-observer.js'
import { systemPlatform } from '../../../src/platform/system-files.js'
import { root } from '../../helpers/checkout.js'
import {
  asAdmin,
  startLoadServer,
  tradesScript,
  type LoadServer,
} from '../../helpers/load-server.js'
import { deepTest, forAllAsync } from '../../helpers/runs.js'
import { useTurnClock } from '../../helpers/turn-clock.js'

useTurnClock()

const scripts = `${tradesScript}
share table(1:0, \`time\`价格\`a_b, [DATE,DOUBLE,INT[]]) as odd
db = database("dfs://byDay", VALUE, 2020.01.01..2020.01.03)
db.createPartitionedTable(table(1:0, \`day\`id, [DATE,INT]), "t", "day")
both = database("dfs://both", COMPO, [database("", RANGE, 0 10 20), database("", HASH, [SYMBOL, 4])])
both.createPartitionedTable(table(1:0, \`id\`sym, [INT,SYMBOL]), "t", \`id\`sym)
share table(1:0, \`id\`f\`s\`d\`ts\`nt\`ok, [SHORT,FLOAT,STRING,DECIMAL64(2),TIMESTAMP,NANOTIME,BOOL]) as wide
def takeRows(mutable data) { tableInsert(trades, data) }
addFunctionView(takeRows)
createUser("reader", "123456")
grant("reader", TABLE_READ, "dfs://byDay/t")
createUser("nobody", "123456")`

const here = (path: string): string => new URL(path, root).pathname

type Change = Partial<CheckOptions>

function checks(server: LoadServer): (inputs: string[], change?: Change) => Promise<CheckResult> {
  return (inputs, change = {}) =>
    checkOn(systemPlatform, {
      inputs,
      server: asAdmin(server.server),
      target: { table: 'trades' },
      ...change,
    })
}

async function fileOf(t: Test, name: string, text: string | Uint8Array): Promise<string> {
  const path = join(t.testdirName, name)
  if (!existsSync(t.testdirName)) t.testdir()
  await writeFile(path, text)
  return path
}

/** Everything on the server that a check could have changed. */
async function state({ session, rows }: LoadServer): Promise<unknown> {
  const names = await rows(
    'select name, rows, form from objs(true) where shared = true order by name',
  )
  const stored = await session.run('exec count(*) from loadTable("dfs://byDay","t")')
  return [names, stored?.form === 'scalar' && stored.value, await rows('getFunctionViews()')]
}

deepTest(t, 'a check describes the table that load would create, and creates none', async t => {
  const server = await startLoadServer(t, scripts)
  const check = checks(server)
  const before = await state(server)
  const path = await fileOf(t, 'a.csv', 'DATE,v\n2020.01.02,1.5\n2020.01.03,2.5\n')
  for (const target of [
    { table: 'fresh', create: 'stream' },
    { table: 'dfs://fresh/t', create: 'dfs' },
  ] as const) {
    const result = await check([path], { target })
    t.match(result, { exitCode: 0, rows: { read: 2, fit: 2 } })
    const said = result.notices.join('\n')
    t.match(said, `"${target.table}" would be created: date DATE, v DOUBLE`)
    t.match(said, 'date: "DATE" is a reserved word of DolphinDB')
  }
  t.match(await check([path], { target: { table: 'dfs://byDay/u', create: 'dfs' } }), {
    exitCode: 65,
    error: { message: /byDay" already exists.*createPartitionedTable\(table\(1:0, / },
  })
  t.strictSame(await state(server), before)
  t.match(await server.session.run('existsDatabase("dfs://fresh")'), { value: false })
})

t.test('a check counts rows outside the partitions that load would create', async t => {
  const check = checks(await startLoadServer(t, ''))
  const path = await fileOf(t, 'parts.csv', 'day,n\n2020.01.02,5\n2020.01.03,50\n')
  for (const partition of [
    'range(n,0,10)',
    'day,range(n,0,10)',
    'hash(n,3),range(day,2020.01.01,2020.01.03)',
  ]) {
    const target = { table: 'dfs://fresh/t', create: 'dfs', partition } as const
    const expected = { status: 'rejects', exitCode: 3, rows: { read: 2, fit: 1, rejected: 1 } }
    const result = await check([path], { target, delivery: { connections: 2 } })
    t.match(result, expected, partition)
    t.notMatch(result.notices.join(), 'one connection')
  }
})

t.test('a check reads everything, reports all settings, and changes nothing', async t => {
  const server = await startLoadServer(t, scripts)
  const before = await state(server)
  const result = await checks(server)([here('fixtures/csv/trades-with-bad-rows.csv')])
  t.match(result, {
    ...{ schema: 'ddb-ingest/check/1', status: 'rejects', exitCode: 3, error: null },
    rows: { read: 15, fit: 11, rejected: 4, unfit: 0 },
    target: { table: 'trades', method: 'insert' },
    columns: [
      { name: 'time', type: 'TIMESTAMP', nulls: 0, coerced: 0, rejected: 1 },
      { name: 'sym', type: 'SYMBOL', rejected: 0 },
      { name: 'price', type: 'DOUBLE', rejected: 1 },
      { name: 'id', type: 'INT', rejected: 1 },
    ],
    rejects: { byClass: { parse: 1, type: 3, server: 0 } },
    notices: [/a load stops at the first row that it rejects/],
  })
  const text = '2020.07.04T15:26:38.874'
  const field = { source: 'time', position: 1, text, column: 'time', value: text }
  t.strictSame(result.inputs[0]!.fields[0], field)
  const places = result.problems.map(({ lineNumber, columnName }) => `${lineNumber} ${columnName}`)
  t.strictSame(places, ['10 time', '11 price', '12 null', '13 id'])
  t.strictSame(await state(server), before)
})

deepTest(t, 'the frozen settings contain everything that was detected', async t => {
  const check = checks(await startLoadServer(t, scripts))
  const zipped = gzipSync('Time;SYM;price;id\n2020.01.01T00:00:00Z;A;1,5;1\n')
  const path = await fileOf(t, 'a.csv.gz', zipped)
  const { frozen, inputs } = await check([path])
  t.strictSame(frozen, [
    {
      inputs: [path],
      input: {
        ...{ format: 'csv', compression: 'gzip', encoding: 'utf-8', delimiter: ';', quote: '"' },
        ...{ escape: '"', header: 'yes', trailingDelimiter: false },
      },
      mapping: { match: 'name', map: { time: 'Time', sym: 'SYM' } },
      cells: { decimalComma: true, offsets: { time: '+00:00' } },
    },
  ])
  t.match(inputs[0]!.fields[2], { source: 'price', text: '1,5', value: '1.5' })
})

deepTest(t, 'inputs with the same settings become one load, with the empty inputs', async t => {
  const server = await startLoadServer(t, scripts)
  const folder = t.testdir({
    'a.csv': 'time,sym,price,id\n2020.01.01,A,1,1\n',
    'b.csv': '',
    'c.tsv': 'time\tsym\tprice\tid\n2020.01.01\tA\t1\t1\n',
    'd.csv': 'time,sym,price,id\n2020.01.01,A,1,1\n',
  })
  const { frozen, status, rows, exitCode } = await checks(server)([`${folder}/*`])
  t.match({ status, rows, exitCode }, { status: 'fits', rows: { read: 3, fit: 3 }, exitCode: 0 })
  const ends = frozen.map(one => one.inputs.map(path => path.slice(-5)))
  t.strictSame(ends, [['a.csv', 'd.csv', 'b.csv'], ['c.tsv']])
})

t.test('a check accepts inputs without rows, and reports what it can', async t => {
  const check = checks(await startLoadServer(t, scripts))
  const inputs = [{ fields: [], isWhole: true }]
  t.match(await check([await fileOf(t, 'a.csv', '')]), {
    ...{ status: 'fits', exitCode: 0, inputs, frozen: [{ mapping: {} }] },
  })
  const fields = [{ source: 'time', column: 'time', text: null, value: null }]
  t.match(await check([await fileOf(t, 'b.csv', 'time,sym,price,id\n')]), {
    ...{ status: 'fits', rows: { read: 0 }, inputs: [{ fields }] },
  })
})

t.test('if no input can be loaded, the code is 65 and the error the first reason', async t => {
  const check = checks(await startLoadServer(t, scripts))
  const bad = await check([await fileOf(t, 'a.csv', 'time,sym,price,id\nx,A,1,1\ny,B,1,1\n')])
  t.match(bad, {
    ...{ status: 'failed', exitCode: 65, rows: { read: 2, fit: 0, rejected: 2 } },
    inputs: [{ fields: [{ text: 'x', value: null }] }],
    error: { code: 'DDB_INPUT_CELL', message: /no row would load; the first one: .*line 2/ },
  })
  const columns = await fileOf(t, 'b.csv', 'time,symbol,price,id\n2020.01.01,A,1,1\n')
  const other = await fileOf(t, 'c.csv', 'time,sym,price,id\n2020.01.01,A,1,1\n')
  t.match(await check([columns, other]), {
    ...{ status: 'failed', exitCode: 65 },
    error: { code: 'DDB_INPUT_COLUMN', message: /no column "sym"/ },
    rows: { read: 2, fit: 1, rejected: 0, unfit: 1 },
    inputs: [
      { fields: [{ source: 'time', text: '2020.01.01', column: null }, { text: 'A' }, {}, {}] },
      { fields: [{ column: 'time', value: '2020.01.01T00:00:00.000' }, {}, {}, {}] },
    ],
  })
})

deepTest(t, 'without a target the inputs are still checked', async t => {
  const server = await startLoadServer(t, scripts)
  const check = checks(server)
  const path = here('fixtures/csv/trades.csv')
  const json = await fileOf(t, 'a.json', '[{"a":{"b":1e2,"c":[1]},"价":"x"}]')
  const fields = [{ source: 'time', position: 1, column: null, value: null }, {}, {}, {}]
  t.match(await check([path], { target: { table: 'tradse' } }), {
    ...{ status: 'failed', exitCode: 78, rows: { read: 100, fit: 0, unfit: 100 }, columns: [] },
    error: { code: 'DDB_TARGET', message: /Did you mean "trades"/ },
    inputs: [{ fields, detected: { delimiter: { value: ',' } } }],
  })
  t.match((await check([json], { target: { table: 'no' } })).inputs[0]!.fields, [
    { source: 'a.b', text: '1e2' },
    { source: 'a.c', text: '' },
    { source: '价', text: 'x' },
  ])
  const { host, port } = server.server
  const nobody = { host, port, user: 'nobody', password: '123456' }
  t.match(await check([path], { server: nobody, target: { table: 'dfs://byDay/t' } }), {
    ...{ exitCode: 77, error: { code: 'DDB_PRIVILEGE' }, inputs: [{ fields }] },
  })
  await server.server.close()
  t.match(await check([path], { server: { host, port, connectTimeoutMs: 200 } }), {
    ...{ exitCode: 69, error: { code: 'DDB_CONNECT' }, inputs: [{ fields }] },
  })
  t.match(await check(['/no/such.csv']), { exitCode: 66, inputs: [], frozen: [] })
})

t.test('a user with read permission only may run a check', async t => {
  const server = await startLoadServer(t, scripts)
  const { host, port } = server.server
  const before = await state(server)
  const path = await fileOf(t, 'a.csv', 'day,id\n2020.01.01,1\n2020.01.02,2\n2019.01.01,3\n,4\n')
  const result = await checks(server)([path], {
    server: { host, port, user: 'reader', password: '123456' },
    target: { table: 'dfs://byDay/t' },
  })
  t.match(result, { status: 'rejects', exitCode: 3 })
  t.strictSame(await state(server), before)
})

t.test('a sample reads a limited number of records per input', async t => {
  const check = checks(await startLoadServer(t, scripts))
  const rows = Array.from({ length: 10_000 }, (_, i) => `2020.01.01,A,${i % 10},${i}\n`).join('')
  const path = await fileOf(t, 'a.csv', `time,sym,price,id\n${rows}`)
  const small = here('fixtures/csv/trades-with-bad-rows.csv')
  t.match(await check([path, small], { sampleRows: 250 }), {
    rows: { read: 265, fit: 261, rejected: 4 },
    inputs: [{ isWhole: false }, { isWhole: true }],
  })
  const given = { inputs: [path], server: { host: 'h', port: 1 }, target: { table: 't' } }
  await t.rejects(checkHere({ ...given, sampleRows: 0 }), { code: 'DDB_USAGE' })
})

t.test('a list of inputs may be reused after the call', async t => {
  const path = await fileOf(t, 'a.csv', 'id\n1\n')
  const inputs = [path]
  const server = { host: '127.0.0.1', port: 1 }
  const checking = checkHere({ inputs, server, target: { table: 't' } })
  inputs[0] = 'gone.csv'
  t.match(await checking, { inputs: [{ path }] })
})

t.test('standard input, functions, constants, arrays are checked as files and tables', async t => {
  const check = checks(await startLoadServer(t, scripts))
  const stdin = Readable.from(['{"t":"2020.01.01","p":{"q":1.5},"a_b":[1,2]}\n'])
  const odd = { target: { table: 'odd' }, mapping: { map: { time: 't', 价格: 'p.q' } } }
  const fields = [
    { source: 't', position: null, text: '2020.01.01', value: '2020.01.01' },
    { source: 'p.q', text: '1.5', column: '价格', value: '1.5' },
    { source: 'a_b', column: 'a_b', value: '[1,2]' },
  ]
  t.match(await check(['-'], { ...odd, input: { stdin } }), {
    ...{ status: 'fits', inputs: [{ path: '-', fields }] },
    frozen: [{ input: { format: 'ndjson' }, mapping: { match: 'name', map: { time: 't' } } }],
  })
  const path = await fileOf(t, 'a.csv', 'time,sym,id\n2020.01.01,A,1\n')
  const types = 'time:DATE,sym:SYMBOL,price:DOUBLE,id:INT'
  const result = await check([path], {
    target: { function: 'takeRows', types },
    mapping: { set: { price: '7' } },
  })
  t.match(result, { status: 'fits' })
  const field = { source: null, position: null, text: '7', column: 'price', value: '7' }
  t.strictSame(result.inputs[0]!.fields[2], field)
  const days = { target: { function: 'takeRows', types: 'time:DATE,sym:DATE,id:INT' } }
  t.match(await check([path], days), { status: 'failed', rows: { rejected: 1 } })
  const expected = { exitCode: 78, error: { message: /Did you mean "takeRows"/ } }
  t.match(await check([path], { target: { function: 'takeRow', types } }), expected)
})

t.test('a check says whether a load would reach its limit, or was interrupted', async t => {
  const check = checks(await startLoadServer(t, scripts))
  const inputs = [here('fixtures/csv/trades-with-bad-rows.csv')]
  const limited = { rejects: { file: join(t.testdir(), 'r.csv'), maxErrors: 3 } }
  const notices = [/more than `rejects.maxErrors` allows/]
  t.match(await check(inputs, limited), { exitCode: 3, notices })
  const signal = AbortSignal.abort()
  t.match(await check(inputs, { signal }), { status: 'interrupted', exitCode: 130 })
})

const cell = fc.oneof(
  fc.constantFrom(...'|A|1|2.5|1,5|2020.01.01|3000000000|n/a|"x|2020-02-30'.split('|')),
  fc.integer({ min: -5, max: 25 }).map(String),
)
const line = fc.oneof(
  {
    arbitrary: fc.tuple(fc.constantFrom('1', '15', '25', '', 'x'), fc.constantFrom('A', 'B', '')),
    weight: 5,
  },
  { arbitrary: fc.array(cell, { maxLength: 3 }), weight: 1 },
)

deepTest(t, 'a check counts the same rows as the load that follows', async t => {
  const server = await startLoadServer(t, scripts)
  const check = checks(server)
  const folder = t.testdir()
  let number = 0
  await forAllAsync(40)(
    fc.array(line, { maxLength: 30 }),
    fc.constantFrom(',', ';', '\t'),
    fc.boolean(),
    async (lines, delimiter, hasHeader) => {
      const path = join(folder, `${number++}.csv`)
      const header = hasHeader ? `id${delimiter}sym\n` : ''
      await writeFile(path, header + lines.map(one => `${one.join(delimiter)}\n`).join(''))
      const change: Change = {
        target: { table: 'dfs://both/t' },
        rejects: { onError: 'skip', maxErrors: '100%' },
        delivery: { mode: 'sync', batchRows: 7 },
      }
      const found = await check([path], change)
      const loaded = await server.load([path], change)
      const isFailed = found.error !== null && found.rows.fit === 0
      const counts = [found, loaded].map(({ rows, rejects, columns }) => [
        [rows.read, 'fit' in rows ? rows.fit : rows.confirmed, rows.rejected],
        ...[rejects.byCode, columns.map(({ nulls }) => nulls)],
      ])
      if (isFailed && loaded.error !== null) return
      assert.deepEqual(counts[0], counts[1])
    },
  )
})

const wide = 'id,f,s,d,ts,nt,ok\n'

/** Text; the check's statement on each column; the suggested options; whether they make the whole text readable. */
const mended: readonly (readonly [string, RegExp[], object | undefined, boolean])[] = [
  [
    `${wide}1,NA,a,"1,234.50",13/01/2024,93000000,yes\n2,2,b,"3,000.00",14/01/2024,150000000,no\n`,
    [
      /^f: "NA" in 1 of 2 rows is null with `cells.nullTexts` NA$/,
      /^d: 2 of 2 texts are not DECIMAL64\(2\); the first is "1,234.50", .* line 2: `cells.thousands` "," reads them$/,
      /^ts: .*: `cells.dateFormats` ts=dd\/MM\/yyyy reads them$/,
      /^nt: .*: `cells.dateFormats` nt=HHmmssSSS reads them$/,
      /^ok: .*: `cells.booleans` yes\/no reads them$/,
    ],
    {
      nullTexts: ['NA'],
      thousands: ',',
      dateFormats: { ts: 'dd/MM/yyyy', nt: 'HHmmssSSS' },
      booleans: ['yes/no'],
    },
    true,
  ],
  [
    `${wide}1,NA,NA,1,,,\n2,12%,b,2,,,\n`,
    [
      /^f: .* `cells.percentColumns` f reads them$/,
      /^f: "NA" in 1 of 2 rows/,
      /^s: "NA" is null with `cells.nullTexts` NA, as in other columns$/,
    ],
    { nullTexts: ['NA'], percentColumns: ['f'] },
    true,
  ],
  [
    `${wide}1,x,a,1,01/02/2024,,\n2,2,b,2,03/02/2024,,\n`,
    [
      /^f: 1 of 2 texts are not FLOAT; the first is "x", .* line 2$/,
      /^ts: .*dd\/MM\/yyyy or MM\/dd\/yyyy: say which with `cells.dateFormats` ts=FORMAT$/,
    ],
    undefined,
    false,
  ],
  [
    `${wide}1,x,a,1,2024-01-02 9:05 AM,,\n2,2,b,2,2024-01-03 9:06 PM,,\n`,
    [/^f: 1 of 2/, /^ts: .*"ts=yyyy-MM-dd hh:mm aa" reads them$/],
    { dateFormats: { ts: 'yyyy-MM-dd hh:mm aa' } },
    false,
  ],
]

deepTest(t, 'texts that do not fit their columns are reported at once, with options', async t => {
  const server = await startLoadServer(t, scripts)
  for (const [i, [text, said, options, readsAll]] of mended.entries()) {
    for (const match of ['name', 'position'] as const) {
      const path = await fileOf(t, `mended${i}.csv`, text)
      let given: unknown[] = []
      const target = { table: 'wide' }
      const result = await checks(server)([path], {
        target,
        mapping: { match },
        input: { header: 'yes' },
        onNeeded: (...needed) => (given = needed),
      })
      t.equal(result.remedies.length, said.length, result.remedies.join('\n'))
      t.match(result.remedies, said)
      const rejects = readsAll ? 0 : Number
      t.match(given, options === undefined ? [] : [{ cells: options, rejects }, true])
      if (options === undefined) t.equal(given.length, 0)
      const cells = options ?? {}
      const change = { target, cells, mapping: { match }, input: { header: 'yes' } } as const
      const again = await checks(server)([path], change)
      if (readsAll) t.match(again, { status: 'fits', remedies: [] })
    }
  }
})

t.test('options are no advice if no row would load even with them', async t => {
  const server = await startLoadServer(t, scripts)
  for (const [first, isAdvised] of [
    ['2020-01-01', true],
    ['01/03/2020', false],
  ] as const) {
    const text = `time,price\n${first},"1,000"\n01/02/2020,"1,500"\n`
    let advised = 0
    const { remedies } = await checks(server)([await fileOf(t, 'vain.csv', text)], {
      mapping: { allowMissing: true },
      onNeeded: () => advised++,
    })
    t.match(remedies.at(-1), /^price: .*`cells.thousands` "," reads them$/)
    t.equal(advised > 0, isAdvised, first)
  }
})

t.test('if a template does not fit its column, the line and the format are reported', async t => {
  const server = await startLoadServer(t, scripts)
  const path = await fileOf(t, 'set.csv', 'id,day,time\n1,20240102,93000000\n')
  const { remedies } = await checks(server)([path], {
    target: { table: 'wide' },
    mapping: { set: { ts: '{day} {time}' }, allowMissing: true },
  })
  t.match(remedies, [
    /^ts: 1 of 1 .* line 2: `cells.dateFormats` "ts=yyyyMMdd HHmmssSSS" reads them$/,
  ])
})

t.test('columns of a table that no script could create get their options, too', async t => {
  const names = ['a b', "it's", '价 格']
  const script = `share(streamTable(1:0, ${JSON.stringify(names)}, [INT, DATE, DOUBLE]), "odd")`
  const server = await startLoadServer(t, script)
  const path = await fileOf(t, 'odd.csv', `${names.join(',')}\n1,03-Jan-2024,"1,234.5"\n`)
  const { remedies } = await checks(server)([path], { target: { table: 'odd' } })
  t.match(remedies, [
    /^it's: 1 of 1 texts are not DATE.*`cells.dateFormats` "it's=dd-MMM-yyyy" reads them$/,
    /^价 格: 1 of 1 texts are not DOUBLE.*`cells.thousands` "," reads them$/,
  ])
})

t.test('no report follows the result', async t => {
  const { server } = await startLoadServer(t, tradesScript)
  const path = await fileOf(t, 'epochs.csv', 'time,sym,price,id\n1704187800123,A,1.5,1\n')
  const { clock } = systemPlatform
  const due = new Set<object>()
  const afterIfAlive: typeof clock.afterIfAlive = (delayMs, callback) => {
    const key = {}
    due.add(key)
    const timer = clock.afterIfAlive(delayMs, () => {
      due.delete(key)
      callback()
    })
    return { cancel: () => (due.delete(key), timer.cancel()) }
  }
  const phases: string[] = []
  const { remedies } = await checkOn(
    { ...systemPlatform, clock: { ...clock, afterIfAlive } },
    {
      inputs: [path],
      server: { host: server.host, port: server.port },
      target: { table: 'trades' },
      onReport: ({ phase }) => phases.push(phase),
    },
  )
  t.match(remedies, [/epoch:ms/], 'the inputs were read once more, to find options')
  t.equal(phases.at(-1), 'done')
  t.equal(due.size, 0, 'and no report is still to come')
})

t.test('symbols and epochs of a column that the file lacks are not looked at', async t => {
  const script = 'share streamTable(1:0, `a`s`t`c, [INT,SYMBOL,TIMESTAMP,INT]) as target'
  const check = checks(await startLoadServer(t, script))
  for (const text of ['a\n1\n', 'a,c\n1, 2\n', 'a,c,d\n1, 2, 3\n']) {
    const notices: string[] = []
    const result = await check([await fileOf(t, 'lacks.csv', text)], {
      target: { table: 'target' },
      cells: { dateFormats: { t: 'time=epoch:ms' } },
      onNotice: notice => notices.push(notice),
    })
    t.match(result, { exitCode: 65 }, JSON.stringify(result.error))
    t.notMatch(notices.join(), /blanks/)
  }
})
