/*
  Shards of one plan. The processes load each row once, however often and wherever the user starts the shards.
*/
import { appendFile, mkdir, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { loadShard } from '../../../src/load/fleet/load-shard.js'
import { makeManifest } from '../../../src/load/fleet/make-manifest.js'
import { manifestText, readManifest, type Manifest } from '../../../src/load/fleet/manifest.js'
import type { LoadOptions, LoadResult } from '../../../src/load/options.js'
import { systemPlatform } from '../../../src/platform/system.js'
import { startLoadServer, type LoadServer } from '../../helpers/load-server.js'

const dfs = `db = database("dfs://d", VALUE, \`s0\`s1\`s2\`s3\`s4\`s5\`s6)
db.createPartitionedTable(table(1:0, \`day\`sym\`price\`id, [INT,SYMBOL,DOUBLE,INT]), \`t, \`sym)`
const table = 'share streamTable(10000:0,`day`sym`price`id, [INT,SYMBOL,DOUBLE,INT]) as trades'

interface Scene extends LoadServer {
  readonly folder: string
  readonly files: readonly string[]
  readonly rowCount: number
  readonly plan: (change?: Partial<Parameters<typeof makeManifest>[2]>) => Promise<Manifest>
  readonly shard: (
    manifest: Manifest,
    index: number,
    count: number,
    change?: Partial<LoadOptions>,
  ) => Promise<LoadResult>
  /** Checks that the table has every row exactly once. */
  readonly eachOnce: (rows?: number) => Promise<void>
}

/** Files for several days, each with different rows. */
async function scene(t: Test, days = 4, rowsOfFile = 100, script = table): Promise<Scene> {
  const here = await startLoadServer(t, script, { settings: { persistenceDir: 'persisted' } })
  const [target, rows] =
    script === dfs ? ['dfs://d/t', 'loadTable("dfs://d","t")'] : ['trades', 'trades']
  const folder = t.testdir()
  const files: string[] = []
  let id = 0
  for (let day = 1; day <= days; day++) {
    const path = join(folder, `day=2024-01-0${day}`)
    await mkdir(path)
    for (const name of ['a', 'b']) {
      const rows = Array.from({ length: rowsOfFile }, () => `${day},s${id % 7},${id / 4},${id++}\n`)
      await writeFile(join(path, `${name}.csv`), `day,sym,price,id\n${rows.join('')}`)
      files.push(join(path, `${name}.csv`))
    }
  }
  const rowCount = id
  return {
    ...here,
    folder,
    files,
    rowCount,
    plan: async change => {
      const found = files.map(path => ({ path, written: path }))
      const options = { batchRows: 30, batchBytes: 1 << 20, unitBytes: 1, input: {}, ...change }
      const manifest = await makeManifest(systemPlatform, found, options)
      return readManifest(manifestText(manifest), 'plan.json')
    },
    shard: (manifest, index, count, change = {}) =>
      loadShard(
        systemPlatform,
        {
          inputs: [],
          server: {
            host: here.server.host,
            port: here.server.port,
            user: 'admin',
            password: '123456',
          },
          target: { table: target },
          runId: 'year',
          ...change,
        },
        { manifest, shard: { index, count }, placeOf: path => path },
      ),
    async eachOnce(count = rowCount) {
      const ids = await here.rows(`select id from ${rows} order by id`)
      t.strictSame(
        ids.map(([one]) => Number(one)),
        Array.from({ length: count }, (_, i) => i),
      )
    },
  }
}

void t.test('three shards load a plan, and later shards load nothing', async t => {
  const { plan, shard, eachOnce, rowCount } = await scene(t)
  const manifest = await plan()
  const results = await Promise.all([1, 2, 3].map(index => shard(manifest, index, 3)))
  for (const result of results) t.match(result, { exitCode: 0, error: null })
  t.equal(
    results.reduce((sum, { rows }) => sum + rows.confirmed, 0),
    rowCount,
  )
  await eachOnce()
  const again = await Promise.all([1, 2].map(index => shard(manifest, index, 2)))
  for (const result of again) t.match(result, { exitCode: 0, alreadyLoaded: true })
  t.equal(
    again.reduce((sum, { rows }) => sum + rows.skipped, 0),
    rowCount,
  )
  await eachOnce()
})

void t.test('each finished unit leaves a row on the server, the last unit two', async t => {
  const { plan, shard, rows } = await scene(t)
  const manifest = await plan()
  t.equal(manifest.units.length, 8)
  t.match(await shard(manifest, 1, 1), { exitCode: 0 })
  const kept = await rows('select unit, endedUnit from ddbIngestPlan1_year where kind > 2')
  const units = Array.from({ length: 8 }, (_, i) => i + 1)
  t.strictSame(
    kept.map(row => row.map(Number)),
    [...units.map(unit => [unit, unit - 1]), [8, 8]],
  )
  const left = await rows('select name from objs(true) where name like "ddbIngest%"')
  t.strictSame(left, [['ddbIngestPlan1_year']])
})

void t.test('two processes of a shard that run at the same time share its rows', async t => {
  const { plan, shard, eachOnce } = await scene(t)
  const manifest = await plan({ unitBytes: 10_000 })
  const twins = await Promise.all([
    shard(manifest, 1, 1),
    shard(manifest, 1, 1),
    shard(manifest, 1, 1),
  ])
  for (const result of twins) t.match(result, { exitCode: 0, error: null })
  await eachOnce()
})

void t.test('a file that was divided is loaded by several shards', async t => {
  const { plan, shard, eachOnce, folder, files, rowCount } = await scene(t, 1, 5_000)
  const manifest = await plan({ unitBytes: 20_000, batchRows: 300 })
  t.ok(manifest.units.length > 4)
  t.ok(manifest.units.every(({ range }) => range !== undefined))
  t.equal(folder !== '' && files.length, 2)
  const groups = { ...manifest, units: manifest.units.map(u => ({ ...u, group: String(u.unit) })) }
  const results = await Promise.all([1, 2, 3].map(index => shard(groups, index, 3)))
  for (const result of results) t.match(result, { exitCode: 0, error: null })
  t.equal(
    results.reduce((sum, { rows }) => sum + rows.read, 0),
    rowCount,
  )
  await eachOnce()
})

void t.test('a changed unit ends the shard; a missing unit fails alone', async t => {
  const { plan, shard, files, count, rowCount } = await scene(t)
  const manifest = await plan()
  await rm(files[3]!)
  const result = await shard(manifest, 1, 1)
  t.match(result, {
    exitCode: 66,
    error: { code: 'DDB_INPUT_MISSING', message: /unit 4 \(.*b\.csv\)/ },
  })
  t.equal(result.rows.confirmed, rowCount - 100)
  t.equal(await count('trades'), rowCount - 100)
  await writeFile(files[3]!, 'day,sym,price,id\n1,a,1,1\n')
  t.match(await shard(manifest, 1, 1), {
    exitCode: 64,
    error: { code: 'DDB_RUN_CHANGED', message: /unit 4 .*has changed since the plan was made/ },
  })
  const other = manifest.units.filter(({ unit }) => unit !== 4)
  t.match(await shard({ ...manifest, units: other }, 1, 1), { exitCode: 64 }, 'another plan')
})

void t.test('a unit counts as changed if its file has a new time or more bytes', async t => {
  const changes: ((path: string) => Promise<void>)[] = [
    path => utimes(path, 1, 1),
    async path => {
      const { atime, mtime } = await stat(path)
      await appendFile(path, 'x')
      await utimes(path, atime, mtime)
    },
  ]
  for (const change of changes) {
    const { plan, shard, files, count } = await scene(t)
    const manifest = await plan()
    await change(files[1]!)
    t.match(await shard(manifest, 1, 1), {
      exitCode: 64,
      error: { code: 'DDB_RUN_CHANGED', message: /unit 2 .*has changed since the plan was made/ },
    })
    t.equal(await count('trades'), 0)
  }
})

/** Simulates a restart: in-memory tables are lost, DFS tables stay. */
function forget({ server }: LoadServer, what = 'ddbIngest'): void {
  for (const name of server.node.shared.keys()) {
    if (name.startsWith(what)) server.node.shared.delete(name)
  }
}

void t.test(
  'if a server has forgotten everything, no row of a DFS table is sent again',
  async t => {
    const here = await scene(t, 2, 100, dfs)
    const { plan, shard, eachOnce } = here
    const manifest = await plan()
    t.match(await shard(manifest, 1, 2), { exitCode: 0 })
    forget(here)
    const results = await Promise.all([1, 2].map(index => shard(manifest, index, 2)))
    t.match(results[0], {
      exitCode: 75,
      error: {
        code: 'DDB_UNPROVEN',
        message: /unit \d .*rows from .*csv:2 on are in "dfs:.*already/,
      },
    })
    t.match(results[1], { exitCode: 0 })
    await eachOnce()
  },
)

const persisted =
  'enableTableShareAndPersistence(streamTable(1:0, `day`sym`price`id, [INT,SYMBOL,DOUBLE,INT]), "trades", cacheSize=1000)'

void t.test('rows of a persisted table that left the memory are not loaded again', async t => {
  const here = await scene(t, 4, 300, persisted)
  const { plan, shard, session, rowCount } = here
  const manifest = await plan({ batchRows: 100 })
  const had = async (): Promise<number> => {
    const answer = await session.run('getPersistenceMeta(trades)["totalSize"]')
    return Number(answer?.form === 'scalar' ? answer.value : NaN)
  }
  t.match(await shard(manifest, 1, 1), { exitCode: 0 })
  t.equal(await had(), rowCount)
  forget(here)
  t.match(await shard(manifest, 1, 1), {
    exitCode: 75,
    error: { code: 'DDB_UNPROVEN', message: /8 of 8 units failed: .*have left memory/ },
  })
  t.equal(await had(), rowCount)
  t.match(await shard(manifest, 1, 1, { delivery: { onDoubt: 'resend' } }), { exitCode: 0 })
  t.equal(await had(), 2 * rowCount)
})

void t.test('if a persisted table is completely in memory, all batches are looked up', async t => {
  const { plan, shard, session, count } = await scene(t, 1, 300, persisted)
  const manifest = await plan({ batchRows: 100 })
  // Only the last batch of the first unit is in the table.
  const ids = Array.from({ length: 100 }, (_, i) => 200 + i)
  const columns = [ids.map(() => 1), ids.map(id => `"s${id % 7}"`), ids.map(id => id / 4), ids]
  const [day, sym, price, id] = columns.map(values => `[${values.join()}]`)
  await session.run(
    `tableInsert(objByName("trades"), table(${day} as day, ${sym} as sym, ${price} as price, ${id} as id))`,
  )
  t.match(await shard(manifest, 1, 1), {
    exitCode: 75,
    error: { code: 'DDB_UNPROVEN', message: /1 of 2 units failed: unit 1 .*a\.csv:202 on/ },
  })
  t.equal(await count('trades'), 600)
})

void t.test("if a server's table is empty after a restart, its rows are loaded again", async t => {
  const here = await scene(t, 2)
  const { plan, shard, eachOnce, session } = here
  const manifest = await plan()
  t.match(await shard(manifest, 1, 1), { exitCode: 0 })
  forget(here, '')
  await session.run(table)
  t.match(await shard(manifest, 1, 1), { exitCode: 0, alreadyLoaded: false })
  await eachOnce()
})

void t.test('a unit that has lost its receipts is uncertain until the user decides', async t => {
  const here = await scene(t, 1)
  const { plan, shard, session, count, rowCount } = here
  const manifest = await plan({ unitBytes: 100_000 })
  const stopping = new AbortController()
  const stopped = await shard(manifest, 1, 1, {
    signal: stopping.signal,
    delivery: { maxInFlightBytes: 1, rateLimit: { rowsPerSecond: 200 } },
    onReport: ({ rows }) => rows.confirmed > 0 && stopping.abort(),
  })
  t.match(stopped, { exitCode: 130 })
  const stored = await count('trades')
  t.ok(stored > 0 && stored < rowCount, `${stored} rows`)
  forget(here, 'ddbIngestUnit')
  t.match(await shard(manifest, 1, 1), {
    exitCode: 4,
    error: { code: 'DDB_UNCONFIRMED', message: /unit 1 .*lost its receipts/ },
  })
  t.equal(await count('trades'), stored)
  await session.run('delete from trades').catch(() => undefined)
  t.match(await shard(manifest, 1, 1, { delivery: { onDoubt: 'resend' } }), { exitCode: 0 })
})

void t.test('a shard that was stopped inside a unit can be resumed here or elsewhere', async t => {
  const { plan, shard, count, eachOnce, rowCount } = await scene(t, 1)
  const manifest = await plan({ unitBytes: 100_000, batchRows: 7 })
  const stopping = new AbortController()
  await shard(manifest, 1, 1, {
    signal: stopping.signal,
    delivery: { maxInFlightBytes: 1, rateLimit: { rowsPerSecond: 500 } },
    onReport: ({ rows }) => rows.confirmed > 20 && stopping.abort(),
  })
  const stored = await count('trades')
  t.ok(stored > 0 && stored < rowCount, `${stored} rows`)
  const results = await Promise.all([
    shard(manifest, 1, 3),
    shard(manifest, 2, 3),
    shard(manifest, 1, 1),
  ])
  for (const result of results) t.match(result, { exitCode: 0, error: null })
  await eachOnce()
})

void t.test(
  'two processes of a shard divide refused rows alike, and leave one rejects file',
  async t => {
    const { plan, shard, rows, folder, files } = await scene(t, 1, 100, dfs)
    const text = await readFile(files[0]!, 'utf8')
    const bad = text.replace('1,s3,', '1,,').replace(/1,s5,([^\n]*)\n/, '1,s5,x$1\n')
    await writeFile(files[0]!, bad)
    const manifest = await plan({ unitBytes: 100_000, batchRows: 50 })
    const rejects = { file: join(folder, 'r.csv') }
    const twins = await Promise.all([0, 1, 2].map(() => shard(manifest, 1, 1, { rejects })))
    for (const result of twins) t.match(result, { exitCode: 3, rows: { rejected: 2 } })
    const found = await rows('select id, count(*) from loadTable("dfs://d","t") group by id')
    t.equal(found.length, 198)
    t.ok(found.every(([, copies]) => copies === '1'))
    const written = (await readdir(folder)).filter(name => name.startsWith('r.')).sort()
    t.strictSame(written, ['r.u1.csv', 'r.u1.csv.reasons.ndjson'])
    const lines = (await readFile(join(folder, 'r.u1.csv'), 'utf8')).trim().split('\n')
    t.equal(lines.length, 3)
    t.match(twins.find(({ rejects: { file } }) => file !== null)?.rejects, {
      file: join(folder, 'r.u1.csv'),
      files: [{ path: join(folder, 'r.u1.csv'), rows: 2 }],
    })
  },
)

void t.test('a rejects file of another user is left alone', async t => {
  const { plan, shard, folder } = await scene(t, 1)
  await writeFile(join(folder, 'r.u1.csv'), 'mine')
  const result = await shard(await plan(), 1, 1, { rejects: { file: join(folder, 'r.csv') } })
  t.match(result, { exitCode: 73, error: { code: 'DDB_OUTPUT_CREATE' } })
  t.equal(await readFile(join(folder, 'r.u1.csv'), 'utf8'), 'mine')
})

void t.test('shards called with different options are refused', async t => {
  const { plan, shard } = await scene(t, 2)
  const manifest = await plan()
  t.match(await shard(manifest, 1, 2), { exitCode: 0 })
  for (const change of [
    { cells: { nullTexts: ['x'] } },
    { mapping: { ignoreExtra: true } },
    { input: { delimiter: ',' } },
  ] as const) {
    t.match(await shard(manifest, 2, 2, change), {
      exitCode: 64,
      error: { code: 'DDB_RUN_CHANGED', message: /other reading, mapping or target options/ },
    })
  }
  const other = await plan({ batchRows: 31 })
  t.match(await shard(other, 2, 2), { exitCode: 64, error: { message: /another plan/ } })
  for (const [change, message] of [
    [{ delivery: { connections: 2, unordered: true } }, /delivery.connections/],
    [{ delivery: { mode: 'sync' } }, /receipts/],
    [{ delivery: { confirm: 'count' } }, /receipts/],
    [{ delivery: { batchRows: 5 } }, /the plan says where batches end/],
    [{ input: { limit: 1 } }, /input.limit/],
    [{ expectRows: 1 }, /--plan FILE/],
  ] as const) {
    await t.rejects(shard(manifest, 2, 2, change), { code: 'DDB_USAGE', message })
  }
})

void t.test('a server without the rights for receipts ends the shard', async t => {
  const { plan, shard, count } = await scene(t, 1)
  const server = await startLoadServer(t, table.replace('streamTable', 'table'), {
    settings: { maxPubConnections: 0 },
  })
  const address = { host: server.server.host, port: server.server.port }
  const result = await shard(await plan(), 1, 1, {
    server: { ...address, user: 'admin', password: '123456' },
  })
  t.match(result.error?.message, /maxPubConnections/)
  t.equal(await server.count('trades'), 0)
  t.equal(await count('trades'), 0)
})
