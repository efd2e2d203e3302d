/* Runs that create their target before they load. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { LoadReport } from '../../../src/load/options.js'
import { startLoadServer } from '../../helpers/load-server.js'
import { deepTest } from '../../helpers/runs.js'
import { cells } from '../../helpers/values.js'

const csv = 'time,sym,price\n2020.01.02T09:30:00,A,1.5\n2020.01.03T09:30:00,A,2.5\n'

async function scene(t: Test) {
  const notices: string[] = []
  const { load, rows } = await startLoadServer(t, '')
  return {
    ...{ load, rows, notices, onNotice: (notice: string) => void notices.push(notice) },
    fileOf: (text: string, name = 'a.csv') => join(t.testdir({ [name]: text }), name),
  }
}

const fresh = { table: 'fresh', create: 'stream' } as const
const freshDfs = { table: 'dfs://fresh/t', create: 'dfs' } as const

t.test('a missing table is created once and filled', async t => {
  const { load, rows, notices, onNotice, fileOf } = await scene(t)
  const path = fileOf(csv)
  for (const target of [fresh, freshDfs]) {
    notices.length = 0
    t.match(await load(path, { target, onNotice }), { exitCode: 0, rows: { confirmed: 2 } })
    const made = `created "${target.table}": time DATETIME, sym SYMBOL, price DOUBLE`
    t.ok(notices.includes(made), notices.join('\n'))
    notices.length = 0
    t.match(await load(path, { target, onNotice }), { exitCode: 0, rows: { confirmed: 2 } })
    t.ok(notices.includes(`"${target.table}" exists: nothing is created`), notices.join('\n'))
  }
  t.strictSame(await rows('select count(*) from fresh'), [['4']])
  t.strictSame(await rows('select count(*) from loadTable("dfs://fresh", "t")'), [['4']])
})

t.test('bad cells that become null need no rejects file', async t => {
  const { load, fileOf } = await scene(t)
  const lines = Array.from({ length: 300 }, (_, i) => `${i},${i}\n`).join('')
  const cells = { lenient: true }
  const target = { table: 'nulled', create: 'stream' } as const
  const path = fileOf(`a,n\n${lines}301,x\n`)
  t.match(await load(path, { target, cells }), { exitCode: 0, rows: { confirmed: 301 } })
  const ragged = fileOf(`a,n\n${lines}301,x,y\n`)
  const refused = await load(ragged, { target: { ...target, table: 'other' }, cells })
  t.match(refused, { exitCode: 64, error: { message: /FILE for 1 row that does not fit/ } })
})

t.test('the run reports the file that it examines, and then its progress', async t => {
  const { load } = await scene(t)
  const dir = t.testdir({ 'a.csv': csv, 'b.csv': csv, 'c.csv': csv })
  const reports: LoadReport[] = []
  const target = { table: 'watched', create: 'stream' } as const
  const inputs = ['a', 'b', 'c'].map(name => join(dir, `${name}.csv`))
  t.match(await load(inputs, { target, onReport: one => reports.push(one) }), { exitCode: 0 })
  // On a slow machine the run also reports `connecting`, before and after `looking`.
  const phases = reports.map(({ phase }) => phase).filter(phase => phase !== 'connecting')
  const order = ['looking', 'loading', 'confirming', 'done']
  t.equal(phases[0], 'looking')
  const places = phases.map(phase => order.indexOf(phase))
  const sorted = places.toSorted((a, b) => a - b)
  t.strictSame(places, sorted)
  const [first] = reports.filter(({ phase }) => phase === 'looking')
  t.match(first, { input: { number: 1, count: 3 }, rows: { read: 0 } })
  t.match(reports.at(-1), { bytesRead: 3 * csv.length })
})

t.test('a table that another process creates meanwhile keeps its rows, and gets ours', async t => {
  const columns = '`time`sym`price, [DATETIME,SYMBOL,DOUBLE]'
  const stream = `share streamTable(1:0, ${columns}) as fresh; tableInsert(objByName("fresh"), 2020.01.01T00:00:00, \`B, 0.5)`
  const database = 'db = database("dfs://fresh", VALUE, 2020.01.01..2020.01.03)'
  const dfs = `t = database("dfs://fresh").createPartitionedTable(table(1:0, ${columns}), \`t, \`time); tableInsert(t, table([2020.01.01T00:00:00] as time, [\`B] as sym, [0.5] as price))`
  const looks = ['exec count(*) from objs(true)', 'existsTable(']
  const created = '// For '
  for (const [target, name, made] of [
    [fresh, '"fresh" exists: nothing is created', [[looks[0], stream]]],
    [fresh, '"fresh" was created by somebody else in the meantime', [[created, stream]]],
    [
      freshDfs,
      'was created by somebody else',
      [
        [created, database],
        [looks[1], undefined],
        [looks[1], dfs],
      ],
    ],
  ] as const) {
    const notices: string[] = []
    const left = [...made]
    const here = await startLoadServer(t, '', {
      faults: {
        before({ text }) {
          const [next] = left
          if (next === undefined || !text.startsWith(next[0]!)) return undefined
          left.shift()
          return next[1] === undefined
            ? undefined
            : { until: Promise.resolve().then(() => here.session.run(next[1])) }
        },
      },
    })
    const path = join(t.testdir({ 'a.csv': csv }), 'a.csv')
    const onNotice = (notice: string): void => void notices.push(notice)
    const result = await here.load(path, { target, onNotice })
    t.match(result, { exitCode: 0, rows: { confirmed: 2 } }, name)
    t.ok(
      notices.some(one => one.includes(name)),
      notices.join('\n'),
    )
    const rows = target === fresh ? 'fresh' : 'loadTable("dfs://fresh", "t")'
    t.strictSame(await here.rows(`select count(*) from ${rows}`), [['3']])
  }
})

t.test('if nothing shows whether the first record is a header, no table is created', async t => {
  const { load, rows } = await scene(t)
  const target = fresh
  const late = `1,a\n${'2,b\n'.repeat(90)}x,c\n`
  const dir = t.testdir({
    'a.csv': 'alice,bob\ncarol,dave\n',
    'b.csv': 'country,2019\nfr,5\n',
    'c.csv': late,
  })
  for (const name of ['a.csv', 'b.csv', 'c.csv']) {
    const result = await load(join(dir, name), { target })
    t.match(result, { exitCode: 64, error: { message: /`input\.header` to yes or no/ } }, name)
    t.strictSame(await rows('select name from objs(true) where name = "fresh"'), [], name)
  }
  const input = { header: 'yes' } as const
  const made = await load(join(dir, 'b.csv'), { target, input })
  t.match(made, { exitCode: 64, error: { message: /`mapping\.map` c2019=2019/ } })
  const mapping = { map: { c2019: '2019' } }
  for (const change of [{ input, mapping }, { mapping }]) {
    const result = await load(join(dir, 'b.csv'), { target, ...change })
    t.match(result, { exitCode: 0, rows: { confirmed: 1 } })
  }
  t.strictSame(await rows('select distinct * from fresh'), [['fr', '5']])
})

t.test('options that the table needs must be given, so that every run uses them', async t => {
  const { load, rows, fileOf } = await scene(t)
  const target = fresh
  const path = fileOf('{"a":{"b":1},"t":["x"]}\n{"c":"31/12/2020"}\n', 'a.ndjson')
  const { exitCode, error } = await load(path, { target })
  t.equal(exitCode, 64)
  t.equal(
    error?.message,
    'nothing was created: to fill the table that suits the input, this run and later ones also need ' +
      '`mapping.map` a_b=a.b, `cells.dateFormats` c=dd/MM/yyyy, `mapping.allowMissing`, `mapping.ignoreExtra`',
  )
  const said = {
    target,
    mapping: { map: { a_b: 'a.b' }, allowMissing: true, ignoreExtra: true },
    cells: { dateFormats: { c: 'dd/MM/yyyy' } },
  }
  t.match(await load(path, said), { exitCode: 0, rows: { confirmed: 2 } })
  t.strictSame(await rows('select * from fresh'), cells('1,', ',2020.12.31'))
})

const reservedCsv = 'DATE,SYMBOL,pi,price\n2020.01.02,A,1,1.5\n2020.01.03,A,2,2.5\n'

t.test('columns named like reserved words get other names', async t => {
  const { load, rows, notices, onNotice, fileOf } = await scene(t)
  const path = fileOf(reservedCsv)
  const target = freshDfs
  t.match(await load(path, { target }), {
    exitCode: 64,
    error: { message: /nothing was created.* need `mapping\.map` pi_=pi$/ },
  })
  const mapping = { map: { pi_: 'pi' } }
  t.match(await load(path, { target, mapping, onNotice }), { exitCode: 0, rows: { confirmed: 2 } })
  const isTold = notices.some(text => /^date: "DATE" is a reserved word of DolphinDB/.test(text))
  t.ok(isTold, notices.join('\n'))
  t.match(await load(path, { target, mapping }), { exitCode: 0, rows: { confirmed: 2 } })
  const stored = await rows('select distinct pi_ from loadTable("dfs://fresh", "t") order by pi_')
  t.strictSame(stored, [['1'], ['2']])
})

t.test('members of JSON are mapped by their exact names', async t => {
  const { load, fileOf } = await scene(t)
  const path = fileOf('{"DATE":"2020.01.02"}\n', 'a.ndjson')
  const target = fresh
  const expected = { exitCode: 64, error: { message: /need `mapping\.map` date=DATE$/ } }
  t.match(await load(path, { target }), expected)
  const mapping = { map: { date: 'DATE' } }
  t.match(await load(path, { target, mapping }), { exitCode: 0, rows: { confirmed: 1 } })
})

t.test('members that no column can take are named, before they are left out and after', async t => {
  const { load, rows, notices, onNotice, fileOf } = await scene(t)
  const path = fileOf('{"id":1,"tags":["a"]}\n{"id":2,"tags":["b"]}\n', 'a.ndjson')
  const left = (): string[] => notices.filter(one => one.startsWith('tags: left out, its arrays'))
  const refusal = { exitCode: 64, error: { message: /also need `mapping.ignoreExtra`/ } }
  t.match(await load(path, { target: fresh, onNotice }), refusal)
  t.equal(left().length, 1)
  const ignoring = { target: fresh, onNotice, mapping: { ignoreExtra: true } }
  t.match(await load(path, ignoring), { exitCode: 0 })
  t.equal(left().length, 2)
  t.strictSame(await rows('select * from fresh'), [['1'], ['2']])
})

t.test('a run with a name creates its table once', async t => {
  const { load, notices, onNotice } = await scene(t)
  const folder = t.testdir({ 'a.csv': csv })
  const target = freshDfs
  const named = { target, onNotice, runId: 'r', journal: { folder } }
  t.match(await load(join(folder, 'a.csv'), named), { exitCode: 0, rows: { confirmed: 2 } })
  t.match(await load(join(folder, 'a.csv'), named), { exitCode: 0, rows: { skipped: 2 } })
  t.ok(notices.includes('already loaded'))
})

t.test('inputs that can be read only once are refused', async t => {
  const { load } = await scene(t)
  const target = fresh
  await t.rejects(load('-', { target }), { code: 'DDB_USAGE', message: /standard input/ })
  const pipe = join(t.testdir(), 'pipe')
  execFileSync('mkfifo', [pipe])
  t.match(await load(pipe, { target }), { exitCode: 64, error: { message: /does not allow/ } })
})

t.test('a kind that does not fit the name, and a kind for a function, are refused', async t => {
  const { load } = await scene(t)
  for (const target of [
    { table: 'fresh', create: 'dfs' },
    { table: 'dfs://fresh/t', create: 'stream' },
    { function: 'f', types: 'a:INT', create: 'stream' },
  ] as const) {
    await t.rejects(load('x.csv', { target }), { code: 'DDB_USAGE', message: /target\.create/ })
  }
})

t.test('for an upsert no table without a key is created', async t => {
  const { load, rows, fileOf } = await scene(t)
  const target = { ...fresh, method: 'upsert', keyColumns: ['id'] } as const
  const refused = { exitCode: 64, error: { message: /an upsert needs a key/ } }
  t.match(await load(fileOf('id,v\n1,2\n'), { target }), refused)
  t.strictSame(await rows('select name from objs(true) where shared'), [])
})

t.test('an input without columns creates no table', async t => {
  const { load, rows, fileOf } = await scene(t)
  t.match(await load(fileOf(''), { target: fresh }), { exitCode: 65 })
  t.strictSame(await rows('select name from objs(true) where shared'), [])
})

t.test('a DFS table is created so that the longest text fits', async t => {
  const { load, rows, fileOf } = await scene(t)
  const path = fileOf(csv.replace('price', 'note').replace('2.5', 'x'.repeat(65_536)))
  const target = { table: 'dfs://long/t', create: 'dfs' } as const
  t.match(await load(path, { target }), { exitCode: 0, rows: { confirmed: 2, rejected: 0 } })
  const [, note] = await rows('select note from loadTable("dfs://long", "t") order by time')
  t.equal(note?.[0]?.length, 65_536)
  t.match(await rows('schema(loadTable("dfs://long", "t"))["colDefs"]'), [[], [], ['note', 'BLOB']])
})

deepTest(t, 'if totals or rows below the table do not fit, the run asks for options', async t => {
  const { load, rows } = await scene(t)
  const days = Array.from({ length: 200 }, (_, i) => `2024-01-02,S${i % 4},${i}`)
  const dir = t.testdir({
    'sums.csv': `day,sym,n\n${days.join('\n')}\n合计,,19900\n`,
    'slip.csv': `day,sym,n\n${days.join('\n').replace(',7\n', ',7x\n')}\n`,
  })
  const target = freshDfs
  const isThere = () => rows('table([existsDatabase("dfs://fresh")] as there)')
  const needs: unknown[] = []
  const onNeeded = (needed: object): void => void needs.push(needed)
  const sums = await load(join(dir, 'sums.csv'), { target, onNeeded })
  t.match(sums, { exitCode: 64, error: { message: /`input\.comment` "合计,"/ } })
  const slip = await load(join(dir, 'slip.csv'), { target, onNeeded })
  t.match(slip, { exitCode: 64, error: { message: /`rejects\.file` FILE for 1 row that/ } })
  t.match(needs, [{ input: { comment: '合计,' } }, { rejects: 1 }])
  t.strictSame(await isThere(), [['false']])
  const rejects = { file: join(dir, 'rejects.csv') }
  t.match(await load(join(dir, 'slip.csv'), { target, rejects }), {
    exitCode: 3,
    rows: { confirmed: 199, rejected: 1 },
  })
  const expected = { exitCode: 0, rows: { confirmed: 200 } }
  t.match(await load(join(dir, 'sums.csv'), { target, input: { comment: '合计,' } }), expected)
  t.strictSame(await rows('select sum(n), count(*) from loadTable("dfs://fresh", "t")'), [
    ['39793', '399'],
  ])
})

t.test('given types are the types of the new table', async t => {
  const { load, rows, fileOf } = await scene(t)
  const path = fileOf(csv)
  const target = { ...fresh, types: 'price:STRING' } as const
  t.match(await load(path, { target }), { exitCode: 0, rows: { confirmed: 2 } })
  t.strictSame(await rows('select price from fresh'), [['1.5'], ['2.5']])
  t.match(await load(path, { target: { ...target, table: 'other', types: 'prise:STRING' } }), {
    exitCode: 64,
    error: { message: /would have no column "prise"/ },
  })
  await t.rejects(load(path, { target: { ...target, types: 'price' } }), { code: 'DDB_USAGE' })
})
