/* Many small inputs. A batch takes rows from as many inputs as fit, and the run attributes every row, reject and outcome to the right
   input. */
import { deepStrictEqual } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { startLoadServer, type LoadServer } from '../../helpers/load-server.js'
import { deepTest, forAllAsync } from '../../helpers/runs.js'

const script = `
  share table(100:0, \`id\`x, [INT,STRING]) as target
  share table(100:0, \`id\`x, [INT,STRING]) as other
  db = database("dfs://d", RANGE, 0 100000)
  db.createPartitionedTable(table(1:0, \`id\`x, [INT,STRING]), "t", "id")`

const target = { table: 'target' }

const start = (t: Test): Promise<LoadServer> => startLoadServer(t, script)

/** A folder of files with these numbers of rows. The ids continue from file to file. */
function filesOf(t: Test, rowCounts: readonly number[], head = 'id,x\n'): string[] {
  let id = 0
  const texts = rowCounts.map((rows, i): [string, string] => [
    `f${String(i).padStart(4, '0')}.csv`,
    head + Array.from({ length: rows }, () => `${id},${'abc'[id++ % 3]}\n`).join(''),
  ])
  const dir = t.testdir(Object.fromEntries(texts))
  return texts.map(([name]) => join(dir, name))
}

const idsOf = async ({ rows }: LoadServer, table = 'target'): Promise<number[]> =>
  (await rows(`select id from ${table}`)).map(([id]) => Number(id))

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

t.test('a batch takes rows from as many inputs as fit', async t => {
  for (const delivery of [{ mode: 'async' }, { confirm: 'none' }, { mode: 'sync' }] as const) {
    const here = await start(t)
    const result = await here.load(filesOf(t, Array<number>(50).fill(7)), {
      target,
      delivery: { ...delivery, connections: 1, batchRows: 100 },
    })
    const expected = { exitCode: 0, rows: { read: 350 }, batches: { sent: 4 } }
    t.match(result, expected, JSON.stringify(delivery))
    t.strictSame(
      result.inputs.map(({ rows, bytes, contentBytes }) => [rows, bytes - contentBytes.read]),
      Array<number[]>(50).fill([7, 0]),
    )
    await here.session.run('sleep(1)')
    t.strictSame(await idsOf(here), upTo(350), 'in the order of the inputs')
  }
})

deepTest(t, 'inputs of any size add their rows to the batch of the previous inputs', async t => {
  const here = await start(t)
  await forAllAsync(100)(
    fc.array(fc.integer({ min: 0, max: 25 }), { minLength: 1, maxLength: 12 }),
    fc.integer({ min: 1, max: 30 }),
    async (rowCounts, batchRows) => {
      await here.session.run('delete from target')
      const total = rowCounts.reduce((sum, rows) => sum + rows, 0)
      const delivery = { mode: 'async', connections: 1, batchRows } as const
      const result = await here.load(filesOf(t, rowCounts), { target, delivery })
      const { exitCode, rows, batches } = result
      deepStrictEqual([exitCode, rows.read, rows.confirmed], [0, total, total])
      deepStrictEqual(batches.sent, Math.ceil(total / batchRows))
      deepStrictEqual(await idsOf(here), upTo(total))
    },
  )
})

t.test('columns in a different order, or a different dialect, begin a new batch', async t => {
  const here = await start(t)
  const dir = t.testdir({
    'a.csv': 'id,x\n1,a\n2,a\n',
    'b.csv': 'x,id\nb,3\nb,4\n',
    'c.csv': 'x;id\nc;5\n',
    'd.ndjson': '{"id":6,"x":"d"}\n',
    'e.csv': 'id,x\r\n"7","e"\r\n',
    'f.csv': 'id,x\n8,f\n',
  })
  const result = await here.load([dir], { target, delivery: { mode: 'async' } })
  t.match(result, { exitCode: 0, rows: { confirmed: 8 } })
  const expected = ['a', 'a', 'b', 'b', 'c', 'd', 'e', 'f'].map((x, i) => [x, String(i + 1)])
  t.strictSame(await here.rows('select x, id from target order by id'), expected)
})

t.test('a row rejected by the reader is attributed to the right input', async t => {
  const here = await start(t)
  const dir = t.testdir({
    'a.csv': 'id,x\n1,a\nbad,a\n',
    'b.csv': 'id,x\nworse,b\n',
    'c.csv': 'id,x\n3,c\n4,c\nworst,c\n',
  })
  const rejects = { file: join(dir, 'r.txt') }
  const result = await here.load(
    ['a.csv', 'b.csv', 'c.csv'].map(name => join(dir, name)),
    { target, rejects, delivery: { mode: 'async' } },
  )
  t.match(result, {
    exitCode: 3,
    rows: { read: 6, confirmed: 3, rejected: 3 },
    batches: { sent: 1 },
    inputs: [
      { rows: 2, rejected: 1, firstError: { lineNumber: 3 } },
      { rows: 1, rejected: 1, firstError: { lineNumber: 2 } },
      { rows: 3, rejected: 1, firstError: { lineNumber: 4 } },
    ],
  })
  t.equal(readFileSync(rejects.file, 'latin1'), 'id,x\nbad,a\nworse,b\nworst,c\n')
})

t.test('a row refused by the server is attributed to the right input', async t => {
  for (const delivery of [{ mode: 'async' }, { mode: 'sync' }] as const) {
    const here = await start(t)
    const dir = t.testdir({
      'a.csv': 'id,x\n1,a\n2,a\n',
      'b.csv': 'id,x\n3,b\n-1,b\n4,b\n',
      'c.csv': 'id,x\n5,c\n',
    })
    const rejects = { file: join(dir, 'r.txt') }
    const result = await here.load(
      ['a.csv', 'b.csv', 'c.csv'].map(name => join(dir, name)),
      { target: { table: 'dfs://d/t' }, rejects, delivery },
    )
    t.match(result, {
      exitCode: 3,
      rows: { read: 6, confirmed: 5, rejected: 1 },
      inputs: [{ rejected: 0 }, { rejected: 1, firstError: { lineNumber: 3 } }, { rejected: 0 }],
    })
    t.equal(readFileSync(rejects.file, 'latin1'), 'id,x\n-1,b\n')
    t.strictSame((await idsOf(here, 'loadTable("dfs://d", "t")')).sort(), [1, 2, 3, 4, 5])
  }
})

t.test('a limit can end in the middle of an input', async t => {
  const here = await start(t)
  const result = await here.load(filesOf(t, [3, 3, 3, 3]), { target, input: { limit: 8 } })
  t.match(result, { exitCode: 0, rows: { read: 8, confirmed: 8 }, batches: { sent: 1 } })
  t.strictSame(await idsOf(here), upTo(8))
})
