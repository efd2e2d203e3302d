/*
  Shards of one plan: however often they are started, and wherever, each row is loaded once.
*/
import { appendFile, mkdir, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { loadShard } from '../../../src/load/fleet/load-shard.js'
import { makeManifest } from '../../../src/load/fleet/make-manifest.js'
import { manifestText, readManifest, type Manifest } from '../../../src/load/fleet/manifest.js'
import type { LoadOptions, LoadResult } from '../../../src/load/options.js'
import { systemPlatform } from '../../../src/platform/system.js'
import { startLoadServer, type LoadServer } from '../../helpers/load-server.js'

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
  /** Every row is in the table, and none twice. */
  readonly eachOnce: (rows?: number) => Promise<void>
}

/** Days of files, each with rows that no other has. */
async function scene(t: Test, days = 4, rowsOfFile = 100): Promise<Scene> {
  const here = await startLoadServer(t, table)
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
          server: { host: here.server.host, port: here.server.port, user: 'admin', password: '123456' },
          target: { table: 'trades' },
          runId: 'year',
          ...change,
        },
        { manifest, shard: { index, count }, placeOf: path => path },
      ),
    async eachOnce(rows = rowCount) {
      const ids = await here.rows('select id from trades order by id')
      t.strictSame(ids.map(([one]) => Number(one)), Array.from({ length: rows }, (_, i) => i))
    },
  }
}

void t.test('three shards load a plan, and whoever comes later loads nothing', async t => {
  const { plan, shard, eachOnce, rowCount } = await scene(t)
  const manifest = await plan()
  const results = await Promise.all([1, 2, 3].map(index => shard(manifest, index, 3)))
  for (const result of results) t.match(result, { exitCode: 0, error: null })
  t.equal(results.reduce((sum, { rows }) => sum + rows.confirmed, 0), rowCount)
  await eachOnce()
  const again = await Promise.all([1, 2].map(index => shard(manifest, index, 2)))
  for (const result of again) t.match(result, { exitCode: 0, alreadyLoaded: true })
  t.equal(again.reduce((sum, { rows }) => sum + rows.skipped, 0), rowCount)
  await eachOnce()
})

void t.test('two processes of one shard at the same moment share its rows', async t => {
  const { plan, shard, eachOnce } = await scene(t)
  const manifest = await plan({ unitBytes: 10_000 })
  const twins = await Promise.all([shard(manifest, 1, 1), shard(manifest, 1, 1), shard(manifest, 1, 1)])
  for (const result of twins) t.match(result, { exitCode: 0, error: null })
  await eachOnce()
})

void t.test('a file that is cut is loaded by several shards', async t => {
  const { plan, shard, eachOnce, folder, files, rowCount } = await scene(t, 1, 5_000)
  const manifest = await plan({ unitBytes: 20_000, batchRows: 300 })
  t.ok(manifest.units.length > 4)
  t.ok(manifest.units.every(({ range }) => range !== undefined))
  t.equal(folder !== '' && files.length, 2)
  const groups = { ...manifest, units: manifest.units.map(u => ({ ...u, group: String(u.unit) })) }
  const results = await Promise.all([1, 2, 3].map(index => shard(groups, index, 3)))
  for (const result of results) t.match(result, { exitCode: 0, error: null })
  t.equal(results.reduce((sum, { rows }) => sum + rows.read, 0), rowCount)
  await eachOnce()
})

void t.test('a unit that has changed refuses the shard, one that is gone fails alone', async t => {
  const { plan, shard, files, count, rowCount } = await scene(t)
  const manifest = await plan()
  await rm(files[3]!)
  const result = await shard(manifest, 1, 1)
  t.match(result, { exitCode: 66, error: { code: 'DDB_INPUT_MISSING', message: /unit 4 \(.*b\.csv\)/ } })
  t.equal(result.rows.confirmed, rowCount - 100)
  t.equal(await count('trades'), rowCount - 100)
  await writeFile(files[3]!, 'day,sym,price,id\n1,a,1,1\n')
  t.match(await shard(manifest, 1, 1), {
    exitCode: 64,
    error: { code: 'DDB_RUN_CHANGED', message: /unit 4 .*has changed since the plan was made/ },
  })
  // What is loaded may change.
  await utimes(files[0]!, 1, 1)
  await appendFile(files[1]!, 'x')
  const other = manifest.units.filter(({ unit }) => unit !== 4)
  t.match(await shard({ ...manifest, units: other }, 1, 1), { exitCode: 64 }, 'another plan')
})
