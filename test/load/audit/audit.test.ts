/* Audits of tables on an embedded server: what is there, what is not, and the files that make up for it. */
import { execFileSync } from 'node:child_process'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { auditOn } from '../../../src/load/audit/audit.js'
import { checkOn } from '../../../src/load/check/check.js'
import { connectTyped as connect } from '../../../src/client/open-session.js'
import type { AuditOptions, AuditResult } from '../../../src/load/audit/audit-result.js'
import { ledgerName } from '../../../src/load/register/register.js'
import { ledgerScript, writerRow } from '../../../src/load/transport/script.js'
import { systemPlatform } from '../../../src/platform/system-files.js'
import { type Faults } from '../../../src/server/index.js'
import { filesOn } from '../../helpers/failing-files.js'
import {
  startServerFor,
  asAdmin,
  startLoadServer,
  type LoadServer,
} from '../../helpers/load-server.js'
import { useTurnClock } from '../../helpers/turn-clock.js'

useTurnClock()

const columns = '`day`sym`price`id, [DATE,SYMBOL,DOUBLE,INT]'
const tables = [
  { table: 'trades', script: `share streamTable(10:0, ${columns}) as trades` },
  { table: 'plain', script: `share table(10:0, ${columns}) as plain` },
  {
    table: 'dfs://byDay/t',
    script: `db = database("dfs://byDay", VALUE, 2020.01.01..2020.01.03)
db.createPartitionedTable(table(1:0, ${columns}), "t", "day")`,
  },
  {
    table: 'dfs://ranges/t',
    script: `ranges = database("dfs://ranges", COMPO, [database("", RANGE, 0 100 200 1000), database("", HASH, [SYMBOL, 3])])
ranges.createPartitionedTable(table(1:0, ${columns}), "t", \`id\`sym)`,
  },
]

const header = 'day,sym,price,id\n'
const lineOf = (id: number): string => `2020.01.0${1 + (id % 3)},S${id % 7},${id / 4},${id}\n`
const csv = header + Array.from({ length: 900 }, (_, id) => lineOf(id)).join('')

async function scene(
  t: Test,
  { table, script }: (typeof tables)[number],
  text = csv,
  faults: Faults = {},
  version = '3.00.5',
) {
  const settings = { persistenceDir: 'somewhere' }
  const here = await startLoadServer(t, script, { settings, faults, version })
  const folder = t.testdir()
  const path = join(folder, 'in.csv')
  await writeFile(path, text)
  const server = asAdmin(here.server)
  const [, database, name] = /^(dfs:.*)\/(.*)$/.exec(table) ?? []
  return {
    ...here,
    path,
    rest: join(folder, 'rest.csv'),
    expression: database === undefined ? table : `loadTable("${database}", "${name}")`,
    load: (...[inputs, change]: Parameters<LoadServer['load']>) =>
      here.load(inputs, { target: { table }, ...change }),
    audit: (change?: Partial<AuditOptions>) =>
      auditOn(systemPlatform, { inputs: [path], server, target: { table }, ...change }),
    check: (certificate: AuditResult) => auditOn(systemPlatform, { certificate, server }),
  }
}

t.test('rows are named with the time zone offset that the audit has found before them', async t => {
  const script = `share table(10:0, \`at\`id, [TIMESTAMP,INT]) as trades
share table(10:0, \`at\`id, [TIMESTAMP,INT]) as others`
  // The first row after each batch has an offset that is rejected.
  const isOther = (id: number): boolean => id % 2 === 1
  const lines = Array.from(
    { length: 60_000 },
    (_, id) => `2024-01-02T10:00:00+0${isOther(id) ? 9 : 8}:00,${id}\n`,
  )
  const one = { table: 'trades', script }
  const { path, rest, load, audit, session } = await scene(t, one, `at,id\n${lines.join('')}`)
  t.match(await load(path, { rejects: { onError: 'skip', maxErrors: '100%' } }), {
    rows: { rejected: 30_000 },
  })
  await session.run('tableInsert(others, select * from trades where id != 50004)')
  const found = await audit({ target: { table: 'others' }, missing: rest })
  t.match(found, { status: 'missing', rows: { missing: 1, rejected: 30_000 } })
  t.equal(await readFile(rest, 'utf8'), `at,id\n${lines[50_004]}`)
})

t.test('rows on days that an old server misreads do not seem to be missing', async t => {
  const script = `db = database("dfs://byMonth", VALUE, 2020.01M..2020.03M)
db.createPartitionedTable(table(1:0, ${columns}), "t", "day")`
  const one = { table: 'dfs://byMonth/t', script }
  const { path, load, audit, session } = await scene(t, one, csv, {}, '2.00.9')
  const journal = { folder: join(dirname(path), 'state') }
  for (let times = 0; times < 2; times++) t.match(await load(path, { journal }), { exitCode: 0 })
  t.match(await audit(), { status: 'complete', rows: { found: 900, missing: 0 } })
  const asked = 'exec count(*) from loadTable("dfs://byMonth", "t") where day = 2020.01.01'
  t.match(await session.run(asked), { value: 0n })
})

t.test('an audit and a check decode the texts of a batch once, not for each row', async t => {
  const one = { table: 'texts', script: 'share table(1:0, `a`b, [STRING,STRING]) as texts' }
  const { path, load, audit, server } = await scene(t, one, `a,b\n${'some text,\n'.repeat(3000)}`)
  await load(path)
  await writeFile(path, `a,b\n${'another,\n'.repeat(3000)}`)
  const { prototype } = Buffer as { prototype: { toString: (this: unknown) => string } }
  const toText = t.capture(prototype, 'toString', prototype.toString)
  t.match(await audit(), { rows: { missing: 3000 } })
  const options = { inputs: [path], server: asAdmin(server), target: { table: 'texts' } }
  t.match(await checkOn(systemPlatform, options), { exitCode: 0 })
  t.ok(toText().filter(({ receiver }) => (receiver as Buffer).length >= 3000).length < 100)
})

for (const one of tables) {
  t.test(`${one.table}: rows are found, others counted, lost ones named and loaded`, async t => {
    const { path, rest, load, audit, check, session, expression, rows } = await scene(t, one)
    t.match(await load(path), { exitCode: 0 })
    const whole = await audit({ exact: true })
    t.match(whole, { status: 'complete', exitCode: 0, rows: { found: 900, missing: 0, others: 0 } })
    t.match(await check(whole), { status: 'complete', exitCode: 0 })

    await session.run(
      `tableInsert(${expression}, table([2020.01.01, 2020.01.01] as day, ["S0", "S9"] as sym, [5.25, 7.5] as price, [21, 22] as id))`,
    )
    const more = await audit()
    t.match(
      more,
      {
        exitCode: 0,
        rows: { found: 900, missing: 0, others: 2, repeated: 1 },
        lines: { repeated: [{ firstLine: 23, lastLine: 23 }] },
        digest: null,
      },
      'line 23 is there twice',
    )
    t.equal((await audit({ exact: true })).exitCode, 4)
    await writeFile(path, header)
    t.match(await audit({ exact: true }), { exitCode: 4, rows: { others: 902 } }, 'anywhere')
    // Of a table in memory, a certificate describes the first rows.
    const isStored = one.table.startsWith('dfs:')
    t.match(await check(whole), { exitCode: isStored ? 4 : 0 })

    await writeFile(
      path,
      csv.replace(lineOf(40), '2020.01.02,S5,11,40\n') + lineOf(990) + lineOf(991),
    )
    t.match(
      await audit({ missing: rest }),
      {
        exitCode: 4,
        rows: { found: 899, missing: 3 },
        lines: {
          missing: [
            { firstLine: 42, lastLine: 42, stored: [{ column: 'price', value: '10' }] },
            { firstLine: 902, lastLine: 903 },
          ],
        },
      },
      'a changed cell and two lost rows',
    )
    const written = await readFile(rest, 'utf8')
    t.equal(written, `${header}2020.01.02,S5,11,40\n${lineOf(990)}${lineOf(991)}`)
    t.match(await load(rest), { exitCode: 0 })
    t.match(await audit(), { exitCode: 0, rows: { found: 902, missing: 0, others: 3 } })
    const [[count] = []] = await rows(`select count(*) from ${expression}`)
    t.equal(count, '905')
  })
}

t.test('an audit that is interrupted leaves no part of the missing rows', async t => {
  const { server, path, rest } = await scene(t, tables[0]!)
  const stop = new AbortController()
  const files = filesOn({
    fails(call, path) {
      if (call === 'create' && path === rest) stop.abort()
      return false
    },
  })
  const options = { inputs: [path], server: asAdmin(server), target: { table: 'trades' } }
  const asked = { ...options, missing: rest, signal: stop.signal }
  const found = await auditOn({ ...systemPlatform, files }, asked)
  t.match(found, { status: 'interrupted', missingFiles: [] })
  t.strictSame(await readdir(dirname(rest)), ['in.csv'])
})

t.test('a table without the rows: every line is missing, and the file is the input', async t => {
  const { path, rest, audit } = await scene(t, tables[2]!)
  t.match(await audit({ missing: rest }), {
    exitCode: 4,
    rows: { found: 0, missing: 900, table: 0 },
    lines: { missing: [{ firstLine: 2, lastLine: 901, stored: null }] },
  })
  t.equal(await readFile(rest, 'utf8'), await readFile(path, 'utf8'))
  t.match(await audit({ missing: rest }), { exitCode: 73, rows: { input: 0 } }, 'the file is kept')
})

t.test('rejected rows and rows outside the partitions are not expected', async t => {
  const text = `${csv}2020.01.01,S1,bad,5\n2020.01.02,S1,1,5000\n2020.01.02,S1,1,\n`
  const { path, rest, load, audit } = await scene(t, tables[3]!, text)
  t.match(await load(path, { target: { table: 'dfs://ranges/t' }, rejects: { onError: 'skip' } }), {
    exitCode: 3,
  })
  t.match(await audit({ missing: rest }), {
    ...{ exitCode: 3, status: 'complete', missingFiles: [] },
    rows: { input: 903, found: 900, missing: 0, rejected: 1, outside: 2 },
  })
})

const keyed = {
  first: 'share keyedStreamTable(`id, 10:0, `id`v, [INT,DOUBLE]) as k',
  last: 'share keyedTable(`id, 10:0, `id`v, [INT,DOUBLE]) as k',
}
for (const [keeps, script] of Object.entries(keyed)) {
  t.test(`of each key, the ${keeps} row counts`, async t => {
    const text = `id,v\n${Array.from({ length: 90 }, (_, i) => `${i % 30},${i}\n`).join('')}`
    const { path, rest, load, audit, session } = await scene(t, { table: 'k', script }, text)
    t.match(await load(path), { exitCode: 0 })
    t.match(await audit(), { exitCode: 0, rows: { found: 30, replaced: 60, others: 0 } })
    await session.run('tableInsert(k, 77, 1.0)')
    await writeFile(path, `${text}31,5\n`)
    t.match(await audit({ missing: rest }), {
      exitCode: 4,
      rows: { found: 30, missing: 1, others: 1 },
      lines: { missing: [{ firstLine: 92 }] },
    })
    await writeFile(path, keeps === 'last' ? `${text}7,-1\n` : text.replace('7,7\n', '7,-1\n'))
    await rm(rest)
    await rm(`${rest}.reasons.ndjson`)
    const expected = {
      ...{ status: 'undecided', exitCode: 75, missingFiles: [] },
      rows: { found: 29, missing: 0, changed: 1 },
      lines: { changed: [{ stored: [{ column: 'v', value: keeps === 'last' ? '67' : '7' }] }] },
    }
    t.match(await audit({ missing: rest }), expected, 'another writer may have changed the row')
  })
}

t.test('a table made again has another certificate', async t => {
  const { path, load, audit, check, session } = await scene(t, tables[2]!)
  await load(path)
  const certificate = await audit()
  await session.run(`dropTable(database("dfs://byDay"), "t")
createPartitionedTable(database("dfs://byDay"), table(1:0, ${columns}), "t", "day")`)
  await load(path)
  t.match(await check(certificate), { exitCode: 75, error: { code: 'DDB_TARGET_CHANGED' } })
  t.match(await check(await audit()), { exitCode: 0 })
})

t.test('a database may be called like the password', async t => {
  const script = tables[2]!.script.replace('byDay', '123456')
  const { path, load, audit, check } = await scene(t, { table: 'dfs://123456/t', script })
  await load(path)
  const certificate = await audit()
  t.equal(certificate.table, 'dfs://123456/t')
  t.strictSame((await check(certificate)).notices, [])
  const target = { ...certificate.target, host: '10.0.0.1:8848' }
  const elsewhere = { exitCode: 0, notices: [/the certificate is of 10\.0\.0\.1:8848, not of /] }
  t.match(await check({ ...certificate, target }), elsewhere)
})

t.test('anything but a certificate is refused', async t => {
  const { path, load, audit, check } = await scene(t, tables[2]!)
  await load(path)
  const certificate = await audit()
  const { ranges, digest } = certificate
  const [range] = ranges
  const spoilt: readonly object[] = [
    ...[{ digest: null }, { digest: { ...digest, key: 'abc' } }, { columns: [{}] }, { rows: {} }],
    ...[{ ranges: [{ ...range, type: 'NO' }] }, { ranges: [{ ...range, low: 'x' }] }],
    ...[{ ranges: undefined }, { schema: 'other' }, { table: null }, { target: {} }],
  ]
  for (const change of spoilt) {
    await t.rejects(check({ ...certificate, ...change }), { code: 'DDB_USAGE' })
  }
  t.match(await check(JSON.parse(JSON.stringify(certificate)) as AuditResult), { exitCode: 0 })
})

const partitionColumns = {
  'a name that a script cannot hold': ['VALUE, 1..3', 'INT', 'my id', (i: number) => 1 + (i % 3)],
  'texts in ranges': ['RANGE, `A`C`Z', 'SYMBOL', 'id', (i: number) => 'ABCD'[i % 4]!],
  'lists of texts': ['LIST, [`A`B, `C`D]', 'SYMBOL', 'id', (i: number) => 'ABCD'[i % 4]!],
  'negative numbers': ['RANGE, -100 0 100 300', 'LONG', 'id', (i: number) => (i % 90) - 50],
  months: [
    ...['VALUE, 2020.01M..2020.03M', 'TIMESTAMP', 'id'],
    (i: number) => `2020.0${1 + (i % 3)}.0${1 + (i % 7)}T00:00:0${i % 10}`,
  ],
} as const
for (const [title, [scheme, type, name, valueOf]] of Object.entries(partitionColumns)) {
  t.test(`partitions by ${title}: each row is read once`, async t => {
    const script = `db = database("dfs://by", ${scheme})
createPartitionedTable(db, table(1:0, ["${name}", "v"], [${type}, INT]), "t", "${name}")`
    const lines = Array.from({ length: 90 }, (_, i) => `${valueOf(i)},${i}\n`)
    const text = `${name},v\n${lines.join('')}`
    const { path, load, audit, session } = await scene(t, { table: 'dfs://by/t', script }, text)
    t.match(await load(path), { exitCode: 0 })
    t.match(await audit({ exact: true }), { exitCode: 0, rows: { found: 90, others: 0 } })
    await session.run('update loadTable("dfs://by", "t") set v = 1000 where v = 7')
    t.match(await audit(), { exitCode: 4, lines: { missing: [{ firstLine: 9, lastLine: 9 }] } })
    const audited = Promise.all([1, 2, 3].map(index => audit({ shard: { index, count: 3 } })))
    if (name === 'my id') {
      await t.rejects(audited, { code: 'DDB_USAGE', message: /shows none/ })
      return
    }
    const shards = await audited
    const sum = (of: (one: AuditResult) => number | null): number =>
      shards.reduce((total, one) => total + (of(one) ?? NaN), 0)
    const inputRows = sum(({ rows }) => rows.input)
    t.equal(inputRows, 90)
    const foundRows = sum(({ rows }) => rows.found)
    t.equal(foundRows, 89)
    const [failed, ...more] = shards.filter(({ exitCode }) => exitCode !== 0)
    t.match(failed, { exitCode: 4, lines: { missing: [{ firstLine: 9, lastLine: 9 }] } })
    t.strictSame(more, [], 'one shard has the row')
  })
}

t.test('shards read their partitions alone, and equal rows of two files together', async t => {
  const { path, load, audit, check, session } = await scene(t, tables[2]!)
  t.match(await load(path), { exitCode: 0 })
  const ofShards = (change: Partial<AuditOptions> = {}): Promise<AuditResult[]> =>
    Promise.all([1, 2].map(index => audit({ ...change, shard: { index, count: 2 } })))
  const whole = await ofShards()
  t.same(whole.map(({ rows }) => rows.table).sort(), [300, 600])
  for (const one of whole) t.match(await check(one), { exitCode: 0 })
  await session.run('delete from loadTable("dfs://byDay", "t") where id = 1')
  t.same((await ofShards()).map(({ exitCode }) => exitCode).sort(), [0, 4])
  await session.run(
    'tableInsert(loadTable("dfs://byDay", "t"), table([2020.01.02] as day, ["S1"] as sym, [0.25] as price, [1] as id))',
  )
  const second = join(path, '..', 'second.csv')
  await writeFile(second, header + lineOf(1))
  const twice = await ofShards({ inputs: [path, second] })
  t.same(twice.map(({ rows }) => rows.missing).sort(), [0, 1], 'the table has it once')
})

t.test('shards that would say nothing are refused', async t => {
  const { audit } = await scene(t, tables[0]!)
  const shard = { index: 1, count: 2 }
  await t.rejects(audit({ shard }), { code: 'DDB_USAGE', message: /shows none/ })
  for (const change of [{ exact: true }, { shard: { index: 0, count: 2 } }]) {
    await t.rejects(audit({ shard, ...change }), { code: 'DDB_USAGE', message: /I from 1 to N/ })
  }
})

t.test('among equal rows and many rows of others, one row too few is named', async t => {
  const text = header + lineOf(1).repeat(6_000)
  const { path, load, audit, session } = await scene(t, tables[1]!, text)
  t.match(await load(path), { exitCode: 0 })
  await session.run(
    'tableInsert(plain, table(take(2020.01.01, 9000) as day, take("S2", 9000) as sym, take(1.5, 9000) as price, 1..9000 as id))',
  )
  t.match(await audit(), { exitCode: 0, rows: { found: 6_000, others: 9_000, repeated: 0 } })
  await writeFile(path, text + lineOf(1))
  t.match(await audit(), {
    ...{ exitCode: 4, rows: { found: 6_000, missing: 1, others: 9_000, repeated: 0 } },
    lines: { missing: [{ firstLine: 2, lastLine: 2 }] },
  })
})

t.test('a second reading begins at the first batch with missing rows, in any file', async t => {
  const { path, rest, load, audit, session } = await scene(t, tables[1]!)
  const linesOf = (from: number, to: number): string =>
    Array.from({ length: to - from }, (_, i) => lineOf(from + i)).join('')
  const folder = join(path, '..', 'parts')
  await mkdir(folder)
  await writeFile(join(folder, 'a.csv'), header + linesOf(0, 25_000))
  await writeFile(join(folder, 'b.csv.gz'), gzipSync(header + linesOf(25_000, 47_000)))
  await writeFile(join(folder, 'c.csv'), `${header}bad\n${linesOf(47_000, 49_000)}`)
  await writeFile(join(folder, 'd.csv'), header + linesOf(49_000, 90_000))
  const rejects = { onError: 'skip' } as const
  t.match(await load(folder, { target: { table: 'plain' }, rejects }), { exitCode: 3 })
  for (const gone of [[89_998], [46_999, 48_500, 70_000], [24_999]]) {
    await session.run(`delete from plain where id in [${gone.join()}]`)
    const found = await audit({ inputs: [folder], missing: rest })
    t.match(found, { exitCode: 4, rows: { input: 90_001, missing: gone.length, rejected: 1 } })
    t.equal(await readFile(rest, 'utf8'), header + gone.map(lineOf).join(''))
    const places = gone.map(id => {
      if (id < 25_000) return { file: join(folder, 'a.csv'), firstLine: id + 2 }
      if (id < 47_000) return { file: join(folder, 'b.csv.gz'), firstLine: id - 25_000 + 2 }
      if (id < 49_000) return { file: join(folder, 'c.csv'), firstLine: id - 47_000 + 3 }
      return { file: join(folder, 'd.csv'), firstLine: id - 49_000 + 2 }
    })
    t.match(found.lines.missing, places)
    t.match(await load(rest), { exitCode: 0 })
    await rm(rest)
    await rm(`${rest}.reasons.ndjson`)
  }
})

t.test('standard input and pipes can be compared, but not read again', async t => {
  const { path, rest, load, audit } = await scene(t, tables[0]!)
  await load(path)
  const once = (text: string): Partial<AuditOptions> => ({
    inputs: ['-'],
    input: { stdin: Readable.from([Buffer.from(text)]) },
  })
  t.match(await audit(once(csv)), { exitCode: 0 })
  const lacking = {
    ...{ exitCode: 4, rows: { found: 900, missing: 1 }, lines: { missing: [] } },
    notices: [/delimiter/, /pipes cannot be read twice/],
  }
  t.match(await audit(once(csv + lineOf(901))), lacking)
  const pipe = `${path}.pipe`
  execFileSync('mkfifo', [pipe])
  const writing = writeFile(pipe, csv + lineOf(901))
  t.match(await audit({ inputs: [pipe] }), lacking)
  await writing
  await t.rejects(audit({ inputs: [pipe], missing: rest }), { code: 'DDB_USAGE' })
})

t.test('rows that left memory are not called missing', async t => {
  const script = `t = streamTable(10:0, ${columns})
enableTableShareAndPersistence(t, "trades", cacheSize=100)`
  const { path, load, audit, rest, session } = await scene(t, { table: 'trades', script })
  t.match(await load(path), { exitCode: 0 })
  await session.run(
    'tableInsert(trades, table(take(2020.01.01, 3000) as day, take("S1", 3000) as sym, take(1.5, 3000) as price, 1..3000 as id))',
  )
  t.match(await audit({ missing: rest }), { exitCode: 75, status: 'undecided', missingFiles: [] })
})

t.test('wrong columns are refused before anything is read', async t => {
  const { path, load, audit } = await scene(t, tables[0]!)
  await t.rejects(audit({ columns: ['prize'] }), { code: 'DDB_USAGE', message: /price/ })
  await t.rejects(audit({ columns: [] }), { code: 'DDB_USAGE', message: /no column to compare/ })
  const named = {
    input: { follow: true },
    mapping: { set: { sym: '{filename}' }, ignoreExtra: true },
  }
  await t.rejects(audit(named), {
    code: 'DDB_USAGE',
    message: /\{filename\}.* another by now.*`columns`/,
  })
  t.match(await audit({ ...named, columns: ['id'] }), { exitCode: 4, rows: { missing: 900 } })
  await load(path)
  const expected = { exitCode: 0, columns: [{ name: 'id' }, { name: 'sym' }] }
  t.match(await audit({ columns: ['id', 'sym', 'id'] }), expected)
  t.match(await audit({ target: { table: 'nothing' } }), { exitCode: 78, status: 'failed' })
})

t.test('a column may be called like a literal', async t => {
  const script = 'share streamTable(1:0, `id`null, [INT,INT]) as literals'
  const { path, load, audit } = await scene(t, { table: 'literals', script }, 'id,null\n1,2\n')
  t.match(await load(path), { exitCode: 0 })
  t.match(await audit(), { exitCode: 0, rows: { found: 1, missing: 0 } })
})

t.test('a lost connection does not say that rows are missing', async t => {
  const faults: Faults = {
    before: ({ text }) =>
      text.startsWith('select day, sym') ? { answer: () => 'close' } : undefined,
  }
  const { path, load, audit } = await scene(t, tables[0]!, csv, faults)
  t.match(await load(path), { exitCode: 0 })
  t.match(await audit(), { status: 'failed', exitCode: 69, rows: { missing: null } })
})

t.test('a row that was moved to another partition is named with its new day', async t => {
  const { path, load, audit, session, expression } = await scene(t, tables[2]!)
  t.match(await load(path), { exitCode: 0 })
  await session.run(`delete from ${expression} where id = 30
tableInsert(${expression}, table([2020.01.02] as day, ["S2"] as sym, [7.5] as price, [30] as id))`)
  t.match(await audit(), {
    ...{ exitCode: 4, rows: { missing: 1, others: 1 } },
    lines: { missing: [{ firstLine: 32, stored: [{ column: 'day', value: '2020.01.02' }] }] },
  })
})

t.test('a certificate holds after a restart of the server, until a cell changes', async t => {
  const { path, load, audit, server, expression } = await scene(t, tables[2]!)
  await load(path)
  const certificate = await audit()
  const again = await startServerFor(t, { restartOf: server })
  const login = { user: 'admin', password: '123456' }
  const address = { host: again.host, port: again.port, ...login }
  const check = (): Promise<AuditResult> =>
    auditOn(systemPlatform, { certificate, server: address })
  t.match(await check(), { status: 'complete', exitCode: 0 })
  const session = await connect(address)
  await session.run(`update ${expression} set price = 3.5 where id = 800`)
  await session.close()
  t.match(await check(), { status: 'differs', exitCode: 4 })
})

for (const keeps of ['FIRST', 'LAST', 'ALL']) {
  t.test(`of a TSDB table with keepDuplicates=${keeps}, the rows that it keeps count`, async t => {
    const script = `db = database("dfs://keeps", VALUE, 1..3, engine="TSDB")
db.createPartitionedTable(table(1:0, \`id\`v, [INT,DOUBLE]), "t", "id", sortColumns=["id"], keepDuplicates=${keeps})`
    const text = `id,v\n${Array.from({ length: 30 }, (_, i) => `${1 + (i % 3)},${i}\n`).join('')}`
    const { path, load, audit } = await scene(t, { table: 'dfs://keeps/t', script }, text)
    t.match(await load(path), { exitCode: 0 })
    const [found, replaced] = keeps === 'ALL' ? [30, 0] : [3, 27]
    t.match(await audit({ exact: true }), { exitCode: 0, rows: { found, replaced, missing: 0 } })
  })
}

t.test('missing rows are not named while a killed load may still send them', async t => {
  const { audit, rest, session, server } = await scene(t, tables[0]!)
  const killed = await connect(asAdmin(server))
  const ledger = ledgerName(0x1234n, 1)
  await killed.run(`${ledgerScript(ledger)}${writerRow(ledger, killed.id, 'trades')}`)
  const delivery = { confirmTimeoutMs: 500 }
  const waiting = await audit({ missing: rest, delivery })
  t.match(waiting, { exitCode: 75, error: { code: 'DDB_UNPROVEN' }, missingFiles: [] })
  const signal = AbortSignal.timeout(200)
  t.match(await audit({ missing: rest, signal }), { status: 'interrupted', missingFiles: [] })
  t.match(await audit(), { exitCode: 4, notices: [/may still add rows/, /delimiter/] })
  await session.run(`share streamTable(10:0, ${columns}) as other`)
  const other = { missing: rest, delivery, target: { table: 'other' } }
  t.match(await audit(other), { exitCode: 4, rows: { missing: 900 } }, 'it writes elsewhere')
  await rm(rest)
  await rm(`${rest}.reasons.ndjson`)
  const asked = audit({ missing: rest })
  await killed.close()
  t.match(await asked, { exitCode: 4, rows: { missing: 900 } })
})

t.test('a table that changes is compared again, and never called equal too early', async t => {
  let readings = 0
  let isChanging = true
  const faults: Faults = {
    before: ({ text }) => {
      if (!text.startsWith('select day, sym') || !isChanging) return undefined
      const id = 1_000 + readings++
      const row = `table([2020.01.01] as day, ["S1"] as sym, [1.0] as price, [${id}] as id)`
      return { until: change(`tableInsert(loadTable("dfs://byDay", "t"), ${row})`) }
    },
  }
  const { path, load, audit, session } = await scene(t, tables[2]!, csv, faults)
  const change = async (script: string): Promise<void> => void (await session.run(script))
  await writeFile(path, csv)
  t.match(await load(path), { exitCode: 0 })
  t.match(await audit(), { exitCode: 0, rows: { missing: 0 } }, 'others may write')
  await writeFile(path, `${csv}2020.01.01,S9,1,5000\n`)
  t.match(await audit(), { exitCode: 75, status: 'undecided', error: { message: /changes/ } })
  isChanging = false
  t.match(await audit(), { exitCode: 4, rows: { missing: 1 } })
})

t.test('two audits at once, inputs in a folder, and a user who may only read', async t => {
  const script = `${tables[2]!.script}
createUser("reader", "123456")
grant("reader", TABLE_READ, "dfs://byDay/t")`
  const { path, load, audit, server } = await scene(t, { table: 'dfs://byDay/t', script })
  t.match(await load(path), { exitCode: 0 })
  const parts = join(path, '..', 'parts')
  await mkdir(parts)
  await writeFile(join(parts, 'a.csv'), csv.slice(0, csv.indexOf(lineOf(450))))
  await writeFile(join(parts, 'b.csv'), header + lineOf(899))
  const reader = { host: server.host, port: server.port, user: 'reader', password: '123456' }
  const [whole, some] = await Promise.all([
    audit({ server: reader }),
    audit({ server: reader, inputs: [parts] }),
  ])
  t.match(whole, { exitCode: 0, rows: { found: 900, others: 0 } })
  t.match(some, { exitCode: 0, rows: { found: 451, others: 449 } })
})

t.test('an input that changes between its readings is told, and no number is given', async t => {
  let readings = 0
  const faults: Faults = {
    before: ({ text }) =>
      text.startsWith('select day, sym') && ++readings === 2
        ? { until: writeFile(path, csv.replace(lineOf(3), '2020.01.01,S3,7,3\n')) }
        : undefined,
  }
  const { path, load, audit } = await scene(t, tables[0]!, csv, faults)
  t.match(await load(path), { exitCode: 0 })
  await writeFile(path, csv.replace(lineOf(3), '2020.01.01,S3,8,3\n'))
  t.match(await audit(), {
    ...{ exitCode: 66, status: 'failed', error: { code: 'DDB_INPUT_READ', message: /changed/ } },
    rows: { missing: null },
  })
})

t.test('each audit has a key of its own, and rows of others make no certificate', async t => {
  const { path, load, audit, session } = await scene(t, tables[2]!)
  t.match(await load(path), { exitCode: 0 })
  const [first, second] = [await audit(), await audit()]
  t.not(first.digest!.key, second.digest!.key)
  t.not(first.digest!.rows, second.digest!.rows)
  await session.run(
    'tableInsert(loadTable("dfs://byDay", "t"), table([2020.01.01] as day, ["S9"] as sym, [1.0] as price, [5] as id))',
  )
  t.match(await audit(), { exitCode: 0, rows: { others: 1 }, digest: null })
})

t.test('a full disk ends the writing of missing records, and no number is given', async t => {
  const { path, rest, server } = await scene(t, tables[1]!)
  const address = asAdmin(server)
  const full = { ...systemPlatform, files: filesOn({ capacityBytes: 20_000 }) }
  const options = { inputs: [path], server: address, target: { table: 'plain' }, missing: rest }
  t.match(await auditOn(full, options), {
    ...{ exitCode: 74, status: 'failed', error: { code: 'DDB_OUTPUT_WRITE' } },
    rows: { missing: null, found: null },
  })
})

t.test('columns that a script cannot name, or that every object has', async t => {
  const names = 'toString constructor not else exec'.split(' ')
  const script = `share streamTable(10:0, ["${names.join('","')}"], [INT, INT, INT, INT, INT]) as odd`
  const text = `${names.join(',')}\n1,2,3,4,5\n6,7,8,9,10\n`
  const { load, audit, path } = await scene(t, { table: 'odd', script }, text)
  t.match(await load(path), { exitCode: 0, rows: { confirmed: 2 } })
  t.match(await audit(), { exitCode: 0, rows: { found: 2 } })
})
