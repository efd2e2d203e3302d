/* Runs that keep rejects: inputs of several shapes, failing disks, and files that cannot be created. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { LoadResult } from '../../../src/load/options.js'
import { platformOn, type Disk, type FileCall } from '../../helpers/failing-files.js'
import { startLoadServer, type LoadServer } from '../../helpers/load-server.js'
import { deepTest } from '../../helpers/runs.js'

const script = `
  share table(100:0, \`id\`x, [INT,STRING]) as target
  share table(100:0, \`id\`x, [STRING,STRING]) as repaired
  db = database("dfs://d", RANGE, 0 100)
  db.createPartitionedTable(table(1:0, \`id\`x, [INT,STRING]), "t", "id")`

const start = (t: Test): Promise<LoadServer> => startLoadServer(t, script)

function addsUp(t: Test, { rows, rejects }: LoadResult): void {
  const placed = rejects.files.reduce((sum, file) => sum + file.rows, 0)
  t.equal(rows.rejected, placed + rejects.unplaced, 'every reject is in a file or counted')
  t.equal(rejects.file, rejects.files[0]?.path ?? null)
}

const target = { table: 'target' }

t.test('rejects of other shapes get separate files, and load again exactly', async t => {
  const { load, rows } = await start(t)
  const dir = t.testdir({
    'a.csv': 'id,x\n1,a\nbad,a\n',
    'b.csv': 'x,id\nb,2\nb,bad\n',
    'c.ndjson': '{"id":3,"x":"c"}\n{"id":"bad","x":"c"}\n',
    'd.csv': 'id;x\n4;d\nbad;d\n',
    'e.tsv': 'id\tx\n5\te\nbad\te\n',
    'f.json': '[{"id":6,"x":"f"},{"id":"bad","x":"f"}]',
  })
  const inputs = ['a.csv', 'b.csv', 'c.ndjson', 'd.csv', 'e.tsv', 'f.json']
  const result = await load(
    inputs.map(name => join(dir, name)),
    { target, rejects: { file: join(dir, 'r.csv') } },
  )
  t.match(result, { exitCode: 3, rows: { read: 12, confirmed: 6, rejected: 6 } })
  addsUp(t, result)
  const files = ['r.csv', 'r.2.csv', 'r.3.ndjson', 'r.4.csv', 'r.5.tsv'].map(name =>
    join(dir, name),
  )
  const listed = files.map((path, index) => ({ path, rows: index === 2 ? 2 : 1 }))
  t.strictSame(result.rejects.files, listed)
  t.match(await load(files, { target: { table: 'repaired' } }), { exitCode: 0, rows: { read: 6 } })
  const expected = ['a', 'b', 'c', 'd', 'e', 'f'].map(x => ['bad', x])
  t.strictSame(await rows('select * from repaired order by x'), expected)
})

t.test('rows refused by the server are written to the rejects file with their header', async t => {
  const { load } = await start(t)
  const dir = t.testdir({ 'a.csv': 'id,x\n1,a\n500,out\n', 'b.csv': 'x,id\nb,2\nout,600\n' })
  const rejects = { file: join(dir, 'r.csv') }
  const result = await load([join(dir, 'a.csv'), join(dir, 'b.csv')], {
    target: { table: 'dfs://d/t' },
    rejects,
  })
  t.match(result, {
    exitCode: 3,
    rows: { confirmed: 2, rejected: 2 },
    rejects: { byClass: { server: 2 } },
  })
  addsUp(t, result)
  t.equal(readFileSync(join(dir, 'r.csv'), 'utf8'), 'id,x\n500,out\n')
  t.equal(readFileSync(join(dir, 'r.2.csv'), 'utf8'), 'x,id\nout,600\n')
})

deepTest(t, 'if rejects cannot be kept anywhere, the run stops before the first row', async t => {
  const { load, server } = await start(t)
  const dir = t.testdir({ 'in.csv': 'id,x\n1,a\nbad,b\n' })
  const before = server.counters.requests
  for (const file of [join(dir, 'no/such/r.csv'), '/proc/r.csv', '/dev/null']) {
    const result = await load(join(dir, 'in.csv'), { target, rejects: { file } })
    t.match(result, { exitCode: 73, error: { code: 'DDB_OUTPUT_CREATE' }, rows: { read: 0 } }, file)
    addsUp(t, result)
  }
  t.equal(server.counters.requests, before)
  t.strictSame(readdirSync(dir), ['in.csv'])
})

const twoShapes = {
  'a.csv': `id,x\n1,a\n${'bad,a\n'.repeat(100)}2,a\n`,
  'b.csv': 'x,id\nb,3\nb,bad\nb,4\n',
}

deepTest(t, 'whichever call fails, the run ends with its code, and rows add up', async t => {
  const calls: { call: FileCall; path: string }[] = []
  const run = async (name: string, failing: number, isUncut = false): Promise<LoadResult> => {
    const { load, count } = await start(t)
    const dir = t.testdir({ [name]: twoShapes })
    const folder = join(dir, name)
    let number = 0
    const fails: NonNullable<Disk['fails']> = (call, path) => {
      if (failing < 0) calls.push({ call, path })
      return number++ === failing || (isUncut && call === 'truncate')
    }
    const result = await load(
      ['a.csv', 'b.csv'].map(input => join(folder, input)),
      { target, rejects: { file: join(folder, 'r.csv'), maxErrors: 1000 } },
      platformOn({ fails }),
    )
    addsUp(t, result)
    t.equal(await count('target'), result.rows.confirmed)
    // Partly written rows that cannot be cut off stay in the file, but do not count as kept.
    for (const { path, rows } of isUncut ? [] : result.rejects.files) {
      t.equal(readFileSync(path, 'utf8').split('\n').length, rows + 2, 'a header and these rows')
      t.equal(readFileSync(`${path}.reasons.ndjson`, 'utf8').split('\n').length, rows + 1)
    }
    return result
  }
  t.match(await run('none', -1), { exitCode: 3, rows: { read: 105, confirmed: 4, rejected: 101 } })
  t.ok(calls.length > 15)
  for (const [failing, { call, path }] of calls.entries()) {
    const result = await run(String(failing), failing)
    const { exitCode, error, rejects } = result
    const isNew = calls.slice(0, failing).every(one => one.path !== path || one.call !== 'write')
    const isMaking = ['create', 'openEmpty', 'remove'].includes(call) || (call === 'close' && isNew)
    t.equal(exitCode, isMaking ? 73 : 74, `${failing}: ${call} ${path}`)
    t.equal(error?.code, exitCode === 73 ? 'DDB_OUTPUT_CREATE' : 'DDB_OUTPUT_WRITE')
    await run(`${failing}-uncut`, failing, true)
    if (call === 'write' || call === 'sync') t.ok(rejects.unplaced > 0, 'some rows are unplaced')
  }
})

t.test('if two runs use one rejects file, one gets it and the other reports it', async t => {
  const { load, count } = await start(t)
  for (const already of [{}, { 'r.csv': '' }]) {
    const dir = t.testdir({ ...twoShapes, ...already })
    const file = join(dir, 'r.csv')
    const stored = await count('target')
    // Both runs find the file free, because neither run has a reject yet.
    const results = await Promise.all(
      [1, 2].map(() => load(join(dir, 'a.csv'), { target, rejects: { file, maxErrors: 1000 } })),
    )
    for (const result of results) addsUp(t, result)
    t.strictSame(results.map(({ exitCode }) => exitCode).sort(), [3, 73])
    const [one, other] = results.map(({ rows }) => rows.confirmed)
    t.equal(await count('target'), stored + one! + other!)
    t.equal(readFileSync(file, 'utf8'), `id,x\n${'bad,a\n'.repeat(100)}`)
  }
})
